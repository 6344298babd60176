// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 19: the GIC. SGI, PPI and SPI: who sends an interrupt is in its number, the INTID.
#include "lib/guest.h"
#include "lib/aarch64/chips.h"
#include "lib/aarch64/gic.h"

enum { SGI = 3, PPI = TIMER_VIRTUAL, UART_SPI = 1, SPI_FIRST = 32 };

static volatile unsigned handled[64];

// One handler for all: the GIC says which interrupt it is, when it is asked (IAR), and is told when it is done (EOIR).
static void handler(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    unsigned intid = gic_intid(iar);
    print("  INTID %u\n", (uint64_t)intid);
    if (intid == PPI)
        write_register(cntv_ctl_el0, 0); // the timer is off
    if (intid == SPI_FIRST + UART_SPI)
        uart_line(false);
    handled[intid]++;
    gic_eoi(iar);
}

static void need(unsigned intid)
{
    for (unsigned i = 0; i < 1000 && !handled[intid]; i++)
        interrupts_take();
    if (!handled[intid])
        fail("the interrupt does not come");
}

int guest_main(void)
{
    on_trap(VECTOR_IRQ, handler);

    print("SGI, from a processor to processors:\n");
    gic_enable(SGI);
    gic_send(SGI, 1 << 0); // to processor 0
    need(SGI);

    print("PPI, from a device that each processor has, its timer:\n");
    gic_enable(PPI);
    write_register(cntv_tval_el0, 10);
    write_register(cntv_ctl_el0, TIMER_ENABLE);
    need(PPI);

    print("SPI, from a device of the machine, the UART:\n");
    gic_enable(SPI_FIRST + UART_SPI); // the device tree says SPI 1
    uart_arm();
    uart_line(true);
    need(SPI_FIRST + UART_SPI);
    return EXIT_PASSED;
}
