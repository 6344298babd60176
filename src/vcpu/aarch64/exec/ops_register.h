// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Register-to-register operations: the meaning of each, written once. Sources are slots a and b, or slot a and an
// immediate; the result goes to slot d. A 32-bit result clears the upper half. cpu.h says how flags are kept.
#ifndef VCPU_AARCH64_EXEC_OPS_REGISTER_H
#define VCPU_AARCH64_EXEC_OPS_REGISTER_H

#include <string.h>

#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec/ops.h"

// --- flags -----------------------------------------------------------------------------------------------------------

// The carry out of the top bit and into it, moved to bits 63 and 62.
static inline uint64_t carries_aux(uint64_t carries, unsigned bits)
{
    return (carries << (64 - bits)) & UINT64_C(0xc000000000000000);
}

static inline void flags_add(struct a64_cpu *cpu, unsigned bits, uint64_t a, uint64_t b, uint64_t r)
{
    cpu->aux = carries_aux((a & b) | ((a | b) & ~r), bits);
    cpu->result = (uint64_t)bits_sign(r, bits);
}

static inline void flags_logic(struct a64_cpu *cpu, unsigned bits, uint64_t r)
{
    cpu->aux = 0;
    cpu->result = (uint64_t)bits_sign(r, bits);
}

// --- two operands ----------------------------------------------------------------------------------------------------

#define ALU_FORM(NAME, BITS, TYPE, FORM, B, BODY)                                                                      \
    static inline void op_##NAME##BITS##FORM(struct a64_cpu *cpu, const struct op *op)                                 \
    {                                                                                                                  \
        TYPE a = (TYPE)cpu->r[op->a], b = (TYPE)(B), r;                                                                \
        BODY cpu->r[op->d] = r;                                                                                        \
    }
#define ALU_RR(NAME, BITS, TYPE, BODY) ALU_FORM(NAME, BITS, TYPE, , cpu->r[op->b], BODY)
#define ALU(NAME, BITS, TYPE, BODY)                                                                                    \
    ALU_FORM(NAME, BITS, TYPE, RR, cpu->r[op->b], BODY)                                                                \
    ALU_FORM(NAME, BITS, TYPE, RI, op->imm, BODY)

#define ALU_SIZE(BITS, TYPE)                                                                                           \
    ALU(ADD, BITS, TYPE, r = a + b;)                                                                                   \
    ALU(SUB, BITS, TYPE, r = a - b;)                                                                                   \
    ALU(ADDS, BITS, TYPE, r = a + b; flags_add(cpu, BITS, a, b, r);)                                                   \
    ALU(SUBS, BITS, TYPE, r = a - b; flags_add(cpu, BITS, a, (TYPE)~b, r);)                                            \
    ALU(AND, BITS, TYPE, r = a & b;)                                                                                   \
    ALU(ORR, BITS, TYPE, r = a | b;)                                                                                   \
    ALU(EOR, BITS, TYPE, r = a ^ b;)                                                                                   \
    ALU(ANDS, BITS, TYPE, r = a & b; flags_logic(cpu, BITS, r);)                                                       \
    ALU_RR(BIC, BITS, TYPE, r = a & ~b;)                                                                               \
    ALU_RR(ORN, BITS, TYPE, r = a | ~b;)                                                                               \
    ALU_RR(EON, BITS, TYPE, r = a ^ ~b;)                                                                               \
    ALU_RR(BICS, BITS, TYPE, r = a & ~b; flags_logic(cpu, BITS, r);)                                                   \
    ALU_RR(ADDL, BITS, TYPE, r = a + (TYPE)(b << op->s);)                                                              \
    ALU_RR(SUBL, BITS, TYPE, r = a - (TYPE)(b << op->s);)                                                              \
    ALU_RR(ORRL, BITS, TYPE, r = a | (TYPE)(b << op->s);)                                                              \
    ALU_RR(ADC, BITS, TYPE, r = a + b + a64_c(cpu);)                                                                   \
    ALU_RR(SBC, BITS, TYPE, r = a + ~b + a64_c(cpu);)                                                                  \
    ALU_RR(ADCS, BITS, TYPE, r = a + b + a64_c(cpu); flags_add(cpu, BITS, a, b, r);)                                   \
    ALU_RR(SBCS, BITS, TYPE, b = ~b; r = a + b + a64_c(cpu); flags_add(cpu, BITS, a, b, r);)                           \
    ALU_RR(UDIV, BITS, TYPE, r = b ? a / b : 0;)                                                                       \
    ALU_RR(SHLV, BITS, TYPE, r = (TYPE)(a << (b % BITS));)                                                             \
    ALU_RR(SHRV, BITS, TYPE, r = (TYPE)(a >> (b % BITS));)                                                             \
    ALU_RR(RORV, BITS, TYPE, r = (TYPE)(a >> (b % BITS) | a << (-b % BITS));)

