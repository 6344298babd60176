// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include <criterion/criterion.h>

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
    clock_run_due(&clock);
    clock_arm(&clock, &b.event, 200);
    cr_assert_not(clock.moved);
    clock_arm(&clock, &b.event, 50);
    cr_assert(clock.moved);
}
