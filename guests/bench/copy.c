// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Copies memory by loads and stores of eight bytes: one event is one copy of 8 KiB.
#include "bench/bench.h"

enum { WORDS = 1024 };

static uint64_t from[WORDS], to[WORDS];

static __attribute__((noinline)) void copy(uint64_t *restrict out, const uint64_t *restrict in)
{
    for (unsigned i = 0; i < WORDS; i++) {
        out[i] = in[i];
        __asm__ volatile("" : : : "memory"); // neither a call of memcpy nor wider loads
    }
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000), sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        from[i % WORDS] = i * 3;
        copy(to, from);
    }
    for (unsigned i = 0; i < WORDS; i++)
        sum = sum * 31 + to[i];
    return bench_done("copy", sum & 0xffffffff);
}
