// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Intel 8237A data sheet (order number 231466): "Register description", "Programming", "DMA operation".
//
// A channel is served while it requests (DREQ and not masked, or a software request, which no mask holds) and the controller is
// enabled. Demand, single and block transfers differ in when the bus is released, which no software sees here: all of them end at
// terminal count, or when the device has no more.
//
// Not modelled: memory-to-memory transfers (command bits 0 and 1, the temporary register reads 0), which the 82371SB and the ICH9
// have not either; the time that a transfer takes (compressed timing, extended write); an external EOP.
//
// Path: devices/isa_dma.c
#include "devices/dma8237.h"

#include <string.h>

#include "base/bits.h"

enum { SELECT = 3, SET = 4, ALL = 0x0f, TYPE_SHIFT = 2 };

// --- Requests --------------------------------------------------------------------------------------------------------

static uint8_t requesting(const struct dma8237 *dma)
{
    uint8_t inverted = dma->command & DMA8237_DREQ_LOW ? ALL : 0;
    return (uint8_t)(dma->pins ^ inverted);
}

uint8_t dma8237_served(const struct dma8237 *dma)
{
    if (dma->command & DMA8237_DISABLE)
        return 0;
    return (uint8_t)((requesting(dma) & ~dma->mask) | dma->request);
}

unsigned dma8237_ranked(const struct dma8237 *dma, unsigned rank)
{
    unsigned first = dma->command & DMA8237_ROTATING ? dma->lowest + 1u : 0;
    return (first + rank) % DMA8237_CHANNELS;
}

bool dma8237_cascades(const struct dma8237 *dma, unsigned channel)
{
    return (dma->channels[channel].mode & DMA8237_SERVICE) == DMA8237_CASCADE;
}

void dma8237_set_dreq(struct dma8237 *dma, unsigned channel, bool level)
{
    dma->pins = (uint8_t)((dma->pins & ~BIT32(channel)) | (uint32_t)level << channel);
}

// --- Transfers -------------------------------------------------------------------------------------------------------

// "When TC is reached": the request is over, and the channel begins again or is masked.
static void end(struct dma8237 *dma, unsigned channel)
{
    struct dma8237_channel *c = &dma->channels[channel];
    dma->ended |= (uint8_t)BIT32(channel);
    dma->request &= (uint8_t)~BIT32(channel);
    if (c->mode & DMA8237_AUTOINITIALIZE) {
        c->address = c->base_address;
        c->count = c->base_count;
    } else {
        dma->mask |= (uint8_t)BIT32(channel);
    }
}

struct dma8237_transfer dma8237_step(struct dma8237 *dma, unsigned channel)
{
    struct dma8237_channel *c = &dma->channels[channel];
    enum dma8237_type type = (c->mode & DMA8237_TYPE) >> TYPE_SHIFT;
    struct dma8237_transfer transfer = { .type = type == DMA8237_ILLEGAL ? DMA8237_VERIFY : type,
                                         .address = c->address,
                                         .ends = c->count == 0 };
    c->address = (uint16_t)(c->mode & DMA8237_DECREMENT ? c->address - 1 : c->address + 1);
    c->count--;
    if (dma->command & DMA8237_ROTATING)
        dma->lowest = (uint8_t)channel;
    if (transfer.ends)
        end(dma, channel);
    return transfer;
}

// --- Registers -------------------------------------------------------------------------------------------------------

// Register 2n is the address of channel n, 2n + 1 its count. The flip-flop chooses the byte.
static uint64_t read_channel(void *context, unsigned index, uint64_t now)
{
    struct dma8237 *dma = context;
    const struct dma8237_channel *c = &dma->channels[index / 2];
    uint16_t value = index & 1 ? c->count : c->address;
    bool high = dma->high_byte;
    (void)now;
    dma->high_byte = !high;
    return high ? value >> 8 : value & 0xff;
}

static void put_byte(uint16_t *word, bool high, uint8_t byte)
{
    *word = (uint16_t)(high ? (*word & 0xff) | byte << 8 : (*word & 0xff00) | byte);
}

// "Base and current are written simultaneously."
static void write_channel(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct dma8237 *dma = context;
    struct dma8237_channel *c = &dma->channels[index / 2];
    (void)now;
    put_byte(index & 1 ? &c->base_count : &c->base_address, dma->high_byte, (uint8_t)value);
    put_byte(index & 1 ? &c->count : &c->address, dma->high_byte, (uint8_t)value);
    dma->high_byte = !dma->high_byte;
}

// Bits 7-4 the requests, 3-0 terminal count, which the read clears.
static uint64_t read_status(void *context, unsigned index, uint64_t now)
{
    struct dma8237 *dma = context;
    uint8_t status = (uint8_t)((requesting(dma) | dma->request) << 4 | dma->ended);
    (void)index, (void)now;
    dma->ended = 0;
    return status;
}

static void write_command(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct dma8237 *dma = context;
    (void)index, (void)now;
    dma->command = (uint8_t)value;
    if (value & DMA8237_MEMORY_TO_MEMORY)
        dma->mistakes[DMA8237_MISTAKE_MEMORY]++;
}

