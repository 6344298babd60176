// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IBM PC AT Technical Reference, "DMA controller": channels, page registers, addresses. 82371SB (290550), 2.5.1 and ICH9 (316972),
// 13.2: ports.
//
//     channels 0-3    23..16 page    15..0 address of the 8237A
//     channels 5-7    23..17 page    16..1 address of the 8237A    0: 0
//
// The address counts within a page: from its end it goes on at its beginning.
//
// A channel that software requests, and that has no device, runs its block with the bus open: FFh is written.
//
// Not modelled: the same registers at 10h-1Fh and 90h-9Fh (port 92h is there), extended modes, scatter-gather, PC/PCI and
// distributed DMA of the 82371SB and ICH9, refresh; channel 4 in another mode than cascade.
//
// Path: a device / devices/dma8237.c, base/bus.c
#include "devices/isa_dma.h"

#include <string.h>

#include "base/bits.h"

// Index of each channel's page register; 8Fh has the page of the refresh.
static const uint8_t page_of[ISA_DMA_CHANNELS] = { 7, 3, 1, 2, 15, 11, 9, 10 };

static unsigned number_of(unsigned channel)
{
    return channel % DMA8237_CHANNELS;
}

static struct dma8237 *chip_of(struct isa_dma *dma, unsigned channel)
{
    return &dma->chips[channel / DMA8237_CHANNELS];
}

static unsigned width_of(unsigned channel)
{
    return channel < DMA8237_CHANNELS ? 1 : 2;
}

// --- Which channel is granted ----------------------------------------------------------------------------------------

// HRQ of the first chip is DREQ of channel 4.
static void settle(struct isa_dma *dma)
{
    dma8237_set_dreq(&dma->chips[1], number_of(ISA_DMA_CASCADE), dma8237_served(&dma->chips[0]) != 0);
}

static bool is_granted(const struct isa_dma *dma, unsigned channel)
{
    const struct dma8237 *second = &dma->chips[1];
    if (channel > ISA_DMA_CASCADE)
        return dma8237_served(second) >> number_of(channel) & 1;
    return channel < ISA_DMA_CASCADE && dma8237_served(&dma->chips[0]) >> channel & 1 && dma8237_served(second) & 1 &&
           dma8237_cascades(second, 0);
}

// The channel with the highest priority of those that are granted and not in `done`, or -1.
static int next(const struct isa_dma *dma, unsigned done)
{
    for (unsigned rank = 0; rank < DMA8237_CHANNELS; rank++) {
        unsigned channel = ISA_DMA_CASCADE + dma8237_ranked(&dma->chips[1], rank);
        if (channel != ISA_DMA_CASCADE && is_granted(dma, channel) && !(done >> channel & 1))
            return (int)channel;
        for (unsigned inner = 0; channel == ISA_DMA_CASCADE && inner < DMA8237_CHANNELS; inner++) {
            unsigned low = dma8237_ranked(&dma->chips[0], inner);
            if (is_granted(dma, low) && !(done >> low & 1))
                return (int)low;
        }
    }
    return -1;
}

// --- Transfers -------------------------------------------------------------------------------------------------------

static uint32_t address_of(const struct isa_dma *dma, unsigned channel, uint16_t address)
{
    uint32_t page = dma->pages[page_of[channel]];
    return width_of(channel) == 1 ? page << 16 | address : (page & 0xfe) << 16 | (uint32_t)address << 1;
}

// One byte or word. Verify moves nothing, and the device does not see that.
static bool step(struct isa_dma *dma, unsigned channel, uint8_t *data)
{
    struct dma8237_transfer transfer = dma8237_step(chip_of(dma, channel), number_of(channel));
    uint32_t address = address_of(dma, channel, transfer.address);
    unsigned width = width_of(channel);
    bool done = true;
    if (transfer.type == DMA8237_TO_MEMORY)
        done = bus_write_memory(dma->memory, address, data, width);
    else if (transfer.type == DMA8237_FROM_MEMORY)
        done = bus_read_memory(dma->memory, address, data, width);
    if (!done) {
        dma->mistakes[ISA_DMA_NO_MEMORY]++;
        if (transfer.type == DMA8237_FROM_MEMORY)
            memset(data, 0xff, width);
    }
    return transfer.ends;
}

static void run_open(struct isa_dma *dma, unsigned channel)
{
    uint8_t open[2];
    do
        memset(open, 0xff, sizeof open);
    while (!step(dma, channel, open));
}

static void grant(struct isa_dma *dma, unsigned channel)
{
    const struct isa_dma_device *device = &dma->devices[channel];
    if (device->granted)
        device->granted(device->owner);
    else if (chip_of(dma, channel)->request >> number_of(channel) & 1)
        run_open(dma, channel);
    settle(dma);
}

