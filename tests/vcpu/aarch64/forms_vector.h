// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The forms of instructions on floating-point and vector registers (Arm ARM section C4.1.96). Size and number of lanes
// are random where they have separate fields.
#ifndef TESTS_VCPU_AARCH64_FORMS_VECTOR_H
#define TESTS_VCPU_AARCH64_FORMS_VECTOR_H

#include "oracle.h"

#define U    0x20000000u
#define HIGH 0x00800000u // the upper bit of size

// By opcode, of any size; of an upper bit of size; of one size.
#define SAME(name, u, opcode)                                                                                          \
    {                                                                                                                  \
        name, 0x0e200400 | (u) | (opcode) << 11, 0xbf20fc00                                                            \
    }
#define SAME_F(name, u, high, opcode)                                                                                  \
    {                                                                                                                  \
        name, 0x0e200400 | (u) | (high) | (opcode) << 11, 0xbfa0fc00                                                   \
    }
#define SAME_L(name, u, size, opcode)                                                                                  \
    {                                                                                                                  \
        name, 0x0e200400 | (u) | (size) << 22 | (opcode) << 11, 0xbfe0fc00                                             \
    }
#define SAME_S(name, u, opcode)                                                                                        \
    {                                                                                                                  \
        name " scalar", 0x5e200400 | (u) | (opcode) << 11, 0xff20fc00                                                  \
    }
#define SAME_SF(name, u, high, opcode)                                                                                 \
    {                                                                                                                  \
        name " scalar", 0x5e200400 | (u) | (high) | (opcode) << 11, 0xffa0fc00                                         \
    }
#define LONG(name, u, opcode)                                                                                          \
    {                                                                                                                  \
        name, 0x0e200000 | (u) | (opcode) << 12, 0xbf20fc00                                                            \
    }
#define LONG_S(name, opcode)                                                                                           \
    {                                                                                                                  \
        name " scalar", 0x5e200000 | (opcode) << 12, 0xff20fc00                                                        \
    }
#define MISC(name, u, opcode)                                                                                          \
    {                                                                                                                  \
        name, 0x0e200800 | (u) | (opcode) << 12, 0xbf3ffc00                                                            \
    }
#define MISC_F(name, u, high, opcode)                                                                                  \
    {                                                                                                                  \
        name, 0x0e200800 | (u) | (high) | (opcode) << 12, 0xbfbffc00                                                   \
    }
#define MISC_S(name, u, opcode)                                                                                        \
    {                                                                                                                  \
        name " scalar", 0x5e200800 | (u) | (opcode) << 12, 0xff3ffc00                                                  \
    }
#define MISC_SF(name, u, high, opcode)                                                                                 \
    {                                                                                                                  \
        name " scalar", 0x5e200800 | (u) | (high) | (opcode) << 12, 0xffbffc00                                         \
    }
#define BOTH(name, u, opcode)         MISC(name, u, opcode), MISC_S(name, u, opcode)
#define BOTH_F(name, u, high, opcode) MISC_F(name, u, high, opcode), MISC_SF(name, u, high, opcode)
#define ACROSS(name, u, opcode)                                                                                        \
    {                                                                                                                  \
        name, 0x0e300800 | (u) | (opcode) << 12, 0xbf3ffc00                                                            \
    }
#define ACROSS_F(name, high, opcode)                                                                                   \
    {                                                                                                                  \
        name, 0x2e300800 | (high) | (opcode) << 12, 0xbfbffc00                                                         \
    }
#define PAIRWISE(name, high, opcode)                                                                                   \
    {                                                                                                                  \
        name " scalar", 0x7e300800 | (high) | (opcode) << 12, 0xffbffc00                                               \
    }
#define SHIFT(name, u, opcode)                                                                                         \
    {                                                                                                                  \
        name, 0x0f000400 | (u) | (opcode) << 11, 0xbf80fc00                                                            \
    }
#define SHIFT_S(name, u, opcode)                                                                                       \
    SHIFT(name, u, opcode),                                                                                            \
    {                                                                                                                  \
        name " scalar", 0x5f000400 | (u) | (opcode) << 11, 0xff80fc00                                                  \
    }
