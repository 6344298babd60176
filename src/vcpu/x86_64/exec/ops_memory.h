// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Loads and stores of linear addresses (vcpu/ops_access.h), read-modify-writes and the 64-bit stack. The form with an index
// is [a + (b << s) + disp + x], where x is a segment base.
#ifndef VCPU_X86_64_OPS_MEMORY_H
#define VCPU_X86_64_OPS_MEMORY_H

#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/ops_register.h"

// Accesses that miss the TLB (operand.c).
enum op_out x86_load_slow(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size, uint64_t *value);
enum op_out x86_store_slow(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size, uint64_t value);
enum op_out x86_modify_slow(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size, uint64_t *value);

#define ACCESS_CPU              struct x86_cpu
#define ACCESS_INDEXED(cpu, op) (ADDRESS(cpu, op) + (cpu)->r[(op)->x])
#define ACCESS_LOAD_SLOW        x86_load_slow
#define ACCESS_STORE_SLOW       x86_store_slow
#include "vcpu/ops_access.h"

// The load of a read-modify-write: the store that follows must not fault, so this one checks for it.
ALWAYS_INLINE enum op_out load_to_modify(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                         uint64_t *value)
{
    if (tlb_modify_fast(&cpu->vcpu, address, size, value))
        return OP_NEXT;
    uint64_t loaded;
    enum op_out out = x86_modify_slow(cpu, op, address, size, &loaded);
    *value = loaded;
    return out;
}

LOAD_FORM(LDM8, 1, value, SIMPLE, load_to_modify)
LOAD_FORM(LDM16, 2, value, SIMPLE, load_to_modify)
LOAD_FORM(LDM32, 4, value, SIMPLE, load_to_modify)
LOAD_FORM(LDM64, 8, value, SIMPLE, load_to_modify)

// Stores of the immediate.
STORE(STI8, 1, (uint64_t)(int64_t)op->value)
STORE(STI16, 2, (uint64_t)(int64_t)op->value)
STORE(STI32, 4, (uint64_t)(int64_t)op->value)
STORE(STI64, 8, (uint64_t)(int64_t)op->value)

// --- the 64-bit stack ------------------------------------------------------------------------------------------------

static inline enum op_out push64(struct x86_cpu *cpu, const struct op *op, uint64_t value)
{
    uint64_t sp = cpu->r[X86_RSP] - 8;
    enum op_out out = store_from(cpu, op, sp, 8, value);
    if (likely(out != OP_FAULT))
        cpu->r[X86_RSP] = sp;
    return out;
}

static inline enum op_out op_PUSH64(struct x86_cpu *cpu, const struct op *op)
{
    return push64(cpu, op, cpu->r[op->a]);
}

static inline enum op_out op_PUSHI64(struct x86_cpu *cpu, const struct op *op)
{
    return push64(cpu, op, (uint64_t)op->imm);
}

static inline enum op_out op_CALL64(struct x86_cpu *cpu, const struct op *op) // pushes the address after the call
{
    return push64(cpu, op, cpu->r[X86_RIP] + (uint64_t)op->imm);
}

static inline enum op_out op_POP64(struct x86_cpu *cpu, const struct op *op)
{
    uint64_t value, sp = cpu->r[X86_RSP];
    enum op_out out = load_into(cpu, op, sp, 8, &value);
    if (likely(out != OP_FAULT)) {
        cpu->r[X86_RSP] = sp + 8;
        cpu->r[op->d] = value; // after RSP: POP RSP sets the loaded value
    }
    return out;
}

static inline enum op_out op_LEAVE64(struct x86_cpu *cpu, const struct op *op)
{
    uint64_t value, sp = cpu->r[X86_RBP];
    enum op_out out = load_into(cpu, op, sp, 8, &value);
    if (likely(out != OP_FAULT)) {
        cpu->r[X86_RSP] = sp + 8;
        cpu->r[X86_RBP] = value;
    }
    return out;
}

// --- 16 bytes --------------------------------------------------------------------------------------------------------

// s: bytes of the operand; x: must be aligned to 16 (else #GP(0)).
enum op_out x86_load_scratch(struct x86_cpu *cpu, const struct op *op, uint64_t address);
enum op_out x86_store_scratch(struct x86_cpu *cpu, const struct op *op, uint64_t address);

static inline enum op_out op_LDSCRATCH(struct x86_cpu *cpu, const struct op *op)
{
    return x86_load_scratch(cpu, op, SIMPLE(cpu, op));
}

static inline enum op_out op_STSCRATCH(struct x86_cpu *cpu, const struct op *op)
{
    return x86_store_scratch(cpu, op, SIMPLE(cpu, op));
}

#endif
