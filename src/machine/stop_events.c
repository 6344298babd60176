// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See stop_events.h.
#include "machine/stop_events.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "machine/board/board.h"

enum { WORD = 4 }; // bytes that are watched, unless the text says how many

static const struct {
    const char *name;
    enum event_verb verb;
    const char *number; // what it is
    bool any;           // it may be left out
    uint64_t pc, virt;  // the events of the trace, on each machine; 0 on both: there is another way
    bool ports;         // of the family that has them
} verbs[] = {
#define BIT(id) INTACT_TRACE_BIT(INTACT_TRACE_##id)
    { "raise", EVENT_RAISE, "GSI", true, BIT(LINE) | BIT(TRIGGER), BIT(LINE) | BIT(TRIGGER), false },
    { "accept", EVENT_ACCEPT, "vector or INTID", true, BIT(ACCEPT), BIT(ACCEPT), false },
    { "deliver", EVENT_DELIVER, "vector or INTID", true, BIT(TAKE), BIT(TAKE), false },
    { "ack", EVENT_ACKNOWLEDGE, "vector or INTID", true, BIT(TAKE), BIT(ACK), false },
    { "eoi", EVENT_END, "vector or INTID", true, BIT(EOI), BIT(EOI), false },
    { "read", EVENT_READ, "address", false, BIT(ACCESS), BIT(ACCESS), false },
    { "write", EVENT_WRITE, "address", false, BIT(ACCESS), BIT(ACCESS), false },
    { "in", EVENT_IN, "port", false, BIT(ACCESS), 0, true },
    { "out", EVENT_OUT, "port", false, BIT(ACCESS), 0, true },
    { "instruction", EVENT_INSTRUCTION, "number of instructions", false, 0, 0, false },
#undef BIT
};

static bool is_pc(const struct stop_events *events)
{
    return events->board->config.type == INTACT_PC;
}

// --- Texts -----------------------------------------------------------------------------------------------------------

static int parse_number(const char *text, size_t length, uint64_t *number)
{
    char digits[24], *end;
    if (length == 0 || length >= sizeof digits || !isdigit((unsigned char)*text))
        return -EINVAL;
    memcpy(digits, text, length);
    digits[length] = 0;
    errno = 0;
    *number = strtoull(digits, &end, 0);
    return errno || *end ? -EINVAL : 0;
}

static int no_verb(const char *text, struct error *error)
{
    return error_set(error, -EINVAL,
                     "'%.60s' is no event: it begins with raise, accept, deliver, ack, eoi, read, write, in, out or "
                     "instruction",
                     text);
}

static bool is_access(const struct stop_event *event)
{
    return event->verb == EVENT_READ || event->verb == EVENT_WRITE || event->verb == EVENT_IN ||
           event->verb == EVENT_OUT;
}

static int parse_cpu(const struct stop_events *events, uint64_t value, struct stop_event *event, struct error *error)
{
    if (event->verb == EVENT_RAISE || event->verb == EVENT_INSTRUCTION)
        return error_set(error, -EINVAL, "'%s': this event belongs to no processor; leave out cpu=", event->text);
    if (value >= events->board->loop.count)
        return error_set(error, -EINVAL, "there is no CPU %" PRIu64 "; the last one is %u", value,
                         events->board->loop.count - 1);
    event->cpu = (uint32_t)value;
    return 0;
}

static int parse_property(const struct stop_events *events, const char *text, size_t length, struct stop_event *event,
                          struct error *error)
{
    uint64_t value;
    if (strncmp(text, "cpu=", 4) == 0 && parse_number(text + 4, length - 4, &value) == 0)
        return parse_cpu(events, value, event, error);
    if (strncmp(text, "size=", 5) == 0 && parse_number(text + 5, length - 5, &value) == 0 && value &&
        value <= PAGE_SIZE) {
        event->size = value;
        return is_access(event)
                   ? 0
                   : error_set(error, -EINVAL, "'%s': only an access has a size; leave out size=", event->text);
    }
    return error_set(error, -EINVAL, "'%.40s' is no property of an event: there are cpu=N, and size=N of 1 to %u bytes",
                     text, (unsigned)PAGE_SIZE);
}

