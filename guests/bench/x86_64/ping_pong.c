// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Two processors call each other by IPI and sleep in between: one event is one IPI.
#include "bench/x86_64/event.h"

static volatile uint64_t ours, theirs;
static volatile bool other_is_up;

static INTERRUPT void handler(struct hardware_frame *frame)
{
    (void)frame;
    if (lapic_read(LAPIC_ID) >> 24)
        theirs++;
    else
        ours++;
    lapic_eoi();
}

static void send(uint8_t apic_id)
{
    lapic_write(LAPIC_ICR_HIGH, (uint32_t)apic_id << 24);
    lapic_write(LAPIC_ICR, ICR_FIXED | ICR_ASSERT | EVENT_VECTOR);
}

static void other(void)
{
    other_is_up = true;
    for (uint64_t i = 0;; i++) {
        while (theirs == i)
            interrupts_wait();
        send(0);
    }
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000) / 2;
    if (processor_count() < 2)
        fail("needs two processors");
    gate_set(EVENT_VECTOR, handler, GATE_INTERRUPT, 0);
    if (!processor_run(1, other))
        fail("the second processor does not start");
    while (!other_is_up)
        relax();
    for (uint64_t i = 0; i < n; i++) {
        send(1);
        while (ours == i)
            interrupts_wait();
    }
    return bench_done("ping_pong", ours + theirs);
}
