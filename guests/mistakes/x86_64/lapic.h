// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Mistakes with the local APIC, and with handlers: SDM volume 3, chapters "Advanced Programmable Interrupt Controller" and
// "Interrupt and Exception Handling".
#ifndef MISTAKES_LAPIC_H
#define MISTAKES_LAPIC_H

#include "mistakes/x86_64/ioapic.h"

static void software_disabled(void)
{
    uart_by_ioapic(VECTOR, 0);
    if (wrong)
        lapic_write(LAPIC_SVR, SPURIOUS_VECTOR);
    uart_times(1);
}

static void tpr_too_high(void)
{
    uart_by_ioapic(VECTOR, 0);
    lapic_write(LAPIC_TPR, wrong ? 0x50 : 0x40);
    uart_times(1);
}

static void no_lapic_eoi(void)
{
    uart_by_ioapic(VECTOR, 0);
    ends = !wrong;
    uart_times(2);
}

static void two_eois(struct frame *frame)
{
    on_lapic(frame);
    if (wrong)
        lapic_eoi();
}

static void eoi_twice(void)
{
    uart_by_ioapic(VECTOR, 0);
    on_trap(VECTOR, two_eois);
    uart_times(1);
}

static void timer_by_lapic(uint32_t entry)
{
    quiet = nothing;
    on_trap(VECTOR, on_lapic);
    lapic_write(LAPIC_LVT_TIMER, entry | VECTOR);
    lapic_write(LAPIC_INITIAL, 1000);
}

static void timer_masked(void)
{
    timer_by_lapic(wrong ? LVT_MASKED : 0);
    wait_for(1);
}

static void timer_not_rearmed(void)
{
    timer_by_lapic(wrong ? 0 : LVT_PERIODIC);
    wait_for(2);
}

// A write of LVT_TIMER starts nothing: the initial count does.
static void timer_not_started(void)
{
    timer_by_lapic(0);
    if (wrong)
        lapic_write(LAPIC_INITIAL, 0);
    wait_for(1);
}

// An NMI handler that leaves by a jump: until an IRET no other NMI is taken (SDM volume 3, "Handling Multiple NMIs").
static void *resume[5];

static void on_nmi(struct frame *frame)
{
    (void)frame;
    uart_quiet();
    taken = taken + 1;
    if (wrong)
        __builtin_longjmp(resume, 1);
}

static void nmi_without_iret(void)
{
    on_trap(2, on_nmi);
    ioapic_route(UART_IRQ, ENTRY_NMI, 0);
    if (!__builtin_setjmp(resume)) {
        uart_raise();
        while (taken < 1)
            relax();
    }
    uart_raise();
    while (taken < 2)
        relax();
}

static void no_spurious_gate(void)
{
    uart_by_ioapic(VECTOR, 0);
    if (wrong)
        gate_remove(SPURIOUS_VECTOR);
    uart_times(1);
}

#endif