ALU_SIZE(32, uint32_t)
ALU_SIZE(64, uint64_t)

#define ALU_SIGNED(BITS, TYPE, STYPE)                                                                                  \
    ALU_RR(SDIV, BITS, TYPE, r = b == 0 ? 0 : b == (TYPE)-1 ? (TYPE)(0 - a) : (TYPE)((STYPE)a / (STYPE)b);)            \
    ALU_RR(SARV, BITS, TYPE, r = (TYPE)((STYPE)a >> (b % BITS));)

ALU_SIGNED(32, uint32_t, int32_t)
ALU_SIGNED(64, uint64_t, int64_t)

// --- shifts and fields, by constants (s, x, imm) ---------------------------------------------------------------------

#define UNARY(NAME, TYPE, BODY)                                                                                        \
    static inline void op_##NAME(struct a64_cpu *cpu, const struct op *op)                                             \
    {                                                                                                                  \
        TYPE a = (TYPE)cpu->r[op->a], r;                                                                               \
        BODY cpu->r[op->d] = r;                                                                                        \
    }

UNARY(SHL32, uint32_t, r = a << op->s;)
UNARY(SHL64, uint64_t, r = a << op->s;)
UNARY(SHR32, uint32_t, r = a >> op->s;)
UNARY(SHR64, uint64_t, r = a >> op->s;)
UNARY(SAR32, uint32_t, r = (uint32_t)((int32_t)a >> op->s);)
UNARY(SAR64, uint64_t, r = (uint64_t)((int64_t)a >> op->s);)
UNARY(ROR32, uint32_t, r = a >> op->s | a << (-op->s & 31);)
UNARY(ROR64, uint64_t, r = a >> op->s | a << (-op->s & 63);)
UNARY(UBF, uint64_t, r = a >> op->s & (uint64_t)op->imm;)
UNARY(UBFZ, uint64_t, r = (a & (uint64_t)op->imm) << op->s;)
UNARY(SBF64, uint64_t, r = (uint64_t)((int64_t)(a << op->s) >> op->x);) // the field moved to the top, then down
UNARY(SBF32, uint64_t, r = (uint32_t)((int64_t)(a << op->s) >> op->x);)
UNARY(UXTW, uint64_t, r = (uint64_t)(uint32_t)a << op->s;)
UNARY(SXTW, uint64_t, r = (uint64_t)(int64_t)(int32_t)a << op->s;)
UNARY(MOV32, uint32_t, r = a;)
UNARY(MOV64, uint64_t, r = a;)

static inline void op_MOVI(struct a64_cpu *cpu, const struct op *op)
{
    cpu->r[op->d] = (uint64_t)op->imm;
}

static inline void op_MOVK64(struct a64_cpu *cpu, const struct op *op)
{
    cpu->r[op->d] = (cpu->r[op->a] & ~(UINT64_C(0xffff) << op->s)) | (uint64_t)op->imm;
}

static inline void op_MOVK32(struct a64_cpu *cpu, const struct op *op)
{
    cpu->r[op->d] = (uint32_t)((cpu->r[op->a] & ~(UINT64_C(0xffff) << op->s)) | (uint64_t)op->imm);
}

// Bits imm of d (slot b) from a rotated right by s.
static inline void op_BFM64(struct a64_cpu *cpu, const struct op *op)
{
    uint64_t a = cpu->r[op->a], r = a >> op->s | a << (-op->s & 63);
    cpu->r[op->d] = bits_merge(cpu->r[op->b], r, (uint64_t)op->imm);
}

static inline void op_BFM32(struct a64_cpu *cpu, const struct op *op)
{
    uint32_t a = (uint32_t)cpu->r[op->a], r = a >> op->s | a << (-op->s & 31);
    cpu->r[op->d] = (uint32_t)bits_merge(cpu->r[op->b], r, (uint64_t)op->imm);
}

