// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A picture of the life of one interrupt, as SVG: svg_life.c draws it. It is the one whose cause is `cause` of struct
// export_machine, or with 0 the first that is complete, from its raise to its end.
//
// Which is the first is known at its end, so all events of the interrupts that have begun are kept until then.
#include "observe/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "observe/grow.h"
#include "observe/lives.h"
#include "observe/svg_life.h"

struct story {
    uint64_t cause; // 0: a free place
    struct intact_trace_event *event;
    size_t count, room;
    bool delivered, ended;
};

struct svg {
    struct lives lives;
    struct story *story; // those that have not ended, and the chosen one
    size_t stories, room;
    size_t chosen; // or SIZE_MAX
    uint32_t name; // of what raised it
    bool full;     // nothing more belongs to the chosen one
};

static int svg_begin(struct export *export)
{
    struct svg *svg = calloc(1, sizeof *svg);
    if (!svg)
        return -ENOMEM;
    svg->lives.arm = export->machine.arm;
    svg->chosen = SIZE_MAX;
    export->state = svg;
    return 0;
}

static struct story *add_story(struct svg *svg, uint64_t cause)
{
    struct story *grown = grow(svg->story, &svg->room, svg->stories, sizeof *grown);
    if (!grown)
        return NULL;
    svg->story = grown;
    svg->story[svg->stories] = (struct story){ .cause = cause };
    return &svg->story[svg->stories++];
}

// The newest first: most events belong to it.
static struct story *find_story(struct svg *svg, uint64_t cause)
{
    for (size_t i = svg->stories; i-- > 0;)
        if (svg->story[i].cause == cause)
            return &svg->story[i];
    return add_story(svg, cause);
}

static int keep(struct story *story, const struct intact_trace_event *event)
{
    if (story->count == SVG_LIFE_EVENTS)
        return 0;
    struct intact_trace_event *grown = grow(story->event, &story->room, story->count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    story->event = grown;
    story->event[story->count++] = *event;
    return 0;
}

// Whether `event` still belongs to a life that has ended: chips pass an end on to others within the same instruction, and then
// may send a level again, which is another round of the same life.
static bool is_of_the_end(const struct story *story, const struct intact_trace_event *event)
{
    return event->id == INTACT_TRACE_EOI && event->instructions == story->event[story->count - 1].instructions;
}

static void take_event(struct export *export, struct story *story, const struct life *life,
                       const struct intact_trace_event *event)
{
    struct svg *svg = export->state;
    if (story->ended && !is_of_the_end(story, event)) {
        svg->full = true;
        return;
    }
    export->failed = keep(story, event);
    story->delivered |= event->id == INTACT_TRACE_TAKE || event->id == INTACT_TRACE_ACK;
    if (event->id == INTACT_TRACE_EOI && story->delivered) {
        story->ended = true;
        svg->chosen = (size_t)(story - svg->story);
        svg->name = life->name;
    }
}

static void svg_event(struct export *export, const struct intact_trace_event *event)
{
    struct svg *svg = export->state;
    uint64_t wanted = svg->chosen == SIZE_MAX ? export->machine.cause : svg->story[svg->chosen].cause;
    if (svg->full || event->id == INTACT_TRACE_MISTAKE || event->id == INTACT_TRACE_ACCESS)
        return;
    const struct life *life = lives_event(&svg->lives, event, &export->failed);
    if (!life || !life->complete || (wanted && life->cause != wanted))
        return;
    struct story *story = find_story(svg, life->cause);
    if (story)
        take_event(export, story, life, event);
    else
        export->failed = -ENOMEM;
}

// The source is in the title and at its lane: only what it does itself names it. (The names that events point to may be gone.)
static void name_source(struct intact_trace_event *event, const char *source)
{
    bool does =
        event->id == INTACT_TRACE_LINE || event->id == INTACT_TRACE_TRIGGER || event->id == INTACT_TRACE_MESSAGE;
    event->source = does && event->source ? source : NULL;
}

static void write_life(struct export *export)
{
    struct svg *svg = export->state;
    struct svg_life life = { .arm = export->machine.arm, .title = export->machine.title };
    if (svg->chosen != SIZE_MAX) {
        const struct story *story = &svg->story[svg->chosen];
        life.source = svg->lives.names.name[svg->name];
        life.event = story->event;
        life.count = story->count;
        for (size_t i = 0; i < story->count; i++)
            name_source(&story->event[i], life.source);
    }
    svg_life_write(export->file, &life);
}

static void svg_end(struct export *export)
{
    struct svg *svg = export->state;
    if (!export->failed)
        write_life(export);
    for (size_t i = 0; i < svg->stories; i++)
        free(svg->story[i].event);
    free(svg->story);
    lives_free(&svg->lives);
    free(svg);
}

const struct export_format export_svg = {
    .name = "svg",
    .about = "a picture of the life of one interrupt",
    .begin = svg_begin,
    .event = svg_event,
    .end = svg_end,
};
