// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The ways out of a block. An exit moves PC and goes straight to the next block if it is linked, through the jump cache
// if not, and back to a64_run (guest.c) if that does not have it either.
#ifndef VCPU_AARCH64_EXEC_OPS_JUMP_H
#define VCPU_AARCH64_EXEC_OPS_JUMP_H

#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec/ops_register.h"
#include "vcpu/aarch64/system/debug.h"
#include "vcpu/aarch64/system/interrupt.h"
#include "vcpu/aarch64/system/mmu.h"
#include "vcpu/chain.h"
#include "vcpu/stops.h"

// Virtual address and mode in one number: bits 1:0 of an address that can be executed are 0.
ALWAYS_INLINE uint64_t a64_jump_key(const struct a64_cpu *cpu)
{
    return cpu->r[A64_PC] | (cpu->mode & A64_MODE_KEY);
}

ALWAYS_INLINE const struct op *take_exit(struct a64_cpu *cpu, const struct op *exit)
{
    cpu->r[A64_PC] += (uint64_t)(int64_t)exit->delta;
    return chain_follow(&cpu->vcpu, exit, a64_jump_key(cpu));
}

static inline const struct op *op_EXIT(struct a64_cpu *cpu, const struct op *op)
{
    return take_exit(cpu, op);
}

// To the address in slot a. Tagged addresses lose their tag here, so the jump cache never holds one.
static inline const struct op *op_JUMP(struct a64_cpu *cpu, const struct op *op)
{
    uint64_t target = cpu->r[A64_PC] = cpu->r[op->a];
    if (unlikely(target & 3)) {
        cpu->r[A64_PC] = a64_branch_address(cpu, target);
        return NULL;
    }
    const struct op *next = jump_cached(&cpu->vcpu, a64_jump_key(cpu));
    if (unlikely(!next))
        cpu->r[A64_PC] = a64_branch_address(cpu, target);
    return next;
}

static inline enum op_out op_BREAK(struct a64_cpu *cpu, const struct op *op) // disp: this instruction
{
    return a64_breaks(cpu, cpu->r[A64_PC] + (uint64_t)(int64_t)op->disp) ? OP_FAULT : OP_NEXT;
}

static inline enum op_out op_STOP(struct a64_cpu *cpu, const struct op *op) // disp: this instruction
{
    cpu->vcpu.at = op;
    return stops_before(&cpu->vcpu, cpu->r[A64_PC] + (uint64_t)(int64_t)op->disp) ? OP_FAULT : OP_NEXT;
}

// --- a conditional jump is followed by its two exits, taken first ---------------------------------------------------

#define TEST_JUMP(NAME, CONDITION)                                                                                     \
    static inline const struct op *op_##NAME(struct a64_cpu *cpu, const struct op *op)                                 \
    {                                                                                                                  \
        return take_exit(cpu, (CONDITION) ? op + 1 : op + 2);                                                          \
    }
TEST_JUMP(CBZ32, (uint32_t)cpu->r[op->a] == 0)
TEST_JUMP(CBZ64, cpu->r[op->a] == 0)
TEST_JUMP(CBNZ32, (uint32_t)cpu->r[op->a] != 0)
TEST_JUMP(CBNZ64, cpu->r[op->a] != 0)
TEST_JUMP(TBZ, !(cpu->r[op->a] >> op->s & 1))
TEST_JUMP(TBNZ, cpu->r[op->a] >> op->s & 1)

#define CONDITIONAL_JUMP(CC) TEST_JUMP(B##CC, COND_##CC(cpu))
A64_CONDITIONS(CONDITIONAL_JUMP)

// --- to and from EL1 ------------------------------------------------------------------------------------------------

// The next block after an instruction that may have changed anything: the program counter is the new one. NULL: the loop has
// something to look at first, or instructions are stepped (guest.c).
ALWAYS_INLINE const struct op *a64_resume(struct a64_cpu *cpu)
{
    if (unlikely(cpu->vcpu.pending || cpu->vcpu.kick || cpu->illegal || cpu->stepping || (cpu->r[A64_PC] & 3)))
        return NULL;
    return jump_cached(&cpu->vcpu, a64_jump_key(cpu));
}

static inline const struct op *op_END(struct a64_cpu *cpu, const struct op *op)
{
    cpu->r[A64_PC] += (uint64_t)(int64_t)op->delta;
    return a64_resume(cpu);
}

static inline const struct op *op_SVC(struct a64_cpu *cpu,
                                      const struct op *op) // value: immediate; disp: the next instruction
{
    cpu->r[A64_PC] += (uint64_t)(int64_t)op->disp;
    cpu->step = false; // the instruction is over
    a64_enter(cpu, a64_syndrome(A64_EC_SVC, (uint32_t)op->value), A64_VECTOR_SYNC);
    return a64_resume(cpu);
}

static inline const struct op *op_ERET(struct a64_cpu *cpu, const struct op *op)
{
    (void)op;
    a64_return(cpu);
    return a64_resume(cpu);
}

#endif
