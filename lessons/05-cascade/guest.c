// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 5: the cascade. IRQ 8 to 15 are at a second 8259A, the slave, whose INT is wired to IRQ 2 of the first, the master.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { KEYBOARD = 1, CASCADE = 2, SERIAL = 3, NETWORK = 10 };

static volatile unsigned handled;

// Our devices: a byte written to port 2000h + n is the level of the line to IRQ n.
static void device_line(unsigned irq, uint8_t level)
{
    outb((uint16_t)(0x2000 + irq), level);
}

// The end of an interrupt of the slave is two ends: its own ISR has a bit, and that of the master has bit 2.
static void end(unsigned irq)
{
    if (irq >= 8)
        outb(PIC2, PIC_EOI);
    outb(PIC1, PIC_EOI);
}

static void handler(struct frame *frame)
{
    unsigned irq = (unsigned)frame->vector - PIC_VECTOR;
    print("  IRQ %u, vector %x\n", (uint64_t)irq, frame->vector);
    device_line(irq, 0);
    end(irq);
    handled = handled + 1;
}

// pic_init has done this already; here it is byte by byte.
static void initialise(void)
{
    outb(PIC1, 0x11); // ICW1: initialise; edge-triggered, there are slaves, ICW4 follows
    outb(PIC2, 0x11);
    outb(PIC1_DATA, 0x20); // ICW2: IRQ 0 has vector 20h
    outb(PIC2_DATA, 0x28); //       IRQ 8 has vector 28h
    outb(PIC1_DATA, 0x04); // ICW3 of a master: a bit for each input that has a slave, here bit 2
    outb(PIC2_DATA, 0x02); // ICW3 of a slave: its number, which is that input
    outb(PIC1_DATA, 0x01); // ICW4: for an x86 processor
    outb(PIC2_DATA, 0x01);
}

static void unmask(void)
{
    outb(PIC1_DATA, (uint8_t) ~(1u << KEYBOARD | 1u << CASCADE | 1u << SERIAL));
    outb(PIC2_DATA, (uint8_t) ~(1u << (NETWORK - 8)));
}

int guest_main(void)
{
    static const unsigned irqs[] = { SERIAL, NETWORK, KEYBOARD };
    for (unsigned i = 0; i < 3; i++)
        on_trap(PIC_VECTOR + irqs[i], handler);
    initialise();
    unmask();

    print("one of the slave:\n");
    device_line(NETWORK, 1);
    interrupts_take();
    if (handled != 1)
        fail("the network's interrupt does not come");

    print("three at once:\n");
    for (unsigned i = 0; i < 3; i++)
        device_line(irqs[i], 1);
    while (handled < 4)
        interrupts_take();
    return EXIT_PASSED;
}
