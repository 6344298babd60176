// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A supervisor call and its ERET: exception entry without any chip.
#include "bench/aarch64/event.h"

EVENT_HANDLERS("");

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    event_init();
    for (uint64_t i = 0; i < n; i++)
        __asm__ volatile("svc #0" : : : "memory");
    return bench_done("svc", event_count);
}
