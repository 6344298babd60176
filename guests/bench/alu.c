// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Arithmetic in registers, long blocks: one event is one turn of the loop.
#include "bench/bench.h"

int guest_main(void)
{
    uint64_t n = argument("n", 1000), a = 1, b = 2, c = 3;
    for (uint64_t i = 0; i < n; i++) {
        a += b ^ i;
        b = (b << 7 | b >> 57) - c;
        c ^= a >> 3;
        a -= c & 0xff00ff;
        b += a | 1;
        c = (c << 13 | c >> 51) + b;
    }
    return bench_done("alu", (a ^ b ^ c) & 0xffffffff);
}
