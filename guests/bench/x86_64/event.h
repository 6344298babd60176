// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Shared by the PC's benchmarks: chips, and the vector of the event.
#ifndef BENCH_X86_64_EVENT_H
#define BENCH_X86_64_EVENT_H

#include "bench/bench.h"
#include "lib/x86_64/chips.h"

#define EVENT_VECTOR 0x40

#endif
