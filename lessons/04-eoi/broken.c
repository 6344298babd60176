// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 4, with a mistake: the first interrupt comes, the second one does not.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { IRQ = 5, OTHER = 6 };

static volatile unsigned handled;
static volatile bool automatic;   // the 8259A is in AEOI mode
static volatile bool other_comes; // while the handler runs

// Our devices: a byte written to port 2000h + n is the level of the line to IRQ n.
static void device_line(unsigned irq, uint8_t level)
{
    outb((uint16_t)(0x2000 + irq), level);
}

// OCW3 with RR = 1 and RIS = 1: the next read of port 20h is ISR.
static uint64_t isr(void)
{
    outb(PIC1, PIC_READ_ISR);
    return inb(PIC1);
}

static void handler(struct frame *frame)
{
    (void)frame;
    handled = handled + 1;
    print("  handler: ISR %x\n", isr());
    if (other_comes) {
        device_line(OTHER, 1);
        interrupts_take();
        print("  handler again\n");
    }
    device_line(IRQ, 0);
    if (automatic || handled == 1)
        return; // nothing to do: it was ended before we came here, or the device has only woken up
    outb(PIC1, PIC_EOI);
}

// A less urgent device, of the last part.
static void other_handler(struct frame *frame)
{
    (void)frame;
    print("    IRQ 6 interrupts it\n");
    device_line(OTHER, 0);
}

static void twice(const char *what)
{
    print("%s\n", what);
    handled = 0;
    for (unsigned i = 1; i <= 2; i++) {
        device_line(IRQ, 1);
        interrupts_take();
        print("  after the handler: ISR %x\n", isr());
        if (handled != i)
            fail("an interrupt did not come");
    }
}

int guest_main(void)
{
    on_trap(PIC_VECTOR + IRQ, handler);
    on_trap(PIC_VECTOR + OTHER, other_handler);

    pic_init(0);
    pic_unmask(IRQ);
    twice("the handler sends the EOI:");

    pic_init(2); // ICW4 with bit 1: AEOI
    pic_unmask(IRQ);
    automatic = true;
    twice("the 8259A ends it by itself:");

    print("a less urgent device meanwhile:\n");
    other_comes = true;
    pic_unmask(OTHER);
    device_line(IRQ, 1);
    interrupts_take();
    return EXIT_PASSED;
}
