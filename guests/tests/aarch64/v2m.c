// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Messages to a GICv2: a write to the v2m frame's MSI_SETSPI_NS makes the SPI that it names pending (SBSA, "GICv2m
// architecture"). The processor writes here; a device would do the same.
#include "tests/aarch64/lines.h"

static unsigned first, number;

static void report(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    print("  INTID %u\n", (uint64_t)gic_intid(iar));
    gic_eoi(iar);
}

static void send(uint32_t data)
{
    write32(gic.v2m + V2M_SETSPI, data);
    barrier();
    interrupts_take();
    interrupts_take();
}

int guest_main(void)
{
    if (!gic.v2m)
        fail("no v2m frame");
    uint32_t typer = read32(gic.v2m + V2M_TYPER);
    first = typer >> 16 & 0x3ff;
    number = typer & 0x3ff;
    print("INTIDs %u to %u\n", (uint64_t)first, (uint64_t)(first + number - 1));
    on_trap(VECTOR_IRQ, report);
    for (unsigned i = first - 1; i <= first + number; i++) {
        gic_set_edge(i, true);
        gic_enable(i);
    }
    print("first and last\n");
    send(first);
    send(first + number - 1);
    print("one below and one above\n");
    send(first - 1);
    send(first + number);
    print("an INTID of a processor's own, and none\n");
    send(16);
    send(1020);
    print("two messages are one\n");
    write32(gic.v2m + V2M_SETSPI, first + 1);
    send(first + 1);
    print("while disabled\n");
    gic_disable(first + 1);
    send(first + 1);
    print_state("disabled", first + 1);
    gic_enable(first + 1);
    interrupts_take();
    print("at two priorities\n");
    gic_set_priority(first + 2, 0x40);
    write32(gic.v2m + V2M_SETSPI, first + 1);
    send(first + 2);
    return EXIT_PASSED;
}
