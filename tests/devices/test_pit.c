// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Intel 8254 data sheet, "Mode definitions" and "Programming the 8254".
#include <criterion/criterion.h>

#include "devices/board.h"
#include "devices/pit.h"
#include "devices/ticks.h"

struct board {
    struct clock clock;
    struct pit pit;
    struct wire wire;
};

static struct board board;

static uint8_t in(unsigned offset)
{
    return (uint8_t)pit_read(&board.pit, offset, 1, board.clock.now);
}

static void out(unsigned offset, uint8_t value)
{
    pit_write(&board.pit, offset, 1, value, board.clock.now);
}

static void run_ticks(uint64_t tick)
{
    run_to(&board.clock, ticks_time(tick, PIT_HZ));
}

static uint64_t deadline_tick(void)
{
    uint64_t deadline = clock_next(&board.clock);
    return deadline == CLOCK_NEVER ? CLOCK_NEVER : ticks_at(deadline, PIT_HZ);
}

// Control word (low and high byte, binary) and count for `counter`.
static void program(unsigned counter, unsigned mode, uint16_t count)
{
    out(3, (uint8_t)(counter << 6 | 0x30 | mode << 1));
    out(counter, (uint8_t)count);
    out(counter, (uint8_t)(count >> 8));
}

static uint16_t latched(unsigned counter)
{
    out(3, (uint8_t)(counter << 6));
    uint8_t low = in(counter);
    return (uint16_t)(in(counter) << 8 | low);
}

static bool out_pin(unsigned counter)
{
    return pit_out(&board.pit, counter, board.clock.now);
}

static void setup(void)
{
    memset(&board, 0, sizeof board);
    clock_init(&board.clock);
    pit_init(&board.pit, &board.clock);
    wire_connect(&board.pit.out0, &board.wire);
}

TestSuite(pit, .init = setup);

Test(pit, a_clock_tick_is_exact_after_a_year)
{
    cr_assert_eq(ticks_at(NS_PER_SECOND, PIT_HZ), PIT_HZ);
    uint64_t year = UINT64_C(31536000);
    cr_assert_eq(ticks_time(year * PIT_HZ, PIT_HZ), year * NS_PER_SECOND);
    for (uint64_t tick = 1; tick < 1000; tick++) {
        cr_assert_eq(ticks_at(ticks_time(tick, PIT_HZ), PIT_HZ), tick);
        cr_assert_eq(ticks_at(ticks_time(tick, PIT_HZ) - 1, PIT_HZ), tick - 1);
    }
}

Test(pit, mode_0_out_rises_n_plus_1_clocks_after_the_count)
{
    run_ticks(100);
    program(0, 0, 4);
    cr_assert_not(board.wire.level);
    cr_assert_eq(deadline_tick(), 105);
    run_ticks(101);
    cr_assert_eq(latched(0), 4);
    run_ticks(104);
    cr_assert_eq(latched(0), 1);
    cr_assert_not(board.wire.level);
    run_ticks(105);
    cr_assert(board.wire.level);
    cr_assert_eq(latched(0), 0);
    run_ticks(106);
    cr_assert_eq(latched(0), 0xffff);
    cr_assert(board.wire.level);
    cr_assert_eq(deadline_tick(), CLOCK_NEVER);
}

Test(pit, mode_0_the_first_byte_of_a_new_count_stops_counting_and_lowers_out)
{
    program(0, 0, 4);
    run_ticks(10);
    cr_assert(board.wire.level);
    out(0, 2);
    cr_assert_not(board.wire.level);
    uint16_t stopped = latched(0);
    run_ticks(50);
    cr_assert_eq(latched(0), stopped);
    cr_assert_eq(deadline_tick(), CLOCK_NEVER);
    out(0, 0);
    cr_assert_eq(deadline_tick(), 53);
}

Test(pit, mode_0_gate_low_holds_the_count_and_leaves_out_alone)
{
    program(2, 0, 10);
    run_ticks(5);
    cr_assert_eq(latched(2), 10); // gate 2 is low: loaded, not counting
    pit_set_gate(&board.pit, 2, true, board.clock.now);
    run_ticks(8);
    cr_assert_eq(latched(2), 7);
    pit_set_gate(&board.pit, 2, false, board.clock.now);
    run_ticks(20);
    cr_assert_eq(latched(2), 7);
    pit_set_gate(&board.pit, 2, true, board.clock.now);
    run_ticks(26);
    cr_assert_not(out_pin(2));
    run_ticks(27);
    cr_assert(out_pin(2));
    pit_set_gate(&board.pit, 2, false, board.clock.now);
    cr_assert(out_pin(2));
}

