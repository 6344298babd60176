// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The lint of a machine: what it knows beyond the events is the instruction that they are within
// (machine/where.h).
#include "machine/lint.h"

#include <errno.h>

#include "machine/where.h"
#include "observe/lint.h"
#include "vcpu/x86_64/cpu.h"

static void where(void *owner, const struct intact_trace_event *event, struct lint_where *where)
{
    const struct board *board = owner;
    const struct vcpu *cpu = where_event(board, event);
    if (!cpu)
        return;
    where->cpu = cpu->index;
    where->pc = where_pc(board, cpu);
    where->has_pc = true;
    where->real_mode =
        board->config.type == INTACT_PC && !(((const struct x86_cpu *)(const void *)cpu)->cr0 & X86_CR0_PE);
}

int machine_lint(struct intact_machine *machine, const struct intact_lint_config *config)
{
    struct board *board = machine_board(machine);
    struct intact_lint *lint;
    if (machine->lint)
        return 0;
    int result = intact_lint_create(config, &lint);
    if (result < 0)
        return result;
    lint->config.arm = board->config.type == INTACT_VIRT;
    lint->where = where;
    lint->where_owner = board;
    result = trace_add(&board->trace, &lint->observer);
    if (result < 0)
        intact_lint_destroy(lint);
    else
        machine->lint = lint;
    return result;
}

size_t machine_lint_each(struct intact_machine *machine,
                         void (*each)(void *owner, const struct intact_lint_finding *finding), void *owner)
{
    if (!machine->lint)
        return 0;
    lint_check(machine->lint, machine_board(machine)->loop.instructions);
    return intact_lint_each(machine->lint, each, owner);
}

void machine_lint_free(struct intact_machine *machine)
{
    intact_lint_destroy(machine->lint);
    machine->lint = NULL;
}
