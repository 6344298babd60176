// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The bus: windows and how they are found, sizes of accesses, memory copies, and where nothing answers.
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/bus.h"

static uint64_t last_value;
static unsigned last_size;

static uint64_t echo_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)owner;
    (void)now;
    last_size = size;
    return offset + 0x10;
}

static void echo_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)owner;
    (void)offset;
    (void)now;
    last_size = size;
    last_value = value;
}

Test(bus, windows_do_not_overlap_and_are_found_by_address)
{
    struct bus bus;
    struct region a = {
        .base = 0x1000, .size = 0x1000, .name = "a", .widest = 4, .read = echo_read, .write = echo_write
    };
    struct region b = {
        .base = 0x1fff, .size = 0x10, .name = "b", .widest = 4, .read = echo_read, .write = echo_write
    };
    bus_init(&bus);
    cr_assert_eq(bus_add(&bus, &a), 0);
    cr_assert_eq(bus_add(&bus, &b), -EEXIST);
    cr_assert_eq(bus_find(&bus, 0x1fff), &a);
    cr_assert_null(bus_find(&bus, 0x2000));
    cr_assert_null(bus_find(&bus, 0xfff));
}

Test(bus, wide_accesses_are_cut_to_what_the_device_takes)
{
    struct bus bus;
    struct region a = { .base = 0, .size = 0x100, .name = "a", .widest = 1, .read = echo_read, .write = echo_write };
    bus_init(&bus);
    bus_add(&bus, &a);
    cr_assert_eq(bus_read(&bus, 0, 4, 0), 0x13121110);
    cr_assert_eq(last_size, 1);
    bus_write(&bus, 0, 2, 0xaabb, 0);
    cr_assert_eq(last_value, 0xaa);
}

Test(bus, nothing_there_reads_all_ones_and_is_counted)
{
    struct bus bus;
    bus_init(&bus);
    cr_assert_eq(bus_read(&bus, 0x5000, 4, 0), 0xffffffff);
    bus_write(&bus, 0x5000, 1, 0, 0);
    cr_assert_eq(bus.unanswered_reads, 4);
    cr_assert_eq(bus.unanswered_writes, 1);
}

Test(bus, a_read_across_the_end_of_memory_is_made_of_its_bytes)
{
    struct bus bus;
    uint8_t ram[16] = { 0 };
    struct region last = { .base = 0x10, .size = 16, .name = "last", .ram = ram };
    bus_init(&bus);
    cr_assert_eq(bus_add(&bus, &last), 0);
    cr_assert_eq(bus_read(&bus, 0x1e, 4, 0), 0xffff0000);
    cr_assert_eq(bus.unanswered_reads, 2);
}

static void on_unanswered(void *owner, const struct bus *bus, uint64_t address, unsigned size, bool write,
                          uint64_t value)
{
    char *text = owner;
    (void)bus;
    snprintf(text + strlen(text), 200 - strlen(text), "%c%u@%x=%x ", write ? 'w' : 'r', size, (unsigned)address,
             (unsigned)value);
}

Test(bus, an_access_without_an_answer_is_told_once_as_a_whole)
{
    struct bus bus;
    char text[200] = "";
    uint8_t ram[16] = { 0 };
    struct region last = { .base = 0x10, .size = 16, .name = "last", .ram = ram };
    bus_init(&bus);
    cr_assert_eq(bus_add(&bus, &last), 0);
    bus.unanswered = on_unanswered;
    bus.unanswered_owner = text;
    bus_read(&bus, 0x5000, 4, 0);
    bus_write(&bus, 0x5001, 1, 0x12, 0);
    bus_read(&bus, 0x1e, 4, 0);
    bus_write(&bus, 0x1c, 4, 0x12345678, 0); // in RAM
    bus_write(&bus, 0x1c, 8, 0x12345678, 0);
    cr_assert_str_eq(text, "r4@5000=ffffffff w1@5001=12 r4@1e=ffff0000 w8@1c=12345678 ");
    cr_assert_eq(bus.unanswered_reads, 6);
    cr_assert_eq(bus.unanswered_writes, 5);
}

Test(bus, a_range_is_memory_if_the_windows_in_it_touch)
{
    struct bus bus;
    uint8_t ram[32] = { 0 };
    struct region low = { .base = 0x10, .size = 16, .name = "low", .ram = ram };
    struct region rom = { .base = 0x20, .size = 16, .name = "rom", .ram = ram + 16, .readonly = true };
    struct region device = { .base = 0x30, .size = 16, .name = "device", .widest = 4, .read = echo_read };
    bus_init(&bus);
    bus_add(&bus, &low);
    bus_add(&bus, &rom);
    bus_add(&bus, &device);
    cr_assert(bus_is_memory(&bus, 0x10, 32));
    cr_assert_not(bus_is_memory(&bus, 0x10, 33));
    cr_assert_not(bus_is_memory(&bus, 0xf, 2));
    cr_assert_not(bus_is_memory(&bus, 0x10, UINT64_MAX));
    cr_assert(bus_is_memory(&bus, 0x1000, 0));
}

