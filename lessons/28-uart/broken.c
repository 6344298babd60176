// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 28, with a mistake: by the IOAPIC an interrupt comes for nothing.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { IRQ = 4, BY_PIC = PIC_VECTOR + IRQ, BY_IOAPIC = 0x41 };
enum { UART_IER = COM1 + 1, UART_IIR = COM1 + 2, IIR_NONE = 1 };

static volatile unsigned handled;

// The 16550A interrupts while its transmitter is empty and the interrupt for that is enabled. A read of IIR says what it
// wants, bit 0 is 1 if nothing, and ends this interrupt.
static void raise(void)
{
    outb(UART_IER, 2);
}

static void serve(struct frame *frame)
{
    if (inb(UART_IIR) & IIR_NONE)
        fail("an interrupt, and the serial port wants nothing");
    outb(UART_IER, 0);
    handled = handled + 1;
    if (frame->vector == BY_PIC)
        outb(PIC1, PIC_EOI);
    else
        lapic_eoi();
}

static void need(unsigned number, const char *way)
{
    raise();
    interrupts_take();
    if (handled != number)
        fail("the serial port's interrupt does not come");
    print("%s: interrupt %u\n", way, (uint64_t)handled);
}

static void by_ioapic(void)
{
    ioapic_route(IRQ, BY_IOAPIC, 0);
}

int guest_main(void)
{
    on_trap(BY_PIC, serve);
    on_trap(BY_IOAPIC, serve);
    pic_unmask(IRQ);
    need(1, "by the 8259A");
    by_ioapic();
    need(2, "by the IOAPIC");
    return EXIT_PASSED;
}
