// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PCI Local Bus 3.0, 6.8.1 and 6.8.3. The registers are drawn in msi_capability.h.
//
// Not modelled: extended message data (a later ECN): the upper half of the data is 0.
//
// Path: devices/pci/pci_irq.c / groups/group.c
#include "msi/msi_capability.h"

#include <assert.h>

#include "base/bits.h"

enum { CONTROL = 2, ADDRESS = 4, UPPER_ADDRESS = 8 };
enum {
    CONTROL_ENABLE = BIT32(0),
    CONTROL_CAPABLE_SHIFT = 1,
    CONTROL_ENABLED_SHIFT = 4,
    CONTROL_ENABLED = 7 << CONTROL_ENABLED_SHIFT,
    CONTROL_WIDE = BIT32(7),
    CONTROL_MASKABLE = BIT32(8),
};

static unsigned data_at(const struct msi_capability *msi)
{
    return msi->wide ? 12 : 8;
}

static unsigned mask_at(const struct msi_capability *msi)
{
    return data_at(msi) + 4;
}

static unsigned pending_at(const struct msi_capability *msi)
{
    return mask_at(msi) + 4;
}

unsigned msi_capability_size(const struct msi_capability *msi)
{
    return msi->maskable ? pending_at(msi) + 4 : data_at(msi) + 2;
}

void msi_capability_init(struct msi_capability *msi, unsigned vectors, bool wide, bool maskable)
{
    assert(is_power_of_two(vectors) && vectors <= MSI_VECTORS);
    *msi = (struct msi_capability){ .vectors = vectors, .wide = wide, .maskable = maskable };
    msi_capability_reset(msi);
}

void msi_capability_reset(struct msi_capability *msi)
{
    uint32_t control = bits_highest(msi->vectors) << CONTROL_CAPABLE_SHIFT | (msi->wide ? CONTROL_WIDE : 0) |
                       (msi->maskable ? CONTROL_MASKABLE : 0);
    memset(msi->registers, 0, sizeof msi->registers);
    bytes_put(msi->registers + CONTROL, 2, control);
}

// --- Registers -----------------------------------------------------------------------------------------------------

// The bits of the dword at `offset` that software can write.
static uint32_t writable(const struct msi_capability *msi, unsigned offset)
{
    if (offset == 0)
        return (uint32_t)(CONTROL_ENABLE | CONTROL_ENABLED) << 16;
    if (offset == ADDRESS)
        return ~UINT32_C(3);
    if (offset == UPPER_ADDRESS && msi->wide)
        return UINT32_MAX;
    if (offset == data_at(msi))
        return UINT16_MAX;
    if (offset == mask_at(msi) && msi->maskable)
        return (uint32_t)bits_low(msi->vectors); // 6.8.1.9: bits beyond the vectors are reserved
    return 0;
}

static unsigned change_of(const struct msi_capability *msi, unsigned offset)
{
    if (offset == 0)
        return MSI_CHANGED_ENABLE;
    return offset == mask_at(msi) ? MSI_CHANGED_MASK : MSI_CHANGED_MESSAGE;
}

uint32_t msi_capability_read(const struct msi_capability *msi, unsigned offset, unsigned size, uint32_t pending)
{
    uint8_t registers[MSI_CAPABILITY_SIZE];
    assert(offset + size <= sizeof registers);
    memcpy(registers, msi->registers, sizeof registers);
    if (msi->maskable)
        bytes_put(registers + pending_at(msi), 4, pending & bits_low(msi->vectors));
    return (uint32_t)bytes_get(registers + offset, size);
}

unsigned msi_capability_write(struct msi_capability *msi, unsigned offset, unsigned size, uint32_t value)
{
    unsigned changed = 0;
    assert(offset + size <= sizeof msi->registers);
    for (unsigned i = 0; i < size; i++) {
        unsigned dword = align_down(offset + i, 4), shift = 8 * ((offset + i) % 4);
        uint8_t *byte = &msi->registers[offset + i], before = *byte;
        *byte = (uint8_t)bits_merge(before, value >> (8 * i), writable(msi, dword) >> shift);
        if (*byte != before)
            changed |= change_of(msi, dword);
    }
    return changed;
}

// --- What they mean --------------------------------------------------------------------------------------------------

static uint32_t control(const struct msi_capability *msi)
{
    return (uint32_t)bytes_get(msi->registers + CONTROL, 2);
}

bool msi_capability_enabled(const struct msi_capability *msi)
{
    return control(msi) & CONTROL_ENABLE;
}

unsigned msi_capability_allotted(const struct msi_capability *msi)
{
    unsigned count = 1u << (control(msi) >> CONTROL_ENABLED_SHIFT & 7);
    return count < msi->vectors ? count : msi->vectors;
}

uint32_t msi_capability_mask_bits(const struct msi_capability *msi)
{
    return msi->maskable ? (uint32_t)bytes_get(msi->registers + mask_at(msi), 4) : 0;
}

bool msi_capability_masked(const struct msi_capability *msi, unsigned vector)
{
    return msi_capability_mask_bits(msi) >> vector & 1;
}

struct msi_message msi_capability_message(const struct msi_capability *msi, unsigned vector)
{
    uint32_t data = (uint32_t)bytes_get(msi->registers + data_at(msi), 2);
    uint64_t upper = msi->wide ? bytes_get(msi->registers + UPPER_ADDRESS, 4) : 0;
    return (struct msi_message){
        .address = upper << 32 | bytes_get(msi->registers + ADDRESS, 4),
        .data = (uint32_t)bits_merge(data, vector, msi_capability_allotted(msi) - 1),
    };
}

void msi_capability_visit(struct msi_capability *msi, struct visit *v)
{
    VISIT_ARRAY(v, msi->registers);
}
