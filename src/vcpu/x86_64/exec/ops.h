// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The list of all x86-64 ops, one row each, in the order of their codes (vcpu/op.h describes the columns). The codes,
// the executor, the names and the translator's removal of dead flags all use it, and so can a code generator.
//
// Flags in the columns `reads` and `writes` are bits of RFLAGS: the six arithmetic flags and DF. An op that changes a
// flag only sometimes, or only part of it, also reads it.
#ifndef VCPU_X86_64_EXEC_OPS_H
#define VCPU_X86_64_EXEC_OPS_H

#include "vcpu/op.h"
#include "vcpu/op_text.h"
#include "vcpu/x86_64/cpu.h"

// More operands, in the bits for the architecture.
enum {
    X86_TO_A = 1 << 24,
    X86_TO_B = 1 << 25,
    X86_OF_RAX = 1 << 26,
    X86_TO_RAX = 1 << 27,
    X86_OF_RDX = 1 << 28,
    X86_TO_RDX = 1 << 29,
    X86_STACK = 1 << 30, // RSP is read and written
};

// Operands that many ops have: R a result, M a result that keeps a part of its slot, A and B the sources.
enum {
    X86_R_A = OP_TO_D | OP_OF_A,
    X86_R_AB = X86_R_A | OP_OF_B,
    X86_R_AI = X86_R_A | OP_IMM,
    X86_M = OP_TO_D | OP_OF_D,
    X86_M_A = X86_M | OP_OF_A,
    X86_M_AB = X86_M_A | OP_OF_B,
    X86_M_AI = X86_M_A | OP_IMM,
    X86_AB = OP_OF_A | OP_OF_B,
    X86_AI = OP_OF_A | OP_IMM,
    X86_WIDE = OP_OF_A | OP_S | OP_X | X86_OF_RAX | X86_TO_RAX | X86_OF_RDX | X86_TO_RDX, // rDX:rAX with slot a
    X86_AT = OP_OF_A | OP_DISP,                                                           // [a + disp]
    X86_AT_INDEX = X86_AT | OP_OF_B | OP_S,                                               // [a + (b << s) + disp]
    X86_AT_ALL = X86_AT_INDEX | OP_OF_X, // and a segment base in slot x
};

// The flags that conditions use, in the order of the encoding.
enum {
    X86_FLAGS_O = X86_OF,
    X86_FLAGS_NO = X86_OF,
    X86_FLAGS_B = X86_CF,
    X86_FLAGS_NB = X86_CF,
    X86_FLAGS_Z = X86_ZF,
    X86_FLAGS_NZ = X86_ZF,
    X86_FLAGS_BE = X86_CF | X86_ZF,
    X86_FLAGS_NBE = X86_CF | X86_ZF,
    X86_FLAGS_S = X86_SF,
    X86_FLAGS_NS = X86_SF,
    X86_FLAGS_P = X86_PF,
    X86_FLAGS_NP = X86_PF,
    X86_FLAGS_L = X86_SF | X86_OF,
    X86_FLAGS_NL = X86_SF | X86_OF,
    X86_FLAGS_LE = X86_ZF | X86_SF | X86_OF,
    X86_FLAGS_NLE = X86_ZF | X86_SF | X86_OF,
};
enum { X86_ALL = X86_ARITHMETIC, X86_ALL_DF = X86_ARITHMETIC | X86_DF };

