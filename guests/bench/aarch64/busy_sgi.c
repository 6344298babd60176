// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An SGI to oneself about every 1,000 instructions, with arithmetic between, or with `work=` turns of it: what else an interrupt
// costs, such as a trace, has to be measured against some work of the guest.
#include "bench/aarch64/event.h"

#define WORK 75 // turns of 13 instructions

EVENT_HANDLERS("");

int guest_main(void)
{
    uint64_t n = argument("n", 1000), work = argument("work", WORK);
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
        bench_work(work);
    }
    interrupts_off();
    return bench_done("busy_sgi", event_count);
}
