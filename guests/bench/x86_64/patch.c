// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Changes one instruction and calls it: as a JIT compiler in a guest does.
#include "bench/x86_64/event.h"

static uint8_t code[64] __attribute__((aligned(64))) = {
    0xb8, 0, 0, 0, 0, // movl $0, %eax
    0xc3,             // ret
};

int guest_main(void)
{
    uint64_t n = argument("n", 1000), sum = 0;
    uint32_t (*function)(void) = (uint32_t(*)(void))(uint64_t)code;
    volatile uint8_t *immediate = code + 1;
    for (uint64_t i = 0; i < n; i++) {
        *immediate = (uint8_t)i;
        sum += function();
    }
    return bench_done("patch", sum);
}
