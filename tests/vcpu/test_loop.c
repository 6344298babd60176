// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The block loop: turns of vCPUs, time, and the ends of a run.
#include "vcpu/loop.h"

#include <criterion/criterion.h>

#include "base/inbox.h"
#include "base/visit.h"
#include "vcpu/fake.h"

static struct fake *fake;
static struct loop *loop;

static void begin(unsigned cpus)
{
    fake = fake_new(cpus);
    loop = &fake->loop;
}

static void end(void)
{
    fake_free(fake);
}

TestSuite(loop, .fini = end, .timeout = 120);

static enum loop_stop run(uint64_t instructions)
{
    loop->limit = loop->instructions + instructions;
    return vcpu_run(loop);
}

// --- time ------------------------------------------------------------------------------------------------------------

Test(loop, one_vcpu_makes_the_time_alone)
{
    begin(1);
    cr_assert_eq(run(123456), LOOP_LIMIT);
    cr_assert_eq(fake->clock.now, 123456);
    cr_assert_eq(fake->cpu[0]->executed, 123456);
}

Test(loop, an_instruction_takes_two_to_the_shift_nanoseconds)
{
    begin(1);
    loop->shift = 10;
    run(1000);
    cr_assert_eq(fake->clock.now, 1024000);
}

Test(loop, of_n_vcpus_each_keeps_its_rate)
{
    begin(3);
    loop->slice = 100;
    run(3000);
    cr_assert_eq(fake->clock.now, 1000);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(fake->cpu[i]->executed, 1000);
}

Test(loop, parts_of_a_nanosecond_are_carried_on)
{
    begin(7);
    loop->slice = 1;
    for (unsigned i = 0; i < 70; i++)
        run(1);
    cr_assert_eq(fake->clock.now, 10);
}

static uint64_t latest;
static unsigned went_back;

static void look_at_the_clock(struct fake_cpu *cpu)
{
    uint64_t now = vcpu_now(&cpu->vcpu);
    went_back += now < latest;
    latest = now;
    if (cpu->executed % 97 == cpu->vcpu.index)
        cpu->vcpu.kick |= KICK_CUT;
    if (cpu->executed % 1009 == 500 && cpu->vcpu.index)
        vcpu_set_state(&cpu->vcpu, VCPU_HALTED);
}

Test(loop, time_never_goes_back_in_the_order_of_execution)
{
    begin(5);
    loop->slice = 333;
    latest = went_back = 0;
    for (unsigned i = 0; i < 5; i++)
        fake->cpu[i]->step = look_at_the_clock;
    for (unsigned i = 0; i < 200; i++) {
        run(1000);
        vcpu_signal(loop, 1 + i % 4, PENDING_INTR);
    }
    cr_assert_eq(went_back, 0);
    cr_assert_gt(latest, 200000 / 5);
    cr_assert_lt(latest, 200000);
}

// --- deadlines -------------------------------------------------------------------------------------------------------

static uint64_t fired_at, fired_after;

static void note(void *owner, uint64_t now)
{
    (void)owner;
    fired_at = now;
    fired_after = loop_instructions(loop);
}

static struct event event;

static void arm(uint64_t deadline)
{
    event = (struct event){ 0 };
    clock_register(&fake->clock, &event, "test", note, NULL);
    clock_arm(&fake->clock, &event, deadline);
}

Test(loop, a_slice_ends_at_the_deadline_to_the_instruction)
{
    for (unsigned cpus = 1; cpus < 6; cpus++) {
        for (unsigned shift = 0; shift <= 10; shift += 5) {
            begin(cpus);
            loop->shift = shift;
            arm(123456);
            run(123456 * cpus + 100000);
            uint64_t ticks = 123456 * cpus,
                     first = (ticks + bits_low(shift)) >> shift; // the first instruction at or after it
            cr_assert_eq(fired_after, first, "%u vCPUs, shift %u: after %lu, not %lu", cpus, shift, fired_after, first);
            cr_assert_geq(fired_at, 123456);
            cr_assert_lt(fired_at, 123456 + BIT64(shift));
            if (cpus < 5 || shift < 10)
                end();
        }
    }
}

