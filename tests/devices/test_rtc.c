// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Motorola MC146818 data sheet. Dates were checked against date(1).
#include <criterion/criterion.h>

#include "devices/board.h"
#include "devices/rtc.h"
#include "devices/ticks.h"

#define SECOND NS_PER_SECOND

struct board {
    struct clock clock;
    struct rtc rtc;
    struct wire wire, nmi_mask;
};

static struct board board;

static uint8_t in(uint8_t index)
{
    rtc_write(&board.rtc, 0, 1, index, board.clock.now);
    return (uint8_t)rtc_read(&board.rtc, 1, 1, board.clock.now);
}

static void out(uint8_t index, uint8_t value)
{
    rtc_write(&board.rtc, 0, 1, index, board.clock.now);
    rtc_write(&board.rtc, 1, 1, value, board.clock.now);
}

static void start(int64_t date)
{
    memset(&board, 0, sizeof board);
    clock_init(&board.clock);
    rtc_init(&board.rtc, &board.clock, date);
    wire_connect(&board.rtc.irq, &board.wire);
    wire_connect(&board.rtc.nmi_mask, &board.nmi_mask);
}

static void setup(void)
{
    start(RTC_DEFAULT_DATE);
}

static void check_time(uint8_t hours, uint8_t minutes, uint8_t seconds)
{
    cr_assert_eq(in(RTC_HOURS), hours, "hours %02x", in(RTC_HOURS));
    cr_assert_eq(in(RTC_MINUTES), minutes, "minutes %02x", in(RTC_MINUTES));
    cr_assert_eq(in(RTC_SECONDS), seconds, "seconds %02x", in(RTC_SECONDS));
}

static void check_date(uint16_t year, uint8_t month, uint8_t day, uint8_t weekday)
{
    cr_assert_eq(in(RTC_CENTURY), year >> 8);
    cr_assert_eq(in(RTC_YEAR), year & 0xff);
    cr_assert_eq(in(RTC_MONTH), month);
    cr_assert_eq(in(RTC_DAY), day);
    cr_assert_eq(in(RTC_DAY_OF_WEEK), weekday);
}

TestSuite(rtc, .init = setup);

Test(rtc, it_starts_at_the_date_the_board_gives)
{
    check_date(0x2026, 0x01, 0x01, 5); // a Thursday
    check_time(0, 0, 0);
    start(951827696); // 2000-02-29 12:34:56, a Tuesday
    check_date(0x2000, 0x02, 0x29, 3);
    check_time(0x12, 0x34, 0x56);
    start(0);
    check_date(0x1970, 0x01, 0x01, 5);
    start(253402300799); // the last second of 9999, a Friday
    check_date(0x9999, 0x12, 0x31, 6);
    check_time(0x23, 0x59, 0x59);
}

Test(rtc, seconds_pass_exactly_with_the_clock)
{
    run_to(&board.clock, SECOND - 1);
    check_time(0, 0, 0);
    run_to(&board.clock, SECOND);
    check_time(0, 0, 1);
    run_to(&board.clock, 3661 * SECOND);
    check_time(1, 1, 1);
    run_to(&board.clock, 365 * UINT64_C(86400) * SECOND - 1);
    check_date(0x2026, 0x12, 0x31, 5);
    check_time(0x23, 0x59, 0x59);
    run_to(&board.clock, 365 * UINT64_C(86400) * SECOND);
    check_date(0x2027, 0x01, 0x01, 6);
    check_time(0, 0, 0);
}

Test(rtc, leap_days_and_centuries_follow_the_calendar)
{
    start(4107542399); // 2100-02-28 23:59:59, no leap year
    run_to(&board.clock, SECOND);
    check_date(0x2100, 0x03, 0x01, 2);
    start(946684799); // 1999-12-31 23:59:59
    run_to(&board.clock, SECOND);
    check_date(0x2000, 0x01, 0x01, 7);
    start(1709164799); // 2024-02-28 23:59:59
    run_to(&board.clock, SECOND);
    check_date(0x2024, 0x02, 0x29, 5);
}