Test(pit, mode_1_a_trigger_starts_a_pulse_of_n_clocks_and_another_restarts_it)
{
    program(2, 1, 5);
    cr_assert(out_pin(2));
    run_ticks(10);
    cr_assert(out_pin(2), "nothing happens without a trigger");
    pit_set_gate(&board.pit, 2, true, board.clock.now);
    cr_assert(out_pin(2));
    run_ticks(11);
    cr_assert_not(out_pin(2));
    cr_assert_eq(latched(2), 5);
    pit_set_gate(&board.pit, 2, false, board.clock.now); // the gate's level does not matter
    run_ticks(13);
    pit_set_gate(&board.pit, 2, true, board.clock.now);
    run_ticks(18);
    cr_assert_not(out_pin(2));
    run_ticks(19);
    cr_assert(out_pin(2));
    out(2, 9); // a new count waits for the next trigger
    out(2, 0);
    run_ticks(40);
    cr_assert(out_pin(2));
}

Test(pit, mode_2_gives_a_rise_every_n_clocks_and_is_low_for_the_last)
{
    program(0, 2, 1000);
    cr_assert(board.wire.level, "OUT goes high with the control word");
    cr_assert_eq(deadline_tick(), 1001);
    run_ticks(1000);
    cr_assert_not(out_pin(0));
    cr_assert_eq(board.wire.rises, 1);
    run_ticks(1001);
    cr_assert_eq(board.wire.rises, 2);
    cr_assert(out_pin(0));
    cr_assert_eq(deadline_tick(), 2001);
    run_ticks(1000001);
    cr_assert_eq(board.wire.rises, 1001);
    cr_assert_eq(clock_next(&board.clock), ticks_time(1001001, PIT_HZ));
}

Test(pit, mode_2_counts_from_n_to_1)
{
    program(0, 2, 3);
    static const uint16_t values[] = { 3, 2, 1, 3, 2, 1, 3 };
    for (unsigned i = 0; i < countof(values); i++) {
        run_ticks(1 + i);
        cr_assert_eq(latched(0), values[i]);
        cr_assert_eq(out_pin(0), values[i] != 1);
    }
}

Test(pit, mode_2_a_new_count_waits_for_the_end_of_the_cycle)
{
    program(0, 2, 100);
    run_ticks(50);
    out(0, 10);
    out(0, 0);
    cr_assert_eq(deadline_tick(), 101);
    run_ticks(101);
    cr_assert_eq(latched(0), 10);
    cr_assert_eq(deadline_tick(), 111);
}

Test(pit, mode_2_gate_low_raises_out_and_gate_high_starts_afresh)
{
    pit_set_gate(&board.pit, 2, true, 0);
    program(2, 2, 4);
    run_ticks(4);
    cr_assert_not(out_pin(2));
    pit_set_gate(&board.pit, 2, false, board.clock.now);
    cr_assert(out_pin(2));
    uint16_t stopped = latched(2);
    run_ticks(30);
    cr_assert_eq(latched(2), stopped);
    pit_set_gate(&board.pit, 2, true, board.clock.now);
    run_ticks(31);
    cr_assert_eq(latched(2), 4);
    run_ticks(34);
    cr_assert_not(out_pin(2));
}

Test(pit, mode_3_is_a_square_wave_and_both_edges_reach_the_line)
{
    program(0, 3, 6);
    for (unsigned i = 0; i < 24; i++) {
        run_ticks(1 + i);
        cr_assert_eq(board.wire.level, i % 6 < 3, "tick %u", i);
        cr_assert_eq(latched(0), 6 - 2 * (i % 3));
    }
    cr_assert_eq(board.wire.falls, 4);
}

Test(pit, mode_3_an_odd_count_is_high_one_clock_longer)
{
    program(0, 3, 5);
    static const uint16_t values[5] = { 4, 2, 0, 4, 2 };
    for (unsigned i = 0; i < 20; i++) {
        run_ticks(1 + i);
        cr_assert_eq(board.wire.level, i % 5 < 3, "tick %u", i);
        cr_assert_eq(latched(0), values[i % 5]);
    }
}

Test(pit, mode_3_a_new_count_waits_for_the_end_of_the_half_cycle)
{
    program(0, 3, 20);
    run_ticks(5);
    out(0, 4);
    out(0, 0);
    run_ticks(10);
    cr_assert(board.wire.level);
    run_ticks(11);
    cr_assert_not(board.wire.level);
    run_ticks(12);
    cr_assert_not(board.wire.level);
    run_ticks(13);
    cr_assert(board.wire.level);
    run_ticks(15);
    cr_assert_not(board.wire.level);
}

