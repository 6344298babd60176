// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Every benchmark is one loop of `n` events (n= on the command line) that counts what arrived and prints the count.
//
// bench/bench.py runs it with N and 2N and takes the difference, so start-up and printing cancel out.
#ifndef BENCH_H
#define BENCH_H

#include "lib/chips.h"
#include "lib/guest.h"

#define EVENT_VECTOR 0x40

INLINE int bench_done(const char *name, uint64_t count)
{
    print("%s %u\n", name, count);
    return EXIT_PASSED;
}

#endif