// The two bytes of a year hold four digits: 9999 is followed by 0000, whose calendar is that of the year 10000.
Test(rtc, the_year_9999_is_followed_by_0000)
{
    start(INT64_C(253402300798)); // 9999-12-31 23:59:58, a Friday
    check_date(0x9999, 0x12, 0x31, 6);
    run_to(&board.clock, 3 * SECOND);
    check_date(0x0000, 0x01, 0x01, 7);
    check_time(0, 0, 1);
    start(INT64_C(253402300800) + INT64_C(86400) * 59); // 10000-02-29: a leap year, as the year 0 is
    check_date(0x0000, 0x02, 0x29, 3);
    run_to(&board.clock, 86400 * SECOND);
    check_date(0x0000, 0x03, 0x01, 4);
    start(INT64_C(253402300800) + INT64_C(86400) * (366 + 364)); // 10001-12-31
    check_date(0x0001, 0x12, 0x31, 2);
    start(INT64_C(-62198755200)); // year -1, 1 January: as the last before 0000
    check_date(0x9999, 0x01, 0x01, in(RTC_DAY_OF_WEEK));
}

Test(rtc, binary_and_12_hour_forms)
{
    start(951782400 + 13 * 3600 + 34 * 60 + 56); // 2000-02-29 13:34:56
    out(RTC_B, RTC_B_DM | RTC_B_24_12);
    out(RTC_B, RTC_B_SET | RTC_B_DM | RTC_B_24_12);
    out(RTC_HOURS, 11), out(RTC_MINUTES, 59), out(RTC_SECONDS, 59);
    out(RTC_DAY, 28), out(RTC_MONTH, 2), out(RTC_YEAR, 23), out(RTC_CENTURY, 20);
    out(RTC_B, RTC_B_DM | RTC_B_24_12);
    run_to(&board.clock, SECOND);
    check_time(12, 0, 0);
    out(RTC_B, RTC_B_DM);
    out(RTC_HOURS, 12); // 12 AM is midnight
    run_to(&board.clock, 3601 * SECOND);
    check_time(1, 0, 0);
    out(RTC_HOURS, 11), out(RTC_MINUTES, 59), out(RTC_SECONDS, 59);
    run_to(&board.clock, 3602 * SECOND);
    check_time(12 | 0x80, 0, 0); // 12 PM is noon
    out(RTC_HOURS, 11 | 0x80), out(RTC_MINUTES, 59), out(RTC_SECONDS, 59);
    run_to(&board.clock, 3603 * SECOND);
    check_time(12, 0, 0);
    cr_assert_eq(in(RTC_MONTH), 3);
    cr_assert_eq(in(RTC_DAY), 1);
    out(RTC_B, 0); // BCD, 12 hours
    out(RTC_HOURS, 0x89), out(RTC_MINUTES, 0x59), out(RTC_SECONDS, 0x59);
    run_to(&board.clock, 3604 * SECOND);
    check_time(0x90, 0, 0); // 10 PM
}

Test(rtc, set_holds_the_time_and_the_phase_of_the_second_stays)
{
    run_to(&board.clock, SECOND / 2);
    out(RTC_B, RTC_B_SET | RTC_B_24_12 | RTC_B_UIE);
    cr_assert_eq(in(RTC_B), RTC_B_SET | RTC_B_24_12, "SET clears UIE");
    out(RTC_SECONDS, 0x30);
    run_to(&board.clock, 10 * SECOND);
    check_time(0, 0, 0x30);
    run_to(&board.clock, 10 * SECOND + SECOND / 4);
    out(RTC_B, RTC_B_24_12);
    run_to(&board.clock, 11 * SECOND - 1);
    check_time(0, 0, 0x30);
    run_to(&board.clock, 11 * SECOND);
    check_time(0, 0, 0x31);
}

Test(rtc, the_first_update_begins_half_a_second_after_divider_reset)
{
    out(RTC_A, 0x76);
    run_to(&board.clock, 5 * SECOND + 1000000);
    check_time(0, 0, 0);
    cr_assert_eq(in(RTC_A), 0x76);
    out(RTC_A, 0x26);
    uint64_t tick = ticks_at(board.clock.now, 32768);
    run_to(&board.clock, ticks_time(tick + 16384 + 65, 32768) - 1);
    check_time(0, 0, 0);
    run_to(&board.clock, ticks_time(tick + 16384 + 65, 32768));
    check_time(0, 0, 1);
    run_to(&board.clock, ticks_time(tick + 16384 + 65 + 32768, 32768));
    check_time(0, 0, 2);
}