#define ELEMENT(name, u, opcode)                                                                                       \
    {                                                                                                                  \
        name " element", 0x0f000000 | (u) | (opcode) << 12, 0xbf00f400                                                 \
    }
#define ELEMENT_S(name, u, opcode)                                                                                     \
    ELEMENT(name, u, opcode),                                                                                          \
    {                                                                                                                  \
        name " element scalar", 0x5f000000 | (u) | (opcode) << 12, 0xff00f400                                          \
    }
#define MODIFIED(name, value, mask)                                                                                    \
    {                                                                                                                  \
        name, 0x0f000400 | (value), 0x9ff80c00 | (mask)                                                                \
    }

// In single and double precision.
#define SD(name, value, mask)                                                                                          \
    { name " s", (value), (mask) | 0x00c00000 },                                                                       \
    {                                                                                                                  \
        name " d", (value) | 0x00400000, (mask) | 0x00c00000                                                           \
    }
// And from or to W and X.
#define SD_WX(name, value, mask)                                                                                       \
    SD(name " w", value, (mask) | 0x80000000), SD(name " x", (value) | 0x80000000, (mask) | 0x80000000)
#define ONE(name, opcode)               SD(name, 0x1e204000 | (opcode) << 15, 0xff3ffc00)
#define TWO(name, opcode)               SD(name, 0x1e200800 | (opcode) << 12, 0xff20fc00)
#define TO_INTEGER(name, rmode, opcode) SD_WX(name, 0x1e200000 | (rmode) << 19 | (opcode) << 16, 0x7f3ffc00)

// clang-format off
static const struct oracle_form forms_scalar[] = {
    ONE("fmov", 0), ONE("fabs", 1), ONE("fneg", 2), ONE("fsqrt", 3),
    { "fcvt d, s", 0x1e22c000, 0xfffffc00 }, { "fcvt s, d", 0x1e624000, 0xfffffc00 },
    { "fcvt h, s", 0x1e23c000, 0xfffffc00 }, { "fcvt h, d", 0x1e63c000, 0xfffffc00 },
    { "fcvt s, h", 0x1ee24000, 0xfffffc00 }, { "fcvt d, h", 0x1ee2c000, 0xfffffc00 },
    ONE("frintn", 8), ONE("frintp", 9), ONE("frintm", 10), ONE("frintz", 11), ONE("frinta", 12), ONE("frintx", 14),
    ONE("frinti", 15),
    TWO("fmul", 0), TWO("fdiv", 1), TWO("fadd", 2), TWO("fsub", 3), TWO("fmax", 4), TWO("fmin", 5), TWO("fmaxnm", 6),
    TWO("fminnm", 7), TWO("fnmul", 8),
    SD("fmadd", 0x1f000000, 0xff208000), SD("fmsub", 0x1f008000, 0xff208000), SD("fnmadd", 0x1f200000, 0xff208000),
    SD("fnmsub", 0x1f208000, 0xff208000),
    SD("fcmp", 0x1e202000, 0xff20fc1f), SD("fcmp 0", 0x1e202008, 0xff20fc1f), SD("fcmpe", 0x1e202010, 0xff20fc1f),
    SD("fcmpe 0", 0x1e202018, 0xff20fc1f), SD("fccmp", 0x1e200400, 0xff200c10), SD("fccmpe", 0x1e200410, 0xff200c10),
    SD("fcsel", 0x1e200c00, 0xff200c00), SD("fmov imm", 0x1e201000, 0xff201fe0),
    TO_INTEGER("fcvtns", 0, 0), TO_INTEGER("fcvtnu", 0, 1), TO_INTEGER("scvtf", 0, 2), TO_INTEGER("ucvtf", 0, 3),
    TO_INTEGER("fcvtas", 0, 4), TO_INTEGER("fcvtau", 0, 5), TO_INTEGER("fcvtps", 1, 0), TO_INTEGER("fcvtpu", 1, 1),
    TO_INTEGER("fcvtms", 2, 0), TO_INTEGER("fcvtmu", 2, 1), TO_INTEGER("fcvtzs", 3, 0), TO_INTEGER("fcvtzu", 3, 1),
    { "fmov w, s", 0x1e260000, 0xfffffc00 }, { "fmov s, w", 0x1e270000, 0xfffffc00 },
    { "fmov x, d", 0x9e660000, 0xfffffc00 }, { "fmov d, x", 0x9e670000, 0xfffffc00 },
    { "fmov x, d[1]", 0x9eae0000, 0xfffffc00 }, { "fmov d[1], x", 0x9eaf0000, 0xfffffc00 },
    SD_WX("scvtf fixed", 0x1e020000, 0x7f3f0000), SD_WX("ucvtf fixed", 0x1e030000, 0x7f3f0000),
    SD_WX("fcvtzs fixed", 0x1e180000, 0x7f3f0000), SD_WX("fcvtzu fixed", 0x1e190000, 0x7f3f0000),
};

