// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// One tick of the PIT (mode 0) through the 8259, and sleep until it comes.
#include "bench/x86_64/event.h"

static volatile uint64_t count;

static INTERRUPT void handler(struct hardware_frame *frame)
{
    (void)frame;
    count++;
    outb(PIC1, PIC_EOI);
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    gate_set(PIC_VECTOR, handler, GATE_INTERRUPT, 0);
    pic_unmask(0);
    for (uint64_t i = 0; i < n; i++) {
        pit_start(0, 100);
        while (count == i)
            interrupts_wait();
    }
    return bench_done("pit_pic", count);
}
