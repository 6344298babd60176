// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Shifts by an immediate (Arm ARM section C4.1.96): immh:immb holds the size of the element and the amount.
#include "vcpu/aarch64/float/simd_ops.h"

// Both may be asked to shift by all bits of the element.
#define DOWN(value)    simd_shifted((value), -(int)SIMD_RIGHT, false)
#define ROUNDED(value) simd_shifted((value), -(int)SIMD_RIGHT, true)
#define UP(value)      simd_shifted((value), (int)SIMD_LEFT, false)

SIMD_LANES_BHSD(sshr, int, (uint64_t)DOWN(x))
SIMD_LANES_BHSD(ushr, uint, (uint64_t)DOWN(x))
SIMD_LANES_BHSD(ssra, int, (uint64_t)z + (uint64_t)DOWN(x))
SIMD_LANES_BHSD(usra, uint, (uint64_t)z + (uint64_t)DOWN(x))
SIMD_LANES_BHSD(srshr, int, (uint64_t)ROUNDED(x))
SIMD_LANES_BHSD(urshr, uint, (uint64_t)ROUNDED(x))
SIMD_LANES_BHSD(srsra, int, (uint64_t)z + (uint64_t)ROUNDED(x))
SIMD_LANES_BHSD(ursra, uint, (uint64_t)z + (uint64_t)ROUNDED(x))
SIMD_LANES_BHSD(shl, uint, (uint64_t)x << SIMD_LEFT)
SIMD_LANES_BHSD(sri, uint, (uint64_t)DOWN(x) | (z & ~bits_low(bits - SIMD_RIGHT)))
SIMD_LANES_BHSD(sli, uint, (uint64_t)x << SIMD_LEFT | (z & bits_low(SIMD_LEFT)))
SIMD_SATURATED_BHSD(sqshl, int, simd_saturate(UP(x), bits, &q))
SIMD_SATURATED_BHSD(uqshl, uint, simd_saturate_unsigned(UP(x), bits, &q))
SIMD_SATURATED_BHSD(sqshlu, int, simd_saturate_unsigned(UP(x), bits, &q))

SIMD_NARROW_BHS(shrn, uint, (uint64_t)DOWN(x))
SIMD_NARROW_BHS(rshrn, uint, (uint64_t)ROUNDED(x))
SIMD_NARROW_BHS(sqshrn, int, simd_saturate(DOWN(x), bits, &q))
SIMD_NARROW_BHS(sqrshrn, int, simd_saturate(ROUNDED(x), bits, &q))
SIMD_NARROW_BHS(uqshrn, uint, simd_saturate_unsigned(DOWN(x), bits, &q))
SIMD_NARROW_BHS(uqrshrn, uint, simd_saturate_unsigned(ROUNDED(x), bits, &q))
SIMD_NARROW_BHS(sqshrun, int, simd_saturate_unsigned(DOWN(x), bits, &q))
SIMD_NARROW_BHS(sqrshrun, int, simd_saturate_unsigned(ROUNDED(x), bits, &q))
SIMD_LONG_BHS(sshll, int, (uint64_t)x << SIMD_LEFT)
SIMD_LONG_BHS(ushll, uint, (uint64_t)x << SIMD_LEFT)

#define BHSD(name)                                                                                                     \
    {                                                                                                                  \
        .run = SIMD_BHSD(name), .scalar = 8, .whole = 8                                                                \
    }
#define ALL(name)                                                                                                      \
    {                                                                                                                  \
        .run = SIMD_BHSD(name), .scalar = 15, .whole = 8                                                               \
    }
#define BHS(name)                                                                                                      \
    {                                                                                                                  \
        .run = SIMD_BHS(name)                                                                                          \
    }
#define NARROW(name)                                                                                                   \
    {                                                                                                                  \
        .run = SIMD_BHS(name), .scalar = 7                                                                             \
    }

// By U:opcode.
static const struct a64_simd_row shift[64] = {
    [0x00] = BHSD(sshr),       [0x02] = BHSD(ssra),      [0x04] = BHSD(srshr),     [0x06] = BHSD(srsra),
    [0x0a] = BHSD(shl),        [0x0e] = ALL(sqshl),      [0x10] = BHS(shrn),       [0x11] = BHS(rshrn),
    [0x12] = NARROW(sqshrn),   [0x13] = NARROW(sqrshrn), [0x14] = BHS(sshll),      [0x20] = BHSD(ushr),
    [0x22] = BHSD(usra),       [0x24] = BHSD(urshr),     [0x26] = BHSD(ursra),     [0x28] = BHSD(sri),
    [0x2a] = BHSD(sli),        [0x2c] = ALL(sqshlu),     [0x2e] = ALL(uqshl),      [0x30] = NARROW(sqshrun),
    [0x31] = NARROW(sqrshrun), [0x32] = NARROW(uqshrn),  [0x33] = NARROW(uqrshrn), [0x34] = BHS(ushll),
};

a64_simd_function *a64_simd_shift(uint32_t word)
{
    unsigned opcode = a64_field(word, 15, 11), immh = a64_field(word, 22, 19);
    if (opcode >= 0x1c)
        return a64_simd_float_shift(word);
    return simd_pick(&shift[a64_bit(word, 29) << 5 | opcode], bits_highest(immh), word);
}
