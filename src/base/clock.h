// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Virtual time and timer events: one clock for a whole machine, in nanoseconds since reset.
//
// Nothing here reads the host. The block loop advances `now` from executed instructions (or jumps to the next deadline
// when every vCPU is halted) and runs what is due; PIT, HPET, PM timer, RTC, TSC and LAPIC timer all derive from it. A
// chip does not use the clock: it takes `now` as an argument and returns its next deadline; the machine keeps one
// `struct event` per timer and arms it with that deadline.
//
// Events with the same deadline fire in the order of their `rank`, which is assigned at registration, so that the order
// does not depend on earlier arming. The queue is a binary heap: arm and cancel cost O(log n), nothing allocates.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"

#define CLOCK_NEVER       UINT64_MAX
#define CLOCK_LIMIT       (UINT64_C(1) << 62) // ns: a machine does not come so far, 146 years
#define CLOCK_EVENT_LIMIT 2048                // timers of one machine: some per vCPU, a few per device

struct event {
    uint64_t deadline; // ns; CLOCK_NEVER: not armed
    uint32_t rank;     // unique in the machine; smaller fires first at the same deadline
    uint32_t place;    // index in the heap + 1; 0: not queued
    void (*fire)(void *owner, uint64_t now);
    void *owner;
    const char *name;
    // Set after clock_register by a periodic timer that never ends by itself: if it woke no vCPU in a whole period, it
    // never will.
    bool perpetual;
};

struct clock {
    uint64_t now;
    uint32_t count;
    uint32_t ranks;
    uint32_t perpetual; // how many of the queued events are
    bool moved;         // the first deadline became earlier since the loop computed a budget from it, and cleared this
    struct event *heap[CLOCK_EVENT_LIMIT];
    struct event *registered[CLOCK_EVENT_LIMIT]; // by rank
};

void clock_init(struct clock *clock);

// Registers `event` (not armed yet). The order of registration is the order among equal deadlines.
void clock_register(struct clock *clock, struct event *event, const char *name, void (*fire)(void *owner, uint64_t now),
                    void *owner);

// Sets the deadline, replacing an earlier one. A deadline in the past is due at once. CLOCK_NEVER cancels.
void clock_arm(struct clock *clock, struct event *event, uint64_t deadline);

// The first deadline, or CLOCK_NEVER.
static inline uint64_t clock_next(const struct clock *clock)
{
    return clock->count ? clock->heap[0]->deadline : CLOCK_NEVER;
}

// Is something armed, and all that is armed perpetual?
bool clock_only_perpetual(const struct clock *clock);

// Time never goes back: `now` must not be less than clock->now.
static inline void clock_advance(struct clock *clock, uint64_t now)
{
    assert(now >= clock->now);
    clock->now = now;
}

// Fires all that is due at `clock->now`, earliest first. An event may arm itself and others again.
void clock_run_due(struct clock *clock);

// The deadline. After a load clock_loaded queues all events of the clock again, those that were not loaded as they stand.
void event_visit(struct event *event, struct visit *v);
void clock_loaded(struct clock *clock);

#endif
