// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Intel 8237A data sheet, "Register description" and "DMA operation"; IBM PC AT Technical Reference, "DMA controller".
#include <criterion/criterion.h>

#include "base/bus.h"
#include "devices/board.h"
#include "devices/isa_dma.h"

enum { RAM = 0x200000, SINGLE = 0x40, BLOCK = 0x80, WRITE = 4, READ = 8, AUTO = 0x10, DOWN = 0x20, LOW = 3, WORDS = 5 };

static struct isa_dma dma;
static struct bus memory;
static struct region region;
static uint8_t ram[RAM];

// A device on a channel: what it has to move, how much is moved, and when it was granted.
struct device {
    unsigned channel;
    uint8_t data[64];
    size_t size, at;
    bool from_memory, ended;
    unsigned order;
};

static struct device low, words;
static unsigned grants;

static void granted(void *owner)
{
    struct device *device = owner;
    device->order = ++grants;
    uint8_t *data = device->data + device->at;
    size_t left = device->size - device->at;
    device->at += device->from_memory ? isa_dma_read(&dma, device->channel, data, left, &device->ended)
                                      : isa_dma_write(&dma, device->channel, data, left, &device->ended);
    if (device->ended || device->at == device->size)
        isa_dma_set_dreq(&dma, device->channel, false);
}

static uint8_t in(unsigned port)
{
    if (port >= 0xc0)
        return (uint8_t)isa_dma_high_read(&dma, port - 0xc0, 1, 0);
    return (uint8_t)(port >= 0x80 ? isa_dma_page_read(&dma, port - 0x81, 1, 0) : isa_dma_low_read(&dma, port, 1, 0));
}

static void out(unsigned port, uint8_t value)
{
    if (port >= 0xc0)
        isa_dma_high_write(&dma, port - 0xc0, 1, value, 0);
    else if (port >= 0x80)
        isa_dma_page_write(&dma, port - 0x81, 1, value, 0);
    else
        isa_dma_low_write(&dma, port, 1, value, 0);
}

static void out16(unsigned port, uint16_t value)
{
    out(port, (uint8_t)value);
    out(port, (uint8_t)(value >> 8));
}

// Channel 3 or 5: mode without the number of the channel, and `count` transfers.
static void program(unsigned channel, uint8_t mode, uint32_t address, unsigned count)
{
    bool wide = channel == WORDS;
    out(wide ? 0xd8 : 0x0c, 0);
    out(wide ? 0xd6 : 0x0b, mode | (channel & 3));
    out(wide ? 0x8b : 0x82, (uint8_t)(address >> 16));
    out16(wide ? 0xc4 : 0x06, (uint16_t)(wide ? address >> 1 : address));
    out16(wide ? 0xc6 : 0x07, (uint16_t)(count - 1));
    out(wide ? 0xd4 : 0x0a, channel & 3);
}

static uint16_t in16(unsigned port)
{
    out(port >= 0xc0 ? 0xd8 : 0x0c, 0);
    uint8_t first = in(port);
    return (uint16_t)(in(port) << 8 | first);
}

static void fill(struct device *device, unsigned channel, size_t size, bool from_memory)
{
    *device = (struct device){ .channel = channel, .size = size, .from_memory = from_memory };
    for (unsigned i = 0; i < sizeof device->data; i++)
        device->data[i] = from_memory ? 0 : (uint8_t)(i + 1);
    isa_dma_attach(&dma, channel, granted, device);
}

static void setup(void)
{
    memset(ram, 0, sizeof ram);
    bus_init(&memory);
    region = (struct region){ .base = 0, .size = RAM, .name = "RAM", .ram = ram };
    cr_assert_eq(bus_add(&memory, &region), 0);
    isa_dma_init(&dma, &memory);
    out(0xd6, 0xc0); // the cascade, as a BIOS opens it
    out(0xd4, 0x00);
    grants = 0;
}

TestSuite(isa_dma, .init = setup);

Test(isa_dma, bytes_go_to_the_page_and_address_of_their_channel)
{
    fill(&low, LOW, 4, false);
    program(LOW, SINGLE | WRITE, 0x12fffe, 4);
    isa_dma_set_dreq(&dma, LOW, true);
    cr_assert_eq(low.at, 4);
    cr_assert(low.ended);
    cr_assert_eq(ram[0x12fffe], 1);
    cr_assert_eq(ram[0x12ffff], 2);
    cr_assert_eq(ram[0x120000], 3, "the address goes on at the beginning of its page");
    cr_assert_eq(ram[0x120001], 4);
    cr_assert_eq(in16(0x06), 2);
    cr_assert_eq(in16(0x07), 0xffff);
}

