// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Register-to-register operations: one function each. Sources are slots a and b, or slot a and an immediate; the result
// goes to slot d. A 32-bit result clears the upper half, an 8- or 16-bit result keeps the rest (SDM vol. 1 section
// 3.4.1.1). cpu.h describes how flags are stored.
#ifndef VCPU_X86_64_OPS_REGISTER_H
#define VCPU_X86_64_OPS_REGISTER_H

#include "vcpu/x86_64/cpu.h"

// --- results ---------------------------------------------------------------------------------------------------------

static inline void put8(struct x86_cpu *cpu, unsigned d, uint8_t value)
{
    cpu->r[d] = (cpu->r[d] & ~UINT64_C(0xff)) | value;
}

static inline void put16(struct x86_cpu *cpu, unsigned d, uint16_t value)
{
    cpu->r[d] = (cpu->r[d] & ~UINT64_C(0xffff)) | value;
}

static inline void put32(struct x86_cpu *cpu, unsigned d, uint32_t value)
{
    cpu->r[d] = value;
}

static inline void put64(struct x86_cpu *cpu, unsigned d, uint64_t value)
{
    cpu->r[d] = value;
}

// --- flags -----------------------------------------------------------------------------------------------------------

// Carries out of each bit, moved so that the operand's top bit is bit 63.
static inline uint64_t carries_aux(uint64_t carries, unsigned bits)
{
    return ((carries << (64 - bits)) & UINT64_C(0xc000000000000000)) | (carries & 8);
}

static inline void flags_add(struct x86_cpu *cpu, unsigned bits, uint64_t a, uint64_t b, uint64_t r)
{
    cpu->aux = carries_aux((a & b) | ((a | b) & ~r), bits);
    cpu->result = (uint64_t)bits_sign(r, bits);
}

static inline void flags_sub(struct x86_cpu *cpu, unsigned bits, uint64_t a, uint64_t b, uint64_t r)
{
    cpu->aux = carries_aux((~a & b) | ((~a | b) & r), bits);
    cpu->result = (uint64_t)bits_sign(r, bits);
}

static inline void flags_logic(struct x86_cpu *cpu, unsigned bits, uint64_t r)
{
    cpu->aux = 0;
    cpu->result = (uint64_t)bits_sign(r, bits);
}

static inline void op_DIRECTION(struct x86_cpu *cpu, const struct op *op) // x: DF
{
    cpu->eflags = bits_merge(cpu->eflags, op->x ? X86_DF : 0, X86_DF);
}

// CF, OF and AF given; ZF, SF and PF by the result.
static inline void flags_set(struct x86_cpu *cpu, unsigned bits, uint64_t r, bool cf, bool of, bool af)
{
    cpu->aux = (uint64_t)cf << 63 | (uint64_t)(cf ^ of) << 62 | (uint64_t)af << 3;
    cpu->result = (uint64_t)bits_sign(r, bits);
}

// --- two operands ----------------------------------------------------------------------------------------------------

#define ALU_FORM(NAME, BITS, TYPE, FORM, B, BODY)                                                                      \
    static inline void op_##NAME##BITS##FORM(struct x86_cpu *cpu, const struct op *op)                                 \
    {                                                                                                                  \
        TYPE a = (TYPE)cpu->r[op->a], b = (TYPE)(B), r;                                                                \
        BODY                                                                                                           \
    }
#define ALU(NAME, BITS, TYPE, BODY)                                                                                    \
    ALU_FORM(NAME, BITS, TYPE, RR, cpu->r[op->b], BODY)                                                                \
    ALU_FORM(NAME, BITS, TYPE, RI, op->imm, BODY)

