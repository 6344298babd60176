// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// One shot of the virtual timer, and sleep until it comes; the handler turns the timer off.
#include "bench/aarch64/event.h"

EVENT_HANDLERS("msr cntv_ctl_el0, xzr\n");

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    event_init();
    gic_enable(TIMER_VIRTUAL);
    for (uint64_t i = 0; i < n; i++) {
        write_register(cntv_tval_el0, 625); // 10 us
        write_register(cntv_ctl_el0, TIMER_ENABLE);
        while (event_count == i)
            interrupts_wait();
    }
    return bench_done("timer", event_count);
}
