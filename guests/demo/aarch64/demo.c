// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The guest of `intact demo -machine virt`: one interrupt by each of five ways, a line of output for each.
//
// The demo shows everything that it does, so it is small: start a device, wait, print which interrupt came.
#include "lib/aarch64/chips.h"
#include "lib/aarch64/gic.h"
#include "lib/aarch64/its.h"
#include "lib/guest.h"

enum { SGI = 1, EVENT = 0, DEVICE = 0 };

static volatile uint32_t arrived; // the INTID that came last, and 1 << 31
static volatile bool other_is_up;

// A level must fall before its EOI, or it comes again.
static void silence(unsigned intid)
{
    if (intid == UART_INTID)
        uart_line(false);
    else if (intid == RTC_INTID)
        write32(RTC + RTC_ICR, 1);
    else if (intid == TIMER_VIRTUAL)
        write_register(cntv_ctl_el0, 0);
}

static void interrupt(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    unsigned intid = gic_intid(iar);
    silence(intid);
    gic_eoi(iar);
    if (processor_self() == 0)
        arrived = UINT32_C(1) << 31 | intid;
    else
        gic_send(SGI, 1);
}

static void expect(unsigned intid, const char *what)
{
    while (!arrived)
        interrupts_wait();
    if ((arrived & 0xffff) != intid)
        fail(what);
    arrived = 0;
    print("%s: INTID %u\n", what, (uint64_t)intid);
}

static void serial_port(void)
{
    gic_enable(UART_INTID);
    uart_arm();
    uart_line(true);
    expect(UART_INTID, "PL011 level through an SPI");
}

static void alarm(void)
{
    gic_enable(RTC_INTID);
    write32(RTC + RTC_MR, read32(RTC + RTC_DR) + 1);
    write32(RTC + RTC_IMSC, 1);
    expect(RTC_INTID, "PL031 alarm through an SPI");
}

static void timer(void)
{
    gic_enable(TIMER_VIRTUAL);
    write_register(cntv_tval_el0, 62500); // a millisecond
    write_register(cntv_ctl_el0, TIMER_ENABLE);
    expect(TIMER_VIRTUAL, "virtual timer");
}

// The other processor reports that it is running, then sleeps until it is interrupted, and answers with an SGI of its
// own.
static void other_processor(void)
{
    gic_enable(SGI);
    other_is_up = true;
    for (;;)
        interrupts_wait();
}

static void sgi(void)
{
    if (processor_count() < 2) {
        print("SGI: needs a second processor\n");
        return;
    }
    gic_enable(SGI);
    if (!processor_run(1, other_processor))
        fail("the second processor does not start");
    while (!other_is_up)
        relax();
    print("demo: two processors\n");
    gic_send(SGI, 1 << 1);
    expect(SGI, "SGI to processor 1 and back");
}

static void lpi(void)
{
    lpi_init();
    lpi_configure(LPI_FIRST, 0x80, true);
    lpi_cpu_init();
    its_init();
    its_map_device(DEVICE, 1, its_new_itt(1));
    its_map(DEVICE, EVENT, LPI_FIRST, 0);
    its_inv(DEVICE, EVENT);
    its_sync(0);
    print("demo: the ITS is set up\n");
    write32(gic.its + GITS_TRANSLATER, EVENT);
    expect(LPI_FIRST, "LPI through the ITS");
}

static void v2m(void)
{
    unsigned intid = read32(gic.v2m + V2M_TYPER) >> 16 & 0x3ff;
    gic_set_edge(intid, true);
    gic_enable(intid);
    write32(gic.v2m + V2M_SETSPI, intid);
    expect(intid, "message through the v2m frame");
}

static void message(void)
{
    if (gic.its)
        lpi();
    else if (gic.v2m)
        v2m();
    else
        print("message: neither ITS nor v2m frame\n");
}

int guest_main(void)
{
    print("demo: five interrupts\n");
    on_trap(VECTOR_IRQ, interrupt);
    serial_port();
    alarm();
    timer();
    sgi();
    message();
    print("demo: done\n");
    return EXIT_PASSED;
}
