// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Op codes by size, form, kind and condition: the only place that relies on the order of the rows in exec/ops.h, which
// it checks at compile time.
#ifndef VCPU_X86_64_OP_CHOICE_H
#define VCPU_X86_64_OP_CHOICE_H

#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops.h"

// In the order of bits 5:3 of the opcode; then TEST.
enum x86_alu {
    X86_ALU_ADD,
    X86_ALU_OR,
    X86_ALU_ADC,
    X86_ALU_SBB,
    X86_ALU_AND,
    X86_ALU_SUB,
    X86_ALU_XOR,
    X86_ALU_CMP,
    X86_ALU_TEST
};

// log2 of an operand size in bytes.
static inline unsigned x86_size_log(unsigned size)
{
    return size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
}

// The op of `size` bytes, of a kind whose op of one byte is `first`.
static inline unsigned x86_code_sized(unsigned first, unsigned size)
{
    return first + x86_size_log(size);
}

#define X86_BY_SIZE(NAME, X)                                                                                           \
    _Static_assert(X86_OP_##NAME##16##X == X86_OP_##NAME##8##X + 1 &&                                                  \
                       X86_OP_##NAME##32##X == X86_OP_##NAME##8##X + 2 &&                                              \
                       X86_OP_##NAME##64##X == X86_OP_##NAME##8##X + 3,                                                \
                   #NAME " by size")
X86_BY_SIZE(INC, );
X86_BY_SIZE(DEC, );
X86_BY_SIZE(NEG, );
X86_BY_SIZE(NOT, );
X86_BY_SIZE(MOV, );
X86_BY_SIZE(LD, );
X86_BY_SIZE(LD, X);
X86_BY_SIZE(LDM, );
X86_BY_SIZE(ST, );
X86_BY_SIZE(ST, X);
X86_BY_SIZE(STI, );
X86_BY_SIZE(STI, X);

static inline unsigned x86_code_alu(unsigned kind, bool immediate, unsigned size)
{
    return x86_code_sized(X86_OP_ADD8RR + 8 * kind + (immediate ? 4 : 0), size);
}

#define X86_BY_KIND(NAME)                                                                                              \
    X86_BY_SIZE(NAME, RR);                                                                                             \
    X86_BY_SIZE(NAME, RI);                                                                                             \
    _Static_assert(X86_OP_##NAME##8RR == X86_OP_ADD8RR + 8 * X86_ALU_##NAME &&                                         \
                       X86_OP_##NAME##8RI == X86_OP_##NAME##8RR + 4,                                                   \
                   #NAME " by kind and form")
X86_BY_KIND(ADD);
X86_BY_KIND(OR);
X86_BY_KIND(ADC);
X86_BY_KIND(SBB);
X86_BY_KIND(AND);
X86_BY_KIND(SUB);
X86_BY_KIND(XOR);
X86_BY_KIND(CMP);
X86_BY_KIND(TEST);

// `first`: the op of condition O; the condition is in bits 3:0 of the opcode.
static inline unsigned x86_code_condition(unsigned first, unsigned opcode)
{
    return first + (X86_OP_JNO - X86_OP_JO) * (opcode & 15);
}

#define X86_BY_CONDITION(CC, number)                                                                                   \
    _Static_assert(X86_OP_J##CC == X86_OP_JO + (X86_OP_JNO - X86_OP_JO) * (number) &&                                  \
                       X86_OP_SET##CC - X86_OP_J##CC == X86_OP_SETO - X86_OP_JO &&                                     \
                       X86_OP_CMOV64##CC - X86_OP_J##CC == X86_OP_CMOV64O - X86_OP_JO &&                               \
                       X86_OP_CMOV32##CC - X86_OP_J##CC == X86_OP_CMOV32O - X86_OP_JO &&                               \
                       X86_OP_CMOV16##CC - X86_OP_J##CC == X86_OP_CMOV16O - X86_OP_JO,                                 \
                   "condition " #CC)
X86_BY_CONDITION(O, 0);
X86_BY_CONDITION(NO, 1);
X86_BY_CONDITION(B, 2);
X86_BY_CONDITION(NB, 3);
X86_BY_CONDITION(Z, 4);
X86_BY_CONDITION(NZ, 5);
X86_BY_CONDITION(BE, 6);
X86_BY_CONDITION(NBE, 7);
X86_BY_CONDITION(S, 8);
X86_BY_CONDITION(NS, 9);
X86_BY_CONDITION(P, 10);
X86_BY_CONDITION(NP, 11);
X86_BY_CONDITION(L, 12);
X86_BY_CONDITION(NL, 13);
X86_BY_CONDITION(LE, 14);
X86_BY_CONDITION(NLE, 15);

// Shifts of 4 or 8 bytes by a constant that is not 0.
static inline unsigned x86_code_shift(enum x86_shift kind, unsigned size)
{
    switch (kind) {
    case X86_SHR: return size == 8 ? X86_OP_SHR64 : X86_OP_SHR32;
    case X86_SAR: return size == 8 ? X86_OP_SAR64 : X86_OP_SAR32;
    default: return size == 8 ? X86_OP_SHL64 : X86_OP_SHL32;
    }
}

static inline unsigned x86_code_multiply(unsigned size)
{
    return size == 2 ? X86_OP_IMUL16 : size == 4 ? X86_OP_IMUL32 : X86_OP_IMUL64;
}

#undef X86_BY_SIZE
#undef X86_BY_KIND
#undef X86_BY_CONDITION

#endif