static int parse_properties(const struct stop_events *events, const char *text, struct stop_event *event,
                            struct error *error)
{
    while (*text == ',') {
        size_t length = strcspn(++text, ",");
        int result = parse_property(events, text, length, event, error);
        if (result < 0)
            return result;
        text += length;
    }
    return 0;
}

static const struct region *region_at(const struct stop_events *events, uint64_t address)
{
    return bus_find(&events->board->memory, address);
}

// Where the access would be; only RAM can be watched by other means than the trace.
static int place(const struct stop_events *events, struct stop_event *event, struct error *error)
{
    if (event->verb != EVENT_READ && event->verb != EVENT_WRITE)
        return 0;
    const struct region *region = region_at(events, event->number);
    event->memory = region && region->ram;
    if (event->memory && event->verb == EVENT_READ)
        return error_set(error, -EINVAL, "%#" PRIx64 " is memory, of which only writes stop", event->number);
    return 0;
}

// The largest number that such an event can have.
static uint64_t largest(const struct stop_events *events, enum event_verb verb)
{
    enum { VECTORS = 256, PORTS = 0x10000, INTIDS = 1 << 24 };
    switch (verb) {
    case EVENT_RAISE: return UINT32_MAX;
    case EVENT_ACCEPT:
    case EVENT_DELIVER:
    case EVENT_ACKNOWLEDGE:
    case EVENT_END: return is_pc(events) ? VECTORS - 1 : INTIDS - 1;
    case EVENT_IN:
    case EVENT_OUT: return PORTS - 1;
    case EVENT_READ:
    case EVENT_WRITE:
    case EVENT_INSTRUCTION: break;
    }
    return UINT64_MAX;
}

int stop_events_parse(const struct stop_events *events, const char *text, struct stop_event *event, struct error *error)
{
    size_t length = strcspn(text, ":,"), number = 0;
    unsigned i = 0;
    while (i < countof(verbs) && (strlen(verbs[i].name) != length || strncmp(verbs[i].name, text, length) != 0))
        i++;
    if (i == countof(verbs) || strlen(text) >= EVENT_TEXT)
        return no_verb(text, error);
    if (verbs[i].ports && !is_pc(events))
        return error_set(error, -EINVAL, "'%s': this machine has no I/O ports", text);
    *event = (struct stop_event){ .verb = verbs[i].verb, .any = text[length] != ':', .cpu = STOP_NO_CPU, .size = WORD };
    snprintf(event->text, sizeof event->text, "%s", text);
    const char *at = text + length;
    if (*at == ':') {
        number = strcspn(++at, ",");
        if (event->verb == EVENT_RAISE && number == 3 && strncmp(at, "nmi", 3) == 0)
            event->number = INTACT_NMI_LINE;
        else if (parse_number(at, number, &event->number) < 0)
            return error_set(error, -EINVAL, "'%s': the %s is a number, as in %s:0x31", text, verbs[i].number,
                             verbs[i].name);
    }
    if (event->any && !verbs[i].any)
        return error_set(error, -EINVAL, "'%s' needs the %s, as in %s:0x31", text, verbs[i].number, verbs[i].name);
    if (event->number > largest(events, event->verb))
        return error_set(error, -EINVAL, "'%s': the %s is at most %#" PRIx64, text, verbs[i].number,
                         largest(events, event->verb));
    int result = parse_properties(events, at + number, event, error);
    return result < 0 ? result : place(events, event, error);
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
    case EVENT_INSTRUCTION: break;
    }
    return false;
}

static uint64_t wanted_by(const struct stop_events *events, const struct stop_event *event)
{
    if (event->memory)
        return 0;
    return is_pc(events) ? verbs[event->verb].pc : verbs[event->verb].virt;
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
    for (unsigned i = 0; (event = each(events, i)); i++) {
        wanted |= wanted_by(events, event);
        if (event->memory)
            memory = (struct stop_memory){ watches, on_written, events };
    }
    if (memory.watches || events->board->loop.stops.memory.watches)
        stops_watch_memory(&events->board->loop, &memory);
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
