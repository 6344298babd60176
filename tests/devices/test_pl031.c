// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Arm DDI 0224.
#include "devices/board.h"
#include "devices/pl031.h"
#include "devices/ticks.h"

#define DATE UINT32_C(1767225600)

static struct board {
    struct clock clock;
    struct pl031 rtc;
    struct wire wire;
} board;

static uint32_t in(uint64_t offset)
{
    return (uint32_t)pl031_read(&board.rtc, offset, 4, board.clock.now);
}

static void out(uint64_t offset, uint32_t value)
{
    pl031_write(&board.rtc, offset, 4, value, board.clock.now);
}

static void setup(void)
{
    memset(&board, 0, sizeof board);
    clock_init(&board.clock);
    pl031_init(&board.rtc, &board.clock, DATE);
    wire_connect(&board.rtc.irq, &board.wire);
}

TestSuite(pl031, .init = setup);

Test(pl031, it_counts_seconds_from_the_date_the_board_gives)
{
    cr_assert_eq(in(PL031_RTCDR), DATE);
    cr_assert_eq(in(PL031_RTCCR), 1);
    run_to(&board.clock, 90 * NS_PER_SECOND - 1);
    cr_assert_eq(in(PL031_RTCDR), DATE + 89);
    run_to(&board.clock, 90 * NS_PER_SECOND);
    cr_assert_eq(in(PL031_RTCDR), DATE + 90);
    out(PL031_RTCCR, 0);
    cr_assert_eq(in(PL031_RTCCR), 1, "nothing stops it");
}

Test(pl031, a_load_sets_the_counter_and_the_counter_wraps)
{
    run_to(&board.clock, 10 * NS_PER_SECOND);
    out(PL031_RTCLR, 0xffffffff);
    cr_assert_eq(in(PL031_RTCLR), 0xffffffff);
    cr_assert_eq(in(PL031_RTCDR), 0xffffffff);
    run_to(&board.clock, 12 * NS_PER_SECOND);
    cr_assert_eq(in(PL031_RTCDR), 1);
}

Test(pl031, a_match_that_has_passed_is_up_to_half_of_the_range_behind)
{
    run_to(&board.clock, 10 * NS_PER_SECOND);
    cr_assert(pl031_has_passed(&board.rtc, DATE + 9, board.clock.now));
    cr_assert_not(pl031_has_passed(&board.rtc, DATE + 10, board.clock.now));
    cr_assert_not(pl031_has_passed(&board.rtc, DATE + 10 + INT32_MAX, board.clock.now));
}

Test(pl031, the_alarm_raises_the_line_when_the_counter_comes_to_it)
{
    out(PL031_RTCMR, DATE + 3);
    out(PL031_RTCIMSC, 1);
    run_to(&board.clock, 3 * NS_PER_SECOND - 1);
    cr_assert_not(board.wire.level);
    cr_assert_eq(in(PL031_RTCRIS), 0);
    run_to(&board.clock, 3 * NS_PER_SECOND);
    cr_assert(board.wire.level);
    cr_assert_eq(in(PL031_RTCRIS), 1);
    cr_assert_eq(in(PL031_RTCMIS), 1);
    out(PL031_RTCICR, 0);
    cr_assert(board.wire.level);
    out(PL031_RTCICR, 1);
    cr_assert_not(board.wire.level);
    cr_assert_eq(in(PL031_RTCRIS), 0);
    run_to(&board.clock, 100 * NS_PER_SECOND);
    cr_assert_eq(board.wire.rises, 1);
}

Test(pl031, a_masked_alarm_is_remembered)
{
    out(PL031_RTCMR, DATE);
    cr_assert_eq(in(PL031_RTCRIS), 1);
    cr_assert_eq(in(PL031_RTCMIS), 0);
    cr_assert_not(board.wire.level);
    out(PL031_RTCIMSC, 1);
    cr_assert_eq(in(PL031_RTCIMSC), 1);
    cr_assert(board.wire.level);
}

Test(pl031, a_reset_takes_the_alarm_and_leaves_the_time)
{
    out(PL031_RTCIMSC, 1);
    out(PL031_RTCMR, DATE);
    run_to(&board.clock, 5 * NS_PER_SECOND);
    pl031_reset(&board.rtc, board.clock.now);
    cr_assert_not(board.wire.level);
    cr_assert_eq(in(PL031_RTCMR), 0);
    cr_assert_eq(in(PL031_RTCDR), DATE + 5);
}

Test(pl031, it_says_what_it_is_and_counts_accesses_to_nothing)
{
    static const uint8_t id[8] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(in(PL031_ID + 4 * i), id[i]);
    cr_assert_eq(in(0x20), 0);
    out(PL031_RTCDR, 1); // read-only
    cr_assert_eq(board.rtc.mistakes, 2);
}

static void list(void *object, struct visit *v)
{
    pl031_visit(object, v);
}

Test(pl031, its_state_travels_whole)
{
    run_to(&board.clock, 7 * NS_PER_SECOND);
    out(PL031_RTCMR, DATE + 10);
    out(PL031_RTCIMSC, 1);
    struct visit_save save;
    visit_save_init(&save);
    pl031_visit(&board.rtc, &save.visit);
    setup();
    clock_advance(&board.clock, 7 * NS_PER_SECOND);
    check_load(&board.rtc, list, &save);
    clock_loaded(&board.clock);
    free(save.data);
    run_to(&board.clock, 10 * NS_PER_SECOND);
    cr_assert(board.wire.level);
    cr_assert_eq(visit_uncovered(&board.rtc, offsetof(struct pl031, irq), list), 6); // padding
}
