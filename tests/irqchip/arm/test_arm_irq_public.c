// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public API of the Arm chips, include/intact/arm_irq.h.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intact/arm_irq.h>

#include "irqchip/callbacks.h"

enum { GICD = 0x08000000, GICC = 0x08010000, V2M = 0x08020000, ITS = 0x08080000, GICR = 0x080a0000 };
enum { RAM = 0x40000000, RAM_SIZE = 0x100000, QUEUE = RAM, DEVICES = RAM + 0x10000, COLLECTIONS = RAM + 0x20000 };
enum { ITT = RAM + 0x30000, PROPERTIES = RAM + 0x40000, LPIS_PENDING = RAM + 0x50000 };

#define PMR     INTACT_ARM_REGISTER(3, 0, 4, 6, 0)
#define IAR1    INTACT_ARM_REGISTER(3, 0, 12, 12, 0)
#define EOIR1   INTACT_ARM_REGISTER(3, 0, 12, 12, 1)
#define IGRPEN1 INTACT_ARM_REGISTER(3, 0, 12, 12, 7)
#define IGRPEN0 INTACT_ARM_REGISTER(3, 0, 12, 12, 6)

static struct intact_arm_irq *irq;
static struct intact_arm_irq_config config;
static uint8_t ram[RAM_SIZE];

static void lower_pin(uint32_t chip, uint32_t pin)
{
    intact_arm_irq_set_pin(irq, chip, pin, false);
}

static bool read_memory(void *owner, uint64_t address, void *data, size_t size)
{
    (void)owner;
    if (address < RAM || address - RAM > RAM_SIZE - size)
        return false;
    memcpy(data, ram + (address - RAM), size);
    return true;
}

static bool write_memory(void *owner, uint64_t address, const void *data, size_t size)
{
    (void)owner;
    if (address < RAM || address - RAM > RAM_SIZE - size)
        return false;
    memcpy(ram + (address - RAM), data, size);
    return true;
}

static void setup(void)
{
    intact_arm_irq_config_init(&config);
    config.cpus = 2;
    config.pending = on_pending;
    config.ended = on_ended;
    config.read_memory = read_memory;
    config.write_memory = write_memory;
}

static void teardown(void)
{
    intact_arm_irq_destroy(irq);
}

TestSuite(intact_arm_irq, .init = setup, .fini = teardown);

static void store(uint32_t cpu, uint64_t address, uint32_t value)
{
    cr_assert_eq(intact_arm_irq_memory_write(irq, cpu, address, 4, value), INTACT_ARM_DONE);
}

static uint32_t load(uint32_t cpu, uint64_t address)
{
    uint64_t value;
    cr_assert_eq(intact_arm_irq_memory_read(irq, cpu, address, 4, &value), INTACT_ARM_DONE);
    return (uint32_t)value;
}

static uint64_t mrs(uint32_t cpu, uint64_t encoding)
{
    uint64_t value;
    cr_assert_eq(intact_arm_irq_register_read(irq, cpu, encoding, &value), INTACT_ARM_DONE);
    return value;
}

static void msr(uint32_t cpu, uint64_t encoding, uint64_t value)
{
    cr_assert_eq(intact_arm_irq_register_write(irq, cpu, encoding, value), INTACT_ARM_DONE);
}

// GICv3 with Group 1 on everywhere: SPIs 0 to 31 and all private interrupts enabled, at priority 0.
static void create(void)
{
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0);
    store(0, GICD, 0x12);
    store(0, GICD + 0x84, UINT32_MAX);
    store(0, GICD + 0x104, UINT32_MAX);
    for (uint32_t cpu = 0; cpu < config.cpus; cpu++) {
        store(cpu, GICR + cpu * 0x20000 + 0x14, 0);
        store(cpu, GICR + cpu * 0x20000 + 0x10080, UINT32_MAX);
        store(cpu, GICR + cpu * 0x20000 + 0x10100, UINT32_MAX);
        msr(cpu, PMR, 0xff);
        msr(cpu, IGRPEN1, 1);
    }
}

Test(intact_arm_irq, pending_is_told_and_can_be_asked)
{
    create();
    intact_arm_irq_set_ppi(irq, 1, 27, true);
    cr_assert_eq(reported[1], INTACT_ARM_IRQ);
    cr_assert_eq(intact_arm_irq_pending(irq, 1), INTACT_ARM_IRQ);
    cr_assert_eq(intact_arm_irq_pending(irq, 0), 0);
    cr_assert_eq(mrs(1, IAR1), 27);
    cr_assert_eq(reported[1], 0);
    intact_arm_irq_set_ppi(irq, 1, 27, false);
    msr(1, EOIR1, 27);
    cr_assert_eq(reported[1], 0);
}

