// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Arm ARM (DDI 0487), chapter D11.
#include "devices/arm_timer.h"

#include "answer.h"
#include "devices/board.h"

static struct board {
    struct clock clock;
    struct arm_timer timer;
    struct wire wires[ARM_TIMER_KINDS];
} board;

static const uint64_t tval[] = { ARM_TIMER_CNTP_TVAL_EL0, ARM_TIMER_CNTV_TVAL_EL0 };

static uint64_t in(uint64_t encoding)
{
    uint64_t value = 0;
    cr_assert_eq(arm_timer_read(&board.timer, encoding, &value, board.clock.now), PORT_DONE);
    return value;
}

static void out(uint64_t encoding, uint64_t value)
{
    cr_assert_eq(arm_timer_write(&board.timer, encoding, value, board.clock.now), PORT_DONE);
}

static void setup(void)
{
    memset(&board, 0, sizeof board);
    clock_init(&board.clock);
    arm_timer_init(&board.timer, &board.clock);
    for (unsigned i = 0; i < ARM_TIMER_KINDS; i++)
        wire_connect(&board.timer.compare[i].line, &board.wires[i]);
}

TestSuite(arm_timer, .init = setup);

Test(arm_timer, both_counters_count_62_5_million_times_a_second)
{
    cr_assert_eq(in(ARM_TIMER_CNTFRQ_EL0), 62500000);
    run_to(&board.clock, UINT64_C(1000000000) - 1);
    cr_assert_eq(in(ARM_TIMER_CNTPCT_EL0), 62499999);
    run_to(&board.clock, UINT64_C(1000000000));
    cr_assert_eq(in(ARM_TIMER_CNTPCT_EL0), 62500000);
    cr_assert_eq(in(ARM_TIMER_CNTVCT_EL0), 62500000);
}

Test(arm_timer, the_line_rises_at_the_very_tick_and_stays)
{
    for (unsigned i = 0; i < ARM_TIMER_KINDS; i++) {
        setup();
        run_to(&board.clock, 160);
        out(tval[i], 5);
        out(tval[i] + 1, ARM_TIMER_CTL_ENABLE);
        cr_assert_eq(in(tval[i] + 2), 15);
        run_to(&board.clock, 15 * ARM_TIMER_NS - 1);
        cr_assert_not(board.wires[i].level);
        cr_assert_eq(in(tval[i] + 1), ARM_TIMER_CTL_ENABLE);
        run_to(&board.clock, 15 * ARM_TIMER_NS);
        cr_assert(board.wires[i].level);
        cr_assert_eq(in(tval[i] + 1), ARM_TIMER_CTL_ENABLE | ARM_TIMER_CTL_ISTATUS);
        run_to(&board.clock, 1000);
        cr_assert(board.wires[i].level);
        cr_assert_eq(board.wires[i].rises, 1);
        cr_assert_eq(board.wires[!i].rises, 0);
    }
}

Test(arm_timer, a_new_value_a_mask_or_disabling_lowers_the_line)
{
    out(ARM_TIMER_CNTV_CTL_EL0, ARM_TIMER_CTL_ENABLE); // CVAL 0 is reached
    cr_assert(board.wires[1].level);
    out(ARM_TIMER_CNTV_CTL_EL0, ARM_TIMER_CTL_ENABLE | ARM_TIMER_CTL_IMASK);
    cr_assert_not(board.wires[1].level);
    cr_assert_eq(in(ARM_TIMER_CNTV_CTL_EL0), 7, "ISTATUS does not look at the mask");
    out(ARM_TIMER_CNTV_CTL_EL0, ARM_TIMER_CTL_ENABLE);
    cr_assert(board.wires[1].level);
    out(ARM_TIMER_CNTV_CVAL_EL0, 100);
    cr_assert_not(board.wires[1].level);
    run_to(&board.clock, 1600);
    cr_assert(board.wires[1].level);
    out(ARM_TIMER_CNTV_CTL_EL0, 0);
    cr_assert_not(board.wires[1].level);
    cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER);
}

