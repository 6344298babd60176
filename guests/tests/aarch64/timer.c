// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The generic timer: both timers by TVAL and by CVAL, status and mask, the line as a level. DDI 0487, D11.2.
#include "lib/aarch64/chips.h"
#include "lib/aarch64/gic.h"
#include "lib/guest.h"

static volatile unsigned count, stays = 2; // how often it comes before it is masked

#define SPAN 6250 // ticks

static void set_control(unsigned intid, uint64_t value)
{
    if (intid == TIMER_VIRTUAL)
        write_register(cntv_ctl_el0, value);
    else
        write_register(cntp_ctl_el0, value);
    barrier();
}

static uint64_t control(unsigned intid)
{
    return intid == TIMER_VIRTUAL ? read_register(cntv_ctl_el0) : read_register(cntp_ctl_el0);
}

static void set_span(unsigned intid, int32_t ticks)
{
    if (intid == TIMER_VIRTUAL)
        write_register(cntv_tval_el0, ticks);
    else
        write_register(cntp_tval_el0, ticks);
    barrier();
}

static int32_t span(unsigned intid)
{
    return (int32_t)(intid == TIMER_VIRTUAL ? read_register(cntv_tval_el0) : read_register(cntp_tval_el0));
}

static void set_compare(unsigned intid, uint64_t value)
{
    if (intid == TIMER_VIRTUAL)
        write_register(cntv_cval_el0, value);
    else
        write_register(cntp_cval_el0, value);
    barrier();
}

static uint64_t now(unsigned intid)
{
    __asm__ volatile("isb" : : : "memory");
    return intid == TIMER_VIRTUAL ? read_register(cntvct_el0) : read_register(cntpct_el0);
}

static uint64_t compare(unsigned intid)
{
    return intid == TIMER_VIRTUAL ? read_register(cntv_cval_el0) : read_register(cntp_cval_el0);
}

static void report(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    unsigned intid = gic_intid(iar);
    print("  INTID %u, control %x, early %u\n", (uint64_t)intid, control(intid),
          (uint64_t)(now(intid) < compare(intid)));
    if (++count % stays == 0)
        set_control(intid, TIMER_ENABLE | TIMER_MASK);
    gic_eoi(iar);
}

static bool masked(unsigned intid)
{
    return control(intid) & TIMER_MASK;
}

static void one(unsigned intid)
{
    gic_enable(intid);
    print("TVAL; the line stays until it is masked\n");
    set_span(intid, SPAN);
    set_control(intid, TIMER_ENABLE);
    print("  control %x, pending %u, left %u\n", control(intid), (uint64_t)gic_read_bit(GICD_ISPENDR, intid),
          (uint64_t)(span(intid) > 0 && span(intid) <= SPAN));
    while (!masked(intid))
        interrupts_wait();
    print("  control %x, pending %u, left %u\n", control(intid), (uint64_t)gic_read_bit(GICD_ISPENDR, intid),
          (uint64_t)(span(intid) > 0));
    interrupts_take();
    print("mask off\n");
    set_control(intid, TIMER_ENABLE);
    while (!masked(intid))
        interrupts_take();
    print("a later CVAL takes the line away\n");
    set_control(intid, TIMER_ENABLE);
    print("  control %x, pending %u\n", control(intid), (uint64_t)gic_read_bit(GICD_ISPENDR, intid));
    set_compare(intid, now(intid) + SPAN);
    print("  control %x, pending %u\n", control(intid), (uint64_t)gic_read_bit(GICD_ISPENDR, intid));
    interrupts_take();
    while (!masked(intid))
        interrupts_wait();
    print("a CVAL of the past, a TVAL below 0\n");
    set_compare(intid, 0);
    set_control(intid, TIMER_ENABLE);
    while (!masked(intid))
        interrupts_take();
    set_span(intid, -1);
    set_control(intid, TIMER_ENABLE);
    while (!masked(intid))
        interrupts_take();
    print("CVAL reads %s TVAL + counter\n", compare(intid) <= now(intid) - 1 ? "as" : "above");
    print("off\n");
    set_compare(intid, now(intid) + SPAN);
    set_control(intid, 0);
    wait_us(200);
    interrupts_take();
    print("  pending %u\n", (uint64_t)gic_read_bit(GICD_ISPENDR, intid));
    print("status while masked\n");
    set_control(intid, TIMER_ENABLE | TIMER_MASK);
    print("  control %x, pending %u\n", control(intid), (uint64_t)gic_read_bit(GICD_ISPENDR, intid));
    set_control(intid, 0);
    gic_disable(intid);
}

static void two(void)
{
    print("both at once: the higher priority first\n");
    stays = 1;
    gic_set_priority(TIMER_VIRTUAL, 0x60);
    gic_set_priority(TIMER_PHYSICAL, 0x40);
    gic_enable(TIMER_VIRTUAL);
    gic_enable(TIMER_PHYSICAL);
    set_span(TIMER_VIRTUAL, 0);
    set_span(TIMER_PHYSICAL, 0);
    set_control(TIMER_VIRTUAL, TIMER_ENABLE);
    set_control(TIMER_PHYSICAL, TIMER_ENABLE);
    while (!masked(TIMER_VIRTUAL) || !masked(TIMER_PHYSICAL))
        interrupts_take();
}

int guest_main(void)
{
    on_trap(VECTOR_IRQ, report);
    print("frequency %u\n", read_register(cntfrq_el0));
    print("virtual\n");
    one(TIMER_VIRTUAL);
    print("physical\n");
    one(TIMER_PHYSICAL);
    two();
    return EXIT_PASSED;
}
