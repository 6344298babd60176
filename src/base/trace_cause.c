// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Causes: which raise each event belongs to; see trace.h.
//
// A table from keys to the causes of the interrupts that wait and are in service there. It is a cache: four places for
// each hash; a new key replaces the one with the oldest cause, whose later events then have cause 0.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"

enum { SETS = 1024, WAYS = 4, DEPTH = 16 };

struct cause {
    uint64_t id, raises;
    const char *name; // of the source; NULL: none
};

struct place {
    uint64_t key; // TRACE_NO_KEY: free
    struct cause waiting, serving;
    bool open; // `waiting` is still waiting
};

// A part of the path.
struct part {
    struct cause cause; // of the current interrupt
    bool raising;       // a raise within it is the same interrupt
};

struct trace_causes {
    struct part now, outer[DEPTH];
    unsigned depth; // nested parts; those beyond DEPTH are only counted
    struct place places[SETS][WAYS];
};

static const struct cause none;

int trace_causes_begin(struct trace *trace)
{
    if (!trace->causes)
        trace->causes = calloc(1, sizeof *trace->causes);
    if (!trace->causes)
        return -ENOMEM;
    trace_forget(trace, TRACE_SHARED);
    return 0;
}

void trace_causes_free(struct trace *trace)
{
    free(trace->causes);
    trace->causes = NULL;
}

// --- Places ----------------------------------------------------------------------------------------------------------

static struct place *set_of(struct trace_causes *causes, uint64_t key)
{
    return causes->places[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 54];
}

static struct place *find(struct trace_causes *causes, uint64_t key)
{
    struct place *set = set_of(causes, key);
    for (unsigned way = 0; way < WAYS; way++)
        if (set[way].key == key)
            return &set[way];
    return NULL;
}

static uint64_t age(const struct place *place)
{
    return place->waiting.id > place->serving.id ? place->waiting.id : place->serving.id;
}

// The place of `key`, created if there is none.
static struct place *make(struct trace_causes *causes, uint64_t key)
{
    struct place *found = find(causes, key);
    if (found)
        return found;
    struct place *set = set_of(causes, key), *victim = set;
    for (unsigned way = 0; way < WAYS; way++) {
        if (set[way].key == TRACE_NO_KEY || age(&set[way]) < age(victim))
            victim = &set[way];
        if (victim->key == TRACE_NO_KEY)
            break;
    }
    *victim = (struct place){ .key = key };
    return victim;
}

// Makes the interrupt wait at `key`, merged with one that waits already.
static struct cause hold(struct trace_causes *causes, uint64_t key, struct cause cause)
{
    if (key == TRACE_NO_KEY)
        return cause;
    struct place *place = make(causes, key);
    if (!place->open)
        place->waiting = cause;
    else if (place->waiting.id != cause.id)
        place->waiting.raises += cause.raises;
    else if (place->waiting.raises < cause.raises)
        place->waiting.raises = cause.raises;
    place->open = true;
    return place->waiting;
}

static struct cause waiting(struct trace_causes *causes, uint64_t key)
{
    const struct place *place = find(causes, key);
    return place ? place->waiting : none;
}

static struct cause serving(struct trace_causes *causes, uint64_t key)
{
    const struct place *place = find(causes, key);
    return place ? place->serving : none;
}

// What waited at `key` is in service there.
static struct cause take(struct trace_causes *causes, uint64_t key)
{
    struct place *place = find(causes, key);
    if (!place)
        return none;
    place->open = false;
    return place->serving = place->waiting;
}

static uint64_t key_of_cpu(uint32_t vcpu)
{
    return trace_key(TRACE_AT_CPU, vcpu, 0xfffffff);
}

// --- Events ----------------------------------------------------------------------------------------------------------

static void put(struct intact_trace_event *event, struct cause cause)
{
    event->cause = cause.id;
    event->raises = cause.id ? cause.raises : 0;
    if (!event->source)
        event->source = cause.name;
}

void trace_cause_of(struct trace *trace, struct intact_trace_event *event)
{
    switch (event->id) {
    case INTACT_TRACE_ACCESS:
    case INTACT_TRACE_MISTAKE: return; // belongs to no interrupt
    case INTACT_TRACE_TAKE: put(event, serving(trace->causes, key_of_cpu(event->cpu))); return;
    default: put(event, trace->causes->now.cause); return;
    }
}

