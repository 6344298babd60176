// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public API of the x86 chips, include/intact/x86_irq.h.
#include <criterion/criterion.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intact/x86_irq.h>

#include "irqchip/callbacks.h"

enum { X86_NMI_MODE = 4 << 8, LAPIC = 0xfee00000, IOAPIC = 0xfec00000 };

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
    cr_assert_eq(reported[1], INTACT_X86_INTR);
    cr_assert_eq(intact_x86_irq_pending(irq, 1), INTACT_X86_INTR);
    cr_assert_eq(intact_x86_irq_pending(irq, 0), 0);
    cr_assert_eq(take(1), 0x55);
    cr_assert_eq(reported[1], 0);
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
    cr_assert_eq(intact_x86_irq_msr_write(irq, 0, INTACT_X86_CR8, 16), INTACT_X86_FAULT, "bits 63:4 are reserved");
    cr_assert_eq(intact_x86_irq_msr_write(irq, 0, INTACT_X86_CR8, UINT64_C(1) << 32), INTACT_X86_FAULT);
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
    cr_assert_eq(reported[1], 0);
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
    cr_assert_eq(intact_x86_irq_connect(irq, INTACT_X86_IOAPIC, 9, &line), 0);
    cr_assert_eq(take(0), 0x71);
    intact_irq_line_set(&line, false);
    intact_x86_irq_memory_write(irq, 0, LAPIC + 0xb0, 4, 0);
    cr_assert_eq(ended, 1);
    cr_assert_eq(reported[0], 0);
    lower = lower_pin;
    intact_irq_line_set(&line, true);
    cr_assert_eq(take(0), 0x71);
    intact_x86_irq_memory_write(irq, 0, LAPIC + 0xb0, 4, 0);
    cr_assert_eq(reported[0], 0, "lowered when asked");
}

// A pulse would be too short for a pin that is level-triggered.
Test(intact_x86_irq, an_edge_of_a_connected_line_is_taken_once, .fini = destroy)
{
    struct intact_irq_line line = { .level = false };
    create(1);
    intact_x86_irq_memory_write(irq, 0, IOAPIC, 4, 0x10 + 2 * 9);
    intact_x86_irq_memory_write(irq, 0, IOAPIC + 0x10, 4, 0x18071); // masked, level
    cr_assert_eq(intact_x86_irq_connect(irq, INTACT_X86_IOAPIC, 9, &line), 0);
    intact_irq_line_trigger(&line);
    cr_assert_eq(reported[0], 0);
    intact_x86_irq_memory_write(irq, 0, IOAPIC + 0x10, 4, 0x8071);
    cr_assert_eq(take(0), 0x71);
    intact_x86_irq_memory_write(irq, 0, LAPIC + 0xb0, 4, 0);
    cr_assert_eq(reported[0], 0);
}

Test(intact_x86_irq, a_cpu_is_started_by_init_and_sipi, .fini = destroy)
{
    create(2);
    intact_x86_irq_memory_write(irq, 0, LAPIC + 0x310, 4, 1u << 24);
    intact_x86_irq_memory_write(irq, 0, LAPIC + 0x300, 4, 0x4500);
    cr_assert_eq(reported[1], INTACT_X86_INIT);
    cr_assert_eq(intact_x86_irq_acknowledge(irq, 1, INTACT_X86_INIT), 0);
    intact_x86_irq_memory_write(irq, 0, LAPIC + 0x300, 4, 0x4608);
    cr_assert_eq(reported[1], INTACT_X86_SIPI);
    cr_assert_eq(intact_x86_irq_acknowledge(irq, 1, INTACT_X86_SIPI), 8);
    cr_assert_eq(intact_x86_irq_acknowledge(irq, 1, INTACT_X86_SIPI), -1);
}

Test(intact_x86_irq, virtual_wire_nmi_and_reset, .fini = destroy)
{
    create(1);
    intact_x86_irq_virtual_wire(irq);
    intact_x86_irq_set_nmi(irq, true);
    cr_assert_eq(reported[0], INTACT_X86_NMI);
    intact_x86_irq_reset(irq);
    cr_assert_eq(reported[0], 0);
}

// --- Configuration --------------------------------------------------------------------------------------------------

