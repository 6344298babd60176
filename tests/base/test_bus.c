// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include <criterion/criterion.h>
#include <errno.h>

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

// A window is found again without a search; not after it has gone, and no neighbour is taken for it.
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