static void arm_soon(struct fake_cpu *cpu)
{
    if (cpu->executed != 1000)
        return;
    clock_arm(&fake->clock, &event, vcpu_now(&cpu->vcpu) + 5);
    if (fake->clock.moved)
        cpu->vcpu.kick |= KICK_CUT;
}

Test(loop, a_deadline_that_an_instruction_sets_is_kept_in_the_same_slice)
{
    begin(1);
    arm(CLOCK_NEVER);
    fake->cpu[0]->step = arm_soon;
    run(50000);
    cr_assert_eq(fired_at, 1005);
    cr_assert_eq(fired_after, 1005);
}

// --- turns -----------------------------------------------------------------------------------------------------------

static unsigned turns[64], turn_count;
static const struct fake_cpu *last;

static void note_turn(struct fake_cpu *cpu)
{
    if (cpu != last && turn_count < countof(turns))
        turns[turn_count++] = cpu->vcpu.index;
    last = cpu;
}

static void note_turns(void)
{
    turn_count = 0;
    last = NULL;
    for (unsigned i = 0; i < fake->count; i++)
        fake->cpu[i]->step = note_turn;
}

Test(loop, turns_go_round_by_index_from_the_first)
{
    begin(4);
    loop->slice = 10;
    note_turns();
    run(80);
    static const unsigned expected[] = { 0, 1, 2, 3, 0, 1, 2, 3 };
    cr_assert_eq(turn_count, 8);
    cr_assert_arr_eq(turns, expected, sizeof expected);
}

static void pause_at_five(struct fake_cpu *cpu)
{
    note_turn(cpu);
    if (cpu->vcpu.index == 0 && cpu->executed == 5)
        cpu->vcpu.kick |= KICK_CUT;
}

Test(loop, a_pause_ends_the_slice_after_that_instruction)
{
    begin(2);
    note_turns();
    fake->cpu[0]->step = pause_at_five;
    run(10);
    cr_assert_eq(fake->cpu[0]->executed, 6);
    cr_assert_eq(fake->cpu[1]->executed, 4);
}

static void wake_the_other(struct fake_cpu *cpu)
{
    if (cpu->executed == 7)
        vcpu_signal(loop, 1, PENDING_INTR);
}

Test(loop, a_signal_to_another_vcpu_ends_the_slice)
{
    begin(2);
    vcpu_set_state(&fake->cpu[1]->vcpu, VCPU_HALTED);
    fake->cpu[0]->step = wake_the_other;
    run(12);
    cr_assert_eq(fake->cpu[0]->executed, 8);
    cr_assert_eq(fake->cpu[1]->executed, 4);
    cr_assert_eq(fake->cpu[1]->taken, 1);
}

static void signal_itself(struct fake_cpu *cpu)
{
    if (cpu->executed == 7)
        vcpu_signal(loop, 0, PENDING_INTR);
    if (cpu->executed == 8)
        cr_assert_eq(cpu->taken, 1);
}

Test(loop, a_signal_to_the_running_vcpu_is_taken_after_the_instruction)
{
    begin(1);
    fake->cpu[0]->step = signal_itself;
    run(20);
    cr_assert_eq(fake->cpu[0]->taken, 1);
    cr_assert_eq(fake->cpu[0]->executed, 20);
}

Test(loop, a_masked_signal_does_not_wake)
{
    begin(2);
    vcpu_set_state(&fake->cpu[1]->vcpu, VCPU_HALTED);
    fake->cpu[1]->masked = true;
    vcpu_signal(loop, 1, PENDING_INTR);
    cr_assert_eq(loop->running, 1);
    run(10);
    cr_assert_eq(fake->cpu[1]->executed, 0);
}

// --- halted vCPUs ----------------------------------------------------------------------------------------------------

Test(loop, halted_vcpus_take_no_time)
{
    begin(256);
    for (unsigned i = 0; i < 256; i++)
        if (i != 200)
            vcpu_set_state(&fake->cpu[i]->vcpu, VCPU_HALTED);
    cr_assert_eq(loop->running, 1);
    run(1000000);
    cr_assert_eq(fake->clock.now, 1000000);
    cr_assert_eq(fake->cpu[200]->executed, 1000000);
}

