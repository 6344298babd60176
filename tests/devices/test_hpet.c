// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IA-PC HPET specification 1.0a, section 2.3.
#include <criterion/criterion.h>

#include "devices/board.h"
#include "devices/hpet.h"

#define ROUTE_CAP UINT32_C(0x00f00004)
#define TIMER(n)  (HPET_TIM_CONF + 0x20u * (n))
#define COMP(n)   (HPET_TIM_COMP + 0x20u * (n))
#define PIN(n)    ((uint32_t)(n) << HPET_TN_INT_ROUTE_SHIFT)

struct board {
    struct clock clock;
    struct hpet hpet;
    struct wire pin2, pin20, pin21, legacy[2], replaces;
};

static struct board board;

static uint64_t in(unsigned offset)
{
    return hpet_read(&board.hpet, offset, 8, board.clock.now);
}

static uint32_t in32(unsigned offset)
{
    return (uint32_t)hpet_read(&board.hpet, offset, 4, board.clock.now);
}

static void out(unsigned offset, uint64_t value)
{
    hpet_write(&board.hpet, offset, 8, value, board.clock.now);
}

static void out32(unsigned offset, uint32_t value)
{
    hpet_write(&board.hpet, offset, 4, value, board.clock.now);
}

static void run_ticks(uint64_t tick)
{
    run_to(&board.clock, tick * 10);
}

static void setup(void)
{
    memset(&board, 0, sizeof board);
    clock_init(&board.clock);
    hpet_init(&board.hpet, &board.clock, ROUTE_CAP);
    wire_connect(&board.hpet.pins[2], &board.pin2);
    wire_connect(&board.hpet.pins[20], &board.pin20);
    wire_connect(&board.hpet.pins[21], &board.pin21);
    wire_connect(&board.hpet.legacy[0], &board.legacy[0]);
    wire_connect(&board.hpet.legacy[1], &board.legacy[1]);
    wire_connect(&board.hpet.replaces, &board.replaces);
}

TestSuite(hpet, .init = setup);

Test(hpet, capabilities_and_reset_values)
{
    cr_assert_eq(in(HPET_GCAP_ID), UINT64_C(0x009896808086a201));
    cr_assert_eq(in32(HPET_GCAP_ID + 4), 10000000);
    cr_assert_eq(in(HPET_GEN_CONF), 0);
    cr_assert_eq(in(HPET_GINTR_STA), 0);
    cr_assert_eq(in(HPET_MAIN_CNT), 0);
    for (unsigned i = 0; i < HPET_TIMERS; i++) {
        cr_assert_eq(in(TIMER(i)), (uint64_t)ROUTE_CAP << 32 | HPET_TN_PER_INT_CAP | HPET_TN_SIZE_CAP);
        cr_assert_eq(in(COMP(i)), UINT64_MAX);
    }
    cr_assert_eq(in(0x160), 0, "there is no fourth timer");
}

Test(hpet, write_masks)
{
    out(HPET_GEN_CONF, UINT64_MAX);
    cr_assert_eq(in(HPET_GEN_CONF), 3);
    out(HPET_GCAP_ID, 0);
    cr_assert_eq(in32(HPET_GCAP_ID), HPET_ID);
    out(TIMER(0), (UINT64_MAX & ~(uint64_t)HPET_TN_INT_ROUTE_CNF) | PIN(20));
    cr_assert_eq(in32(TIMER(0)), 0x013e | PIN(20), "VAL_SET and FSB read as 0");
    cr_assert_eq(in32(TIMER(0) + 4), ROUTE_CAP);
}

Test(hpet, the_counter_counts_10_ns_when_enabled_and_holds_when_not)
{
    run_ticks(100);
    cr_assert_eq(in(HPET_MAIN_CNT), 0);
    out(HPET_MAIN_CNT, 1000);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(150);
    cr_assert_eq(in(HPET_MAIN_CNT), 1050);
    run_to(&board.clock, 1519);
    cr_assert_eq(in(HPET_MAIN_CNT), 1051);
    out(HPET_GEN_CONF, 0);
    run_ticks(1000);
    cr_assert_eq(in(HPET_MAIN_CNT), 1051);
    out32(HPET_MAIN_CNT + 4, 7);
    cr_assert_eq(in(HPET_MAIN_CNT), UINT64_C(0x70000041b));
    cr_assert_eq(in32(HPET_MAIN_CNT + 4), 7);
    cr_assert_eq(board.hpet.mistakes[HPET_MISTAKE_COUNTER], 0);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    out(HPET_MAIN_CNT, 0);
    cr_assert_eq(board.hpet.mistakes[HPET_MISTAKE_COUNTER], 1);
}