// Grants each channel that asks, once.
static void serve(struct isa_dma *dma)
{
    unsigned done = 0;
    settle(dma);
    if (dma8237_served(&dma->chips[1]) & 1 && !dma8237_cascades(&dma->chips[1], 0))
        dma->mistakes[ISA_DMA_NO_CASCADE]++;
    for (int channel = next(dma, done); channel >= 0; channel = next(dma, done)) {
        done |= 1u << channel;
        grant(dma, (unsigned)channel);
    }
}

static bool has_type(struct isa_dma *dma, unsigned channel, enum dma8237_type type)
{
    enum dma8237_type set = (chip_of(dma, channel)->channels[number_of(channel)].mode & DMA8237_TYPE) >> 2;
    if (set != DMA8237_TO_MEMORY && set != DMA8237_FROM_MEMORY)
        return true;
    if (set != type)
        dma->mistakes[ISA_DMA_DIRECTION]++;
    return set == type;
}

size_t isa_dma_write(struct isa_dma *dma, unsigned channel, const void *data, size_t size, bool *ended)
{
    unsigned width = width_of(channel);
    size_t moved = 0;
    *ended = false;
    if (!is_granted(dma, channel) || !has_type(dma, channel, DMA8237_TO_MEMORY))
        return 0;
    while (!*ended && size - moved >= width) {
        uint8_t unit[2];
        memcpy(unit, (const uint8_t *)data + moved, width);
        *ended = step(dma, channel, unit);
        moved += width;
    }
    settle(dma);
    return moved;
}

size_t isa_dma_read(struct isa_dma *dma, unsigned channel, void *data, size_t size, bool *ended)
{
    unsigned width = width_of(channel);
    size_t moved = 0;
    *ended = false;
    if (!is_granted(dma, channel) || !has_type(dma, channel, DMA8237_FROM_MEMORY))
        return 0;
    while (!*ended && size - moved >= width) {
        *ended = step(dma, channel, (uint8_t *)data + moved);
        moved += width;
    }
    settle(dma);
    return moved;
}

void isa_dma_set_dreq(struct isa_dma *dma, unsigned channel, bool level)
{
    dma8237_set_dreq(chip_of(dma, channel), number_of(channel), level);
    settle(dma);
    if (level)
        serve(dma);
}

void isa_dma_attach(struct isa_dma *dma, unsigned channel, void (*granted)(void *owner), void *owner)
{
    dma->devices[channel] = (struct isa_dma_device){ granted, owner };
}

// --- Ports -----------------------------------------------------------------------------------------------------------

uint64_t isa_dma_low_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct isa_dma *dma = owner;
    (void)size, (void)now;
    return dma8237_read(&dma->chips[0], (unsigned)offset);
}

void isa_dma_low_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct isa_dma *dma = owner;
    (void)size, (void)now;
    dma8237_write(&dma->chips[0], (unsigned)offset, (uint8_t)value);
    serve(dma);
}

// Its address pins begin with the bus's bit 1.
uint64_t isa_dma_high_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct isa_dma *dma = owner;
    (void)size, (void)now;
    return dma8237_read(&dma->chips[1], (unsigned)offset / 2);
}

void isa_dma_high_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct isa_dma *dma = owner;
    (void)size, (void)now;
    dma8237_write(&dma->chips[1], (unsigned)offset / 2, (uint8_t)value);
    serve(dma);
}

uint64_t isa_dma_page_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    const struct isa_dma *dma = owner;
    (void)size, (void)now;
    return dma->pages[offset + 1];
}

void isa_dma_page_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct isa_dma *dma = owner;
    (void)size, (void)now;
    dma->pages[offset + 1] = (uint8_t)value;
}

// --- Life ------------------------------------------------------------------------------------------------------------

void isa_dma_init(struct isa_dma *dma, struct bus *memory)
{
    memset(dma, 0, sizeof *dma);
    dma->memory = memory;
    for (unsigned i = 0; i < countof(dma->chips); i++)
        dma8237_init(&dma->chips[i]);
}

void isa_dma_reset(struct isa_dma *dma)
{
    for (unsigned i = 0; i < countof(dma->chips); i++)
        dma8237_reset(&dma->chips[i]);
    settle(dma);
}

void isa_dma_visit(struct isa_dma *isa, struct visit *v)
{
    for (unsigned i = 0; i < countof(isa->chips); i++) {
        visit_enter_numbered(v, "chip", i);
        dma8237_visit(&isa->chips[i], v);
        visit_leave(v);
    }
    VISIT_ARRAY(v, isa->pages);
    VISIT_ARRAY(v, isa->mistakes);
}
