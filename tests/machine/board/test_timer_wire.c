// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wire of ISA IRQ 0 in a whole PC: the PIT, as a firmware leaves it at 18.2 Hz, and a comparator of the HPET in edge
// mode on the same GSI. It leads to an 8259A, programmed by the firmware, and to an IOAPIC.
#include <criterion/criterion.h>
#include <stdlib.h>

#include "devices/board.h"
#include "machine/board/board.h"
#include "machine/pc/pc.h"
#include "machine/x86_code.h"

enum { IOAPIC_VECTOR = 0x35, OTHER_VECTOR = 0x36, OTHER_PIN = 20 };
enum { EDGE = HPET_TN_INT_ENB_CNF, TIMER_PIN = PC_GSI_TIMER << HPET_TN_INT_ROUTE_SHIFT };

#define MS       UINT64_C(1000000)
#define IO_INDEX PC_IOAPIC
#define IO_DATA  (PC_IOAPIC + 0x10)

static struct board *board;
static struct code code;
static unsigned by_8259, by_ioapic, by_other; // interrupts that were taken

static void program_ioapic(unsigned pin, uint32_t low)
{
    bus_write(&board->memory, IO_INDEX, 4, 0x10 + 2 * pin, 0);
    bus_write(&board->memory, IO_DATA, 4, low, 0);
}

static void begin(void)
{
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    code_begin(&code);
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    board = calloc(1, pc_type.size);
    cr_assert_eq(board_create(board, &pc_type, &config), 0, "%s", board->error.text);
    program_ioapic(PC_GSI_TIMER, IOAPIC_VECTOR);
    program_ioapic(OTHER_PIN, OTHER_VECTOR);
    by_8259 = by_ioapic = by_other = 0;
}

static void end(void)
{
    board_destroy(board);
    free(board);
}

TestSuite(timer_wire, .init = begin, .fini = end);

static void take(void)
{
    struct x86_irq *irq = &pc_of(board)->irq;
    while (irq->cpus[0].pending & PENDING_INTR) {
        int vector = x86_irq_acknowledge(irq, 0, PENDING_INTR, 0);
        by_8259 += vector == PC_VECTOR_PIC1;
        by_ioapic += vector == IOAPIC_VECTOR;
        by_other += vector == OTHER_VECTOR;
        if (vector == PC_VECTOR_PIC1)
            bus_write(&board->ports, PC_PORT_PIC1, 1, 0x20, 0);
        else
            x86_irq_cpu_write(irq, 0, PORT_MEMORY, PC_LAPIC + 0xb0, 4, 0, 0);
    }
}

// The processor takes what waits every millisecond.
static void wait_until(uint64_t now)
{
    for (uint64_t at = board->clock.now; at < now; at += MS) {
        run_to(&board->clock, at + MS < now ? at + MS : now);
        take();
    }
}

static void hpet(uint64_t offset, uint64_t value)
{
    bus_write(&board->memory, PC_HPET + offset, 8, value, board->clock.now);
    take();
}

static void expect(unsigned each, const char *what)
{
    cr_assert_eq(by_8259, each, "%s: the 8259A gave %u of %u", what, by_8259, each);
    cr_assert_eq(by_ioapic, each, "%s: the IOAPIC gave %u of %u", what, by_ioapic, each);
    cr_assert_eq(by_other, 0);
}

// The PIT's output (mode 3) rises every 54.9 ms and falls after half of that: it is low at 40, 95 and 150 ms.
Test(timer_wire, an_edge_of_the_hpet_leaves_irq_0_to_the_pit)
{
    hpet(HPET_TIM_CONF, EDGE | TIMER_PIN);
    hpet(HPET_TIM_COMP, 40 * MS / 10);
    hpet(HPET_GEN_CONF, HPET_ENABLE_CNF);
    wait_until(39 * MS);
    unsigned before = by_8259; // the level at which the firmware left the PIT may be an edge of its own
    by_8259 = by_ioapic = 0;
    cr_assert_leq(before, 1);
    wait_until(41 * MS);
    expect(1, "the match");
    cr_assert_not(route_gsi_level(&board->route, PC_GSI_TIMER));
    wait_until(56 * MS);
    expect(2, "the tick after it");
    hpet(HPET_TIM_COMP, 60 * MS / 10);
    wait_until(61 * MS);
    expect(2, "a match while the PIT holds the wire high makes no edge");
    wait_until(111 * MS);
    expect(3, "nor does it take the next tick away");
    wait_until(1000 * MS);
    expect(19, "18.2 Hz"); // 18 ticks and the match
}

Test(timer_wire, no_interrupt_of_the_hpet_comes_without_a_match)
{
    hpet(HPET_TIM_CONF, EDGE | TIMER_PIN);
    hpet(HPET_TIM_COMP, 40 * MS / 10);
    hpet(HPET_GEN_CONF, HPET_ENABLE_CNF);
    wait_until(41 * MS);
    by_8259 = by_ioapic = 0;
    hpet(HPET_GEN_CONF, 0);
    hpet(HPET_GEN_CONF, HPET_ENABLE_CNF);
    expect(0, "halted and started again");
    hpet(HPET_TIM_CONF, EDGE | OTHER_PIN << HPET_TN_INT_ROUTE_SHIFT);
    hpet(HPET_TIM_CONF, EDGE | TIMER_PIN);
    expect(0, "another route, and back");
    hpet(HPET_GEN_CONF, HPET_ENABLE_CNF | HPET_LEG_RT_CNF);
    expect(0, "the legacy route");
    hpet(HPET_GEN_CONF, HPET_ENABLE_CNF);
    expect(0, "and back, while the PIT is low");
    wait_until(56 * MS);
    expect(1, "the tick");
}

// The PIT does not reach the wire meanwhile (IA-PC HPET 1.0a, 2.3.5), whatever its output is.
Test(timer_wire, legacy_replacement_gives_irq_0_to_the_hpet_alone)
{
    wait_until(41 * MS);
    by_8259 = by_ioapic = 0;
    hpet(HPET_TIM_CONF, EDGE);
    hpet(HPET_TIM_COMP, 20 * MS / 10);
    hpet(HPET_GEN_CONF, HPET_ENABLE_CNF | HPET_LEG_RT_CNF); // the match is at 61 ms
    wait_until(60 * MS);
    expect(0, "the PIT's tick at 55 ms");
    wait_until(62 * MS);
    expect(1, "the match, though the PIT is high");
    wait_until(96 * MS);
    hpet(HPET_GEN_CONF, HPET_ENABLE_CNF);
    expect(1, "back to the PIT, while it is low");
    wait_until(111 * MS);
    expect(2, "its tick");
}
