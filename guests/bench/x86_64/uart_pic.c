// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A device's edge through the 8259: the 16550A raises "transmitter empty" as soon as it is enabled (16550A data sheet,
// IER bit 1), reading IIR clears it.
#include "bench/x86_64/event.h"

static volatile uint64_t count;

static INTERRUPT void handler(struct hardware_frame *frame)
{
    (void)frame;
    inb(COM1 + 2);
    count++;
    outb(PIC1, PIC_EOI);
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    gate_set(PIC_VECTOR + 4, handler, GATE_INTERRUPT, 0);
    pic_unmask(4);
    interrupts_on();
    for (uint64_t i = 0; i < n; i++) {
        outb(COM1 + 1, 2);
        while (count == i)
            relax();
        outb(COM1 + 1, 0);
    }
    interrupts_off();
    return bench_done("uart_pic", count);
}
