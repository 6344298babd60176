// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The events of an observer, as text: each event's name and its cause, "pin 1, accept 1x2" (x2: two raises became one).
#ifndef TEST_TRANSCRIPT_H
#define TEST_TRANSCRIPT_H

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/trace.h"

struct transcript {
    struct intact_trace_observer observer;
    char text[2048];
};

static inline void transcript_event(void *owner, const struct intact_trace_event *event)
{
    struct transcript *transcript = owner;
    size_t used = strlen(transcript->text), room = sizeof transcript->text - used;
    int length = snprintf(transcript->text + used, room, "%s%s %lu", used ? ", " : "", intact_trace_name(event->id),
                          (unsigned long)event->cause);
    if (event->raises > 1)
        snprintf(transcript->text + used + length, room - (size_t)length, "x%lu", (unsigned long)event->raises);
}

static inline void transcript_start(struct transcript *transcript, struct trace *trace)
{
    transcript->text[0] = 0;
    intact_trace_observer_init(&transcript->observer, INTACT_TRACE_INTERRUPTS, transcript_event, transcript);
    cr_assert_eq(trace_add(trace, &transcript->observer), 0);
}

// The events since the last call.
#define transcript_is(transcript, expected)                                                                            \
    do {                                                                                                               \
        cr_assert_str_eq((transcript)->text, (expected));                                                              \
        (transcript)->text[0] = 0;                                                                                     \
    } while (0)

#endif
