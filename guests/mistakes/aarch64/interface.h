// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Mistakes with the processor and its CPU interface: DDI 0487; IHI 0069, the ICC registers; IHI 0048B 4.4.
#ifndef MISTAKES_INTERFACE_H
#define MISTAKES_INTERFACE_H

#include "mistakes/aarch64/interrupts.h"

// WFI ends, as it does for an interrupt that PSTATE.I masks; the handler does not run.
static void irqs_masked(void)
{
    by_uart();
    uart_line(true);
    if (!wrong)
        interrupts_on();
    while (!taken)
        __asm__ volatile("wfi" : : : "memory");
}

static void pmr_zero(void)
{
    by_uart();
    gic_set_mask(wrong ? 0 : 0xff);
    uart_times(1);
}

// A priority must be higher, which is a lower number, than the mask.
static void priority_equals_pmr(void)
{
    by_uart();
    gic_set_mask(wrong ? PRIORITY : PRIORITY + 8);
    uart_times(1);
}

static void interface_group_off(void)
{
    by_uart();
    if (wrong && gic.version == 2)
        write32(gic.gicc, 0);
    else if (wrong)
        write_register(icc_igrpen1_el1, 0);
    uart_times(1);
}

static void no_eoi(void)
{
    by_uart();
    ends = !wrong;
    uart_times(2);
}

static void no_deactivation(void)
{
    by_uart();
    split = true;
    gic_set_eoi_mode(true);
    deactivates = !wrong;
    uart_times(2);
}

static void ends_another(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    uart_quiet();
    taken = taken + 1;
    gic_eoi(wrong ? iar + 1 : iar);
}

static void eoi_of_another(void)
{
    by_uart();
    on_trap(VECTOR_IRQ, ends_another);
    uart_times(2);
}

// The timer's handler waits for the UART, with interrupts on; that preempts it only with a higher priority.
static void waits_in_handler(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    if (gic_intid(iar) == UART_INTID)
        uart_quiet();
    else
        timer_quiet();
    taken = taken + 1;
    if (gic_intid(iar) == TIMER_VIRTUAL)
        uart_times(2);
    gic_eoi(iar);
}

static void priority_of_running(void)
{
    by_uart();
    gic_set_priority(UART_INTID, wrong ? PRIORITY : PRIORITY / 2);
    by_timer(TIMER_ENABLE);
    on_trap(VECTOR_IRQ, waits_in_handler);
    wait_for(2);
}

#endif
