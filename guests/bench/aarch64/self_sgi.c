// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An SGI to oneself: the request, acknowledge, EOI, ERET.
#include "bench/aarch64/event.h"

EVENT_HANDLERS("");

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    event_init();
    gic_enable(1);
    interrupts_on();
    for (uint64_t i = 0; i < n; i++) {
        if (gic.version == 2)
            write32(gic.gicd + GICD_SGIR, 1 << 16 | 1);
        else
            write_register(icc_sgi1r_el1, 1 << 24 | 1);
        while (event_count == i)
            relax();
    }
    interrupts_off();
    return bench_done("self_sgi", event_count);
}
