// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ACPI 6.5 chapter 5 and MP 1.4 chapter 4: the tables contain what is in the description, and nothing else.
#include <criterion/criterion.h>

#include "machine/tables/acpi_table.h"
#include "machine/tables/aml.h"
#include "machine/tables/bytes.h"
#include "machine/tables/description.h"
#include "machine/tables/table_loader.h"

enum { BASE = 0xe0000, CAPACITY = 0x10000 };

static uint8_t tables[CAPACITY];

static struct machine_description describe(uint32_t cpus)
{
    return (struct machine_description){
        .cpus = cpus,
        .lapic_address = 0xfee00000,
        .lapic_version = 0x15,
        .ioapics = { { .id = 0, .version = 0x20, .address = 0xfec00000, .pins = 24 } },
        .ioapic_count = 1,
        .overrides = { { 0, 2, INTI_CONFORMS }, { 9, 9, INTI_LEVEL_HIGH } },
        .override_count = 2,
        .pci_gsi = { 10, 11, 10, 11 },
        .pci_window = 0xc0000000,
        .pci_window_end = 0xfec00000,
        .hpet_address = 0xfed00000,
        .hpet_id = 0x8086a201,
        .hpet_gsi = { 20, 21, 22 },
        .pm_port = 0x600,
        .pm_ports = 0x40,
        .pm1_event = 0x600,
        .pm1_control = 0x604,
        .pm_timer = 0x608,
        .gpe0 = 0x620,
        .gpe0_size = 8,
        .smi_command = 0xb2,
        .acpi_enable = 0xf1,
        .acpi_disable = 0xf0,
        .sci = 9,
        .reset_port = 0xcf9,
        .reset_value = 6,
        .com1_port = 0x3f8,
        .com1_irq = 4,
    };
}

static uint8_t sum(const uint8_t *at, size_t size)
{
    uint8_t total = 0;
    while (size--)
        total = (uint8_t)(total + *at++);
    return total;
}

// The table with this signature that the XSDT names, or NULL.
static const uint8_t *find(const char *signature)
{
    const uint8_t *xsdt = tables + (get64(tables + 24) - BASE);
    for (size_t at = 36; at < get32(xsdt + 4); at += 8) {
        const uint8_t *table = tables + (get64(xsdt + at) - BASE);
        if (memcmp(table, signature, 4) == 0)
            return table;
    }
    return NULL;
}

Test(acpi, the_root_pointer_has_both_checksums_and_leads_to_both_lists)
{
    struct machine_description machine = describe(2);
    cr_assert_gt(acpi_build(&machine, BASE, tables, CAPACITY), 0);
    cr_assert_arr_eq(tables, "RSD PTR ", 8);
    cr_assert_eq(sum(tables, 20), 0);
    cr_assert_eq(sum(tables, 36), 0);
    cr_assert_arr_eq(tables + (get32(tables + 16) - BASE), "RSDT", 4);
    cr_assert_arr_eq(tables + (get64(tables + 24) - BASE), "XSDT", 4);
    const uint8_t *rsdt = tables + (get32(tables + 16) - BASE), *xsdt = tables + (get64(tables + 24) - BASE);
    cr_assert_eq((get32(rsdt + 4) - 36) / 4, (get32(xsdt + 4) - 36) / 8);
    for (size_t i = 0; i < (get32(rsdt + 4) - 36) / 4; i++)
        cr_assert_eq(get32(rsdt + 36 + 4 * i), get64(xsdt + 36 + 8 * i));
}

// What a firmware does with an entry of the script (QEMU, bios-linker-loader).
struct placed {
    const char *name;
    uint8_t *bytes;
    uint32_t address;
};

static struct placed *file_of(struct placed *files, const uint8_t *name)
{
    return strcmp((const char *)name, files[0].name) == 0 ? &files[0] : &files[1];
}

