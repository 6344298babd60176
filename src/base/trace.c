// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The list of observers, and the delivery of events to them.
#include "base/trace.h"
#include "base/sized.h"

#include <assert.h>
#include <errno.h>

// --- Observers -------------------------------------------------------------------------------------------------------

// An event that is being delivered: the next observer, which changes if that one is removed.
struct trace_walk {
    struct trace_walk *outer;
    struct intact_trace_observer *next;
};

void intact_trace_observer_defaults(struct intact_trace_observer *observer, size_t size)
{
    const struct intact_trace_observer defaults = { .size = sizeof defaults };
    sized_give(observer, size, &defaults, sizeof defaults);
}

static void unite(struct trace *trace)
{
    trace->asked = 0;
    for (const struct intact_trace_observer *observer = trace->observers; observer; observer = observer->next)
        trace->asked |= observer->wanted;
    trace->wanted = trace->observers ? trace->asked | INTACT_TRACE_INTERRUPTS : 0;
}

int trace_add(struct trace *trace, struct intact_trace_observer *observer)
{
    if (observer->size != sizeof *observer || !observer->event)
        return -EINVAL;
    if (observer->trace)
        return -EBUSY;
    int result = trace->observers ? 0 : trace_causes_begin(trace);
    if (result == 0 && !trace->observers && trace->begin)
        result = trace->begin(trace->stamp_owner);
    if (result < 0)
        return result;
    observer->trace = trace;
    observer->next = trace->observers;
    trace->observers = observer;
    unite(trace);
    return 0;
}

void intact_trace_observer_remove(struct intact_trace_observer *observer)
{
    struct trace *trace = observer->trace;
    if (!trace)
        return;
    struct intact_trace_observer **link = &trace->observers;
    while (*link != observer)
        link = &(*link)->next;
    *link = observer->next;
    for (struct trace_walk *walk = trace->walks; walk; walk = walk->outer)
        if (walk->next == observer)
            walk->next = observer->next;
    observer->trace = NULL;
    observer->next = NULL;
    unite(trace);
}

void trace_free(struct trace *trace)
{
    while (trace->observers)
        intact_trace_observer_remove(trace->observers);
    trace_causes_free(trace);
    names_free(&trace->names);
}

// --- Events ----------------------------------------------------------------------------------------------------------

// The argument that is a chip number; NULL: none.
static uint64_t *chip_of(struct intact_trace_event *event)
{
    switch (event->id) {
    case INTACT_TRACE_PIN:
    case INTACT_TRACE_MASK:
    case INTACT_TRACE_MISTAKE: return &event->a;
    case INTACT_TRACE_ROUTE:
    case INTACT_TRACE_SET:
    case INTACT_TRACE_EOI: return &event->b;
    default: return NULL;
    }
}

// Larger numbers are public ones, or mean no chip.
static void number_chip(const struct trace *trace, struct intact_trace_event *event)
{
    uint64_t *chip = chip_of(event);
    if (chip && *chip < INTACT_CHIP_CPU)
        *chip += trace->first_chip;
}

// An observer may remove itself or others, and add some, while it is called.
static void tell_all(struct trace *trace, const struct intact_trace_event *event)
{
    struct trace_walk walk = { .outer = trace->walks, .next = trace->observers };
    trace->walks = &walk;
    while (walk.next) {
        struct intact_trace_observer *observer = walk.next;
        walk.next = observer->next;
        if (observer->wanted & BIT64(event->id))
            observer->event(observer->owner, event);
    }
    trace->walks = walk.outer;
}

static inline void report(struct trace *trace, struct intact_trace_event *event)
{
    if (!(trace->asked & BIT64(event->id)))
        return;
    if (trace->stamp)
        trace->stamp(trace->stamp_owner, event);
    if (trace->first_chip)
        number_chip(trace, event);
    if (likely(!trace->observers->next)) // the only one: it wants what is asked for
        trace->observers->event(trace->observers->owner, event);
    else
        tell_all(trace, event);
}

// Every field by itself: an initialiser would clear the structure first, by an instruction that takes as long as all the rest.
static void fill(struct intact_trace_event *event, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b, uint64_t c)
{
    event->id = (enum intact_trace_id)id;
    event->cpu = vcpu;
    event->time = event->instructions = 0;
    event->a = a;
    event->b = b;
    event->c = c;
    event->cause = event->raises = 0;
    event->source = event->device = event->mistake = NULL;
}

void trace_emit(struct trace *trace, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b, uint64_t c)
{
    struct intact_trace_event event;
    fill(&event, id, vcpu, a, b, c);
    event.source = trace->reporting;
    trace_cause_of(trace, &event);
    report(trace, &event);
}

void trace_emit_at(struct trace *trace, enum trace_link link, uint64_t key, enum trace_id id, uint32_t vcpu, uint64_t a,
                   uint64_t b, uint64_t c)
{
    struct intact_trace_event event;
    fill(&event, id, vcpu, a, b, c);
    trace_cause_at(trace, link, key, &event);
    report(trace, &event);
}

// --- Guest mistakes --------------------------------------------------------------------------------------------------

void trace_mistakes_begin(struct trace_mistakes *mistakes, const struct trace_counters *counters)
{
    assert(counters->count <= TRACE_MISTAKES);
    for (unsigned i = 0; i < counters->count; i++)
        mistakes->before[i] = counters->counters[i];
}

void trace_mistake(struct trace *trace, const struct trace_counters *counters, unsigned which, uint64_t value)
{
    struct intact_trace_event event = {
        .id = INTACT_TRACE_MISTAKE,
        .cpu = counters->vcpu,
        .a = counters->chip,
        .b = which,
        .c = value,
        .device = counters->device,
        .mistake = counters->name ? counters->name(which) : NULL,
    };
    report(trace, &event);
}

void trace_mistakes_end(struct trace *trace, const struct trace_mistakes *mistakes,
                        const struct trace_counters *counters, uint64_t value)
{
    uint32_t changed = 0;
    for (unsigned i = 0; i < counters->count; i++)
        changed |= counters->counters[i] ^ mistakes->before[i];
    if (!changed)
        return;
    for (unsigned i = 0; i < counters->count; i++)
        for (uint32_t left = counters->counters[i] - mistakes->before[i]; left; left--)
            trace_mistake(trace, counters, i, value);
}

// --- Texts -----------------------------------------------------------------------------------------------------------

static const struct {
    const char *name, *about, *arguments[3];
} texts[TRACE_IDS] = {
#define TRACE_TEXT(id, name, about, a, b, c) [TRACE_##id] = { name, about, { a, b, c } },
    INTACT_TRACE_EVENTS(TRACE_TEXT)
};

const char *intact_trace_name(enum intact_trace_id id)
{
    return (unsigned)id < TRACE_IDS ? texts[id].name : "unknown";
}

const char *intact_trace_about(enum intact_trace_id id)
{
    return (unsigned)id < TRACE_IDS ? texts[id].about : "unknown";
}

const char *intact_trace_argument(enum intact_trace_id id, unsigned which)
{
    return (unsigned)id < TRACE_IDS && which < 3 ? texts[id].arguments[which] : NULL;
}
