// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Breakpoints, watchpoints, events and single steps of <intact/debug.h>.
#include <intact/debug.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "machine/back.h"
#include "machine/board/board.h"
#include "machine/lint.h"
#include "machine/machine.h"
#include "machine/why.h"

static bool is_point(enum intact_stop kind, uint64_t size)
{
    if (kind == INTACT_STOP_EXECUTE)
        return size == 0;
    return (kind == INTACT_STOP_WRITE || kind == INTACT_STOP_READ || kind == INTACT_STOP_ACCESS) && size &&
           size <= PAGE_SIZE;
}

int intact_break_add(struct intact_machine *machine, enum intact_stop kind, uint64_t address, uint64_t size)
{
    struct loop *loop = &machine_board(machine)->loop;
    if (!is_point(kind, size))
        return -EINVAL;
    return loop->current ? -EBUSY : stops_add(loop, (enum stop_kind)kind, address, size);
}

int intact_break_remove(struct intact_machine *machine, enum intact_stop kind, uint64_t address, uint64_t size)
{
    struct loop *loop = &machine_board(machine)->loop;
    return loop->current ? -EBUSY : stops_remove(loop, (enum stop_kind)kind, address, size);
}

// --- Events ----------------------------------------------------------------------------------------------------------

static int tell(char *why, int result, const char *text)
{
    if (why && result < 0)
        snprintf(why, INTACT_ERROR_SIZE, "%s", text);
    return result;
}

static bool is_running(struct intact_machine *machine)
{
    return machine_board(machine)->loop.current != NULL;
}

int intact_break_event(struct intact_machine *machine, const char *event, char *why)
{
    struct error error = { 0 };
    if (is_running(machine))
        return tell(why, -EBUSY, "the machine is running");
    return tell(why, stop_events_add(&machine->events, event, &error), error.text);
}

int intact_break_event_remove(struct intact_machine *machine, const char *event)
{
    return is_running(machine) ? -EBUSY : stop_events_remove(&machine->events, event);
}

const char *intact_break_event_text(const struct intact_machine *machine, unsigned index)
{
    return index < machine->events.count ? machine->events.events[index].text : NULL;
}

const char *intact_break_event_hit(const struct intact_machine *machine)
{
    return machine->last.reason == INTACT_BREAK && machine->last.stop == INTACT_STOP_EVENT ? machine->events.hit : "";
}

static int back(struct intact_machine *machine, const char *text, struct intact_exit *end, struct error *error)
{
    struct stop_event event;
    if (!text)
        return back_to_stop(machine, end) ? 0 : error_set(error, -ENOENT, "nothing stops the run before this place");
    int result = stop_events_parse(&machine->events, text, &event, error);
    if (result == 0)
        result = back_to_event(machine, &event, end);
    if (result == -ENOENT)
        error_set(error, result, "'%s' has not come since the history began", text);
    else if (result == -ENOMEM)
        error_set(error, result, "the host has no memory left");
    return result;
}

int intact_machine_back(struct intact_machine *machine, const char *event, struct intact_exit *end, char *why)
{
    struct error error = { 0 };
    struct intact_exit found;
    if (is_running(machine))
        return tell(why, -EBUSY, "the machine is running");
    if (!machine_board(machine)->history)
        return tell(why, -ENOENT, "the machine has no history: intact_machine_history, or -snapshots, begins one");
    int result = back(machine, event, &found, &error);
    if (result == 0) {
        machine->last = found;
        if (end)
            *end = found;
    }
    return tell(why, result, error.text);
}

// --- Steps -----------------------------------------------------------------------------------------------------------

struct intact_exit intact_machine_step(struct intact_machine *machine, unsigned cpu)
{
    struct loop *loop = &machine_board(machine)->loop;
    assert(cpu < loop->count);
    if (machine->runs)
        return machine_refuse_run(machine);
    loop_step(loop, loop->vcpus[cpu], 1);
    struct intact_exit end = intact_machine_run(machine);
    loop_step(loop, NULL, 0);
    return end;
}

void intact_machine_interrupt(struct intact_machine *machine)
{
    outside_interrupt(&machine_board(machine)->outside);
}

// --- Why -------------------------------------------------------------------------------------------------------------

int intact_machine_why(struct intact_machine *machine, const char *source, intact_why_found *found, void *owner,
                       char *why)
{
    struct error error = { 0 };
    if (is_running(machine))
        return tell(why, -EBUSY, "the machine is running");
    return tell(why, machine_why(machine, source, found, owner, &error), error.text);
}

int intact_machine_why_watch(struct intact_machine *machine)
{
    return is_running(machine) ? -EBUSY : machine_why_watch(machine);
}

bool intact_machine_source(struct intact_machine *machine, unsigned index, char *name, size_t size)
{
    return machine_source_at(machine_board(machine), index, name, size);
}

// --- Lint ------------------------------------------------------------------------------------------------------------

int intact_machine_lint(struct intact_machine *machine, const struct intact_lint_config *config)
{
    return is_running(machine) ? -EBUSY : machine_lint(machine, config);
}

size_t intact_machine_lint_each(struct intact_machine *machine,
                                void (*each)(void *owner, const struct intact_lint_finding *finding), void *owner)
{
    return is_running(machine) ? 0 : machine_lint_each(machine, each, owner);
}
