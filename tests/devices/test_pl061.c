// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Arm DDI 0190.
#include "devices/board.h"
#include "devices/pl061.h"

static struct board {
    struct pl061 gpio;
    struct wire wire;
} board;

static uint32_t in(uint64_t offset)
{
    return (uint32_t)pl061_read(&board.gpio, offset, 4, 0);
}

static void out(uint64_t offset, uint32_t value)
{
    pl061_write(&board.gpio, offset, 4, value, 0);
}

static void setup(void)
{
    memset(&board, 0, sizeof board);
    pl061_init(&board.gpio);
    pl061_reset(&board.gpio);
    wire_connect(&board.gpio.irq, &board.wire);
}

TestSuite(pl061, .init = setup);

Test(pl061, the_address_says_which_pins_of_the_data_are_accessed)
{
    pl061_set_pin(&board.gpio, 3, true);
    pl061_set_pin(&board.gpio, 7, true);
    cr_assert_eq(in(PL061_GPIODATA + 0x3fc), 0x88);
    cr_assert_eq(in(PL061_GPIODATA + (0x08 << 2)), 0x08);
    cr_assert_eq(in(PL061_GPIODATA), 0);
    out(PL061_GPIODIR, 0x0f);
    out(PL061_GPIODATA + (0x03 << 2), 0xff);
    cr_assert_eq(in(PL061_GPIODATA + 0x3fc), 0x83, "pins 0 to 3 are outputs now");
    out(PL061_GPIODATA + (0x01 << 2), 0);
    cr_assert_eq(in(PL061_GPIODATA + 0x3fc), 0x82);
}

Test(pl061, an_edge_is_kept_until_it_is_cleared)
{
    out(PL061_GPIOIEV, 0x08);
    out(PL061_GPIOIE, 0x08);
    pl061_set_pin(&board.gpio, 3, true);
    cr_assert(board.wire.level);
    pl061_set_pin(&board.gpio, 3, false);
    cr_assert(board.wire.level);
    cr_assert_eq(in(PL061_GPIORIS), 0x08);
    cr_assert_eq(in(PL061_GPIOMIS), 0x08);
    out(PL061_GPIOIC, 0xf7);
    cr_assert(board.wire.level);
    out(PL061_GPIOIC, 0x08);
    cr_assert_not(board.wire.level);
    pl061_set_pin(&board.gpio, 3, true);
    pl061_set_pin(&board.gpio, 3, true);
    out(PL061_GPIOIC, 0xff);
    cr_assert_not(board.wire.level);
    out(PL061_GPIOIEV, 0);
    pl061_set_pin(&board.gpio, 3, false);
    cr_assert(board.wire.level, "a falling edge");
    out(PL061_GPIOIC, 0xff);
    out(PL061_GPIOIBE, 0x08);
    pl061_set_pin(&board.gpio, 3, true);
    cr_assert(board.wire.level, "both edges");
}

Test(pl061, a_level_is_not_kept)
{
    out(PL061_GPIOIS, 0xff);
    out(PL061_GPIOIEV, 0xff);
    out(PL061_GPIOIE, 0x10);
    pl061_set_pin(&board.gpio, 4, true);
    cr_assert(board.wire.level);
    out(PL061_GPIOIC, 0xff);
    cr_assert(board.wire.level);
    pl061_set_pin(&board.gpio, 4, false);
    cr_assert_not(board.wire.level);
    out(PL061_GPIOIEV, 0);
    cr_assert(board.wire.level, "low now interrupts");
}

Test(pl061, a_masked_interrupt_is_seen_raw)
{
    out(PL061_GPIOIEV, 0x01);
    pl061_set_pin(&board.gpio, 0, true);
    cr_assert_eq(in(PL061_GPIORIS), 0x01);
    cr_assert_eq(in(PL061_GPIOMIS), 0);
    cr_assert_not(board.wire.level);
    out(PL061_GPIOIE, 0x01);
    cr_assert(board.wire.level);
}

Test(pl061, a_reset_makes_inputs_of_all_pins_and_the_levels_stay)
{
    out(PL061_GPIODIR, 0xff);
    out(PL061_GPIODATA + 0x3fc, 0xff);
    out(PL061_GPIOAFSEL, 0xff);
    out(PL061_GPIOIBE, 0xff);
    out(PL061_GPIOIE, 0xff);
    pl061_set_pin(&board.gpio, 3, true);
    pl061_reset(&board.gpio);
    cr_assert_not(board.wire.level);
    cr_assert_eq(in(PL061_GPIODATA + 0x3fc), 0x08);
    for (uint64_t offset = PL061_GPIODIR; offset <= PL061_GPIOAFSEL; offset += 4)
        if (offset != PL061_GPIOIC)
            cr_assert_eq(in(offset), 0, "%x", (unsigned)offset);
}

Test(pl061, it_says_what_it_is_and_counts_accesses_to_nothing)
{
    static const uint8_t id[8] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(in(PL061_ID + 4 * i), id[i]);
    cr_assert_eq(in(0x424), 0);
    out(PL061_GPIORIS, 1); // read-only
    out(PL061_ID, 1);
    cr_assert_eq(in(PL061_GPIOIC), 0); // write-only
    cr_assert_eq(board.gpio.mistakes, 4);
}

static void list(void *object, struct visit *v)
{
    pl061_visit(object, v);
}

Test(pl061, its_state_travels_whole)
{
    out(PL061_GPIOIBE, 0x08);
    out(PL061_GPIOIE, 0x08);
    pl061_set_pin(&board.gpio, 3, true);
    struct visit_save save;
    visit_save_init(&save);
    pl061_visit(&board.gpio, &save.visit);
    setup();
    check_load(&board.gpio, list, &save);
    free(save.data);
    cr_assert_eq(in(PL061_GPIOMIS), 0x08);
    cr_assert_eq(visit_uncovered(&board.gpio, offsetof(struct pl061, irq), list), 3); // padding
}