static inline void op_EXTR64(struct a64_cpu *cpu, const struct op *op) // a:b >> s, 0 < s
{
    cpu->r[op->d] = cpu->r[op->b] >> op->s | cpu->r[op->a] << (64 - op->s);
}

static inline void op_EXTR32(struct a64_cpu *cpu, const struct op *op)
{
    uint64_t wide = cpu->r[op->a] << 32 | (uint32_t)cpu->r[op->b];
    cpu->r[op->d] = (uint32_t)(wide >> op->s);
}

// x: option (section C6.2.4, ExtendReg): size in bits 1:0, signed in bit 2; then shifted left by s.
static inline void op_EXTEND(struct a64_cpu *cpu, const struct op *op)
{
    unsigned bits = 8u << (op->x & 3);
    uint64_t a = cpu->r[op->a];
    cpu->r[op->d] = (op->x & 4 ? (uint64_t)bits_sign(a, bits) : a & bits_low(bits)) << op->s;
}

// --- bits ------------------------------------------------------------------------------------------------------------

static inline uint64_t reverse_in_bytes(uint64_t a)
{
    a = (a >> 1 & UINT64_C(0x5555555555555555)) | (a & UINT64_C(0x5555555555555555)) << 1;
    a = (a >> 2 & UINT64_C(0x3333333333333333)) | (a & UINT64_C(0x3333333333333333)) << 2;
    return (a >> 4 & UINT64_C(0x0f0f0f0f0f0f0f0f)) | (a & UINT64_C(0x0f0f0f0f0f0f0f0f)) << 4;
}

static inline uint64_t swap_in_halves(uint64_t a)
{
    return (a >> 8 & UINT64_C(0x00ff00ff00ff00ff)) | (a & UINT64_C(0x00ff00ff00ff00ff)) << 8;
}

UNARY(RBIT32, uint32_t, r = __builtin_bswap32((uint32_t)reverse_in_bytes(a));)
UNARY(RBIT64, uint64_t, r = __builtin_bswap64(reverse_in_bytes(a));)
UNARY(REV1632, uint32_t, r = (uint32_t)swap_in_halves(a);)
UNARY(REV1664, uint64_t, r = swap_in_halves(a);)
UNARY(REV3232, uint32_t, r = __builtin_bswap32(a);)
UNARY(REV3264, uint64_t, r = __builtin_bswap64(a); r = r >> 32 | r << 32;)
UNARY(REV64, uint64_t, r = __builtin_bswap64(a);)
UNARY(CLZ32, uint32_t, r = a ? (uint32_t)__builtin_clz(a) : 32;)
UNARY(CLZ64, uint64_t, r = a ? (uint64_t)__builtin_clzll(a) : 64;)
UNARY(CLS32, uint32_t, a ^= (uint32_t)((int32_t)a >> 31); r = a ? (uint32_t)__builtin_clz(a) - 1 : 31;)
UNARY(CLS64, uint64_t, a ^= (uint64_t)((int64_t)a >> 63); r = a ? (uint64_t)__builtin_clzll(a) - 1 : 63;)

// --- multiplication: d = x +- a * b ----------------------------------------------------------------------------------

#define MULTIPLY(NAME, TYPE, EXPRESSION)                                                                               \
    static inline void op_##NAME(struct a64_cpu *cpu, const struct op *op)                                             \
    {                                                                                                                  \
        uint64_t a = cpu->r[op->a], b = cpu->r[op->b], x = cpu->r[op->x];                                              \
        cpu->r[op->d] = (TYPE)(EXPRESSION);                                                                            \
    }

MULTIPLY(MADD32, uint32_t, x + a * b)
MULTIPLY(MADD64, uint64_t, x + a * b)
MULTIPLY(MSUB32, uint32_t, x - a * b)
MULTIPLY(MSUB64, uint64_t, x - a * b)
MULTIPLY(SMADDL, uint64_t, x + (uint64_t)((int64_t)(int32_t)a * (int32_t)b))
MULTIPLY(UMADDL, uint64_t, x + (uint64_t)(uint32_t)a * (uint32_t)b)
MULTIPLY(SMSUBL, uint64_t, x - (uint64_t)((int64_t)(int32_t)a * (int32_t)b))
MULTIPLY(UMSUBL, uint64_t, x - (uint64_t)(uint32_t)a * (uint32_t)b)

