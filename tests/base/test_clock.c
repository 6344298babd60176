// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The clock: time, timers and their order.
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/clock.h"

struct log {
    unsigned order[16];
    unsigned count;
};

struct timer {
    struct event event;
    struct log *log;
    unsigned id;
};

static void fired(void *owner, uint64_t now)
{
    struct timer *timer = owner;
    (void)now;
    timer->log->order[timer->log->count++] = timer->id;
}

Test(clock, events_fire_by_deadline_and_equal_deadlines_in_order_of_registration)
{
    struct clock clock;
    struct log log = { 0 };
    struct timer timers[5] = { 0 };
    clock_init(&clock);
    for (unsigned i = 0; i < 5; i++) {
        timers[i].log = &log;
        timers[i].id = i;
        clock_register(&clock, &timers[i].event, "timer", fired, &timers[i]);
    }
    clock_arm(&clock, &timers[3].event, 10);
    clock_arm(&clock, &timers[1].event, 10);
    clock_arm(&clock, &timers[0].event, 20);
    clock_arm(&clock, &timers[2].event, 5);
    clock_arm(&clock, &timers[4].event, 7);
    clock_arm(&clock, &timers[4].event, CLOCK_NEVER);
    cr_assert_eq(clock_next(&clock), 5);
    clock_advance(&clock, 15);
    clock_run_due(&clock);
    cr_assert_eq(log.count, 3);
    cr_assert_eq(log.order[0], 2);
    cr_assert_eq(log.order[1], 1);
    cr_assert_eq(log.order[2], 3);
    cr_assert_eq(clock_next(&clock), 20);
}

Test(clock, an_earlier_deadline_marks_the_clock_as_moved)
{
    struct clock clock;
    struct timer a = { 0 }, b = { 0 };
    clock_init(&clock);
    clock_register(&clock, &a.event, "a", fired, &a);
    clock_register(&clock, &b.event, "b", fired, &b);
    clock_arm(&clock, &a.event, 100);
    cr_assert(clock.moved);
    clock.moved = false;
    clock_arm(&clock, &b.event, 200);
    cr_assert_not(clock.moved);
    clock_arm(&clock, &b.event, 50);
    cr_assert(clock.moved);
}

// --- Many timers -----------------------------------------------------------------------------------------------------

// The same timers in an array that is searched: the earliest deadline, among equal ones the one registered first.
enum { MANY = 300, ROUNDS = 200000 };

struct many {
    struct clock clock;
    struct {
        struct event event;
        unsigned id;
    } timers[MANY];
    uint64_t deadline[MANY]; // of the array
    unsigned fired;
};

static struct many many;

static unsigned first_of_array(void)
{
    unsigned first = 0;
    for (unsigned i = 1; i < MANY; i++)
        if (many.deadline[i] < many.deadline[first])
            first = i;
    return first;
}

static void fired_of_many(void *owner, uint64_t now)
{
    unsigned id = *(unsigned *)owner, first = first_of_array();
    cr_assert_eq(id, first);
    cr_assert_leq(many.deadline[first], now);
    many.deadline[id] = CLOCK_NEVER;
    many.fired++;
}

static void arm_many(unsigned id, uint64_t deadline)
{
    many.deadline[id] = deadline;
    clock_arm(&many.clock, &many.timers[id].event, deadline);
}

Test(clock, many_timers_armed_and_cancelled_at_random_fire_as_from_a_sorted_list)
{
    uint64_t random = 88172645463325252;
    clock_init(&many.clock);
    for (unsigned i = 0; i < MANY; i++) {
        many.timers[i].id = i;
        many.deadline[i] = CLOCK_NEVER;
        clock_register(&many.clock, &many.timers[i].event, "timer", fired_of_many, &many.timers[i].id);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        unsigned id = random >> 8 & 0xffff;
        uint64_t distance = random >> 32 & 0xff; // many deadlines are equal
        switch (random & 7) {
        case 0: arm_many(id % MANY, CLOCK_NEVER); break;
        case 1:
            clock_advance(&many.clock, many.clock.now + distance / 16);
            clock_run_due(&many.clock);
            break;
        default: arm_many(id % MANY, many.clock.now + distance); break;
        }
        uint64_t next = many.deadline[first_of_array()];
        cr_assert_eq(clock_next(&many.clock), next, "round %u", round);
        cr_assert(next > many.clock.now || (random & 7) != 1, "what is due has fired");
    }
    cr_assert_gt(many.fired, ROUNDS / 100);
}

Test(clock, a_timers_deadline_is_saved_and_armed_again_by_the_load)
{
    struct log log = { 0 };
    struct timer timers[2] = { { .log = &log, .id = 1 }, { .log = &log, .id = 2 } };
    struct clock clocks[2];
    struct visit_save save;
    struct visit_load load;
    for (unsigned i = 0; i < 2; i++) {
        clock_init(&clocks[i]);
        clock_register(&clocks[i], &timers[i].event, "timer", fired, &timers[i]);
    }
    clock_arm(&clocks[0], &timers[0].event, 500);
    visit_save_init(&save);
    event_visit(&timers[0].event, &save.visit);
    visit_load_init(&load, save.data, save.size);
    event_visit(&timers[1].event, &load.visit);
    clock_loaded(&clocks[1]);
    cr_assert_eq(clock_next(&clocks[1]), 500);
    clock_advance(&clocks[1], 500);
    clock_run_due(&clocks[1]);
    cr_assert_eq(log.count, 1);
    cr_assert_eq(log.order[0], 2);
    free(save.data);
}

// The count was left as it was before the load: a machine took another timer for one that never ends, or the reverse.
Test(clock, a_load_counts_perpetual_timers_anew)
{
    struct log log = { 0 };
    struct timer ordinary = { .log = &log, .id = 1 }, perpetual = { .log = &log, .id = 2 };
    struct clock clock;
    clock_init(&clock);
    clock_register(&clock, &ordinary.event, "ordinary", fired, &ordinary);
    clock_register(&clock, &perpetual.event, "perpetual", fired, &perpetual);
    perpetual.event.perpetual = true;
    clock_arm(&clock, &perpetual.event, 100);
    cr_assert(clock_only_perpetual(&clock));
    ordinary.event.deadline = 200; // as a state has it
    perpetual.event.deadline = CLOCK_NEVER;
    clock_loaded(&clock);
    cr_assert_not(clock_only_perpetual(&clock));
    ordinary.event.deadline = CLOCK_NEVER;
    perpetual.event.deadline = 300;
    clock_loaded(&clock);
    cr_assert(clock_only_perpetual(&clock));
    clock_arm(&clock, &perpetual.event, CLOCK_NEVER);
    cr_assert_eq(clock.perpetual, 0);
}
