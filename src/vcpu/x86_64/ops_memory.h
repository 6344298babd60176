// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Loads and stores of linear addresses. Each has two forms: [a + disp], and X: [a + (b << s) + disp + x], where x is a
// segment base. A hit in the TLB is one compare; everything else is a call.
#ifndef VCPU_X86_64_OPS_MEMORY_H
#define VCPU_X86_64_OPS_MEMORY_H

#include "vcpu/access.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/ops_alu.h"

// What is no hit (operand.c).
enum op_out x86_load_slow(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size, uint64_t *value);
enum op_out x86_store_slow(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size, uint64_t value);
enum op_out x86_modify_slow(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size, uint64_t *value);

ALWAYS_INLINE enum op_out load_into(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                    uint64_t *value)
{
    if (tlb_load_fast(&cpu->vcpu, address, size, value))
        return OP_NEXT;
    uint64_t loaded; // its address leaves, so it is not `value`, which may live in a register
    enum op_out out = x86_load_slow(cpu, op, address, size, &loaded);
    *value = loaded;
    return out;
}

ALWAYS_INLINE enum op_out store_from(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                     uint64_t value)
{
    if (tlb_store_fast(&cpu->vcpu, address, size, value))
        return OP_NEXT;
    return x86_store_slow(cpu, op, address, size, value);
}

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

#define SIMPLE(cpu, op)  ((cpu)->r[(op)->a] + (uint64_t)(int64_t)(op)->disp)
#define INDEXED(cpu, op) (ADDRESS(cpu, op) + (cpu)->r[(op)->x])

// A load of SIZE bytes; EXTEND turns `value` into what goes to slot d.
#define LOAD_FORM(NAME, SIZE, EXTEND, WHERE, HOW)                                                                      \
    static inline enum op_out op_##NAME(struct x86_cpu *cpu, const struct op *op)                                      \
    {                                                                                                                  \
        uint64_t value;                                                                                                \
        enum op_out out = HOW(cpu, op, WHERE(cpu, op), SIZE, &value);                                                  \
        if (likely(out != OP_FAULT))                                                                                   \
            cpu->r[op->d] = EXTEND;                                                                                    \
        return out;                                                                                                    \
    }
#define LOAD(NAME, SIZE, EXTEND)                                                                                       \
    LOAD_FORM(NAME, SIZE, EXTEND, SIMPLE, load_into)                                                                   \
    LOAD_FORM(NAME##X, SIZE, EXTEND, INDEXED, load_into)

LOAD(LD8, 1, value)
LOAD(LD16, 2, value)
LOAD(LD32, 4, value)
LOAD(LD64, 8, value)
LOAD(LDS8_32, 1, (uint32_t)(int8_t)value)
LOAD(LDS8_64, 1, (uint64_t)(int8_t)value)
LOAD(LDS16_32, 2, (uint32_t)(int16_t)value)
LOAD(LDS16_64, 2, (uint64_t)(int16_t)value)
LOAD(LDS32_64, 4, (uint64_t)(int32_t)value)
LOAD_FORM(LDM8, 1, value, SIMPLE, load_to_modify)
LOAD_FORM(LDM16, 2, value, SIMPLE, load_to_modify)
LOAD_FORM(LDM32, 4, value, SIMPLE, load_to_modify)
LOAD_FORM(LDM64, 8, value, SIMPLE, load_to_modify)

// A store of slot d, or of the immediate beside the displacement.
#define STORE_FORM(NAME, SIZE, VALUE, WHERE)                                                                           \
    static inline enum op_out op_##NAME(struct x86_cpu *cpu, const struct op *op)                                      \
    {                                                                                                                  \
        return store_from(cpu, op, WHERE(cpu, op), SIZE, VALUE);                                                       \
    }
#define STORE(BITS, SIZE)                                                                                              \
    STORE_FORM(ST##BITS, SIZE, cpu->r[op->d], SIMPLE)                                                                  \
    STORE_FORM(ST##BITS##X, SIZE, cpu->r[op->d], INDEXED)                                                              \
    STORE_FORM(STI##BITS, SIZE, (uint64_t)(int64_t)op->value, SIMPLE)                                                  \
    STORE_FORM(STI##BITS##X, SIZE, (uint64_t)(int64_t)op->value, INDEXED)

STORE(8, 1)
STORE(16, 2)
STORE(32, 4)
STORE(64, 8)

// --- the 64-bit stack -------------------------------------------------------------------------------------------------

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
        cpu->r[op->d] = value; // after RSP: POP RSP takes the loaded value
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

// --- 16 bytes ---------------------------------------------------------------------------------------------------------

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