static uint8_t changed(uint8_t set, uint64_t value)
{
    uint8_t bit = (uint8_t)(1u << (value & SELECT));
    return value & SET ? set | bit : set & (uint8_t)~bit;
}

// "The channel must be in block mode."
static void write_request(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct dma8237 *dma = context;
    (void)index, (void)now;
    dma->request = changed(dma->request, value);
    if (value & SET && (dma->channels[value & SELECT].mode & DMA8237_SERVICE) != DMA8237_BLOCK)
        dma->mistakes[DMA8237_MISTAKE_SINGLE]++;
}

static void write_mask(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct dma8237 *dma = context;
    (void)index, (void)now;
    dma->mask = changed(dma->mask, value);
}

static void write_mode(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct dma8237 *dma = context;
    (void)index, (void)now;
    dma->channels[value & SELECT].mode = (uint8_t)(value & ~(uint64_t)SELECT);
    if ((value & DMA8237_TYPE) == DMA8237_TYPE && (value & DMA8237_SERVICE) != DMA8237_CASCADE)
        dma->mistakes[DMA8237_MISTAKE_TYPE]++;
}

static void clear_byte(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct dma8237 *dma = context;
    (void)index, (void)value, (void)now;
    dma->high_byte = false;
}

static uint64_t read_temporary(void *context, unsigned index, uint64_t now)
{
    (void)context, (void)index, (void)now;
    return 0;
}

static void master_clear(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)value, (void)now;
    dma8237_reset(context);
}

static void clear_mask(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct dma8237 *dma = context;
    (void)index, (void)value, (void)now;
    dma->mask = 0;
}

// Not readable in the 8237A; the 82371SB and the ICH9 show the masks here.
const struct reg dma8237_registers[] = {
    { "ADDRESS, COUNT", DMA8237_CHANNEL, 1, 8, REG_8, .mask = 0xff, .read = read_channel, .write = write_channel },
    { "STATUS, COMMAND", DMA8237_STATUS, .widths = REG_8, .mask = 0xff, .read = read_status, .write = write_command },
    { "REQUEST", DMA8237_REQUEST, .widths = REG_8, .mask = 7, .write = write_request },
    { "MASK", DMA8237_MASK, .widths = REG_8, .mask = 7, .write = write_mask },
    { "MODE", DMA8237_MODE, .widths = REG_8, .mask = 0xff, .write = write_mode },
    { "CLEAR_BYTE", DMA8237_CLEAR_BYTE, .widths = REG_8, .mask = 0xff, .write = clear_byte },
    { "TEMPORARY, MASTER_CLEAR", DMA8237_TEMPORARY, .widths = REG_8, .mask = 0xff, .read = read_temporary,
      .write = master_clear },
    { "CLEAR_MASK", DMA8237_CLEAR_MASK, .widths = REG_8, .mask = 0xff, .write = clear_mask },
    { "ALL_MASKS", DMA8237_ALL_MASKS, .widths = REG_8, .peek = true, .reset = ALL, .mask = ALL,
      REG_FIELD(struct dma8237, mask) },
};
const unsigned dma8237_register_count = countof(dma8237_registers);

uint8_t dma8237_read(struct dma8237 *dma, unsigned offset)
{
    uint64_t value;
    if (reg_read(dma8237_registers, dma8237_register_count, dma, offset, 1, 0, &value) == REG_OK)
        return (uint8_t)value;
    dma->mistakes[DMA8237_MISTAKE_ACCESS]++;
    return 0xff;
}

void dma8237_write(struct dma8237 *dma, unsigned offset, uint8_t value)
{
    reg_write(dma8237_registers, dma8237_register_count, dma, offset, 1, value, 0);
}

// --- Life ------------------------------------------------------------------------------------------------------------

void dma8237_init(struct dma8237 *dma)
{
    memset(dma, 0, sizeof *dma);
    dma8237_reset(dma);
}

void dma8237_reset(struct dma8237 *dma)
{
    dma->command = dma->request = dma->ended = 0;
    dma->mask = ALL;
    dma->lowest = DMA8237_CHANNELS - 1;
    dma->high_byte = false;
}

void dma8237_visit(struct dma8237 *dma, struct visit *v)
{
    for (unsigned i = 0; i < DMA8237_CHANNELS; i++) {
        struct dma8237_channel *c = &dma->channels[i];
        visit_enter_numbered(v, "channel", i);
        VISIT(v, c->base_address);
        VISIT(v, c->base_count);
        VISIT(v, c->address);
        VISIT(v, c->count);
        VISIT(v, c->mode);
        visit_leave(v);
    }
    VISIT(v, dma->command);
    VISIT_BELOW(v, dma->mask, ALL + 1);
    VISIT_BELOW(v, dma->request, ALL + 1);
    VISIT_BELOW(v, dma->pins, ALL + 1);
    VISIT_BELOW(v, dma->ended, ALL + 1);
    VISIT_BELOW(v, dma->lowest, DMA8237_CHANNELS);
    VISIT(v, dma->high_byte);
    VISIT_ARRAY(v, dma->mistakes);
}
