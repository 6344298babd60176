// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public face of the x86 chips, include/intact/x86_irq.h.
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include <intact/x86_irq.h>

#include "irqchip/told.h"

enum { LAPIC = 0xfee00000, IOAPIC = 0xfec00000 };

static struct intact_x86_irq *irq;

static void lower_pin(uint32_t chip, uint32_t pin)
{
    intact_x86_irq_set_pin(irq, chip, pin, false);
}

static void create(uint32_t cpus)
{
    struct intact_x86_irq_config config;
    intact_x86_irq_config_init(&config);
    config.cpus = cpus;
    config.pending = on_pending;
    config.ended = on_ended;
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    for (uint32_t i = 0; i < cpus; i++)
        cr_assert_eq(intact_x86_irq_memory_write(irq, i, LAPIC + 0xf0, 4, 0x1ff), INTACT_X86_DONE);
}

static void destroy(void)
{
    intact_x86_irq_destroy(irq);
}

static int take(uint32_t cpu)
{
    return intact_x86_irq_acknowledge(irq, cpu, INTACT_X86_INTR);
}

Test(intact_x86_irq, pending_is_told_and_can_be_asked, .fini = destroy)
{
    create(2);
    cr_assert(intact_x86_irq_msi(irq, 0xfee01000, 0x55));
    cr_assert_eq(told[1], INTACT_X86_INTR);
    cr_assert_eq(intact_x86_irq_pending(irq, 1), INTACT_X86_INTR);
    cr_assert_eq(intact_x86_irq_pending(irq, 0), 0);
    cr_assert_eq(take(1), 0x55);
    cr_assert_eq(told[1], 0);
    cr_assert(!intact_x86_irq_msi(irq, 0xfee09000, 0x55), "no such CPU");
}

Test(intact_x86_irq, each_access_finds_its_chip, .fini = destroy)
{
    uint64_t value;
    uint8_t byte;
    create(1);
    cr_assert_eq(intact_x86_irq_memory_read(irq, 0, LAPIC + 0x30, 4, &value), INTACT_X86_DONE);
    cr_assert_eq(value & 0xff, 0x15);
    cr_assert_eq(intact_x86_irq_memory_write(irq, 0, IOAPIC, 4, 1), INTACT_X86_DONE);
    cr_assert_eq(intact_x86_irq_memory_read(irq, 0, IOAPIC + 0x10, 4, &value), INTACT_X86_DONE);
    cr_assert_eq(value, 0x00170020, "24 pins, version 20h");
    cr_assert_eq(intact_x86_irq_memory_read(irq, 0, 0x1000, 4, &value), INTACT_X86_NOT_MINE);
    cr_assert_eq(intact_x86_irq_memory_write(irq, 0, 0x1000, 4, 0), INTACT_X86_NOT_MINE);
    cr_assert_eq(intact_x86_irq_port_write(irq, 0x21, 0xaa), INTACT_X86_DONE);
    cr_assert_eq(intact_x86_irq_port_read(irq, 0x21, &byte), INTACT_X86_DONE);
    cr_assert_eq(byte, 0xaa);
    cr_assert_eq(intact_x86_irq_port_read(irq, 0x22, &byte), INTACT_X86_NOT_MINE, "no IMCR");
    cr_assert_eq(intact_x86_irq_port_write(irq, 0x60, 0), INTACT_X86_NOT_MINE);
    cr_assert_eq(intact_x86_irq_msr_read(irq, 0, 0x1b, &value), INTACT_X86_DONE);
    cr_assert_eq(value, 0xfee00900);
    cr_assert_eq(intact_x86_irq_msr_read(irq, 0, 0x802, &value), INTACT_X86_FAULT);
    cr_assert_eq(intact_x86_irq_msr_read(irq, 0, 0x10, &value), INTACT_X86_NOT_MINE);
    cr_assert_eq(intact_x86_irq_msr_write(irq, 0, INTACT_X86_CR8, 7), INTACT_X86_DONE);
    cr_assert_eq(intact_x86_irq_msr_read(irq, 0, INTACT_X86_CR8, &value), INTACT_X86_DONE);
    cr_assert_eq(value, 7);
}

