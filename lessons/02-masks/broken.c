// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 2, with a mistake: the interrupt that waited does not come.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

#define IRQ 5

static volatile unsigned handled;

// Our device: a byte written to port 2000h + n is the level of the line to IRQ n.
static void device_line(uint8_t level)
{
    outb(0x2000 + IRQ, level);
}

static void handler(struct frame *frame)
{
    (void)frame;
    device_line(0);
    outb(PIC1, PIC_EOI);
    handled = handled + 1;
}

// OCW1, the byte at port 21h, is the mask register IMR: a bit that is 1 masks its IRQ.
static void mask_all(void)
{
    outb(PIC1_DATA, 0xff);
}

static void unmask_ours(void)
{
    outb(PIC1_DATA, 1u << IRQ);
}

// OCW3 with RR = 1 and RIS = 0: the next read of port 20h is IRR.
static uint64_t irr(void)
{
    outb(PIC1, PIC_READ_IRR);
    return inb(PIC1);
}

int guest_main(void)
{
    on_trap(PIC_VECTOR + IRQ, handler);
    pic_init(0);

    mask_all();
    device_line(1);
    interrupts_take(); // STI, NOP, CLI: whatever the processor is offered it takes now
    print("masked:            IRR %x, IMR %x, handled %u\n", irr(), (uint64_t)inb(PIC1_DATA), (uint64_t)handled);

    unmask_ours();
    interrupts_take();
    print("no longer masked:  IRR %x, IMR %x, handled %u\n", irr(), (uint64_t)inb(PIC1_DATA), (uint64_t)handled);
    if (handled != 1)
        fail("the interrupt that waited did not come");

    mask_all();
    device_line(1);
    device_line(0); // the device gives up before anybody has looked
    unmask_ours();
    interrupts_take();
    print("raised and lowered: IRR %x, handled %u\n", irr(), (uint64_t)handled);
    return EXIT_PASSED;
}
