// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The forms of loads and stores (Arm ARM section C4.1.94).
#ifndef TESTS_VCPU_AARCH64_FORMS_MEMORY_H
#define TESTS_VCPU_AARCH64_FORMS_MEMORY_H

#include "oracle.h"

// One register (size and opc in their places), in every mode of addressing; the last only for general registers.
#define ONE_VECTOR(name, at, size)                                                                                     \
    { name " [unsigned]", 0x39000000 | (at), 0xffc00000, ORACLE_UNSIGNED, size },                                      \
        { name " [unscaled]", 0x38000000 | (at), 0xffe00c00, ORACLE_NINE, size },                                      \
        { name " [post]", 0x38000400 | (at), 0xffe00c00, ORACLE_POST, size },                                          \
        { name " [pre]", 0x38000c00 | (at), 0xffe00c00, ORACLE_NINE, size },                                           \
        { name " [uxtw]", 0x38204800 | (at), 0xffe0ec00, ORACLE_INDEX, size },                                         \
        { name " [lsl]", 0x38206800 | (at), 0xffe0ec00, ORACLE_INDEX, size },                                          \
        { name " [sxtw]", 0x3820c800 | (at), 0xffe0ec00, ORACLE_INDEX, size },                                         \
    {                                                                                                                  \
        name " [sxtx]", 0x3820e800 | (at), 0xffe0ec00, ORACLE_INDEX, size                                              \
    }
#define ONE(name, at, size)                                                                                            \
    ONE_VECTOR(name, at, size),                                                                                        \
    {                                                                                                                  \
        name " unprivileged", 0x38000800 | (at), 0xffe00c00, ORACLE_NINE, size                                         \
    }

// Pairs (opc, V and L in their places).
#define PAIR(name, at, size)                                                                                           \
    { name " [post]", 0x28800000 | (at), 0xffc00000, ORACLE_PAIR_POST, size, 2u << size },                             \
        { name " [offset]", 0x29000000 | (at), 0xffc00000, ORACLE_PAIR, size, 2u << size },                            \
    {                                                                                                                  \
        name " [pre]", 0x29800000 | (at), 0xffc00000, ORACLE_PAIR, size, 2u << size                                    \
    }
#define PAIR_NT(name, at, size)                                                                                        \
    PAIR(name, at, size),                                                                                              \
    {                                                                                                                  \
        name " non-temporal", 0x28000000 | (at), 0xffc00000, ORACLE_PAIR, size, 2u << size                             \
    }

// In the four sizes of bits 31:30.
#define SIZES(name, value, mask, kind)                                                                                 \
    { name " b", (value), (mask) | 0xc0000000, kind, 0 },                                                              \
        { name " h", (value) | 0x40000000, (mask) | 0xc0000000, kind, 1 },                                             \
        { name " w", (value) | 0x80000000, (mask) | 0xc0000000, kind, 2 },                                             \
    {                                                                                                                  \
        name " x", (value) | 0xc0000000, (mask) | 0xc0000000, kind, 3                                                  \
    }
#define PAIRS(name, value, mask, kind)                                                                                 \
    { name " w", (value), (mask) | 0x40000000, kind, 2, 8 },                                                           \
    {                                                                                                                  \
        name " x", (value) | 0x40000000, (mask) | 0x40000000, kind, 3, 16                                              \
    }

// Structures: with and without post-index, by a constant (Rm is 31) or a register. `bytes` is the most, with Q.
#define STRUCTURES(name, value, mask, bytes)                                                                           \
    { "st" name, (value), (mask) | 0xbfff0000, ORACLE_POST, 0, bytes },                                                \
        { "st" name " [post]", (value) | 0x00800000, (mask) | 0xbfe00000, ORACLE_POST, 0, bytes },                     \
        { "ld" name, (value) | 0x00400000, (mask) | 0xbfff0000, ORACLE_POST, 0, bytes },                               \
    {                                                                                                                  \
        "ld" name " [post]", (value) | 0x00c00000, (mask) | 0xbfe00000, ORACLE_POST, 0, bytes                          \
    }