// clang-format off
// Families: rows that only differ in size or form.
#define X86_OPS_RESULT(OP, NAME, READS)                                                                               \
    OP(NAME##8RR, X86_M_AB, READS, X86_ALL, 0, 0, PLAIN)                                                              \
    OP(NAME##16RR, X86_M_AB, READS, X86_ALL, 0, 0, PLAIN)                                                             \
    OP(NAME##32RR, X86_R_AB, READS, X86_ALL, 0, 0, PLAIN)                                                             \
    OP(NAME##64RR, X86_R_AB, READS, X86_ALL, 0, 0, PLAIN)                                                             \
    OP(NAME##8RI, X86_M_AI, READS, X86_ALL, 0, 0, PLAIN)                                                              \
    OP(NAME##16RI, X86_M_AI, READS, X86_ALL, 0, 0, PLAIN)                                                             \
    OP(NAME##32RI, X86_R_AI, READS, X86_ALL, 0, 0, PLAIN)                                                             \
    OP(NAME##64RI, X86_R_AI, READS, X86_ALL, 0, 0, PLAIN)
#define X86_OPS_COMPARE(OP, NAME)                                                                                     \
    OP(NAME##8RR, X86_AB, 0, X86_ALL, 0, 0, PLAIN)                                                                    \
    OP(NAME##16RR, X86_AB, 0, X86_ALL, 0, 0, PLAIN)                                                                   \
    OP(NAME##32RR, X86_AB, 0, X86_ALL, 0, 0, PLAIN)                                                                   \
    OP(NAME##64RR, X86_AB, 0, X86_ALL, 0, 0, PLAIN)                                                                   \
    OP(NAME##8RI, X86_AI, 0, X86_ALL, 0, 0, PLAIN)                                                                    \
    OP(NAME##16RI, X86_AI, 0, X86_ALL, 0, 0, PLAIN)                                                                   \
    OP(NAME##32RI, X86_AI, 0, X86_ALL, 0, 0, PLAIN)                                                                   \
    OP(NAME##64RI, X86_AI, 0, X86_ALL, 0, 0, PLAIN)
#define X86_OPS_BARE(OP, NAME)                                                                                        \
    OP(NAME##N32RR, X86_R_AB, 0, 0, 0, 0, BARE(NAME##32RR))                                                           \
    OP(NAME##N64RR, X86_R_AB, 0, 0, 0, 0, BARE(NAME##64RR))                                                           \
    OP(NAME##N32RI, X86_R_AI, 0, 0, 0, 0, BARE(NAME##32RI))                                                           \
    OP(NAME##N64RI, X86_R_AI, 0, 0, 0, 0, BARE(NAME##64RI))
#define X86_OPS_UNARY(OP, NAME, READS, WRITES)                                                                        \
    OP(NAME##8, X86_M_A, READS, WRITES, 0, 0, PLAIN)                                                                  \
    OP(NAME##16, X86_M_A, READS, WRITES, 0, 0, PLAIN)                                                                 \
    OP(NAME##32, X86_R_A, READS, WRITES, 0, 0, PLAIN)                                                                 \
    OP(NAME##64, X86_R_A, READS, WRITES, 0, 0, PLAIN)
#define X86_OPS_LOAD(OP, X, WHERE)                                                                                    \
    OP(LD8##X, OP_TO_D | WHERE | OP_LOADS, 0, 0, 1, 1, CHECKED)                                                       \
    OP(LD16##X, OP_TO_D | WHERE | OP_LOADS, 0, 0, 1, 1, CHECKED)                                                      \
    OP(LD32##X, OP_TO_D | WHERE | OP_LOADS, 0, 0, 1, 1, CHECKED)                                                      \
    OP(LD64##X, OP_TO_D | WHERE | OP_LOADS, 0, 0, 1, 1, CHECKED)                                                      \
    OP(LDS8_32##X, OP_TO_D | WHERE | OP_LOADS, 0, 0, 1, 1, CHECKED)                                                   \
    OP(LDS8_64##X, OP_TO_D | WHERE | OP_LOADS, 0, 0, 1, 1, CHECKED)                                                   \
    OP(LDS16_32##X, OP_TO_D | WHERE | OP_LOADS, 0, 0, 1, 1, CHECKED)                                                  \
    OP(LDS16_64##X, OP_TO_D | WHERE | OP_LOADS, 0, 0, 1, 1, CHECKED)                                                  \
    OP(LDS32_64##X, OP_TO_D | WHERE | OP_LOADS, 0, 0, 1, 1, CHECKED)
#define X86_OPS_ACCESS(OP, NAME, X, OPERANDS)                                                                         \
    OP(NAME##8##X, OPERANDS, 0, 0, 1, 1, CHECKED)                                                                     \
    OP(NAME##16##X, OPERANDS, 0, 0, 1, 1, CHECKED)                                                                    \
    OP(NAME##32##X, OPERANDS, 0, 0, 1, 1, CHECKED)                                                                    \
    OP(NAME##64##X, OPERANDS, 0, 0, 1, 1, CHECKED)
#define X86_OPS_CONDITION(OP, CC)                                                                                     \
    OP(J##CC, OP_DELTA, X86_FLAGS_##CC, 0, 0, 0, JUMP)                                                                \
    OP(SET##CC, X86_M, X86_FLAGS_##CC, 0, 0, 0, PLAIN)                                                                \
    OP(CMOV64##CC, X86_M_A, X86_FLAGS_##CC, 0, 0, 0, PLAIN)                                                           \
    OP(CMOV32##CC, X86_M_A, X86_FLAGS_##CC, 0, 0, 0, PLAIN)                                                           \
    OP(CMOV16##CC, X86_M_A, X86_FLAGS_##CC, 0, 0, 0, PLAIN)

// OP_DEAD, OP_HEAD and OP_NATIVE are written in the executor itself.
#define X86_OPS(OP)                                                                                                   \
    /* two operands */                                                                                                \
    X86_OPS_RESULT(OP, ADD, 0)                                                                                        \
    X86_OPS_RESULT(OP, OR, 0)                                                                                         \
    X86_OPS_RESULT(OP, ADC, X86_CF)                                                                                   \
    X86_OPS_RESULT(OP, SBB, X86_CF)                                                                                   \
    X86_OPS_RESULT(OP, AND, 0)                                                                                        \
    X86_OPS_RESULT(OP, SUB, 0)                                                                                        \
    X86_OPS_RESULT(OP, XOR, 0)                                                                                        \
    X86_OPS_COMPARE(OP, CMP)                                                                                          \
    X86_OPS_COMPARE(OP, TEST)                                                                                         \
    /* the same without flags */                                                                                      \
    X86_OPS_BARE(OP, ADD)                                                                                             \
    X86_OPS_BARE(OP, SUB)                                                                                             \
    X86_OPS_BARE(OP, AND)                                                                                             \
    X86_OPS_BARE(OP, OR)                                                                                              \
    X86_OPS_BARE(OP, XOR)                                                                                             \
    /* one operand; INC and DEC keep CF */                                                                            \
    X86_OPS_UNARY(OP, INC, X86_CF, X86_ALL)                                                                           \
    X86_OPS_UNARY(OP, DEC, X86_CF, X86_ALL)                                                                           \
    X86_OPS_UNARY(OP, NEG, 0, X86_ALL)                                                                                \
    X86_OPS_UNARY(OP, NOT, 0, 0)                                                                                      \
    /* shifts by a constant */                                                                                        \
    OP(SHL32, X86_R_AI, 0, X86_ALL, 0, 0, PLAIN)                                                                      \
    OP(SHR32, X86_R_AI, 0, X86_ALL, 0, 0, PLAIN)                                                                      \
    OP(SAR32, X86_R_AI, 0, X86_ALL, 0, 0, PLAIN)                                                                      \
    OP(SHL64, X86_R_AI, 0, X86_ALL, 0, 0, PLAIN)                                                                      \
    OP(SHR64, X86_R_AI, 0, X86_ALL, 0, 0, PLAIN)                                                                      \
    OP(SAR64, X86_R_AI, 0, X86_ALL, 0, 0, PLAIN)                                                                      \
    OP(SHLN32, X86_R_AI, 0, 0, 0, 0, BARE(SHL32))                                                                     \
    OP(SHRN32, X86_R_AI, 0, 0, 0, 0, BARE(SHR32))                                                                     \
    OP(SHLN64, X86_R_AI, 0, 0, 0, 0, BARE(SHL64))                                                                     \
    OP(SHRN64, X86_R_AI, 0, 0, 0, 0, BARE(SHR64))                                                                     \
    /* moves */                                                                                                       \
    OP(MOV8, X86_M_A, 0, 0, 0, 0, PLAIN)                                                                              \
    OP(MOV16, X86_M_A, 0, 0, 0, 0, PLAIN)                                                                             \
    OP(MOV32, X86_R_A, 0, 0, 0, 0, PLAIN)                                                                             \
    OP(MOV64, X86_R_A, 0, 0, 0, 0, PLAIN)                                                                             \
    OP(MOVI, OP_TO_D | OP_IMM, 0, 0, 0, 0, PLAIN)                                                                     \
    OP(GETH, X86_R_A, 0, 0, 0, 0, PLAIN)                                                                              \
    OP(PUTH, X86_M_A, 0, 0, 0, 0, PLAIN)                                                                              \
    OP(MOVZ8, X86_R_A, 0, 0, 0, 0, PLAIN)                                                                             \
    OP(MOVZ16, X86_R_A, 0, 0, 0, 0, PLAIN)                                                                            \
    OP(MOVS8_32, X86_R_A, 0, 0, 0, 0, PLAIN)                                                                          \
    OP(MOVS8_64, X86_R_A, 0, 0, 0, 0, PLAIN)                                                                          \
    OP(MOVS16_32, X86_R_A, 0, 0, 0, 0, PLAIN)                                                                         \
    OP(MOVS16_64, X86_R_A, 0, 0, 0, 0, PLAIN)                                                                         \
    OP(MOVS32_64, X86_R_A, 0, 0, 0, 0, PLAIN)                                                                         \
    OP(BSWAP32, X86_R_A, 0, 0, 0, 0, PLAIN)                                                                           \
    OP(BSWAP64, X86_R_A, 0, 0, 0, 0, PLAIN)                                                                           \
    OP(XCHG64, X86_AB | X86_TO_A | X86_TO_B, 0, 0, 0, 0, PLAIN)                                                       \
    OP(SIGNA, OP_S | X86_OF_RAX | X86_OF_RDX | X86_TO_RDX, 0, 0, 0, 0, PLAIN)                                         \
    OP(LEA64, OP_TO_D | X86_AT_ALL, 0, 0, 0, 0, PLAIN)                                                                \
    OP(LEA32, OP_TO_D | X86_AT_ALL, 0, 0, 0, 0, PLAIN)                                                                \
    OP(LEA16, OP_TO_D | X86_AT_INDEX, 0, 0, 0, 0, PLAIN)                                                              \
    OP(LEAD, OP_TO_D | X86_AT, 0, 0, 0, 0, PLAIN)                                                                     \
    /* what is a call */                                                                                              \
    OP(IMUL16, X86_M_AB, 0, X86_ALL, 0, 0, PLAIN)                                                                     \
    OP(IMUL32, X86_R_AB, 0, X86_ALL, 0, 0, PLAIN)                                                                     \
    OP(IMUL64, X86_R_AB, 0, X86_ALL, 0, 0, PLAIN)                                                                     \
    OP(SHIFT, X86_M_AB | OP_S | OP_X, X86_ALL, X86_ALL, 0, 0, PLAIN)                                                  \
    OP(SHIFTD, X86_M_AB | OP_S | OP_X, X86_ALL, X86_ALL, 0, 0, PLAIN)                                                 \
    OP(MULTIPLY, X86_WIDE, 0, X86_ALL, 0, 0, PLAIN)                                                                   \
    OP(BITTEST, X86_M_AB | OP_S | OP_X, X86_ALL, X86_CF, 0, 0, PLAIN)                                                 \
    OP(BITADDRESS, X86_R_AB | OP_S, 0, 0, 0, 0, PLAIN)                                                                \
    OP(BITSCAN, X86_M_A | OP_S | OP_X, 0, X86_ALL, 0, 0, PLAIN)                                                       \
    OP(POPCOUNT, X86_M_A | OP_S, 0, X86_ALL, 0, 0, PLAIN)                                                             \
    OP(CRC32, X86_M_A | OP_S, 0, 0, 0, 0, PLAIN)                                                                      \
    OP(CMPXCHG, X86_AB | OP_S | X86_TO_A | X86_OF_RAX | X86_TO_RAX, 0, X86_ALL, 0, 0, PLAIN)                          \
    OP(FLAGOP, OP_X | X86_OF_RAX | X86_TO_RAX, X86_ALL, X86_ALL, 0, 0, PLAIN)                                         \
    OP(DIRECTION, OP_X, 0, X86_DF, 0, 0, PLAIN)                                                                       \
    /* memory */                                                                                                      \
    X86_OPS_LOAD(OP, , X86_AT)                                                                                        \
    X86_OPS_LOAD(OP, X, X86_AT_ALL)                                                                                   \
    X86_OPS_ACCESS(OP, LDM, , OP_TO_D | X86_AT | OP_LOADS)                                                            \
    X86_OPS_ACCESS(OP, ST, , OP_OF_D | X86_AT | OP_STORES)                                                            \
    X86_OPS_ACCESS(OP, ST, X, OP_OF_D | X86_AT_ALL | OP_STORES)                                                       \
    X86_OPS_ACCESS(OP, STI, , OP_VALUE | X86_AT | OP_STORES)                                                          \
    X86_OPS_ACCESS(OP, STI, X, OP_VALUE | X86_AT_ALL | OP_STORES)                                                     \
    OP(PUSH64, OP_OF_A | X86_STACK | OP_STORES, 0, 0, 1, 1, CHECKED)                                                  \
    OP(PUSHI64, OP_IMM | X86_STACK | OP_STORES, 0, 0, 1, 1, CHECKED)                                                  \
    OP(CALL64, OP_IMM | X86_STACK | OP_STORES, 0, 0, 1, 1, CHECKED)                                                   \
    OP(POP64, OP_TO_D | X86_STACK | OP_LOADS, 0, 0, 1, 1, CHECKED)                                                    \
    OP(LEAVE64, X86_STACK | OP_LOADS | OP_CPU, 0, 0, 1, 1, CHECKED)                                                   \
    OP(LDSCRATCH, X86_AT | OP_S | OP_X | OP_LOADS | OP_CPU, 0, 0, 1, 1, CHECKED)                                      \
    OP(STSCRATCH, X86_AT | OP_S | OP_X | OP_STORES | OP_CPU, 0, 0, 1, 1, CHECKED)                                     \
    /* checks, and what is found by a number in the op */                                                             \
    OP(SIMD, OP_D | OP_S | OP_X | OP_DISP | OP_CPU, X86_ALL, X86_ALL, 1, 0, CHECKED)                                  \
    OP(LINEAR, X86_R_A | OP_S | OP_X | OP_CPU, 0, 0, 1, 0, CHECKED)                                                   \
    OP(CANONICAL, OP_OF_A, 0, 0, 1, 0, CHECKED)                                                                       \
    OP(STOP, OP_DISP | OP_CPU, 0, 0, 1, 0, CHECKED)                                                                   \
    OP(WATCH, OP_CPU, X86_ALL_DF, 0, 0, 0, PLAIN)                                                                     \
    OP(DIVIDE, X86_WIDE, 0, 0, 1, 0, CHECKED)                                                                         \
    OP(HELP, OP_D | OP_S | OP_X | OP_DISP | OP_VALUE | OP_CPU, X86_ALL_DF, X86_ALL_DF, 1, 1, CHECKED)                 \
    OP(STRING, OP_D | OP_S | OP_X | OP_VALUE | OP_LOADS | OP_STORES | OP_CPU, X86_ALL_DF, X86_ALL, 1, 1, CHECKED)     \
    /* ways out of a block */                                                                                         \
    OP(EXIT, OP_DELTA, 0, 0, 0, 0, JUMP)                                                                              \
    OP(JUMP, OP_OF_A, 0, 0, 0, 0, JUMP)                                                                               \
    OP(RETURN, OP_OF_A | OP_IMM | X86_STACK, 0, 0, 0, 0, JUMP)                                                        \
    OP(BRANCH, OP_OF_A, 0, 0, 0, 0, JUMP)                                                                             \
    OP(END, OP_DELTA, 0, 0, 0, 0, JUMP)                                                                               \
    /* what depends on a condition */                                                                                 \
    X86_OPS_CONDITION(OP, O)                                                                                          \
    X86_OPS_CONDITION(OP, NO)                                                                                         \
    X86_OPS_CONDITION(OP, B)                                                                                          \
    X86_OPS_CONDITION(OP, NB)                                                                                         \
    X86_OPS_CONDITION(OP, Z)                                                                                          \
    X86_OPS_CONDITION(OP, NZ)                                                                                         \
    X86_OPS_CONDITION(OP, BE)                                                                                         \
    X86_OPS_CONDITION(OP, NBE)                                                                                        \
    X86_OPS_CONDITION(OP, S)                                                                                          \
    X86_OPS_CONDITION(OP, NS)                                                                                         \
    X86_OPS_CONDITION(OP, P)                                                                                          \
    X86_OPS_CONDITION(OP, NP)                                                                                         \
    X86_OPS_CONDITION(OP, L)                                                                                          \
    X86_OPS_CONDITION(OP, NL)                                                                                         \
    X86_OPS_CONDITION(OP, LE)                                                                                         \
    X86_OPS_CONDITION(OP, NLE)

#define X86_OP_CODE(name, ...) X86_OP_##name,
enum x86_op_code { X86_OP_DEAD = OP_DEAD, X86_OP_HEAD = OP_HEAD, X86_OP_NATIVE = OP_NATIVE, X86_OPS(X86_OP_CODE) X86_OP_COUNT };
#undef X86_OP_CODE
// clang-format on

// The rows as a table (ops.c), by code.
extern const struct op_row x86_ops[X86_OP_COUNT];
extern const struct op_names x86_op_names;

// By code: the BARE op of a full one; 0: there is none.
extern const uint16_t x86_op_bare[X86_OP_COUNT];

#endif
