// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Integer instructions on vectors whose elements keep their size: "three same" and "two-register miscellaneous" (Arm
// ARM section C4.1.96), with their scalar forms.
#include "vcpu/aarch64/float/simd_ops.h"

// --- arithmetic ------------------------------------------------------------------------------------------------------

SIMD_LANES_BHSD(add, uint, x + y)
SIMD_LANES_BHSD(sub, uint, x - y)
SIMD_LANES_BHS(mul, uint, (uint64_t)x *y)
SIMD_LANES_BHS(mla, uint, z + (uint64_t)x * y)
SIMD_LANES_BHS(mls, uint, z - (uint64_t)x * y)
SIMD_LANES_BHS(shadd, int, ((int64_t)x + y) >> 1)
SIMD_LANES_BHS(uhadd, uint, ((uint64_t)x + y) >> 1)
SIMD_LANES_BHS(shsub, int, ((int64_t)x - y) >> 1)
SIMD_LANES_BHS(uhsub, uint, ((uint64_t)x - y) >> 1)
SIMD_LANES_BHS(srhadd, int, ((int64_t)x + y + 1) >> 1)
SIMD_LANES_BHS(urhadd, uint, ((uint64_t)x + y + 1) >> 1)
SIMD_SATURATED_BHSD(sqadd, int, simd_saturate((int128)x + y, bits, &q))
SIMD_SATURATED_BHSD(uqadd, uint, simd_saturate_unsigned((int128)x + y, bits, &q))
SIMD_SATURATED_BHSD(sqsub, int, simd_saturate((int128)x - y, bits, &q))
SIMD_SATURATED_BHSD(uqsub, uint, simd_saturate_unsigned((int128)x - y, bits, &q))
SIMD_LANES_BHS(smax, int, x > y ? x : y)
SIMD_LANES_BHS(umax, uint, x > y ? x : y)
SIMD_LANES_BHS(smin, int, x < y ? x : y)
SIMD_LANES_BHS(umin, uint, x < y ? x : y)
SIMD_LANES_BHS(sabd, int, x > y ? (int64_t)x - y : (int64_t)y - x)
SIMD_LANES_BHS(uabd, uint, x > y ? x - y : y - x)
SIMD_LANES_BHS(saba, int, (uint64_t)z + (uint64_t)(x > y ? (int64_t)x - y : (int64_t)y - x))
SIMD_LANES_BHS(uaba, uint, z + (x > y ? x - y : y - x))
SIMD_SATURATED_HS(sqdmulh, int, simd_saturate((int128)x *y * 2 >> bits, bits, &q))
SIMD_SATURATED_HS(sqrdmulh, int, simd_saturate(((int128)x * y * 2 + ((int128)1 << (bits - 1))) >> bits, bits, &q))

static uint8_t polynomial(uint8_t x, uint8_t y)
{
    unsigned product = 0;
    for (unsigned i = 0; i < 8; i++)
        product ^= y >> i & 1 ? (unsigned)x << i : 0;
    return (uint8_t)product;
}

SIMD_LANES(pmul_b, uint8_t, b, polynomial(x, y))

// --- comparison and logic --------------------------------------------------------------------------------------------

SIMD_LANES_BHSD(cmgt, int, -(x > y))
SIMD_LANES_BHSD(cmhi, uint, -(x > y))
SIMD_LANES_BHSD(cmge, int, -(x >= y))
SIMD_LANES_BHSD(cmhs, uint, -(x >= y))
SIMD_LANES_BHSD(cmtst, uint, -((x & y) != 0))
SIMD_LANES_BHSD(cmeq, uint, -(x == y))
SIMD_LANES(and_d, uint64_t, d, x &y)
SIMD_LANES(bic_d, uint64_t, d, x & ~y)
SIMD_LANES(orr_d, uint64_t, d, x | y)
SIMD_LANES(orn_d, uint64_t, d, x | ~y)
SIMD_LANES(eor_d, uint64_t, d, x ^ y)
SIMD_LANES(bsl_d, uint64_t, d, (x & z) | (y & ~z))
SIMD_LANES(bit_d, uint64_t, d, (z & ~y) | (x & y))
SIMD_LANES(bif_d, uint64_t, d, (z & y) | (x & ~y))

// --- shifts by a register: the low byte of the element, signed -------------------------------------------------------

