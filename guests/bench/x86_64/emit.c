// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Emits twelve instructions and calls them four times: short-lived code as from a JIT compiler in a guest.
#include "bench/x86_64/event.h"

static uint8_t code[64] __attribute__((aligned(64)));

static void put(unsigned *at, unsigned opcode, uint64_t value)
{
    volatile uint8_t *out = code;
    out[(*at)++] = (uint8_t)opcode;
    for (unsigned i = 0; i < 4; i++)
        out[(*at)++] = (uint8_t)(value >> 8 * i);
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000), sum = 0;
    uint32_t (*function)(void) = (uint32_t(*)(void))(uint64_t)code;
    for (uint64_t i = 0; i < n; i++) {
        unsigned at = 0;
        put(&at, 0xb8, 0); // movl $0, %eax
        for (unsigned k = 0; k < 10; k++)
            put(&at, 0x05, i + k); // addl $i + k, %eax
        code[at] = 0xc3;
        for (unsigned k = 0; k < 4; k++)
            sum += function();
    }
    return bench_done("emit", sum & 0xffffffff);
}
