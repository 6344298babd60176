// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The lint of a machine: what it knows beyond the events is the instruction that they are within (machine/where.h), and its
// chips, devices and lines (pc/pc_lint.c, virt/virt_lint.c).
#include "machine/lint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "machine/where.h"
#include "observe/lint.h"
#include "vcpu/x86_64/cpu.h"

static void where(void *owner, const struct intact_trace_event *event, struct lint_where *where)
{
    const struct board *board = machine_board(owner);
    const struct vcpu *cpu = where_event(board, event);
    if (!cpu)
        return;
    where->cpu = cpu->index;
    where->pc = where_pc(board, cpu);
    where->has_pc = true;
    where->real_mode =
        board->config.type == INTACT_PC && !(((const struct x86_cpu *)(const void *)cpu)->cr0 & X86_CR0_PE);
}

// --- Lines -----------------------------------------------------------------------------------------------------------

static void hear(void *owner, const struct intact_trace_event *event)
{
    struct intact_machine *machine = owner;
    struct board *board = machine_board(machine);
    if (event->id == INTACT_TRACE_LINE && !event->b && event->a < LINT_LINES)
        machine->lint->lowered[event->a] = event->source;
    board->type->lint(board, machine->lint, event);
}

static bool find_line(const struct route *route, const char *source, uint32_t *gsi)
{
    const char *name;
    bool level;
    for (*gsi = 0; *gsi < LINT_LINES; ++*gsi)
        for (uint32_t i = 0; route_source_at(route, *gsi, i, &name, &level); i++)
            if (name && strcmp(name, source) == 0)
                return true;
    return false;
}

// The handler has quieted one source of the line, and not the one that holds it high now.
static bool shared(void *owner, const struct intact_trace_event *event, char *name, size_t size)
{
    struct intact_machine *machine = owner;
    const struct route *route = &machine_board(machine)->route;
    uint32_t gsi, others;
    if (!event->source || !find_line(route, event->source, &gsi))
        return false;
    const char *raiser = route_raised_by(route, gsi, &others), *lowered = machine->lint->lowered[gsi];
    if (!raiser || !lowered || strcmp(raiser, lowered) == 0)
        return false;
    snprintf(name, size, "%s, on the line of %s", raiser, lowered);
    return true;
}

static bool holds(void *owner, enum intact_lint_id id, uint64_t number)
{
    const struct board *board = machine_board(owner);
    return board->type->lint_holds(board, id, number);
}

// --- Life ------------------------------------------------------------------------------------------------------------

int machine_lint(struct intact_machine *machine, const struct intact_lint_config *config)
{
    static const struct lint_machine functions = { hear, shared, holds };
    struct board *board = machine_board(machine);
    struct intact_lint *lint;
    if (machine->lint)
        return 0;
    int result = intact_lint_create(config, &lint);
    if (result < 0)
        return result;
    lint->config.arm = board->config.type == INTACT_VIRT;
    lint->where = where;
    lint->where_owner = machine;
    lint->machine = &functions;
    lint->observer.wanted |= INTACT_TRACE_BIT(INTACT_TRACE_LINE) | INTACT_TRACE_BIT(INTACT_TRACE_PIN) |
                             INTACT_TRACE_BIT(INTACT_TRACE_MESSAGE) | INTACT_TRACE_BIT(INTACT_TRACE_ACCESS);
    result = trace_add(&board->trace, &lint->observer);
    if (result < 0)
        intact_lint_destroy(lint);
    else
        machine->lint = lint;
    return result;
}

static bool runs(const struct board *board)
{
    for (uint32_t i = 0; i < board->config.cpus; i++)
        if (board->loop.vcpus[i]->state == VCPU_RUNNING)
            return true;
    return false;
}

size_t machine_lint_each(struct intact_machine *machine,
                         void (*each)(void *owner, const struct intact_lint_finding *finding), void *owner)
{
    struct board *board = machine_board(machine);
    if (!machine->lint)
        return 0;
    lint_check(machine->lint, board->loop.instructions);
    lint_confirm(machine->lint, runs(board) ? board->clock.now : UINT64_MAX);
    board->type->lint_end(board, machine->lint, runs(board));
    return intact_lint_each(machine->lint, each, owner);
}

void machine_lint_free(struct intact_machine *machine)
{
    intact_lint_destroy(machine->lint);
    machine->lint = NULL;
}
