// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Every benchmark is one loop of `n` events (n= on the command line) that counts what arrived and prints the count.
//
// Those in this folder are built for both families, those below for one.
// bench/bench.py runs it with N and 2N and takes the difference, so start-up and printing cancel out.
#ifndef BENCH_H
#define BENCH_H

#include "lib/guest.h"

// Arithmetic between two events.
INLINE void bench_work(uint64_t turns)
{
    uint64_t a = 1, b = 2, c = 3;
    for (; turns; turns--) {
        a += b ^ turns;
        b = (b << 7 | b >> 57) - c;
        c ^= a >> 3;
        a -= c & 0xff00ff;
        b += a | 1;
        c = (c << 13 | c >> 51) + b;
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c));
    }
}

// For guests that use more than the general registers. (On a PC they are ready; DDI 0487, CPACR_EL1.FPEN.)
INLINE void floating_point_on(void)
{
#ifdef __aarch64__
    write_register(cpacr_el1, 3 << 20);
    barrier();
#endif
}

INLINE int bench_done(const char *name, uint64_t count)
{
    print("%s %u\n", name, count);
    return EXIT_PASSED;
}

#endif