Test(hpet, a_one_shot_fires_when_the_counter_equals_the_comparator)
{
    out(TIMER(0), HPET_TN_INT_ENB_CNF | PIN(20));
    out(COMP(0), 500);
    cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER, "the counter is halted");
    run_ticks(100);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    cr_assert_eq(clock_next(&board.clock), 6000);
    run_to(&board.clock, 5999);
    cr_assert_not(board.pin20.level);
    run_to(&board.clock, 6000);
    cr_assert_eq(board.pin20.rises, 1);
    cr_assert_eq(in(HPET_GINTR_STA), 0, "edge interrupts have no status");
    cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER);
    out(COMP(0), 600);
    run_ticks(700);
    cr_assert_eq(board.pin20.rises, 2, "the line falls and rises again");
    out(COMP(0), 10); // behind
    cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER, "64 bits do not wrap in this life");
    out(COMP(0), in(HPET_MAIN_CNT)); // now
    run_ticks(700);
    cr_assert_eq(board.pin20.rises, 3);
}

// A shared wire must be free for others, and without a match there is no interrupt.
Test(hpet, an_edge_leaves_its_wire_free_and_comes_of_a_match_alone)
{
    out(TIMER(0), HPET_TN_INT_ENB_CNF | PIN(20));
    out(COMP(0), 100);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(200);
    cr_assert_eq(board.pin20.rises, 1);
    cr_assert_not(board.pin20.level);
    out(HPET_GEN_CONF, 0);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    cr_assert_eq(board.pin20.rises, 1, "halted and restarted");
    out(TIMER(0), HPET_TN_INT_ENB_CNF | PIN(21));
    cr_assert_eq(board.pin21.rises, 0, "another route");
    out(HPET_GEN_CONF, HPET_ENABLE_CNF | HPET_LEG_RT_CNF);
    cr_assert_eq(board.legacy[0].rises, 0, "the legacy route");
    out(TIMER(0), PIN(20));
    out(TIMER(0), HPET_TN_INT_ENB_CNF | PIN(20));
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    out(TIMER(0), HPET_TN_INT_ENB_CNF | HPET_TN_INT_TYPE_CNF | PIN(20));
    run_ticks(300);
    cr_assert_eq(board.pin20.rises, 1, "disabled and enabled; an edge is no status of a level");
    cr_assert_eq(in(HPET_GINTR_STA), 0);
}

// Within the tick of the match, as a handler can where an instruction takes 1 ns.
Test(hpet, a_counter_that_is_halted_at_a_match_and_started_does_not_match_again)
{
    out(TIMER(0), HPET_TN_INT_ENB_CNF | PIN(20));
    out(COMP(0), 100);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(100);
    cr_assert_eq(board.pin20.rises, 1);
    out(HPET_GEN_CONF, 0);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    out(HPET_GEN_CONF, 0);
    run_ticks(150);
    out(HPET_GEN_CONF, 0);
    run_ticks(200);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    cr_assert_eq(in(HPET_MAIN_CNT), 100);
    run_ticks(300);
    cr_assert_eq(board.pin20.rises, 1);
    out(HPET_GEN_CONF, 0);
    run_ticks(400);
    out(COMP(0), 200);
    cr_assert_eq(in(HPET_MAIN_CNT), 200);
    run_ticks(500);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(501);
    cr_assert_eq(board.pin20.rises, 2, "a comparator that was written meanwhile is compared with the first value");
    out(HPET_GEN_CONF, 0);
    out(HPET_MAIN_CNT, 200);
    run_ticks(600);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(601);
    cr_assert_eq(board.pin20.rises, 3, "and so is a counter that was");
}

Test(hpet, what_a_running_counter_skips_when_it_is_written_is_no_match)
{
    out(TIMER(0), HPET_TN_INT_ENB_CNF | PIN(20));
    out(COMP(0), 10000);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(1000);
    out(HPET_MAIN_CNT, 10500);
    run_ticks(2000);
    cr_assert_eq(board.pin20.rises, 0);
    out(HPET_MAIN_CNT, 10000);
    run_ticks(2001);
    cr_assert_eq(board.pin20.rises, 1);
}

Test(hpet, a_comparator_that_becomes_narrower_matches_nothing_of_before)
{
    out(HPET_MAIN_CNT, UINT64_C(0x100000000));
    out(TIMER(0), HPET_TN_INT_ENB_CNF | PIN(20));
    out(COMP(0), UINT64_C(0x500000400));
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(0x500);
    out(TIMER(0), HPET_TN_INT_ENB_CNF | HPET_TN_32MODE_CNF | PIN(20));
    run_ticks(0x1000);
    cr_assert_eq(board.pin20.rises, 0);
    run_ticks(UINT64_C(0x100000400));
    cr_assert_eq(board.pin20.rises, 1, "the counter has wrapped");
}