static const struct oracle_form forms_vector[] = {
    // Three of the same kind
    SAME("shadd", 0, 0), SAME("sqadd", 0, 1), SAME("srhadd", 0, 2), SAME("shsub", 0, 4), SAME("sqsub", 0, 5),
    SAME("cmgt", 0, 6), SAME("cmge", 0, 7), SAME("sshl", 0, 8), SAME("sqshl", 0, 9), SAME("srshl", 0, 10),
    SAME("sqrshl", 0, 11), SAME("smax", 0, 12), SAME("smin", 0, 13), SAME("sabd", 0, 14), SAME("saba", 0, 15),
    SAME("add", 0, 16), SAME("cmtst", 0, 17), SAME("mla", 0, 18), SAME("mul", 0, 19), SAME("smaxp", 0, 20),
    SAME("sminp", 0, 21), SAME("sqdmulh", 0, 22), SAME("addp", 0, 23),
    SAME("uhadd", U, 0), SAME("uqadd", U, 1), SAME("urhadd", U, 2), SAME("uhsub", U, 4), SAME("uqsub", U, 5),
    SAME("cmhi", U, 6), SAME("cmhs", U, 7), SAME("ushl", U, 8), SAME("uqshl", U, 9), SAME("urshl", U, 10),
    SAME("uqrshl", U, 11), SAME("umax", U, 12), SAME("umin", U, 13), SAME("uabd", U, 14), SAME("uaba", U, 15),
    SAME("sub", U, 16), SAME("cmeq", U, 17), SAME("mls", U, 18), SAME("pmul", U, 19), SAME("umaxp", U, 20),
    SAME("uminp", U, 21), SAME("sqrdmulh", U, 22),
    SAME_L("and", 0, 0, 3), SAME_L("bic", 0, 1, 3), SAME_L("orr", 0, 2, 3), SAME_L("orn", 0, 3, 3),
    SAME_L("eor", U, 0, 3), SAME_L("bsl", U, 1, 3), SAME_L("bit", U, 2, 3), SAME_L("bif", U, 3, 3),
    SAME_F("fmaxnm", 0, 0, 24), SAME_F("fminnm", 0, HIGH, 24), SAME_F("fmla", 0, 0, 25), SAME_F("fmls", 0, HIGH, 25),
    SAME_F("fadd", 0, 0, 26), SAME_F("fsub", 0, HIGH, 26), SAME_F("fmulx", 0, 0, 27), SAME_F("fcmeq", 0, 0, 28),
    SAME_F("fmax", 0, 0, 30), SAME_F("fmin", 0, HIGH, 30), SAME_F("frecps", 0, 0, 31), SAME_F("frsqrts", 0, HIGH, 31),
    SAME_F("fmaxnmp", U, 0, 24), SAME_F("fminnmp", U, HIGH, 24), SAME_F("faddp", U, 0, 26), SAME_F("fabd", U, HIGH, 26),
    SAME_F("fmul", U, 0, 27), SAME_F("fcmge", U, 0, 28), SAME_F("fcmgt", U, HIGH, 28), SAME_F("facge", U, 0, 29),
    SAME_F("facgt", U, HIGH, 29), SAME_F("fmaxp", U, 0, 30), SAME_F("fminp", U, HIGH, 30), SAME_F("fdiv", U, 0, 31),
    SAME_S("sqadd", 0, 1), SAME_S("sqsub", 0, 5), SAME_S("cmgt", 0, 6), SAME_S("cmge", 0, 7), SAME_S("sshl", 0, 8),
    SAME_S("sqshl", 0, 9), SAME_S("srshl", 0, 10), SAME_S("sqrshl", 0, 11), SAME_S("add", 0, 16), SAME_S("cmtst", 0, 17),
    SAME_S("sqdmulh", 0, 22), SAME_S("uqadd", U, 1), SAME_S("uqsub", U, 5), SAME_S("cmhi", U, 6), SAME_S("cmhs", U, 7),
    SAME_S("ushl", U, 8), SAME_S("uqshl", U, 9), SAME_S("urshl", U, 10), SAME_S("uqrshl", U, 11), SAME_S("sub", U, 16),
    SAME_S("cmeq", U, 17), SAME_S("sqrdmulh", U, 22),
    SAME_SF("fmulx", 0, 0, 27), SAME_SF("fcmeq", 0, 0, 28), SAME_SF("frecps", 0, 0, 31), SAME_SF("frsqrts", 0, HIGH, 31),
    SAME_SF("fcmge", U, 0, 28), SAME_SF("fcmgt", U, HIGH, 28), SAME_SF("facge", U, 0, 29), SAME_SF("facgt", U, HIGH, 29),
    SAME_SF("fabd", U, HIGH, 26),
    // Three of different lengths
    LONG("saddl", 0, 0), LONG("saddw", 0, 1), LONG("ssubl", 0, 2), LONG("ssubw", 0, 3), LONG("addhn", 0, 4),
    LONG("sabal", 0, 5), LONG("subhn", 0, 6), LONG("sabdl", 0, 7), LONG("smlal", 0, 8), LONG("sqdmlal", 0, 9),
    LONG("smlsl", 0, 10), LONG("sqdmlsl", 0, 11), LONG("smull", 0, 12), LONG("sqdmull", 0, 13), LONG("pmull", 0, 14),
    LONG("uaddl", U, 0), LONG("uaddw", U, 1), LONG("usubl", U, 2), LONG("usubw", U, 3), LONG("raddhn", U, 4),
    LONG("uabal", U, 5), LONG("rsubhn", U, 6), LONG("uabdl", U, 7), LONG("umlal", U, 8), LONG("umlsl", U, 10),
    LONG("umull", U, 12), LONG_S("sqdmlal", 9), LONG_S("sqdmlsl", 11), LONG_S("sqdmull", 13),
    // Two
    MISC("rev64", 0, 0), MISC("rev16", 0, 1), MISC("rev32", U, 0), MISC("saddlp", 0, 2), MISC("uaddlp", U, 2),
    MISC("cls", 0, 4), MISC("clz", U, 4), MISC("cnt", 0, 5), MISC("not, rbit", U, 5), MISC("sadalp", 0, 6),
    MISC("uadalp", U, 6), MISC("xtn", 0, 18), MISC("shll", U, 19), MISC_F("fcvtn", 0, 0, 22), MISC_F("fcvtl", 0, 0, 23),
    BOTH("suqadd", 0, 3), BOTH("usqadd", U, 3), BOTH("sqabs", 0, 7), BOTH("sqneg", U, 7), BOTH("cmgt 0", 0, 8),
    BOTH("cmge 0", U, 8), BOTH("cmeq 0", 0, 9), BOTH("cmle 0", U, 9), BOTH("cmlt 0", 0, 10), BOTH("abs", 0, 11),
    BOTH("neg", U, 11), BOTH("sqxtun", U, 18), BOTH("sqxtn", 0, 20), BOTH("uqxtn", U, 20), BOTH_F("fcvtxn", U, 0, 22),
    BOTH_F("fcmgt 0", 0, HIGH, 12), BOTH_F("fcmeq 0", 0, HIGH, 13), BOTH_F("fcmlt 0", 0, HIGH, 14),
    BOTH_F("fcmge 0", U, HIGH, 12), BOTH_F("fcmle 0", U, HIGH, 13), MISC_F("fabs", 0, HIGH, 15),
    MISC_F("fneg", U, HIGH, 15), MISC_F("frintn", 0, 0, 24), MISC_F("frintm", 0, 0, 25), MISC_F("frintp", 0, HIGH, 24),
    MISC_F("frintz", 0, HIGH, 25), MISC_F("frinta", U, 0, 24), MISC_F("frintx", U, 0, 25), MISC_F("frinti", U, HIGH, 25),
    BOTH_F("fcvtns", 0, 0, 26), BOTH_F("fcvtms", 0, 0, 27), BOTH_F("fcvtas", 0, 0, 28), BOTH_F("scvtf", 0, 0, 29),
    BOTH_F("fcvtps", 0, HIGH, 26), BOTH_F("fcvtzs", 0, HIGH, 27), BOTH_F("fcvtnu", U, 0, 26), BOTH_F("fcvtmu", U, 0, 27),
    BOTH_F("fcvtau", U, 0, 28), BOTH_F("ucvtf", U, 0, 29), BOTH_F("fcvtpu", U, HIGH, 26), BOTH_F("fcvtzu", U, HIGH, 27),
    MISC_F("urecpe", 0, HIGH, 28), MISC_F("ursqrte", U, HIGH, 28), BOTH_F("frecpe", 0, HIGH, 29),
    BOTH_F("frsqrte", U, HIGH, 29), MISC_F("fsqrt", U, HIGH, 31), MISC_SF("frecpx", 0, HIGH, 31),
    // Across lanes
    ACROSS("saddlv", 0, 3), ACROSS("smaxv", 0, 10), ACROSS("sminv", 0, 26), ACROSS("addv", 0, 27), ACROSS("uaddlv", U, 3),
    ACROSS("umaxv", U, 10), ACROSS("uminv", U, 26), ACROSS_F("fmaxnmv", 0, 12), ACROSS_F("fminnmv", HIGH, 12),
    ACROSS_F("fmaxv", 0, 15), ACROSS_F("fminv", HIGH, 15), { "addp scalar", 0x5e31b800, 0xff3ffc00 },
    PAIRWISE("fmaxnmp", 0, 12), PAIRWISE("faddp", 0, 13), PAIRWISE("fmaxp", 0, 15), PAIRWISE("fminnmp", HIGH, 12),
    PAIRWISE("fminp", HIGH, 15),
    // Moves
    { "dup element", 0x0e000400, 0xbfe0fc00 }, { "dup scalar", 0x5e000400, 0xffe0fc00 },
    { "dup general", 0x0e000c00, 0xbfe0fc00 }, { "smov", 0x0e002c00, 0xbfe0fc00 }, { "umov", 0x0e003c00, 0xbfe0fc00 },
    { "ins general", 0x4e001c00, 0xffe0fc00 }, { "ins element", 0x6e000400, 0xffe08400 },
    { "ext", 0x2e000000, 0xbfe08400 },
    { "uzp1", 0x0e001800, 0xbf20fc00 }, { "trn1", 0x0e002800, 0xbf20fc00 }, { "zip1", 0x0e003800, 0xbf20fc00 },
    { "uzp2", 0x0e005800, 0xbf20fc00 }, { "trn2", 0x0e006800, 0xbf20fc00 }, { "zip2", 0x0e007800, 0xbf20fc00 },
    { "tbl 1", 0x0e000000, 0xbfe0fc00 }, { "tbl 2", 0x0e002000, 0xbfe0fc00 }, { "tbl 3", 0x0e004000, 0xbfe0fc00 },
    { "tbl 4", 0x0e006000, 0xbfe0fc00 }, { "tbx 1", 0x0e001000, 0xbfe0fc00 }, { "tbx 2", 0x0e003000, 0xbfe0fc00 },
    { "tbx 3", 0x0e005000, 0xbfe0fc00 }, { "tbx 4", 0x0e007000, 0xbfe0fc00 },
    // Immediates
    MODIFIED("movi 32", 0x0000, 0x20009000), MODIFIED("orr 32 imm", 0x1000, 0x20009000),
    MODIFIED("movi 16", 0x8000, 0x2000d000), MODIFIED("orr 16 imm", 0x9000, 0x2000d000),
    MODIFIED("movi msl", 0xc000, 0x2000e000), MODIFIED("movi 8", 0xe000, 0x2000f000),
    MODIFIED("mvni 32", U, 0x20009000), MODIFIED("bic 32 imm", U | 0x1000, 0x20009000),
    MODIFIED("mvni 16", U | 0x8000, 0x2000d000), MODIFIED("bic 16 imm", U | 0x9000, 0x2000d000),
    MODIFIED("mvni msl", U | 0xc000, 0x2000e000), MODIFIED("movi 64", U | 0xe000, 0x2000f000),
    MODIFIED("fmov s imm", 0xf000, 0x2000f000), MODIFIED("fmov d imm", U | 0xf000, 0x2000f000),
    // Shifts
    SHIFT_S("sshr", 0, 0), SHIFT_S("ssra", 0, 2), SHIFT_S("srshr", 0, 4), SHIFT_S("srsra", 0, 6), SHIFT_S("shl", 0, 10),
    SHIFT_S("sqshl imm", 0, 14), SHIFT("shrn", 0, 16), SHIFT("rshrn", 0, 17), SHIFT_S("sqshrn", 0, 18),
    SHIFT_S("sqrshrn", 0, 19), SHIFT("sshll", 0, 20), SHIFT_S("scvtf fixed", 0, 28), SHIFT_S("fcvtzs fixed", 0, 31),
    SHIFT_S("ushr", U, 0), SHIFT_S("usra", U, 2), SHIFT_S("urshr", U, 4), SHIFT_S("ursra", U, 6), SHIFT_S("sri", U, 8),
    SHIFT_S("sli", U, 10), SHIFT_S("sqshlu", U, 12), SHIFT_S("uqshl imm", U, 14), SHIFT_S("sqshrun", U, 16),
    SHIFT_S("sqrshrun", U, 17), SHIFT_S("uqshrn", U, 18), SHIFT_S("uqrshrn", U, 19), SHIFT("ushll", U, 20),
    SHIFT_S("ucvtf fixed", U, 28), SHIFT_S("fcvtzu fixed", U, 31),
    // By one element
    ELEMENT("mla", U, 0), ELEMENT("mls", U, 4), ELEMENT("mul", 0, 8), ELEMENT("smlal", 0, 2), ELEMENT("umlal", U, 2),
    ELEMENT("smlsl", 0, 6), ELEMENT("umlsl", U, 6), ELEMENT("smull", 0, 10), ELEMENT("umull", U, 10),
    ELEMENT_S("sqdmlal", 0, 3), ELEMENT_S("sqdmlsl", 0, 7), ELEMENT_S("sqdmull", 0, 11), ELEMENT_S("sqdmulh", 0, 12),
    ELEMENT_S("sqrdmulh", 0, 13), ELEMENT_S("fmla", 0, 1), ELEMENT_S("fmls", 0, 5), ELEMENT_S("fmul", 0, 9),
    ELEMENT_S("fmulx", U, 9),
};
// clang-format on

#undef U
#undef HIGH
#undef SAME
#undef SAME_F
#undef SAME_L
#undef SAME_S
#undef SAME_SF
#undef LONG
#undef LONG_S
#undef MISC
#undef MISC_F
#undef MISC_S
#undef MISC_SF
#undef BOTH
#undef BOTH_F
#undef ACROSS
#undef ACROSS_F
#undef PAIRWISE
#undef SHIFT
#undef SHIFT_S
#undef ELEMENT
#undef ELEMENT_S
#undef MODIFIED
#undef SD
#undef SD_WX
#undef ONE
#undef TWO
#undef TO_INTEGER
#endif
