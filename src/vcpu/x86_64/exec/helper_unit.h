// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Shared by the files of helpers (helper.c, helper_system.c, helper_stack.c): the form of a helper, and its results.
#ifndef VCPU_X86_64_HELPER_UNIT_H
#define VCPU_X86_64_HELPER_UNIT_H

#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops_register.h"

#define X86_HELPER_DECLARED(name, ...) enum op_out x86_help_##name(struct x86_cpu *cpu, const struct op *op);
X86_HELPERS(X86_HELPER_DECLARED)
#undef X86_HELPER_DECLARED

#define HELPER(name) enum op_out x86_help_##name(struct x86_cpu *cpu, const struct op *op)

static inline enum op_out done_if(bool done)
{
    return done ? OP_NEXT : OP_FAULT;
}

static inline enum op_out leave_if(bool done)
{
    return done ? OP_LEAVE : OP_FAULT;
}

// Done; leaves the block after this instruction if vcpu.kick was set meanwhile.
static inline enum op_out finish(const struct x86_cpu *cpu)
{
    return cpu->vcpu.kick ? OP_FINISH : OP_NEXT;
}

static inline enum op_out fault(struct x86_cpu *cpu, enum x86_exception vector)
{
    x86_fault(cpu, vector);
    return OP_FAULT;
}

static inline enum op_out general_protection(struct x86_cpu *cpu)
{
    x86_fault_code(cpu, X86_GP, 0);
    return OP_FAULT;
}

static inline uint64_t next_of(const struct x86_cpu *cpu, const struct op *op)
{
    return (cpu->r[X86_RIP] + (uint64_t)(int64_t)op->value) & cpu->rip_mask;
}

static inline bool is_protected(const struct x86_cpu *cpu)
{
    return (cpu->cr0 & X86_CR0_PE) && !(cpu->eflags & X86_VM);
}

static inline unsigned iopl(const struct x86_cpu *cpu)
{
    return cpu->eflags >> 12 & 3;
}

static inline void put(struct x86_cpu *cpu, unsigned d, unsigned size, uint64_t value)
{
    if (size == 2)
        put16(cpu, d, (uint16_t)value);
    else
        cpu->r[d] = size == 4 ? (uint32_t)value : value;
}

// Interrupts wait until the instruction after this one is done.
static inline void cast_shadow(struct x86_cpu *cpu, bool stack_segment)
{
    cpu->shadow = vcpu_executed(&cpu->vcpu) + 1;
    if (stack_segment)
        cpu->shadow_ss = cpu->shadow;
}

#endif
