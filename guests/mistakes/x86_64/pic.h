// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Mistakes with the 8259A. Intel 8259A data sheet; ELCR: 82371AB, 8.6.5.
#ifndef MISTAKES_PIC_H
#define MISTAKES_PIC_H

#include "mistakes/x86_64/interrupts.h"

static void uart_by_pic(void)
{
    quiet = uart_quiet;
    on_trap(PIC_VECTOR + UART_IRQ, on_pic);
    pic_unmask(UART_IRQ);
}

static void rtc_by_pic(void)
{
    quiet = rtc_quiet;
    on_trap(PIC_VECTOR + RTC_IRQ, on_pic);
    pic_unmask(RTC_IRQ);
}

static void sti_forgotten(void)
{
    uart_by_pic();
    uart_raise();
    if (!wrong)
        interrupts_on();
    while (!taken)
        __asm__ volatile("hlt" : : : "memory");
}

static void irq_masked(void)
{
    uart_by_pic();
    if (wrong)
        outb(PIC1_DATA, 0xff);
    uart_times(1);
}

static void no_eoi(void)
{
    uart_by_pic();
    ends = wrong ? 0 : END_MASTER;
    uart_times(2);
}

// Its line is the 8259A's, so the local APIC has nothing in service.
static void eoi_to_lapic(void)
{
    uart_by_pic();
    ends = wrong ? END_LAPIC : END_MASTER;
    uart_times(2);
}

static void eoi_to_slave_only(void)
{
    rtc_by_pic();
    ends = wrong ? END_SLAVE : END_SLAVE | END_MASTER;
    rtc_raise();
    wait_for(2);
}

static void eoi_to_master_only(void)
{
    rtc_by_pic();
    ends = wrong ? END_MASTER : END_SLAVE | END_MASTER;
    rtc_raise();
    wait_for(2);
}

static void ended_not(struct frame *frame)
{
    (void)frame;
    taken = taken + 1;
    if (!wrong)
        outb(PIC1, PIC_EOI);
}

// The timer's handler has no EOI; it is the UART that suffers.
static void no_eoi_of_another(void)
{
    uart_by_pic();
    on_trap(PIC_VECTOR + TIMER_IRQ, ended_not);
    pic_unmask(TIMER_IRQ);
    pit_raise();
    wait_for(1);
    uart_raise();
    wait_for(2);
}

static void cascade_masked(void)
{
    rtc_by_pic();
    if (wrong)
        outb(PIC1_DATA, 0xff);
    rtc_raise();
    wait_for(1);
}

// The vectors of the BIOS: IRQ 1 is 09h, IRQ 4 is 0Ch, which is the stack fault's.
static void remap_forgotten(void)
{
    uart_by_pic();
    if (wrong) {
        outb(PIC1, 0x11);
        outb(PIC1_DATA, 0x08);
        outb(PIC1_DATA, 0x04);
        outb(PIC1_DATA, 0x01);
    }
    uart_times(1);
}

// The line stays up, so there is no second edge.
static void register_c_not_read(void)
{
    rtc_by_pic();
    if (wrong)
        quiet = nothing;
    rtc_raise();
    wait_for(2);
}

// A line with two causes at once: as an edge it comes once, and stays up.
static void elcr_edge(void)
{
    edu_find();
    unsigned irq = pci_pin(edu_devfn);
    quiet = edu_quiet;
    on_trap(PIC_VECTOR + irq, on_pic);
    if (!wrong)
        outb(ELCR2, (uint8_t)(1u << (irq - 8)));
    pic_unmask(irq);
    edu_bits(3);
    wait_for(2);
}

static void lint0_masked(void)
{
    uart_by_pic();
    if (wrong)
        lapic_write(LAPIC_LVT_LINT0, LVT_EXTINT | LVT_MASKED);
    uart_times(1);
}

// A request that is withdrawn before its acknowledge is IR7.
static void no_spurious_gate_for_ir7(void)
{
    uart_by_pic();
    if (wrong)
        gate_remove(PIC_VECTOR + 7);
    uart_times(1);
}

#endif
