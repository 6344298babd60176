// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See stop_events.h.
#include "machine/stop_events.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "machine/board/board.h"

static bool is_pc(const struct stop_events *events)
{
    return events->board->config.type == INTACT_PC;
}

// --- What matches ----------------------------------------------------------------------------------------------------

static bool overlaps(const struct stop_event *event, uint64_t address, uint64_t size)
{
    return address - event->number < event->size || event->number - address < size;
}

static bool meets_access(const struct stop_event *event, const struct intact_trace_event *seen)
{
    bool writes = event->verb == EVENT_WRITE || event->verb == EVENT_OUT;
    bool port = event->verb == EVENT_IN || event->verb == EVENT_OUT;
    return writes == !!(seen->c & TRACE_ACCESS_WRITE) && port == !!(seen->c & TRACE_ACCESS_PORT) &&
           overlaps(event, seen->a, seen->c & 0xff);
}

// The GSI or source, vector or INTID, address or port of what was seen.
static uint64_t number_of(const struct stop_events *events, const struct intact_trace_event *seen)
{
    if (seen->id == INTACT_TRACE_TRIGGER)
        return seen->a + seen->b;
    return seen->id == INTACT_TRACE_TAKE && !is_pc(events) ? seen->c : seen->a;
}

static bool meets_number(const struct stop_event *event, uint64_t number)
{
    return event->any || event->number == number;
}

static bool meets(const struct stop_events *events, const struct stop_event *event,
                  const struct intact_trace_event *seen)
{
    if (event->cpu != STOP_NO_CPU && event->cpu != seen->cpu)
        return false;
    switch (event->verb) {
    case EVENT_RAISE:
        if (seen->id == INTACT_TRACE_LINE && !seen->b)
            return false;
        return meets_number(event, number_of(events, seen));
    case EVENT_ACCEPT:
    case EVENT_DELIVER:
    case EVENT_ACKNOWLEDGE:
    case EVENT_END: return meets_number(event, number_of(events, seen));
    case EVENT_READ:
    case EVENT_WRITE:
    case EVENT_IN:
    case EVENT_OUT: return !event->memory && meets_access(event, seen);
    case EVENT_INSTRUCTION:
    case EVENT_SAYS: break;
    }
    return false;
}

static uint64_t wanted_by(const struct stop_events *events, const struct stop_event *event)
{
    if (event->memory)
        return 0;
    return stop_event_traced(event->verb, is_pc(events));
}

// `only` may be an event that is not in the list.
static const struct stop_event *each(const struct stop_events *events, unsigned i)
{
    if (events->only)
        return i == 0 ? events->only : NULL;
    return i < events->count ? &events->events[i] : NULL;
}

static void stop(struct stop_events *events, const struct stop_event *event, uint32_t cpu, uint64_t number)
{
    struct loop *loop = &events->board->loop;
    if (loop->stop != LOOP_RUNNING)
        return; // the first is told
    snprintf(events->hit, sizeof events->hit, "%s", event->text);
    stops_event(loop, cpu, number);
}

static void on_event(void *owner, const struct intact_trace_event *seen)
{
    struct stop_events *events = owner;
    const struct stop_event *event;
    for (unsigned i = 0; !events->muted && (event = each(events, i)); i++)
        if ((wanted_by(events, event) & INTACT_TRACE_BIT(seen->id)) && meets(events, event, seen)) {
            stop(events, event, seen->cpu, number_of(events, seen));
            return;
        }
}

static bool watches(void *owner, uint64_t page)
{
    const struct stop_events *events = owner;
    const struct stop_event *event;
    for (unsigned i = 0; (event = each(events, i)); i++)
        if (event->memory && overlaps(event, page, PAGE_SIZE))
            return true;
    return false;
}

static void on_written(void *owner, uint64_t address, uint64_t size)
{
    struct stop_events *events = owner;
    const struct loop *loop = &events->board->loop;
    const struct stop_event *event;
    for (unsigned i = 0; !events->muted && (event = each(events, i)); i++)
        if (event->memory && overlaps(event, address, size) &&
            (event->cpu == STOP_NO_CPU || (loop->current && loop->current->index == event->cpu))) {
            stop(events, event, STOP_NO_CPU, address);
            return;
        }
}