#define ALU_SIZE(BITS, TYPE)                                                                                           \
    ALU(ADD, BITS, TYPE, r = (TYPE)(a + b); put##BITS(cpu, op->d, r); flags_add(cpu, BITS, a, b, r);)                  \
    ALU(ADC, BITS, TYPE, r = (TYPE)(a + b + x86_cf(cpu)); put##BITS(cpu, op->d, r); flags_add(cpu, BITS, a, b, r);)    \
    ALU(SUB, BITS, TYPE, r = (TYPE)(a - b); put##BITS(cpu, op->d, r); flags_sub(cpu, BITS, a, b, r);)                  \
    ALU(SBB, BITS, TYPE, r = (TYPE)(a - b - x86_cf(cpu)); put##BITS(cpu, op->d, r); flags_sub(cpu, BITS, a, b, r);)    \
    ALU(CMP, BITS, TYPE, r = (TYPE)(a - b); flags_sub(cpu, BITS, a, b, r);)                                            \
    ALU(AND, BITS, TYPE, r = a & b; put##BITS(cpu, op->d, r); flags_logic(cpu, BITS, r);)                              \
    ALU(OR, BITS, TYPE, r = a | b; put##BITS(cpu, op->d, r); flags_logic(cpu, BITS, r);)                               \
    ALU(XOR, BITS, TYPE, r = a ^ b; put##BITS(cpu, op->d, r); flags_logic(cpu, BITS, r);)                              \
    ALU(TEST, BITS, TYPE, r = a & b; flags_logic(cpu, BITS, r);)

ALU_SIZE(8, uint8_t)
ALU_SIZE(16, uint16_t)
ALU_SIZE(32, uint32_t)
ALU_SIZE(64, uint64_t)

// The same without flags, where a later instruction overwrites them before they are used.
#define ALU_PLAIN_SIZE(BITS, TYPE)                                                                                     \
    ALU(ADDN, BITS, TYPE, r = (TYPE)(a + b); put##BITS(cpu, op->d, r);)                                                \
    ALU(SUBN, BITS, TYPE, r = (TYPE)(a - b); put##BITS(cpu, op->d, r);)                                                \
    ALU(ANDN, BITS, TYPE, r = a & b; put##BITS(cpu, op->d, r);)                                                        \
    ALU(ORN, BITS, TYPE, r = a | b; put##BITS(cpu, op->d, r);)                                                         \
    ALU(XORN, BITS, TYPE, r = a ^ b; put##BITS(cpu, op->d, r);)

ALU_PLAIN_SIZE(32, uint32_t)
ALU_PLAIN_SIZE(64, uint64_t)

// --- one operand -----------------------------------------------------------------------------------------------------

#define UNARY(NAME, BITS, TYPE, BODY)                                                                                  \
    static inline void op_##NAME##BITS(struct x86_cpu *cpu, const struct op *op)                                       \
    {                                                                                                                  \
        TYPE a = (TYPE)cpu->r[op->a], r;                                                                               \
        BODY put##BITS(cpu, op->d, r);                                                                                 \
    }
#define UNARY_SIZE(BITS, TYPE)                                                                                         \
    UNARY(INC, BITS, TYPE, r = (TYPE)(a + 1);                                                                          \
          flags_set(cpu, BITS, r, x86_cf(cpu), r == (TYPE)((TYPE)1 << (BITS - 1)), !(r & 15));)                        \
    UNARY(DEC, BITS, TYPE, r = (TYPE)(a - 1);                                                                          \
          flags_set(cpu, BITS, r, x86_cf(cpu), a == (TYPE)((TYPE)1 << (BITS - 1)), !(a & 15));)                        \
    UNARY(NEG, BITS, TYPE, r = (TYPE)(0 - a); flags_sub(cpu, BITS, 0, a, r);)                                          \
    UNARY(NOT, BITS, TYPE, r = (TYPE)~a;)

UNARY_SIZE(8, uint8_t)
UNARY_SIZE(16, uint16_t)
UNARY_SIZE(32, uint32_t)
UNARY_SIZE(64, uint64_t)

// --- shifts by a constant, 1 <= imm < BITS (others: x86_shift in arith.c) --------------------------------------------

#define SHIFT_SIZE(BITS, TYPE, STYPE)                                                                                  \
    static inline void op_SHL##BITS(struct x86_cpu *cpu, const struct op *op)                                          \
    {                                                                                                                  \
        TYPE a = (TYPE)cpu->r[op->a], r = (TYPE)(a << op->imm);                                                        \
        bool cf = a >> (BITS - op->imm) & 1;                                                                           \
        put##BITS(cpu, op->d, r);                                                                                      \
        flags_set(cpu, BITS, r, cf, cf ^ (r >> (BITS - 1)), false);                                                    \
    }                                                                                                                  \
    static inline void op_SHR##BITS(struct x86_cpu *cpu, const struct op *op)                                          \
    {                                                                                                                  \
        TYPE a = (TYPE)cpu->r[op->a], r = (TYPE)(a >> op->imm);                                                        \
        put##BITS(cpu, op->d, r);                                                                                      \
        flags_set(cpu, BITS, r, a >> (op->imm - 1) & 1, a >> (BITS - 1), false);                                       \
    }                                                                                                                  \
    static inline void op_SAR##BITS(struct x86_cpu *cpu, const struct op *op)                                          \
    {                                                                                                                  \
        TYPE a = (TYPE)cpu->r[op->a], r = (TYPE)((STYPE)a >> op->imm);                                                 \
        put##BITS(cpu, op->d, r);                                                                                      \
        flags_set(cpu, BITS, r, a >> (op->imm - 1) & 1, false, false);                                                 \
    }                                                                                                                  \
    static inline void op_SHLN##BITS(struct x86_cpu *cpu, const struct op *op)                                         \
    {                                                                                                                  \
        put##BITS(cpu, op->d, (TYPE)((TYPE)cpu->r[op->a] << op->imm));                                                 \
    }                                                                                                                  \
    static inline void op_SHRN##BITS(struct x86_cpu *cpu, const struct op *op)                                         \
    {                                                                                                                  \
        put##BITS(cpu, op->d, (TYPE)((TYPE)cpu->r[op->a] >> op->imm));                                                 \
    }

SHIFT_SIZE(32, uint32_t, int32_t)
SHIFT_SIZE(64, uint64_t, int64_t)

// --- moves -----------------------------------------------------------------------------------------------------------

#define MOVE(NAME, BODY)                                                                                               \
    static inline void op_##NAME(struct x86_cpu *cpu, const struct op *op)                                             \
    {                                                                                                                  \
        uint64_t a = cpu->r[op->a];                                                                                    \
        BODY                                                                                                           \
    }

MOVE(MOV8, put8(cpu, op->d, (uint8_t)a);)
MOVE(MOV16, put16(cpu, op->d, (uint16_t)a);)
MOVE(MOV32, put32(cpu, op->d, (uint32_t)a);)
MOVE(MOV64, put64(cpu, op->d, a);)
MOVE(GETH, cpu->r[op->d] = a >> 8 & 0xff;) // AH, CH, DH, BH
MOVE(PUTH, cpu->r[op->d] = (cpu->r[op->d] & ~UINT64_C(0xff00)) | (a & 0xff) << 8;)
MOVE(MOVZ8, cpu->r[op->d] = (uint8_t)a;)
MOVE(MOVZ16, cpu->r[op->d] = (uint16_t)a;)
MOVE(MOVS8_32, cpu->r[op->d] = (uint32_t)(int8_t)a;)
MOVE(MOVS8_64, cpu->r[op->d] = (uint64_t)(int8_t)a;)
MOVE(MOVS16_32, cpu->r[op->d] = (uint32_t)(int16_t)a;)
MOVE(MOVS16_64, cpu->r[op->d] = (uint64_t)(int16_t)a;)
MOVE(MOVS32_64, cpu->r[op->d] = (uint64_t)(int32_t)a;)
MOVE(BSWAP32, cpu->r[op->d] = __builtin_bswap32((uint32_t)a);)
MOVE(BSWAP64, cpu->r[op->d] = __builtin_bswap64(a);)

static inline void op_MOVI(struct x86_cpu *cpu, const struct op *op)
{
    cpu->r[op->d] = (uint64_t)op->imm;
}

static inline void op_XCHG64(struct x86_cpu *cpu, const struct op *op)
{
    uint64_t a = cpu->r[op->a], b = cpu->r[op->b];
    cpu->r[op->a] = b;
    cpu->r[op->b] = a;
}

static inline void op_SIGNA(struct x86_cpu *cpu, const struct op *op) // CWD, CDQ, CQO: the sign of rAX into rDX
{
    unsigned bits = 8u * op->s;
    uint64_t sign = (uint64_t)(bits_sign(cpu->r[X86_RAX], bits) >> 63);
    if (op->s == 2)
        put16(cpu, X86_RDX, (uint16_t)sign);
    else
        cpu->r[X86_RDX] = op->s == 4 ? (uint32_t)sign : sign;
}

// --- addresses -------------------------------------------------------------------------------------------------------

#define ADDRESS(cpu, op) ((cpu)->r[(op)->a] + ((cpu)->r[(op)->b] << (op)->s) + (uint64_t)(int64_t)(op)->disp)

static inline void op_LEA64(struct x86_cpu *cpu, const struct op *op)
{
    cpu->r[op->d] = ADDRESS(cpu, op) + cpu->r[op->x];
}

static inline void op_LEA32(struct x86_cpu *cpu, const struct op *op) // 32-bit addresses wrap before the segment base
{
    cpu->r[op->d] = (uint32_t)ADDRESS(cpu, op) + cpu->r[op->x];
}

static inline void op_LEA16(struct x86_cpu *cpu, const struct op *op)
{
    cpu->r[op->d] = (uint16_t)ADDRESS(cpu, op);
}

static inline void op_LEAD(struct x86_cpu *cpu, const struct op *op) // [base + displacement]
{
    cpu->r[op->d] = cpu->r[op->a] + (uint64_t)(int64_t)op->disp;
}

// --- conditions ------------------------------------------------------------------------------------------------------

#define COND_O(cpu)   x86_of_flag(cpu)
#define COND_B(cpu)   x86_cf(cpu)
#define COND_Z(cpu)   x86_zf(cpu)
#define COND_BE(cpu)  (x86_cf(cpu) || x86_zf(cpu))
#define COND_S(cpu)   x86_sf(cpu)
#define COND_P(cpu)   x86_pf(cpu)
#define COND_L(cpu)   (x86_sf(cpu) != x86_of_flag(cpu))
#define COND_LE(cpu)  (x86_zf(cpu) || COND_L(cpu))
#define COND_NO(cpu)  (!COND_O(cpu))
#define COND_NB(cpu)  (!COND_B(cpu))
#define COND_NZ(cpu)  (!COND_Z(cpu))
#define COND_NBE(cpu) (!COND_BE(cpu))
#define COND_NS(cpu)  (!COND_S(cpu))
#define COND_NP(cpu)  (!COND_P(cpu))
#define COND_NL(cpu)  (!COND_L(cpu))
#define COND_NLE(cpu) (!COND_LE(cpu))

// In the order of the encoding.
#define X86_CONDITIONS(X) X(O) X(NO) X(B) X(NB) X(Z) X(NZ) X(BE) X(NBE) X(S) X(NS) X(P) X(NP) X(L) X(NL) X(LE) X(NLE)

#define CONDITIONAL(CC)                                                                                                \
    static inline void op_SET##CC(struct x86_cpu *cpu, const struct op *op)                                            \
    {                                                                                                                  \
        put8(cpu, op->d, COND_##CC(cpu));                                                                              \
    }                                                                                                                  \
    static inline void op_CMOV64##CC(struct x86_cpu *cpu, const struct op *op)                                         \
    {                                                                                                                  \
        uint64_t a = cpu->r[op->a], d = cpu->r[op->d];                                                                 \
        cpu->r[op->d] = COND_##CC(cpu) ? a : d;                                                                        \
    }                                                                                                                  \
    static inline void op_CMOV32##CC(struct x86_cpu *cpu, const struct op *op)                                         \
    {                                                                                                                  \
        uint32_t a = (uint32_t)cpu->r[op->a], d = (uint32_t)cpu->r[op->d];                                             \
        cpu->r[op->d] = COND_##CC(cpu) ? a : d;                                                                        \
    }                                                                                                                  \
    static inline void op_CMOV16##CC(struct x86_cpu *cpu, const struct op *op)                                         \
    {                                                                                                                  \
        if (COND_##CC(cpu))                                                                                            \
            put16(cpu, op->d, (uint16_t)cpu->r[op->a]);                                                                \
    }
X86_CONDITIONS(CONDITIONAL)

// --- multiplication --------------------------------------------------------------------------------------------------

#define IMUL_SIZE(BITS, TYPE, STYPE, WIDE)                                                                             \
    static inline void op_IMUL##BITS(struct x86_cpu *cpu, const struct op *op)                                         \
    {                                                                                                                  \
        WIDE wide = (WIDE)(STYPE)cpu->r[op->a] * (STYPE)cpu->r[op->b];                                                 \
        bool over = wide != (STYPE)wide;                                                                               \
        put##BITS(cpu, op->d, (TYPE)wide);                                                                             \
        flags_set(cpu, BITS, (TYPE)wide, over, over, false);                                                           \
    }
IMUL_SIZE(16, uint16_t, int16_t, int32_t)
IMUL_SIZE(32, uint32_t, int32_t, int64_t)
IMUL_SIZE(64, uint64_t, int64_t, __int128)

#endif
