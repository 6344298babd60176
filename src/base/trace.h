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
#include "base/names.h"

enum trace_id {
#define TRACE_ID(id, name, about, a, b, c) TRACE_##id = INTACT_TRACE_##id,
    INTACT_TRACE_EVENTS(TRACE_ID)
#undef TRACE_ID
        TRACE_IDS
};

#define TRACE_NO_CPU INTACT_NO_CPU

enum { TRACE_ACCESS_WRITE = 0x100, TRACE_ACCESS_PORT = 0x200 }; // with the size, in `c` of TRACE_ACCESS

struct trace_walk;
struct trace_causes;

struct trace {
    uint64_t wanted; // `asked`, and every event that causes are followed by; 0: no observer
    uint64_t asked;  // the union of what the observers want
    struct intact_trace_observer *observers;
    struct trace_walk *walks; // events that are being delivered
    uint64_t first_chip;      // added to the chip numbers below INTACT_CHIP_CPU: each family counts its own from 0
    // Fills in the time and the instructions of an event. NULL: they are 0.
    void (*stamp)(void *owner, struct intact_trace_event *event);
    // Called before the first observer is added, which fails if it does; and to report the mistakes that devices have
    // counted since the last call. NULL: there are no devices.
    int (*begin)(void *owner);
    void (*sweep)(void *owner, uint32_t vcpu);
    void *stamp_owner;           // of all three
    struct trace_causes *causes; // trace_cause.c; NULL before the first observer
    uint64_t last_cause;
    struct names names;    // of sources
    const char *naming;    // of the raise or lower that begins next
    const char *reporting; // of the event that is being reported
};

// The public struct intact_trace is a struct trace.
static inline struct intact_trace *trace_public(struct trace *trace)
{
    return (struct intact_trace *)(void *)trace;
}
static inline struct trace *trace_of(struct intact_trace *trace)
{
    return (struct trace *)(void *)trace;
}

// A zeroed struct trace has no observer. trace_free removes all of them.
void trace_free(struct trace *trace);

// Adds an observer in front of the others. 0; -EINVAL: it was not prepared by intact_trace_observer_init; -EBUSY: it
// listens already, here or elsewhere; -ENOMEM.
int trace_add(struct trace *trace, struct intact_trace_observer *observer);

COLD void trace_emit(struct trace *trace, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b, uint64_t c);

// Is there an observer?
static inline bool trace_heard(const struct trace *trace)
{
    return unlikely(trace && trace->wanted);
}

// --- Guest mistakes --------------------------------------------------------------------------------------------------
//
// A chip counts what the guest does wrong, each sort in a counter of its own. Whoever calls a chip reads its counters
// before and afterwards, and reports those that have grown. Call these functions only if trace_heard.

#define TRACE_MISTAKES 16 // counters of one chip, at most

struct trace_mistakes {
    uint32_t before[TRACE_MISTAKES];
};

// Where mistakes are counted.
struct trace_counters {
    const uint32_t *counters;
    unsigned count;
    uint32_t vcpu; // or TRACE_NO_CPU
    uint64_t chip;
    const char *device;                  // NULL: a chip
    const char *(*name)(unsigned which); // NULL: they have none
};

COLD void trace_mistakes_begin(struct trace_mistakes *mistakes, const struct trace_counters *counters);
// Reports as many of each counter as it has grown. `value` is that of the access.
COLD void trace_mistakes_end(struct trace *trace, const struct trace_mistakes *mistakes,
                             const struct trace_counters *counters, uint64_t value);
// One mistake that was counted just now.
COLD void trace_mistake(struct trace *trace, const struct trace_counters *counters, unsigned which, uint64_t value);

// Reports the mistakes of devices: those so far are of no CPU, or (after an access) of `vcpu`.
static inline void trace_sweep(struct trace *trace, uint32_t vcpu)
{
    if (trace->sweep)
        trace->sweep(trace->stamp_owner, vcpu);
}

// Does `access`, which may count mistakes in `from` (a struct trace_counters, read only with an observer).
#define TRACE_COUNTED(trace, from, access, value)                                                                      \
    do {                                                                                                               \
        if (likely(!trace_heard(trace))) {                                                                             \
            access;                                                                                                    \
        } else {                                                                                                       \
            const struct trace_counters counted = (from);                                                              \
            struct trace_mistakes mistakes;                                                                            \
            trace_mistakes_begin(&mistakes, &counted);                                                                 \
            access;                                                                                                    \
            trace_mistakes_end((trace), &mistakes, &counted, (value));                                                 \
        }                                                                                                              \
    } while (0)

// --- Events ----------------------------------------------------------------------------------------------------------