static void refused(const struct intact_x86_irq_config *config, const char *text)
{
    char why[INTACT_ERROR_SIZE] = "";
    irq = (struct intact_x86_irq *)&why;
    cr_assert_eq(intact_x86_irq_create(config, &irq, why), -EINVAL, "%s", text);
    cr_assert_null(irq);
    cr_assert(strstr(why, text), "'%s' in '%s'", text, why);
    cr_assert_eq(intact_x86_irq_create(config, &irq, NULL), -EINVAL);
}

static struct intact_x86_irq_config defaults(void)
{
    struct intact_x86_irq_config config;
    intact_x86_irq_config_init(&config);
    return config;
}

#define REFUSED(member, value, text)                                                                                   \
    do {                                                                                                               \
        struct intact_x86_irq_config changed = defaults();                                                             \
        changed.member = (value);                                                                                      \
        refused(&changed, text);                                                                                       \
    } while (0)

Test(intact_x86_irq, every_value_out_of_range_is_refused_with_a_reason)
{
    static const uint32_t twice[] = { 7, 7 }, wide[] = { 65536 };
    REFUSED(cpus, 0, "0 CPUs");
    REFUSED(cpus, INTACT_X86_CPUS_MAX + 1, "1001 CPUs");
    REFUSED(apic_ids, wide, "APIC id 65536");
    REFUSED(address_bits, 31, "31 physical address bits");
    REFUSED(address_bits, 53, "53 physical address bits");
    REFUSED(address_bits, 0, "0 physical address bits");
    REFUSED(timer_hz, 0, "0 Hz");
    REFUSED(timer_hz, UINT64_C(10000000001), "10000000001 Hz");
    REFUSED(ioapic_count, INTACT_X86_IOAPICS_MAX + 1, "256 IOAPICs");
    REFUSED(ioapics, NULL, "no list");
    REFUSED(ioapic_count, 3, "3 IOAPICs, but the default list has one: set ioapics");
    REFUSED(pic_pin, 24, "pin 24");
    REFUSED(pic_pin, -2, "pin -2");
    struct intact_x86_irq_config config = defaults();
    config.cpus = 2;
    config.apic_ids = twice;
    refused(&config, "APIC id 7");
    config = defaults();
    config.ioapic_count = 0;
    refused(&config, "no such pin");
    intact_x86_irq_destroy(NULL);
}

Test(intact_x86_irq, every_ioapic_is_checked)
{
    static const struct {
        struct intact_x86_ioapic second;
        const char *text;
    } rows[] = {
        { { 0xfec00000, 24, 0x20, 1 }, "where IOAPIC 0 is" },
        { { 0xfec01004, 24, 0x20, 1 }, "not a multiple of 1000h" },
        { { UINT64_C(0x10000000000), 24, 0x20, 1 }, "within 40 address bits" },
        { { 0xfec01000, 0, 0x20, 1 }, "0 pins" },
        { { 0xfec01000, 241, 0x20, 1 }, "241 pins" },
        { { 0xfec01000, 24, 0x12, 1 }, "version 12h" },
        { { 0xfec01000, 24, 0x20, 16 }, "id 16" },
    };
    struct intact_x86_irq_config config = defaults();
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct intact_x86_ioapic list[] = { { 0xfec00000, 24, 0x20, 0 }, rows[i].second };
        config.ioapics = list;
        config.ioapic_count = 2;
        refused(&config, rows[i].text);
    }
}

Test(intact_x86_irq, the_ends_of_the_ranges_are_allowed)
{
    static const struct intact_x86_ioapic edge = { UINT64_C(0xffffffffff000), 240, 0x11, 15 };
    static const uint32_t ids[] = { 65535 };
    struct intact_x86_irq_config config = defaults();
    config.apic_ids = ids;
    config.address_bits = 52;
    config.timer_hz = UINT64_C(10000000000);
    config.ioapics = &edge;
    config.pic_pin = 239;
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    intact_x86_irq_destroy(irq);
    config.address_bits = 32;
    config.timer_hz = 1;
    config.ioapics = NULL;
    config.ioapic_count = 0;
    config.pic_pin = -1;
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    intact_x86_irq_destroy(irq);
    config.pic = false;
    config.pic_pin = 0; // nothing is wired there
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    intact_x86_irq_set_pin(irq, INTACT_X86_PIC, 4, true);
    intact_x86_irq_destroy(irq);
}

