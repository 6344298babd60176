// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An IPI to oneself about every 1,000 instructions, with arithmetic between, or with `work=` turns of it: what else an interrupt
// costs, such as a trace, has to be measured against some work of the guest.
#include "bench/x86_64/event.h"

#define WORK 46 // turns of 21 instructions

static volatile uint64_t count;

static INTERRUPT void handler(struct hardware_frame *frame)
{
    (void)frame;
    count++;
    lapic_eoi();
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000), work = argument("work", WORK);
    gate_set(EVENT_VECTOR, handler, GATE_INTERRUPT, 0);
    interrupts_on();
    for (uint64_t i = 0; i < n; i++) {
        lapic_write(LAPIC_ICR, ICR_SELF | ICR_ASSERT | EVENT_VECTOR);
        while (count == i)
            relax();
        bench_work(work);
    }
    return bench_done("busy_ipi", count);
}