Test(bus, memory_copies_need_ram_for_every_byte)
{
    struct bus bus;
    uint8_t ram[32] = { 0 }, data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    struct region low = { .base = 0, .size = 16, .name = "low", .ram = ram };
    struct region high = { .base = 16, .size = 16, .name = "high", .ram = ram + 16 };
    bus_init(&bus);
    bus_add(&bus, &low);
    bus_add(&bus, &high);
    cr_assert(bus_write_memory(&bus, 12, data, 8));
    cr_assert_arr_eq(ram + 12, data, 8);
    cr_assert_not(bus_write_memory(&bus, 28, data, 8));
    cr_assert_eq(ram[28], 0);
}

// A window is found again without a search, but not after it was removed; an adjacent window is not mistaken for it.
Test(bus, a_window_that_was_found_before_is_forgotten_when_it_goes)
{
    struct bus bus;
    struct region one = { .base = 0x1000, .size = 8, .name = "one" };
    struct region other = { .base = 0x1008, .size = 4, .name = "other" };
    bus_init(&bus);
    cr_assert_eq(bus_add(&bus, &one), 0);
    cr_assert_eq(bus_find(&bus, 0x1007), &one);
    cr_assert_eq(bus_find(&bus, 0x1000), &one);
    cr_assert_null(bus_find(&bus, 0x1008));
    cr_assert_eq(bus_add(&bus, &other), 0);
    cr_assert_eq(bus_find(&bus, 0x100b), &other);
    cr_assert_null(bus_find(&bus, 0x100c));
    bus_remove(&bus, &one);
    cr_assert_null(bus_find(&bus, 0x1000));
    cr_assert_eq(bus_find(&bus, 0x1008), &other);
}

Test(bus, loaders_fill_rom_and_dma_does_not)
{
    struct bus bus;
    uint8_t rom[16] = { 0 }, data[4] = { 1, 2, 3, 4 }, back[4];
    struct region region = { .base = 0, .size = 16, .name = "rom", .ram = rom, .readonly = true };
    bus_init(&bus);
    bus_add(&bus, &region);
    cr_assert_not(bus_write_memory(&bus, 4, data, 4));
    cr_assert_eq(rom[4], 0);
    cr_assert(bus_load_memory(&bus, 4, data, 4));
    cr_assert(bus_read_memory(&bus, 4, back, 4));
    cr_assert_arr_eq(back, data, 4);
    bus_write(&bus, 4, 1, 0xff, 0);
    cr_assert_eq(rom[4], 1, "a processor's write is dropped as well");
}

static unsigned mapped_count;
static uint64_t mapped_address, mapped_size;

static void count_mapped(void *owner, uint64_t address, uint64_t size)
{
    (void)owner;
    mapped_count++;
    mapped_address = address;
    mapped_size = size;
}

Test(bus, a_window_turns_from_rom_to_a_device_and_back)
{
    struct bus bus;
    uint8_t rom[16] = { 0xaa }, byte;
    struct region region = { .base = 0x100,
                             .size = 16,
                             .name = "flash",
                             .ram = rom,
                             .readonly = true,
                             .widest = 4,
                             .read = echo_read,
                             .write = echo_write };
    bus_init(&bus);
    bus_add(&bus, &region);
    bus.mapped = count_mapped;
    cr_assert_eq(bus_read(&bus, 0x100, 1, 0), 0xaa);
    bus_write(&bus, 0x104, 8, UINT64_C(0x123456789abcdef0), 0);
    cr_assert_eq(last_value, 0x12345678, "the device sees the writes");
    cr_assert_eq(last_size, 4);
    bus_set_ram(&bus, &region, rom);
    cr_assert_eq(mapped_count, 0, "it was that before");
    bus_set_ram(&bus, &region, NULL);
    cr_assert_eq(mapped_count, 1);
    cr_assert_eq(mapped_address, 0x100);
    cr_assert_eq(mapped_size, 16);
    cr_assert_eq(bus_read(&bus, 0x100, 1, 0), 0x10);
    cr_assert_not(bus_read_memory(&bus, 0x100, &byte, 1));
    bus_set_ram(&bus, &region, rom);
    cr_assert_eq(mapped_count, 2);
    cr_assert(bus_read_memory(&bus, 0x100, &byte, 1));
    cr_assert_eq(byte, 0xaa);
}