static void run_entry(const uint8_t *entry, struct placed *files)
{
    struct placed *file = file_of(files, entry + 4);
    uint32_t offset = get32(entry + 60), start = get32(entry + 64);
    cr_assert_str_eq((const char *)entry + 4, file->name);
    switch (get32(entry)) {
    case 1: cr_assert_eq(file->address % get32(entry + 60), 0); break;
    case 2:
        offset = get32(entry + 116);
        cr_assert(entry[120] == 4 || entry[120] == 8);
        put32(file->bytes + offset, get32(file->bytes + offset) + file_of(files, entry + 60)->address);
        break;
    case 3: file->bytes[offset] = (uint8_t)(file->bytes[offset] - sum(file->bytes + start, get32(entry + 68))); break;
    default: cr_assert_fail("command %u", get32(entry));
    }
}

Test(acpi, the_script_of_a_firmware_places_them_as_if_they_were_made_there)
{
    static uint8_t moved[CAPACITY], script[CAPACITY], rsdp[ACPI_RSDP_SIZE];
    struct machine_description machine = describe(3);
    struct placed files[] = { { TABLE_LOADER_TABLES, moved, BASE }, { TABLE_LOADER_RSDP, rsdp, 0xf5000 } };
    size_t size = acpi_build(&machine, 0, moved, CAPACITY), length = table_loader_build(moved, script, CAPACITY);
    cr_assert(length > 0 && length % 128 == 0);
    memcpy(rsdp, moved, sizeof rsdp);
    for (size_t at = 0; at < length; at += 128)
        run_entry(script + at, files);
    cr_assert_eq(acpi_build(&machine, BASE, tables, CAPACITY), size);
    cr_assert_arr_eq(rsdp, tables, sizeof rsdp);
    cr_assert_arr_eq(moved + sizeof rsdp, tables + sizeof rsdp, size - sizeof rsdp);
    acpi_build(&machine, 0, moved, CAPACITY);
    cr_assert_eq(table_loader_build(moved, script, 1000), 0, "no room");
}

Test(acpi, every_table_sums_to_zero_over_its_length)
{
    static const char *const names[] = { "FACP", "APIC", "HPET" };
    struct machine_description machine = describe(5);
    cr_assert_gt(acpi_build(&machine, BASE, tables, CAPACITY), 0);
    for (unsigned i = 0; i < 3; i++) {
        const uint8_t *table = find(names[i]);
        cr_assert_not_null(table, "%s", names[i]);
        cr_assert_eq(sum(table, get32(table + 4)), 0, "%s", names[i]);
    }
    const uint8_t *dsdt = tables + (get64(find("FACP") + 140) - BASE);
    cr_assert_arr_eq(dsdt, "DSDT", 4);
    cr_assert_eq(sum(dsdt, get32(dsdt + 4)), 0);
}