Test(intact_x86_irq, timers_expire_when_time_is_advanced, .fini = destroy)
{
    create(2);
    intact_x86_irq_advance(irq, 1000);
    cr_assert_eq(intact_x86_irq_deadline(irq), INTACT_X86_NEVER);
    intact_x86_irq_memory_write(irq, 1, LAPIC + 0x320, 4, 0x20040);
    intact_x86_irq_memory_write(irq, 1, LAPIC + 0x3e0, 4, 0xb);
    intact_x86_irq_memory_write(irq, 1, LAPIC + 0x380, 4, 500);
    intact_x86_irq_memory_write(irq, 0, LAPIC + 0x320, 4, 0x40041);
    intact_x86_irq_msr_write(irq, 0, 0x6e0, 1200);
    cr_assert_eq(intact_x86_irq_deadline(irq), 1200);
    intact_x86_irq_advance(irq, 1200);
    cr_assert_eq(take(0), 0x41);
    cr_assert_eq(intact_x86_irq_deadline(irq), 1500);
    intact_x86_irq_advance(irq, 1499);
    cr_assert_eq(told[1], 0);
    intact_x86_irq_advance(irq, 1500);
    cr_assert_eq(take(1), 0x40);
    cr_assert_eq(intact_x86_irq_deadline(irq), 2000, "periodic");
}

Test(intact_x86_irq, a_line_can_be_connected_while_high, .fini = destroy)
{
    struct intact_irq_line line = { .level = true };
    create(1);
    intact_x86_irq_memory_write(irq, 0, IOAPIC, 4, 0x10 + 2 * 9);
    intact_x86_irq_memory_write(irq, 0, IOAPIC + 0x10, 4, 0x8071);
    intact_x86_irq_connect(irq, INTACT_X86_IOAPIC, 9, &line);
    cr_assert_eq(take(0), 0x71);
    intact_irq_line_set(&line, false);
    intact_x86_irq_memory_write(irq, 0, LAPIC + 0xb0, 4, 0);
    cr_assert_eq(ended, 1);
    cr_assert_eq(told[0], 0);
    lower = lower_pin;
    intact_irq_line_set(&line, true);
    cr_assert_eq(take(0), 0x71);
    intact_x86_irq_memory_write(irq, 0, LAPIC + 0xb0, 4, 0);
    cr_assert_eq(told[0], 0, "lowered when asked");
}

Test(intact_x86_irq, a_cpu_is_started_by_init_and_sipi, .fini = destroy)
{
    create(2);
    intact_x86_irq_memory_write(irq, 0, LAPIC + 0x310, 4, 1u << 24);
    intact_x86_irq_memory_write(irq, 0, LAPIC + 0x300, 4, 0x4500);
    cr_assert_eq(told[1], INTACT_X86_INIT);
    cr_assert_eq(intact_x86_irq_acknowledge(irq, 1, INTACT_X86_INIT), 0);
    intact_x86_irq_memory_write(irq, 0, LAPIC + 0x300, 4, 0x4608);
    cr_assert_eq(told[1], INTACT_X86_SIPI);
    cr_assert_eq(intact_x86_irq_acknowledge(irq, 1, INTACT_X86_SIPI), 8);
    cr_assert_eq(intact_x86_irq_acknowledge(irq, 1, INTACT_X86_SIPI), -1);
}

Test(intact_x86_irq, virtual_wire_nmi_and_reset, .fini = destroy)
{
    create(1);
    intact_x86_irq_virtual_wire(irq);
    intact_x86_irq_set_nmi(irq, true);
    cr_assert_eq(told[0], INTACT_X86_NMI);
    intact_x86_irq_reset(irq);
    cr_assert_eq(told[0], 0);
}

Test(intact_x86_irq, a_configuration_out_of_range_is_refused_with_a_text)
{
    static const struct intact_x86_ioapic odd = { 0xfec00004, 24, 0x20, 0 };
    struct intact_x86_irq_config configs[4];
    char error[INTACT_ERROR_SIZE];
    for (unsigned i = 0; i < 4; i++)
        intact_x86_irq_config_init(&configs[i]);
    configs[0].cpus = 0;
    configs[1].cpus = INTACT_X86_CPUS_MAX + 1;
    configs[2].ioapics = &odd;
    configs[3].pic_pin = 24;
    for (unsigned i = 0; i < 4; i++) {
        error[0] = 0;
        cr_assert_eq(intact_x86_irq_create(&configs[i], &irq, error), -EINVAL);
        cr_assert_null(irq);
        cr_assert_neq(strlen(error), 0);
    }
    intact_x86_irq_destroy(NULL);
}

Test(intact_x86_irq, the_largest_board_can_be_made)
{
    struct intact_x86_irq_config config;
    intact_x86_irq_config_init(&config);
    config.cpus = INTACT_X86_CPUS_MAX;
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    intact_x86_irq_destroy(irq);
}
