// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Every benchmark is one loop of `n` events (n= on the command line) that counts what arrived and prints the count.
//
// Those in this folder are built for both families, those below for one.
// bench/bench.py runs it with N and 2N and takes the difference, so start-up and printing cancel out.
#ifndef BENCH_H
#define BENCH_H

#include "lib/guest.h"

INLINE int bench_done(const char *name, uint64_t count)
{
    print("%s %u\n", name, count);
    return EXIT_PASSED;
}

#endif
