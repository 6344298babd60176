// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A trace as JSON Lines: an object on each line, first one that says what the file is, then one for each event. The schema is
// in docs/tracing.md; a change of it that can break a reader changes INTACT_TRACE_JSON.
//
// Memory: an entry for each cause (lives.h), for the names of sources.
#include "observe/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "observe/chips.h"
#include "observe/escape.h"
#include "observe/event_text.h"
#include "observe/lives.h"

#define INTACT_TRACE_JSON 1 // the version of the schema

// --- Fields ----------------------------------------------------------------------------------------------------------

// How an argument of an event is written. NUMBER: one that never passes 2^53, as a number; HEX: any other, as a string.
enum kind { ABSENT, NUMBER, NOT_ZERO, HEX, LEVEL, CHIP, GSI, PENDING, DELIVERY, IPI_MODE, EXCEPTION, ACCESS, DROP };

struct field {
    const char *name;
    enum kind kind;
};

struct fields {
    struct field a, b, c;
};

static const struct fields x86_fields[INTACT_TRACE_IDS] = {
    [INTACT_TRACE_LINE] = { { "gsi", GSI }, { "level", LEVEL } },
    [INTACT_TRACE_TRIGGER] = { { "group", NUMBER }, { "index", NUMBER } },
    [INTACT_TRACE_ROUTE] = { { "gsi", NUMBER }, { "chip", CHIP }, { "pin", NUMBER } },
    [INTACT_TRACE_MESSAGE] = { { "address", HEX }, { "data", HEX }, { "device", NUMBER } },
    [INTACT_TRACE_PIN] = { { "chip", CHIP }, { "pin", NUMBER }, { "level", LEVEL } },
    [INTACT_TRACE_ACCEPT] = { { "vector", NUMBER }, { "delivery", DELIVERY } },
    [INTACT_TRACE_PENDING] = { { "pending", PENDING }, { "before", PENDING } },
    [INTACT_TRACE_TAKE] = { { "vector", NUMBER }, { "pc", HEX } },
    [INTACT_TRACE_EOI] = { { "vector", NUMBER }, { "chip", CHIP }, { "pin", NUMBER } },
    [INTACT_TRACE_IPI] = { { "destination", HEX }, { "delivery", IPI_MODE }, { "vector", NUMBER } },
    [INTACT_TRACE_TIMER] = { { "deadline", HEX } },
    [INTACT_TRACE_ACCESS] = { { "address", HEX }, { "value", HEX }, { "size", ACCESS } },
    [INTACT_TRACE_MISTAKE] = { { "chip", CHIP }, { "which", NUMBER }, { "value", HEX } },
    [INTACT_TRACE_DROP] = { { "reason", DROP } },
    [INTACT_TRACE_MASK] = { { "chip", CHIP }, { "pin", NUMBER }, { "waits", LEVEL } },
    [INTACT_TRACE_RESAMPLE] = { { "gsi", GSI }, { "level", LEVEL } },
    [INTACT_TRACE_SET] = { { "intid", NUMBER }, { "chip", CHIP } },
};

// Those that are different with a GIC.
static const struct fields arm_fields[INTACT_TRACE_IDS] = {
    [INTACT_TRACE_ACCEPT] = { { "intid", NUMBER }, { "group", NUMBER } },
    [INTACT_TRACE_TAKE] = { { "exception", EXCEPTION }, { "pc", HEX }, { "intid", NOT_ZERO } },
    [INTACT_TRACE_EOI] = { { "intid", NUMBER }, { "chip", CHIP }, { "pin", NUMBER } },
    [INTACT_TRACE_IPI] = { { "target", HEX }, { "group", NUMBER }, { "intid", NUMBER } },
    [INTACT_TRACE_ACK] = { { "intid", NUMBER }, { "group", NUMBER } },
};

static const struct fields *fields_of(bool arm, enum intact_trace_id id)
{
    return arm && arm_fields[id].a.name ? &arm_fields[id] : &x86_fields[id];
}

// What some kinds of arguments, and all events, have besides.
static bool has_more(enum kind kind, const char *field)
{
    static const char *const ipi[] = { "shorthand", NULL }, *const access[] = { "write", "port", NULL },
                             *const drop[] = { "gsi",    "address", "data", "destination", "vector",
                                               "target", "intid",   "kind", "event",       NULL },
                             *const none[] = { NULL };
    const char *const *names = kind == IPI_MODE ? ipi : kind == ACCESS ? access : kind == DROP ? drop : none;
    while (*names && strcmp(*names, field) != 0)
        names++;
    return *names;
}

bool export_json_has(bool arm, enum intact_trace_id id, const char *field)
{
    static const char *const all[] = { "instructions", "time", "cpu", "cause", "raises", "source" };
    const struct fields *fields = fields_of(arm, id);
    const struct field *const each[] = { &fields->a, &fields->b, &fields->c };
    for (unsigned i = 0; i < 3; i++)
        if (each[i]->name && (strcmp(each[i]->name, field) == 0 || has_more(each[i]->kind, field)))
            return true;
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i], field) == 0)
            return true;
    return id == INTACT_TRACE_MISTAKE && strcmp(field, "mistake") == 0;
}

