// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Loads and stores of virtual addresses: one register (vcpu/ops_access.h), pairs, vectors. The form with an index is
// [a + (b << s)]. A tagged address (TCR_EL1.TBI) has a TLB entry of its own.
#ifndef VCPU_AARCH64_EXEC_OPS_MEMORY_H
#define VCPU_AARCH64_EXEC_OPS_MEMORY_H

#include "vcpu/aarch64/cpu.h"

// The slow paths (memory.c): no hit in the TLB.
enum op_out a64_load_slow(struct a64_cpu *cpu, const struct op *op, uint64_t address, unsigned size, uint64_t *value);
enum op_out a64_store_slow(struct a64_cpu *cpu, const struct op *op, uint64_t address, unsigned size, uint64_t value);

#define ACCESS_CPU              struct a64_cpu
#define ACCESS_INDEXED(cpu, op) ((cpu)->r[(op)->a] + ((cpu)->r[(op)->b] << (op)->s))
#define ACCESS_LOAD_SLOW        a64_load_slow
#define ACCESS_STORE_SLOW       a64_store_slow
#include "vcpu/ops_access.h"

// --- pairs: slots or vectors d and x ------------------------------------------------------------------------------------

// The slow paths (memory.c): `count` elements of `size` bytes, 1-16, one after the other; all or none.
enum op_out a64_load_many(struct a64_cpu *cpu, const struct op *op, uint64_t address, unsigned size, unsigned count,
                          uint64_t *values);
enum op_out a64_store_many(struct a64_cpu *cpu, const struct op *op, uint64_t address, unsigned size, unsigned count,
                           const uint64_t *values);

// Copies `bytes` (at most 32) of plain RAM; false: not plain. `values` has one or two words for each element.
ALWAYS_INLINE bool copy_in(const struct a64_cpu *cpu, uint64_t address, unsigned bytes, void *values)
{
    const struct tlb_entry *entry = tlb_slot(&cpu->vcpu, address);
    if (!tlb_hit(entry->read, address, bytes))
        return false;
    memcpy(values, (const void *)((uintptr_t)address + entry->addend), bytes);
    return true;
}

ALWAYS_INLINE bool copy_out(const struct a64_cpu *cpu, uint64_t address, unsigned bytes, const void *values)
{
    const struct tlb_entry *entry = tlb_slot(&cpu->vcpu, address);
    if (!tlb_hit(entry->write, address, bytes))
        return false;
    memcpy((void *)((uintptr_t)address + entry->addend), values, bytes);
    return true;
}

#define LOAD_PAIR(NAME, TYPE, EXTEND)                                                                                  \
    static inline enum op_out op_##NAME(struct a64_cpu *cpu, const struct op *op)                                      \
    {                                                                                                                  \
        uint64_t address = SIMPLE(cpu, op);                                                                            \
        TYPE pair[2];                                                                                                  \
        enum op_out out = OP_NEXT;                                                                                     \
        if (unlikely(!copy_in(cpu, address, sizeof pair, pair))) {                                                     \
            uint64_t words[2];                                                                                         \
            out = a64_load_many(cpu, op, address, sizeof pair[0], 2, words);                                           \
            if (out == OP_FAULT)                                                                                       \
                return out;                                                                                            \
            pair[0] = (TYPE)words[0];                                                                                  \
            pair[1] = (TYPE)words[1];                                                                                  \
        }                                                                                                              \
        cpu->r[op->d] = EXTEND(pair[0]);                                                                               \
        cpu->r[op->x] = EXTEND(pair[1]);                                                                               \
        return out;                                                                                                    \
    }
#define STORE_PAIR(NAME, TYPE)                                                                                         \
    static inline enum op_out op_##NAME(struct a64_cpu *cpu, const struct op *op)                                      \
    {                                                                                                                  \
        uint64_t address = SIMPLE(cpu, op);                                                                            \
        TYPE pair[2] = { (TYPE)cpu->r[op->d], (TYPE)cpu->r[op->x] };                                                   \
        if (likely(copy_out(cpu, address, sizeof pair, pair)))                                                         \
            return OP_NEXT;                                                                                            \
        uint64_t words[2] = { pair[0], pair[1] };                                                                      \
        return a64_store_many(cpu, op, address, sizeof pair[0], 2, words);                                             \
    }

#define AS_IS(value)     (value)
#define SIGNED_32(value) ((uint64_t)(int32_t)(value))
LOAD_PAIR(LDP32, uint32_t, AS_IS)
LOAD_PAIR(LDP64, uint64_t, AS_IS)
LOAD_PAIR(LDPS32, uint32_t, SIGNED_32)
STORE_PAIR(STP32, uint32_t)
STORE_PAIR(STP64, uint64_t)

// --- vectors: what is loaded fills the low bytes, the rest becomes 0 ----------------------------------------------------

