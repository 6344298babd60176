// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The 8259A pair from inside, its pins driven by the test device (a byte written to port 2000h + n is the level of line
// n): priorities, EOI in all its forms, rotation, masks, poll, cascade. Intel 8259A data sheet. A line stays up until
// its interrupt is taken, as the data sheet requires ("Edge and level triggered modes").
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

static volatile bool eoi_here = true;
static volatile unsigned drop_after; // how many interrupts a level line causes before it goes down

static void line(unsigned irq, unsigned level)
{
    outb((uint16_t)(0x2000 + irq), (uint8_t)level);
}

static uint64_t pic_register(uint16_t port, uint8_t which)
{
    outb(port, which);
    return inb(port);
}

static void show(const char *when)
{
    print("%s: IRR %x %x, ISR %x %x\n", when, pic_register(PIC1, PIC_READ_IRR), pic_register(PIC2, PIC_READ_IRR),
          pic_register(PIC1, PIC_READ_ISR), pic_register(PIC2, PIC_READ_ISR));
}

static void report(struct frame *frame)
{
    unsigned irq = (unsigned)frame->vector - PIC_VECTOR;
    print("  IRQ %u\n", (uint64_t)irq);
    if (drop_after == 0 || --drop_after == 0)
        line(irq, 0);
    if (!eoi_here)
        return;
    if (irq >= 8)
        outb(PIC2, PIC_EOI);
    outb(PIC1, PIC_EOI);
}

static void take(unsigned times)
{
    while (times--)
        interrupts_take();
}

static void fresh(void)
{
    pic_init(0);
    outb(PIC1_DATA, 0x00);
    outb(PIC2_DATA, 0x00);
    eoi_here = true;
}

static void edges(void)
{
    print("edges, with interrupts off\n");
    fresh();
    line(5, 1);
    line(3, 1);
    line(10, 1);
    show("raised 5, 3, 10");
    take(3);
    show("taken");
    take(1);
}

static void masks(void)
{
    print("an edge while masked comes when the mask goes\n");
    fresh();
    outb(PIC1_DATA, 1 << 5);
    line(5, 1);
    take(1);
    show("masked");
    outb(PIC1_DATA, 0);
    take(1);
}

static void levels(void)
{
    print("a level comes until it is dropped\n");
    fresh();
    outb(ELCR1, 1 << 5);
    drop_after = 3;
    line(5, 1);
    show("high");
    take(1);
    show("dropped");
    take(1);
    outb(ELCR1, 0);
}

static void endings(void)
{
    print("specific EOI ends the one it names\n");
    fresh();
    eoi_here = false;
    line(6, 1);
    take(1);
    line(3, 1);
    take(1);
    show("6, then 3 on top");
    outb(PIC1, PIC_SPECIFIC_EOI | 6);
    show("specific EOI 6");
    outb(PIC1, PIC_EOI);
    show("EOI");
    print("fully nested: 4 waits for 3\n");
    line(3, 1);
    take(1);
    line(4, 1);
    take(1);
    show("before EOI");
    outb(PIC1, PIC_EOI);
    take(1);
    outb(PIC1, PIC_EOI);
    show("after both");
}

static void automatic(void)
{
    print("automatic EOI\n");
    pic_init(2);
    outb(PIC1_DATA, 0);
    eoi_here = false;
    line(4, 1);
    take(1);
    show("taken");
}

static void rotation(void)
{
    print("rotate on EOI: what was served goes last\n");
    fresh();
    eoi_here = false;
    line(3, 1);
    take(1);
    outb(PIC1, 0xa0); // rotate on non-specific EOI
    line(3, 1);
    line(5, 1);
    line(1, 1);
    take(1);
    outb(PIC1, PIC_EOI);
    take(1);
    outb(PIC1, PIC_EOI);
    take(1);
    outb(PIC1, PIC_EOI);
    print("set priority: 5 is the lowest\n");
    outb(PIC1, 0xc5);
    line(5, 1);
    line(6, 1);
    line(4, 1);
    take(1);
    outb(PIC1, PIC_EOI);
    take(1);
    outb(PIC1, PIC_EOI);
    take(1);
    outb(PIC1, PIC_EOI);
}

static void special_mask(void)
{
    print("special mask mode: masking what is in service lets lower ones in\n");
    fresh();
    eoi_here = false;
    line(3, 1);
    take(1);
    line(6, 1);
    take(1);
    outb(PIC1, 0x68);
    outb(PIC1_DATA, 1 << 3);
    take(1);
    show("6 came");
    outb(PIC1, 0x48);
    fresh();
}

static void polled(void)
{
    print("poll\n");
    fresh();
    line(4, 1);
    outb(PIC1, PIC_POLL);
    print("  %x\n", (uint64_t)inb(PIC1));
    line(4, 0);
    show("poll is an acknowledge");
    outb(PIC1, PIC_EOI);
    outb(PIC1, PIC_POLL);
    print("  %x\n", (uint64_t)inb(PIC1) >> 7);
}

static void cascade(void)
{
    print("the slave's lines rank between 1 and 3\n");
    fresh();
    line(12, 1);
    line(9, 1);
    line(3, 1);
    line(1, 1);
    take(4);
    print("special fully nested mode lets a second slave line in\n");
    outb(PIC1, 0x11);
    outb(PIC1_DATA, PIC_VECTOR);
    outb(PIC1_DATA, 4);
    outb(PIC1_DATA, 0x11);
    outb(PIC1_DATA, 0);
    outb(PIC2_DATA, 0);
    eoi_here = false;
    line(12, 1);
    take(1);
    line(9, 1);
    take(1);
    show("9 on top of 12");
    fresh();
}

int guest_main(void)
{
    for (unsigned vector = PIC_VECTOR; vector < PIC_VECTOR + 16; vector++)
        on_trap(vector, report);
    edges();
    masks();
    levels();
    endings();
    automatic();
    rotation();
    special_mask();
    polled();
    cascade();
    return EXIT_PASSED;
}