Test(loop, a_woken_vcpu_takes_part_from_the_next_slice)
{
    begin(130);
    loop->slice = 100;
    for (unsigned i = 1; i < 130; i++)
        vcpu_set_state(&fake->cpu[i]->vcpu, VCPU_HALTED);
    vcpu_signal(loop, 129, PENDING_INTR);
    note_turns();
    run(200);
    cr_assert_eq(fake->clock.now, 100);
    cr_assert_eq(fake->cpu[129]->executed, 100);
    cr_assert_eq(fake->cpu[129]->vcpu.state, VCPU_RUNNING);
}

static void halt_at_ten(struct fake_cpu *cpu)
{
    if (cpu->executed == 9)
        vcpu_set_state(&cpu->vcpu, VCPU_HALTED);
}

Test(loop, all_halted_and_nothing_to_come_is_a_deadlock)
{
    begin(2);
    fake->cpu[0]->step = fake->cpu[1]->step = halt_at_ten;
    cr_assert_eq(run(1000), LOOP_DEADLOCK);
    cr_assert_eq(loop->instructions, 20);
}

static void wake_first(void *owner, uint64_t now)
{
    note(owner, now);
    vcpu_signal(loop, 0, PENDING_INTR);
}

Test(loop, with_all_halted_time_jumps_to_the_next_deadline)
{
    begin(1);
    event = (struct event){ 0 };
    clock_register(&fake->clock, &event, "test", wake_first, NULL);
    clock_arm(&fake->clock, &event, 1000000000);
    fake->cpu[0]->step = halt_at_ten;
    cr_assert_eq(run(15), LOOP_LIMIT);
    cr_assert_eq(fired_at, 1000000000);
    cr_assert_eq(fired_after, 10);
    cr_assert_eq(fake->clock.now, 1000000005);
}

static unsigned ticks;

static void tick(void *owner, uint64_t now)
{
    (void)owner;
    ticks++;
    clock_arm(&fake->clock, &event, now + 50000000);
}

static void start_ticks(void)
{
    ticks = 0;
    event = (struct event){ 0 };
    clock_register(&fake->clock, &event, "test", tick, NULL);
    event.perpetual = true;
    clock_arm(&fake->clock, &event, 50000000);
}

// A timer that a firmware left running keeps no machine alive.
Test(loop, a_perpetual_timer_that_wakes_nobody_is_not_waited_for)
{
    begin(2);
    start_ticks();
    fake->cpu[0]->step = fake->cpu[1]->step = halt_at_ten;
    cr_assert_eq(run(1000), LOOP_DEADLOCK);
    cr_assert_eq(ticks, 4);
    cr_assert_eq(loop->instructions, 20);
    cr_assert_eq(run(1000), LOOP_DEADLOCK); // asked again, it is no more alive
    cr_assert_eq(ticks, 4);
}

static void tick_and_wake(void *owner, uint64_t now)
{
    tick(owner, now);
    if (ticks == 3)
        vcpu_signal(loop, 0, PENDING_INTR);
}

Test(loop, a_perpetual_timer_that_wakes_a_vcpu_is_waited_for)
{
    begin(1);
    start_ticks();
    event.fire = tick_and_wake;
    vcpu_set_state(&fake->cpu[0]->vcpu, VCPU_HALTED);
    fake->cpu[0]->step = halt_at_ten;
    cr_assert_eq(run(1000), LOOP_DEADLOCK);
    cr_assert_eq(ticks, 7);
    cr_assert_eq(fake->cpu[0]->executed, 10);
}

Test(loop, beside_another_timer_a_perpetual_one_goes_on)
{
    struct event other = { 0 };
    begin(1);
    start_ticks();
    clock_register(&fake->clock, &other, "other", wake_first, NULL);
    clock_arm(&fake->clock, &other, UINT64_C(500000000000));
    vcpu_set_state(&fake->cpu[0]->vcpu, VCPU_HALTED);
    cr_assert_eq(run(15), LOOP_LIMIT);
    cr_assert_eq(fake->clock.now, UINT64_C(500000000015));
}