Test(intact_arm_irq, each_access_finds_its_chip)
{
    uint64_t value;
    config.lpi_bits = 16;
    config.its = true;
    create();
    cr_assert_eq(load(0, GICD + 4) & 31, 7, "224 SPIs");
    cr_assert_eq(intact_arm_irq_memory_read(irq, 0, GICR + 0x20008, 8, &value), INTACT_ARM_DONE);
    cr_assert_eq(value >> 32, 1, "the second redistributor");
    cr_assert_eq(load(0, ITS + 0xffe8), 0x3b);
    cr_assert_eq(intact_arm_irq_memory_read(irq, 0, GICC, 4, &value), INTACT_ARM_NOT_MINE, "GICv3 has none");
    cr_assert_eq(intact_arm_irq_memory_write(irq, 0, GICR + 2 * 0x20000, 4, 0), INTACT_ARM_NOT_MINE);
    cr_assert_eq(intact_arm_irq_memory_read(irq, 0, RAM, 4, &value), INTACT_ARM_NOT_MINE);
    cr_assert_eq(intact_arm_irq_register_read(irq, 0, INTACT_ARM_REGISTER(3, 0, 0, 0, 5), &value), INTACT_ARM_NOT_MINE);
    cr_assert_eq(intact_arm_irq_register_write(irq, 0, IAR1, 0), INTACT_ARM_FAULT, "read-only");
}

Test(intact_arm_irq, gicv2_windows_are_those_of_the_cpu_that_accesses)
{
    config.version = 2;
    config.v2m_first = 64;
    config.v2m_count = 32;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0);
    store(0, GICD, 1);
    store(1, GICC, 1);
    store(1, GICC + 4, 0xff);
    cr_assert_eq(load(0, GICC), 0);
    store(0, GICD + 0xf00, 2 << 16 | 5);
    cr_assert_eq(reported[1], INTACT_ARM_IRQ);
    cr_assert_eq(load(0, GICC + 0xc), 1023);
    cr_assert_eq(load(1, GICC + 0xc), 5);
    store(1, GICC + 0x10, 5);
    store(0, GICD + 0xc10, 2);
    store(0, GICD + 0x108, 1);
    store(0, GICD + 0x840, 2);
    cr_assert(intact_arm_irq_msi(irq, V2M + 0x40, 64, 0, false));
    cr_assert_eq(load(1, GICC + 0xc), 64);
    cr_assert_not(intact_arm_irq_msi(irq, V2M + 0x40, 96, 0, false), "not of the frame");
    cr_assert_not(intact_arm_irq_msi(irq, V2M + 0x44, 64, 0, false), "no doorbell");
}

Test(intact_arm_irq, a_line_can_be_connected_while_high)
{
    struct intact_irq_line line = { .level = true };
    create();
    cr_assert_eq(intact_arm_irq_connect(irq, INTACT_ARM_GICD, 9, &line), 0);
    cr_assert_eq(mrs(0, IAR1), 41);
    intact_irq_line_set(&line, false);
    msr(0, EOIR1, 41);
    cr_assert_eq(ended, 1);
    cr_assert_eq(reported[0], 0);
    lower = lower_pin;
    intact_irq_line_set(&line, true);
    cr_assert_eq(mrs(0, IAR1), 41);
    msr(0, EOIR1, 41);
    cr_assert_eq(reported[0], 0, "lowered when asked");
}

Test(intact_arm_irq, the_security_state_of_a_cpu_is_that_of_its_accesses)
{
    uint64_t value;
    config.security = true;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0);
    store(0, GICD, 0x37);
    cr_assert_eq(load(0, GICD), 0x12, "Non-secure: Group 1 and ARE");
    cr_assert_eq(intact_arm_irq_register_read(irq, 0, IGRPEN0, &value), INTACT_ARM_FAULT);
    intact_arm_irq_set_secure(irq, 0, true);
    store(0, GICD, 0x35);
    cr_assert_eq(load(0, GICD), 0x35);
    cr_assert_eq(load(1, GICD), 0x10, "CPU 1 is still Non-secure");
    msr(0, IGRPEN0, 1);
    cr_assert_eq(mrs(0, IGRPEN0), 1);
}