Test(intact_x86_irq, there_may_be_255_ioapics)
{
    static struct intact_x86_ioapic list[INTACT_X86_IOAPICS_MAX];
    struct intact_x86_irq_config config = defaults();
    for (uint32_t i = 0; i < INTACT_X86_IOAPICS_MAX; i++)
        list[i] = (struct intact_x86_ioapic){ IOAPIC + 0x1000 * i, 24, 0x20, (uint8_t)(i % 16) };
    config.ioapics = list;
    config.ioapic_count = INTACT_X86_IOAPICS_MAX;
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    intact_x86_irq_destroy(irq);
}

Test(intact_x86_irq, a_configuration_of_another_size_is_refused)
{
    struct intact_x86_irq_config config = defaults();
    cr_assert_eq(config.size, sizeof config);
    REFUSED(size, sizeof config - 1, "intact_x86_irq_config_init");
    REFUSED(size, sizeof config + 1, "intact_x86_irq_config_init");
    config = (struct intact_x86_irq_config){ .cpus = 1, .address_bits = 40, .timer_hz = 1 };
    refused(&config, "intact_x86_irq_config_init");
}

Test(intact_x86_irq, the_largest_board_can_be_made)
{
    struct intact_x86_irq_config config;
    intact_x86_irq_config_init(&config);
    config.cpus = INTACT_X86_CPUS_MAX;
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    intact_x86_irq_destroy(irq);
}

// --- Inputs ---------------------------------------------------------------------------------------------------------

static void store(uint32_t cpu, uint64_t address, uint32_t value)
{
    cr_assert_eq(intact_x86_irq_memory_write(irq, cpu, address, 4, value), INTACT_X86_DONE);
}

static uint32_t load(uint32_t cpu, uint64_t address)
{
    uint64_t value;
    cr_assert_eq(intact_x86_irq_memory_read(irq, cpu, address, 4, &value), INTACT_X86_DONE);
    return (uint32_t)value;
}

static void route(uint64_t ioapic, unsigned pin, uint32_t entry)
{
    store(0, ioapic, 0x10 + 2 * pin);
    store(0, ioapic + 0x10, entry);
}

Test(intact_x86_irq, a_trigger_is_taken_once_edge_or_level, .fini = destroy)
{
    create(1);
    for (unsigned level = 0; level < 2; level++) {
        route(IOAPIC, 9, 0x71 | level << 15);
        intact_x86_irq_trigger(irq, INTACT_X86_IOAPIC, 9);
        cr_assert_eq(take(0), 0x71);
        store(0, LAPIC + 0xb0, 0);
        cr_assert_eq(reported[0], 0);
    }
    intact_x86_irq_trigger(irq, INTACT_X86_IOAPIC, 24);
    intact_x86_irq_trigger(irq, UINT32_MAX, 0);
    cr_assert_eq(reported[0], 0);
}

Test(intact_x86_irq, a_line_is_not_connected_to_a_pin_that_is_not_there, .fini = destroy)
{
    static const struct {
        uint32_t chip, pin;
    } rows[] = { { INTACT_X86_PIC, 16 },
                 { INTACT_X86_PIC, 65536 },
                 { INTACT_X86_IOAPIC, 24 },
                 { INTACT_X86_IOAPIC, 65536 },
                 { INTACT_X86_IOAPIC, UINT32_MAX },
                 { INTACT_X86_IOAPIC + 1, 0 },
                 { 0x10000, 0 },
                 { UINT32_MAX, 0 } };
    struct intact_irq_line line = { .level = true };
    create(1);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_eq(intact_x86_irq_connect(irq, rows[i].chip, rows[i].pin, &line), -EINVAL, "row %u", i);
    cr_assert_null(line.set);
    struct intact_irq_line second = { .level = false };
    cr_assert_eq(intact_x86_irq_connect(irq, INTACT_X86_PIC, 15, &line), 0);
    cr_assert_eq(intact_x86_irq_connect(irq, INTACT_X86_PIC, 15, &second), -EEXIST, "one line to a pin");
    cr_assert(!second.set);
    cr_assert_eq(intact_x86_irq_connect(irq, INTACT_X86_IOAPIC, 23, &line), -EBUSY,
                 "it would leave the first pin high");
    cr_assert_eq(intact_x86_irq_connect(irq, INTACT_X86_IOAPIC, 23, &second), 0);
}

