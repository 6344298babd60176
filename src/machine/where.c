// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Which instruction a machine is executing.
#include "machine/where.h"

#include "base/bits.h"
#include "debug/registers.h"
#include "vcpu/block.h"
#include "vcpu/x86_64/cpu.h"

uint64_t where_pc(const struct board *board, const struct vcpu *cpu)
{
    const struct debug_family *family = board->config.type == INTACT_PC ? &debug_x86_64 : &debug_aarch64;
    uint8_t value[DEBUG_REGISTER_BYTES] = { 0 };
    debug_register_read(family, cpu, family->pc, value);
    return bytes_get(value, 8) + (cpu->at ? block_offsets(cpu->block)[cpu->at->n] : 0);
}

uint64_t where_address(const struct board *board, const struct vcpu *cpu)
{
    const struct x86_cpu *x86 = (const struct x86_cpu *)(const void *)cpu;
    uint64_t pc = where_pc(board, cpu);
    if (board->config.type != INTACT_PC)
        return pc;
    uint64_t linear = pc + x86->r[X86_BASE + X86_CS];
    return x86->mode & X86_MODE_64 ? linear : (uint32_t)linear;
}

unsigned where_block_bits(const struct board *board, uint32_t mode)
{
    if (board->config.type != INTACT_PC || (mode & X86_MODE_64))
        return 64;
    return mode & X86_MODE_32 ? 32 : 16;
}

unsigned where_code_bits(const struct board *board, const struct vcpu *cpu)
{
    return where_block_bits(board,
                            board->config.type == INTACT_PC ? ((const struct x86_cpu *)(const void *)cpu)->mode : 0);
}

// Chips and routing have no processor of their own, and do what the current one asks for. A device's mistake without a
// processor was counted before this access.
static bool is_within(const struct intact_trace_event *event, const struct vcpu *current)
{
    if (event->cpu != INTACT_NO_CPU)
        return event->cpu == current->index;
    return current->at && !(event->id == INTACT_TRACE_MISTAKE && event->a >= INTACT_CHIP_DEVICE);
}

const struct vcpu *where_event(const struct board *board, const struct intact_trace_event *event)
{
    const struct vcpu *current = board->loop.current;
    return current && is_within(event, current) ? current : NULL;
}