Test(intact_arm_irq, a_non_maskable_interrupt_says_so)
{
    const uint64_t nmiar1 = INTACT_ARM_REGISTER(3, 0, 12, 9, 5);
    config.nmi = true;
    create();
    store(0, GICD + 0xf84, 1 << 5);
    intact_arm_irq_set_sctlr_nmi(irq, 0, true);
    intact_arm_irq_set_pin(irq, INTACT_ARM_GICD, 5, true);
    cr_assert_eq(reported[0], INTACT_ARM_IRQ | INTACT_ARM_NMI);
    cr_assert_eq(mrs(0, IAR1), 1022);
    cr_assert_eq(mrs(0, nmiar1), 37);
}

static void command(uint32_t offset, uint64_t w0, uint64_t w1, uint64_t w2)
{
    const uint64_t words[4] = { w0, w1, w2, 0 };
    memcpy(ram + (QUEUE - RAM) + offset, words, sizeof words);
}

static void store64(uint64_t address, uint64_t value)
{
    cr_assert_eq(intact_arm_irq_memory_write(irq, 0, address, 8, value), INTACT_ARM_DONE);
}

Test(intact_arm_irq, its_commands_are_done_when_time_is_advanced)
{
    const uint64_t valid = UINT64_C(1) << 63;
    config.lpi_bits = 16;
    config.its = true;
    config.its_command_ns = 10;
    create();
    intact_arm_irq_advance(irq, 1000);
    cr_assert_eq(intact_arm_irq_deadline(irq), INTACT_ARM_NEVER);
    memset(ram + (PROPERTIES - RAM), 1, 16);
    store64(GICR + 0x70, PROPERTIES | 15);
    store64(GICR + 0x78, LPIS_PENDING);
    store(0, GICR, 1);
    store64(ITS + 0x80, valid | QUEUE);
    store64(ITS + 0x100, valid | DEVICES);
    store64(ITS + 0x108, valid | COLLECTIONS);
    store(0, ITS, 1);
    command(0, 0x08 | UINT64_C(7) << 32, 3, valid | ITT);               // MAPD: device 7, 16 events
    command(32, 0x09, 0, valid);                                        // MAPC: collection 0 is CPU 0
    command(64, 0x0a | UINT64_C(7) << 32, 2 | UINT64_C(8195) << 32, 0); // MAPTI: event 2 is LPI 8195
    store64(ITS + 0x88, 96);
    cr_assert_eq(intact_arm_irq_deadline(irq), 1010);
    intact_arm_irq_advance(irq, 1029);
    cr_assert_not(intact_arm_irq_msi(irq, ITS + 0x10040, 2, 7, false));
    cr_assert_eq(intact_arm_irq_deadline(irq), 1030);
    intact_arm_irq_advance(irq, 1030);
    cr_assert_eq(intact_arm_irq_deadline(irq), INTACT_ARM_NEVER);
    cr_assert(intact_arm_irq_msi(irq, ITS + 0x10040, 2, 7, false));
    cr_assert_eq(mrs(0, IAR1), 8195);
}

Test(intact_arm_irq, a_reset_keeps_levels_alone)
{
    create();
    intact_arm_irq_set_pin(irq, INTACT_ARM_GICD, 0, true);
    cr_assert_eq(reported[0], INTACT_ARM_IRQ);
    intact_arm_irq_reset(irq);
    cr_assert_eq(reported[0], 0);
    cr_assert_eq(load(0, GICD + 0x204), 1);
}

Test(intact_arm_irq, a_configuration_out_of_range_is_refused_with_a_text)
{
    struct intact_arm_irq_config configs[8];
    char error[INTACT_ERROR_SIZE];
    for (unsigned i = 0; i < 8; i++)
        intact_arm_irq_config_init(&configs[i]);
    configs[0].cpus = 0;
    configs[1].cpus = INTACT_ARM_CPUS_MAX + 1;
    configs[2].version = 4;
    configs[3].gicd = 0x1000;
    configs[4].gicr = configs[4].gicd;
    configs[5].lpi_bits = 16; // and no memory
    configs[6].version = 2;
    configs[6].cpus = INTACT_ARM_CPUS_MAX_2 + 1;
    configs[7].gicr = UINT64_MAX - 0xffff;
    for (unsigned i = 0; i < 8; i++) {
        error[0] = 0;
        cr_assert_eq(intact_arm_irq_create(&configs[i], &irq, error), -EINVAL, "%u", i);
        cr_assert_null(irq);
        cr_assert_neq(strlen(error), 0);
    }
    intact_arm_irq_destroy(NULL);
}

