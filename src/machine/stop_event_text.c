// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The texts of events that stop a run: "raise:4", "deliver:0x31,cpu=2", "says:timed out". See stop_events.h.
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "machine/board/board.h"
#include "machine/stop_events.h"

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
    { "says", EVENT_SAYS, "text", false, 0, 0, false },
#undef BIT
};

static bool is_pc(const struct stop_events *events)
{
    return events->board->config.type == INTACT_PC;
}

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
                     "'%.60s' is no event: it begins with raise, accept, deliver, ack, eoi, read, write, in, out, "
                     "instruction or says",
                     text);
}

static int too_long(const char *text, enum event_verb verb, struct error *error)
{
    if (verb == EVENT_SAYS)
        return error_set(error, -EINVAL, "'%.40s...' is too long: the text of says has at most %u characters", text,
                         EVENT_TEXT - 1 - (unsigned)strlen("says:"));
    return error_set(error, -EINVAL, "'%.40s...' is too long: an event has at most %u characters", text,
                     EVENT_TEXT - 1);
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
    case EVENT_INSTRUCTION:
    case EVENT_SAYS: break;
    }
    return UINT64_MAX;
}

const char *stop_event_words(const struct stop_event *event)
{
    const char *colon = strchr(event->text, ':');
    return colon ? colon + 1 : "";
}

// The text is all that follows, also with commas in it.
static int parse_says(struct stop_event *event, struct error *error)
{
    _Static_assert(EVENT_TEXT <= OUTSIDE_RECENT, "a text is not longer than what is known of the output");
    event->number = strlen(stop_event_words(event));
    return event->number
               ? 0
               : error_set(error, -EINVAL, "'says' needs the text that the guest prints, as in says:timed out");
}

uint64_t stop_event_traced(enum event_verb verb, bool pc)
{
    return pc ? verbs[verb].pc : verbs[verb].virt;
}

int stop_events_parse(const struct stop_events *events, const char *text, struct stop_event *event, struct error *error)
{
    size_t length = strcspn(text, ":,"), number = 0;
    unsigned i = 0;
    while (i < countof(verbs) && (strlen(verbs[i].name) != length || strncmp(verbs[i].name, text, length) != 0))
        i++;
    if (i == countof(verbs))
        return no_verb(text, error);
    if (strlen(text) >= EVENT_TEXT)
        return too_long(text, verbs[i].verb, error);
    if (verbs[i].ports && !is_pc(events))
        return error_set(error, -EINVAL, "'%s': this machine has no I/O ports", text);
    *event = (struct stop_event){ .verb = verbs[i].verb, .any = text[length] != ':', .cpu = STOP_NO_CPU, .size = WORD };
    snprintf(event->text, sizeof event->text, "%s", text);
    const char *at = text + length;
    if (event->verb == EVENT_SAYS)
        return parse_says(event, error);
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