static void write_word(FILE *file, uint64_t word)
{
    const char *comma = "";
    putc('[', file);
    for (unsigned bit = 0; bit < PENDING_BITS; bit++) {
        if (word >> bit & 1) {
            fprintf(file, "%s\"%s\"", comma, pending_bits[bit]);
            comma = ",";
        }
    }
    putc(']', file);
}

static void write_chip(FILE *file, const struct intact_trace_event *event, uint64_t chip)
{
    char name[48];
    chip_name(event, chip, name, sizeof name);
    if (chip == CHIP_MESSAGE)
        fputs("null", file);
    else
        escape_json(file, name);
}

static void write_drop(FILE *file, const struct intact_trace_event *event)
{
    const struct drop *drop = drop_of(event->a);
    if (drop)
        escape_json(file, drop->text);
    else
        fprintf(file, "\"0x%" PRIx64 "\"", event->a);
    if (!drop || drop->b)
        fprintf(file, ",\"%s\":\"0x%" PRIx64 "\"", drop ? drop->b : "b", event->b);
    if (!drop || drop->c)
        fprintf(file, ",\"%s\":\"0x%" PRIx64 "\"", drop ? drop->c : "c", event->c);
}

static void write_field(FILE *file, const struct intact_trace_event *event, const struct field *field, uint64_t value)
{
    if (field->kind == ABSENT || (field->kind == NOT_ZERO && value == 0))
        return;
    fprintf(file, ",\"%s\":", field->name);
    switch (field->kind) {
    case GSI:
        if (value >= INTACT_NMI_LINE) // or a pin's own wire, which has no number
            fputs("null", file);
        else
            fprintf(file, "%" PRIu64, value);
        break;
    case HEX: fprintf(file, "\"0x%" PRIx64 "\"", value); break;
    case LEVEL: fputs(value ? "true" : "false", file); break;
    case CHIP: write_chip(file, event, value); break;
    case PENDING: write_word(file, value); break;
    case DELIVERY: escape_json(file, delivery_text(value)); break;
    case IPI_MODE:
        fprintf(file, "\"%s\",\"shorthand\":\"%s\"", delivery_text(value), shorthand_text(value >> 8));
        break;
    case EXCEPTION: fprintf(file, "\"%s\"", value == 0x40 ? "FIQ" : "IRQ"); break;
    case ACCESS:
        fprintf(file, "%u,\"write\":%s,\"port\":%s", (unsigned)(value & 0xff), value >> 8 & 1 ? "true" : "false",
                value >> 9 & 1 ? "true" : "false");
        break;
    case DROP: write_drop(file, event); break;
    default: fprintf(file, "%" PRIu64, value); break;
    }
}

// --- Lines -----------------------------------------------------------------------------------------------------------

static int json_begin(struct export *export)
{
    const struct export_machine *machine = &export->machine;
    struct lives *lives = calloc(1, sizeof *lives);
    if (!lives)
        return -ENOMEM;
    lives->arm = machine->arm;
    export->state = lives;
    fprintf(export->file, "{\"intact_trace\":%d,\"family\":\"%s\",\"cpus\":%" PRIu32 ",\"title\":", INTACT_TRACE_JSON,
            machine->arm ? "arm" : "x86", machine->cpus);
    escape_json(export->file, machine->title ? machine->title : "");
    fputs("}\n", export->file);
    return 0;
}

static void write_cause(struct export *export, const struct intact_trace_event *event)
{
    struct lives *lives = export->state;
    const struct life *life = lives_event(lives, event, &export->failed);
    const char *source = event->source ? event->source : life ? lives->names.name[life->name] : NULL;
    if (event->cause)
        fprintf(export->file, ",\"cause\":%" PRIu64 ",\"raises\":%" PRIu64, event->cause, event->raises);
    if (source) {
        fputs(",\"source\":", export->file);
        escape_json(export->file, source);
    }
}

static void json_event(struct export *export, const struct intact_trace_event *event)
{
    FILE *file = export->file;
    if (event->id >= INTACT_TRACE_IDS)
        return;
    const struct fields *fields = fields_of(export->machine.arm, event->id);
    fprintf(file, "{\"event\":\"%s\",\"instructions\":%" PRIu64 ",\"time\":%" PRIu64, intact_trace_name(event->id),
            event->instructions, event->time);
    if (event->cpu != INTACT_NO_CPU)
        fprintf(file, ",\"cpu\":%" PRIu32, event->cpu);
    write_cause(export, event);
    write_field(file, event, &fields->a, event->a);
    write_field(file, event, &fields->b, event->b);
    write_field(file, event, &fields->c, event->c);
    if (event->mistake) {
        fputs(",\"mistake\":", file);
        escape_json(file, event->mistake);
    }
    fputs("}\n", file);
}

static void json_end(struct export *export)
{
    lives_free(export->state);
    free(export->state);
}

const struct export_format export_json = {
    .name = "json",
    .about = "JSON Lines, an object for each event",
    .begin = json_begin,
    .event = json_event,
    .end = json_end,
};