// A window that this configuration does not have lies nowhere, wherever its address is.
Test(intact_arm_irq, windows_that_are_not_there_do_not_overlap)
{
    uint64_t value;
    config.gicr = GICC; // GICv3 has no GICC, and here neither v2m frame nor ITS
    config.v2m = config.its_base = config.gicd;
    for (unsigned inside = 0; inside < 2; inside++) {
        cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0);
        cr_assert_eq(intact_arm_irq_memory_read(irq, 1, GICC + 0x20008, 8, &value), INTACT_ARM_DONE);
        cr_assert_eq(value >> 32, 1, "the second redistributor");
        intact_arm_irq_destroy(irq);
        config.gicc = config.gicr + 0x10000; // not where the other begins, but inside
        config.v2m = config.its_base = config.gicd + 0x1000;
    }
    config.version = 2; // no GICR, and no ITS
    config.gicc = GICC;
    config.gicr = config.its_base = config.gicd;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0);
    intact_arm_irq_destroy(irq);
    config.gicr = config.its_base = config.v2m = config.gicc + 0x1000;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0);
}

// Each window at the address of each other existing one.
Test(intact_arm_irq, every_pair_of_windows_is_looked_at)
{
    static const struct {
        unsigned version;
        size_t base;
        const char *name;
    } windows[] = {
        { 3, offsetof(struct intact_arm_irq_config, gicd), "GICD" },
        { 3, offsetof(struct intact_arm_irq_config, gicr), "GICR" },
        { 3, offsetof(struct intact_arm_irq_config, its_base), "ITS" },
        { 3, offsetof(struct intact_arm_irq_config, v2m), "GICv2m" },
        { 2, offsetof(struct intact_arm_irq_config, gicd), "GICD" },
        { 2, offsetof(struct intact_arm_irq_config, gicc), "GICC" },
        { 2, offsetof(struct intact_arm_irq_config, v2m), "GICv2m" },
    };
    const unsigned count = sizeof windows / sizeof windows[0];
    for (unsigned i = 0; i < count * count; i++) {
        unsigned a = i / count, b = i % count;
        char error[INTACT_ERROR_SIZE];
        setup();
        config.version = windows[a].version;
        config.v2m_first = 64;
        config.v2m_count = 32;
        config.its = config.version == 3;
        config.lpi_bits = config.its ? 14 : 0;
        if (a == b || windows[a].version != windows[b].version)
            continue;
        cr_assert_eq(intact_arm_irq_create(&config, &irq, error), 0, "%s", error);
        intact_arm_irq_destroy(irq);
        memcpy((char *)&config + windows[a].base, (char *)&config + windows[b].base, sizeof(uint64_t));
        cr_assert_eq(intact_arm_irq_create(&config, &irq, error), -EINVAL, "%s at the %s", windows[a].name,
                     windows[b].name);
        cr_assert(strstr(error, windows[a].name) && strstr(error, windows[b].name), "%s", error);
    }
}

Test(intact_arm_irq, windows_that_are_there_do_not_overlap)
{
    char error[INTACT_ERROR_SIZE];
    config.gicr = config.gicd - 0x30000;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, error), -EINVAL, "the last 64 KiB of the second redistributor");
    cr_assert(strstr(error, "GICR") && strstr(error, "GICD"), "%s", error);
    config.gicr = config.gicd - 0x40000;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0, "one ends where the other begins");
    intact_arm_irq_destroy(irq);
    config.gicr = UINT64_MAX - 0x3ffff;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0, "it may end where the address space does");
    uint64_t value;
    cr_assert_eq(intact_arm_irq_memory_read(irq, 0, UINT64_MAX - 0xffff + 0x80, 4, &value), INTACT_ARM_DONE);
    intact_arm_irq_destroy(irq);
    config.gicr += 0x10000;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, error), -EINVAL);
    cr_assert(strstr(error, "address space"), "%s", error);
}

