// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Integer instructions between elements of two sizes: "three different", and those of "two-register miscellaneous" that
// widen or narrow (Arm ARM section C4.1.96).
//
// Not modelled: PMULL of 64-bit elements, part of the cryptographic extension.
#include "vcpu/aarch64/float/simd_ops.h"

// --- three different -------------------------------------------------------------------------------------------------

SIMD_LONG_BHS(saddl, int, (int64_t)x + y)
SIMD_LONG_BHS(uaddl, uint, (uint64_t)x + y)
SIMD_LONG_BHS(saddw, int, (uint64_t)w + (uint64_t)(int64_t)y)
SIMD_LONG_BHS(uaddw, uint, w + (uint64_t)y)
SIMD_LONG_BHS(ssubl, int, (int64_t)x - y)
SIMD_LONG_BHS(usubl, uint, (uint64_t)x - y)
SIMD_LONG_BHS(ssubw, int, (uint64_t)w - (uint64_t)(int64_t)y)
SIMD_LONG_BHS(usubw, uint, w - (uint64_t)y)
SIMD_LONG_BHS(sabdl, int, x > y ? (int64_t)x - y : (int64_t)y - x)
SIMD_LONG_BHS(uabdl, uint, x > y ? x - y : y - x)
SIMD_LONG_BHS(sabal, int, (uint64_t)z + (uint64_t)(x > y ? (int64_t)x - y : (int64_t)y - x))
SIMD_LONG_BHS(uabal, uint, z + (uint64_t)(x > y ? x - y : y - x))
SIMD_LONG_BHS(smull, int, (int64_t)x *y)
SIMD_LONG_BHS(umull, uint, (uint64_t)x *y)
SIMD_LONG_BHS(smlal, int, (uint64_t)z + (uint64_t)((int64_t)x * y))
SIMD_LONG_BHS(umlal, uint, z + (uint64_t)x * y)
SIMD_LONG_BHS(smlsl, int, (uint64_t)z - (uint64_t)((int64_t)x * y))
SIMD_LONG_BHS(umlsl, uint, z - (uint64_t)x * y)
SIMD_LONG_HS(sqdmull, int, simd_saturate((int128)x *y * 2, 2 * bits, &q))
SIMD_LONG_HS(sqdmlal, int, simd_saturate((int128)z + simd_saturate((int128)x * y * 2, 2 * bits, &q), 2 * bits, &q))
SIMD_LONG_HS(sqdmlsl, int, simd_saturate((int128)z - simd_saturate((int128)x * y * 2, 2 * bits, &q), 2 * bits, &q))

static uint16_t polynomial(uint8_t x, uint8_t y)
{
    unsigned product = 0;
    for (unsigned i = 0; i < 8; i++)
        product ^= y >> i & 1 ? (unsigned)x << i : 0;
    return (uint16_t)product;
}

SIMD_LONG(pmull_b, uint8_t, b, uint16_t, h, polynomial(x, y))

SIMD_NARROW_BHS(addhn, uint, ((uint64_t)x + y) >> bits)
SIMD_NARROW_BHS(raddhn, uint, ((uint64_t)x + y + BIT64(bits - 1)) >> bits)
SIMD_NARROW_BHS(subhn, uint, ((uint64_t)x - y) >> bits)
SIMD_NARROW_BHS(rsubhn, uint, ((uint64_t)x - y + BIT64(bits - 1)) >> bits)

// --- one operand -----------------------------------------------------------------------------------------------------

SIMD_NARROW_BHS(xtn, uint, x)
SIMD_NARROW_BHS(sqxtn, int, simd_saturate(x, bits, &q))
SIMD_NARROW_BHS(uqxtn, uint, simd_saturate_unsigned(x, bits, &q))
SIMD_NARROW_BHS(sqxtun, int, simd_saturate_unsigned(x, bits, &q))
SIMD_LONG_BHS(shll, uint, (uint64_t)x << bits)

