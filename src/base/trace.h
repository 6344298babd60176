// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Trace points: the stations of an interrupt's path, reported to observers as they are passed. The demo, -d int, tests
// and programs that embed the library are observers.
//
// Chips do not trace: they return what happened, and count guest mistakes in themselves. The wiring files (route.c,
// x86_irq*.c, arm_irq*.c), the loop and the machine call TRACE. Without an observer it costs one load and one test.
//
// The events are those of <intact/trace.h>, and so is the list of them: TRACE_LINE is INTACT_TRACE_LINE.
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/trace.h>

#include "base/bits.h"

enum trace_id {
#define TRACE_ID(id, name, about, a, b, c) TRACE_##id = INTACT_TRACE_##id,
    INTACT_TRACE_EVENTS(TRACE_ID)
#undef TRACE_ID
        TRACE_IDS
};

#define TRACE_NO_CPU INTACT_NO_CPU

struct trace_walk;

struct trace {
    uint64_t wanted; // the union of what the observers want
    struct intact_trace_observer *observers;
    struct trace_walk *walks; // events on their way to the observers
    uint64_t first_chip;      // added to the chip numbers of events: each family counts its own from 0
    // Fills in the time and the instructions of an event. NULL: they are 0.
    void (*stamp)(void *owner, struct intact_trace_event *event);
    void *stamp_owner;
};

// A zeroed struct trace has no observer. trace_free removes all of them.
void trace_free(struct trace *trace);

// Adds an observer; it hears of what happens from now on, before those that are there already. 0; -EINVAL: it was not
// prepared by intact_trace_observer_init; -EBUSY: it listens already, here or elsewhere.
int trace_add(struct trace *trace, struct intact_trace_observer *observer);

void trace_emit(struct trace *trace, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b, uint64_t c);

// `trace` may be NULL.
#define TRACE(trace, id, vcpu, a, b, c)                                                                                \
    do {                                                                                                               \
        if (unlikely((trace) && ((trace)->wanted & BIT64(id))))                                                        \
            trace_emit((trace), (id), (vcpu), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c));                            \
    } while (0)

#endif