Test(intact_x86_irq, each_of_several_ioapics_has_its_window_and_its_pins, .fini = destroy)
{
    static const struct intact_x86_ioapic list[] = { { 0xfec00000, 24, 0x20, 0 },
                                                     { 0xfec01000, 16, 0x11, 1 },
                                                     { UINT64_C(0x800000000), 240, 0x20, 2 } };
    struct intact_x86_irq_config config = defaults();
    config.ioapics = list;
    config.ioapic_count = 3;
    config.pending = on_pending;
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    store(0, LAPIC + 0xf0, 0x1ff);
    for (uint32_t i = 0; i < 3; i++) {
        store(0, list[i].address, 1);
        cr_assert_eq(load(0, list[i].address + 0x10), list[i].version | (list[i].pins - 1) << 16);
        route(list[i].address, list[i].pins - 1, 0x40 + i);
        intact_x86_irq_set_pin(irq, INTACT_X86_IOAPIC + i, list[i].pins - 1, true);
        cr_assert_eq(take(0), 0x40 + (int)i);
        store(0, LAPIC + 0xb0, 0);
    }
}

Test(intact_x86_irq, the_ports_are_those_that_the_configuration_has, .fini = destroy)
{
    static const uint16_t pic[] = { 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1 }, imcr[] = { 0x22, 0x23 };
    uint8_t byte;
    for (unsigned has = 0; has < 4; has++) {
        struct intact_x86_irq_config config = defaults();
        config.pic = has & 1;
        config.imcr = has & 2;
        cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
        for (uint32_t port = 0; port < 65536; port++) {
            bool there = false;
            for (unsigned i = 0; i < 6; i++)
                there |= config.pic && port == pic[i];
            for (unsigned i = 0; i < 2; i++)
                there |= config.imcr && port == imcr[i];
            enum intact_x86_access expected = there ? INTACT_X86_DONE : INTACT_X86_NOT_MINE;
            cr_assert_eq(intact_x86_irq_port_read(irq, (uint16_t)port, &byte), expected, "port %x", port);
            cr_assert_eq(intact_x86_irq_port_write(irq, (uint16_t)port, 0), expected, "port %x", port);
        }
        destroy();
    }
    irq = NULL;
}

Test(intact_x86_irq, cpus_without_x2apic_and_tsc_deadline_fault, .fini = destroy)
{
    struct intact_x86_irq_config config = defaults();
    config.x2apic = config.tsc_deadline = false;
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    cr_assert_eq(intact_x86_irq_msr_write(irq, 0, 0x1b, 0xfee00d00), INTACT_X86_FAULT);
    cr_assert_eq(intact_x86_irq_msr_write(irq, 0, 0x6e0, 1), INTACT_X86_FAULT);
    store(0, LAPIC + 0xf0, 0x1ff);
    store(0, LAPIC + 0x320, 0x40040);
    cr_assert_eq(load(0, LAPIC + 0x320), 0x40);
}

// --- Time -----------------------------------------------------------------------------------------------------------

Test(intact_x86_irq, the_timer_has_the_frequency_of_the_configuration, .fini = destroy)
{
    struct intact_x86_irq_config config = defaults();
    config.timer_hz = 3; // a third of a second is no number of nanoseconds
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    store(0, LAPIC + 0xf0, 0x1ff);
    store(0, LAPIC + 0x3e0, 0xb);
    store(0, LAPIC + 0x320, 0x20040);
    store(0, LAPIC + 0x380, 1);
    static const uint64_t expected[] = { 333333334, 666666667, 1000000000, 1333333334 };
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(intact_x86_irq_deadline(irq), expected[i]);
        intact_x86_irq_advance(irq, expected[i]);
        cr_assert_eq(take(0), 0x40);
        store(0, LAPIC + 0xb0, 0);
    }
}

// --- State ----------------------------------------------------------------------------------------------------------

// One interrupt in service with its line high, one pending at another CPU, a timer running, at 1234 ns.
static void create_busy(void)
{
    create(2);
    intact_x86_irq_advance(irq, 1234);
    route(IOAPIC, 9, 0x8071);
    intact_x86_irq_set_pin(irq, INTACT_X86_IOAPIC, 9, true);
    cr_assert_eq(take(0), 0x71);
    intact_x86_irq_msi(irq, 0xfee01000, 0x55);
    store(1, LAPIC + 0x320, 0x60);
    store(1, LAPIC + 0x380, 500);
}