SIMD_LANES_BHSD(sshl, int, (uint64_t)simd_shifted(x, (int8_t)y, false))
SIMD_LANES_BHSD(ushl, uint, (uint64_t)simd_shifted(x, (int8_t)y, false))
SIMD_LANES_BHSD(srshl, int, (uint64_t)simd_shifted(x, (int8_t)y, true))
SIMD_LANES_BHSD(urshl, uint, (uint64_t)simd_shifted(x, (int8_t)y, true))
SIMD_SATURATED_BHSD(sqshl, int, simd_saturate(simd_shifted(x, (int8_t)y, false), bits, &q))
SIMD_SATURATED_BHSD(uqshl, uint, simd_saturate_unsigned(simd_shifted(x, (int8_t)y, false), bits, &q))
SIMD_SATURATED_BHSD(sqrshl, int, simd_saturate(simd_shifted(x, (int8_t)y, true), bits, &q))
SIMD_SATURATED_BHSD(uqrshl, uint, simd_saturate_unsigned(simd_shifted(x, (int8_t)y, true), bits, &q))

// --- pairs: the elements of Rn, then those of Rm, two by two ---------------------------------------------------------

#define PAIRS(name, T, F, expression)                                                                                  \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        const unsigned width = SIMD_Q(word) ? 16 : 8;                                                                  \
        uint8_t bytes[32] = { 0 };                                                                                     \
        T both[32 / sizeof(T)];                                                                                        \
        union a64_vector d;                                                                                            \
        memcpy(bytes, cpu->v[SIMD_RN(word)].b, 16);                                                                    \
        memcpy(bytes + width, cpu->v[SIMD_RM(word)].b, 16);                                                            \
        memcpy(both, bytes, sizeof both);                                                                              \
        for (unsigned i = 0; i < 16 / sizeof(T); i++) {                                                                \
            const T x = both[2 * i], y = both[2 * i + 1];                                                              \
            d.F[i] = (expression);                                                                                     \
        }                                                                                                              \
        cpu->v[SIMD_RD(word)] = simd_low(d, width);                                                                    \
    }
