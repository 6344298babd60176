// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The list of all AArch64 ops, one row each, in the order of their codes (vcpu/op.h says what the columns are). The codes, the
// executor, the names and what a code generator needs to know of an op all come from it.
//
// The flags are kept in two words of the CPU (cpu.h); the columns name them one by one. No op is BARE: the instructions of
// A64 themselves say whether they set flags.
#ifndef VCPU_AARCH64_EXEC_OPS_H
#define VCPU_AARCH64_EXEC_OPS_H

#include "vcpu/op.h"
#include "vcpu/op_text.h"

// Flags in the columns `reads` and `writes`: NZCV of PSTATE, in bits 3:0.
enum { FLAG_V = 1, FLAG_C = 2, FLAG_Z = 4, FLAG_N = 8, FLAGS_NZCV = 15 };

// Operands that many ops have.
enum {
    A64_R = OP_TO_D | OP_OF_A,
    A64_RS = A64_R | OP_S,
    A64_RSX = A64_RS | OP_X,
    A64_RI = A64_R | OP_IMM,
    A64_RR = A64_R | OP_OF_B,
    A64_RRS = A64_RR | OP_S,
    A64_RRR = A64_RR | OP_OF_X,
    A64_LOAD = A64_R | OP_DISP | OP_LOADS,
    A64_LOADX = A64_RRS | OP_LOADS,
    A64_STORE = OP_OF_D | OP_OF_A | OP_DISP | OP_STORES,
    A64_STOREX = OP_OF_D | OP_OF_A | OP_OF_B | OP_S | OP_STORES,
};

// clang-format off
// Conditions in the order of their encoding, without AL and NV.
#define A64_CONDITIONS(X) X(EQ) X(NE) X(HS) X(LO) X(MI) X(PL) X(VS) X(VC) X(HI) X(LS) X(GE) X(LT) X(GT) X(LE)

