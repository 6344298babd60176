// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Emits twelve instructions and calls them four times: short-lived code as from a JIT compiler in a guest.
#include "bench/aarch64/emitted.h"

static uint32_t code[16] __attribute__((aligned(64)));

int guest_main(void)
{
    uint64_t n = argument("n", 1000), sum = 0;
    uint32_t (*function)(void) = (uint32_t(*)(void))(uint64_t)code;
    volatile uint32_t *out = code;
    for (uint64_t i = 0; i < n; i++) {
        out[0] = 0x52800000; // mov w0, #0
        for (unsigned k = 0; k < 10; k++)
            out[k + 1] = 0x11000000 | (uint32_t)((i + k) & 0xfff) << 10; // add w0, w0, #i + k
        out[11] = 0xd65f03c0;                                            // ret
        emitted(code);
        for (unsigned k = 0; k < 4; k++)
            sum += function();
    }
    return bench_done("emit", sum & 0xffffffff);
}