Test(rtc, uip_goes_up_244_us_before_the_update_and_down_at_its_end)
{
    uint64_t up = ticks_time(32768 - 73, 32768);
    run_to(&board.clock, up - 1);
    cr_assert_eq(in(RTC_A), 0x26);
    run_to(&board.clock, up);
    cr_assert_eq(in(RTC_A), 0xa6);
    run_to(&board.clock, SECOND - 1);
    cr_assert_eq(in(RTC_A), 0xa6);
    run_to(&board.clock, SECOND);
    cr_assert_eq(in(RTC_A), 0x26);
    out(RTC_A, 0xa6);
    cr_assert_eq(in(RTC_A), 0x26, "UIP is read-only");
    run_to(&board.clock, 2 * SECOND - 1);
    out(RTC_B, RTC_B_SET | RTC_B_24_12);
    cr_assert_eq(in(RTC_A), 0x26, "SET clears UIP");
}

Test(rtc, every_periodic_rate_is_exact)
{
    static const uint32_t hz[16] = { 0, 256, 128, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2 };
    for (unsigned rate = 1; rate < 16; rate++) {
        start(0);
        out(RTC_A, (uint8_t)(0x20 | rate));
        out(RTC_B, RTC_B_PIE | RTC_B_24_12);
        for (uint64_t n = 1; n <= 100; n++) {
            cr_assert_eq(clock_next(&board.clock), (n * SECOND + hz[rate] - 1) / hz[rate]);
            run_to(&board.clock, clock_next(&board.clock));
            cr_assert(board.wire.level);
            cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER, "an unread flag needs no event");
            cr_assert_eq(in(RTC_C) & (RTC_C_IRQF | RTC_C_PF), RTC_C_IRQF | RTC_C_PF);
            cr_assert_not(board.wire.level);
        }
    }
    start(0);
    out(RTC_A, 0x20);
    out(RTC_B, RTC_B_PIE | RTC_B_24_12);
    cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER);
}

Test(rtc, flags_are_set_without_their_enables_and_cleared_by_reading_c)
{
    out(RTC_SECONDS_ALARM, 0xff), out(RTC_MINUTES_ALARM, 0xc0), out(RTC_HOURS_ALARM, 0xdd);
    run_to(&board.clock, SECOND);
    cr_assert_eq(in(RTC_C), RTC_C_PF | RTC_C_AF | RTC_C_UF);
    cr_assert_eq(in(RTC_C), 0);
    cr_assert_eq(board.wire.rises, 0);
}

Test(rtc, the_update_ended_interrupt_comes_once_a_second)
{
    out(RTC_B, RTC_B_UIE | RTC_B_24_12);
    for (unsigned n = 1; n < 5; n++) {
        run_to(&board.clock, n * SECOND - 1);
        cr_assert_not(board.wire.level);
        run_to(&board.clock, n * SECOND);
        cr_assert(board.wire.level);
        cr_assert_eq(in(RTC_C) & ~RTC_C_PF, RTC_C_IRQF | RTC_C_UF);
    }
}

Test(rtc, enabling_an_interrupt_whose_flag_is_set_raises_the_line_at_once)
{
    run_to(&board.clock, SECOND);
    cr_assert_not(board.wire.level);
    out(RTC_B, RTC_B_UIE | RTC_B_24_12);
    cr_assert(board.wire.level);
    out(RTC_B, RTC_B_24_12);
    cr_assert_not(board.wire.level);
}

static uint64_t alarm_after(uint8_t hours, uint8_t minutes, uint8_t seconds)
{
    out(RTC_HOURS_ALARM, hours), out(RTC_MINUTES_ALARM, minutes), out(RTC_SECONDS_ALARM, seconds);
    in(RTC_C);
    out(RTC_B, RTC_B_AIE | RTC_B_24_12);
    return clock_next(&board.clock);
}

Test(rtc, alarms_match_hours_minutes_seconds_or_any)
{
    run_to(&board.clock, 1800 * SECOND); // 00:30:00
    cr_assert_eq(alarm_after(0x01, 0x02, 0x03), (3600 + 123) * SECOND);
    cr_assert_eq(alarm_after(0x00, 0x30, 0x00), (86400 + 1800) * SECOND, "this very second is over");
    cr_assert_eq(alarm_after(0xff, 0x29, 0x59), (3600 + 1799) * SECOND);
    cr_assert_eq(alarm_after(0xff, 0xff, 0x05), 1805 * SECOND);
    cr_assert_eq(alarm_after(0xff, 0xff, 0xff), 1801 * SECOND);
    cr_assert_eq(alarm_after(0x23, 0xff, 0xff), 82800 * SECOND);
    cr_assert_eq(alarm_after(0x24, 0x00, 0x00), CLOCK_NEVER);
    cr_assert_eq(alarm_after(0x00, 0x00, 0x00), 86400 * SECOND);
    run_to(&board.clock, 86400 * SECOND);
    cr_assert(board.wire.level);
    cr_assert_eq(in(RTC_C) & (RTC_C_IRQF | RTC_C_AF), RTC_C_IRQF | RTC_C_AF);
    cr_assert_eq(clock_next(&board.clock), 2 * 86400 * SECOND);
}

