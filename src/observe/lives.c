// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Causes and handlers. See lives.h.
#include "observe/lives.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "observe/chips.h"
#include "observe/grow.h"

// --- Causes ----------------------------------------------------------------------------------------------------------

void source_text(bool arm, const struct intact_trace_event *event, char *out, size_t size)
{
    char chip[48], pin[48];
    if (event->source) {
        snprintf(out, size, "%s", event->source);
        return;
    }
    switch (event->id) {
    case INTACT_TRACE_LINE:
        if (event->a == INTACT_NMI_LINE)
            snprintf(out, size, "NMI line");
        else
            snprintf(out, size, "GSI %" PRIu64, event->a);
        break;
    case INTACT_TRACE_TRIGGER: snprintf(out, size, "source %" PRIu64, event->a + event->b); break;
    case INTACT_TRACE_ROUTE: snprintf(out, size, "GSI %" PRIu64, event->a); break;
    case INTACT_TRACE_MESSAGE: snprintf(out, size, "message to 0x%" PRIx64, event->a); break;
    case INTACT_TRACE_PIN:
        chip_name(event, event->a, chip, sizeof chip);
        pin_name(event->a, event->b, pin, sizeof pin);
        snprintf(out, size, "%s.%s", chip, pin);
        break;
    case INTACT_TRACE_IPI: snprintf(out, size, "cpu%" PRIu32 ".%s", event->cpu, arm ? "sgi" : "ipi"); break;
    case INTACT_TRACE_TIMER:
        if (event->cpu == INTACT_NO_CPU)
            snprintf(out, size, "timer");
        else
            snprintf(out, size, "lapic%" PRIu32 ".timer", event->cpu);
        break;
    case INTACT_TRACE_ACCEPT:
    case INTACT_TRACE_TAKE:
    case INTACT_TRACE_ACK:
    case INTACT_TRACE_EOI:
        if (arm && event->id == INTACT_TRACE_TAKE) // `a` is the kind of exception
            snprintf(out, size, "CPU %" PRIu32, event->cpu);
        else
            snprintf(out, size, arm ? "INTID %" PRIu64 : "vector %02" PRIX64 "h", event->a);
        break;
    default: snprintf(out, size, "unknown"); break;
    }
}

// The place of `cause`, or the free one where it belongs. Causes are small numbers one after the other: they need no hash.
static struct life *find(const struct lives *lives, uint64_t cause)
{
    size_t at = cause & (lives->room - 1);
    while (lives->life[at].cause && lives->life[at].cause != cause)
        at = (at + 1) & (lives->room - 1);
    return &lives->life[at];
}

// At least half of the places stay free.
static int make_room(struct lives *lives)
{
    struct lives bigger = { .room = lives->room ? 2 * lives->room : 64 };
    if (2 * (lives->count + 1) <= lives->room)
        return 0;
    bigger.life = calloc(bigger.room, sizeof *bigger.life);
    if (!bigger.life)
        return -ENOMEM;
    for (size_t i = 0; i < lives->room; i++)
        if (lives->life[i].cause)
            *find(&bigger, lives->life[i].cause) = lives->life[i];
    free(lives->life);
    lives->life = bigger.life;
    lives->room = bigger.room;
    return 0;
}

// An interrupt whose first event is one of these was raised before the trace began.
static bool within(enum intact_trace_id id)
{
    return id == INTACT_TRACE_PENDING || id == INTACT_TRACE_TAKE || id == INTACT_TRACE_ACK || id == INTACT_TRACE_EOI ||
           id == INTACT_TRACE_ROUTE || id == INTACT_TRACE_RESAMPLE;
}

// A level's last event falls where it has been raised before.
static bool falls(const struct intact_trace_event *event)
{
    return (event->id == INTACT_TRACE_LINE && !event->b) || (event->id == INTACT_TRACE_PIN && !event->c);
}

static void begin(struct lives *lives, struct life *life, const struct intact_trace_event *event, int *failed)
{
    char name[96];
    source_text(lives->arm, event, name, sizeof name);
    uint32_t number = name_table_add(&lives->names, name);
    if (number == NAME_TABLE_NONE) {
        *failed = -ENOMEM;
        return;
    }
    *life = (struct life){
        .cause = event->cause,
        .name = number,
        .level = event->id == INTACT_TRACE_LINE || event->id == INTACT_TRACE_PIN,
        .complete = !within(event->id) && !falls(event),
        .raised = moment_of(event),
    };
    lives->count++;
}

struct life *lives_event(struct lives *lives, const struct intact_trace_event *event, int *failed)
{
    if (event->cause == 0)
        return NULL;
    if (make_room(lives) < 0) {
        *failed = -ENOMEM;
        return NULL;
    }
    struct life *life = find(lives, event->cause);
    if (!life->cause)
        begin(lives, life, event, failed);
    else if (event->id == INTACT_TRACE_EOI && life->level)
        life->raised = moment_of(event);
    return life->cause ? life : NULL;
}