static inline void op_SMULH(struct a64_cpu *cpu, const struct op *op)
{
    cpu->r[op->d] = (uint64_t)(((__int128)(int64_t)cpu->r[op->a] * (int64_t)cpu->r[op->b]) >> 64);
}

static inline void op_UMULH(struct a64_cpu *cpu, const struct op *op)
{
    cpu->r[op->d] = (uint64_t)(((unsigned __int128)cpu->r[op->a] * cpu->r[op->b]) >> 64);
}

// --- conditions ------------------------------------------------------------------------------------------------------

#define COND_EQ(cpu) a64_z(cpu)
#define COND_HS(cpu) a64_c(cpu)
#define COND_MI(cpu) a64_n(cpu)
#define COND_VS(cpu) a64_v(cpu)
#define COND_HI(cpu) (a64_c(cpu) && !a64_z(cpu))
#define COND_GE(cpu) (a64_n(cpu) == a64_v(cpu))
#define COND_GT(cpu) (!a64_z(cpu) && COND_GE(cpu))
#define COND_NE(cpu) (!COND_EQ(cpu))
#define COND_LO(cpu) (!COND_HS(cpu))
#define COND_PL(cpu) (!COND_MI(cpu))
#define COND_VC(cpu) (!COND_VS(cpu))
#define COND_LS(cpu) (!COND_HI(cpu))
#define COND_LT(cpu) (!COND_GE(cpu))
#define COND_LE(cpu) (!COND_GT(cpu))

#define CONDITIONAL_FORM(NAME, CC, TYPE, OTHER)                                                                        \
    static inline void op_##NAME##CC(struct a64_cpu *cpu, const struct op *op)                                         \
    {                                                                                                                  \
        TYPE a = (TYPE)cpu->r[op->a], b = (TYPE)cpu->r[op->b];                                                         \
        cpu->r[op->d] = COND_##CC(cpu) ? a : (TYPE)(OTHER);                                                            \
    }
#define CONDITIONAL(CC)                                                                                                \
    CONDITIONAL_FORM(CSEL32, CC, uint32_t, b)                                                                          \
    CONDITIONAL_FORM(CSEL64, CC, uint64_t, b)                                                                          \
    CONDITIONAL_FORM(CSINC32, CC, uint32_t, b + 1)                                                                     \
    CONDITIONAL_FORM(CSINC64, CC, uint64_t, b + 1)                                                                     \
    CONDITIONAL_FORM(CSINV32, CC, uint32_t, ~b)                                                                        \
    CONDITIONAL_FORM(CSINV64, CC, uint64_t, ~b)                                                                        \
    CONDITIONAL_FORM(CSNEG32, CC, uint32_t, 0 - b)                                                                     \
    CONDITIONAL_FORM(CSNEG64, CC, uint64_t, 0 - b)
A64_CONDITIONS(CONDITIONAL)

// Compare a with (slot b) + imm if condition x holds, else flags s. d: bit 0 64-bit, bit 1 CCMN.
static inline void op_CCMP(struct a64_cpu *cpu, const struct op *op)
{
    uint64_t a = cpu->r[op->a], b = cpu->r[op->b] + (uint64_t)op->imm;
    if (!a64_holds(cpu, op->x)) {
        a64_set_nzcv(cpu, (uint32_t)op->s << 28);
        return;
    }
    unsigned bits = op->d & 1 ? 64 : 32;
    uint64_t r = op->d & 2 ? a + b : a - b;
    flags_add(cpu, bits, a, op->d & 2 ? b : ~b, r);
}

// --- plain fields of the CPU -----------------------------------------------------------------------------------------

static inline void op_GET(struct a64_cpu *cpu, const struct op *op) // imm: offset in struct a64_cpu
{
    memcpy(&cpu->r[op->d], (const char *)cpu + op->imm, sizeof cpu->r[0]);
}

static inline void op_PUT(struct a64_cpu *cpu, const struct op *op)
{
    memcpy((char *)cpu + op->imm, &cpu->r[op->a], sizeof cpu->r[0]);
}

// --- calls (arith.c) -------------------------------------------------------------------------------------------------

void a64_op_crc32(struct a64_cpu *cpu, const struct op *op); // d = CRC of b (1 << s bytes) into a; x: CRC32C

#endif