// What depends on a condition; READS: the flags that it looks at.
#define A64_OPS_CONDITION(OP, CC, READS)                                                                              \
    OP(B##CC,      0,                                                        READS,      0,          0, 0, JUMP)      \
    OP(CSEL32##CC, A64_RR,                                                   READS,      0,          0, 0, PLAIN)     \
    OP(CSEL64##CC, A64_RR,                                                   READS,      0,          0, 0, PLAIN)     \
    OP(CSINC32##CC, A64_RR,                                                   READS,      0,          0, 0, PLAIN)    \
    OP(CSINC64##CC, A64_RR,                                                   READS,      0,          0, 0, PLAIN)    \
    OP(CSINV32##CC, A64_RR,                                                   READS,      0,          0, 0, PLAIN)    \
    OP(CSINV64##CC, A64_RR,                                                   READS,      0,          0, 0, PLAIN)    \
    OP(CSNEG32##CC, A64_RR,                                                   READS,      0,          0, 0, PLAIN)    \
    OP(CSNEG64##CC, A64_RR,                                                   READS,      0,          0, 0, PLAIN)

// OP_DEAD, OP_HEAD and OP_NATIVE are written in the executor itself.
#define A64_OPS(OP)                                                                                                   \
    /* two operands */                                                                                                \
    OP(ADD32RR,    A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ADD64RR,    A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ADD32RI,    A64_RI,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ADD64RI,    A64_RI,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SUB32RR,    A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SUB64RR,    A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SUB32RI,    A64_RI,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SUB64RI,    A64_RI,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ADDS32RR,   A64_RR,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(ADDS64RR,   A64_RR,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(ADDS32RI,   A64_RI,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(ADDS64RI,   A64_RI,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(SUBS32RR,   A64_RR,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(SUBS64RR,   A64_RR,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(SUBS32RI,   A64_RI,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(SUBS64RI,   A64_RI,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(AND32RR,    A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(AND64RR,    A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(AND32RI,    A64_RI,                                                   0,          0,          0, 0, PLAIN)     \
    OP(AND64RI,    A64_RI,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ORR32RR,    A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ORR64RR,    A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ORR32RI,    A64_RI,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ORR64RI,    A64_RI,                                                   0,          0,          0, 0, PLAIN)     \
    OP(EOR32RR,    A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(EOR64RR,    A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(EOR32RI,    A64_RI,                                                   0,          0,          0, 0, PLAIN)     \
    OP(EOR64RI,    A64_RI,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ANDS32RR,   A64_RR,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(ANDS64RR,   A64_RR,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(ANDS32RI,   A64_RI,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(ANDS64RI,   A64_RI,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(BIC32,      A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(BIC64,      A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ORN32,      A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ORN64,      A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(EON32,      A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(EON64,      A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(BICS32,     A64_RR,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(BICS64,     A64_RR,                                                   0,          FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(ADDL32,     A64_RRS,                                                  0,          0,          0, 0, PLAIN)     \
    OP(ADDL64,     A64_RRS,                                                  0,          0,          0, 0, PLAIN)     \
    OP(SUBL32,     A64_RRS,                                                  0,          0,          0, 0, PLAIN)     \
    OP(SUBL64,     A64_RRS,                                                  0,          0,          0, 0, PLAIN)     \
    OP(ORRL32,     A64_RRS,                                                  0,          0,          0, 0, PLAIN)     \
    OP(ORRL64,     A64_RRS,                                                  0,          0,          0, 0, PLAIN)     \
    OP(ADC32,      A64_RR,                                                   FLAG_C,     0,          0, 0, PLAIN)     \
    OP(ADC64,      A64_RR,                                                   FLAG_C,     0,          0, 0, PLAIN)     \
    OP(SBC32,      A64_RR,                                                   FLAG_C,     0,          0, 0, PLAIN)     \
    OP(SBC64,      A64_RR,                                                   FLAG_C,     0,          0, 0, PLAIN)     \
    OP(ADCS32,     A64_RR,                                                   FLAG_C,     FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(ADCS64,     A64_RR,                                                   FLAG_C,     FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(SBCS32,     A64_RR,                                                   FLAG_C,     FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(SBCS64,     A64_RR,                                                   FLAG_C,     FLAGS_NZCV, 0, 0, PLAIN)     \
    /* shifts and fields */                                                                                           \
    OP(SHL32,      A64_RS,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SHL64,      A64_RS,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SHR32,      A64_RS,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SHR64,      A64_RS,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SAR32,      A64_RS,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SAR64,      A64_RS,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ROR32,      A64_RS,                                                   0,          0,          0, 0, PLAIN)     \
    OP(ROR64,      A64_RS,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SHLV32,     A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SHLV64,     A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SHRV32,     A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SHRV64,     A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SARV32,     A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SARV64,     A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(RORV32,     A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(RORV64,     A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SBF32,      A64_RSX,                                                  0,          0,          0, 0, PLAIN)     \
    OP(SBF64,      A64_RSX,                                                  0,          0,          0, 0, PLAIN)     \
    OP(BFM32,      A64_RR | OP_S | OP_IMM,                                   0,          0,          0, 0, PLAIN)     \
    OP(BFM64,      A64_RR | OP_S | OP_IMM,                                   0,          0,          0, 0, PLAIN)     \
    OP(EXTR32,     A64_RRS,                                                  0,          0,          0, 0, PLAIN)     \
    OP(EXTR64,     A64_RRS,                                                  0,          0,          0, 0, PLAIN)     \
    OP(UBF,        A64_RS | OP_IMM,                                          0,          0,          0, 0, PLAIN)     \
    OP(UBFZ,       A64_RS | OP_IMM,                                          0,          0,          0, 0, PLAIN)     \
    OP(UXTW,       A64_RS,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SXTW,       A64_RS,                                                   0,          0,          0, 0, PLAIN)     \
    OP(EXTEND,     A64_RSX,                                                  0,          0,          0, 0, PLAIN)     \
    OP(MOV32,      A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(MOV64,      A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(MOVI,       OP_TO_D | OP_IMM,                                         0,          0,          0, 0, PLAIN)     \
    OP(MOVK32,     A64_RS | OP_IMM,                                          0,          0,          0, 0, PLAIN)     \
    OP(MOVK64,     A64_RS | OP_IMM,                                          0,          0,          0, 0, PLAIN)     \
    /* multiplication, division, bits */                                                                              \
    OP(MADD32,     A64_RRR,                                                  0,          0,          0, 0, PLAIN)     \
    OP(MADD64,     A64_RRR,                                                  0,          0,          0, 0, PLAIN)     \
    OP(MSUB32,     A64_RRR,                                                  0,          0,          0, 0, PLAIN)     \
    OP(MSUB64,     A64_RRR,                                                  0,          0,          0, 0, PLAIN)     \
    OP(SMADDL,     A64_RRR,                                                  0,          0,          0, 0, PLAIN)     \
    OP(UMADDL,     A64_RRR,                                                  0,          0,          0, 0, PLAIN)     \
    OP(SMSUBL,     A64_RRR,                                                  0,          0,          0, 0, PLAIN)     \
    OP(UMSUBL,     A64_RRR,                                                  0,          0,          0, 0, PLAIN)     \
    OP(SMULH,      A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(UMULH,      A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(UDIV32,     A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(UDIV64,     A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SDIV32,     A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(SDIV64,     A64_RR,                                                   0,          0,          0, 0, PLAIN)     \
    OP(RBIT32,     A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(RBIT64,     A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(REV1632,    A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(REV1664,    A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(REV3232,    A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(REV3264,    A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(REV64,      A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(CLZ32,      A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(CLZ64,      A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(CLS32,      A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(CLS64,      A64_R,                                                    0,          0,          0, 0, PLAIN)     \
    OP(CRC32,      A64_RR | OP_S | OP_X,                                     0,          0,          0, 0, PLAIN)     \
    /* flags by a condition; fields of the CPU */                                                                     \
    OP(CCMP,       OP_D | OP_OF_A | OP_OF_B | OP_S | OP_X | OP_IMM,          FLAGS_NZCV, FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(GET,        OP_TO_D | OP_IMM | OP_CPU,                                0,          0,          0, 0, PLAIN)     \
    OP(PUT,        OP_OF_A | OP_IMM | OP_CPU,                                0,          0,          0, 0, PLAIN)     \
    /* loads and stores */                                                                                            \
    OP(LD8,        A64_LOAD,                                                 0,          0,          1, 1, CHECKED)   \
    OP(LD16,       A64_LOAD,                                                 0,          0,          1, 1, CHECKED)   \
    OP(LD32,       A64_LOAD,                                                 0,          0,          1, 1, CHECKED)   \
    OP(LD64,       A64_LOAD,                                                 0,          0,          1, 1, CHECKED)   \
    OP(LDS8_32,    A64_LOAD,                                                 0,          0,          1, 1, CHECKED)   \
    OP(LDS16_32,   A64_LOAD,                                                 0,          0,          1, 1, CHECKED)   \
    OP(LDS8_64,    A64_LOAD,                                                 0,          0,          1, 1, CHECKED)   \
    OP(LDS16_64,   A64_LOAD,                                                 0,          0,          1, 1, CHECKED)   \
    OP(LDS32_64,   A64_LOAD,                                                 0,          0,          1, 1, CHECKED)   \
    OP(LD8X,       A64_LOADX,                                                0,          0,          1, 1, CHECKED)   \
    OP(LD16X,      A64_LOADX,                                                0,          0,          1, 1, CHECKED)   \
    OP(LD32X,      A64_LOADX,                                                0,          0,          1, 1, CHECKED)   \
    OP(LD64X,      A64_LOADX,                                                0,          0,          1, 1, CHECKED)   \
    OP(LDS8_32X,   A64_LOADX,                                                0,          0,          1, 1, CHECKED)   \
    OP(LDS16_32X,  A64_LOADX,                                                0,          0,          1, 1, CHECKED)   \
    OP(LDS8_64X,   A64_LOADX,                                                0,          0,          1, 1, CHECKED)   \
    OP(LDS16_64X,  A64_LOADX,                                                0,          0,          1, 1, CHECKED)   \
    OP(LDS32_64X,  A64_LOADX,                                                0,          0,          1, 1, CHECKED)   \
    OP(ST8,        A64_STORE,                                                0,          0,          1, 1, CHECKED)   \
    OP(ST16,       A64_STORE,                                                0,          0,          1, 1, CHECKED)   \
    OP(ST32,       A64_STORE,                                                0,          0,          1, 1, CHECKED)   \
    OP(ST64,       A64_STORE,                                                0,          0,          1, 1, CHECKED)   \
    OP(ST8X,       A64_STOREX,                                               0,          0,          1, 1, CHECKED)   \
    OP(ST16X,      A64_STOREX,                                               0,          0,          1, 1, CHECKED)   \
    OP(ST32X,      A64_STOREX,                                               0,          0,          1, 1, CHECKED)   \
    OP(ST64X,      A64_STOREX,                                               0,          0,          1, 1, CHECKED)   \
    OP(LDP32,      A64_LOAD | OP_TO_X,                                       0,          0,          1, 1, CHECKED)   \
    OP(LDP64,      A64_LOAD | OP_TO_X,                                       0,          0,          1, 1, CHECKED)   \
    OP(LDPS32,     A64_LOAD | OP_TO_X,                                       0,          0,          1, 1, CHECKED)   \
    OP(STP32,      A64_STORE | OP_OF_X,                                      0,          0,          1, 1, CHECKED)   \
    OP(STP64,      A64_STORE | OP_OF_X,                                      0,          0,          1, 1, CHECKED)   \
    OP(LDV8,       A64_LOAD | OP_VECTOR,                                     0,          0,          1, 1, CHECKED)   \
    OP(LDV16,      A64_LOAD | OP_VECTOR,                                     0,          0,          1, 1, CHECKED)   \
    OP(LDV32,      A64_LOAD | OP_VECTOR,                                     0,          0,          1, 1, CHECKED)   \
    OP(LDV64,      A64_LOAD | OP_VECTOR,                                     0,          0,          1, 1, CHECKED)   \
    OP(LDV128,     A64_LOAD | OP_VECTOR,                                     0,          0,          1, 1, CHECKED)   \
    OP(STV8,       A64_STORE | OP_VECTOR,                                    0,          0,          1, 1, CHECKED)   \
    OP(STV16,      A64_STORE | OP_VECTOR,                                    0,          0,          1, 1, CHECKED)   \
    OP(STV32,      A64_STORE | OP_VECTOR,                                    0,          0,          1, 1, CHECKED)   \
    OP(STV64,      A64_STORE | OP_VECTOR,                                    0,          0,          1, 1, CHECKED)   \
    OP(STV128,     A64_STORE | OP_VECTOR,                                    0,          0,          1, 1, CHECKED)   \
    OP(LDPV32,     A64_LOAD | OP_TO_X | OP_VECTOR,                           0,          0,          1, 1, CHECKED)   \
    OP(LDPV64,     A64_LOAD | OP_TO_X | OP_VECTOR,                           0,          0,          1, 1, CHECKED)   \
    OP(LDPV128,    A64_LOAD | OP_TO_X | OP_VECTOR,                           0,          0,          1, 1, CHECKED)   \
    OP(STPV32,     A64_STORE | OP_OF_X | OP_VECTOR,                          0,          0,          1, 1, CHECKED)   \
    OP(STPV64,     A64_STORE | OP_OF_X | OP_VECTOR,                          0,          0,          1, 1, CHECKED)   \
    OP(STPV128,    A64_STORE | OP_OF_X | OP_VECTOR,                          0,          0,          1, 1, CHECKED)   \
    /* what is checked before an instruction */                                                                       \
    OP(CHECKSP,    OP_OF_A,                                                  0,          0,          1, 0, CHECKED)   \
    OP(CHECKALIGN, OP_D | OP_OF_A | OP_OF_B | OP_S | OP_X | OP_DISP,         0,          0,          1, 0, CHECKED)   \
    OP(BREAK,      OP_DISP | OP_CPU,                                         0,          0,          1, 0, CHECKED)   \
    OP(STOP,       OP_DISP | OP_CPU,                                         0,          0,          1, 0, CHECKED)   \
    OP(WATCH,      OP_CPU,                                                   FLAGS_NZCV, 0,          0, 0, PLAIN)     \
    /* calls */                                                                                                       \
    OP(MRS,        OP_TO_D | OP_X | OP_IMM | OP_CPU,                         FLAGS_NZCV, 0,          1, 1, CHECKED)   \
    OP(MSR,        OP_OF_D | OP_X | OP_IMM | OP_CPU,                         0,          FLAGS_NZCV, 1, 1, CHECKED)   \
    OP(SIMD,       OP_IMM | OP_DELTA | OP_CPU,                               FLAGS_NZCV, FLAGS_NZCV, 0, 0, PLAIN)     \
    OP(HELP,       OP_DISP | OP_CPU,                                         0,          0,          1, 1, CHECKED)   \
    /* ways out of a block */                                                                                         \
    OP(EXIT,       OP_DELTA,                                                 0,          0,          0, 0, JUMP)      \
    OP(JUMP,       OP_OF_A,                                                  0,          0,          0, 0, JUMP)      \
    OP(END,        OP_DELTA,                                                 0,          0,          0, 0, JUMP)      \
    OP(CBZ32,      OP_OF_A,                                                  0,          0,          0, 0, JUMP)      \
    OP(CBZ64,      OP_OF_A,                                                  0,          0,          0, 0, JUMP)      \
    OP(CBNZ32,     OP_OF_A,                                                  0,          0,          0, 0, JUMP)      \
    OP(CBNZ64,     OP_OF_A,                                                  0,          0,          0, 0, JUMP)      \
    OP(TBZ,        OP_OF_A | OP_S,                                           0,          0,          0, 0, JUMP)      \
    OP(TBNZ,       OP_OF_A | OP_S,                                           0,          0,          0, 0, JUMP)      \
    OP(SVC,        OP_DISP | OP_VALUE | OP_CPU,                              FLAGS_NZCV, 0,          0, 0, JUMP)      \
    OP(ERET,       OP_CPU,                                                   0,          FLAGS_NZCV, 0, 0, JUMP)      \
    /* by condition; the flags that it looks at */                                                                    \
    A64_OPS_CONDITION(OP, EQ, FLAG_Z)                                                                                 \
    A64_OPS_CONDITION(OP, NE, FLAG_Z)                                                                                 \
    A64_OPS_CONDITION(OP, HS, FLAG_C)                                                                                 \
    A64_OPS_CONDITION(OP, LO, FLAG_C)                                                                                 \
    A64_OPS_CONDITION(OP, MI, FLAG_N)                                                                                 \
    A64_OPS_CONDITION(OP, PL, FLAG_N)                                                                                 \
    A64_OPS_CONDITION(OP, VS, FLAG_V)                                                                                 \
    A64_OPS_CONDITION(OP, VC, FLAG_V)                                                                                 \
    A64_OPS_CONDITION(OP, HI, FLAG_C | FLAG_Z)                                                                        \
    A64_OPS_CONDITION(OP, LS, FLAG_C | FLAG_Z)                                                                        \
    A64_OPS_CONDITION(OP, GE, FLAG_N | FLAG_V)                                                                        \
    A64_OPS_CONDITION(OP, LT, FLAG_N | FLAG_V)                                                                        \
    A64_OPS_CONDITION(OP, GT, FLAG_N | FLAG_V | FLAG_Z)                                                               \
    A64_OPS_CONDITION(OP, LE, FLAG_N | FLAG_V | FLAG_Z)

#define A64_OP_CODE(name, operands, reads, writes, faults, finishes, class) A64_OP_##name,
enum a64_op_code {
    A64_OP_DEAD = OP_DEAD,
    A64_OP_HEAD = OP_HEAD,
    A64_OP_NATIVE = OP_NATIVE,
    A64_OPS(A64_OP_CODE)
    A64_OP_COUNT
};
#undef A64_OP_CODE
// clang-format on

// What the rows say, by code.
extern const struct op_row a64_ops[A64_OP_COUNT];
extern const struct op_names a64_op_names;

// --- where the translator adds to a code ------------------------------------------------------------------------------

// How far apart the ops of two conditions that follow one another are.
#define A64_CONDITION_STRIDE (A64_OP_BNE - A64_OP_BEQ)

#define A64_FOLLOWS(first, second, distance)                                                                           \
    _Static_assert(A64_OP_##second == A64_OP_##first + (distance), "the translator computes " #second " from " #first)
#define A64_PAIR(NAME)   A64_FOLLOWS(NAME##32, NAME##64, 1)
#define A64_PAIR_R(NAME) A64_FOLLOWS(NAME##32RR, NAME##64RR, 1)
#define A64_PAIR_I(NAME) A64_FOLLOWS(NAME##32RI, NAME##64RI, 1)
// clang-format off
A64_PAIR_R(ADD); A64_PAIR_R(SUB); A64_PAIR_R(ADDS); A64_PAIR_R(SUBS);
A64_PAIR_R(AND); A64_PAIR_R(ORR); A64_PAIR_R(EOR); A64_PAIR_R(ANDS);
A64_PAIR_I(ADD); A64_PAIR_I(SUB); A64_PAIR_I(ADDS); A64_PAIR_I(SUBS);
A64_PAIR_I(AND); A64_PAIR_I(ORR); A64_PAIR_I(EOR); A64_PAIR_I(ANDS);
A64_PAIR(BIC); A64_PAIR(ORN); A64_PAIR(EON); A64_PAIR(BICS); A64_PAIR(ADDL); A64_PAIR(SUBL); A64_PAIR(ORRL);
A64_PAIR(ADC); A64_PAIR(SBC); A64_PAIR(ADCS); A64_PAIR(SBCS);
A64_PAIR(SHL); A64_FOLLOWS(SHL32, SHR32, 2); A64_FOLLOWS(SHL32, SHR64, 3); A64_FOLLOWS(SHL32, SAR32, 4); // by type and size
A64_FOLLOWS(SHL32, SAR64, 5); A64_FOLLOWS(SHL32, ROR32, 6); A64_FOLLOWS(SHL32, ROR64, 7);
A64_PAIR(SHLV); A64_PAIR(SHRV); A64_PAIR(SARV); A64_PAIR(RORV); A64_PAIR(UDIV); A64_PAIR(SDIV);
A64_PAIR(BFM); A64_PAIR(EXTR); A64_PAIR(MOV); A64_PAIR(MOVK); A64_PAIR(MADD); A64_PAIR(MSUB);
A64_FOLLOWS(LD8, LD16, 1); A64_FOLLOWS(LD8, LD32, 2); A64_FOLLOWS(LD8, LD64, 3); // by size
A64_FOLLOWS(ST8, ST16, 1); A64_FOLLOWS(ST8, ST32, 2); A64_FOLLOWS(ST8, ST64, 3);
A64_FOLLOWS(LDV8, LDV16, 1); A64_FOLLOWS(LDV8, LDV32, 2); A64_FOLLOWS(LDV8, LDV64, 3); A64_FOLLOWS(LDV8, LDV128, 4);
A64_FOLLOWS(STV8, STV16, 1); A64_FOLLOWS(STV8, STV32, 2); A64_FOLLOWS(STV8, STV64, 3); A64_FOLLOWS(STV8, STV128, 4);
A64_FOLLOWS(LDPV32, LDPV64, 1); A64_FOLLOWS(LDPV32, LDPV128, 2); A64_FOLLOWS(STPV32, STPV64, 1); A64_FOLLOWS(STPV32, STPV128, 2);
A64_PAIR(LDP); A64_PAIR(STP);
A64_PAIR(CBZ); A64_PAIR(CBNZ);
#define A64_INDEXED(NAME, FIRST) A64_FOLLOWS(NAME, NAME##X, A64_OP_##FIRST##X - A64_OP_##FIRST) // the form with an index
A64_INDEXED(LD16, LD8); A64_INDEXED(LD32, LD8); A64_INDEXED(LD64, LD8); A64_INDEXED(LDS8_32, LD8); A64_INDEXED(LDS16_32, LD8);
A64_INDEXED(LDS8_64, LD8); A64_INDEXED(LDS16_64, LD8); A64_INDEXED(LDS32_64, LD8);
A64_INDEXED(ST16, ST8); A64_INDEXED(ST32, ST8); A64_INDEXED(ST64, ST8);
#define A64_IN_CONDITION(CC)                                                                                           \
    A64_FOLLOWS(BEQ, B##CC, (A64_CONDITION_##CC) * A64_CONDITION_STRIDE);                                              \
    A64_FOLLOWS(B##CC, CSEL32##CC, 1); A64_FOLLOWS(CSEL32##CC, CSEL64##CC, 1); /* by invert, increment and size */     \
    A64_FOLLOWS(CSEL32##CC, CSINC32##CC, 2); A64_FOLLOWS(CSEL32##CC, CSINC64##CC, 3);                                  \
    A64_FOLLOWS(CSEL32##CC, CSINV32##CC, 4); A64_FOLLOWS(CSEL32##CC, CSINV64##CC, 5);                                  \
    A64_FOLLOWS(CSEL32##CC, CSNEG32##CC, 6); A64_FOLLOWS(CSEL32##CC, CSNEG64##CC, 7);
#define A64_CONDITION_NUMBER(CC) A64_CONDITION_##CC,
enum { A64_CONDITIONS(A64_CONDITION_NUMBER) };
A64_CONDITIONS(A64_IN_CONDITION)
// clang-format on

#endif