Test(intact_arm_irq, the_largest_board_can_be_made)
{
    config.cpus = INTACT_ARM_CPUS_MAX;
    config.spis = 988;
    config.extended_spis = 1024;
    config.extended_ppis = 64;
    config.gicr = 0x10000000;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0);
    uint64_t value;
    cr_assert_eq(intact_arm_irq_memory_read(irq, 511, 0x10000000 + 511 * 0x20000 + 8, 8, &value), INTACT_ARM_DONE);
    cr_assert_eq(value & 0x10, 0x10, "the last");
}

// --- Inputs ---------------------------------------------------------------------------------------------------------

Test(intact_arm_irq, a_trigger_is_taken_once)
{
    create();
    intact_arm_irq_trigger(irq, INTACT_ARM_GICD, 5);
    intact_arm_irq_trigger(irq, INTACT_ARM_GICD, 5);
    cr_assert_eq(mrs(0, IAR1), 37);
    msr(0, EOIR1, 37);
    cr_assert_eq(reported[0], 0);
}

Test(intact_arm_irq, an_edge_of_a_connected_line_is_taken_once)
{
    struct intact_irq_line line = { .level = false };
    create(); // level-sensitive SPIs: a pulse would be too short
    cr_assert_eq(intact_arm_irq_connect(irq, INTACT_ARM_GICD, 9, &line), 0);
    intact_irq_line_trigger(&line);
    cr_assert_eq(reported[0], INTACT_ARM_IRQ);
    cr_assert_eq(mrs(0, IAR1), 41);
    msr(0, EOIR1, 41);
    cr_assert_eq(reported[0], 0);
}

Test(intact_arm_irq, a_line_is_not_connected_to_a_pin_that_is_not_there)
{
    static const uint32_t pins[] = { 224, 988, 1023, 1024, 65536 + 9, UINT32_MAX };
    struct intact_irq_line line = { .level = true };
    create();
    for (unsigned i = 0; i < sizeof pins / sizeof pins[0]; i++)
        cr_assert_eq(intact_arm_irq_connect(irq, INTACT_ARM_GICD, pins[i], &line), -EINVAL, "pin %u", pins[i]);
    cr_assert_eq(intact_arm_irq_connect(irq, 1, 9, &line), -EINVAL, "no such chip");
    cr_assert_null(line.set);
    cr_assert_eq(reported[0], 0);
    cr_assert_eq(intact_arm_irq_connect(irq, INTACT_ARM_GICD, 223, &line), 0);
    cr_assert_eq(intact_arm_irq_connect(irq, INTACT_ARM_GICD, 9, &line), -EBUSY, "it would leave the first pin high");
    intact_arm_irq_destroy(irq);
    line = (struct intact_irq_line){ .level = true };
    config.spis = 988;
    config.extended_spis = 32;
    create();
    cr_assert_eq(intact_arm_irq_connect(irq, INTACT_ARM_GICD, 987, &line), 0);
    cr_assert_eq(intact_arm_irq_connect(irq, INTACT_ARM_GICD, 988, &line), -EINVAL, "INTID 1020 is special");
    cr_assert_eq(intact_arm_irq_connect(irq, INTACT_ARM_GICD, 1023, &line), -EINVAL);
    line = (struct intact_irq_line){ .level = true };
    cr_assert_eq(intact_arm_irq_connect(irq, INTACT_ARM_GICD, 1024, &line), 0);
    line = (struct intact_irq_line){ .level = true };
    cr_assert_eq(intact_arm_irq_connect(irq, INTACT_ARM_GICD, 1055, &line), 0);
    cr_assert_eq(intact_arm_irq_connect(irq, INTACT_ARM_GICD, 1056, &line), -EINVAL);
}

Test(intact_arm_irq, a_message_to_a_secure_spi_is_a_secure_one)
{
    config.security = true;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0);
    cr_assert_not(intact_arm_irq_msi(irq, GICD + 0x40, 33, 0, false));
    cr_assert_not(intact_arm_irq_msi(irq, GICD + 0x50, 33, 0, false));
    intact_arm_irq_set_secure(irq, 0, true);
    cr_assert_eq(load(0, GICD + 0x204), 0);
    cr_assert(intact_arm_irq_msi(irq, GICD + 0x40, 33, 0, true));
    cr_assert_eq(load(0, GICD + 0x204), 2);
    cr_assert(intact_arm_irq_msi(irq, GICD + 0x58, 33, 0, true));
    cr_assert_eq(load(0, GICD + 0x204), 0);
}