#define VECTOR(BITS)                                                                                                   \
    static inline enum op_out op_LDV##BITS(struct a64_cpu *cpu, const struct op *op)                                   \
    {                                                                                                                  \
        uint64_t address = SIMPLE(cpu, op);                                                                            \
        union a64_vector value = { .d = { 0, 0 } };                                                                    \
        enum op_out out = OP_NEXT;                                                                                     \
        if (unlikely(!copy_in(cpu, address, BITS / 8, &value)))                                                        \
            out = a64_load_many(cpu, op, address, BITS / 8, 1, value.d);                                               \
        if (likely(out != OP_FAULT))                                                                                   \
            cpu->v[op->d] = value;                                                                                     \
        return out;                                                                                                    \
    }                                                                                                                  \
    static inline enum op_out op_STV##BITS(struct a64_cpu *cpu, const struct op *op)                                   \
    {                                                                                                                  \
        uint64_t address = SIMPLE(cpu, op);                                                                            \
        if (likely(copy_out(cpu, address, BITS / 8, &cpu->v[op->d])))                                                  \
            return OP_NEXT;                                                                                            \
        return a64_store_many(cpu, op, address, BITS / 8, 1, cpu->v[op->d].d);                                         \
    }
VECTOR(8)
VECTOR(16)
VECTOR(32)
VECTOR(64)
VECTOR(128)

#define VECTOR_PAIR(BITS)                                                                                              \
    static inline enum op_out op_LDPV##BITS(struct a64_cpu *cpu, const struct op *op)                                  \
    {                                                                                                                  \
        uint64_t address = SIMPLE(cpu, op), words[4];                                                                  \
        uint8_t bytes[2 * BITS / 8];                                                                                   \
        union a64_vector pair[2] = { { .d = { 0, 0 } }, { .d = { 0, 0 } } };                                           \
        enum op_out out = OP_NEXT;                                                                                     \
        if (likely(copy_in(cpu, address, sizeof bytes, bytes))) {                                                      \
            memcpy(&pair[0], bytes, BITS / 8);                                                                         \
            memcpy(&pair[1], bytes + BITS / 8, BITS / 8);                                                              \
        } else {                                                                                                       \
            out = a64_load_many(cpu, op, address, BITS / 8, 2, words);                                                 \
            if (out == OP_FAULT)                                                                                       \
                return out;                                                                                            \
            memcpy(&pair[0], words, BITS / 8);                                                                         \
            memcpy(&pair[1], words + (BITS == 128 ? 2 : 1), BITS / 8);                                                 \
        }                                                                                                              \
        cpu->v[op->d] = pair[0];                                                                                       \
        cpu->v[op->x] = pair[1];                                                                                       \
        return out;                                                                                                    \
    }                                                                                                                  \
    static inline enum op_out op_STPV##BITS(struct a64_cpu *cpu, const struct op *op)                                  \
    {                                                                                                                  \
        uint64_t address = SIMPLE(cpu, op), words[4] = { 0, 0, 0, 0 };                                                 \
        uint8_t bytes[2 * BITS / 8];                                                                                   \
        memcpy(bytes, &cpu->v[op->d], BITS / 8);                                                                       \
        memcpy(bytes + BITS / 8, &cpu->v[op->x], BITS / 8);                                                            \
        if (likely(copy_out(cpu, address, sizeof bytes, bytes)))                                                       \
            return OP_NEXT;                                                                                            \
        memcpy(words, &cpu->v[op->d], BITS / 8);                                                                       \
        memcpy(words + (BITS == 128 ? 2 : 1), &cpu->v[op->x], BITS / 8);                                               \
        return a64_store_many(cpu, op, address, BITS / 8, 2, words);                                                   \
    }
VECTOR_PAIR(32)
VECTOR_PAIR(64)
VECTOR_PAIR(128)

// --- alignment --------------------------------------------------------------------------------------------------------

static inline enum op_out op_CHECKSP(struct a64_cpu *cpu, const struct op *op) // a: the stack pointer (section D1.8.2)
{
    if (likely(!(cpu->r[op->a] & 15)))
        return OP_NEXT;
    a64_fault(cpu, A64_EC_SP, 0);
    return OP_FAULT;
}

// Alignment fault (memory.c); `write`: of a store.
enum op_out a64_misaligned(struct a64_cpu *cpu, uint64_t address, bool write);

// [a + disp] (b: plus (slot b) << x) must be aligned to s bytes; d: the access is a store.
static inline enum op_out op_CHECKALIGN(struct a64_cpu *cpu, const struct op *op)
{
    uint64_t address = SIMPLE(cpu, op) + (cpu->r[op->b] << op->x);
    if (likely(!(address & (op->s - 1u))))
        return OP_NEXT;
    return a64_misaligned(cpu, address, op->d);
}

#endif
