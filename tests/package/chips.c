// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A program that embeds only the installed intact-irq, in the common subset of C and C++: an interrupt through each
// chip, traced, saved and loaded.
#include <intact/arm_irq.h>
#include <intact/interrupt.h>
#include <intact/trace.h>
#include <intact/version.h>
#include <intact/x86_irq.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(bool right, const char *what)
{
    printf("%s: %s\n", what, right ? "taken" : "LOST");
    if (!right)
        exit(EXIT_FAILURE);
}

static void heard(void *owner, const struct intact_trace_event *event)
{
    unsigned *events = (unsigned *)owner;
    if (event->id == INTACT_TRACE_ACCEPT)
        ++*events;
}

// --- 8259A, IOAPIC, local APIC --------------------------------------------------------------------------------------

enum { LAPIC = 0xfee00000, IOAPIC = 0xfec00000 };

static int x86_vector(struct intact_x86_irq *irq)
{
    if (!(intact_x86_irq_pending(irq, 0) & INTACT_X86_INTR))
        return -1;
    return intact_x86_irq_acknowledge(irq, 0, INTACT_X86_INTR);
}

static void x86_store(struct intact_x86_irq *irq, uint64_t address, uint64_t value)
{
    check(intact_x86_irq_memory_write(irq, 0, address, 4, value) == INTACT_X86_DONE, "a store to a chip");
}

static void x86(void)
{
    static const uint8_t words[][2] = {
        { 0x20, 0x11 }, { 0x21, 0x20 }, { 0x21, 0x04 }, { 0x21, 0x01 }, { 0x21, 0xef }
    };
    struct intact_x86_irq_config config;
    struct intact_x86_irq *irq;
    char why[INTACT_ERROR_SIZE];

    intact_x86_irq_config_init(&config);
    check(intact_x86_irq_create(&config, &irq, why) == 0, "the chips of a PC");
    intact_x86_irq_virtual_wire(irq);
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        intact_x86_irq_port_write(irq, words[i][0], words[i][1]);
    intact_x86_irq_set_pin(irq, INTACT_X86_PIC, 4, true);
    check(x86_vector(irq) == 0x24, "line 4 of the 8259A");
    intact_x86_irq_set_pin(irq, INTACT_X86_PIC, 4, false);
    intact_x86_irq_port_write(irq, 0x20, 0x20);

    x86_store(irq, LAPIC + 0xf0, 0x1ff);
    x86_store(irq, IOAPIC, 0x10 + 2 * 14);
    x86_store(irq, IOAPIC + 0x10, 0x31);
    intact_x86_irq_set_pin(irq, INTACT_X86_IOAPIC, 14, true);
    check(x86_vector(irq) == 0x31, "pin 14 of the IOAPIC");
    x86_store(irq, LAPIC + 0xb0, 0);

    struct intact_trace_observer observer;
    unsigned events = 0;
    static uint8_t state[1 << 16];
    intact_trace_observer_init(&observer, INTACT_TRACE_INTERRUPTS, heard, &events);
    check(intact_x86_irq_trace(irq, &observer) == 0, "an observer");
    check(intact_x86_irq_msi(irq, LAPIC, 0x41) && events == 1, "a message to the local APIC, traced");
    size_t size = intact_x86_irq_save(irq, state, sizeof state);
    check(size > 0 && size <= sizeof state, "a saved state");
    check(x86_vector(irq) == 0x41, "its vector");
    x86_store(irq, LAPIC + 0xb0, 0);
    check(intact_x86_irq_load(irq, state, size, why) == 0 && x86_vector(irq) == 0x41, "its vector again, after a load");
    intact_trace_observer_remove(&observer);
    intact_x86_irq_destroy(irq);
}

// --- GICv2 with v2m, GICv3, ITS -------------------------------------------------------------------------------------

enum {
    GICD = 0x08000000,
    GICC = 0x08010000,
    V2M = 0x08020000,
    ITS = 0x08080000,
    GICR = 0x080a0000,
    LINE = 33,
    MESSAGE = 80,
    LPI = 8192
};
enum {
    RAM = 0x40000000,
    PROPERTIES = 0x40000,
    PENDING = 0x50000,
    DEVICES = 0x60000,
    COLLECTIONS = 0x70000,
    QUEUE = 0x80000,
    ITT = 0x90000
};

static uint8_t ram[1 << 20];

static bool ram_read(void *owner, uint64_t address, void *data, size_t size)
{
    (void)owner;
    if (address < RAM || address - RAM > sizeof ram - size)
        return false;
    memcpy(data, ram + (address - RAM), size);
    return true;
}

static bool ram_write(void *owner, uint64_t address, const void *data, size_t size)
{
    (void)owner;
    if (address < RAM || address - RAM > sizeof ram - size)
        return false;
    memcpy(ram + (address - RAM), data, size);
    return true;
}

static void store(struct intact_arm_irq *irq, uint64_t address, unsigned size, uint64_t value)
{
    check(intact_arm_irq_memory_write(irq, 0, address, size, value) == INTACT_ARM_DONE, "a store to a GIC");
}

static uint64_t load(struct intact_arm_irq *irq, uint64_t address)
{
    uint64_t value = 0;
    check(intact_arm_irq_memory_read(irq, 0, address, 4, &value) == INTACT_ARM_DONE, "a load from a GIC");
    return value;
}

static struct intact_arm_irq *gic(unsigned version)
{
    struct intact_arm_irq_config config;
    struct intact_arm_irq *irq;
    char why[INTACT_ERROR_SIZE];

