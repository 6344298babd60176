// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// One shot of the local APIC timer, and sleep until it comes.
#include "bench/x86_64/event.h"

static volatile uint64_t count;

static INTERRUPT void handler(struct hardware_frame *frame)
{
    (void)frame;
    count++;
    lapic_eoi();
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    gate_set(EVENT_VECTOR, handler, GATE_INTERRUPT, 0);
    lapic_write(LAPIC_LVT_TIMER, EVENT_VECTOR);
    for (uint64_t i = 0; i < n; i++) {
        lapic_write(LAPIC_INITIAL, 10000);
        while (count == i)
            interrupts_wait();
    }
    return bench_done("lapic_timer", count);
}
