// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 8: rotation. Three devices that always have work take turns.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { FIRST = 3, LAST = 5, ROUNDS = 3, INTERRUPTS = ROUNDS * (LAST - FIRST + 1) };

static volatile unsigned served[8], handled;

// Our devices: a byte written to port 2000h + n is the level of the line to IRQ n.
static void device_line(unsigned irq, uint8_t level)
{
    outb((uint16_t)(0x2000 + irq), level);
}

static void finish(void)
{
    print("\n");
    for (unsigned irq = FIRST; irq <= LAST; irq++)
        if (served[irq] != ROUNDS)
            fail("the devices were not served equally often");
    guest_exit(EXIT_PASSED);
}

static void handler(struct frame *frame)
{
    unsigned irq = (unsigned)frame->vector - PIC_VECTOR;
    served[irq] = served[irq] + 1;
    handled = handled + 1;
    print(" %u", (uint64_t)irq);
    device_line(irq, 0);
    device_line(irq, 1); // the device has more work already
    outb(PIC1, 0xa0);    // OCW2: EOI, and rotate: the input that is ended has the lowest priority now
    if (handled == INTERRUPTS)
        finish();
}

int guest_main(void)
{
    pic_init(0);
    for (unsigned irq = FIRST; irq <= LAST; irq++) {
        on_trap(PIC_VECTOR + irq, handler);
        pic_unmask(irq);
        device_line(irq, 1);
    }
    print("served:");
    interrupts_on(); // handlers alone run from here on
    for (;;)
        relax();
}