void trace_cause_at(struct trace *trace, enum trace_link link, uint64_t key, struct intact_trace_event *event)
{
    switch (link) {
    case TRACE_HELD: put(event, hold(trace->causes, key, trace->causes->now.cause)); return;
    case TRACE_WAITS: put(event, waiting(trace->causes, key)); return;
    case TRACE_SERVED: put(event, serving(trace->causes, key)); return;
    }
}

// --- Parts of the path -----------------------------------------------------------------------------------------------

static void open_part(struct trace_causes *causes, struct cause cause, bool raising)
{
    if (causes->depth < DEPTH)
        causes->outer[causes->depth] = causes->now;
    causes->depth++;
    causes->now = (struct part){ cause, raising };
}

void trace_end(struct trace *trace)
{
    struct trace_causes *causes = trace->causes;
    causes->depth--;
    if (causes->depth < DEPTH)
        causes->now = causes->outer[causes->depth];
}

void trace_name(struct trace *trace, const char *name)
{
    trace->naming = name;
}

void trace_name_numbered(struct trace *trace, const char *format, uint32_t number)
{
    trace->naming = names_numbered(&trace->names, format, number);
}

static const char *take_name(struct trace *trace)
{
    const char *name = trace->naming;
    trace->naming = NULL;
    return name;
}

static struct cause fresh(struct trace *trace, const char *name)
{
    return (struct cause){ ++trace->last_cause, 1, name };
}

// The event of the source `name` itself has that name, also where its interrupt is merged with another source's.
static void report(struct trace *trace, const char *name, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b,
                   uint64_t c)
{
    trace->reporting = name;
    TRACE(trace, id, vcpu, a, b, c);
    trace->reporting = NULL;
}

void trace_raise(struct trace *trace, uint64_t key, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b, uint64_t c)
{
    struct trace_causes *causes = trace->causes;
    const char *name = take_name(trace);
    bool same = causes->now.raising && causes->now.cause.id;
    open_part(causes, hold(causes, key, same ? causes->now.cause : fresh(trace, name)), true);
    report(trace, name, id, vcpu, a, b, c);
}

void trace_anew(struct trace *trace, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b, uint64_t c)
{
    const char *name = take_name(trace);
    open_part(trace->causes, fresh(trace, name), true);
    report(trace, name, id, vcpu, a, b, c);
}

void trace_lower(struct trace *trace, uint64_t key, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b, uint64_t c)
{
    struct cause cause = waiting(trace->causes, key);
    const char *name = take_name(trace);
    open_part(trace->causes, cause.id ? cause : trace->causes->now.cause, false);
    report(trace, name, id, vcpu, a, b, c);
}

void trace_resume(struct trace *trace, uint64_t key)
{
    open_part(trace->causes, take(trace->causes, key), true);
}

void trace_follow(struct trace *trace, uint64_t key)
{
    open_part(trace->causes, waiting(trace->causes, key), true);
}

void trace_ended(struct trace *trace, uint64_t key)
{
    open_part(trace->causes, serving(trace->causes, key), false);
}

// --- Places of the wiring --------------------------------------------------------------------------------------------

void trace_hold(struct trace *trace, uint64_t key)
{
    hold(trace->causes, key, trace->causes->now.cause);
}

void trace_pass(struct trace *trace, uint64_t from, uint64_t to)
{
    hold(trace->causes, to, waiting(trace->causes, from));
}

void trace_take(struct trace *trace, uint64_t key)
{
    take(trace->causes, key);
}

void trace_leave(struct trace *trace, uint64_t key)
{
    struct place *place = find(trace->causes, key);
    if (place)
        place->open = false;
}

void trace_drop(struct trace *trace, uint64_t key)
{
    struct place *place = find(trace->causes, key);
    if (!place)
        return;
    place->open = false;
    place->waiting = none;
}

void trace_next(struct trace *trace, uint32_t vcpu, uint64_t key)
{
    make(trace->causes, key_of_cpu(vcpu))->serving = waiting(trace->causes, key);
}

void trace_taken(struct trace *trace, uint32_t vcpu, uint64_t key)
{
    make(trace->causes, key_of_cpu(vcpu))->serving = take(trace->causes, key);
}

void trace_forget(struct trace *trace, uint32_t vcpu)
{
    uint64_t first = trace_key(TRACE_AT_CPU, vcpu, 0);
    for (unsigned set = 0; set < SETS; set++) {
        for (unsigned way = 0; way < WAYS; way++) {
            struct place *place = &trace->causes->places[set][way];
            if (vcpu == TRACE_SHARED || place->key >> 28 == first >> 28)
                *place = (struct place){ .key = TRACE_NO_KEY };
        }
    }
}
