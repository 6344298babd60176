// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Mistakes with timers: DDI 0487, the generic timer; DDI 0224 (PL031).
#ifndef MISTAKES_TIMERS_H
#define MISTAKES_TIMERS_H

#include "mistakes/aarch64/interrupts.h"

static void timer_not_enabled(void)
{
    by_timer(wrong ? 0 : TIMER_ENABLE);
    wait_for(1);
}

static void timer_masked(void)
{
    by_timer(TIMER_ENABLE | (wrong ? TIMER_MASK : 0));
    wait_for(1);
}

static void rearm(void)
{
    write_register(cntv_tval_el0, 1000);
    barrier();
}

// The handler masks the timer, and forgets to take the mask away for the next time.
static void timer_left_masked(void)
{
    by_timer(TIMER_ENABLE);
    if (!wrong)
        quiet = rearm;
    wait_for(1);
    rearm();
    wait_for(2);
}

static void alarm_quiet(void)
{
    write32(RTC + RTC_IMSC, 0);
    write32(RTC + RTC_ICR, 1);
}

// DDI 0224: the alarm is at the moment at which the counter is equal to RTCMR.
static void alarm_in_the_past(void)
{
    on_trap(VECTOR_IRQ, on_irq);
    quiet = alarm_quiet;
    gic_enable(RTC_INTID);
    write32(RTC + RTC_MR, read32(RTC + RTC_DR) + (wrong ? -1 : 1));
    write32(RTC + RTC_IMSC, 1);
    wait_for(1);
}

#endif