static void *save(size_t *size)
{
    *size = intact_x86_irq_save(irq, NULL, 0);
    cr_assert_gt(*size, 0);
    void *state = malloc(*size);
    cr_assert_eq(intact_x86_irq_save(irq, state, *size), *size);
    return state;
}

Test(intact_x86_irq, a_loaded_board_goes_on_as_the_saved_one, .fini = destroy)
{
    size_t size, again_size;
    create_busy();
    void *state = save(&size);
    intact_x86_irq_destroy(irq);
    create(2);
    reported[0] = reported[1] = UINT32_MAX;
    cr_assert_eq(intact_x86_irq_load(irq, state, size, NULL), 0);
    cr_assert_eq(reported[0], 0);
    cr_assert_eq(reported[1], INTACT_X86_INTR, "every CPU is reported");
    void *again = save(&again_size);
    cr_assert_eq(again_size, size);
    cr_assert_arr_eq(state, again, size);
    cr_assert_eq(take(1), 0x55);
    store(0, LAPIC + 0xb0, 0);
    cr_assert_eq(ended, 1);
    cr_assert_eq(take(0), 0x71, "the line is high");
    cr_assert_eq(intact_x86_irq_deadline(irq), 2234);
    intact_x86_irq_advance(irq, 2234);
    cr_assert_eq(take(1), 0x60);
    free(state);
    free(again);
}

Test(intact_x86_irq, a_load_takes_time_back, .fini = destroy)
{
    size_t size;
    create_busy();
    void *state = save(&size);
    intact_x86_irq_advance(irq, 5000);
    cr_assert_eq(intact_x86_irq_deadline(irq), INTACT_X86_NEVER);
    cr_assert_eq(intact_x86_irq_load(irq, state, size, NULL), 0);
    cr_assert_eq(intact_x86_irq_deadline(irq), 2234);
    cr_assert_eq(take(1), 0x55);
    intact_x86_irq_advance(irq, 2233);
    cr_assert_eq(reported[1], 0);
    intact_x86_irq_advance(irq, 2234);
    cr_assert_eq(reported[1], INTACT_X86_INTR);
    free(state);
}

Test(intact_x86_irq, a_state_of_another_board_is_refused_and_nothing_is_loaded, .fini = destroy)
{
    char why[INTACT_ERROR_SIZE] = "";
    size_t size;
    create_busy();
    void *state = save(&size);
    cr_assert_eq(intact_x86_irq_load(irq, state, size - 1, why), -EINVAL);
    cr_assert_neq(strlen(why), 0);
    cr_assert_eq(intact_x86_irq_load(irq, "not a state", 11, NULL), -EINVAL);
    cr_assert_eq(reported[1], INTACT_X86_INTR);
    intact_x86_irq_destroy(irq);
    create(1);
    why[0] = 0;
    cr_assert_eq(intact_x86_irq_load(irq, state, size, why), -EINVAL);
    cr_assert(strstr(why, "'cpus = 2' where 'cpus = 1'"), "%s", why);
    cr_assert_eq(intact_x86_irq_deadline(irq), INTACT_X86_NEVER);
    free(state);
}

Test(intact_x86_irq, a_state_belongs_to_its_configuration, .fini = destroy)
{
    static const uint32_t swapped[] = { 1, 0 };
    char why[INTACT_ERROR_SIZE];
    size_t size;
    create_busy();
    void *state = save(&size);
    for (unsigned i = 0;; i++) {
        struct intact_x86_irq_config config;
        struct intact_x86_ioapic ioapic = { .address = IOAPIC, .pins = 24, .version = 0x20 };
        intact_x86_irq_config_init(&config);
        config.cpus = 2;
        config.ioapics = &ioapic;
        switch (i) {
        case 0: ioapic.pins = 23; break;
        case 1: ioapic.version = 0x11; break;
        case 2: ioapic.address += 0x1000; break;
        case 3: config.pic = false; break;
        case 4: config.x2apic = false; break;
        case 5: config.tsc_deadline = false; break;
        case 6: config.apic_ids = swapped; break;
        case 7: config.timer_hz = 1000000; break;
        case 8: config.imcr = true; break;
        case 9: config.pic_pin = -1; break;
        case 10: config.extended_destination = true; break;
        case 11: config.address_bits = 36; break;
        default: free(state); return;
        }
        intact_x86_irq_destroy(irq);
        cr_assert_eq(intact_x86_irq_create(&config, &irq, why), 0, "%s", why);
        cr_assert_eq(intact_x86_irq_load(irq, state, size, why), -EINVAL, "row %u", i);
        cr_assert(strstr(why, "belongs"), "row %u: %s", i, why);
    }
}

