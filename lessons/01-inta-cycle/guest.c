// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 1: one interrupt, from the device's line to the handler and back. lesson.md says what each step is.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

#define IRQ 5 // the input of the 8259A that our device is wired to

static volatile bool handled;

// Our device: a byte written to port 2000h + n is the level of the line to IRQ n, 1 high or 0 low.
static void device_line(uint8_t level)
{
    outb(0x2000 + IRQ, level);
}

// The processor comes here for vector 25h, and cannot be interrupted until this function returns.
static void handler(struct frame *frame)
{
    print("the handler runs, for vector %x\n", frame->vector);
    device_line(0);      // the device has what it wanted, and lowers its line
    outb(PIC1, PIC_EOI); // end of interrupt: the 8259A may send the next one
    handled = true;
}

int guest_main(void)
{
    on_trap(PIC_VECTOR + IRQ, handler); // 20h + 5
    pic_init(0);                        // IRQ 0 to 7 have the vectors 20h to 27h; all are masked
    pic_unmask(IRQ);                    // but this one no more

    device_line(1);
    print("the line is high; does the handler run? %s\n", handled ? "yes" : "not yet");
    interrupts_on(); // STI: now the processor looks at its INTR pin
    print("back in guest_main\n");
    if (!handled)
        fail("the handler does not run");
    return EXIT_PASSED;
}