static void on_printed(void *owner, const struct outside_recent *recent)
{
    struct stop_events *events = owner;
    const struct stop_event *event;
    for (unsigned i = 0; !events->muted && (event = each(events, i)); i++)
        if (event->verb == EVENT_SAYS && outside_printed_last(recent, stop_event_words(event), event->number)) {
            stop(events, event, STOP_NO_CPU, 0);
            return;
        }
}

// --- The list --------------------------------------------------------------------------------------------------------

void stop_events_init(struct stop_events *events, struct board *board)
{
    *events = (struct stop_events){ .board = board };
}

// Listens to what the events need, and to no more.
static int listen(struct stop_events *events)
{
    struct stop_memory memory = { .watches = NULL };
    const struct stop_event *event;
    uint64_t wanted = 0;
    bool hears = false;
    for (unsigned i = 0; (event = each(events, i)); i++) {
        wanted |= wanted_by(events, event);
        hears |= event->verb == EVENT_SAYS;
        if (event->memory)
            memory = (struct stop_memory){ watches, on_written, events };
    }
    if (memory.watches || events->board->loop.stops.memory.watches)
        stops_watch_memory(&events->board->loop, &memory);
    events->board->outside.printed = hears ? on_printed : NULL;
    events->board->outside.printed_owner = events;
    intact_trace_observer_remove(&events->observer);
    intact_trace_observer_init(&events->observer, wanted, on_event, events);
    return wanted ? trace_add(&events->board->trace, &events->observer) : 0;
}

static struct stop_event *find(struct stop_events *events, const char *text)
{
    for (unsigned i = 0; i < events->count; i++)
        if (strcmp(events->events[i].text, text) == 0)
            return &events->events[i];
    return NULL;
}

int stop_events_add(struct stop_events *events, const char *text, struct error *error)
{
    struct stop_event event;
    int result = stop_events_parse(events, text, &event, error);
    if (result < 0)
        return result;
    if (find(events, text))
        return error_set(error, -EEXIST, "'%s' stops the run already", text);
    if (events->count == EVENTS_LIMIT)
        return error_set(error, -ENOSPC, "no more than %u events can stop a run", (unsigned)EVENTS_LIMIT);
    events->events[events->count++] = event;
    result = listen(events);
    if (result < 0) {
        events->count--;
        listen(events);
        return error_set(error, result, "the host has no memory left");
    }
    return 0;
}

int stop_events_remove(struct stop_events *events, const char *text)
{
    struct stop_event *event = find(events, text);
    if (!event)
        return -ENOENT;
    events->count--;
    memmove(event, event + 1, (size_t)(&events->events[events->count] - event) * sizeof *event);
    listen(events); // to no more than before
    return 0;
}

int stop_events_look_for(struct stop_events *events, const struct stop_event *event)
{
    events->only = event;
    return listen(events);
}

// --- Instructions ----------------------------------------------------------------------------------------------------

static const struct stop_event *next_count(const struct stop_events *events, uint64_t instructions)
{
    const struct stop_event *event, *next = NULL;
    for (unsigned i = 0; !events->muted && (event = each(events, i)); i++)
        if (event->verb == EVENT_INSTRUCTION && event->number > instructions && (!next || event->number < next->number))
            next = event;
    return next;
}

uint64_t stop_events_next(const struct stop_events *events, uint64_t instructions)
{
    const struct stop_event *next = next_count(events, instructions);
    return next ? next->number : UINT64_MAX;
}

void stop_events_reached(struct stop_events *events, uint64_t instructions)
{
    const struct stop_event *event = next_count(events, instructions - 1);
    events->board->loop.stop = LOOP_RUNNING;
    stop(events, event, STOP_NO_CPU, instructions);
}

// --- Where it stopped ------------------------------------------------------------------------------------------------

static struct loop_moment now(const struct stop_events *events)
{
    return (struct loop_moment){ events->board->loop.instructions, events->board->loop.turns };
}

void stop_events_stopped(struct stop_events *events)
{
    events->hit_at = now(events);
}

bool stop_events_is_at(const struct stop_events *events, const struct stop_event *event)
{
    struct loop_moment here = now(events);
    return strcmp(events->hit, event->text) == 0 && here.instructions == events->hit_at.instructions &&
           here.turns == events->hit_at.turns;
}