Test(hpet, in_32_bit_mode_a_one_shot_comes_again_when_the_counter_wraps)
{
    out(TIMER(0), HPET_TN_INT_ENB_CNF | HPET_TN_32MODE_CNF | PIN(20));
    out(COMP(0), UINT64_C(0x1234500000064));
    cr_assert_eq(in(COMP(0)), 100);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    cr_assert_eq(clock_next(&board.clock), 1000);
    run_ticks(200);
    cr_assert_eq(clock_next(&board.clock), 10 * (UINT64_C(0x100000000) + 100));
    run_to(&board.clock, clock_next(&board.clock));
    cr_assert_eq(board.pin20.rises, 2);
}

// For observers; the write itself does what it does.
static enum hpet_arming arming(unsigned offset, unsigned size, uint64_t value)
{
    unsigned timer = 99;
    enum hpet_arming what = hpet_arming(&board.hpet, offset, size, value, board.clock.now, &timer);
    cr_assert_eq(timer, what == HPET_ARMS_NOTHING ? 99u : 1u);
    return what;
}

Test(hpet, a_write_that_arms_a_timer_for_the_past_is_known_before_it_is_done)
{
    cr_assert_not(hpet_is_armed(&board.hpet, 1));
    out(TIMER(1), HPET_TN_INT_ENB_CNF | PIN(20));
    cr_assert_eq(arming(COMP(1), 8, 0), HPET_ARMS, "the counter is halted");
    cr_assert_not(hpet_is_armed(&board.hpet, 1));
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(1000);
    cr_assert(hpet_is_armed(&board.hpet, 1));
    cr_assert_eq(arming(COMP(1), 8, 999), HPET_ARMS_IN_PAST);
    cr_assert_eq(arming(COMP(1), 8, 1000), HPET_ARMS);
    cr_assert_eq(arming(COMP(1), 4, 2000), HPET_ARMS_IN_PAST, "the upper half is still all ones");
    out32(COMP(1) + 4, 0);
    cr_assert_eq(arming(COMP(1), 4, 2000), HPET_ARMS);
    cr_assert_eq(arming(COMP(1), 4, 999), HPET_ARMS_IN_PAST);
    cr_assert_eq(arming(COMP(1), 2, 999), HPET_ARMS_NOTHING);
    cr_assert_eq(arming(TIMER(1), 4, 0), HPET_ARMS);
    cr_assert_eq(arming(HPET_GEN_CONF, 4, 0), HPET_ARMS_NOTHING);
    out(TIMER(1), HPET_TN_INT_ENB_CNF | HPET_TN_32MODE_CNF | PIN(20));
    cr_assert_eq(arming(COMP(1), 8, UINT64_C(0x1000003e7)), HPET_ARMS_IN_PAST);
    cr_assert_eq(arming(COMP(1), 4, UINT32_C(0x80000000)), HPET_ARMS, "half of the range ahead");
    out(TIMER(1), HPET_TN_INT_ENB_CNF | HPET_TN_TYPE_CNF | PIN(20));
    cr_assert_eq(arming(COMP(1), 8, 999), HPET_ARMS, "a period");
}

Test(hpet, a_level_interrupt_holds_its_line_until_the_status_is_cleared)
{
    out(TIMER(1), HPET_TN_INT_ENB_CNF | HPET_TN_INT_TYPE_CNF | PIN(21));
    out(COMP(1), 10);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(10);
    cr_assert(board.pin21.level);
    cr_assert_eq(in(HPET_GINTR_STA), 2);
    out(HPET_GINTR_STA, 5);
    cr_assert(board.pin21.level);
    out(HPET_GINTR_STA, 2);
    cr_assert_not(board.pin21.level);
    cr_assert_eq(in(HPET_GINTR_STA), 0);
}

Test(hpet, a_disabled_interrupt_sets_its_status_but_not_its_line)
{
    out(TIMER(1), HPET_TN_INT_TYPE_CNF | PIN(21));
    out(COMP(1), 10);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(20);
    cr_assert_eq(in(HPET_GINTR_STA), 2);
    cr_assert_not(board.pin21.level);
    out(TIMER(1), HPET_TN_INT_ENB_CNF | HPET_TN_INT_TYPE_CNF | PIN(21));
    cr_assert(board.pin21.level);
    out(HPET_GEN_CONF, 0);
    cr_assert_not(board.pin21.level, "ENABLE_CNF holds all interrupts back");
}

