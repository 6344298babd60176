// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Two processors call each other by SGI and sleep in between: one event is one SGI.
#include "bench/aarch64/event.h"

EVENT_HANDLERS("");
static volatile bool other_is_up;

static void send(unsigned processor)
{
    write_register(icc_sgi1r_el1, 1 << 24 | 1 << processor);
}

static void other(void)
{
    event_init();
    gic_enable(1);
    other_is_up = true;
    for (uint64_t i = 1;; i += 2) {
        while (event_count < i)
            interrupts_wait();
        send(0);
    }
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000) & ~UINT64_C(1);
    if (gic.version != 3 || processor_count() < 2)
        fail("needs a GICv3 and two processors");
    event_init();
    gic_enable(1);
    if (!processor_run(1, other))
        fail("the second processor does not start");
    while (!other_is_up)
        relax();
    for (uint64_t i = 0; i < n; i += 2) {
        send(1);
        while (event_count < i + 2)
            interrupts_wait();
    }
    return bench_done("ping_pong", event_count);
}