// --- Structures that grow -------------------------------------------------------------------------------------------

Test(intact_arm_irq, a_configuration_of_another_size_is_refused)
{
    char why[INTACT_ERROR_SIZE] = "";
    cr_assert_eq(config.size, sizeof config);
    for (int i = -1; i <= 1; i += 2) {
        config.size = sizeof config + (size_t)i;
        cr_assert_eq(intact_arm_irq_create(&config, &irq, why), -EINVAL);
        cr_assert_null(irq);
        cr_assert(strstr(why, "intact_arm_irq_config_init"), "%s", why);
    }
    config = (struct intact_arm_irq_config){ .version = 3, .cpus = 1 };
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), -EINVAL, "not initialised");
}

// --- State ----------------------------------------------------------------------------------------------------------

// One interrupt active, one pending, at 1234 ns; with everything that has state.
static void create_busy(void)
{
    config.lpi_bits = 14;
    config.its = true;
    config.extended_spis = 32;
    create();
    intact_arm_irq_advance(irq, 1234);
    intact_arm_irq_set_pin(irq, INTACT_ARM_GICD, 9, true);
    cr_assert_eq(mrs(0, IAR1), 41);
    intact_arm_irq_set_ppi(irq, 1, 27, true);
}

Test(intact_arm_irq, a_loaded_board_goes_on_as_the_saved_one)
{
    create_busy();
    size_t size = intact_arm_irq_save(irq, NULL, 0);
    cr_assert_gt(size, 0);
    char *state = malloc(size), *again = malloc(size);
    cr_assert_eq(intact_arm_irq_save(irq, state, size), size);
    intact_arm_irq_destroy(irq);
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0);
    reported[0] = reported[1] = UINT32_MAX;
    cr_assert_eq(intact_arm_irq_load(irq, state, size, NULL), 0);
    cr_assert_eq(reported[0], 0);
    cr_assert_eq(reported[1], INTACT_ARM_IRQ, "every CPU is reported");
    cr_assert_eq(intact_arm_irq_save(irq, again, size), size);
    cr_assert_arr_eq(state, again, size);
    cr_assert_eq(mrs(1, IAR1), 27);
    msr(0, EOIR1, 41);
    cr_assert_eq(ended, 1);
    cr_assert_eq(reported[0], INTACT_ARM_IRQ, "the line is high");
    free(state);
    free(again);
}

Test(intact_arm_irq, a_state_of_another_board_is_refused_and_nothing_is_loaded)
{
    char why[INTACT_ERROR_SIZE] = "";
    create_busy();
    size_t size = intact_arm_irq_save(irq, NULL, 0);
    char *state = malloc(size);
    intact_arm_irq_save(irq, state, size);
    cr_assert_eq(intact_arm_irq_load(irq, state, size - 1, why), -EINVAL);
    cr_assert_neq(strlen(why), 0);
    cr_assert_eq(intact_arm_irq_load(irq, "not a state", 11, NULL), -EINVAL);
    cr_assert_eq(reported[1], INTACT_ARM_IRQ);
    intact_arm_irq_destroy(irq);
    config.cpus = 1;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0);
    why[0] = 0;
    cr_assert_eq(intact_arm_irq_load(irq, state, size, why), -EINVAL);
    cr_assert(strstr(why, "'cpus = 2' where 'cpus = 1'"), "%s", why);
    cr_assert_eq(intact_arm_irq_deadline(irq), INTACT_ARM_NEVER);
    free(state);
}

Test(intact_arm_irq, affinities_are_what_mpidr_has)
{
    static const uint64_t same[] = { 5, 5 }, outside[] = { 0, 1 << 24 };
    char why[INTACT_ERROR_SIZE];
    intact_arm_irq_config_init(&config);
    config.cpus = 2;
    config.affinities = same;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, why), -EINVAL);
    config.affinities = outside;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, why), -EINVAL);
    cr_assert(strstr(why, "CPU 1") && strstr(why, "1000000h"), "%s", why);
    config.version = 2;
    config.affinities = same;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, why), 0, "GICv2 does not look at them: %s", why);
}