Test(arm_timer, tval_is_signed_and_counts_down_past_zero)
{
    run_to(&board.clock, 16000);
    out(ARM_TIMER_CNTP_TVAL_EL0, 0xffffffff);
    cr_assert_eq(in(ARM_TIMER_CNTP_CVAL_EL0), 999);
    cr_assert_eq(in(ARM_TIMER_CNTP_TVAL_EL0), 0xffffffff);
    out(ARM_TIMER_CNTP_TVAL_EL0, 2);
    run_to(&board.clock, 16000 + 48);
    cr_assert_eq(in(ARM_TIMER_CNTP_TVAL_EL0), 0xffffffff);
    out(ARM_TIMER_CNTP_TVAL_EL0, 0x80000000);
    cr_assert_eq(in(ARM_TIMER_CNTP_CVAL_EL0), 1003 - UINT64_C(0x80000000));
}

Test(arm_timer, a_value_beyond_the_end_of_time_arms_nothing)
{
    out(ARM_TIMER_CNTV_CTL_EL0, ARM_TIMER_CTL_ENABLE | ARM_TIMER_CTL_IMASK);
    out(ARM_TIMER_CNTV_CVAL_EL0, UINT64_MAX);
    out(ARM_TIMER_CNTV_CTL_EL0, ARM_TIMER_CTL_ENABLE);
    cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER);
    cr_assert_not(board.wires[1].level);
}

Test(arm_timer, other_registers_and_writes_to_the_counter_are_not_its_own)
{
    uint64_t value = 1;
    cr_assert_eq(arm_timer_read(&board.timer, 0xdf03, &value, 0), PORT_NOT_MINE);
    cr_assert_eq(arm_timer_read(&board.timer, 0xdf13, &value, 0), PORT_NOT_MINE);
    cr_assert_eq(arm_timer_write(&board.timer, ARM_TIMER_CNTPCT_EL0, 0, 0), PORT_NOT_MINE);
    cr_assert_eq(arm_timer_write(&board.timer, ARM_TIMER_CNTFRQ_EL0, 0, 0), PORT_NOT_MINE);
}

static void list(void *object, struct visit *v)
{
    arm_timer_visit(object, v);
}

Test(arm_timer, its_state_travels_whole)
{
    out(ARM_TIMER_CNTV_CVAL_EL0, 100);
    out(ARM_TIMER_CNTV_CTL_EL0, ARM_TIMER_CTL_ENABLE);
    out(ARM_TIMER_CNTP_CTL_EL0, ARM_TIMER_CTL_ENABLE);
    struct visit_save save;
    visit_save_init(&save);
    arm_timer_visit(&board.timer, &save.visit);
    setup();
    check_load(&board.timer, list, &save);
    clock_loaded(&board.clock);
    free(save.data);
    run_to(&board.clock, 1600);
    cr_assert(board.wires[1].level);
    // The registers and the padding between them; what follows is the line, the event and links.
    cr_assert_eq(visit_uncovered(&board.timer, offsetof(struct arm_timer_compare, line), list), 4);
}

static struct answer answer;

static const char *ask(enum arm_timer_kind kind)
{
    struct why why = answer_begin(&answer);
    arm_timer_why(&board.timer, kind, 1, &why);
    return answer.text;
}

Test(arm_timer, it_says_why_its_line_is_low)
{
    cr_expect_str_eq(ask(ARM_TIMER_PHYSICAL), "- the physical timer of CPU 1 is off: CNTP_CTL_EL0.ENABLE is 0\n");
    out(ARM_TIMER_CNTV_CTL_EL0, ARM_TIMER_CTL_IMASK);
    cr_expect_str_eq(ask(ARM_TIMER_VIRTUAL), "- the virtual timer of CPU 1 is off: CNTV_CTL_EL0.ENABLE is 0\n"
                                             "- the virtual timer of CPU 1 is masked: CNTV_CTL_EL0.IMASK is 1\n");
    out(ARM_TIMER_CNTV_CTL_EL0, ARM_TIMER_CTL_ENABLE);
    cr_expect_str_eq(ask(ARM_TIMER_VIRTUAL), "= the virtual timer of CPU 1 has expired, and its line is high\n");
    out(ARM_TIMER_CNTV_CVAL_EL0, 100);
    cr_expect_str_eq(ask(ARM_TIMER_VIRTUAL), "- the virtual timer of CPU 1 expires at 1,600 ns\n");
    out(ARM_TIMER_CNTV_CVAL_EL0, UINT64_MAX);
    cr_expect_str_eq(ask(ARM_TIMER_VIRTUAL), "- the virtual timer of CPU 1 does not expire: the counter does not reach "
                                             "CNTV_CVAL_EL0 = 0xffffffffffffffff\n");
}