// As Linux does it: VAL_SET and the first expiry, then the period.
static void start_periodic(unsigned n, uint32_t config, uint64_t first, uint64_t period)
{
    out(TIMER(n), HPET_TN_INT_ENB_CNF | HPET_TN_TYPE_CNF | HPET_TN_VAL_SET_CNF | config);
    out(COMP(n), first);
    out(COMP(n), period);
    out(HPET_GEN_CONF, in(HPET_GEN_CONF) | HPET_ENABLE_CNF);
}

Test(hpet, a_periodic_timer_steps_by_its_period_without_drift)
{
    start_periodic(0, PIN(20), 250, 100003);
    for (uint64_t n = 0; n < 1000; n++) {
        cr_assert_eq(clock_next(&board.clock), 10 * (250 + n * 100003));
        run_to(&board.clock, clock_next(&board.clock) + 7);
        cr_assert_eq(board.pin20.rises, n + 1);
        cr_assert_eq(in(COMP(0)), 250 + (n + 1) * 100003);
    }
}

Test(hpet, one_write_with_val_set_gives_first_expiry_and_period)
{
    out(TIMER(0), HPET_TN_INT_ENB_CNF | HPET_TN_TYPE_CNF | HPET_TN_VAL_SET_CNF | PIN(20));
    out(COMP(0), 1000);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(5500);
    cr_assert_eq(board.pin20.rises, 5);
    cr_assert_eq(in(COMP(0)), 6000);
}

Test(hpet, a_late_machine_catches_up_and_keeps_the_phase)
{
    start_periodic(0, PIN(20), 1000, 1000);
    clock_advance(&board.clock, 123456789);
    clock_run_due(&board.clock);
    cr_assert_eq(board.pin20.rises, 1);
    cr_assert_eq(in(COMP(0)), 12346000);
    cr_assert_eq(clock_next(&board.clock), 123460000);
}

Test(hpet, a_periodic_32_bit_comparator_wraps)
{
    out(HPET_MAIN_CNT, UINT32_MAX - 50);
    start_periodic(0, HPET_TN_32MODE_CNF | PIN(20), UINT32_MAX - 40, 100);
    cr_assert_eq(clock_next(&board.clock), 100);
    run_ticks(10);
    cr_assert_eq(in(COMP(0)), 59);
    run_ticks(110);
    cr_assert_eq(board.pin20.rises, 2);
}

Test(hpet, a_period_of_0_fires_once)
{
    start_periodic(0, PIN(20), 100, 0);
    run_ticks(100);
    cr_assert_eq(board.pin20.rises, 1);
    cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER);
}

Test(hpet, legacy_replacement_takes_timers_0_and_1_off_their_pins)
{
    out(HPET_GEN_CONF, HPET_LEG_RT_CNF);
    cr_assert_not(board.replaces.level);
    out(TIMER(1), HPET_TN_INT_ENB_CNF | PIN(21));
    out(COMP(1), 5000);
    out(TIMER(2), HPET_TN_INT_ENB_CNF | PIN(21));
    out(COMP(2), 6000);
    start_periodic(0, PIN(20), 1000, 1000);
    cr_assert(board.replaces.level);
    run_ticks(5500);
    cr_assert_eq(board.legacy[0].rises, 5);
    cr_assert_eq(board.legacy[1].rises, 1);
    cr_assert_eq(board.pin20.rises + board.pin21.rises, 0);
    run_ticks(6000);
    cr_assert_eq(board.pin21.rises, 1, "timer 2 keeps its route");
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    cr_assert_not(board.replaces.level);
    cr_assert_not(board.legacy[0].level);
    run_ticks(7000);
    cr_assert_eq(board.pin20.rises, 1);
}

Test(hpet, timers_share_a_pin)
{
    for (unsigned i = 0; i < 2; i++) {
        out(TIMER(i), HPET_TN_INT_ENB_CNF | HPET_TN_INT_TYPE_CNF | PIN(20));
        out(COMP(i), 100 + i);
    }
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(200);
    cr_assert_eq(in(HPET_GINTR_STA), 3);
    out(HPET_GINTR_STA, 1);
    cr_assert(board.pin20.level);
    out(HPET_GINTR_STA, 2);
    cr_assert_not(board.pin20.level);
}

Test(hpet, a_route_outside_the_capability_does_not_stick)
{
    out(TIMER(0), PIN(21));
    out(TIMER(0), PIN(5) | HPET_TN_INT_TYPE_CNF);
    cr_assert_eq(in32(TIMER(0)) & HPET_TN_INT_ROUTE_CNF, PIN(21));
    cr_assert_eq(board.hpet.mistakes[HPET_MISTAKE_ROUTE], 1);
}

