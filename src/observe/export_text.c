// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A trace as text: a line for each station, with the instructions executed before it, the virtual time in seconds, the raise
// that it belongs to, the processor, and a sentence.
//
// An interrupt whose source has no name is called after its first event, "GSI 4". Memory: an entry for each cause (lives.h).
#include "observe/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "observe/event_text.h"
#include "observe/lives.h"

static int text_begin(struct export *export)
{
    struct lives *lives = calloc(1, sizeof *lives);
    if (!lives)
        return -ENOMEM;
    lives->arm = export->machine.arm;
    export->state = lives;
    if (export->machine.title)
        fprintf(export->file, "%s\n\n", export->machine.title);
    fprintf(export->file, "%15s  %17s  %-8s  %-7s  %s\n", "instructions", "seconds", "cause", "CPU", "what happens");
    return 0;
}

// A raise without a source says itself what it is.
static bool raises(enum intact_trace_id id)
{
    return id == INTACT_TRACE_LINE || id == INTACT_TRACE_TRIGGER || id == INTACT_TRACE_MESSAGE;
}

static void text_event(struct export *export, const struct intact_trace_event *event)
{
    struct lives *lives = export->state;
    const struct life *life = lives_event(lives, event, &export->failed);
    struct intact_trace_event named = *event;
    char line[EVENT_LINE_SIZE];
    if (!event->source && life && life->complete && !raises(event->id))
        named.source = lives->names.name[life->name];
    event_line(export->machine.arm, &named, line, sizeof line);
    fprintf(export->file, "%s\n", line);
}

static void text_end(struct export *export)
{
    lives_free(export->state);
    free(export->state);
}

const struct export_format export_text = {
    .name = "text",
    .about = "a line for each station, in words",
    .begin = text_begin,
    .event = text_event,
    .end = text_end,
};