Test(intact_arm_irq, a_state_belongs_to_its_configuration)
{
    static const uint64_t swapped[] = { 1, 0 };
    char why[INTACT_ERROR_SIZE];
    create_busy();
    size_t size = intact_arm_irq_save(irq, NULL, 0);
    char *state = malloc(size);
    intact_arm_irq_save(irq, state, size);
    const struct intact_arm_irq_config same = config;
    for (unsigned i = 0;; i++) {
        config = same;
        switch (i) {
        case 0: config.spis = 992 - 32; break;
        case 1: config.extended_spis = 0; break;
        case 2: config.extended_ppis = 32; break;
        case 3: config.security = true; break;
        case 4: config.nmi = true; break;
        case 5: config.its_stalls = true; break;
        case 6: config.its_command_ns = 7; break;
        case 7: config.gicd = 0x7000000; break;
        case 8: config.affinities = swapped; break;
        case 9: config.its = false; break;
        default: free(state); return;
        }
        intact_arm_irq_destroy(irq);
        cr_assert_eq(intact_arm_irq_create(&config, &irq, why), 0, "%s", why);
        cr_assert_eq(intact_arm_irq_load(irq, state, size, why), -EINVAL, "row %u", i);
        cr_assert(strstr(why, "belongs"), "row %u: %s", i, why);
    }
}

Test(intact_arm_irq, a_loaded_its_goes_on_by_itself)
{
    const uint64_t valid = UINT64_C(1) << 63;
    config.lpi_bits = 14;
    config.its = true;
    config.its_command_ns = 10;
    create();
    store64(ITS + 0x80, valid | QUEUE);
    store(0, ITS, 1);
    command(0, 0x05, 0, 0); // SYNC
    store64(ITS + 0x88, 32);
    size_t size = intact_arm_irq_save(irq, NULL, 0);
    char *state = malloc(size);
    intact_arm_irq_save(irq, state, size);
    intact_arm_irq_advance(irq, 10);
    cr_assert_eq(intact_arm_irq_deadline(irq), INTACT_ARM_NEVER);
    cr_assert_eq(intact_arm_irq_load(irq, state, size, NULL), 0, "back to 0 ns");
    cr_assert_eq(intact_arm_irq_deadline(irq), 10);
    intact_arm_irq_advance(irq, 10);
    cr_assert_eq(load(0, ITS + 0x90), 32);
    intact_arm_irq_advance(irq, 500);
    intact_arm_irq_save(irq, state, size);
    intact_arm_irq_destroy(irq);
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0);
    cr_assert_eq(intact_arm_irq_load(irq, state, size, NULL), 0);
    store64(ITS + 0x88, 64);
    cr_assert_eq(intact_arm_irq_deadline(irq), 510, "the time is 500 ns");
    free(state);
}

// --- What happened --------------------------------------------------------------------------------------------------

static char heard[512];

static void hear(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    size_t used = strlen(heard);
    snprintf(heard + used, sizeof heard - used, "%llu %s cpu%d %llx %llx %llx\n", (unsigned long long)event->time,
             intact_trace_name(event->id), (int)event->cpu, (unsigned long long)event->a, (unsigned long long)event->b,
             (unsigned long long)event->c);
}

Test(intact_arm_irq, observers_hear_the_stations_of_an_interrupt)
{
    struct intact_trace_observer observer;
    intact_trace_observer_init(&observer, INTACT_TRACE_INTERRUPTS, hear, NULL);
    create();
    cr_assert_eq(intact_arm_irq_trace(irq, &observer), 0);
    cr_assert_eq(intact_arm_irq_trace(irq, &observer), -EBUSY);
    intact_arm_irq_advance(irq, 70);
    intact_arm_irq_set_pin(irq, INTACT_ARM_GICD, 5, true);
    cr_assert_eq(mrs(0, IAR1), 37);
    intact_arm_irq_set_pin(irq, INTACT_ARM_GICD, 5, false);
    intact_arm_irq_advance(irq, 80);
    msr(0, EOIR1, 37);
    msr(0, EOIR1, 37);
    cr_assert_str_eq(heard, "70 pin cpu-1 20000 5 1\n"
                            "70 accept cpu0 25 1 0\n"
                            "70 pending cpu0 20 0 0\n"
                            "70 ack cpu0 25 1 0\n"
                            "70 pending cpu0 0 20 0\n"
                            "70 pin cpu-1 20000 5 0\n"
                            "80 eoi cpu0 25 20002 0\n"
                            "80 eoi cpu-1 25 20000 5\n"
                            "80 mistake cpu0 20002 7 25\n");
    intact_trace_observer_remove(&observer);
    heard[0] = 0;
    intact_arm_irq_set_pin(irq, INTACT_ARM_GICD, 5, true);
    cr_assert_str_eq(heard, "");
}

