// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// splitmix64 by Vigna: numbers that look random, made from a seed; for seeds of generators and of guests.
#ifndef BASE_SPLIT_H
#define BASE_SPLIT_H

#include <stdint.h>

static inline uint64_t split_next(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

#endif