Test(loop, time_passes_without_a_vcpu_up_to_the_limit)
{
    begin(1);
    loop->shift = 3;
    loop->limit = 1500;
    loop_pass(loop, 1000);
    cr_assert_eq(loop->instructions, 1000);
    cr_assert_eq(fake->clock.now, 8000);
    loop_pass(loop, 1000);
    cr_assert_eq(loop->instructions, 1500);
    cr_assert_eq(fake->clock.now, 12000);
    cr_assert_eq(vcpu_run(loop), LOOP_LIMIT);
    cr_assert_eq(fake->cpu[0]->executed, 0);
}

// Where a debugger stopped before the first instruction of a slice, and input came in then.
Test(loop, a_limit_may_be_the_moment_behind_the_beginning_of_a_slice)
{
    for (uint64_t at = 0; at < 200; at += 100) {
        begin(1);
        if (at)
            cr_assert_eq(run(at), LOOP_LIMIT);
        loop->rest = 0;
        loop->limit = at;
        loop->limit_turns = loop->turns + 1;
        cr_assert_eq(vcpu_run(loop), LOOP_LIMIT);
        cr_assert_eq(fake->cpu[0]->executed, at);
        cr_assert_eq(loop->turns, loop->limit_turns);
        loop->limit = at + 50;
        loop->limit_turns = 0;
        cr_assert_eq(vcpu_run(loop), LOOP_LIMIT);
        cr_assert_eq(fake->cpu[0]->executed, at + 50);
    }
}

// Its interrupt comes, and goes again before its turn: the first one halts.
static void tempt_the_second(struct fake_cpu *cpu)
{
    if (cpu->executed != 9)
        return;
    vcpu_signal(loop, 1, PENDING_INTR);
    vcpu_signal(loop, 1, 0);
    vcpu_set_state(&cpu->vcpu, VCPU_HALTED);
}

static bool idle_and_wake_second(void *owner, uint64_t until)
{
    (void)owner, (void)until;
    vcpu_signal(loop, 1, PENDING_INTR);
    return true;
}

static void begin_tempting(void)
{
    begin(2);
    vcpu_set_state(&fake->cpu[1]->vcpu, VCPU_HALTED);
    fake->cpu[0]->step = tempt_the_second;
}

// A run that is recorded waits then, and its input comes at the turn of that slice; a replay stops there by a limit. With the
// slice going on afterwards, the input's interrupt was taken in it, and all turns behind were others.
Test(loop, a_slice_with_nothing_to_do_is_over_also_at_a_limit)
{
    begin_tempting();
    loop->idle = idle_and_wake_second;
    cr_assert_eq(run(30), LOOP_LIMIT);
    uint64_t without = loop->turns, executed = fake->cpu[1]->executed;
    fake_free(fake);
    begin_tempting();
    loop->limit = 10;
    loop->limit_turns = 2;
    cr_assert_eq(vcpu_run(loop), LOOP_LIMIT);
    cr_assert_eq(loop->instructions, 10);
    cr_assert_eq(loop->turns, 2);
    vcpu_signal(loop, 1, PENDING_INTR);
    loop->limit = 30;
    loop->limit_turns = 0;
    cr_assert_eq(vcpu_run(loop), LOOP_LIMIT);
    cr_assert_eq(loop->turns, without);
    cr_assert_eq(fake->cpu[1]->executed, executed);
}

static unsigned idle_calls;
static uint64_t idle_until;

static bool idle_and_wake(void *owner, uint64_t until)
{
    (void)owner;
    idle_until = until;
    if (++idle_calls > 3)
        return false;
    if (idle_calls == 3)
        vcpu_signal(loop, 0, PENDING_INTR);
    return true;
}

Test(loop, the_host_is_asked_before_giving_up)
{
    begin(1);
    idle_calls = 0;
    loop->idle = idle_and_wake;
    vcpu_set_state(&fake->cpu[0]->vcpu, VCPU_HALTED);
    fake->cpu[0]->step = halt_at_ten;
    cr_assert_eq(run(100), LOOP_DEADLOCK);
    cr_assert_eq(idle_calls, 4);
    cr_assert_eq(idle_until, CLOCK_NEVER);
    cr_assert_eq(fake->cpu[0]->executed, 10);
}

