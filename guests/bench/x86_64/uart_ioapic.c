// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The same edge as uart_pic, through the IOAPIC and the local APIC.
#include "bench/x86_64/event.h"

static volatile uint64_t count;

static INTERRUPT void handler(struct hardware_frame *frame)
{
    (void)frame;
    inb(COM1 + 2);
    count++;
    lapic_eoi();
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    gate_set(EVENT_VECTOR, handler, GATE_INTERRUPT, 0);
    ioapic_route(4, EVENT_VECTOR, 0);
    interrupts_on();
    for (uint64_t i = 0; i < n; i++) {
        outb(COM1 + 1, 2);
        while (count == i)
            relax();
        outb(COM1 + 1, 0);
    }
    interrupts_off();
    return bench_done("uart_ioapic", count);
}
