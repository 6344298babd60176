// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A guest may write anything anywhere: random accesses to every port, device window, APIC register and line, with time
// going on, crash nothing; settling twice changes nothing; and no level interrupt that a device asserts is lost.
//
// INTACT_FUZZ_SECONDS makes it run longer, INTACT_FUZZ_SEED differently.
#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#include "machine/memory.h"
#include "machine/pc/pc.h"
#include "machine/virt/virt.h"
#include "machine/x86_code.h"

enum { CPUS = 3 };

static struct pc pc;
static struct code code;
static uint64_t state;

static uint64_t pick(uint64_t limit)
{
    return test_random(&state) % limit;
}

static unsigned environment(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void start(void)
{
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    code_begin(&code);
    code_halt(&code);
    config.cpus = CPUS;
    config.memory = UINT64_C(8) << 20;
    config.kernel = "fuzz";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.testdev = true;
    config.debugcon_port = 0xe9;
    config.debug_exit_port = 0xf4;
    config.debug_exit_size = 4;
    cr_assert_eq(board_create(&pc.board, &pc_type, &config), 0, "%s", pc.board.error.text);
    state = 88172645463325252u + environment("INTACT_FUZZ_SEED", 0);
}

static void finish(void)
{
    board_destroy(&pc.board);
}

TestSuite(fuzz, .init = start, .fini = finish);

// Mostly small or full of ones, as registers like it.
static uint64_t value(void)
{
    switch (pick(4)) {
    case 0: return pick(256);
    case 1: return UINT64_MAX >> pick(64);
    case 2: return UINT64_C(1) << pick(64);
    default: return test_random(&state);
    }
}

static uint16_t port(void)
{
    const struct region *region = pc.board.ports.regions[pick(pc.board.ports.count)];
    return pick(8) ? (uint16_t)(region->base + pick(region->size)) : (uint16_t)pick(0x10000);
}

static uint64_t window(void)
{
    static const uint64_t bases[] = { PC_IOAPIC, PC_HPET, PC_LAPIC, PC_TESTDEV_MEMORY, PC_ROM_BASE, 0xa0000, PC_FLASH };
    return pick(16) ? bases[pick(countof(bases))] + pick(0x500) : test_random(&state);
}

static void access_port(uint64_t now)
{
    unsigned size = 1u << pick(3);
    uint16_t at = port();
    if (pick(2))
        bus_write(&pc.board.ports, at, size, value(), now);
    else
        bus_read(&pc.board.ports, at, size, now);
}

static void access_memory(uint64_t now)
{
    unsigned size = 1u << pick(4);
    uint64_t at = window();
    if (pick(2))
        bus_write(&pc.board.memory, at, size, value(), now);
    else
        bus_read(&pc.board.memory, at, size, now);
}

static void access_apic(uint64_t now)
{
    static const uint64_t registers[] = { 0x1b, 0x6e0, PORT_CR8 };
    uint32_t cpu = (uint32_t)pick(CPUS);
    bool page = pick(2);
    enum port_space space = page ? PORT_MEMORY : PORT_REGISTER;
    uint64_t at = page      ? PC_LAPIC + (pick(8) ? pick(64) * 16 : pick(0x1000))
                  : pick(4) ? 0x800 + pick(0x100)
                            : registers[pick(countof(registers))];
    uint64_t read;
    if (pick(3))
        x86_irq_cpu_write(&pc.irq, cpu, space, at, page ? 4 : 8, value(), now);
    else
        x86_irq_cpu_read(&pc.irq, cpu, space, at, page ? 4 : 8, &read, now);
}

static void drive_line(uint64_t now)
{
    if (pick(4))
        bus_write(&pc.board.ports, PC_TESTDEV_LINE_PORT + pick(PC_TESTDEV_LINES), 1, pick(2), now);
    else if (pick(2))
        route_trigger_gsi(&pc.board.route, (uint32_t)pick(32));
    else
        route_message(&pc.board.route, PC_LAPIC + pick(0x100000), (uint32_t)value(), (uint32_t)pick(0x10000));
}

static void take_something(uint64_t now)
{
    static const uint32_t bits[] = { PENDING_INTR, PENDING_NMI, PENDING_SMI, PENDING_INIT, PENDING_SIPI };
    uint32_t cpu = (uint32_t)pick(CPUS), which = bits[pick(countof(bits))];
    if (pick(4) == 0 || pc.irq.cpus[cpu].pending & which) {
        int vector = x86_irq_acknowledge(&pc.irq, cpu, which, now);
        cr_assert(vector >= -1 && vector <= 255);
    }
}

static void let_time_pass(void)
{
    uint64_t next = clock_next(&pc.board.clock), now = pc.board.clock.now;
    if (next != CLOCK_NEVER && pick(2) && next - now < UINT64_C(1000000000))
        clock_advance(&pc.board.clock, next > now ? next : now);
    else
        clock_advance(&pc.board.clock, now + pick(100000));
    clock_run_due(&pc.board.clock);
}

static void check_settled(void)
{
    uint32_t before[CPUS];
    for (unsigned i = 0; i < CPUS; i++)
        before[i] = pc.irq.cpus[i].pending;
    x86_irq_settle(&pc.irq);
    for (unsigned i = 0; i < CPUS; i++) {
        cr_assert_eq(pc.irq.cpus[i].pending, before[i]);
        cr_assert_eq(pc.cpus[i]->vcpu.pending, before[i]);
    }
}

static void step(void)
{
    uint64_t now = pc.board.clock.now;
    switch (pick(6)) {
    case 0: access_port(now); break;
    case 1: access_memory(now); break;
    case 2: access_apic(now); break;
    case 3: drive_line(now); break;
    case 4: take_something(now); break;
    default: let_time_pass(); break;
    }
    check_settled();
}

Test(fuzz, any_access_to_any_device_in_any_order_crashes_nothing)
{
    time_t end = time(NULL) + environment("INTACT_FUZZ_SECONDS", 1);
    do {
        for (unsigned i = 0; i < 20000; i++)
            step();
        cr_assert_eq(board_reset(&pc.board), 0, "%s", pc.board.error.text);
    } while (time(NULL) < end);
}

// A level line that stays high comes back after each EOI, whatever else was written: mask it, unmask it, end it.
Test(fuzz, a_level_that_is_held_is_never_lost)
{
    const uint32_t gsi = 20, vector = 0x61;
    for (unsigned round = 0; round < 2000; round++) {
        uint64_t now = pc.board.clock.now;
        bus_write(&pc.board.memory, PC_IOAPIC, 4, 0x10 + 2 * gsi, now);
        bus_write(&pc.board.memory, PC_IOAPIC + 0x10, 4, vector | 1 << 15, now);
        bus_write(&pc.board.ports, PC_TESTDEV_LINE_PORT + gsi, 1, 1, now);
        for (unsigned again = 0; again < 3; again++) {
            if (pick(2)) { // a driver that masks and unmasks
                bus_write(&pc.board.memory, PC_IOAPIC + 0x10, 4, vector | 1 << 15 | 1 << 16, now);
                bus_write(&pc.board.memory, PC_IOAPIC + 0x10, 4, vector | 1 << 15, now);
            }
            cr_assert(pc.irq.cpus[0].pending & PENDING_INTR, "round %u", round);
            cr_assert_eq(x86_irq_acknowledge(&pc.irq, 0, PENDING_INTR, now), (int)vector);
            x86_irq_cpu_write(&pc.irq, 0, PORT_MEMORY, PC_LAPIC + 0xb0, 4, 0, now);
        }
        bus_write(&pc.board.ports, PC_TESTDEV_LINE_PORT + gsi, 1, 0, now);
        cr_assert_eq(x86_irq_acknowledge(&pc.irq, 0, PENDING_INTR, now), (int)vector); // sent before it fell
        x86_irq_cpu_write(&pc.irq, 0, PORT_MEMORY, PC_LAPIC + 0xb0, 4, 0, now);
        cr_assert_not(pc.irq.cpus[0].pending & PENDING_INTR);
        clock_advance(&pc.board.clock, now + 1000);
    }
}

// Whatever the instructions are, they end in a way that has a name.
Test(fuzz, random_code_ends_in_a_defined_way)
{
    for (unsigned round = 0; round < 100; round++) {
        struct code noise;
        code_begin(&noise);
        while (noise.size < CODE_SIZE) {
            uint8_t byte = (uint8_t)test_random(&state);
            code_add(&noise, &byte, 1);
        }
        struct intact_machine_config config;
        struct intact_machine *machine;
        char why[INTACT_ERROR_SIZE];
        intact_machine_config_init(&config);
        config.memory = INTACT_MEMORY_MIN;
        config.kernel = "noise";
        config.kernel_data = noise.bytes;
        config.kernel_size = sizeof noise.bytes;
        config.reboot = false;
        config.limit = 50000;
        cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
        struct intact_exit end = intact_machine_run(machine);
        cr_assert(end.reason == INTACT_RESET || end.reason == INTACT_LIMIT || end.reason == INTACT_DEADLOCK ||
                  end.reason == INTACT_POWER_OFF);
        intact_machine_destroy(machine);
    }
}

// --- virt -----------------------------------------------------------------------------------------------------------

static struct virt virt;

static void make_virt(unsigned gic)
{
    static const uint32_t wfi[] = { 0xd503207f };
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.type = INTACT_VIRT;
    config.gic_version = gic;
    config.memory = UINT64_C(8) << 20;
    config.kernel = "fuzz";
    config.kernel_data = wfi;
    config.kernel_size = sizeof wfi;
    cr_assert_eq(board_create(&virt.board, &virt_type, &config), 0, "%s", virt.board.error.text);
}

static void put(uint64_t address, unsigned size, uint64_t data)
{
    bus_write(&virt.board.memory, address, size, data, 0);
}

// An interrupt on SPI `spi`, level-sensitive, Group 1, to CPU 0; GICv2 uses one group, which is Group 0.
static void open_spi(unsigned gic, uint32_t spi)
{
    const uint32_t intid = spi + 32;
    put(VIRT_GICD, 4, 0x12 | (gic == 2));
    put(VIRT_GICD + 0x100 + intid / 32 * 4, 4, BIT32(intid % 32));
    if (gic == 2) {
        put(VIRT_GICD + 0x800 + intid, 1, 1);
        put(VIRT_GICC + GICC_PMR, 4, 0xff);
        put(VIRT_GICC + GICC_CTLR, 4, 1);
        return;
    }
    put(VIRT_GICD + 0x80 + intid / 32 * 4, 4, BIT32(intid % 32));
    put(VIRT_GICR + 0x14, 4, 0);
    arm_irq_cpu_write(&virt.irq, 0, PORT_REGISTER, ICC_PMR_EL1, 8, 0xff, 0);
    arm_irq_cpu_write(&virt.irq, 0, PORT_REGISTER, ICC_IGRPEN1_EL1, 8, 1, 0);
}

static uint64_t acknowledge(unsigned gic)
{
    uint64_t intid = 0;
    if (gic == 2)
        return bus_read(&virt.board.memory, VIRT_GICC + GICC_IAR, 4, 0);
    arm_irq_cpu_read(&virt.irq, 0, PORT_REGISTER, ICC_IAR1_EL1, 8, &intid, 0);
    return intid;
}

static void end(unsigned gic, uint64_t intid)
{
    if (gic == 2)
        put(VIRT_GICC + GICC_EOIR, 4, intid);
    else
        arm_irq_cpu_write(&virt.irq, 0, PORT_REGISTER, ICC_EOIR1_EL1, 8, intid, 0);
}

Test(fuzz, a_level_that_is_held_is_never_lost_on_virt)
{
    const uint32_t spi = 100, intid = spi + 32, word = intid / 32 * 4, bit = BIT32(intid % 32);
    for (unsigned gic = 2; gic <= 3; gic++) {
        make_virt(gic);
        open_spi(gic, spi);
        for (unsigned round = 0; round < 1000; round++) {
            arm_irq_set_pin(&virt.irq, ARM_IRQ_GICD, spi, true);
            for (unsigned again = 0; again < 3; again++) {
                if (pick(2)) { // a driver that masks and unmasks
                    put(VIRT_GICD + 0x180 + word, 4, bit);
                    cr_assert_not(virt.irq.cpus[0].pending);
                    put(VIRT_GICD + 0x100 + word, 4, bit);
                }
                cr_assert(virt.irq.cpus[0].pending & PENDING_IRQ, "gic-version=%u, round %u", gic, round);
                cr_assert_eq(acknowledge(gic), intid);
                cr_assert_not(virt.irq.cpus[0].pending);
                end(gic, intid);
            }
            arm_irq_set_pin(&virt.irq, ARM_IRQ_GICD, spi, false);
            cr_assert_not(virt.irq.cpus[0].pending);
            cr_assert_eq(acknowledge(gic), 1023);
        }
        board_destroy(&virt.board);
    }
}

Test(fuzz, random_a64_code_ends_in_a_defined_way)
{
    for (unsigned round = 0; round < 100; round++) {
        uint32_t noise[256];
        struct intact_machine_config config;
        struct intact_machine *machine;
        char why[INTACT_ERROR_SIZE];
        for (unsigned i = 0; i < countof(noise); i++)
            noise[i] = (uint32_t)test_random(&state);
        intact_machine_config_init(&config);
        config.type = INTACT_VIRT;
        config.memory = INTACT_MEMORY_MIN;
        config.kernel = "noise";
        config.kernel_data = noise;
        config.kernel_size = sizeof noise;
        config.reboot = false;
        config.limit = 50000;
        cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
        struct intact_exit exit = intact_machine_run(machine);
        cr_assert(exit.reason == INTACT_RESET || exit.reason == INTACT_LIMIT || exit.reason == INTACT_DEADLOCK ||
                  exit.reason == INTACT_POWER_OFF);
        intact_machine_destroy(machine);
    }
}
