// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ACPI 6.5, chapter 5, and DEN0049: the tables of an Arm machine contain what is in the description that its device tree is made from.
#include <criterion/criterion.h>

#include "machine/tables/acpi_arm.h"
#include "machine/tables/acpi_table.h"
#include "machine/tables/aml_code.h"
#include "machine/tables/bytes.h"

enum { BASE = 0x40000000, CAPACITY = 0x40000, CPUS = 512 };

static uint8_t tables[CAPACITY];
static uint64_t affinities[CPUS];

static struct fdt_description describe(uint32_t cpus)
{
    for (uint32_t i = 0; i < CPUS; i++)
        affinities[i] = i / 16 << 8 | i % 16;
    return (struct fdt_description){
        .cpus = cpus,
        .affinities = affinities,
        .memory = { 0x40000000, 0x10000000 },
        .gic_version = 3,
        .gicd = { 0x8000000, 0x10000 },
        .gicr = { { 0x80a0000, cpus * UINT64_C(0x20000) } },
        .its = { 0x8080000, 0x20000 },
        .timer_secure = 13,
        .timer_physical = 14,
        .timer_virtual = 11,
        .timer_hyp = 10,
        .flash = { { 0, 0x4000000 }, { 0x4000000, 0x4000000 } },
        .fw_cfg = { 0x9020000, 0x18 },
        .pci = { { UINT64_C(0x4010000000), 0x10000000 },
                 { 0x3eff0000, 0x10000 },
                 { 0x10000000, 0x2eff0000 },
                 { UINT64_C(0x8000000000), UINT64_C(0x8000000000) },
                 3 },
        .virtio = { 0xa000000, 0x4000 },
        .virtio_slots = 32,
        .virtio_spi = 16,
        .serial = { 0x9000000, 0x1000 },
        .serial_spi = 1,
        .gpio = { 0x9030000, 0x1000 },
        .gpio_spi = 7,
        .power_pin = 3,
    };
}

static uint8_t sum(const uint8_t *at, size_t size)
{
    uint8_t total = 0;
    while (size--)
        total = (uint8_t)(total + *at++);
    return total;
}

static const uint8_t *find(const char *signature)
{
    const uint8_t *xsdt = tables + (get64(tables + 24) - BASE);
    for (size_t at = ACPI_HEADER_SIZE; at < get32(xsdt + 4); at += 8) {
        const uint8_t *table = tables + (get64(xsdt + at) - BASE);
        if (memcmp(table, signature, 4) == 0)
            return table;
    }
    return NULL;
}

static void build(const struct fdt_description *machine)
{
    size_t size = acpi_arm_build(machine, BASE, tables, acpi_arm_capacity(machine));
    cr_assert(size > 0 && size <= sizeof tables);
}

static const uint8_t *dsdt(void)
{
    return tables + (get64(find("FACP") + 140) - BASE);
}

static bool dsdt_has(const void *bytes, size_t size)
{
    for (size_t at = ACPI_HEADER_SIZE; at + size <= get32(dsdt() + 4); at++)
        if (memcmp(dsdt() + at, bytes, size) == 0)
            return true;
    return false;
}

Test(acpi_arm, every_table_sums_to_zero_and_has_its_size)
{
    static const struct {
        const char *name;
        uint32_t size;
    } rows[] = { { "FACP", 276 }, { "APIC", 44 + 24 + 2 * 80 + 16 + 20 },
                 { "GTDT", 104 }, { "PPTT", 36 + 3 * 20 },
                 { "MCFG", 60 },  { "IORT", 48 + 24 + 56 },
                 { "SPCR", 80 },  { "DBG2", 44 + 22 + 12 + 4 + 10 } };
    struct fdt_description machine = describe(2);
    build(&machine);
    cr_assert_eq(get32(tables + 16), 0, "no RSDT");
    cr_assert_eq(sum(tables, 20), 0);
    cr_assert_eq(sum(tables, 36), 0);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint8_t *table = find(rows[i].name);
        cr_assert_not_null(table, "%s", rows[i].name);
        cr_assert_eq(get32(table + 4), rows[i].size, "%s: %u", rows[i].name, get32(table + 4));
        cr_assert_eq(sum(table, rows[i].size), 0, "%s", rows[i].name);
    }
    cr_assert_eq(sum(dsdt(), get32(dsdt() + 4)), 0);
}

