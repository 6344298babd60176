// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See lives.h.
#include "view/lives.h"

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
    if (event->source)
        snprintf(life->source, sizeof life->source, "%s", event->source);
    else
        snprintf(life->source, sizeof life->source, "%s", intact_trace_name(event->id));
    return life;
}

static struct view_station station_of(const struct view *view, const struct intact_trace_event *event)
{
    struct view_station station = {
        .id = event->id, .cpu = event->cpu, .instructions = event->instructions, .time = event->time
    };
    intact_trace_text(event, view->arm, station.text);
    return station;
}

// SDM 3A, table "Protected-Mode Exceptions and Interrupts": vector 2.
static bool is_nmi(const struct view *view, const struct intact_trace_event *event)
{
    return !view->arm && event->id == INTACT_TRACE_TAKE && event->a == 2;
}

static void note_state(struct view_life *life, enum intact_trace_id id)
{
    life->taken |= id == INTACT_TRACE_TAKE;
    life->acknowledged |= id == INTACT_TRACE_ACK;
    life->ended |= id == INTACT_TRACE_EOI;
}

static void count_state(struct view_life *life)
{
    life->taken = life->acknowledged = life->ended = false;
    for (unsigned i = 0; i < life->count; i++)
        note_state(life, life->stations[i].id);
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
    note_state(life, event->id);
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
        count_state(life);
        view->lives[kept++] = *life;
    }
    view->life_count = kept;
}
