// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Back by going further back and forward again: the place looked for lies in the stretch before this one, or in the one
// before that, which is twice as long, and so on. A stretch is run forward once to find the last place in it.
#include "machine/back.h"

#include "machine/board/board.h"
#include "machine/machine.h"

// The beginning of the stretch of `length` instructions before `behind`.
static uint64_t before(const struct history *history, uint64_t behind, uint64_t length)
{
    return length < behind - history->first ? behind - length : history->first;
}

bool back_go_to(struct intact_machine *machine, uint64_t instructions)
{
    struct board *board = machine_board(machine);
    board->loop.stops.muted = true;
    bool done = board->history->go_to(board->history->owner, instructions);
    board->loop.stops.muted = false;
    stops_forget(&board->loop);
    return done;
}

// Executes until `cpu` has executed so many of its own instructions; the debugger's points are passed.
static void run_until(struct intact_machine *machine, unsigned cpu, uint64_t executed)
{
    struct loop *loop = &machine_board(machine)->loop;
    loop->stops.muted = true;
    if (loop->vcpus[cpu]->goal < executed) {
        loop_step(loop, loop->vcpus[cpu], executed - loop->vcpus[cpu]->goal);
        while (intact_machine_run(machine).stop == INTACT_STOP_REQUEST)
            continue; // it is there soon
        loop_step(loop, NULL, 0);
    }
    loop->stops.muted = false;
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

// The last stop of a run from here to `behind`. A watchpoint that stops after its instruction may stop there itself, which
// counts with `inclusive`. False: there is none.
static bool last_stop(struct intact_machine *machine, uint64_t behind, bool inclusive, struct intact_exit *last)
{
    const struct loop *loop = &machine_board(machine)->loop;
    bool found = false;
    while (loop->instructions < behind) {
        struct intact_exit end = intact_machine_run_for(machine, behind - loop->instructions);
        if (end.reason != INTACT_BREAK)
            break;
        if (end.stop >= INTACT_STOP_EXECUTE && (end.instructions < behind || inclusive)) {
            *last = end;
            found = true;
        }
    }
    return found;
}

// The last stop of a stretch is the last that its processor made: it does not stop there again.
static bool arrive(struct intact_machine *machine, const struct intact_exit *end)
{
    struct vcpu *vcpu = machine_board(machine)->loop.vcpus[end->cpu];
    uint64_t after = vcpu->stopped_after;
    bool done = back_go_to(machine, end->instructions);
    vcpu->stopped_after = after;
    return done;
}

bool back_continue(struct intact_machine *machine, struct intact_exit *end)
{
    enum { SHORTEST = 1000 };
    struct board *board = machine_board(machine);
    const struct history *history = board->history;
    uint64_t here = board->loop.instructions, behind = here;
    for (uint64_t length = SHORTEST; behind > history->first; length *= 2) {
        uint64_t from = before(history, behind, length);
        if (!back_go_to(machine, from))
            return false;
        if (last_stop(machine, behind, behind < here, end))
            return arrive(machine, end);
        behind = from;
    }
    back_go_to(machine, history->first);
    return false;
}
