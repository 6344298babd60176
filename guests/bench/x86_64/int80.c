// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A software interrupt and its IRET: the gate without any chip.
#include "bench/x86_64/event.h"

static volatile uint64_t count;

static INTERRUPT void handler(struct hardware_frame *frame)
{
    (void)frame;
    count++;
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    gate_set(0x80, handler, GATE_INTERRUPT, 0);
    for (uint64_t i = 0; i < n; i++)
        __asm__ volatile("int $0x80" : : : "memory");
    return bench_done("int80", count);
}
