// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Shared peripheral interrupts: edges by ISPENDR and by a device, levels by the PL011. IHI 0069, 4.1.1; IHI 0048B, 1.4.2.
#include "tests/aarch64/lines.h"

static volatile unsigned drop_after;

static void report(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    unsigned intid = gic_intid(iar);
    print("  INTID %u\n", (uint64_t)intid);
    if (intid == UART_INTID && --drop_after == 0)
        uart_line(false);
    gic_eoi(iar);
}

static void take_all(void)
{
    for (unsigned i = 0; i < 5; i++)
        interrupts_take();
}

static void edges(void)
{
    print("edge, by ISPENDR\n");
    raise(LINE_A);
    print_state("raised", LINE_A);
    take_all();
    print_state("taken", LINE_A);
    print("taken back by ICPENDR\n");
    raise(LINE_A);
    gic_write_bit(GICD_ICPENDR, LINE_A);
    print_state("cleared", LINE_A);
    take_all();
}

static void levels(void)
{
    print("level, until it is dropped\n");
    drop_after = 3;
    uart_line(true);
    print_state("high", UART_INTID);
    take_all();
    print_state("low", UART_INTID);
    print("ICPENDR does not take a level away\n");
    drop_after = 1;
    uart_line(true);
    gic_write_bit(GICD_ICPENDR, UART_INTID);
    print_state("cleared", UART_INTID);
    take_all();
    print("dropped before it is taken\n");
    uart_line(true);
    uart_line(false);
    print_state("low", UART_INTID);
    take_all();
    print("level while disabled comes when it is enabled\n");
    gic_disable(UART_INTID);
    drop_after = 1;
    uart_line(true);
    take_all();
    print_state("disabled", UART_INTID);
    gic_enable(UART_INTID);
    take_all();
    print("level by ISPENDR, the line low\n");
    raise(UART_INTID);
    print_state("raised", UART_INTID);
    drop_after = 9;
    take_all();
    print_state("taken", UART_INTID);
}

static void device_edges(void)
{
    print("the same line as an edge: once for each rise\n");
    gic_disable(UART_INTID);
    gic_set_edge(UART_INTID, true);
    gic_enable(UART_INTID);
    drop_after = 9;
    uart_line(true);
    print_state("high", UART_INTID);
    take_all();
    print_state("still high", UART_INTID);
    uart_line(false);
    uart_line(true);
    uart_line(false);
    uart_line(true);
    take_all();
    print("an edge while disabled stays\n");
    gic_disable(UART_INTID);
    uart_line(false);
    uart_line(true);
    uart_line(false);
    print_state("low", UART_INTID);
    gic_enable(UART_INTID);
    take_all();
}

int guest_main(void)
{
    lines_init();
    on_trap(VECTOR_IRQ, report);
    edges();
    uart_arm();
    gic_enable(UART_INTID);
    levels();
    device_edges();
    return EXIT_PASSED;
}