// --- ends ------------------------------------------------------------------------------------------------------------

static void stop_at_seven(struct fake_cpu *cpu)
{
    if (cpu->executed != 7)
        return;
    loop_stop(loop, LOOP_EXIT, 33);
    loop_stop(loop, LOOP_RESET, 1);
}

Test(loop, a_stop_comes_after_the_instruction_and_the_first_wins)
{
    begin(1);
    fake->cpu[0]->step = stop_at_seven;
    cr_assert_eq(run(1000), LOOP_EXIT);
    cr_assert_eq(loop->status, 33);
    cr_assert_eq(loop->instructions, 8);
}

Test(loop, a_limit_counts_all_vcpus)
{
    begin(3);
    loop->slice = 7;
    for (uint64_t total = 0; total < 100; total += 10) {
        cr_assert_eq(run(10), LOOP_LIMIT);
        cr_assert_eq(fake->cpu[0]->executed + fake->cpu[1]->executed + fake->cpu[2]->executed, total + 10);
    }
}

static uint64_t message_at, message_now;

static void handle(void *owner, const struct inbox_message *message, uint64_t now)
{
    (void)owner;
    message_at = loop->instructions;
    message_now = now;
    vcpu_signal(loop, 0, (uint32_t)message->a);
}

Test(loop, what_comes_from_outside_is_handled_between_slices)
{
    static struct inbox inbox;
    begin(1);
    inbox_init(&inbox);
    int channel = inbox_register(&inbox, &(struct inbox_channel){ .name = "test", .handle = handle });
    loop->inbox = &inbox;
    run(100);
    cr_assert_eq(inbox_post(&inbox, &(struct inbox_message){ .channel = (uint16_t)channel, .a = PENDING_INTR }, 1), 0);
    run(100);
    cr_assert_eq(message_at, 100);
    cr_assert_eq(message_now, 100);
    cr_assert_eq(fake->cpu[0]->taken, 1);
    loop->inbox = NULL;
    inbox_destroy(&inbox);
}

// --- stops inside a slice --------------------------------------------------------------------------------------------

static uint64_t order; // of all instructions: which vCPU, at what time

static void note_order(struct fake_cpu *cpu)
{
    order = (order ^ (cpu->vcpu.index + 1) ^ vcpu_now(&cpu->vcpu) << 8) * UINT64_C(0x100000001b3);
    if ((cpu->executed + 17 * cpu->vcpu.index) % 41 == 0)
        cpu->vcpu.kick |= KICK_CUT; // a pause
}

static void begin_ordered(void)
{
    begin(3);
    loop->slice = 100;
    for (unsigned i = 0; i < 3; i++)
        fake->cpu[i]->step = note_order;
}

static uint64_t order_with_stops_every(uint64_t instructions)
{
    begin_ordered();
    order = 0;
    while (loop->instructions < 5000)
        run(instructions < 5000 - loop->instructions ? instructions : 5000 - loop->instructions);
    uint64_t result = order;
    fake_free(fake);
    return result;
}

Test(loop, a_stop_inside_a_slice_does_not_change_whose_turn_comes_next)
{
    uint64_t whole = order_with_stops_every(5000);
    const uint64_t cuts[] = { 1, 2, 7, 99, 100, 101, 1234 };
    for (unsigned i = 0; i < countof(cuts); i++)
        cr_expect_eq(order_with_stops_every(cuts[i]), whole, "stopped every %u instructions", (unsigned)cuts[i]);
    begin(1); // for the suite's end
}

// --- state -----------------------------------------------------------------------------------------------------------

// All of a fake machine; what it executed is a vCPU's whole state.
static struct visit_save save(struct fake *from)
{
    struct visit_save saved;
    visit_save_init(&saved);
    VISIT(&saved.visit, from->clock.now);
    loop_visit(&from->loop, &saved.visit);
    for (unsigned i = 0; i < from->count; i++)
        VISIT(&saved.visit, from->cpu[i]->executed);
    cr_assert_not(saved.failed);
    return saved;
}

