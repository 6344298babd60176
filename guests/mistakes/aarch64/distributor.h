// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Mistakes with the distributor and the redistributors: IHI 0069, the GICD and GICR registers; IHI 0048B 4.3.
#ifndef MISTAKES_DISTRIBUTOR_H
#define MISTAKES_DISTRIBUTOR_H

#include "mistakes/aarch64/interrupts.h"

static void distributor_group_off(void)
{
    by_uart();
    if (wrong)
        write32(gic.gicd + GICD_CTLR, gic.version == 2 ? 0 : CTLR_ARE);
    uart_times(1);
}

static void spi_in_group_0(void)
{
    by_uart();
    write32(gic.gicd + GICD_CTLR, CTLR_ARE | CTLR_GROUP_1);
    if (wrong)
        write32(gic.gicd + GICD_IGROUPR + 4, 0);
    uart_times(1);
}

static void asleep(void)
{
    by_uart();
    if (wrong)
        write32(gicr_of(0) + GICR_WAKER, WAKER_SLEEP);
    uart_times(1);
}

static void not_enabled(void)
{
    by_uart();
    if (wrong)
        gic_disable(UART_INTID);
    uart_times(1);
}

// The enables of PPIs are in the redistributor: these of the distributor are RAZ/WI.
static void ppi_at_distributor(void)
{
    by_timer(0);
    if (wrong) {
        gic_disable(TIMER_VIRTUAL);
        write32(gic.gicd + GICD_ISENABLER, UINT32_C(1) << TIMER_VIRTUAL);
    }
    write_register(cntv_ctl_el0, TIMER_ENABLE);
    barrier();
    wait_for(1);
}

static void target_no_cpu(void)
{
    by_uart();
    if (wrong && gic.version == 2)
        write8(gic.gicd + GICD_ITARGETSR + UART_INTID, 0);
    else if (wrong)
        write64(gic.gicd + GICD_IROUTER + 8 * UART_INTID, 0x90);
    uart_times(1);
}

// Nobody has started CPU 1.
static void target_cpu_off(void)
{
    by_uart();
    gic_set_target(UART_INTID, wrong ? 1 : 0);
    uart_times(1);
}

// The device has more for us: its line stays up over the first interrupt.
static void uart_twice(void)
{
    if (taken == 1)
        uart_line(false);
}

static void edge_for_a_level(void)
{
    by_uart();
    quiet = uart_twice;
    gic_disable(UART_INTID);
    gic_set_edge(UART_INTID, wrong);
    gic_enable(UART_INTID);
    uart_line(true);
    wait_for(2);
}

static void device_not_cleared(void)
{
    by_uart();
    if (wrong)
        quiet = nothing;
    uart_line(true);
    interrupts_on();
    while (read32(UART + UART_IMSC))
        relax();
}

static void sgi_in_group_0(void)
{
    on_trap(VECTOR_IRQ, on_irq);
    quiet = nothing;
    if (wrong)
        write32(gicr_of(0) + GICR_SGI + GICD_IGROUPR, ~(UINT32_C(1) << SGI));
    gic_enable(SGI);
    gic_send(SGI, 1);
    wait_for(1);
}

// Version 2 has the target's bit in 23:16, and a filter above.
static void sgi_to_nobody(void)
{
    on_trap(VECTOR_IRQ, on_irq);
    quiet = nothing;
    gic_enable(SGI);
    gic_send(SGI, wrong ? 0 : 1);
    wait_for(1);
}

// What a driver of version 2 does first: no affinity routing.
static void v2_code_on_v3(void)
{
    by_uart();
    if (wrong)
        write32(gic.gicd + GICD_CTLR, 1);
    uart_times(1);
}

// GICD_ICFGR: a trigger mode changes only while its interrupt is disabled.
static void mode_while_enabled(void)
{
    by_uart();
    if (!wrong)
        gic_disable(UART_INTID);
    gic_set_edge(UART_INTID, true);
    gic_set_edge(UART_INTID, false);
    gic_enable(UART_INTID);
    uart_times(1);
}

// Two devices have one line, and the handler has heard of one of them.
static void shared_line_claimed_alone(void)
{
    edu_find_two();
    quiet = wrong ? edu_quiet : edu_quiet_both;
    on_trap(VECTOR_IRQ, on_irq);
    gic_enable(32 + pci_pin(edu_devfn));
    edu_bits(1);
    wait_for(1);
    write32(edu_other + EDU_RAISE, 1);
    interrupts_on();
    while (read32(edu_other + EDU_INTERRUPT))
        relax();
}

#endif
