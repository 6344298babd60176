// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PCI Local Bus 3.0, 6.8.2 and 6.8.3. The registers are drawn in msix.h.
//
// Not modelled: steering tags in Vector Control (TPH): its upper bits are 0.
//
// Path: devices/pci/pci_irq.c / groups/group.c
#include "msi/msix.h"

#include <assert.h>

#include "base/bits.h"

enum { CONTROL_ENABLE = 0x8000, CONTROL_FUNCTION_MASK = 0x4000, VECTOR_MASK = 1 };
enum { CONTROL_AT = 2, TABLE_AT = 4, PBA_AT = 8 };

void msix_init(struct msix *msix, struct msix_entry *table, unsigned vectors, struct msix_place table_place,
               struct msix_place pba_place)
{
    assert(vectors >= 1 && vectors <= MSIX_VECTORS);
    assert(table_place.offset % 8 == 0 && pba_place.offset % 8 == 0);
    *msix = (struct msix){ .table = table, .vectors = vectors, .table_place = table_place, .pba_place = pba_place };
    msix_reset(msix);
}

void msix_reset(struct msix *msix)
{
    msix->control = 0;
    for (unsigned i = 0; i < msix->vectors; i++)
        msix->table[i] = (struct msix_entry){ .control = VECTOR_MASK };
}

// --- Capability ----------------------------------------------------------------------------------------------------

uint32_t msix_capability_read(const struct msix *msix, unsigned offset, unsigned size)
{
    uint8_t registers[MSIX_CAPABILITY_SIZE] = { 0 };
    assert(offset + size <= sizeof registers);
    bytes_put(registers + CONTROL_AT, 2, msix->control | (msix->vectors - 1));
    bytes_put(registers + TABLE_AT, 4, msix->table_place.offset | msix->table_place.bar);
    bytes_put(registers + PBA_AT, 4, msix->pba_place.offset | msix->pba_place.bar);
    return (uint32_t)bytes_get(registers + offset, size);
}

bool msix_capability_write(struct msix *msix, unsigned offset, unsigned size, uint32_t value)
{
    uint8_t registers[MSIX_CAPABILITY_SIZE] = { 0 };
    uint16_t before = msix->control;
    assert(offset + size <= sizeof registers);
    bytes_put(registers + CONTROL_AT, 2, msix->control);
    bytes_put(registers + offset, size, value);
    msix->control = (uint16_t)bytes_get(registers + CONTROL_AT, 2) & (CONTROL_ENABLE | CONTROL_FUNCTION_MASK);
    return msix->control != before;
}

// --- Table and PBA -------------------------------------------------------------------------------------------------

static bool proper(struct msix *msix, uint64_t offset, unsigned size)
{
    bool good = (size == 4 || size == 8) && offset % size == 0;
    msix->mistakes[MSIX_MISTAKE_WIDTH] += !good;
    return good;
}

static uint32_t *cell(struct msix *msix, uint64_t offset)
{
    struct msix_entry *entry = &msix->table[offset / MSIX_ENTRY_SIZE];
    uint32_t *const cells[] = { &entry->address_low, &entry->address_high, &entry->data, &entry->control };
    return cells[offset % MSIX_ENTRY_SIZE / 4];
}

static uint8_t table_byte(struct msix *msix, uint64_t offset)
{
    if (offset >= msix_table_size(msix->vectors))
        return 0;
    return (uint8_t)(*cell(msix, offset) >> (8 * (offset % 4)));
}

uint64_t msix_table_read(struct msix *msix, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    proper(msix, offset, size);
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)table_byte(msix, offset + i) << (8 * i);
    return value;
}

// 6.8.3.2: what a changed message means is undefined unless its vector is masked.
static bool in_use(const struct msix *msix, unsigned vector)
{
    return msix_enabled(msix) && !msix_masked(msix, vector);
}

struct msix_change msix_table_write(struct msix *msix, uint64_t offset, unsigned size, uint64_t value)
{
    static const uint32_t writable[] = { ~UINT32_C(3), UINT32_MAX, UINT32_MAX, VECTOR_MASK };
    struct msix_change change = { .vector = (unsigned)(offset / MSIX_ENTRY_SIZE) };
    if (!proper(msix, offset, size) || offset >= msix_table_size(msix->vectors))
        return (struct msix_change){ .changed = false };
    bool used = in_use(msix, change.vector), message = false;
    for (unsigned at = 0; at < size; at += 4) {
        uint32_t *to = cell(msix, offset + at), before = *to;
        *to = (uint32_t)(value >> (8 * at)) & writable[(offset + at) % MSIX_ENTRY_SIZE / 4];
        change.changed |= *to != before;
        message |= *to != before && to != &msix->table[change.vector].control;
    }
    msix->mistakes[MSIX_MISTAKE_IN_USE] += used && message;
    return change;
}

unsigned msix_pba_vectors(struct msix *msix, uint64_t offset, unsigned size, unsigned *first)
{
    proper(msix, offset, size);
    if (8 * offset >= msix->vectors)
        return 0;
    *first = (unsigned)(8 * offset);
    unsigned there = msix->vectors - *first;
    return there < 8 * size ? there : 8 * size;
}

// --- What they mean --------------------------------------------------------------------------------------------------

bool msix_enabled(const struct msix *msix)
{
    return msix->control & CONTROL_ENABLE;
}

bool msix_function_masked(const struct msix *msix)
{
    return msix->control & CONTROL_FUNCTION_MASK;
}

bool msix_masked(const struct msix *msix, unsigned vector)
{
    return msix_function_masked(msix) || (msix->table[vector].control & VECTOR_MASK);
}

struct msi_message msix_message(const struct msix *msix, unsigned vector)
{
    const struct msix_entry *entry = &msix->table[vector];
    return (struct msi_message){ (uint64_t)entry->address_high << 32 | entry->address_low, entry->data };
}

void msix_visit(struct msix *msix, struct visit *v)
{
    VISIT(v, msix->control);
    VISIT_ARRAY(v, msix->mistakes);
    for (unsigned i = 0; i < msix->vectors; i++) {
        VISIT(v, msix->table[i].address_low);
        VISIT(v, msix->table[i].address_high);
        VISIT(v, msix->table[i].data);
        VISIT(v, msix->table[i].control);
    }
}
