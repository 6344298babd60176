// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The lint of a machine: what it knows beyond the events is the instruction that they are within.
//
// Within a block of instructions the register of the program counter has the start of the block. While an instruction is in a
// slow path, as each that accesses a device is, its place in the block is known, as for the count of instructions
// (vcpu_executed); between two blocks the register itself is exact.
#include "machine/lint.h"

#include <errno.h>

#include "base/bits.h"
#include "debug/registers.h"
#include "observe/lint.h"
#include "vcpu/block.h"
#include "vcpu/x86_64/cpu.h"

static uint64_t program_counter(const struct board *board, const struct vcpu *cpu)
{
    const struct debug_family *family = board->config.type == INTACT_PC ? &debug_x86_64 : &debug_aarch64;
    uint8_t value[DEBUG_REGISTER_BYTES] = { 0 };
    debug_register_read(family, cpu, family->pc, value);
    return bytes_get(value, 8) + (cpu->at ? cpu->block->offsets[cpu->at->n] : 0);
}

// Chips and routing have no processor of their own, and do what the current one asks for. A device's mistake without a
// processor was counted before this access.
static bool is_within(const struct intact_trace_event *event, const struct vcpu *current)
{
    if (event->cpu != INTACT_NO_CPU)
        return event->cpu == current->index;
    return current->at && !(event->id == INTACT_TRACE_MISTAKE && event->a >= INTACT_CHIP_DEVICE);
}

static void where(void *owner, const struct intact_trace_event *event, struct lint_where *where)
{
    const struct board *board = owner;
    struct vcpu *current = board->loop.current;
    if (!current || !is_within(event, current))
        return;
    where->cpu = current->index;
    where->pc = program_counter(board, current);
    where->has_pc = true;
    where->real_mode = board->config.type == INTACT_PC && !(x86_of(current)->cr0 & X86_CR0_PE);
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