Test(isa_dma, words_have_even_addresses_and_pages_of_128_kib)
{
    fill(&words, WORDS, 6, true);
    ram[0x11fffe] = 0x10;
    ram[0x11ffff] = 0x11;
    ram[0x100000] = 0x12;
    ram[0x100001] = 0x13;
    program(WORDS, SINGLE | READ, 0x11fffe, 2);
    out(0x8b, 0x11); // bit 0 of the page does not count
    isa_dma_set_dreq(&dma, WORDS, true);
    cr_assert_eq(words.at, 4);
    cr_assert_eq(words.data[0], 0x10);
    cr_assert_eq(words.data[1], 0x11);
    cr_assert_eq(words.data[2], 0x12);
    cr_assert_eq(words.data[3], 0x13);
    cr_assert_eq(in16(0xc4), 1);
}

Test(isa_dma, terminal_count_masks_the_channel_and_is_shown_once)
{
    fill(&low, LOW, 8, false);
    program(LOW, SINGLE | WRITE, 0x1000, 4);
    isa_dma_set_dreq(&dma, LOW, true);
    cr_assert_eq(low.at, 4);
    cr_assert_eq(in(0x0f), 0x0f, "all masks");
    cr_assert_eq(in(0x08), 0x08);
    cr_assert_eq(in(0x08), 0x00, "the read clears it");
    isa_dma_set_dreq(&dma, LOW, true);
    cr_assert_eq(low.at, 4);
    cr_assert_eq(in(0x08), 0x80, "the request waits");
}

Test(isa_dma, autoinitialize_begins_again_and_leaves_the_mask)
{
    fill(&low, LOW, 8, false);
    program(LOW, SINGLE | WRITE | AUTO, 0x1000, 4);
    isa_dma_set_dreq(&dma, LOW, true);
    cr_assert_eq(in16(0x06), 0x1000);
    cr_assert_eq(in16(0x07), 3);
    isa_dma_set_dreq(&dma, LOW, true);
    cr_assert_eq(low.at, 8);
    cr_assert_eq(ram[0x1000], 5);
}

Test(isa_dma, decrement_counts_down)
{
    fill(&low, LOW, 3, false);
    program(LOW, WRITE | DOWN, 0x1002, 3);
    isa_dma_set_dreq(&dma, LOW, true);
    cr_assert_eq(ram[0x1002], 1);
    cr_assert_eq(ram[0x1000], 3);
    cr_assert_eq(in16(0x06), 0x0fff);
}

Test(isa_dma, verify_moves_nothing_and_counts)
{
    fill(&low, LOW, 4, false);
    program(LOW, SINGLE, 0x1000, 4);
    isa_dma_set_dreq(&dma, LOW, true);
    cr_assert(low.ended);
    cr_assert_eq(ram[0x1000], 0);
}

Test(isa_dma, a_masked_or_disabled_channel_is_granted_when_it_opens)
{
    fill(&low, LOW, 4, false);
    isa_dma_set_dreq(&dma, LOW, true);
    cr_assert_eq(low.at, 0);
    out(0x08, DMA8237_DISABLE);
    program(LOW, SINGLE | WRITE, 0x1000, 4);
    cr_assert_eq(low.at, 0, "disabled");
    out(0x08, 0);
    cr_assert_eq(low.at, 4);
    cr_assert_eq(ram[0x1003], 4);
}

Test(isa_dma, channels_0_to_3_need_the_cascade)
{
    fill(&low, LOW, 4, false);
    out(0xd4, 0x04); // channel 4 is masked
    program(LOW, SINGLE | WRITE, 0x1000, 4);
    isa_dma_set_dreq(&dma, LOW, true);
    cr_assert_eq(low.at, 0);
    cr_assert_eq(in(0xd0), 0x10, "HRQ of the first is DREQ 4");
    out(0xd6, 0x40);
    out(0xd4, 0x00);
    cr_assert_eq(low.at, 0);
    cr_assert_neq(dma.mistakes[ISA_DMA_NO_CASCADE], 0);
    out(0xd6, 0xc0);
    cr_assert_eq(low.at, 4);
}

Test(isa_dma, the_lower_channel_comes_first_unless_priority_rotates)
{
    for (unsigned rotate = 0; rotate < 2; rotate++) {
        setup();
        fill(&low, LOW, 1, false);
        fill(&words, WORDS, 2, false);
        out(0xd0, DMA8237_DISABLE);
        program(LOW, SINGLE | WRITE, 0x1000, 4);
        program(WORDS, SINGLE | WRITE, 0x2000, 4);
        isa_dma_set_dreq(&dma, WORDS, true);
        isa_dma_set_dreq(&dma, LOW, true);
        dma.chips[1].lowest = 0;
        out(0xd0, rotate ? DMA8237_ROTATING : 0);
        cr_assert_eq(low.order, rotate ? 2 : 1);
        cr_assert_eq(words.order, rotate ? 1 : 2);
        cr_assert_eq(dma.chips[1].lowest, rotate ? 1 : 0, "the one that was served");
    }
}

