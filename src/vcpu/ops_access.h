// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Loads and stores of one general register, the same ops in every architecture. It is a template like executor.h:
// ops_memory.h of an architecture defines the four names below and includes this file once.
//
//   ACCESS_CPU           the guest's CPU, whose `vcpu` is a struct vcpu and whose slots are `r`
//   ACCESS_INDEXED(cpu, op)  the address of the X form, which has an index
//   ACCESS_LOAD_SLOW, ACCESS_STORE_SLOW  functions for what is no hit in the TLB; what they answer, the op answers
//
// Each op has two forms: [a + disp], and X. A hit is one compare; everything else is a call.
#include "vcpu/access.h"

ALWAYS_INLINE enum op_out load_into(ACCESS_CPU *cpu, const struct op *op, uint64_t address, unsigned size,
                                    uint64_t *value)
{
    if (tlb_load_fast(&cpu->vcpu, address, size, value))
        return OP_NEXT;
    uint64_t loaded; // its address is passed on, so it is not `value`, which can then stay in a register
    enum op_out out = ACCESS_LOAD_SLOW(cpu, op, address, size, &loaded);
    *value = loaded;
    return out;
}

ALWAYS_INLINE enum op_out store_from(ACCESS_CPU *cpu, const struct op *op, uint64_t address, unsigned size,
                                     uint64_t value)
{
    if (tlb_store_fast(&cpu->vcpu, address, size, value))
        return OP_NEXT;
    return ACCESS_STORE_SLOW(cpu, op, address, size, value);
}

#define SIMPLE(cpu, op) ((cpu)->r[(op)->a] + (uint64_t)(int64_t)(op)->disp)

// A load of SIZE bytes from WHERE by the function HOW; EXTEND converts `value` for slot d.
#define LOAD_FORM(NAME, SIZE, EXTEND, WHERE, HOW)                                                                      \
    static inline enum op_out op_##NAME(ACCESS_CPU *cpu, const struct op *op)                                          \
    {                                                                                                                  \
        uint64_t value;                                                                                                \
        enum op_out out = HOW(cpu, op, WHERE(cpu, op), SIZE, &value);                                                  \
        if (likely(out != OP_FAULT))                                                                                   \
            cpu->r[op->d] = EXTEND;                                                                                    \
        return out;                                                                                                    \
    }
#define LOAD(NAME, SIZE, EXTEND)                                                                                       \
    LOAD_FORM(NAME, SIZE, EXTEND, SIMPLE, load_into)                                                                   \
    LOAD_FORM(NAME##X, SIZE, EXTEND, ACCESS_INDEXED, load_into)

LOAD(LD8, 1, value)
LOAD(LD16, 2, value)
LOAD(LD32, 4, value)
LOAD(LD64, 8, value)
LOAD(LDS8_32, 1, (uint32_t)(int8_t)value)
LOAD(LDS8_64, 1, (uint64_t)(int8_t)value)
LOAD(LDS16_32, 2, (uint32_t)(int16_t)value)
LOAD(LDS16_64, 2, (uint64_t)(int16_t)value)
LOAD(LDS32_64, 4, (uint64_t)(int32_t)value)

#define STORE_FORM(NAME, SIZE, VALUE, WHERE)                                                                           \
    static inline enum op_out op_##NAME(ACCESS_CPU *cpu, const struct op *op)                                          \
    {                                                                                                                  \
        return store_from(cpu, op, WHERE(cpu, op), SIZE, VALUE);                                                       \
    }
#define STORE(NAME, SIZE, VALUE)                                                                                       \
    STORE_FORM(NAME, SIZE, VALUE, SIMPLE)                                                                              \
    STORE_FORM(NAME##X, SIZE, VALUE, ACCESS_INDEXED)

STORE(ST8, 1, cpu->r[op->d])
STORE(ST16, 2, cpu->r[op->d])
STORE(ST32, 4, cpu->r[op->d])
STORE(ST64, 8, cpu->r[op->d])
