// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 24: a GICv2. Its CPU interface is memory, an SPI has a mask of processors, and an SGI has a sender.
#include "lib/guest.h"
#include "lib/aarch64/chips.h"
#include "lib/aarch64/gic.h"

enum { SGI = 3, SGIR_TARGETS = 16 }; // GICD_SGIR: a bit for each receiver from bit 16 on

static volatile bool ready, served, answered;

static void handler(struct frame *frame)
{
    (void)frame;
    uint32_t iar = read32(gic.gicc + GICC_IAR);
    uint32_t intid = iar & 0x3ff, sender = iar >> 10 & 7;
    if (intid == UART_INTID) {
        print("  CPU %u: INTID %u\n", (uint64_t)processor_self(), (uint64_t)intid);
        uart_line(false);
        served = true;
    } else {
        print("  CPU %u: GICC_IAR %x: INTID %u, sent by CPU %u\n", (uint64_t)processor_self(), (uint64_t)iar,
              (uint64_t)intid, (uint64_t)sender);
        answered = true;
    }
    write32(gic.gicc + GICC_EOIR, iar); // all that was read: the sender belongs to the SGI
    if (intid == UART_INTID)
        write32(gic.gicd + GICD_SGIR, 1u << SGIR_TARGETS | SGI); // to CPU 0
}

// A byte for each SPI, with a bit for each of eight processors.
static void target(unsigned intid, unsigned processor)
{
    write8(gic.gicd + GICD_ITARGETSR + intid, (uint8_t)(1u << processor));
}

static void second_processor(void)
{
    ready = true;
    for (;;)
        interrupts_wait();
}

int guest_main(void)
{
    on_trap(VECTOR_IRQ, handler);
    gic_enable(SGI); // for this processor: each has registers of its own for SGIs
    gic_enable(UART_INTID);
    if (!processor_run(1, second_processor))
        fail("CPU 1 does not start");
    while (!ready)
        relax();

    print("the UART, for CPU 1:\n");
    target(UART_INTID, 1);
    uart_arm();
    uart_line(true);
    for (unsigned i = 0; i < 10000 && !served; i++)
        relax(); // with interrupts off
    if (!served)
        fail("CPU 1 was not interrupted");
    print("its answer, for CPU 0:\n");
    for (unsigned i = 0; i < 10000 && !answered; i++)
        interrupts_take();
    if (!answered)
        fail("no answer");
    return EXIT_PASSED;
}
