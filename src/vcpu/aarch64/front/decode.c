// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The one encoding of A64 that is more than fields: masks of runs of ones (Arm ARM section J1.2, DecodeBitMasks).
#include "vcpu/aarch64/front/decode.h"

static uint64_t rotate(uint64_t value, unsigned by, unsigned bits)
{
    return by ? (value >> by | value << (bits - by)) & bits_low(bits) : value;
}

static uint64_t replicate(uint64_t value, unsigned from, unsigned to)
{
    for (; from < to; from *= 2)
        value |= value << from;
    return value;
}

bool a64_decode_masks(unsigned n, unsigned imms, unsigned immr, unsigned bits, bool immediate, uint64_t *wmask,
                      uint64_t *tmask)
{
    unsigned pattern = n << 6 | (~imms & 0x3f);
    if (pattern < 2)
        return false;
    unsigned size = 1u << bits_highest(pattern), levels = size - 1; // of an element
    if (size > bits || (immediate && (imms & levels) == levels))
        return false;
    unsigned s = imms & levels, r = immr & levels;
    *wmask = replicate(rotate(bits_low(s + 1), r, size), size, bits);
    *tmask = replicate(bits_low(((s - r) & levels) + 1), size, bits);
    return true;
}
