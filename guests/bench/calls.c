// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Direct and indirect calls: one event is one of each.
#include "bench/bench.h"

static __attribute__((noinline)) uint64_t step(uint64_t x)
{
    return x * 3 + 1;
}

static __attribute__((noinline)) uint64_t other_step(uint64_t x)
{
    return x ^ x >> 7;
}

int guest_main(void)
{
    uint64_t (*volatile table[2])(uint64_t) = { step, other_step };
    uint64_t n = argument("n", 1000), x = 1;
    for (uint64_t i = 0; i < n; i++)
        x = table[i & 1](step(x));
    return bench_done("calls", x & 0xffffffff);
}