#define PAIRS_BHS(name, S, expression)                                                                                 \
    PAIRS(name##_b, S##8_t, b, expression)                                                                             \
    PAIRS(name##_h, S##16_t, h, expression)                                                                            \
    PAIRS(name##_s, S##32_t, s, expression)

PAIRS_BHS(addp, uint, x + y)
PAIRS(addp_d, uint64_t, d, x + y)
PAIRS_BHS(smaxp, int, x > y ? x : y)
PAIRS_BHS(umaxp, uint, x > y ? x : y)
PAIRS_BHS(sminp, int, x < y ? x : y)
PAIRS_BHS(uminp, uint, x < y ? x : y)

// --- one operand -----------------------------------------------------------------------------------------------------

static uint64_t reverse_bits(uint64_t x, unsigned bits)
{
    uint64_t out = 0;
    for (unsigned i = 0; i < bits; i++)
        out |= (x >> i & 1) << (bits - 1 - i);
    return out;
}

static unsigned leading_zeros(uint64_t x, unsigned bits)
{
    return x ? bits - 1 - bits_highest(x) : bits;
}

// Elements of `unit` bits in reversed order inside x.
static uint64_t reverse_units(uint64_t x, unsigned bits, unsigned unit)
{
    uint64_t out = 0;
    for (unsigned at = 0; at < bits; at += unit)
        out |= (x >> at & bits_low(unit)) << (bits - unit - at);
    return out;
}

// The bits set in each byte.
static inline uint64_t count_bits(uint64_t x)
{
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    return (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
}

SIMD_LANES(rev64_b, uint64_t, d, reverse_units(x, 64, 8))
SIMD_LANES(rev64_h, uint64_t, d, reverse_units(x, 64, 16))
SIMD_LANES(rev64_s, uint64_t, d, reverse_units(x, 64, 32))
SIMD_LANES(rev32_b, uint32_t, s, reverse_units(x, 32, 8))
SIMD_LANES(rev32_h, uint32_t, s, reverse_units(x, 32, 16))
SIMD_LANES(rev16_b, uint16_t, h, reverse_units(x, 16, 8))
SIMD_SATURATED_BHSD(suqadd, int, simd_saturate((int128)z + ((uint64_t)x & bits_low(bits)), bits, &q))
SIMD_SATURATED_BHSD(usqadd, uint, simd_saturate_unsigned((int128)z + bits_sign(x, bits), bits, &q))
SIMD_LANES_BHS(cls, int, leading_zeros(((uint64_t)x ^ (uint64_t)x << 1) >> 1 & bits_low(bits - 1), bits - 1))
SIMD_LANES_BHS(clz, uint, leading_zeros(x, bits))
SIMD_LANES(cnt_b, uint64_t, d, count_bits(x))
SIMD_LANES(not_b, uint8_t, b, ~x)
SIMD_LANES(rbit_h, uint8_t, b, reverse_bits(x, 8)) // in the row of NOT, as if its elements were of 16 bits
SIMD_SATURATED_BHSD(sqabs, int, simd_saturate(x < 0 ? -(int128)x : x, bits, &q))
SIMD_SATURATED_BHSD(sqneg, int, simd_saturate(-(int128)x, bits, &q))
SIMD_LANES_BHSD(cmgt0, int, -(x > 0))
SIMD_LANES_BHSD(cmge0, int, -(x >= 0))
SIMD_LANES_BHSD(cmeq0, int, -(x == 0))
SIMD_LANES_BHSD(cmle0, int, -(x <= 0))
SIMD_LANES_BHSD(cmlt0, int, -(x < 0))
SIMD_LANES_BHSD(abs, int, x < 0 ? UINT64_C(0) - (uint64_t)x : (uint64_t)x)
SIMD_LANES_BHSD(neg, uint, UINT64_C(0) - x)

// --- tables ----------------------------------------------------------------------------------------------------------

#define BHS(name)                                                                                                      \
    {                                                                                                                  \
        .run = SIMD_BHS(name)                                                                                          \
    }
#define BHSD(name)                                                                                                     \
    {                                                                                                                  \
        .run = SIMD_BHSD(name), .scalar = 8, .whole = 8                                                                \
    }
#define ALL(name)                                                                                                      \
    {                                                                                                                  \
        .run = SIMD_BHSD(name), .scalar = 15, .whole = 8                                                               \
    } // a scalar of every size

// By U:opcode.
static const struct a64_simd_row three_same[64] = {
    [0x00] = BHS(shadd),
    [0x01] = ALL(sqadd),
    [0x02] = BHS(srhadd),
    [0x03] = { .run = { and_d, bic_d, orr_d, orn_d } },
    [0x04] = BHS(shsub),
    [0x05] = ALL(sqsub),
    [0x06] = BHSD(cmgt),
    [0x07] = BHSD(cmge),
    [0x08] = BHSD(sshl),
    [0x09] = ALL(sqshl),
    [0x0a] = BHSD(srshl),
    [0x0b] = ALL(sqrshl),
    [0x0c] = BHS(smax),
    [0x0d] = BHS(smin),
    [0x0e] = BHS(sabd),
    [0x0f] = BHS(saba),
    [0x10] = BHSD(add),
    [0x11] = BHSD(cmtst),
    [0x12] = BHS(mla),
    [0x13] = BHS(mul),
    [0x14] = BHS(smaxp),
    [0x15] = BHS(sminp),
    [0x16] = { .run = SIMD_HS(sqdmulh), .scalar = 6 },
    [0x17] = { .run = SIMD_BHSD(addp), .whole = 8 },
    [0x20] = BHS(uhadd),
    [0x21] = ALL(uqadd),
    [0x22] = BHS(urhadd),
    [0x23] = { .run = { eor_d, bsl_d, bit_d, bif_d } },
    [0x24] = BHS(uhsub),
    [0x25] = ALL(uqsub),
    [0x26] = BHSD(cmhi),
    [0x27] = BHSD(cmhs),
    [0x28] = BHSD(ushl),
    [0x29] = ALL(uqshl),
    [0x2a] = BHSD(urshl),
    [0x2b] = ALL(uqrshl),
    [0x2c] = BHS(umax),
    [0x2d] = BHS(umin),
    [0x2e] = BHS(uabd),
    [0x2f] = BHS(uaba),
    [0x30] = BHSD(sub),
    [0x31] = BHSD(cmeq),
    [0x32] = BHS(mls),
    [0x33] = { .run = SIMD_B(pmul) },
    [0x34] = BHS(umaxp),
    [0x35] = BHS(uminp),
    [0x36] = { .run = SIMD_HS(sqrdmulh), .scalar = 6 },
};

static const struct a64_simd_row two_misc[64] = {
    [0x00] = BHS(rev64),
    [0x01] = { .run = SIMD_B(rev16) },
    [0x03] = ALL(suqadd),
    [0x04] = BHS(cls),
    [0x05] = { .run = SIMD_B(cnt) },
    [0x07] = ALL(sqabs),
    [0x08] = BHSD(cmgt0),
    [0x09] = BHSD(cmeq0),
    [0x0a] = BHSD(cmlt0),
    [0x0b] = BHSD(abs),
    [0x20] = { .run = SIMD_BH(rev32) },
    [0x23] = ALL(usqadd),
    [0x24] = BHS(clz),
    [0x25] = { .run = { not_b, rbit_h } },
    [0x27] = ALL(sqneg),
    [0x28] = BHSD(cmge0),
    [0x29] = BHSD(cmle0),
    [0x2b] = BHSD(neg),
};

a64_simd_function *a64_simd_three_same(uint32_t word)
{
    unsigned opcode = a64_field(word, 15, 11);
    if (opcode >= 0x18)
        return a64_simd_float_same(word);
    return simd_pick(&three_same[a64_bit(word, 29) << 5 | opcode], a64_field(word, 23, 22), word);
}

a64_simd_function *a64_simd_two_misc(uint32_t word)
{
    unsigned opcode = a64_field(word, 16, 12), size = a64_field(word, 23, 22);
    const struct a64_simd_row *row = &two_misc[a64_bit(word, 29) << 5 | opcode];
    if (row->run[0])
        return simd_pick(row, size, word);
    a64_simd_function *function = a64_simd_misc_long(word);
    return function ? function : a64_simd_float_misc(word);
}

// --- by element: multiplications whose second operand is one element of Rm -------------------------------------------

// By U:opcode: where the instruction stands in its class of three registers.
enum { NONE, SAME, DIFFERENT, FLOAT };
static const struct {
    uint8_t class, row;
} by_element[32] = {
    [0x01] = { FLOAT, 0 },        [0x02] = { DIFFERENT, 0x08 }, [0x03] = { DIFFERENT, 0x09 },
    [0x05] = { FLOAT, 0 },        [0x06] = { DIFFERENT, 0x0a }, [0x07] = { DIFFERENT, 0x0b },
    [0x08] = { SAME, 0x13 },      [0x09] = { FLOAT, 0 },        [0x0a] = { DIFFERENT, 0x0c },
    [0x0b] = { DIFFERENT, 0x0d }, [0x0c] = { SAME, 0x16 },      [0x0d] = { SAME, 0x36 },
    [0x10] = { SAME, 0x12 },      [0x12] = { DIFFERENT, 0x18 }, [0x14] = { SAME, 0x32 },
    [0x16] = { DIFFERENT, 0x1a }, [0x19] = { FLOAT, 0 },        [0x1a] = { DIFFERENT, 0x1c },
};

// The same instruction with Rm as a vector: the word of that class.
static uint32_t as_registers(uint32_t word, unsigned class, unsigned row)
{
    uint32_t out = (word & ~UINT32_C(0x2100fc00)) | BIT32(21);
    if (class == DIFFERENT)
        return out | (row & 0x10 ? BIT32(29) : 0) | (row & 15) << 12;
    return out | (row & 0x20 ? BIT32(29) : 0) | (row & 31) << 11 | BIT32(10);
}

a64_simd_function *a64_simd_by_element(uint32_t word)
{
    unsigned opcode = a64_bit(word, 29) << 4 | a64_field(word, 15, 12), size = a64_field(word, 23, 22);
    unsigned class = by_element[opcode].class;
    uint32_t other = as_registers(word, class, by_element[opcode].row);
    switch (class) {
    case SAME: return size == 1 || size == 2 ? a64_simd_three_same(other) : NULL;
    case DIFFERENT: return size == 1 || size == 2 ? a64_simd_three_different(other) : NULL;
    case FLOAT: return size >= 2 && !(size == 3 && a64_bit(word, 21)) ? a64_simd_float_element(word) : NULL;
    default: return NULL;
    }
}
