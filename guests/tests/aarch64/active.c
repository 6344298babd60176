// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The life of an interrupt: pending, active, both; priority drop and deactivation in one or apart; spurious answers.
// IHI 0069, 4.1 and 4.4; IHI 0048B, 3.2.
#include "tests/aarch64/lines.h"

static uint32_t acknowledge(void)
{
    uint32_t iar = gic_acknowledge();
    print("  acknowledged %u, running priority %x\n", (uint64_t)gic_intid(iar), (uint64_t)gic_running());
    return iar;
}

static void show(const char *when)
{
    print("  %s: pending %u, active %u, running priority %x, highest pending %u\n", when,
          (uint64_t)gic_read_bit(GICD_ISPENDR, LINE_A), (uint64_t)gic_read_bit(GICD_ISACTIVER, LINE_A),
          (uint64_t)gic_running(), (uint64_t)gic_highest());
}

static void spurious(void)
{
    print("nothing pending\n");
    acknowledge();
    gic_eoi(GIC_SPURIOUS);
    print("withdrawn by ICPENDR\n");
    raise(LINE_A);
    gic_write_bit(GICD_ICPENDR, LINE_A);
    acknowledge();
    print("withdrawn by the device\n");
    gic_enable(UART_INTID);
    uart_arm();
    uart_line(true);
    uart_line(false);
    acknowledge();
    gic_disable(UART_INTID);
    print("masked\n");
    raise(LINE_A);
    gic_set_mask(0x10);
    acknowledge();
    gic_set_mask(0xff);
    show("not masked");
    gic_eoi(acknowledge());
}

static void one_step(void)
{
    print("EOI does both\n");
    raise(LINE_A);
    show("raised");
    uint32_t iar = acknowledge();
    show("acknowledged");
    raise(LINE_A);
    show("raised again");
    acknowledge();
    gic_eoi(iar);
    show("EOI");
    gic_eoi(acknowledge());
    show("EOI");
}

static void two_steps(void)
{
    print("EOI and deactivation apart\n");
    gic_set_eoi_mode(true);
    raise(LINE_A);
    uint32_t a = acknowledge();
    gic_eoi(a);
    show("EOI");
    raise(LINE_A);
    show("raised again");
    acknowledge();
    print("another of the same priority\n");
    raise(LINE_B);
    uint32_t b = acknowledge();
    gic_eoi(b);
    gic_deactivate(b);
    gic_deactivate(a);
    show("deactivated");
    a = acknowledge();
    gic_eoi(a);
    gic_deactivate(a);
    show("deactivated");
    print("deactivation without EOI\n");
    raise(LINE_A);
    a = acknowledge();
    print_state("before", LINE_A);
    gic_eoi(a);
    gic_deactivate(a);
    gic_set_eoi_mode(false);
}

static void by_hand(void)
{
    print("active by ISACTIVER\n");
    gic_write_bit(GICD_ISACTIVER, LINE_A);
    raise(LINE_A);
    show("raised");
    acknowledge();
    gic_write_bit(GICD_ICACTIVER, LINE_A);
    show("ICACTIVER");
    uint32_t iar = acknowledge();
    print("inactive by ICACTIVER\n");
    gic_write_bit(GICD_ICACTIVER, LINE_A);
    show("ICACTIVER");
    gic_eoi(iar);
    show("EOI");
}

static void nested(void)
{
    print("three at once, ended from the inside\n");
    gic_set_priority(LINE_A, 0x60);
    gic_set_priority(LINE_B, 0x40);
    gic_set_priority(LINE_C, 0x20);
    raise(LINE_A);
    uint32_t a = acknowledge();
    raise(LINE_B);
    uint32_t b = acknowledge();
    raise(LINE_C);
    uint32_t c = acknowledge();
    gic_eoi(c);
    print("  running priority %x\n", (uint64_t)gic_running());
    gic_eoi(b);
    print("  running priority %x\n", (uint64_t)gic_running());
    gic_eoi(a);
    print("  running priority %x\n", (uint64_t)gic_running());
}

static void level(void)
{
    print("a level\n");
    gic_enable(UART_INTID);
    uart_arm();
    uart_line(true);
    print_state("high", UART_INTID);
    uint32_t iar = acknowledge();
    print_state("acknowledged", UART_INTID);
    uart_line(false);
    print_state("low", UART_INTID);
    gic_eoi(iar);
    print_state("EOI", UART_INTID);
    acknowledge();
    gic_disable(UART_INTID);
}

int guest_main(void)
{
    lines_init();
    spurious();
    one_step();
    two_steps();
    by_hand();
    nested();
    level();
    return EXIT_PASSED;
}
