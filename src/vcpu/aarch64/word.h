// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Fields of an A64 instruction word (Arm ARM chapter C4): for the translator, and for ops that get the word itself.
#ifndef VCPU_AARCH64_WORD_H
#define VCPU_AARCH64_WORD_H

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

#endif