void lives_free(struct lives *lives)
{
    name_table_free(&lives->names);
    free(lives->life);
}

// --- Handlers --------------------------------------------------------------------------------------------------------

int deliveries_init(struct deliveries *deliveries, bool arm, uint32_t cpus)
{
    *deliveries = (struct deliveries){ .arm = arm, .cpus = cpus };
    deliveries->exception = calloc(cpus ? cpus : 1, sizeof *deliveries->exception);
    return deliveries->exception ? 0 : -ENOMEM;
}

static void remove_at(struct deliveries *deliveries, size_t at)
{
    deliveries->count--;
    memmove(&deliveries->open[at], &deliveries->open[at + 1], (deliveries->count - at) * sizeof *deliveries->open);
}

// The interrupt `number` that is open at `cpu`, or (INTACT_NO_CPU) at any; `count`: none.
static size_t find_open(const struct deliveries *deliveries, uint32_t cpu, uint64_t number)
{
    size_t at = deliveries->count;
    while (at > 0) {
        const struct delivery *open = &deliveries->open[--at];
        if (open->interrupt == number && (cpu == INTACT_NO_CPU || open->cpu == cpu))
            return at;
    }
    return deliveries->count;
}

static bool depth_used(const struct deliveries *deliveries, uint32_t cpu, uint32_t depth)
{
    for (size_t i = 0; i < deliveries->count; i++)
        if (deliveries->open[i].cpu == cpu && deliveries->open[i].depth == depth)
            return true;
    return false;
}

// Vectors below 16 of a local APIC are exceptions and NMI, which have no EOI.
static bool has_end(const struct deliveries *deliveries, const struct delivery *of)
{
    return deliveries->arm || of->interrupt >= 16;
}

static int open_one(struct deliveries *deliveries, struct delivery *of)
{
    size_t same = find_open(deliveries, of->cpu, of->interrupt);
    if (same < deliveries->count) {
        of->depth = deliveries->open[same].depth;
        remove_at(deliveries, same);
    }
    while (depth_used(deliveries, of->cpu, of->depth))
        of->depth++;
    struct delivery *open = grow(deliveries->open, &deliveries->room, deliveries->count, sizeof *open);
    if (!open)
        return -ENOMEM;
    deliveries->open = open;
    deliveries->open[deliveries->count++] = *of;
    return 0;
}

static enum delivery_step begin_one(struct deliveries *deliveries, const struct intact_trace_event *event,
                                    struct delivery *of, int *failed)
{
    *of =
        (struct delivery){ .cause = event->cause, .interrupt = event->a, .cpu = event->cpu, .begun = moment_of(event) };
    if (deliveries->arm && event->cpu < deliveries->cpus) {
        struct delivery *exception = &deliveries->exception[event->cpu];
        if (event->cause && exception->cause == event->cause)
            of->begun = exception->begun;
        *exception = (struct delivery){ 0 };
    }
    if (has_end(deliveries, of) && open_one(deliveries, of) < 0) {
        *failed = -ENOMEM;
        return DELIVERY_NONE;
    }
    return DELIVERY_BEGINS;
}

// The EOI that a local APIC passes on to IOAPICs, and the end at a distributor, come after the end at the processor.
static enum delivery_step end_one(struct deliveries *deliveries, const struct intact_trace_event *event,
                                  struct delivery *of)
{
    if (event->cpu == INTACT_NO_CPU && event->b != INTACT_CHIP_PIC)
        return DELIVERY_NONE;
    size_t at = find_open(deliveries, event->cpu, event->a);
    if (at == deliveries->count)
        return DELIVERY_NONE;
    *of = deliveries->open[at];
    remove_at(deliveries, at);
    return DELIVERY_ENDS;
}

enum delivery_step deliveries_event(struct deliveries *deliveries, const struct intact_trace_event *event,
                                    struct delivery *of, int *failed)
{
    switch (event->id) {
    case INTACT_TRACE_TAKE:
        if (!deliveries->arm)
            return begin_one(deliveries, event, of, failed);
        if (event->cpu < deliveries->cpus)
            deliveries->exception[event->cpu] =
                (struct delivery){ .cause = event->cause, .cpu = event->cpu, .begun = moment_of(event) };
        return DELIVERY_NONE;
    case INTACT_TRACE_ACK: return deliveries->arm ? begin_one(deliveries, event, of, failed) : DELIVERY_NONE;
    case INTACT_TRACE_EOI: return end_one(deliveries, event, of);
    default: return DELIVERY_NONE;
    }
}

const struct delivery *deliveries_last(const struct deliveries *deliveries, uint32_t cpu)
{
    for (size_t i = deliveries->count; i-- > 0;)
        if (deliveries->open[i].cpu == cpu)
            return &deliveries->open[i];
    return NULL;
}

void deliveries_free(struct deliveries *deliveries)
{
    free(deliveries->open);
    free(deliveries->exception);
}