Test(pit, mode_4_strobes_once_n_clocks_after_the_count)
{
    program(0, 4, 3);
    cr_assert(board.wire.level);
    cr_assert_eq(deadline_tick(), 5);
    run_ticks(3);
    cr_assert(out_pin(0));
    run_ticks(4);
    cr_assert_not(out_pin(0));
    run_ticks(5);
    cr_assert(out_pin(0));
    cr_assert_eq(board.wire.rises, 2);
    run_ticks(200000);
    cr_assert_eq(board.wire.rises, 2, "the wrapped counter strobes no more");
}

Test(pit, mode_5_strobes_n_clocks_after_a_trigger)
{
    program(2, 5, 3);
    run_ticks(10);
    cr_assert(out_pin(2));
    pit_set_gate(&board.pit, 2, true, board.clock.now);
    run_ticks(13);
    cr_assert(out_pin(2));
    run_ticks(14);
    cr_assert_not(out_pin(2));
    run_ticks(15);
    cr_assert(out_pin(2));
}

Test(pit, modes_6_and_7_are_2_and_3)
{
    program(0, 6, 4);
    run_ticks(4);
    cr_assert_not(out_pin(0));
    run_ticks(5);
    cr_assert(out_pin(0));
    run_ticks(10);
    program(0, 7, 4);
    run_ticks(13);
    cr_assert_not(out_pin(0));
    run_ticks(14);
    cr_assert_not(out_pin(0));
    run_ticks(15);
    cr_assert(out_pin(0));
}

Test(pit, a_count_of_0_is_the_largest)
{
    program(0, 2, 0);
    cr_assert_eq(deadline_tick(), 65537);
    out(3, 0x35); // BCD
    out(0, 0);
    out(0, 0);
    cr_assert_eq(deadline_tick(), 10001);
}

Test(pit, bcd_counts_in_decimal)
{
    out(3, 0x31);
    out(0, 0x02);
    out(0, 0x10);
    run_ticks(1);
    cr_assert_eq(latched(0), 0x1002);
    run_ticks(4);
    cr_assert_eq(latched(0), 0x0999);
    run_ticks(1004);
    cr_assert_eq(latched(0), 0x9999);
    cr_assert(board.wire.level);
}

Test(pit, a_single_byte_count_clears_the_other_byte)
{
    program(0, 2, 0x1234);
    out(3, 0x14); // low byte only
    out(0, 0x20);
    run_ticks(1);
    cr_assert_eq(in(0), 0x20);
    cr_assert_eq(in(0), 0x20);
    out(3, 0x24); // high byte only
    out(0, 0x20);
    run_ticks(2);
    cr_assert_eq(in(0), 0x20);
    cr_assert_eq(deadline_tick(), 2 + 0x2000);
}

Test(pit, a_latched_count_stands_until_it_is_read_and_a_second_latch_is_ignored)
{
    program(0, 2, 1000);
    run_ticks(11);
    out(3, 0);
    run_ticks(50);
    out(3, 0);
    cr_assert_eq(in(0), 990 & 0xff);
    run_ticks(60);
    cr_assert_eq(in(0), 990 >> 8);
    cr_assert_eq(in(0), (1000 - 59) & 0xff, "then the count as it is");
}

Test(pit, read_back_latches_status_and_count_and_gives_the_status_first)
{
    program(0, 2, 1000);
    out(3, 0xc2); // counter 0, both
    cr_assert_eq(in(0), 0x80 | 0x40 | 0x34, "null count before the next CLK");
    in(0);
    in(0);
    run_ticks(11);
    out(3, 0xc2);
    cr_assert_eq(in(0), 0x80 | 0x34);
    cr_assert_eq(in(0), 990 & 0xff);
    cr_assert_eq(in(0), 990 >> 8);
    run_ticks(1000);
    out(3, 0xe2); // only the status
    cr_assert_eq(in(0), 0x34);
}

Test(pit, read_back_reaches_several_counters)
{
    program(0, 2, 1000);
    program(1, 3, 18);
    run_ticks(3);
    out(3, 0xee);
    cr_assert_eq(in(0), 0xb4);
    cr_assert_eq(in(1), 0xb6);
    cr_assert_eq(in(2), 0x00 | 0, "never programmed");
}

