// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Back by going further back and forward again: the place looked for lies in the stretch before this one, or in the one
// before that, which is twice as long, and so on. A stretch is run forward once to count the stops in it, and once more up
// to the last.
#include "machine/back.h"

#include <errno.h>

#include "machine/board/board.h"
#include "machine/machine.h"

// The beginning of the stretch of `length` instructions before `behind`.
static uint64_t before(const struct history *history, uint64_t behind, uint64_t length)
{
    return length < behind - history->first ? behind - length : history->first;
}

static void mute(struct intact_machine *machine, bool muted)
{
    machine_board(machine)->loop.stops.muted = machine->events.muted = muted;
}

bool back_go_to(struct intact_machine *machine, uint64_t instructions)
{
    struct board *board = machine_board(machine);
    mute(machine, true);
    bool done = board->history->go_to(board->history->owner, instructions);
    mute(machine, false);
    stops_forget(&board->loop);
    machine->events.hit[0] = 0;
    return done;
}

// Executes until `cpu` has executed so many of its own instructions; the debugger's points are passed.
static void run_until(struct intact_machine *machine, unsigned cpu, uint64_t executed)
{
    struct loop *loop = &machine_board(machine)->loop;
    mute(machine, true);
    if (loop->vcpus[cpu]->goal < executed) {
        loop_step(loop, loop->vcpus[cpu], executed - loop->vcpus[cpu]->goal);
        while (intact_machine_run(machine).stop == INTACT_STOP_REQUEST)
            continue; // it is there soon
        loop_step(loop, NULL, 0);
    }
    mute(machine, false);
}

bool back_step(struct intact_machine *machine, unsigned cpu)
{
    enum { SHORTEST = 1 };
    struct board *board = machine_board(machine);
    const struct history *history = board->history;
    const struct vcpu *vcpu = board->loop.vcpus[cpu];
    uint64_t here = board->loop.instructions, executed = vcpu->goal;
    for (uint64_t length = SHORTEST;; length *= 2) {
        uint64_t from = before(history, here, length);
        if (!back_go_to(machine, from))
            return false;
        if (vcpu->goal < executed)
            break;
        if (from == history->first)
            return false;
    }
    run_until(machine, cpu, executed - 1);
    return true;
}

// --- the last stop ---------------------------------------------------------------------------------------------------

// A place between two instructions.
struct place {
    struct loop_moment moment;
    bool looked;            // behind what the vCPU takes before its next instruction
    uint64_t stopped_after; // of that vCPU: whether it has stopped here
};

static struct place here(const struct loop *loop)
{
    return (struct place){ .moment = { loop->instructions, loop->turns },
                           .looked = loop->stops.looked,
                           .stopped_after = loop->vcpus[loop->last]->stopped_after };
}

static bool is_before(struct loop_moment a, struct loop_moment b)
{
    return a.instructions < b.instructions || (a.instructions == b.instructions && a.turns < b.turns);
}

// What a search is for: every stop before `behind`, or one event up to it.
struct search {
    struct intact_machine *machine;
    const struct stop_event *event; // NULL: breakpoints, watchpoints and all events
    struct place behind;
    bool inclusive; // a stop at the moment of `behind` counts
};

static bool counts(const struct search *search, const struct intact_exit *end)
{
    const struct loop *loop = &machine_board(search->machine)->loop;
    if (end->reason != INTACT_BREAK || end->stop < INTACT_STOP_EXECUTE || end->stop == INTACT_STOP_OFF)
        return false;
    return search->inclusive || is_before(here(loop).moment, search->behind.moment);
}

// Runs forward to the next stop that counts. False: there is none before the end of the search.
static bool next_stop(const struct search *search, struct intact_exit *end)
{
    const struct loop *loop = &machine_board(search->machine)->loop;
    while (is_before(here(loop).moment, search->behind.moment)) {
        *end = machine_run_to(search->machine, search->behind.moment);
        if (counts(search, end))
            return true;
        if (end->reason != INTACT_BREAK || end->stop != INTACT_STOP_REQUEST)
            break;
    }
    return search->behind.looked && !loop->stops.looked && machine_look(search->machine, end) && counts(search, end);
}

// The last stop between `from` and the end of the search. All of them are counted, and then passed but for the last.
static bool last_stop(const struct search *search, uint64_t from, struct intact_exit *end)
{
    unsigned count = 0;
    if (!back_go_to(search->machine, from))
        return false;
    machine_board(search->machine)->loop.stops.muted = search->event != NULL;
    while (next_stop(search, end))
        count++;
    if (count && back_go_to(search->machine, from)) {
        machine_board(search->machine)->loop.stops.muted = search->event != NULL;
        for (; count; count--)
            next_stop(search, end);
        return true;
    }
    return false;
}

static bool find_last(struct search *search, struct intact_exit *end)
{
    enum { SHORTEST = 1000 };
    const struct history *history = machine_board(search->machine)->history;
    uint64_t behind = search->behind.moment.instructions;
    for (uint64_t length = SHORTEST;; length *= 2) {
        uint64_t from = before(history, behind, length);
        bool found = last_stop(search, from, end);
        machine_board(search->machine)->loop.stops.muted = false;
        if (found || from == history->first)
            return found;
        behind = from;
        search->behind = (struct place){ .moment = { from, 0 } };
        search->inclusive = true;
    }
}

// Back to where a search began.
static void return_to(struct intact_machine *machine, const struct place *place)
{
    const struct loop *loop = &machine_board(machine)->loop;
    struct intact_exit end;
    back_go_to(machine, place->moment.instructions);
    mute(machine, true);
    if (is_before(here(loop).moment, place->moment))
        machine_run_to(machine, place->moment);
    if (place->looked && !loop->stops.looked)
        machine_look(machine, &end);
    loop->vcpus[loop->last]->stopped_after = place->stopped_after;
    mute(machine, false);
}

bool back_to_stop(struct intact_machine *machine, struct intact_exit *end)
{
    struct place start = here(&machine_board(machine)->loop);
    struct search search = { .machine = machine, .behind = { .moment = start.moment } };
    bool found = find_last(&search, end);
    if (!found)
        return_to(machine, &start);
    return found;
}

bool back_continue(struct intact_machine *machine, struct intact_exit *end)
{
    if (back_to_stop(machine, end))
        return true;
    back_go_to(machine, machine_board(machine)->history->first);
    return false;
}

int back_to_event(struct intact_machine *machine, const struct stop_event *event, struct intact_exit *end)
{
    struct place start = here(&machine_board(machine)->loop);
    bool is_at = stop_events_is_at(&machine->events, event);
    struct search search = { machine, event, start, !is_at };
    search.behind.looked &= !is_at;
    int result = stop_events_look_for(&machine->events, event);
    bool found = result == 0 && find_last(&search, end);
    stop_events_look_for(&machine->events, NULL);
    if (result == 0 && !found)
        return_to(machine, &start);
    return found ? 0 : result ? result : -ENOENT;
}
