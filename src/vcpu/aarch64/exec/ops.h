// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The list of all AArch64 ops, in the order of their codes. The executor expands it, and so would any other.
//   plain(name)       void op_name(cpu, op): cannot fail, falls to the next op
//   bare(name, full)  the same without flags; `full` is the op that sets them: A64 has none, its instructions say what they set
//   checked(name)     enum op_out op_name(cpu, op)
//   jump(name)        const struct op *op_name(cpu, op): ends a block; the next head, or NULL to leave with PC set
#ifndef VCPU_AARCH64_EXEC_OPS_H
#define VCPU_AARCH64_EXEC_OPS_H

#include "vcpu/op.h"

// In the order of the encoding, without AL and NV.
// clang-format off
#define A64_CONDITIONS(X) X(EQ) X(NE) X(HS) X(LO) X(MI) X(PL) X(VS) X(VC) X(HI) X(LS) X(GE) X(LT) X(GT) X(LE)

#define A64_OPS_SIZES(plain, NAME) plain(NAME##32) plain(NAME##64)
#define A64_OPS_FORMS(plain, NAME) plain(NAME##32RR) plain(NAME##64RR) plain(NAME##32RI) plain(NAME##64RI)
#define A64_OPS_CONDITION(plain, jump, CC)                                                                       \
    jump(B##CC) plain(CSEL32##CC) plain(CSEL64##CC) plain(CSINC32##CC) plain(CSINC64##CC) plain(CSINV32##CC)     \
    plain(CSINV64##CC) plain(CSNEG32##CC) plain(CSNEG64##CC)

// OP_DEAD and OP_HEAD (vcpu/block.h) are codes 0 and 1, written in the executor itself.
#define A64_OPS(plain, bare, checked, jump)                                                                            \
    A64_OPS_FORMS(plain, ADD) A64_OPS_FORMS(plain, SUB) A64_OPS_FORMS(plain, ADDS) A64_OPS_FORMS(plain, SUBS)          \
    A64_OPS_FORMS(plain, AND) A64_OPS_FORMS(plain, ORR) A64_OPS_FORMS(plain, EOR) A64_OPS_FORMS(plain, ANDS)           \
    A64_OPS_SIZES(plain, BIC) A64_OPS_SIZES(plain, ORN) A64_OPS_SIZES(plain, EON) A64_OPS_SIZES(plain, BICS)           \
    A64_OPS_SIZES(plain, ADDL) A64_OPS_SIZES(plain, SUBL) A64_OPS_SIZES(plain, ORRL)                                   \
    A64_OPS_SIZES(plain, ADC) A64_OPS_SIZES(plain, SBC) A64_OPS_SIZES(plain, ADCS) A64_OPS_SIZES(plain, SBCS)          \
    A64_OPS_SIZES(plain, SHL) A64_OPS_SIZES(plain, SHR) A64_OPS_SIZES(plain, SAR) A64_OPS_SIZES(plain, ROR)            \
    A64_OPS_SIZES(plain, SHLV) A64_OPS_SIZES(plain, SHRV) A64_OPS_SIZES(plain, SARV) A64_OPS_SIZES(plain, RORV)        \
    A64_OPS_SIZES(plain, SBF) A64_OPS_SIZES(plain, BFM) A64_OPS_SIZES(plain, EXTR) plain(UBF) plain(UBFZ)              \
    plain(UXTW) plain(SXTW) plain(EXTEND) A64_OPS_SIZES(plain, MOV) plain(MOVI) A64_OPS_SIZES(plain, MOVK)             \
    A64_OPS_SIZES(plain, MADD) A64_OPS_SIZES(plain, MSUB) plain(SMADDL) plain(UMADDL) plain(SMSUBL) plain(UMSUBL)      \
    plain(SMULH) plain(UMULH) A64_OPS_SIZES(plain, UDIV) A64_OPS_SIZES(plain, SDIV) A64_OPS_SIZES(plain, RBIT)         \
    A64_OPS_SIZES(plain, REV16) A64_OPS_SIZES(plain, REV32) plain(REV64) A64_OPS_SIZES(plain, CLZ)                     \
    A64_OPS_SIZES(plain, CLS) plain(CRC32) plain(CCMP) plain(GET) plain(PUT)                                           \
    checked(LD8) checked(LD16) checked(LD32) checked(LD64) checked(LDS8_32) checked(LDS16_32) checked(LDS8_64)         \
    checked(LDS16_64) checked(LDS32_64) checked(LD8X) checked(LD16X) checked(LD32X) checked(LD64X) checked(LDS8_32X)   \
    checked(LDS16_32X) checked(LDS8_64X) checked(LDS16_64X) checked(LDS32_64X) checked(ST8) checked(ST16)              \
    checked(ST32) checked(ST64) checked(ST8X) checked(ST16X) checked(ST32X) checked(ST64X) checked(LDP32)              \
    checked(LDP64) checked(LDPS32) checked(STP32) checked(STP64) checked(LDV8) checked(LDV16) checked(LDV32)           \
    checked(LDV64) checked(LDV128) checked(STV8) checked(STV16) checked(STV32) checked(STV64) checked(STV128)          \
    checked(LDPV32) checked(LDPV64) checked(LDPV128) checked(STPV32) checked(STPV64) checked(STPV128)                  \
    checked(CHECKSP) checked(CHECKALIGN) checked(BREAK) checked(MRS) checked(MSR) checked(SIMD) checked(HELP)                         \
    jump(EXIT) jump(JUMP) jump(END) jump(CBZ32) jump(CBZ64) jump(CBNZ32) jump(CBNZ64) jump(TBZ) jump(TBNZ)             \
    jump(SVC) jump(ERET)                                                                                               \
    A64_OPS_CONDITION(plain, jump, EQ) A64_OPS_CONDITION(plain, jump, NE) A64_OPS_CONDITION(plain, jump, HS)           \
    A64_OPS_CONDITION(plain, jump, LO) A64_OPS_CONDITION(plain, jump, MI) A64_OPS_CONDITION(plain, jump, PL)           \
    A64_OPS_CONDITION(plain, jump, VS) A64_OPS_CONDITION(plain, jump, VC) A64_OPS_CONDITION(plain, jump, HI)           \
    A64_OPS_CONDITION(plain, jump, LS) A64_OPS_CONDITION(plain, jump, GE) A64_OPS_CONDITION(plain, jump, LT)           \
    A64_OPS_CONDITION(plain, jump, GT) A64_OPS_CONDITION(plain, jump, LE)

// How far apart the ops of two neighbouring conditions are.
#define A64_CONDITION_STRIDE (A64_OP_BNE - A64_OP_BEQ)

#define A64_OP_CODE(name)         A64_OP_##name,
#define A64_OP_CODE_N(name, full) A64_OP_##name,
enum a64_op_code {
    A64_OP_DEAD = 0,
    A64_OP_HEAD = 1,
    A64_OPS(A64_OP_CODE, A64_OP_CODE_N, A64_OP_CODE, A64_OP_CODE)
    A64_OP_COUNT
};
#undef A64_OP_CODE
#undef A64_OP_CODE_N
// clang-format on

#endif