Test(acpi_arm, the_fadt_says_hardware_reduced_and_psci_by_hvc)
{
    struct fdt_description machine = describe(1);
    build(&machine);
    const uint8_t *fadt = find("FACP");
    cr_assert_eq(fadt[8], 6);
    cr_assert_eq(fadt[131], 3);
    cr_assert_eq(get32(fadt + 112), 1u << 20);
    cr_assert_eq(get16(fadt + 129), 3);
    cr_assert_eq(get16(fadt + 109), 0);
    cr_assert_eq(get32(fadt + 40), get64(fadt + 140));
    machine.its.size = 0;
    build(&machine);
    cr_assert_eq(get16(find("FACP") + 109), 8, "nothing receives messages");
}

// Entries of one type in the MADT; `last` gets the last of them.
static unsigned madt_entries(uint8_t type, const uint8_t **last)
{
    const uint8_t *madt = find("APIC");
    unsigned count = 0;
    for (size_t at = 44; at < get32(madt + 4); at += madt[at + 1]) {
        cr_assert_gt(madt[at + 1], 1);
        if (madt[at] != type)
            continue;
        *last = madt + at;
        count++;
    }
    return count;
}

Test(acpi_arm, the_madt_of_a_gicv3_has_redistributors_and_an_its)
{
    struct fdt_description machine = describe(CPUS);
    const uint8_t *entry = NULL;
    build(&machine);
    cr_assert_eq(madt_entries(0x0b, &entry), CPUS);
    cr_assert_eq(get32(entry + 8), CPUS - 1);
    cr_assert_eq(get64(entry + 68), affinities[CPUS - 1]);
    cr_assert_eq(madt_entries(0x0c, &entry), 1);
    cr_assert_eq(get64(entry + 8), 0x8000000);
    cr_assert_eq(entry[20], 3);
    cr_assert_eq(madt_entries(0x0e, &entry), 1);
    cr_assert_eq(get64(entry + 4), 0x80a0000);
    cr_assert_eq(get32(entry + 12), CPUS * 0x20000);
    cr_assert_eq(madt_entries(0x0f, &entry), 1);
    cr_assert_eq(get64(entry + 8), 0x8080000);
    cr_assert_eq(madt_entries(0x0d, &entry), 0);
    cr_assert_eq(get32(find("PPTT") + 4), 36 + (CPUS + 1) * 20);
}

Test(acpi_arm, the_madt_of_a_gicv2_has_interfaces_and_a_frame)
{
    struct fdt_description machine = describe(8);
    const uint8_t *entry = NULL;
    machine.gic_version = 2;
    machine.gicr[0].size = machine.its.size = 0;
    machine.gicc = (struct fdt_window){ 0x8010000, 0x2000 };
    machine.v2m = (struct fdt_window){ 0x8020000, 0x1000 };
    machine.v2m_first = 80;
    machine.v2m_count = 64;
    build(&machine);
    cr_assert_eq(madt_entries(0x0b, &entry), 8);
    cr_assert_eq(get64(entry + 32), 0x8010000);
    cr_assert_eq(madt_entries(0x0d, &entry), 1);
    cr_assert_eq(get64(entry + 8), 0x8020000);
    cr_assert_eq(get16(entry + 20), 64);
    cr_assert_eq(get16(entry + 22), 80);
    cr_assert_eq(madt_entries(0x0e, &entry) + madt_entries(0x0f, &entry), 0);
    cr_assert_null(find("IORT"));
}

Test(acpi_arm, the_timers_are_always_on_levels)
{
    static const uint32_t intids[] = { 29, 30, 27, 26 };
    struct fdt_description machine = describe(1);
    build(&machine);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(get32(find("GTDT") + 48 + 8 * i), intids[i]);
        cr_assert_eq(get32(find("GTDT") + 52 + 8 * i), 4);
    }
}

