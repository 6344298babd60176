// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The list of all x86-64 ops, in the order of their codes. The executor expands it, and so would any other.
//   plain(name)       void op_name(cpu, op): cannot fail, falls to the next op
//   bare(name, full)  the same without flags; `full` is the op that sets them, used when execution may stop in between
//   checked(name)     enum op_out op_name(cpu, op)
//   jump(name)        const struct op *op_name(cpu, op): ends a block; the next head, or NULL to leave with RIP set
#ifndef VCPU_X86_64_OPS_H
#define VCPU_X86_64_OPS_H

#include "vcpu/op.h"

// clang-format off
#define X86_OPS_SIZES(plain, NAME) plain(NAME##8) plain(NAME##16) plain(NAME##32) plain(NAME##64)
#define X86_OPS_FORMS(plain, NAME)                                                 \
    plain(NAME##8RR) plain(NAME##16RR) plain(NAME##32RR) plain(NAME##64RR)         \
    plain(NAME##8RI) plain(NAME##16RI) plain(NAME##32RI) plain(NAME##64RI)
#define X86_OPS_PLAIN(without, NAME)                                               \
    without(NAME##N32RR, NAME##32RR) without(NAME##N64RR, NAME##64RR)              \
    without(NAME##N32RI, NAME##32RI) without(NAME##N64RI, NAME##64RI)
#define X86_OPS_CONDITION(plain, jump, CC) \
    jump(J##CC) plain(SET##CC) plain(CMOV64##CC) plain(CMOV32##CC) plain(CMOV16##CC)

// OP_DEAD and OP_HEAD (vcpu/block.h) are codes 0 and 1, written in the executor itself.
#define X86_OPS(plain, bare, checked, jump)                                                                       \
    X86_OPS_FORMS(plain, ADD) X86_OPS_FORMS(plain, OR) X86_OPS_FORMS(plain, ADC) X86_OPS_FORMS(plain, SBB)        \
    X86_OPS_FORMS(plain, AND) X86_OPS_FORMS(plain, SUB) X86_OPS_FORMS(plain, XOR) X86_OPS_FORMS(plain, CMP)       \
    X86_OPS_FORMS(plain, TEST) X86_OPS_PLAIN(bare, ADD) X86_OPS_PLAIN(bare, SUB) X86_OPS_PLAIN(bare, AND)         \
    X86_OPS_PLAIN(bare, OR) X86_OPS_PLAIN(bare, XOR) X86_OPS_SIZES(plain, INC) X86_OPS_SIZES(plain, DEC)          \
    X86_OPS_SIZES(plain, NEG) X86_OPS_SIZES(plain, NOT) plain(SHL32) plain(SHR32) plain(SAR32) plain(SHL64)       \
    plain(SHR64) plain(SAR64) bare(SHLN32, SHL32) bare(SHRN32, SHR32) bare(SHLN64, SHL64) bare(SHRN64, SHR64)     \
    plain(MOV8) plain(MOV16) plain(MOV32) plain(MOV64) plain(MOVI) plain(GETH) plain(PUTH) plain(MOVZ8)           \
    plain(MOVZ16) plain(MOVS8_32) plain(MOVS8_64) plain(MOVS16_32) plain(MOVS16_64) plain(MOVS32_64)              \
    plain(BSWAP32) plain(BSWAP64) plain(XCHG64) plain(SIGNA) plain(LEA64) plain(LEA32) plain(LEA16)               \
    plain(LEAD) plain(IMUL16) plain(IMUL32) plain(IMUL64) plain(SHIFT) plain(SHIFTD) plain(MULTIPLY)              \
    plain(BITTEST) plain(BITADDRESS) plain(BITSCAN) plain(POPCOUNT) plain(CRC32) plain(CMPXCHG) plain(FLAGOP) checked(LD8)     \
    checked(LD16) checked(LD32) checked(LD64) checked(LDS8_32) checked(LDS8_64) checked(LDS16_32)                 \
    checked(LDS16_64) checked(LDS32_64) checked(LD8X) checked(LD16X) checked(LD32X) checked(LD64X)                \
    checked(LDS8_32X) checked(LDS8_64X) checked(LDS16_32X) checked(LDS16_64X) checked(LDS32_64X) checked(LDM8)    \
    checked(LDM16) checked(LDM32) checked(LDM64) checked(ST8) checked(ST16) checked(ST32) checked(ST64)           \
    checked(ST8X) checked(ST16X) checked(ST32X) checked(ST64X) checked(STI8) checked(STI16) checked(STI32)        \
    checked(STI64) checked(STI8X) checked(STI16X) checked(STI32X) checked(STI64X) checked(PUSH64)                 \
    checked(PUSHI64) checked(CALL64) checked(POP64) checked(LEAVE64) checked(LDSCRATCH) checked(STSCRATCH)        \
    checked(SIMD) checked(LINEAR) checked(CANONICAL) checked(DIVIDE) checked(HELP) checked(STRING) jump(EXIT) jump(JUMP) jump(RETURN)             \
    jump(BRANCH) jump(END) X86_OPS_CONDITION(plain, jump, O) X86_OPS_CONDITION(plain, jump, NO)                   \
    X86_OPS_CONDITION(plain, jump, B) X86_OPS_CONDITION(plain, jump, NB) X86_OPS_CONDITION(plain, jump, Z)        \
    X86_OPS_CONDITION(plain, jump, NZ) X86_OPS_CONDITION(plain, jump, BE) X86_OPS_CONDITION(plain, jump, NBE)     \
    X86_OPS_CONDITION(plain, jump, S) X86_OPS_CONDITION(plain, jump, NS) X86_OPS_CONDITION(plain, jump, P)        \
    X86_OPS_CONDITION(plain, jump, NP) X86_OPS_CONDITION(plain, jump, L) X86_OPS_CONDITION(plain, jump, NL)       \
    X86_OPS_CONDITION(plain, jump, LE) X86_OPS_CONDITION(plain, jump, NLE)

#define X86_OP_CODE(name)        X86_OP_##name,
#define X86_OP_CODE_N(name, full) X86_OP_##name,
enum x86_op_code {
    X86_OP_DEAD = 0,
    X86_OP_HEAD = 1,
    X86_OPS(X86_OP_CODE, X86_OP_CODE_N, X86_OP_CODE, X86_OP_CODE)
    X86_OP_COUNT
};
#undef X86_OP_CODE
#undef X86_OP_CODE_N
// clang-format on

#endif
