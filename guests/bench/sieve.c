// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The sieve of Eratosthenes: short blocks, loads and stores. One event is one sieve of 8192 flags.
#include "bench/bench.h"

static volatile uint8_t composite[8192];

int guest_main(void)
{
    uint64_t n = argument("n", 10), primes = 0;
    for (uint64_t turn = 0; turn < n; turn++) {
        for (unsigned i = 2; i < 8192; i++)
            composite[i] = 0;
        for (unsigned i = 2; i < 8192; i++) {
            if (composite[i])
                continue;
            primes++;
            for (unsigned k = 2 * i; k < 8192; k += i)
                composite[k] = 1;
        }
    }
    return bench_done("sieve", primes);
}