// Sums of adjacent elements, in elements of twice the size.
#define NEIGHBOURS(name, T, F, WT, WF, expression)                                                                     \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        const unsigned width = simd_width(word, 8);                                                                    \
        const union a64_vector n = cpu->v[SIMD_RN(word)];                                                              \
        union a64_vector d = cpu->v[SIMD_RD(word)];                                                                    \
        for (unsigned i = 0; i < 16 / sizeof(WT); i++) {                                                               \
            const WT x = (WT)(T)n.F[2 * i], y = (WT)(T)n.F[2 * i + 1], z = (WT)d.WF[i];                                \
            (void)z;                                                                                                   \
            d.WF[i] = (WT)(expression);                                                                                \
        }                                                                                                              \
        cpu->v[SIMD_RD(word)] = simd_low(d, width);                                                                    \
    }
#define NEIGHBOURS_BHS(name, S, expression)                                                                            \
    NEIGHBOURS(name##_b, S##8_t, b, S##16_t, h, expression)                                                            \
    NEIGHBOURS(name##_h, S##16_t, h, S##32_t, s, expression)                                                           \
    NEIGHBOURS(name##_s, S##32_t, s, S##64_t, d, expression)

NEIGHBOURS_BHS(saddlp, int, (uint64_t)x + (uint64_t)y)
NEIGHBOURS_BHS(uaddlp, uint, (uint64_t)x + y)
NEIGHBOURS_BHS(sadalp, int, (uint64_t)z + (uint64_t)x + (uint64_t)y)
NEIGHBOURS_BHS(uadalp, uint, (uint64_t)z + x + y)

// --- tables ----------------------------------------------------------------------------------------------------------

#define BHS(name)                                                                                                      \
    {                                                                                                                  \
        .run = SIMD_BHS(name)                                                                                          \
    }
#define ALL(name)                                                                                                      \
    {                                                                                                                  \
        .run = SIMD_BHS(name), .scalar = 7                                                                             \
    }
#define SATURATED(name)                                                                                                \
    {                                                                                                                  \
        .run = SIMD_HS(name), .scalar = 6                                                                              \
    }

// By U:opcode.
static const struct a64_simd_row three_different[32] = {
    [0x00] = BHS(saddl),         [0x01] = BHS(saddw),         [0x02] = BHS(ssubl),
    [0x03] = BHS(ssubw),         [0x04] = BHS(addhn),         [0x05] = BHS(sabal),
    [0x06] = BHS(subhn),         [0x07] = BHS(sabdl),         [0x08] = BHS(smlal),
    [0x09] = SATURATED(sqdmlal), [0x0a] = BHS(smlsl),         [0x0b] = SATURATED(sqdmlsl),
    [0x0c] = BHS(smull),         [0x0d] = SATURATED(sqdmull), [0x0e] = { .run = SIMD_B(pmull) },
    [0x10] = BHS(uaddl),         [0x11] = BHS(uaddw),         [0x12] = BHS(usubl),
    [0x13] = BHS(usubw),         [0x14] = BHS(raddhn),        [0x15] = BHS(uabal),
    [0x16] = BHS(rsubhn),        [0x17] = BHS(uabdl),         [0x18] = BHS(umlal),
    [0x1a] = BHS(umlsl),         [0x1c] = BHS(umull),
};

static const struct a64_simd_row misc[64] = {
    [0x02] = BHS(saddlp), [0x06] = BHS(sadalp), [0x12] = BHS(xtn),  [0x14] = ALL(sqxtn), [0x22] = BHS(uaddlp),
    [0x26] = BHS(uadalp), [0x32] = ALL(sqxtun), [0x33] = BHS(shll), [0x34] = ALL(uqxtn),
};

a64_simd_function *a64_simd_three_different(uint32_t word)
{
    unsigned row = a64_bit(word, 29) << 4 | a64_field(word, 15, 12);
    return simd_pick(&three_different[row], a64_field(word, 23, 22), word);
}

a64_simd_function *a64_simd_misc_long(uint32_t word)
{
    unsigned row = a64_bit(word, 29) << 5 | a64_field(word, 16, 12);
    return simd_pick(&misc[row], a64_field(word, 23, 22), word);
}