Test(isa_dma, a_device_of_the_other_direction_moves_nothing)
{
    fill(&low, LOW, 4, false);
    program(LOW, SINGLE | READ, 0x1000, 4);
    isa_dma_set_dreq(&dma, LOW, true);
    cr_assert_eq(low.at, 0);
    cr_assert_eq(dma.mistakes[ISA_DMA_DIRECTION], 1);
}

Test(isa_dma, an_address_without_memory_reads_ones_and_is_counted)
{
    fill(&low, LOW, 2, true);
    program(LOW, SINGLE | READ, 0xff0000, 2);
    isa_dma_set_dreq(&dma, LOW, true);
    cr_assert_eq(low.data[1], 0xff);
    cr_assert_eq(dma.mistakes[ISA_DMA_NO_MEMORY], 2);
}

// No mask holds it, and it ends with terminal count.
Test(isa_dma, a_software_request_runs_the_block_of_an_empty_channel)
{
    program(LOW, BLOCK | WRITE, 0x1000, 4);
    out(0x0a, 4 | LOW);
    out(0x09, 4 | LOW);
    cr_assert_eq(ram[0x1003], 0xff);
    cr_assert_eq(ram[0x1004], 0);
    cr_assert_eq(in(0x08), 0x08);
    program(LOW, SINGLE | WRITE, 0x1000, 4);
    out(0x09, 4 | LOW);
    cr_assert_eq(dma.chips[0].mistakes[DMA8237_MISTAKE_SINGLE], 1);
}

Test(isa_dma, master_clear_masks_all_and_keeps_addresses)
{
    program(LOW, SINGLE | WRITE, 0x1234, 4);
    out(0x08, DMA8237_ROTATING);
    out(0x06, 0); // the flip-flop waits for the high byte
    out(0x0d, 0);
    cr_assert_eq(in(0x0f), 0x0f);
    cr_assert_eq(in(0x0d), 0, "temporary");
    cr_assert_eq(in(0x06), 0x00);
    cr_assert_eq(in(0x06), 0x12);
    cr_assert_eq(dma.chips[0].command, 0);
    out(0x0e, 0);
    cr_assert_eq(in(0x0f), 0, "clear mask");
    out(0x0f, 0x05);
    cr_assert_eq(in(0x0f), 5);
    cr_assert_eq(in(0x0a), 0xff);
    cr_assert_eq(dma.chips[0].mistakes[DMA8237_MISTAKE_ACCESS], 1);
}

Test(isa_dma, dreq_can_be_active_low)
{
    cr_assert_eq(in(0x08), 0);
    out(0x08, DMA8237_DREQ_LOW);
    cr_assert_eq(in(0x08), 0xf0);
    isa_dma_set_dreq(&dma, 1, true);
    cr_assert_eq(in(0x08), 0xd0);
}

Test(isa_dma, what_is_not_there_is_counted)
{
    out(0x08, DMA8237_MEMORY_TO_MEMORY);
    out(0x0b, 0x4c);
    cr_assert_eq(dma.chips[0].mistakes[DMA8237_MISTAKE_MEMORY], 1);
    cr_assert_eq(dma.chips[0].mistakes[DMA8237_MISTAKE_TYPE], 1);
}

Test(isa_dma, page_registers_keep_every_byte)
{
    for (unsigned port = 0x81; port < 0x90; port++)
        out(port, (uint8_t)(port ^ 0x55));
    isa_dma_reset(&dma);
    for (unsigned port = 0x81; port < 0x90; port++)
        cr_assert_eq(in(port), port ^ 0x55);
}

static void list(void *object, struct visit *v)
{
    isa_dma_visit(object, v);
}

Test(isa_dma, the_list_of_state_is_whole)
{
    struct visit_save save;
    fill(&low, LOW, 2, false);
    program(LOW, SINGLE | WRITE, 0x1000, 4);
    isa_dma_set_dreq(&dma, LOW, true);
    visit_save_init(&save);
    isa_dma_visit(&dma, &save.visit);
    struct isa_dma other;
    isa_dma_init(&other, &memory);
    check_load(&other, list, &save);
    free(save.data);
    size_t padding = 2 * (sizeof(struct dma8237) - DMA8237_CHANNELS * 9 - 7 - 4 * DMA8237_MISTAKES);
    size_t pointers = sizeof dma.devices + sizeof dma.memory;
    cr_assert_leq(visit_uncovered(&dma, sizeof dma, list), padding + pointers + 4);
}