Test(pit, port_61h_gates_counter_2_and_shows_its_output)
{
    pit_port61_write(&board.pit, 0, 1, 0, 0);
    program(2, 0, 3);
    run_ticks(10);
    cr_assert_eq(pit_port61_read(&board.pit, 0, 1, board.clock.now) & 0x2f, 0);
    pit_port61_write(&board.pit, 0, 1, 0xfd, board.clock.now);
    cr_assert_eq(pit_port61_read(&board.pit, 0, 1, board.clock.now) & 0x2f, 0x01);
    run_ticks(13);
    cr_assert_eq(pit_port61_read(&board.pit, 0, 1, board.clock.now) & 0x20, 0x20);
}

Test(pit, the_refresh_bit_toggles_every_18_clocks)
{
    for (uint64_t tick = 0; tick < 200; tick++) {
        unsigned bit = (unsigned)pit_port61_read(&board.pit, 0, 1, ticks_time(tick, PIT_HZ)) & 0x10;
        cr_assert_eq(bit, tick / 18 % 2 ? 0x10 : 0);
    }
}

Test(pit, a_count_of_1_where_it_is_illegal_moves_nothing_and_is_counted)
{
    program(0, 2, 1);
    cr_assert_eq(deadline_tick(), CLOCK_NEVER);
    program(0, 3, 1);
    cr_assert_eq(deadline_tick(), CLOCK_NEVER);
    cr_assert_eq(board.pit.mistakes[PIT_MISTAKE_COUNT_ONE], 2);
    out(0, 8); // and the next count brings it to life
    out(0, 0);
    cr_assert_eq(deadline_tick(), 1 + 4);
}

Test(pit, a_digit_that_is_none_is_counted)
{
    out(3, 0x15);
    out(0, 0x1f);
    cr_assert_eq(board.pit.mistakes[PIT_MISTAKE_NOT_BCD], 1);
    cr_assert_eq(deadline_tick(), 1 + 25);
}

Test(pit, a_late_machine_sees_one_pulse_for_many)
{
    program(0, 2, 2);
    unsigned before = board.wire.rises;
    clock_advance(&board.clock, UINT64_C(1) << 60);
    clock_run_due(&board.clock);
    cr_assert_leq(board.wire.rises - before, 1);
    cr_assert_gt(clock_next(&board.clock), board.clock.now);
}

Test(pit, any_sequence_of_writes_keeps_the_deadline_ahead)
{
    uint32_t seed = 1;
    for (unsigned i = 0; i < 200000; i++) {
        seed = seed * 1664525 + 1013904223;
        unsigned what = seed >> 28, value = (seed >> 12) & 0xff;
        if (what < 8)
            out(what & 3, (uint8_t)value);
        else if (what < 10)
            in(what & 3);
        else if (what < 12)
            pit_port61_write(&board.pit, 0, 1, value, board.clock.now);
        else
            run_to(&board.clock, board.clock.now + (value & 15) * 300);
        cr_assert_gt(clock_next(&board.clock), board.clock.now);
        bool strobe = board.pit.counters[0].control & 0x0c; // the line shows no low pulse of modes 2, 4 and 5
        bool square = (board.pit.counters[0].control & 6) == 6;
        cr_assert(board.wire.level == out_pin(0) || (strobe && !square && board.wire.level));
    }
}

static void list(void *object, struct visit *v)
{
    pit_visit(object, v);
}

Test(pit, its_state_is_saved_and_loaded_with_the_phase_of_every_counter)
{
    program(0, 3, 1001);
    program(1, 2, 18);
    program(2, 1, 77);
    out(0, 10);
    run_ticks(345);
    out(3, 0xc4);
    struct visit_save save;
    visit_save_init(&save);
    pit_visit(&board.pit, &save.visit);
    uint64_t deadline = clock_next(&board.clock);
    uint16_t count = latched(0);
    uint64_t now = board.clock.now;
    setup();
    clock_advance(&board.clock, now);
    check_load(&board.pit, list, &save);
    clock_loaded(&board.clock);
    cr_assert_eq(clock_next(&board.clock), deadline);
    cr_assert_eq(latched(0), count);
    free(save.data);
}

Test(pit, the_list_misses_only_padding_pointers_and_the_event)
{
    cr_assert_eq(visit_uncovered(&board.pit.counters[0], sizeof board.pit.counters, list), 3 * 2);
    size_t plain = offsetof(struct pit, out0);
    cr_assert_eq(visit_uncovered(&board.pit, plain, list), 3 * 2 + 7);
}