static unsigned counters;
static char counted[256];

static void count(void *owner, const char *chip, uint32_t cpu, const char *mistake, uint64_t times)
{
    (void)owner;
    counters++;
    size_t used = strlen(counted);
    if (times)
        snprintf(counted + used, sizeof counted - used, "%s%d %s %u\n", chip, (int)cpu, mistake, (unsigned)times);
}

Test(intact_arm_irq, mistakes_are_counted_by_name)
{
    uint64_t value;
    config.lpi_bits = 14;
    config.its = true;
    create();
    intact_arm_irq_mistakes(irq, count, NULL);
    cr_assert_str_eq(counted, "");
    cr_assert_eq(counters, 14 * 2 + 1 + 2 * 14 * 2, "GICD, ITS with its commands, GICR and ICC of two CPUs");
    load(0, GICD + 0x3c);
    store(0, GICD + 0x8, 0);
    intact_arm_irq_memory_read(irq, 1, GICR + 0x20000, 1, &value);
    msr(1, EOIR1, 37);
    msr(1, EOIR1, 37);
    load(0, ITS + 0x10040);
    intact_arm_irq_reset(irq);
    intact_arm_irq_mistakes(irq, count, NULL);
    cr_assert_str_eq(counted, "gicd-1 register 1\ngicd-1 read-only 1\nits-1 write-only 1\ngicr1 width 1\nicc1 eoi 2\n");
}

Test(intact_arm_irq, mistakes_on_gicv2_are_its_chips)
{
    config.version = 2;
    config.v2m_first = 64;
    config.v2m_count = 32;
    cr_assert_eq(intact_arm_irq_create(&config, &irq, NULL), 0);
    store(1, GICC + 0x10, 33);
    store(0, V2M + 0x40, 63);
    intact_arm_irq_mistakes(irq, count, NULL);
    cr_assert_eq(counters, 14 * 4);
    cr_assert_str_eq(counted, "gicv2m-1 intid 1\ngicc1 eoi 1\n");
}

static char answer[2048];

static void on_finding(void *owner, const struct intact_why_finding *finding)
{
    char text[INTACT_WHY_TEXT];
    cr_assert_eq(owner, answer);
    intact_why_text(finding, text, sizeof text);
    snprintf(answer + strlen(answer), sizeof answer - strlen(answer), "%s (%s)\n", text,
             intact_why_section(finding->reason));
}

Test(intact_arm_irq, a_question_names_what_holds_an_interrupt_back)
{
    char why[INTACT_ERROR_SIZE] = "";
    struct intact_irq_line line = { .level = true, .name = "uart0.irq" };
    create();
    cr_assert_eq(intact_arm_irq_connect(irq, INTACT_ARM_GICD, 1, &line), 0);
    msr(0, PMR, 0);
    cr_assert_eq(intact_arm_irq_why(irq, "uart0.irq", on_finding, answer, why), 0);
    cr_assert_str_eq(answer,
                     "INTID 33 has priority 00h at CPU 0, and ICC_PMR_EL1 = 00h masks 00h to FFh (IHI 0069 4.8)\n");
    answer[0] = 0;
    cr_assert_eq(intact_arm_irq_why(irq, "pin:gicd.1", on_finding, answer, why), 0);
    cr_assert_str_eq(answer,
                     "INTID 33 has priority 00h at CPU 0, and ICC_PMR_EL1 = 00h masks 00h to FFh (IHI 0069 4.8)\n");
    answer[0] = 0;
    msr(0, PMR, 0xff);
    cr_assert_eq(intact_arm_irq_why(irq, "intid:33", on_finding, answer, NULL), 0);
    cr_assert_eq(intact_arm_irq_pending(irq, 0), INTACT_ARM_IRQ);
    cr_assert(strstr(answer, "IRQ is signalled"), "%s", answer);
    answer[0] = 0;
    cr_assert_eq(intact_arm_irq_why(irq, "intid:27", on_finding, answer, why), -EINVAL);
    cr_assert_str_eq(why, "'intid:27': an SGI or PPI is one of a CPU: intid:27@0 to intid:27@1");
    cr_assert_eq(intact_arm_irq_why(irq, "intid:27", on_finding, answer, NULL), -EINVAL);
    cr_assert_str_empty(answer);
}