Test(acpi, the_fadt_has_the_registers_of_the_description)
{
    struct machine_description machine = describe(1);
    acpi_build(&machine, BASE, tables, CAPACITY);
    const uint8_t *fadt = find("FACP");
    cr_assert_eq(get32(fadt + 4), 244);
    cr_assert_eq(get32(fadt + 40), get64(fadt + 140)); // DSDT, X_DSDT
    cr_assert_eq(get32(fadt + 36) % 64, 0);            // FACS, 5.2.10
    cr_assert_eq(get16(fadt + 46), 9);
    cr_assert_eq(get32(fadt + 48), 0xb2);
    cr_assert_eq(fadt[52], 0xf1);
    cr_assert_eq(fadt[53], 0xf0);
    cr_assert_eq(get32(fadt + 56), 0x600);
    cr_assert_eq(get32(fadt + 64), 0x604);
    cr_assert_eq(get32(fadt + 76), 0x608);
    cr_assert_eq(get32(fadt + 80), 0x620);
    cr_assert_eq(fadt[108], 0x32);
    cr_assert_eq(get16(fadt + 109), 7);
    cr_assert(get32(fadt + 112) & 1 << 10, "RESET_REG_SUP");
    cr_assert_eq(get64(fadt + 120), 0xcf9);
    cr_assert_eq(fadt[128], 6);
    cr_assert_eq(get64(fadt + 152), 0x600); // X_PM1a_EVT_BLK
    cr_assert_eq(get64(fadt + 212), 0x608); // X_PM_TMR_BLK
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

Test(acpi, the_madt_lists_cpus_ioapics_overrides_and_the_nmi_pin)
{
    struct machine_description machine = describe(8);
    const uint8_t *entry = NULL;
    acpi_build(&machine, BASE, tables, CAPACITY);
    cr_assert_eq(get32(find("APIC") + 36), 0xfee00000);
    cr_assert_eq(get32(find("APIC") + 40), 1);
    cr_assert_eq(madt_entries(0, &entry), 8);
    cr_assert_eq(entry[3], 7);
    cr_assert_eq(get32(entry + 4), 1);
    cr_assert_eq(madt_entries(1, &entry), 1);
    cr_assert_eq(get32(entry + 4), 0xfec00000);
    cr_assert_eq(madt_entries(2, &entry), 2);
    cr_assert_eq(entry[3], 9);
    cr_assert_eq(get16(entry + 8), 0xd);
    cr_assert_eq(madt_entries(4, &entry), 1);
    cr_assert_eq(entry[2], 0xff);
    cr_assert_eq(entry[5], 1);
    cr_assert_eq(madt_entries(9, &entry), 0);
}

Test(acpi, apic_ids_from_255_on_are_x2apic_entries)
{
    struct machine_description machine = describe(257);
    const uint8_t *entry = NULL;
    acpi_build(&machine, BASE, tables, CAPACITY);
    cr_assert_eq(madt_entries(0, &entry), 255);
    cr_assert_eq(madt_entries(9, &entry), 2);
    cr_assert_eq(get32(entry + 4), 256);
    cr_assert_eq(madt_entries(10, &entry), 1);
}

Test(acpi, a_machine_without_an_hpet_has_no_table_of_it)
{
    struct machine_description machine = describe(1);
    machine.hpet_address = 0;
    acpi_build(&machine, BASE, tables, CAPACITY);
    cr_assert_null(find("HPET"));
}

// A system that uses the HPET as a device counts its extended interrupt descriptors (ACPI 6.5, 6.4.3.6), behind its
// window (6.4.3.4): one for each timer.
Test(acpi, the_hpet_has_its_window_and_an_edge_interrupt_for_each_timer)
{
    static const uint8_t expected[] = {
        0x86, 9, 0, 1, 0, 0,  0xd0, 0xfe, 0, 4,    0, 0, // memory
        0x89, 6, 0, 3, 1, 20, 0,    0,    0, 0x89, 6, 0, 3, 1, 21, 0, 0, 0, 0x89, 6, 0, 3, 1, 22, 0, 0, 0, 0x79,
    };
    struct machine_description machine = describe(1);
    acpi_build(&machine, BASE, tables, CAPACITY);
    const uint8_t *dsdt = tables + (get64(find("FACP") + 140) - BASE);
    bool found = false;
    for (size_t at = 36; at + sizeof expected <= get32(dsdt + 4) && !found; at++)
        found = memcmp(dsdt + at, expected, sizeof expected) == 0;
    cr_assert(found);
}

static bool dsdt_has(const uint8_t *bytes, size_t size)
{
    const uint8_t *dsdt = tables + (get64(find("FACP") + 140) - BASE);
    for (size_t at = 36; at + size <= get32(dsdt + 4); at++)
        if (memcmp(dsdt + at, bytes, size) == 0)
            return true;
    return false;
}

// PCI Firmware 3.0, 4.1.2; ACPI 6.5, 6.4.3.5.2 and 6.4.3.5.1.
Test(acpi, configuration_space_is_told_reserved_and_no_window_for_bars)
{
    static const uint8_t below[] = { 0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff, 0xff, 0xdf, 0, 0, 0, 0, 0, 0, 0, 0x20 };
    static const uint8_t above[] = { 0, 0, 0, 0, 0, 0, 0, 0xf0, 0xff, 0xff, 0xbf, 0xfe, 0, 0, 0, 0, 0, 0, 0xc0, 0x0e };
    static const uint8_t high[] = { 0x8a, 43, 0, 0,    0x0c, 1, 0, 0,    0,    0,    0,    0,    0, 0, 0,
                                    0,    0,  0, 0x90, 0,    0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0 };
    static const uint8_t reserved[] = { 0x86, 9, 0, 1, 0, 0, 0, 0xe0, 0, 0, 0, 0x10 };
    struct machine_description machine = describe(1);
    acpi_build(&machine, BASE, tables, CAPACITY);
    cr_assert_null(find("MCFG"));
    machine.ecam = 0xe0000000;
    machine.ecam_size = 0x10000000;
    machine.pci_high = UINT64_C(0x9000000000);
    machine.pci_high_end = UINT64_C(0x10000000000);
    acpi_build(&machine, BASE, tables, CAPACITY);
    const uint8_t *mcfg = find("MCFG");
    cr_assert_not_null(mcfg);
    cr_assert_eq(get32(mcfg + 4), 60);
    cr_assert_eq(sum(mcfg, 60), 0);
    cr_assert_eq(get64(mcfg + 44), 0xe0000000);
    cr_assert_eq(mcfg[54], 0);
    cr_assert_eq(mcfg[55], 255);
    cr_assert(dsdt_has(below, sizeof below));
    cr_assert(dsdt_has(above, sizeof above));
    cr_assert(dsdt_has(high, sizeof high));
    cr_assert(dsdt_has(reserved, sizeof reserved));
}

Test(acpi, a_buffer_that_is_too_small_is_not_overrun)
{
    struct machine_description machine = describe(64);
    size_t whole = acpi_build(&machine, BASE, tables, CAPACITY);
    for (size_t size = 0; size < whole; size += 37) {
        uint8_t *exact = malloc(size + 1);
        exact[size] = 0x5a;
        cr_assert_eq(acpi_build(&machine, BASE, exact, size), 0);
        cr_assert_eq(exact[size], 0x5a);
        free(exact);
    }
}

// --- AML ------------------------------------------------------------------------------------------------------------

static uint8_t code[256];

Test(aml, integers_take_the_shortest_form)
{
    static const uint8_t expected[] = { 0x00, 0x01, 0x0a, 2, 0x0b, 0x00, 0x01, 0x0c, 0, 0, 1,
                                        0,    0x0e, 0,    0, 0,    0,    1,    0,    0, 0 };
    struct blob blob = { .data = code, .capacity = sizeof code };
    struct aml aml = { .blob = &blob };
    const uint64_t values[] = { 0, 1, 2, 0x100, 0x10000, UINT64_C(0x100000000) };
    for (unsigned i = 0; i < 6; i++)
        aml_integer(&aml, values[i]);
    cr_assert_eq(blob.size, sizeof expected);
    cr_assert_arr_eq(code, expected, sizeof expected);
}

Test(aml, a_package_has_its_length_in_three_bytes)
{
    static const uint8_t expected[] = { 0x12, 0x86, 0, 0, 2, 0, 1 };
    struct blob blob = { .data = code, .capacity = sizeof code };
    struct aml aml = { .blob = &blob };
    aml_package(&aml, 2);
    aml_integer(&aml, 0);
    aml_integer(&aml, 1);
    aml_end(&aml);
    cr_assert_eq(blob.size, sizeof expected);
    cr_assert_arr_eq(code, expected, sizeof expected);
}

Test(aml, names_are_padded_and_paths_of_two_are_prefixed)
{
    static const uint8_t expected[] = { '\\', '_', 'S', 'B', '_', 0x2e, '_', 'S', 'B', '_', 'P', 'C', 'I', '0' };
    struct blob blob = { .data = code, .capacity = sizeof code };
    struct aml aml = { .blob = &blob };
    aml_reference(&aml, "\\_SB");
    aml_reference(&aml, "_SB.PCI0");
    cr_assert_arr_eq(code, expected, sizeof expected);
}

Test(aml, an_eisa_id_is_compressed_as_in_the_specification)
{
    static const uint8_t expected[] = { 0x0c, 0x41, 0xd0, 0x0a, 0x03 }; // 6.1.5: PNP0A03
    struct blob blob = { .data = code, .capacity = sizeof code };
    struct aml aml = { .blob = &blob };
    aml_eisaid(&aml, "PNP0A03");
    cr_assert_arr_eq(code, expected, sizeof expected);
}

// --- MP table -------------------------------------------------------------------------------------------------------

static unsigned count_entries(const uint8_t *table, uint8_t type)
{
    unsigned found = 0;
    const uint8_t *at = table + 44;
    for (unsigned i = 0; i < get16(table + 34); i++) {
        found += *at == type;
        at += *at == 0 ? 20 : 8;
    }
    cr_assert_eq(at - table, get16(table + 4));
    return found;
}

Test(mptable, the_floating_pointer_leads_to_a_table_that_sums_to_zero)
{
    struct machine_description machine = describe(4);
    cr_assert_gt(mptable_build(&machine, 0xf0000, tables, CAPACITY), 0);
    cr_assert_arr_eq(tables, "_MP_", 4);
    cr_assert_eq(sum(tables, 16), 0);
    cr_assert_eq(get32(tables + 4), 0xf0010);
    cr_assert_eq(tables[12], 0); // virtual wire, no IMCR
    cr_assert_arr_eq(tables + 16, "PCMP", 4);
    cr_assert_eq(sum(tables + 16, get16(tables + 20)), 0);
}

Test(mptable, it_has_every_cpu_bus_ioapic_and_interrupt)
{
    struct machine_description machine = describe(4);
    mptable_build(&machine, 0xf0000, tables, CAPACITY);
    const uint8_t *table = tables + 16;
    cr_assert_eq(count_entries(table, 0), 4);
    cr_assert_eq(count_entries(table, 1), 2);
    cr_assert_eq(count_entries(table, 2), 1);
    cr_assert_eq(count_entries(table, 3), 15 + 31 * 4);
    cr_assert_eq(count_entries(table, 4), 2);
    cr_assert_eq(table[44 + 2], 0x15);   // the local APIC's version
    cr_assert_eq(table[44 + 3], 3);      // the first CPU: enabled, bootstrap
    cr_assert_eq(table[44 + 20 + 3], 1); // the second: enabled
}

Test(mptable, isa_interrupts_follow_the_overrides)
{
    struct machine_description machine = describe(1);
    mptable_build(&machine, 0xf0000, tables, CAPACITY);
    const uint8_t *at = tables + 16 + 44 + 20 + 2 * 8 + 8;
    cr_assert_eq(at[5], 0);
    cr_assert_eq(at[7], 2); // IRQ 0 at pin 2
    cr_assert_eq(at[8 + 5], 1);
    cr_assert_eq(at[8 + 7], 1);
    cr_assert_eq(at[16 + 5], 3); // no IRQ 2
    const uint8_t *sci = at + 8 * 8;
    cr_assert_eq(sci[5], 9);
    cr_assert_eq(get16(sci + 2), 0xd);
}

Test(mptable, apic_ids_that_do_not_fit_are_left_out)
{
    struct machine_description machine = describe(300);
    mptable_build(&machine, 0xf0000, tables, CAPACITY);
    cr_assert_eq(count_entries(tables + 16, 0), 255);
}
