// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Which events are wanted. See filter.h.
#include "observe/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intact/error.h>

#include "base/bits.h"
#include "base/error.h"

// Names for several events, or by what happens there.
static const struct {
    const char *name;
    uint64_t events;
    const char *about;
} stations[] = {
    { "raise",
      INTACT_TRACE_BIT(INTACT_TRACE_LINE) | INTACT_TRACE_BIT(INTACT_TRACE_TRIGGER) |
          INTACT_TRACE_BIT(INTACT_TRACE_IPI) | INTACT_TRACE_BIT(INTACT_TRACE_TIMER) |
          INTACT_TRACE_BIT(INTACT_TRACE_SET),
      "line, trigger, ipi, timer and set" },
    { "pend", INTACT_TRACE_BIT(INTACT_TRACE_ACCEPT), "accept" },
    { "settle", INTACT_TRACE_BIT(INTACT_TRACE_PENDING), "pending" },
    { "deliver", INTACT_TRACE_BIT(INTACT_TRACE_TAKE), "take" },
    { "acknowledge", INTACT_TRACE_BIT(INTACT_TRACE_ACK), "ack" },
    { "end", INTACT_TRACE_BIT(INTACT_TRACE_EOI), "eoi" },
    { "interrupts", INTACT_TRACE_INTERRUPTS, "all but access, which is the default" },
    { "all", INTACT_TRACE_ALL, "every event" },
};

const char *filter_station(unsigned index, const char **about)
{
    if (index >= countof(stations))
        return NULL;
    *about = stations[index].about;
    return stations[index].name;
}

uint64_t filter_station_events(unsigned index)
{
    return stations[index].events;
}

void filter_init(struct filter *filter)
{
    *filter =
        (struct filter){ .events = INTACT_TRACE_INTERRUPTS, .cpu = FILTER_ANY, .vector = UINT64_MAX, .to = UINT64_MAX };
}

// 0: there is no such event.
static uint64_t events_of(const char *name, size_t length)
{
    for (unsigned id = 0; id < INTACT_TRACE_IDS; id++)
        if (strlen(intact_trace_name(id)) == length && strncmp(intact_trace_name(id), name, length) == 0)
            return INTACT_TRACE_BIT(id);
    for (unsigned i = 0; i < countof(stations); i++)
        if (strlen(stations[i].name) == length && strncmp(stations[i].name, name, length) == 0)
            return stations[i].events;
    return 0;
}

static int refuse_event(const char *name, size_t length, struct error *error)
{
    char known[400] = "";
    size_t used = 0;
    for (unsigned i = 0; i < countof(stations); i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s, ", stations[i].name);
    for (unsigned id = 0; id < INTACT_TRACE_IDS; id++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", id ? ", " : "", intact_trace_name(id));
    return error_set(error, -EINVAL, "events: there is no event '%.*s'; there are %s", (int)(length < 40 ? length : 40),
                     name, known);
}

static int set_events(struct filter *filter, const char *value, struct error *error)
{
    filter->events = 0;
    for (;;) {
        size_t length = strcspn(value, "+");
        uint64_t events = events_of(value, length);
        if (!events)
            return refuse_event(value, length, error);
        filter->events |= events;
        if (!value[length])
            return 0;
        value += length + 1;
    }
}

static int set_number(uint64_t *number, const char *name, const char *value, uint64_t most, struct error *error)
{
    char *end;
    errno = 0;
    unsigned long long parsed = strtoull(value, &end, 0);
    if (*value < '0' || *value > '9' || *end || errno || parsed > most)
        return error_set(error, -EINVAL, "%s: '%.40s' is no number from 0 to %llu; hexadecimal begins with 0x", name,
                         value, (unsigned long long)most);
    *number = parsed;
    return 0;
}

static int set_source(struct filter *filter, const char *value, struct error *error)
{
    if (!*value || strlen(value) >= FILTER_SOURCE)
        return error_set(error, -EINVAL, "source: a pattern has 1 to %d characters, as in virtio-*", FILTER_SOURCE - 1);
    snprintf(filter->source, sizeof filter->source, "%s", value);
    return 0;
}

int filter_set(struct filter *filter, const char *name, const char *value, struct error *error)
{
    uint64_t cpu = 0;
    if (strcmp(name, "events") == 0)
        return set_events(filter, value, error);
    if (strcmp(name, "source") == 0)
        return set_source(filter, value, error);
    if (strcmp(name, "vector") == 0)
        return set_number(&filter->vector, name, value, UINT32_MAX, error);
    if (strcmp(name, "from") == 0)
        return set_number(&filter->from, name, value, UINT64_MAX, error);
    if (strcmp(name, "to") == 0)
        return set_number(&filter->to, name, value, UINT64_MAX, error);
    if (strcmp(name, "cpu") != 0)
        return error_set(error, -ENOENT,
                         "there is no property '%.40s'; there are events, cpu, vector, source, from and to", name);
    int result = set_number(&cpu, name, value, FILTER_ANY - 1, error);
    filter->cpu = (uint32_t)cpu;
    return result;
}

int filter_set_why(struct filter *filter, const char *name, const char *value, char *why)
{
    struct error error = { 0 };
    int result = filter_set(filter, name, value, &error);
    if (result < 0)
        snprintf(why, INTACT_ERROR_SIZE, "%s", error.text);
    return result;
}

int filter_parse(struct filter *filter, const char *text, struct error *error)
{
    char property[512];
    while (text && *text) {
        size_t length = strcspn(text, ",");
        snprintf(property, sizeof property, "%.*s", (int)(length < sizeof property ? length : sizeof property - 1),
                 text);
        char *equals = strchr(property, '=');
        if (!equals)
            return error_set(error, -EINVAL, "'%.40s' is no property: NAME=VALUE is expected", property);
        *equals = 0;
        int result = filter_set(filter, property, equals + 1, error);
        if (result < 0)
            return result;
        text += length;
        text += *text == ',';
    }
    return 0;
}

// --- Matching --------------------------------------------------------------------------------------------------------

bool filter_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *again = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            again = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++again;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == 0;
}

// Does an event have a vector, and is it another one? On Arm TAKE has the INTID in c, and 20h or 40h in a.
static bool other_vector(const struct filter *filter, const struct intact_trace_event *event)
{
    switch (event->id) {
    case INTACT_TRACE_ACCEPT:
    case INTACT_TRACE_EOI:
    case INTACT_TRACE_SET:
    case INTACT_TRACE_ACK: return event->a != filter->vector;
    case INTACT_TRACE_TAKE: return (event->c ? event->c : event->a) != filter->vector;
    case INTACT_TRACE_IPI: return event->c != filter->vector;
    default: return false;
    }
}

bool filter_is_open(const struct filter *filter)
{
    return filter->cpu == FILTER_ANY && filter->vector == UINT64_MAX && !*filter->source && filter->from == 0 &&
           filter->to == UINT64_MAX;
}

bool filter_wants(const struct filter *filter, const struct intact_trace_event *event)
{
    if (!(filter->events & INTACT_TRACE_BIT(event->id)) || event->instructions < filter->from ||
        event->instructions >= filter->to)
        return false;
    if (filter->cpu != FILTER_ANY && event->cpu != INTACT_NO_CPU && event->cpu != filter->cpu)
        return false;
    if (filter->vector != UINT64_MAX && other_vector(filter, event))
        return false;
    return !*filter->source || !event->cause || (event->source && filter_matches(filter->source, event->source));
}
