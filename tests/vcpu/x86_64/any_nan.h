// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// DPPS and DPPD with several NaNs: which of them is the result depends on the processor (SDM vol. 2, DPPS: the order of
// the additions), and the vendors differ. A comparison with the host accepts either.
#ifndef TESTS_VCPU_X86_64_ANY_NAN_H
#define TESTS_VCPU_X86_64_ANY_NAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "vcpu/x86_64/float/simd.h"

static inline bool is_dot_product(const struct x86_simd *row)
{
    return row->map == 3 && (row->opcode == 0x40 || row->opcode == 0x41);
}

// The size of one of its lanes, in bytes.
static inline unsigned dot_product_lane(const struct x86_simd *row)
{
    return row->opcode == 0x40 ? 4 : 8;
}

// Makes the lanes of `host` (16 bytes) that hold another quiet NaN than `ours` alike.
static inline void any_nan(const uint8_t *ours, uint8_t *host, unsigned lane)
{
    const uint64_t quiet = lane == 4 ? 0x7fc00000 : 0x7ff8000000000000;
    for (unsigned at = 0; at < 16; at += lane) {
        uint64_t a = 0, b = 0;
        memcpy(&a, ours + at, lane);
        memcpy(&b, host + at, lane);
        if ((a & quiet) == quiet && (b & quiet) == quiet)
            memcpy(host + at, ours + at, lane);
    }
}

#endif
