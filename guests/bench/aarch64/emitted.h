// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What was written becomes what is executed (DDI 0487, B2.4.4), for code within 64 bytes.
#ifndef BENCH_AARCH64_EMITTED_H
#define BENCH_AARCH64_EMITTED_H

#include "bench/aarch64/event.h"

INLINE void emitted(const void *code)
{
    __asm__ volatile("dc cvau, %0; dsb ish; ic ivau, %0; dsb ish; isb" : : "r"(code) : "memory");
}

#endif
