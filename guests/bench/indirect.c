// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Calls through a table of four functions, in turn: one event is one call and its return.
#include "bench/bench.h"

static __attribute__((noinline)) uint64_t triple(uint64_t x)
{
    return x * 3 + 1;
}

static __attribute__((noinline)) uint64_t fold(uint64_t x)
{
    return x ^ x >> 7;
}

static __attribute__((noinline)) uint64_t turn(uint64_t x)
{
    return x << 9 | x >> 55;
}

static __attribute__((noinline)) uint64_t less(uint64_t x)
{
    return x - 77;
}

int guest_main(void)
{
    uint64_t (*volatile table[4])(uint64_t) = { triple, fold, turn, less };
    uint64_t n = argument("n", 1000), x = 1;
    for (uint64_t i = 0; i < n; i++)
        x = table[i & 3](x);
    return bench_done("indirect", x & 0xffffffff);
}