// --- What happened --------------------------------------------------------------------------------------------------

static char heard[1024];

static void hear(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    size_t used = strlen(heard);
    snprintf(heard + used, sizeof heard - used, "%llu %s cpu%d %llx %llx %llx\n", (unsigned long long)event->time,
             intact_trace_name(event->id), (int)event->cpu, (unsigned long long)event->a, (unsigned long long)event->b,
             (unsigned long long)event->c);
}

Test(intact_x86_irq, observers_hear_the_stations_of_an_interrupt, .fini = destroy)
{
    struct intact_trace_observer observer;
    intact_trace_observer_init(&observer, INTACT_TRACE_INTERRUPTS, hear, NULL);
    create(1);
    route(IOAPIC, 9, 0x8071);
    cr_assert_eq(intact_x86_irq_trace(irq, &observer), 0);
    cr_assert_eq(intact_x86_irq_trace(irq, &observer), -EBUSY);
    intact_x86_irq_advance(irq, 70);
    intact_x86_irq_set_pin(irq, INTACT_X86_IOAPIC, 9, true);
    take(0);
    intact_x86_irq_set_pin(irq, INTACT_X86_IOAPIC, 9, false);
    intact_x86_irq_advance(irq, 80);
    store(0, LAPIC + 0xb0, 0);
    store(0, LAPIC + 0xb0, 0);
    intact_x86_irq_msi(irq, 0xfee09000, 0x55);
    cr_assert_str_eq(heard, "70 pin cpu-1 1 9 1\n"
                            "70 accept cpu0 71 100 0\n"
                            "70 pending cpu0 1 0 0\n"
                            "70 pending cpu0 0 1 0\n"
                            "70 take cpu0 71 0 0\n"
                            "70 pin cpu-1 1 9 0\n"
                            "80 eoi cpu0 71 10000 0\n"
                            "80 eoi cpu-1 71 1 9\n"
                            "80 mistake cpu0 10000 6 0\n"
                            "80 message cpu-1 fee09000 55 0\n"
                            "80 drop cpu-1 100 9 55\n");
    intact_trace_observer_remove(&observer);
    heard[0] = 0;
    intact_x86_irq_set_pin(irq, INTACT_X86_IOAPIC, 9, true);
    cr_assert_str_eq(heard, "");
}

Test(intact_x86_irq, observers_hear_a_timer_an_ipi_and_an_error, .fini = destroy)
{
    static struct intact_trace_observer observer; // it outlives the function, as destroy runs after it
    create(2);
    store(0, LAPIC + 0x3e0, 0xb);
    store(0, LAPIC + 0x320, 0x40);
    store(0, LAPIC + 0x380, 500);
    store(0, LAPIC + 0x310, 1u << 24);
    intact_trace_observer_init(&observer, INTACT_TRACE_INTERRUPTS & ~INTACT_TRACE_BIT(INTACT_TRACE_PENDING), hear,
                               NULL);
    cr_assert_eq(intact_x86_irq_trace(irq, &observer), 0);
    intact_x86_irq_advance(irq, 500);
    intact_x86_irq_advance(irq, 600);
    store(0, LAPIC + 0x300, 0x41);
    store(0, LAPIC + 0x300, 0x40000 | X86_NMI_MODE);
    store(0, LAPIC + 0x300, 0x0f);
    intact_x86_irq_msi(irq, 0xfee00010, 0x55);
    cr_assert(strstr(heard, "500 timer cpu0 1f4 0 0\n"), "%s", heard);
    cr_assert(strstr(heard, "600 ipi cpu0 1 0 41\n600 accept cpu1 41 0 0\n"), "%s", heard);
    cr_assert(strstr(heard, "600 ipi cpu0 1 104 0\n600 accept cpu0 0 4 0\n"), "%s", heard);
    cr_assert(strstr(heard, "600 mistake cpu0 10000 5 40400\n"), "an invalid combination: %s", heard);
    cr_assert(strstr(heard, "600 mistake cpu0 10000 4 f\n"), "an illegal vector: %s", heard);
    cr_assert(strstr(heard, "600 drop cpu-1 102 fee00010 200000055\n"), "%s", heard);
}

static unsigned counters;
static char counted[512];

