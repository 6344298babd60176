// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What became of earlier interrupts, by their source. See past.h.
#include "observe/past.h"
#include "observe/grow.h"

#include <string.h>

static struct past_source *source_of(struct past *past, const char *name)
{
    uint32_t number = name_table_add(&past->names, name);
    if (number < past->count)
        return &past->sources[number];
    struct past_source *sources =
        number == past->count ? grow(past->sources, &past->room, past->count, sizeof *sources) : NULL;
    if (!sources)
        return NULL;
    past->sources = sources;
    past->count++;
    sources[number] = (struct past_source){ 0 };
    return &sources[number];
}

// A device's line that rises, a trigger, an IPI, a timer; and a message that none of these sent.
static bool is_raise(struct past *past, const struct intact_trace_event *event)
{
    bool fresh = event->cause > past->last_cause;
    if (fresh)
        past->last_cause = event->cause;
    switch (event->id) {
    case INTACT_TRACE_LINE: return event->b != 0;
    case INTACT_TRACE_TRIGGER:
    case INTACT_TRACE_IPI:
    case INTACT_TRACE_SET:
    case INTACT_TRACE_TIMER: return true;
    case INTACT_TRACE_PIN: return fresh && event->c;
    case INTACT_TRACE_MESSAGE:
    case INTACT_TRACE_ACCEPT: return fresh;
    default: return false;
    }
}

static void take(struct past_source *source, const struct intact_trace_event *event)
{
    source->taken++;
    source->merged += event->raises > 1 ? event->raises - 1 : 0;
    source->taken_at = event->instructions;
    source->cpu = event->cpu;
    if (event->id == INTACT_TRACE_TAKE)
        source->pc = event->b;
}

// On Arm an exception may be for another interrupt than the one that the handler then acknowledges: ACK counts, and the
// exception before it has the program counter.
static void count(struct past *past, struct past_source *source, const struct intact_trace_event *event)
{
    switch (event->id) {
    case INTACT_TRACE_TAKE:
        if (!past->arm)
            take(source, event);
        source->pc = event->b;
        break;
    case INTACT_TRACE_ACK: take(source, event); break;
    case INTACT_TRACE_EOI:
        source->ended++;
        source->ended_at = event->instructions;
        break;
    case INTACT_TRACE_DROP:
        source->dropped++;
        source->dropped_at = event->instructions;
        break;
    default: break;
    }
}

void past_at(struct past *past, uint64_t instructions)
{
    if (instructions < past->now) {
        for (size_t i = 0; i < past->count; i++)
            past->sources[i] = (struct past_source){ 0 };
        past->begun = instructions;
    }
    past->now = instructions;
}

static void hear(void *owner, const struct intact_trace_event *event)
{
    struct past *past = owner;
    past_at(past, event->instructions);
    struct past_source *source = event->source ? source_of(past, event->source) : NULL;
    if (!source)
        return;
    if (is_raise(past, event)) {
        source->raises++;
        source->raised_at = event->instructions;
    }
    count(past, source, event);
}

void past_init(struct past *past, bool arm, uint64_t instructions)
{
    *past = (struct past){ .arm = arm, .begun = instructions };
    intact_trace_observer_init(&past->observer, INTACT_TRACE_INTERRUPTS, hear, past);
}

void past_free(struct past *past)
{
    intact_trace_observer_remove(&past->observer);
    name_table_free(&past->names);
    free(past->sources);
    *past = (struct past){ 0 };
}

static void why_taken(const struct past_source *source, struct why *why)
{
    if (source->dropped)
        WHY(why, INTACT_WHY_PAST_DROPPED, source->dropped, source->dropped_at);
    if (source->merged)
        WHY(why, INTACT_WHY_PAST_MERGED, source->merged);
    if (!source->taken) {
        WHY(why, INTACT_WHY_PAST_NEVER_TAKEN, 0);
        return;
    }
    WHY(why, INTACT_WHY_PAST_TAKEN, source->taken, source->cpu, source->taken_at, source->pc);
    if (source->ended && source->ended_at >= source->taken_at)
        WHY(why, INTACT_WHY_PAST_ENDED, source->ended_at);
    else
        WHY(why, INTACT_WHY_PAST_NOT_ENDED, 0);
}

const struct past_source *past_find(const struct past *past, const char *source)
{
    uint32_t number = name_table_find(&past->names, source);
    return number < past->count ? &past->sources[number] : NULL;
}

void past_why(const struct past *past, const char *name, struct why *why)
{
    const struct past_source *source = past_find(past, name);
    if (source && source->raises)
        WHY_NAMED(why, INTACT_WHY_PAST_RAISED, name, source->raises, source->raised_at);
    else
        WHY_NAMED(why, INTACT_WHY_PAST_NEVER, name, past->begun);
    if (source && source->raises)
        why_taken(source, why);
}
