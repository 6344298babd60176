// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Direct calls and returns: one event is one of each.
#include "bench/bench.h"

static __attribute__((noinline)) uint64_t step(uint64_t x)
{
    return x * 3 + 1;
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000), x = 1;
    for (uint64_t i = 0; i < n; i++)
        x = step(x);
    return bench_done("call", x & 0xffffffff);
}
