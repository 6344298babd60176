// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Exits of blocks. An exit sets RIP and continues with the next block if it is linked, else through the jump cache, and
// returns to x86_run (guest.c) if the block is not there either.
#ifndef VCPU_X86_64_OPS_JUMP_H
#define VCPU_X86_64_OPS_JUMP_H

#include "vcpu/chain.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/ops_register.h"
#include "vcpu/x86_64/system/debug.h"

// Linear address and mode in one number: linear addresses are canonical, so their bits 60:56 are known from bit 55.
ALWAYS_INLINE uint64_t x86_jump_key(const struct x86_cpu *cpu)
{
    return (cpu->r[X86_RIP] + cpu->r[X86_BASE + X86_CS]) ^ ((uint64_t)cpu->mode << 56);
}

ALWAYS_INLINE const struct op *take_exit(struct x86_cpu *cpu, const struct op *exit)
{
    cpu->r[X86_RIP] = (cpu->r[X86_RIP] + (uint64_t)(int64_t)exit->delta) & cpu->rip_mask;
    return chain_follow(&cpu->vcpu, exit, x86_jump_key(cpu));
}

static inline const struct op *op_EXIT(struct x86_cpu *cpu, const struct op *op)
{
    return take_exit(cpu, op);
}

// To the address in slot a. One that is not canonical is #GP(0) of the jump itself, before anything has changed: the op that
// follows raises it.
ALWAYS_INLINE const struct op *jump_to(struct x86_cpu *cpu, const struct op *op, uint64_t sp)
{
    uint64_t target = cpu->r[op->a] & cpu->rip_mask;
    if (unlikely(!x86_is_canonical(target)))
        return op + 1;
    cpu->r[X86_RSP] = sp;
    cpu->r[X86_RIP] = target;
    return jump_cached(&cpu->vcpu, x86_jump_key(cpu));
}

static inline const struct op *op_JUMP(struct x86_cpu *cpu, const struct op *op)
{
    return jump_to(cpu, op, cpu->r[X86_RSP]);
}

static inline const struct op *op_RETURN(struct x86_cpu *cpu, const struct op *op) // and drops imm bytes of the stack
{
    return jump_to(cpu, op, cpu->r[X86_RSP] + (uint64_t)op->imm);
}

static inline const struct op *op_BRANCH(struct x86_cpu *cpu, const struct op *op) // taken if slot a is not 0
{
    return take_exit(cpu, cpu->r[op->a] ? op + 1 : op + 2);
}

// The next block after an instruction that may have changed anything, also the mode: the program counter is the new one. NULL: the
// loop has something to look at first, or blocks of this mode run one at a time (guest.c).
static inline const struct op *x86_resume(struct x86_cpu *cpu)
{
    struct vcpu *vcpu = &cpu->vcpu;
    bool wide = cpu->mode & X86_MODE_64, flat = (cpu->mode & X86_MODE_FLAT) && (cpu->mode & X86_MODE_32);
    if (vcpu->pending || vcpu->kick || vcpu->left <= 0 || cpu->traps || (cpu->eflags & X86_TF) || !(wide || flat) ||
        x86_has_breakpoints(cpu))
        return NULL;
    cpu->rip_mask = wide ? UINT64_MAX : UINT32_MAX;
    return jump_cached(vcpu, x86_jump_key(cpu));
}

static inline const struct op *op_END(struct x86_cpu *cpu, const struct op *op)
{
    cpu->r[X86_RIP] = (cpu->r[X86_RIP] + (uint64_t)(int64_t)op->delta) & cpu->rip_mask;
    return x86_resume(cpu);
}

// A conditional jump is followed by its two exits, taken first.
#define CONDITIONAL_JUMP(CC)                                                                                           \
    static inline const struct op *op_J##CC(struct x86_cpu *cpu, const struct op *op)                                  \
    {                                                                                                                  \
        return take_exit(cpu, COND_##CC(cpu) ? op + 1 : op + 2);                                                       \
    }
X86_CONDITIONS(CONDITIONAL_JUMP)

#endif
