// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Fields of A64 instructions (Arm ARM chapter C4).
#ifndef VCPU_AARCH64_DECODE_H
#define VCPU_AARCH64_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"

// Field [high:low] of an instruction word.
static inline unsigned a64_field(uint32_t word, unsigned high, unsigned low)
{
    return (unsigned)bits_get(word, high, low);
}

static inline bool a64_bit(uint32_t word, unsigned bit)
{
    return word >> bit & 1;
}

// The same, sign-extended.
static inline int32_t a64_signed(uint32_t word, unsigned high, unsigned low)
{
    return (int32_t)bits_sign(word >> low, high - low + 1);
}

// DecodeBitMasks (section J1.2): the masks of bitfield moves (tmask) and logical immediates (wmask) of N:imms and immr in
// `bits` bits (32 or 64). False: reserved.
bool a64_decode_masks(unsigned n, unsigned imms, unsigned immr, unsigned bits, bool immediate, uint64_t *wmask,
                      uint64_t *tmask);

#endif