static void load(struct fake *into, const struct visit_save *saved)
{
    struct visit_load from;
    visit_load_init(&from, saved->data, saved->size);
    VISIT(&from.visit, into->clock.now);
    loop_visit(&into->loop, &from.visit);
    for (unsigned i = 0; i < into->count; i++)
        VISIT(&from.visit, into->cpu[i]->executed);
    cr_assert_not(from.failed);
    cr_assert_eq(from.position, from.size);
}

Test(loop, its_state_goes_on_elsewhere_in_the_same_order_from_every_instruction)
{
    for (unsigned when = 1; when < 250; when++) {
        begin_ordered();
        run(when);
        struct fake *one = fake;
        struct visit_save saved = save(one);
        order = 0;
        run(1000);
        uint64_t whole = order;
        begin_ordered();
        load(fake, &saved);
        order = 0;
        run(1000);
        cr_assert_eq(order, whole, "from %u", when);
        cr_assert_eq(fake->clock.now, one->clock.now);
        free(saved.data);
        fake_free(one);
        if (when < 249)
            fake_free(fake);
    }
}

// --- a debugger's stops ----------------------------------------------------------------------------------------------

Test(loop, a_step_ends_the_run_after_so_many_instructions_of_one_cpu)
{
    begin(3);
    loop_step(loop, loop->vcpus[1], 7);
    cr_assert_eq(run(UINT64_C(1) << 40), LOOP_BREAK);
    cr_assert_eq(loop->stops.last.kind, STOP_STEP);
    cr_assert_eq(loop->stops.last.cpu, 1);
    cr_assert_eq(fake->cpu[1]->executed, 7);
    loop_step(loop, loop->vcpus[1], 1);
    cr_assert_eq(run(UINT64_C(1) << 40), LOOP_BREAK);
    cr_assert_eq(fake->cpu[1]->executed, 8);
    cr_assert_eq(fake->cpu[2]->executed, 0); // it is still the slice of cpu 1
    loop_step(loop, NULL, 0);
    cr_assert_eq(run(100), LOOP_LIMIT);
}

static void break_and_reset(struct fake_cpu *cpu)
{
    if (cpu->executed != 7)
        return;
    stops_report(&cpu->vcpu, STOP_WRITE, 1);
    loop_stop(loop, LOOP_RESET, 1);
    stops_report(&cpu->vcpu, STOP_WRITE, 2);
}

Test(loop, a_debuggers_stop_hides_no_other)
{
    begin(1);
    fake->cpu[0]->step = break_and_reset;
    cr_assert_eq(run(1000), LOOP_RESET);
    cr_assert_eq(fake->cpu[0]->executed, 8);
}

// Two interrupts wait, and each takes an instruction of its handler; the first handler begins with a breakpoint.
static uint64_t taken_at_first;

static bool take_two(struct vcpu *cpu)
{
    if (++fake_of(cpu)->taken == 2)
        vcpu_signal(cpu->loop, cpu->index, 0);
    return true;
}

static void run_one(struct vcpu *cpu)
{
    if (fake_of(cpu)->taken == 1 && fake_of(cpu)->executed == 0 && loop->stops.last.kind == STOP_NONE) {
        loop->stops.undone = true;
        stops_report(cpu, STOP_EXECUTE, 0);
        stops_leave(cpu);
        return;
    }
    if (fake_of(cpu)->executed++ == 0)
        taken_at_first = fake_of(cpu)->taken;
    cpu->left--;
}

Test(loop, a_stop_before_the_first_instruction_of_a_handler_lets_no_other_interrupt_in)
{
    struct guest guest = fake_guest;
    begin(1);
    guest.take_interrupt = take_two;
    guest.run = run_one;
    loop->guest = &guest;
    vcpu_signal(loop, 0, PENDING_INTR);
    cr_assert_eq(run(100), LOOP_BREAK);
    cr_assert_eq(fake->cpu[0]->taken, 1);
    cr_assert_eq(loop->instructions, 0);
    cr_assert_eq(run(100), LOOP_LIMIT);
    cr_assert_eq(taken_at_first, 1);
    cr_assert_eq(fake->cpu[0]->taken, 2);
    cr_assert_eq(fake->cpu[0]->executed, 100);
}
