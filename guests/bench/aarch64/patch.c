// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Changes one instruction and calls it: as a JIT compiler in a guest does.
#include "bench/aarch64/emitted.h"

static uint32_t code[16] __attribute__((aligned(64))) = {
    0x52800000, // mov w0, #0
    0xd65f03c0, // ret
};

int guest_main(void)
{
    uint64_t n = argument("n", 1000), sum = 0;
    uint32_t (*function)(void) = (uint32_t(*)(void))(uint64_t)code;
    volatile uint32_t *first = code;
    for (uint64_t i = 0; i < n; i++) {
        *first = 0x52800000 | (uint32_t)(i & 0xff) << 5;
        emitted(code);
        sum += function();
    }
    return bench_done("patch", sum);
}