Test(rtc, a_guest_that_clears_the_century_byte_still_has_its_alarm)
{
    out(RTC_CENTURY, 0);
    cr_assert_eq(alarm_after(0x01, 0x00, 0x00), 3600 * SECOND);
    run_to(&board.clock, 7200 * SECOND);
    check_date(0x0026, 0x01, 0x01, 5);
}

Test(rtc, writes_of_c_and_d_change_nothing_and_d_says_the_battery_is_good)
{
    out(RTC_C, 0xff);
    out(RTC_D, 0);
    cr_assert_eq(in(RTC_C), 0);
    cr_assert_eq(in(RTC_D), RTC_D_VRT);
}

Test(rtc, cmos_bytes_are_plain_ram)
{
    for (unsigned i = RTC_D + 1; i < RTC_BYTES; i++)
        if (i != RTC_CENTURY)
            out((uint8_t)i, (uint8_t)(i ^ 0x5a));
    for (unsigned i = RTC_D + 1; i < RTC_BYTES; i++)
        if (i != RTC_CENTURY)
            cr_assert_eq(in((uint8_t)i), i ^ 0x5a);
    rtc_set_cmos(&board.rtc, 0x15, 0x80);
    cr_assert_eq(in(0x15), 0x80);
    rtc_set_cmos(&board.rtc, RTC_B, 0xff);
    cr_assert_eq(in(RTC_B), RTC_B_24_12, "registers are not the board's to set");
}

Test(rtc, port_70h_bit_7_masks_nmi_and_is_not_part_of_the_index)
{
    rtc_write(&board.rtc, 0, 1, 0x80 | RTC_D, 0);
    cr_assert(board.nmi_mask.level);
    cr_assert_eq(rtc_read(&board.rtc, 1, 1, 0), RTC_D_VRT);
    rtc_write(&board.rtc, 0, 1, RTC_D, 0);
    cr_assert_not(board.nmi_mask.level);
}

Test(rtc, reset_clears_enables_and_flags_and_the_time_runs_on)
{
    out(RTC_B, RTC_B_PIE | RTC_B_AIE | RTC_B_UIE | RTC_B_SQWE | RTC_B_24_12);
    run_to(&board.clock, 5 * SECOND);
    cr_assert(board.wire.level);
    rtc_reset(&board.rtc, board.clock.now);
    cr_assert_not(board.wire.level);
    cr_assert_eq(in(RTC_B), RTC_B_24_12);
    cr_assert_eq(in(RTC_C), 0);
    check_time(0, 0, 5);
}

Test(rtc, nonsense_in_every_register_crashes_nothing)
{
    uint32_t seed = 7;
    for (unsigned i = 0; i < 100000; i++) {
        seed = seed * 1664525 + 1013904223;
        out((seed >> 8) % 16, (uint8_t)(seed >> 24));
        in((seed >> 12) % 16);
        if (seed >> 30 == 0)
            run_to(&board.clock, board.clock.now + (seed & 0xffffff) * UINT64_C(100));
        cr_assert_gt(clock_next(&board.clock), board.clock.now);
    }
}

static void list(void *object, struct visit *v)
{
    rtc_visit(object, v);
}

Test(rtc, its_state_is_saved_and_loaded_with_the_phase_of_the_second)
{
    out(RTC_A, 0x2f);
    out(RTC_B, RTC_B_PIE | RTC_B_24_12);
    run_to(&board.clock, 1700000000);
    in(RTC_C);
    uint64_t deadline = clock_next(&board.clock), now = board.clock.now;
    struct visit_save save;
    visit_save_init(&save);
    rtc_visit(&board.rtc, &save.visit);
    setup();
    clock_advance(&board.clock, now);
    check_load(&board.rtc, list, &save);
    clock_loaded(&board.clock);
    cr_assert_eq(clock_next(&board.clock), deadline);
    run_to(&board.clock, 2 * SECOND);
    check_time(0, 0, 2);
    free(save.data);
}

Test(rtc, the_list_misses_only_padding_pointers_and_the_event)
{
    cr_assert_eq(visit_uncovered(&board.rtc, offsetof(struct rtc, irq), list), 7);
}