Test(hpet, halves_of_a_comparator_are_written_one_by_one)
{
    out32(COMP(0), 0x11111111);
    out32(COMP(0) + 4, 0x22222222);
    cr_assert_eq(in(COMP(0)), UINT64_C(0x2222222211111111));
    cr_assert_eq(in32(COMP(0) + 4), 0x22222222);
}

Test(hpet, bytes_and_crooked_addresses_are_refused_and_counted)
{
    cr_assert_eq(hpet_read(&board.hpet, 0, 1, 0), 0xff);
    cr_assert_eq(hpet_read(&board.hpet, 2, 4, 0), UINT32_MAX);
    hpet_write(&board.hpet, HPET_GEN_CONF, 2, 1, 0);
    cr_assert_eq(in(HPET_GEN_CONF), 0);
    cr_assert_eq(board.hpet.mistakes[HPET_MISTAKE_SIZE], 3);
}

Test(hpet, any_sequence_of_writes_keeps_the_deadline_ahead)
{
    static const uint16_t offsets[] = { 0x10, 0x20, 0xf0, 0xf4, 0x100, 0x108, 0x10c, 0x120, 0x128, 0x140, 0x148, 0x8 };
    uint32_t seed = 3;
    for (unsigned i = 0; i < 200000; i++) {
        seed = seed * 1664525 + 1013904223;
        unsigned offset = offsets[(seed >> 8) % countof(offsets)];
        uint32_t value = (seed >> 16) & (seed & 1 ? 0x3ff : 0xffff);
        out32(offset, value);
        run_to(&board.clock, board.clock.now + ((seed >> 4) & 0xff));
        cr_assert_gt(clock_next(&board.clock), board.clock.now);
        in(offsets[(seed >> 20) % countof(offsets)] & ~7u);
    }
}

static uint32_t sent_address, sent_data, sent;

static void send(void *owner, uint32_t address, uint32_t data)
{
    (void)owner;
    sent_address = address;
    sent_data = data;
    sent++;
}

Test(hpet, timer_0_sends_a_message_instead_of_its_pin_where_the_board_takes_messages)
{
    board.hpet.message = send;
    cr_assert_eq(in32(TIMER(0)) & HPET_TN_FSB_INT_DEL_CAP, (uint32_t)HPET_TN_FSB_INT_DEL_CAP);
    cr_assert_eq(in32(TIMER(1)) & HPET_TN_FSB_INT_DEL_CAP, 0);
    out(HPET_TIM_FSB, UINT64_C(0xfee0000000000041));
    cr_assert_eq(in(HPET_TIM_FSB), UINT64_C(0xfee0000000000041));
    out(TIMER(0), HPET_TN_INT_ENB_CNF | HPET_TN_FSB_EN_CNF | PIN(20));
    out(COMP(0), 100);
    out(HPET_GEN_CONF, HPET_ENABLE_CNF);
    run_ticks(99);
    cr_assert_eq(sent, 0);
    run_ticks(100);
    cr_assert_eq(sent, 1);
    cr_assert_eq(sent_address, 0xfee00000);
    cr_assert_eq(sent_data, 0x41);
    cr_assert_not(board.hpet.pins[20].level);
}

static void list(void *object, struct visit *v)
{
    hpet_visit(object, v);
}

Test(hpet, its_state_is_saved_and_loaded_in_the_middle_of_a_period)
{
    start_periodic(0, PIN(20), 1000, 777);
    out(TIMER(1), HPET_TN_INT_ENB_CNF | HPET_TN_INT_TYPE_CNF | PIN(21));
    out(COMP(1), 1500);
    run_ticks(1600);
    struct visit_save save;
    visit_save_init(&save);
    hpet_visit(&board.hpet, &save.visit);
    uint64_t now = board.clock.now, deadline = clock_next(&board.clock);
    setup();
    clock_advance(&board.clock, now);
    check_load(&board.hpet, list, &save);
    clock_loaded(&board.clock);
    cr_assert_eq(clock_next(&board.clock), deadline);
    cr_assert_eq(in(HPET_MAIN_CNT), 1600);
    cr_assert_eq(in(HPET_GINTR_STA), 2);
    free(save.data);
}

Test(hpet, the_list_misses_only_padding_pointers_and_the_events)
{
    size_t timer = 3 + sizeof(struct event) - 8 + sizeof(struct hpet *); // three bytes of padding; less the deadline
    cr_assert_eq(visit_uncovered(&board.hpet, offsetof(struct hpet, route_cap), list), HPET_TIMERS * timer);
}