// clang-format off
static const struct oracle_form forms_memory[] = {
    ONE("strb", 0x00000000, 0), ONE("ldrb", 0x00400000, 0), ONE("ldrsb x", 0x00800000, 0), ONE("ldrsb w", 0x00c00000, 0),
    ONE("strh", 0x40000000, 1), ONE("ldrh", 0x40400000, 1), ONE("ldrsh x", 0x40800000, 1), ONE("ldrsh w", 0x40c00000, 1),
    ONE("str w", 0x80000000, 2), ONE("ldr w", 0x80400000, 2), ONE("ldrsw", 0x80800000, 2),
    ONE("str x", 0xc0000000, 3), ONE("ldr x", 0xc0400000, 3),
    ONE_VECTOR("str b", 0x04000000, 0), ONE_VECTOR("ldr b", 0x04400000, 0),
    ONE_VECTOR("str h", 0x44000000, 1), ONE_VECTOR("ldr h", 0x44400000, 1),
    ONE_VECTOR("str s", 0x84000000, 2), ONE_VECTOR("ldr s", 0x84400000, 2),
    ONE_VECTOR("str d", 0xc4000000, 3), ONE_VECTOR("ldr d", 0xc4400000, 3),
    ONE_VECTOR("str q", 0x04800000, 4), ONE_VECTOR("ldr q", 0x04c00000, 4),
    { "prfm [unsigned]", 0xf9800000, 0xffc00000, ORACLE_UNSIGNED, 3 },
    { "prfum", 0xf8800000, 0xffe00c00, ORACLE_NINE, 3 }, { "prfm [index]", 0xf8a04800, 0xffe04c00, ORACLE_INDEX, 3 },
    { "ldr w literal", 0x18000000, 0xff000000, ORACLE_LITERAL, 2 },
    { "ldr x literal", 0x58000000, 0xff000000, ORACLE_LITERAL, 3 },
    { "ldrsw literal", 0x98000000, 0xff000000, ORACLE_LITERAL, 2 },
    { "prfm literal", 0xd8000000, 0xff000000, ORACLE_LITERAL, 2 },
    { "ldr s literal", 0x1c000000, 0xff000000, ORACLE_LITERAL, 2 },
    { "ldr d literal", 0x5c000000, 0xff000000, ORACLE_LITERAL, 3 },
    { "ldr q literal", 0x9c000000, 0xff000000, ORACLE_LITERAL, 4 },
    PAIR_NT("stp w", 0x00000000, 2), PAIR_NT("ldp w", 0x00400000, 2), PAIR("ldpsw", 0x40400000, 2),
    PAIR_NT("stp x", 0x80000000, 3), PAIR_NT("ldp x", 0x80400000, 3),
    PAIR_NT("stp s", 0x04000000, 2), PAIR_NT("ldp s", 0x04400000, 2),
    PAIR_NT("stp d", 0x44000000, 3), PAIR_NT("ldp d", 0x44400000, 3),
    PAIR_NT("stp q", 0x84000000, 4), PAIR_NT("ldp q", 0x84400000, 4),
    // Exclusive and ordered
    SIZES("stxr", 0x08007c00, 0x3fe0fc00, ORACLE_EXCLUSIVE), SIZES("stlxr", 0x0800fc00, 0x3fe0fc00, ORACLE_EXCLUSIVE),
    SIZES("ldxr", 0x085f7c00, 0x3ffffc00, ORACLE_EXCLUSIVE), SIZES("ldaxr", 0x085ffc00, 0x3ffffc00, ORACLE_EXCLUSIVE),
    PAIRS("stxp", 0x88200000, 0xbfe08000, ORACLE_EXCLUSIVE), PAIRS("stlxp", 0x88208000, 0xbfe08000, ORACLE_EXCLUSIVE),
    PAIRS("ldxp", 0x887f0000, 0xbfff8000, ORACLE_EXCLUSIVE), PAIRS("ldaxp", 0x887f8000, 0xbfff8000, ORACLE_EXCLUSIVE),
    SIZES("stlr", 0x089ffc00, 0x3ffffc00, ORACLE_ALIGNED), SIZES("ldar", 0x08dffc00, 0x3ffffc00, ORACLE_ALIGNED),
    // Structures of vectors
    STRUCTURES("4 multiple", 0x0c000000, 0xf000, 64), STRUCTURES("1 of four", 0x0c002000, 0xf000, 64),
    STRUCTURES("3 multiple", 0x0c004000, 0xf000, 48), STRUCTURES("1 of three", 0x0c006000, 0xf000, 48),
    STRUCTURES("1 multiple", 0x0c007000, 0xf000, 16), STRUCTURES("2 multiple", 0x0c008000, 0xf000, 32),
    STRUCTURES("1 of two", 0x0c00a000, 0xf000, 32),
    STRUCTURES("1 lane b", 0x0d000000, 0x20e000, 1), STRUCTURES("2 lane b", 0x0d200000, 0x20e000, 2),
    STRUCTURES("3 lane b", 0x0d002000, 0x20e000, 3), STRUCTURES("4 lane b", 0x0d202000, 0x20e000, 4),
    STRUCTURES("1 lane h", 0x0d004000, 0x20e400, 2), STRUCTURES("2 lane h", 0x0d204000, 0x20e400, 4),
    STRUCTURES("3 lane h", 0x0d006000, 0x20e400, 6), STRUCTURES("4 lane h", 0x0d206000, 0x20e400, 8),
    STRUCTURES("1 lane s", 0x0d008000, 0x20ec00, 4), STRUCTURES("2 lane s", 0x0d208000, 0x20ec00, 8),
    STRUCTURES("3 lane s", 0x0d00a000, 0x20ec00, 12), STRUCTURES("4 lane s", 0x0d20a000, 0x20ec00, 16),
    STRUCTURES("1 lane d", 0x0d008400, 0x20fc00, 8), STRUCTURES("2 lane d", 0x0d208400, 0x20fc00, 16),
    STRUCTURES("3 lane d", 0x0d00a400, 0x20fc00, 24), STRUCTURES("4 lane d", 0x0d20a400, 0x20fc00, 32),
    { "ld1r", 0x0d40c000, 0xbffff000, ORACLE_POST, 0, 8 }, { "ld1r [post]", 0x0dc0c000, 0xbfe0f000, ORACLE_POST, 0, 8 },
    { "ld2r", 0x0d60c000, 0xbffff000, ORACLE_POST, 0, 16 }, { "ld2r [post]", 0x0de0c000, 0xbfe0f000, ORACLE_POST, 0, 16 },
    { "ld3r", 0x0d40e000, 0xbffff000, ORACLE_POST, 0, 24 }, { "ld3r [post]", 0x0dc0e000, 0xbfe0f000, ORACLE_POST, 0, 24 },
    { "ld4r", 0x0d60e000, 0xbffff000, ORACLE_POST, 0, 32 }, { "ld4r [post]", 0x0de0e000, 0xbfe0f000, ORACLE_POST, 0, 32 },
    // Caches, by address
    { "dc zva", 0xd50b7420, 0xffffffe0, ORACLE_CACHE, 0 }, { "dc cvac", 0xd50b7a20, 0xffffffe0, ORACLE_CACHE, 0 },
    { "dc cvau", 0xd50b7b20, 0xffffffe0, ORACLE_CACHE, 0 }, { "dc civac", 0xd50b7e20, 0xffffffe0, ORACLE_CACHE, 0 },
    { "ic ivau", 0xd50b7520, 0xffffffe0, ORACLE_CACHE, 0 },
    // Whether there is such an instruction
    { "any exclusive", 0x08000000, 0x3f000000, ORACLE_WILD }, { "any structures", 0x0c000000, 0xbe000000, ORACLE_WILD },
    { "any pair", 0x28000000, 0x3a000000, ORACLE_WILD }, { "any of one register", 0x38000000, 0x3a000000, ORACLE_WILD },
};

