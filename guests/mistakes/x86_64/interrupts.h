// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Handlers and devices for the mistakes of a PC.
#ifndef MISTAKES_INTERRUPTS_H
#define MISTAKES_INTERRUPTS_H

#include "lib/x86_64/chips.h"
#include "mistakes/mistakes.h"

enum { UART_IRQ = 4, RTC_IRQ = 8, TIMER_IRQ = 0, TIMER_PIN = 2, VECTOR = 0x51, ENTRY_NMI = 0x400 };
enum { END_MASTER = 1, END_SLAVE = 2, END_LAPIC = 4 };

static void (*quiet)(void); // the device of the interrupt
static unsigned ends = END_MASTER | END_SLAVE;

static void on_pic(struct frame *frame)
{
    quiet();
    taken = taken + 1;
    if (frame->vector >= PIC_VECTOR + 8 && ends & END_SLAVE)
        outb(PIC2, PIC_EOI);
    if (ends & END_MASTER)
        outb(PIC1, PIC_EOI);
    if (ends & END_LAPIC)
        lapic_eoi();
}

static void on_lapic(struct frame *frame)
{
    (void)frame;
    quiet();
    taken = taken + 1;
    if (ends)
        lapic_eoi();
}

// --- Devices ----------------------------------------------------------------------------------------------------------

// 16550A: the transmitter's interrupt rises when it is enabled, and a read of the identification register ends it.
static void uart_raise(void)
{
    outb(COM1 + 1, 2);
}

static void uart_quiet(void)
{
    inb(COM1 + 2);
    outb(COM1 + 1, 0);
}

static void uart_times(unsigned times)
{
    for (unsigned i = 1; i <= times; i++) {
        uart_raise();
        wait_for(i);
    }
}

// MC146818A: 1,024 interrupts a second, each until register C is read.
static uint8_t rtc_read(uint8_t index)
{
    outb(0x70, index);
    return inb(0x71);
}

static void rtc_raise(void)
{
    uint8_t b = rtc_read(0x0b);
    outb(0x71, b | 0x40);
}

static void rtc_quiet(void)
{
    rtc_read(0x0c);
}

static void nothing(void)
{
}

static void pit_raise(void)
{
    pit_start(0, 1000);
}

// No gate: an interrupt with this vector is a fault.
static void gate_remove(unsigned vector)
{
    gate_set(vector, NULL, 0, 0);
}

#endif
