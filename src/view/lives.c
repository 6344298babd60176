// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See lives.h.
#include "view/lives.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct view_life *find(struct view *view, uint64_t cause)
{
    for (unsigned i = view->life_count; i-- > 0;)
        if (view->lives[i].cause == cause)
            return &view->lives[i];
    return NULL;
}

static struct view_life *begin(struct view *view, const struct intact_trace_event *event)
{
    if (view->life_count == VIEW_LIVES) {
        memmove(&view->lives[0], &view->lives[1], (VIEW_LIVES - 1) * sizeof view->lives[0]);
        view->life_count--;
    }
    struct view_life *life = &view->lives[view->life_count++];
    uint64_t number = view->life_count > 1 ? life[-1].number + 1 : 1;
    *life = (struct view_life){ .number = number, .cause = event->cause, .raises = event->raises };
    const char *source = event->source ? event->source : intact_trace_name(event->id);
    snprintf(life->source, sizeof life->source, "%s", source);
    snprintf(life->asks, sizeof life->asks, "%s", source);
    return life;
}

static struct view_station station_of(const struct view *view, const struct intact_trace_event *event)
{
    struct view_station station = {
        .id = event->id, .cpu = event->cpu, .instructions = event->instructions, .time = event->time
    };
    station.low = event->id == INTACT_TRACE_LINE && !event->b;
    intact_trace_text(event, view->arm, station.text);
    return station;
}

// SDM 3A, table "Protected-Mode Exceptions and Interrupts": vector 2.
static bool is_nmi(const struct view *view, const struct intact_trace_event *event)
{
    return !view->arm && event->id == INTACT_TRACE_TAKE && event->a == 2;
}

// An 8259A forgets a request whose line falls, and an IOAPIC one that is masked; a GIC keeps an edge.
static void note_state(const struct view *view, struct view_life *life, const struct view_station *station)
{
    life->accepted |= station->id == INTACT_TRACE_ACCEPT;
    life->taken |= station->id == INTACT_TRACE_TAKE;
    life->acknowledged |= station->id == INTACT_TRACE_ACK;
    life->ended |= station->id == INTACT_TRACE_EOI;
    life->withdrawn |= station->low && !view->arm && !life->accepted && !life->taken;
}

static void count_state(const struct view *view, struct view_life *life)
{
    life->accepted = life->withdrawn = life->taken = life->acknowledged = life->ended = false;
    for (unsigned i = 0; i < life->count; i++)
        note_state(view, life, &life->stations[i]);
}

// The processor that an IPI is for, or the first of several; a number that none has: it is not known before one accepts it.
static uint64_t target_of(const struct view *view, const struct intact_trace_event *event)
{
    unsigned shorthand = event->b >> 8 & 3;
    if (view->arm) {
        uint64_t list = event->a & 0xffff;
        unsigned first = 0;
        while (list && !(list >> first & 1))
            first++;
        return list && !(event->a >> 32 & 0xff01ff) && !(event->a >> 16 & 0xff) ? first : UINT64_MAX;
    }
    return shorthand == 1 ? event->cpu : shorthand == 0 ? event->a : UINT64_MAX;
}

// What a processor sends has no source that could be asked about, but an interrupt at its target.
static void note_asks(const struct view *view, struct view_life *life, const struct intact_trace_event *event)
{
    bool sent = event->id == INTACT_TRACE_IPI;
    bool known = sent ? target_of(view, event) < view->cpu_count : life->sent && event->id == INTACT_TRACE_ACCEPT;
    uint64_t number = sent ? event->c : event->a, cpu = sent ? target_of(view, event) : event->cpu;
    life->sent |= sent;
    if (known && view->arm)
        snprintf(life->asks, sizeof life->asks, "intid:%" PRIu64 "@%" PRIu64, number, cpu);
    else if (known)
        snprintf(life->asks, sizeof life->asks, "vector:0x%" PRIx64 "@%" PRIu64, number, cpu);
}

void lives_hear(struct view *view, const struct intact_trace_event *event)
{
    struct view_station station = station_of(view, event);
    station.again = true; // it comes from the run that goes on, which may be at the end of a way
    if (event->cause == 0)
        return;
    struct view_life *life = find(view, event->cause);
    if (!life)
        life = begin(view, event);
    life->raises = event->raises;
    if (life->count < VIEW_STATIONS)
        life->stations[life->count++] = station;
    else
        life->missing++;
    note_state(view, life, &station);
    note_asks(view, life, event);
    life->nmi |= is_nmi(view, event);
}

void lives_begin_again(struct view *view)
{
    for (unsigned i = 0; i < view->life_count; i++)
        for (unsigned s = 0; s < view->lives[i].count; s++)
            view->lives[i].stations[s].again = false;
}

static struct view_station *same_station(struct view_life *life, const struct view_station *station)
{
    for (unsigned s = 0; s < life->count; s++) {
        struct view_station *was = &life->stations[s];
        if (was->instructions == station->instructions && was->id == station->id &&
            strcmp(was->text, station->text) == 0)
            return was;
    }
    return NULL;
}

bool lives_hear_again(struct view *view, const struct intact_trace_event *event)
{
    struct view_station station = station_of(view, event), *was;
    for (unsigned i = view->life_count; event->cause && i-- > 0;)
        if ((was = same_station(&view->lives[i], &station))) {
            was->again = true;
            view->lives[i].cause = event->cause;
            return true;
        }
    return false;
}

// Of those that came at this moment itself, the ones that came again are before it.
void lives_forget_after(struct view *view, uint64_t instructions)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < view->life_count; i++) {
        struct view_life *life = &view->lives[i];
        const struct view_station *last = life->stations + life->count;
        while (life->count &&
               ((--last)->instructions > instructions || (last->instructions == instructions && !last->again)))
            life->count--;
        if (life->count == 0)
            continue;
        if (life->count < VIEW_STATIONS)
            life->missing = 0;
        count_state(view, life);
        view->lives[kept++] = *life;
    }
    view->life_count = kept;
}