    intact_arm_irq_config_init(&config);
    config.version = version;
    config.gicd = GICD, config.gicc = GICC, config.gicr = GICR, config.v2m = V2M, config.its_base = ITS;
    config.read_memory = ram_read, config.write_memory = ram_write;
    if (version == 2)
        config.v2m_first = MESSAGE, config.v2m_count = 16;
    else
        config.lpi_bits = 14, config.its = true;
    if (intact_arm_irq_create(&config, &irq, why) < 0)
        puts(why), exit(EXIT_FAILURE);
    return irq;
}

static void gicv2(void)
{
    struct intact_arm_irq *irq = gic(2);
    store(irq, GICD, 4, 1);
    store(irq, GICD + 0x104, 4, 1u << (LINE - 32));
    store(irq, GICD + 0x108, 4, 1u << (MESSAGE - 64));
    store(irq, GICD + 0x820, 4, 0x01010101);
    store(irq, GICD + 0x850, 4, 0x01010101);
    store(irq, GICD + 0xc14, 4, 2); // INTID 80 is an edge
    store(irq, GICC + 0x04, 4, 0xff);
    store(irq, GICC, 4, 1);

    intact_arm_irq_set_pin(irq, INTACT_ARM_GICD, LINE - 32, true);
    check(intact_arm_irq_pending(irq, 0) & INTACT_ARM_IRQ && load(irq, GICC + 0x0c) == LINE, "a line of the GICv2");
    intact_arm_irq_set_pin(irq, INTACT_ARM_GICD, LINE - 32, false);
    store(irq, GICC + 0x10, 4, LINE);
    intact_arm_irq_msi(irq, V2M + 0x40, MESSAGE, 0, false);
    check(intact_arm_irq_pending(irq, 0) & INTACT_ARM_IRQ && load(irq, GICC + 0x0c) == MESSAGE,
          "a message to the v2m frame");
    intact_arm_irq_destroy(irq);
}

static void command(unsigned place, uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t words[4] = { a, b, c, 0 };
    memcpy(ram + QUEUE + 32 * place, words, sizeof words); // of a little-endian host
}

static uint64_t acknowledge(struct intact_arm_irq *irq)
{
    uint64_t intid = 1023;
    if (!(intact_arm_irq_pending(irq, 0) & INTACT_ARM_IRQ))
        return intid;
    intact_arm_irq_register_read(irq, 0, INTACT_ARM_REGISTER(3, 0, 12, 12, 0), &intid); // ICC_IAR1_EL1
    intact_arm_irq_register_write(irq, 0, INTACT_ARM_REGISTER(3, 0, 12, 12, 1), intid); // ICC_EOIR1_EL1
    return intid;
}

static void gicv3(void)
{
    struct intact_arm_irq *irq = gic(3);
    store(irq, GICD, 4, 0x12);
    store(irq, GICD + 0x84, 4, 0xffffffff);
    store(irq, GICD + 0x104, 4, 1u << (LINE - 32));
    store(irq, GICR + 0x14, 4, 0);
    intact_arm_irq_register_write(irq, 0, INTACT_ARM_REGISTER(3, 0, 4, 6, 0), 0xff); // ICC_PMR_EL1
    intact_arm_irq_register_write(irq, 0, INTACT_ARM_REGISTER(3, 0, 12, 12, 7), 1);  // ICC_IGRPEN1_EL1
    intact_arm_irq_set_pin(irq, INTACT_ARM_GICD, LINE - 32, true);
    check(acknowledge(irq) == LINE, "a line of the GICv3");
    intact_arm_irq_set_pin(irq, INTACT_ARM_GICD, LINE - 32, false);

    const uint64_t valid = UINT64_C(1) << 63, pages_64k = 2 << 8, device = 5, event = 3;
    ram[PROPERTIES] = 0xa1;
    store(irq, GICR + 0x70, 8, (RAM + PROPERTIES) | 13);
    store(irq, GICR + 0x78, 8, RAM + PENDING);
    store(irq, GICR, 4, 1); // EnableLPIs
    store(irq, ITS + 0x100, 8, valid | pages_64k | (RAM + DEVICES));
    store(irq, ITS + 0x108, 8, valid | pages_64k | (RAM + COLLECTIONS));
    store(irq, ITS + 0x80, 8, valid | (RAM + QUEUE));
    store(irq, ITS, 4, 1);
    command(0, 0x08 | device << 32, 4, valid | (RAM + ITT));         // MAPD
    command(1, 0x09, 0, valid);                                      // MAPC: collection 0, processor 0
    command(2, 0x0a | device << 32, event | (uint64_t)LPI << 32, 0); // MAPTI
    command(3, 0x0c | device << 32, event, 0);                       // INV
    store(irq, ITS + 0x88, 8, 4 * 32);
    struct intact_trace_observer observer;
    unsigned events = 0;
    char why[INTACT_ERROR_SIZE];
    static uint8_t state[1 << 20];
    intact_trace_observer_init(&observer, INTACT_TRACE_INTERRUPTS, heard, &events);
    check(intact_arm_irq_trace(irq, &observer) == 0, "an observer");
    intact_arm_irq_msi(irq, ITS + 0x10040, event, device, false);
    check(events == 1, "a message to the ITS, traced");
    size_t size = intact_arm_irq_save(irq, state, sizeof state);
    check(size > 0 && size <= sizeof state, "a saved state");
    check(acknowledge(irq) == LPI, "an LPI");
    check(intact_arm_irq_load(irq, state, size, why) == 0 && acknowledge(irq) == LPI, "an LPI again, after a load");
    intact_trace_observer_remove(&observer);
    intact_arm_irq_destroy(irq);
}

int main(void)
{
    printf("intact-irq %s\n", intact_version());
    x86();
    gicv2();
    gicv3();
    return EXIT_SUCCESS;
}
