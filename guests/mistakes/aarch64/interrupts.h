// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Handlers and devices for the mistakes with a GIC. The library has set up the GIC before (lib/aarch64/gic.h), and each mistake
// changes one thing of that.
#ifndef MISTAKES_INTERRUPTS_H
#define MISTAKES_INTERRUPTS_H

#include "lib/aarch64/chips.h"
#include "lib/aarch64/its.h"
#include "mistakes/mistakes.h"

enum { CTLR_ARE = 1 << 4, CTLR_GROUP_1 = 2, WAKER_SLEEP = 2, PRIORITY = 0xa0, SGI = 3, EVENTS = 2, LPI = LPI_FIRST };
enum { EDU_EVENT = 0 };

static void (*quiet)(void); // the device of the interrupt
static bool split, ends = true, deactivates = true;

static void on_irq(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    if (gic_intid(iar) >= 1020 && gic_intid(iar) < LPI_FIRST)
        return;
    quiet();
    taken = taken + 1;
    if (ends)
        gic_eoi(iar);
    if (split && deactivates)
        gic_deactivate(iar);
}

// --- Devices ----------------------------------------------------------------------------------------------------------

static void nothing(void)
{
}

static void uart_quiet(void)
{
    uart_line(false);
}

static void by_uart(void)
{
    on_trap(VECTOR_IRQ, on_irq);
    quiet = uart_quiet;
    print("\n");
    uart_arm();
    gic_enable(UART_INTID);
}

static void uart_times(unsigned times)
{
    for (unsigned i = 1; i <= times; i++) {
        uart_line(true);
        wait_for(i);
    }
}

static void timer_quiet(void)
{
    write_register(cntv_ctl_el0, TIMER_ENABLE | TIMER_MASK);
    barrier();
}

static void by_timer(uint64_t control)
{
    on_trap(VECTOR_IRQ, on_irq);
    quiet = timer_quiet;
    gic_enable(TIMER_VIRTUAL);
    write_register(cntv_tval_el0, 1000);
    write_register(cntv_ctl_el0, control);
    barrier();
}

#endif
