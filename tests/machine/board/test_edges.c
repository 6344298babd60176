// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Edges of a group at the chips of both machines: a trigger while the processor is busy is taken later, once for each
// trigger, by each kind of pin.
#include <criterion/criterion.h>
#include <intact/interrupt.h>
#include <stdlib.h>

#include "machine/arm64_code.h"
#include "machine/board/board.h"
#include "machine/pc/pc.h"
#include "machine/virt/virt.h"
#include "machine/x86_code.h"

enum { GSI = 5, VECTOR = 0x35, INTID = 32 + 20 };

static struct board *board;
static struct code code;
static struct intact_irq_group *group;

static void make(const struct board_type *type, unsigned gic_version, uint32_t gsi, bool level)
{
    struct intact_machine_config config;
    const struct intact_irq_config line = { .type = INTACT_IRQ_LEGACY, .chip = INTACT_IRQ_ANY_PIN, .level = level };
    intact_machine_config_init(&config);
    config.type = type == &pc_type ? INTACT_PC : INTACT_VIRT;
    config.gic_version = gic_version;
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    code_begin(&code);
    config.kernel_data = type == &pc_type ? (const void *)code.bytes : code_hello;
    config.kernel_size = type == &pc_type ? sizeof code.bytes : sizeof code_hello;
    board = calloc(1, type->size);
    cr_assert_eq(board_create(board, type, &config), 0, "%s", board->error.text);
    cr_assert_eq(intact_irq_manager_create_group(board->manager, INTACT_IRQ_LEGACY, gsi, 1, &group), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_group_enable(group, &line), INTACT_IRQ_OK);
}

static void end(void)
{
    struct intact_irq_counts counts;
    intact_irq_group_counts(group, &counts);
    cr_expect_eq(counts.triggered, counts.delivered);
    intact_irq_manager_destroy_group(board->manager, group);
    intact_irq_manager_poll(board->manager, 0);
    board_destroy(board);
    free(board);
}

static void trigger(void)
{
    cr_assert_eq(intact_irq_group_trigger(group, 0), INTACT_IRQ_OK);
}

// --- The PC ----------------------------------------------------------------------------------------------------------

static void out(uint16_t port, uint8_t value)
{
    bus_write(&board->ports, port, 1, value, 0);
}

// Vector 30h for line 0; only line 5 is unmasked.
static void program_pic(void)
{
    out(0x20, 0x11);
    out(0x21, 0x30);
    out(0x21, 0x04);
    out(0x21, 0x01);
    out(0x21, 0xff & ~(1 << GSI));
}

static void program_ioapic(uint32_t low)
{
    const uint32_t registers[] = { 0x10 + 2 * GSI + 1, 0, 0x10 + 2 * GSI, low };
    for (unsigned i = 0; i < countof(registers); i += 2) {
        bus_write(&board->memory, PC_IOAPIC, 4, registers[i], 0);
        bus_write(&board->memory, PC_IOAPIC + 0x10, 4, registers[i + 1], 0);
    }
}

static bool wants(uint32_t which)
{
    return pc_of(board)->irq.cpus[0].pending & which;
}

static void expect_taken(int vector)
{
    cr_assert(wants(PENDING_INTR), "the request waits for the processor");
    cr_expect_eq(x86_irq_acknowledge(&pc_of(board)->irq, 0, PENDING_INTR, 0), vector);
}

static void end_at_lapic(void)
{
    x86_irq_cpu_write(&pc_of(board)->irq, 0, PORT_MEMORY, PC_LAPIC + 0xb0, 4, 0, 0);
}

Test(edges, an_8259_gives_each_trigger_to_the_handler)
{
    make(&pc_type, 0, GSI, false);
    program_pic();
    for (int i = 0; i < 3; i++) {
        trigger();
        expect_taken(VECTOR);
        cr_expect_not(wants(PENDING_INTR));
        trigger(); // while the handler runs: it comes after its EOI
        out(0x20, 0x20);
        expect_taken(VECTOR);
        out(0x20, 0x20);
        cr_expect_not(wants(PENDING_INTR), "each was taken once");
    }
    end();
}

Test(edges, a_level_of_an_8259_in_edge_mode_that_is_triggered_again_before_its_eoi_is_raised_again)
{
    make(&pc_type, 0, GSI, true);
    program_pic();
    for (int i = 0; i < 3; i++) {
        trigger();
        expect_taken(VECTOR);
        trigger();
        cr_expect_not(wants(PENDING_INTR), "the level is high already");
        out(0x20, 0x20);
        expect_taken(VECTOR);
        out(0x20, 0x20);
        cr_expect_not(wants(PENDING_INTR));
        cr_expect_not(route_gsi_level(&board->route, GSI));
    }
    end();
}

Test(edges, an_ioapic_gives_each_trigger_to_the_handler_in_either_mode)
{
    for (unsigned level = 0; level < 2; level++) {
        make(&pc_type, 0, GSI, false);
        program_ioapic(VECTOR | level << 15);
        for (int i = 0; i < 3; i++) {
            trigger();
            expect_taken(VECTOR);
            end_at_lapic();
            cr_expect_not(wants(PENDING_INTR), "each was taken once");
        }
        end();
    }
}

// --- virt ------------------------------------------------------------------------------------------------------------

static void program_gic(bool edge)
{
    const uint32_t reg = INTID / 32 * 4, bit = UINT32_C(1) << INTID % 32;
    bus_write(&board->memory, VIRT_GICD + 0xc00 + INTID / 16 * 4, 4, edge ? 2u << INTID % 16 * 2 : 0, 0);
    bus_write(&board->memory, VIRT_GICD + 0x800 + INTID, 1, 1, 0);
    bus_write(&board->memory, VIRT_GICD + 0x100 + reg, 4, bit, 0);
    bus_write(&board->memory, VIRT_GICD, 4, 1, 0);
    bus_write(&board->memory, VIRT_GICC + 0x04, 4, 0xff, 0);
    bus_write(&board->memory, VIRT_GICC, 4, 1, 0);
}

static void expect_intid(uint64_t intid)
{
    cr_expect_eq(bus_read(&board->memory, VIRT_GICC + 0x0c, 4, 0), intid);
}

Test(edges, a_gic_gives_each_trigger_to_the_handler_in_either_mode)
{
    for (unsigned edge = 0; edge < 2; edge++) {
        make(&virt_type, 2, INTID - 32, false);
        program_gic(edge);
        for (int i = 0; i < 3; i++) {
            trigger();
            cr_expect(virt_of(board)->irq.cpus[0].pending & PENDING_IRQ);
            expect_intid(INTID);
            bus_write(&board->memory, VIRT_GICC + 0x10, 4, INTID, 0);
            expect_intid(1023);
        }
        end();
    }
}