static void count(void *owner, const char *chip, uint32_t cpu, const char *mistake, uint64_t times)
{
    (void)owner;
    counters++;
    size_t used = strlen(counted);
    if (times)
        snprintf(counted + used, sizeof counted - used, "%s%s%.0d %s %u\n", chip, cpu == INTACT_NO_CPU ? "" : " cpu",
                 (int)(cpu + 1), mistake, (unsigned)times);
}

Test(intact_x86_irq, mistakes_are_counted_by_name, .fini = destroy)
{
    uint8_t byte;
    uint64_t value;
    create(2);
    intact_x86_irq_mistakes(irq, count, NULL);
    cr_assert_str_eq(counted, "");
    cr_assert_eq(counters, 6 + 8 + 2 * 9, "8259As, IOAPIC, local APICs");
    intact_x86_irq_port_write(irq, 0x20, 0x20);
    intact_x86_irq_port_write(irq, 0x4d0, 1);
    intact_x86_irq_port_read(irq, 0x4d0, &byte);
    load(0, IOAPIC + 8);
    store(0, IOAPIC + 0x40, 0x71);
    store(1, LAPIC + 0xb0, 0);
    store(1, LAPIC + 0xb0, 0);
    intact_x86_irq_msr_read(irq, 0, 0x802, &value);
    intact_x86_irq_reset(irq);
    counted[0] = 0;
    intact_x86_irq_mistakes(irq, count, NULL);
    cr_assert_str_eq(counted,
                     "pic eoi 1\npic elcr 1\nioapic0 offset 1\nioapic0 eoi 1\nlapic cpu1 mode 1\nlapic cpu2 eoi 2\n");
}

// --- A program that was compiled with the header of an older version ------------------------------------------------

Test(intact_x86_irq, members_that_an_older_program_does_not_know_have_their_defaults, .fini = destroy)
{
    struct intact_x86_irq_config config;
    intact_x86_irq_config_init(&config);
    config.size = offsetof(struct intact_x86_irq_config, pending);
    memset((char *)&config + config.size, 0xff, sizeof config - config.size); // what is not its own
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    cr_assert_eq(intact_x86_irq_memory_write(irq, 0, LAPIC + 0xf0, 4, 0x1ff), INTACT_X86_DONE);
    cr_assert(intact_x86_irq_msi(irq, 0xfee00000, 0x55), "and no callback is called");
    cr_assert_eq(take(0), 0x55);
}

Test(intact_x86_irq, ioapics_of_an_older_program_are_shorter, .fini = destroy)
{
    struct older {
        uint64_t address;
        unsigned pins, version;
    } older[2] = { { 0xfec00000, 24, 0x20 }, { 0xfec01000, 12, 0x11 } };
    struct intact_x86_irq_config config;
    uint64_t value;
    intact_x86_irq_config_init(&config);
    cr_assert_eq(config.ioapic_size, sizeof(struct intact_x86_ioapic));
    config.ioapics = (const struct intact_x86_ioapic *)(const void *)older;
    config.ioapic_count = 2;
    config.ioapic_size = sizeof older[0];
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    cr_assert_eq(intact_x86_irq_memory_write(irq, 0, 0xfec01000, 4, 1), INTACT_X86_DONE);
    cr_assert_eq(intact_x86_irq_memory_read(irq, 0, 0xfec01010, 4, &value), INTACT_X86_DONE);
    cr_assert_eq(value & 0xff00ff, 0x0b0011);
    cr_assert_eq(intact_x86_irq_memory_write(irq, 0, 0xfec01000, 4, 0), INTACT_X86_DONE);
    cr_assert_eq(intact_x86_irq_memory_read(irq, 0, 0xfec01010, 4, &value), INTACT_X86_DONE);
    cr_assert_eq(value, 0, "no id: 0");
}

Test(intact_x86_irq, sizes_that_no_version_has_are_refused)
{
    struct intact_x86_irq_config config;
    char why[INTACT_ERROR_SIZE];
    intact_x86_irq_config_init(&config);
    config.size += 8;
    cr_assert_eq(intact_x86_irq_create(&config, &irq, why), -EINVAL);
    intact_x86_irq_config_init(&config);
    config.ioapic_size = 0;
    cr_assert_eq(intact_x86_irq_create(&config, &irq, why), -EINVAL);
    cr_assert_not_null(strstr(why, "ioapic_size"), "%s", why);
}