// An event of the interrupt that is on its way. `trace` may be NULL.
#define TRACE(trace, id, vcpu, a, b, c)                                                                                \
    do {                                                                                                               \
        if (unlikely((trace) && ((trace)->wanted & BIT64(id))))                                                        \
            trace_emit((trace), (id), (vcpu), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c));                            \
    } while (0)

// --- Causes ----------------------------------------------------------------------------------------------------------
//
// The wiring reports by keys where an interrupt waits, and trace_cause.c stores the raise that it belongs to:
//
//     raise --> [ pending at key ] --take--> [ in service at key ] --> end of interrupt
//
// It exists while there is an observer, has a bounded size (the oldest keys are dropped), and is not part of the
// guest's state. Call these functions only if trace_heard.

enum trace_place {
    TRACE_AT_SOURCE = 1, // owner 0, number: a source of a group
    TRACE_AT_GSI,        // owner 0, number: a wire
    TRACE_AT_PIN,        // owner: a chip, number: its pin
    TRACE_AT_CPU,        // owner: a CPU, or TRACE_SHARED; number: vector or INTID
};

#define TRACE_SHARED 0xfffffffu // in place of a CPU: interrupts that belong to none
#define TRACE_NO_KEY 0          // nowhere

static inline uint64_t trace_key(enum trace_place place, uint32_t owner, uint32_t number)
{
    return (uint64_t)place << 56 | (uint64_t)(owner & 0xfffffff) << 28 | (number & 0xfffffff);
}

// The interrupt that an event belongs to.
enum trace_link {
    TRACE_HELD,   // the current interrupt, which now waits at the key, where it may be merged with another one
    TRACE_WAITS,  // the one that waits at the key, or was the last one there
    TRACE_SERVED, // the one that is in service at the key
};

COLD void trace_emit_at(struct trace *trace, enum trace_link link, uint64_t key, enum trace_id id, uint32_t vcpu,
                        uint64_t a, uint64_t b, uint64_t c);

#define TRACE_AT(trace, link, key, id, vcpu, a, b, c)                                                                  \
    do {                                                                                                               \
        if (unlikely((trace) && ((trace)->wanted & BIT64(id))))                                                        \
            trace_emit_at((trace), (link), (key), (id), (vcpu), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c));          \
    } while (0)

// These begin a part of the path of one interrupt, the current one, with an event; trace_end ends it. They nest. raise:
// the interrupt of the enclosing part, or a new one, which waits at `key`. anew: always a new one. lower: the end of
// the interrupt raised at `key`. resume (no event): the interrupt that waited at `key` continues. name: what raises the
// interrupt, or lowers the line, of the raise, anew or lower that follows; NULL: unknown. The name lives as long as `names`.
COLD void trace_name(struct trace *trace, const char *name);
COLD void trace_name_numbered(struct trace *trace, const char *format, uint32_t number);
COLD void trace_raise(struct trace *trace, uint64_t key, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b,
                      uint64_t c);
COLD void trace_anew(struct trace *trace, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b, uint64_t c);
COLD void trace_lower(struct trace *trace, uint64_t key, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b,
                      uint64_t c);
COLD void trace_resume(struct trace *trace, uint64_t key);
// The same, and the interrupt still waits at `key`.
COLD void trace_follow(struct trace *trace, uint64_t key);
// The interrupt in service at `key` has ended: it is the current one, and a raise within is another.
COLD void trace_ended(struct trace *trace, uint64_t key);
COLD void trace_end(struct trace *trace);

// The current interrupt now waits at `key`.
COLD void trace_hold(struct trace *trace, uint64_t key);
// The interrupt that waits at `from` also waits at `to`.
COLD void trace_pass(struct trace *trace, uint64_t from, uint64_t to);
// The interrupt that waited at `key` is in service there. (It stays stored, since it may be sent again.)
COLD void trace_take(struct trace *trace, uint64_t key);
// The interrupt at `key` is not waiting, but it may be sent again: the next raise is another one.
COLD void trace_leave(struct trace *trace, uint64_t key);
// No interrupt waits at `key` any more: it was withdrawn, or lost.
COLD void trace_drop(struct trace *trace, uint64_t key);
// The interrupt that waits at `key` is the one that `vcpu` takes next, or (taken) has just taken: TRACE_TAKE belongs to
// it.
COLD void trace_next(struct trace *trace, uint32_t vcpu, uint64_t key);
COLD void trace_taken(struct trace *trace, uint32_t vcpu, uint64_t key);
// No interrupt waits at `vcpu`, or (TRACE_SHARED) anywhere: after a reset or a load.
COLD void trace_forget(struct trace *trace, uint32_t vcpu);

// For trace.c.
int trace_causes_begin(struct trace *trace);
void trace_causes_free(struct trace *trace);
void trace_cause_of(struct trace *trace, struct intact_trace_event *event);
void trace_cause_at(struct trace *trace, enum trace_link link, uint64_t key, struct intact_trace_event *event);

#endif
