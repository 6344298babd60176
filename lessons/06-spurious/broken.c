// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 6, with a mistake: after a spurious IRQ 15 the interrupts of the network are lost.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { CASCADE = 2, SERIAL = 5, NETWORK = 10 };

static volatile unsigned handled, spurious;

// Our devices: a byte written to port 2000h + n is the level of the line to IRQ n.
static void device_line(unsigned irq, uint8_t level)
{
    outb((uint16_t)(0x2000 + irq), level);
}

// OCW3 with P = 1: the next read of the chip's even port is an acknowledge, as INTA is; bits 2:0 say what is acknowledged.
static unsigned poll(uint16_t chip)
{
    outb(chip, PIC_POLL);
    return inb(chip) & 7;
}

// Bit 7 of ISR: has the chip its input 7 in service?
static bool serves_7(uint16_t chip)
{
    outb(chip, PIC_READ_ISR);
    return inb(chip) & 0x80;
}

static void handler(unsigned irq)
{
    if ((irq == 7 && !serves_7(PIC1)) || (irq == 15 && !serves_7(PIC2))) {
        print("  IRQ %u is spurious: nothing to do\n", (uint64_t)irq);
        spurious = spurious + 1;
        return;
    }
    print("  IRQ %u\n", (uint64_t)irq);
    device_line(irq, 0);
    if (irq >= 8)
        outb(PIC2, PIC_EOI);
    outb(PIC1, PIC_EOI);
    handled = handled + 1;
}

// As the two INTA cycles do: the master first, then the slave. `gives_up`: the device lowers its line before, or between.
static void acknowledge(unsigned irq, bool gives_up)
{
    if (gives_up && irq < 8)
        device_line(irq, 0);
    unsigned level = poll(PIC1);
    if (gives_up && irq >= 8)
        device_line(irq, 0);
    handler(level == CASCADE ? 8 + poll(PIC2) : level);
}

int guest_main(void)
{
    pic_init(0);
    pic_unmask(SERIAL);
    pic_unmask(NETWORK);

    print("the serial port raises its line, and gives up:\n");
    device_line(SERIAL, 1);
    acknowledge(SERIAL, true);

    print("the network raises its line, and gives up when the master has answered:\n");
    device_line(NETWORK, 1);
    acknowledge(NETWORK, true);

    print("the network raises its line, and waits:\n");
    device_line(NETWORK, 1);
    acknowledge(NETWORK, false);
    if (spurious != 2 || handled != 1)
        fail("the network's interrupt is lost");
    return EXIT_PASSED;
}