#define ORDERS(name, value, mask, kind)                                                                                \
    SIZES(name, value, mask, kind), SIZES(name "a", (value) | 0x800000, mask, kind),                                   \
    SIZES(name "l", (value) | 0x400000, mask, kind), SIZES(name "al", (value) | 0xc00000, mask, kind)

static const struct oracle_form forms_atomic[] = { // FEAT_LSE
    ORDERS("ldadd", 0x38200000, 0x3fe0fc00, ORACLE_ALIGNED), ORDERS("ldclr", 0x38201000, 0x3fe0fc00, ORACLE_ALIGNED),
    ORDERS("ldeor", 0x38202000, 0x3fe0fc00, ORACLE_ALIGNED), ORDERS("ldset", 0x38203000, 0x3fe0fc00, ORACLE_ALIGNED),
    ORDERS("ldsmax", 0x38204000, 0x3fe0fc00, ORACLE_ALIGNED), ORDERS("ldsmin", 0x38205000, 0x3fe0fc00, ORACLE_ALIGNED),
    ORDERS("ldumax", 0x38206000, 0x3fe0fc00, ORACLE_ALIGNED), ORDERS("ldumin", 0x38207000, 0x3fe0fc00, ORACLE_ALIGNED),
    ORDERS("swp", 0x38208000, 0x3fe0fc00, ORACLE_ALIGNED),
    SIZES("cas", 0x08a07c00, 0x3fe0fc00, ORACLE_COMPARE), SIZES("casa", 0x08e07c00, 0x3fe0fc00, ORACLE_COMPARE),
    SIZES("casl", 0x08a0fc00, 0x3fe0fc00, ORACLE_COMPARE), SIZES("casal", 0x08e0fc00, 0x3fe0fc00, ORACLE_COMPARE),
    PAIRS("casp", 0x08207c00, 0xbfe1fc01, ORACLE_COMPARE), PAIRS("caspa", 0x08607c00, 0xbfe1fc01, ORACLE_COMPARE),
    PAIRS("caspl", 0x0820fc00, 0xbfe1fc01, ORACLE_COMPARE), PAIRS("caspal", 0x0860fc00, 0xbfe1fc01, ORACLE_COMPARE),
};
// clang-format on

#undef ONE
#undef ONE_VECTOR
#undef PAIR
#undef PAIR_NT
#undef SIZES
#undef PAIRS
#undef STRUCTURES
#undef ORDERS
#endif