// Requester ids 0 to FFFFh go to the node of the ITS as they are.
Test(acpi_arm, the_iort_maps_requester_ids_to_the_its)
{
    struct fdt_description machine = describe(1);
    build(&machine);
    const uint8_t *iort = find("IORT"), *group = iort + get32(iort + 40), *root = group + get16(group + 1),
                  *mapping = root + get32(root + 12);
    cr_assert_eq(get32(iort + 36), 2);
    cr_assert_eq(group[0], 0);
    cr_assert_eq(root[0], 2);
    cr_assert_eq(get32(root + 8), 1);
    cr_assert_eq(get32(mapping), 0);
    cr_assert_eq(get32(mapping + 4), 0xffff);
    cr_assert_eq(get32(mapping + 8), 0);
    cr_assert_eq(iort + get32(mapping + 12), group);
}

Test(acpi_arm, the_dsdt_has_the_devices_of_the_device_tree)
{
    // PL011 and its interrupt (6.4.3.4, 6.4.3.6); the power button's edge at pin 3 (6.4.3.8.1); ports, which are memory.
    static const uint8_t serial[] = { 0x86, 9, 0, 1, 0, 0, 0, 9, 0, 0x10, 0, 0, 0x89, 6, 0, 9, 1, 33, 0, 0, 0 };
    static const uint8_t button[] = { 0x8c, 27, 0, 1,  0, 1, 0, 1, 0, 0,   0,   0,   0,   0, 23,  0,
                                      0,    25, 0, 30, 0, 0, 0, 3, 0, 'G', 'P', 'O', '0', 0, 0x79 };
    static const uint8_t ports[] = { 0x8a, 43, 0, 1, 0x0c, 0x13, 0,    0, 0, 0, 0, 0, 0, 0, 0, 0,    0,
                                     0,    0,  0, 0, 0,    0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0x3e };
    static const uint8_t method[] = { 'G', 'P', 'O', '0' };
    static const char *const ids[] = { "ACPI0007", "ARMH0011", "LNRO0015", "QEMU0002", "LNRO0005", "ARMH0061" };
    struct fdt_description machine = describe(1);
    build(&machine);
    for (unsigned i = 0; i < sizeof ids / sizeof ids[0]; i++)
        cr_assert(dsdt_has(ids[i], 9), "%s", ids[i]);
    cr_assert(dsdt_has(serial, sizeof serial));
    cr_assert(dsdt_has(button, sizeof button));
    cr_assert(dsdt_has(ports, sizeof ports));
    cr_assert(dsdt_has(method, sizeof method));
    cr_assert(dsdt_has("_E03", 4));
    machine.serial.size = machine.gpio.size = 0;
    build(&machine);
    cr_assert_not(dsdt_has("ARMH0011", 9));
    cr_assert_not(dsdt_has("ARMH0061", 9));
    cr_assert_null(find("SPCR"));
}

Test(acpi_arm, a_buffer_that_is_too_small_is_not_overrun)
{
    struct fdt_description machine = describe(4);
    size_t whole = acpi_arm_build(&machine, BASE, tables, CAPACITY);
    for (size_t size = 0; size < whole; size += 61) {
        uint8_t *exact = malloc(size + 1);
        exact[size] = 0x5a;
        cr_assert_eq(acpi_arm_build(&machine, BASE, exact, size), 0);
        cr_assert_eq(exact[size], 0x5a);
        free(exact);
    }
}

// 19.6.142: as a structure of Windows has it, its first three parts little-endian.
Test(acpi_arm, a_uuid_is_a_buffer_of_mixed_order)
{
    static const uint8_t expected[] = { 0x11, 0x85, 0x01, 0x00, 0x0b, 16,   0,    0x5b, 0x4d, 0xdb, 0x33, 0xf7,
                                        0x1f, 0x1c, 0x40, 0x96, 0x57, 0x74, 0x41, 0xc0, 0x3d, 0xd7, 0x66 };
    uint8_t code[64];
    struct blob blob = { .data = code, .capacity = sizeof code };
    struct aml aml = { .blob = &blob };
    aml_uuid(&aml, "33DB4D5B-1FF7-401C-9657-7441C03DD766");
    cr_assert_eq(blob.size, sizeof expected);
    cr_assert_arr_eq(code + 4, expected + 4, sizeof expected - 4);
}
