// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The ACPI tables of a PC, from its description. Spec: ACPI 6.5, 5.2.9 (FADT), 5.2.10 (FACS), 5.2.12 (MADT); IA-PC HPET 1.0a,
// 3.2.4 (HPET table).
//
//     RSDP -> RSDT, XSDT -> FADT -> DSDT, FACS
//                        -> MADT    CPUs, IOAPICs, overrides, NMI pins
//                        -> HPET
//                        -> MCFG    where PCI's configuration space is (PCI Firmware 3.0, 4.1.2)
//
// Not modelled: SRAT, SLIT (one node).
#include <stdbool.h>

#include "base/bits.h"
#include "machine/tables/acpi_table.h"
#include "machine/tables/blob.h"
#include "machine/tables/description.h"
#include "machine/tables/dsdt.h"

enum { FACS_SIZE = 64 };

static const char oem_table[] = "INTACTPC";

static size_t begin(struct blob *blob, const char *signature, uint8_t revision)
{
    return acpi_begin(blob, signature, revision, oem_table);
}

// --- FADT, 5.2.9 -----------------------------------------------------------------------------------------------------

enum { FADT_REVISION = 4 };
enum {
    WBINVD = BIT32(0),
    PROC_C1 = BIT32(2),
    SLP_BUTTON = BIT32(5), // there is no sleep button in fixed hardware
    FIX_RTC = BIT32(6),    // nor does the RTC wake through it
    TMR_VAL_EXT = BIT32(8),
    RESET_REG_SUP = BIT32(10),
};
enum { LEGACY_DEVICES = BIT32(0), KEYBOARD_8042 = BIT32(1), VGA_NOT_PRESENT = BIT32(2) };
enum { NO_C_STATE = 0xffff };

// Generic address structure, 5.2.3.2, of an I/O port.
static void port_address(struct blob *blob, uint16_t port, uint8_t bytes)
{
    static const uint8_t access[] = { [1] = 1, [2] = 2, [4] = 3 };
    blob8(blob, 1);
    blob8(blob, (uint8_t)(8 * bytes));
    blob8(blob, 0);
    blob8(blob, bytes <= 4 ? access[bytes] : 1);
    blob64(blob, port);
}

static void fadt_ports(struct blob *blob, const struct machine_description *machine)
{
    blob32(blob, machine->smi_command);
    blob8(blob, machine->acpi_enable);
    blob8(blob, machine->acpi_disable);
    blob8(blob, 0); // S4BIOS_REQ
    blob8(blob, 0); // PSTATE_CNT
    blob32(blob, machine->pm1_event);
    blob32(blob, 0); // PM1b_EVT_BLK
    blob32(blob, machine->pm1_control);
    blob32(blob, 0); // PM1b_CNT_BLK
    blob32(blob, 0); // PM2_CNT_BLK
    blob32(blob, machine->pm_timer);
    blob32(blob, machine->gpe0);
    blob32(blob, 0); // GPE1_BLK
    blob8(blob, 4);  // PM1_EVT_LEN
    blob8(blob, 2);  // PM1_CNT_LEN
    blob8(blob, 0);  // PM2_CNT_LEN
    blob8(blob, 4);  // PM_TMR_LEN
    blob8(blob, machine->gpe0_size);
    blob_zeroes(blob, 3); // GPE1_BLK_LEN, GPE1_BASE, CST_CNT
}

static void fadt_rest(struct blob *blob, const struct machine_description *machine)
{
    blob16(blob, NO_C_STATE); // P_LVL2_LAT
    blob16(blob, NO_C_STATE); // P_LVL3_LAT
    blob_zeroes(blob, 4);     // FLUSH_SIZE, FLUSH_STRIDE
    blob_zeroes(blob, 4);     // DUTY_OFFSET, DUTY_WIDTH, DAY_ALRM, MON_ALRM
    blob8(blob, 0x32);        // CENTURY in CMOS
    blob16(blob, LEGACY_DEVICES | KEYBOARD_8042 | VGA_NOT_PRESENT);
    blob8(blob, 0);
    blob32(blob, WBINVD | PROC_C1 | SLP_BUTTON | FIX_RTC | TMR_VAL_EXT | RESET_REG_SUP);
    port_address(blob, machine->reset_port, 1);
    blob8(blob, machine->reset_value);
    blob_zeroes(blob, 3);
}

static size_t fadt(struct blob *blob, const struct machine_description *machine, uint64_t facs, uint64_t dsdt)
{
    size_t at = begin(blob, "FACP", FADT_REVISION);
    blob32(blob, (uint32_t)facs);
    blob32(blob, (uint32_t)dsdt);
    blob8(blob, 0);
    blob8(blob, 0); // preferred profile: unspecified
    blob16(blob, machine->sci);
    fadt_ports(blob, machine);
    fadt_rest(blob, machine);
    blob64(blob, 0); // X_FIRMWARE_CTRL: FIRMWARE_CTRL is used
    blob64(blob, dsdt);
    port_address(blob, machine->pm1_event, 4);
    blob_zeroes(blob, 12);
    port_address(blob, machine->pm1_control, 2);
    blob_zeroes(blob, 12);
    blob_zeroes(blob, 12);
    port_address(blob, machine->pm_timer, 4);
    port_address(blob, machine->gpe0, machine->gpe0_size);
    blob_zeroes(blob, 12);
    acpi_finish(blob, at);
    return at;
}

static size_t facs(struct blob *blob)
{
    blob_align(blob, 64);
    size_t at = blob->size;
    blob_text(blob, "FACS", 4, ' ');
    blob32(blob, FACS_SIZE);
    blob_zeroes(blob, 24);
    blob8(blob, 2); // version
    blob_zeroes(blob, FACS_SIZE - 33);
    return at;
}

// --- MADT, 5.2.12 ----------------------------------------------------------------------------------------------------

enum { LAPIC = 0, IOAPIC = 1, OVERRIDE = 2, LAPIC_NMI = 4, X2APIC = 9, X2APIC_NMI = 10 };
enum { PCAT_COMPAT = 1, ENABLED = 1, NMI_PIN = 1, XAPIC_ID_LIMIT = 255 };

static void madt_cpu(struct blob *blob, uint32_t id)
{
    if (id < XAPIC_ID_LIMIT) {
        blob8(blob, LAPIC);
        blob8(blob, 8);
        blob8(blob, (uint8_t)id); // processor UID
        blob8(blob, (uint8_t)id);
        blob32(blob, ENABLED);
    } else { // 5.2.12.12: ids from 255 on
        blob8(blob, X2APIC);
        blob8(blob, 16);
        blob16(blob, 0);
        blob32(blob, id);
        blob32(blob, ENABLED);
        blob32(blob, id);
    }
}

static void madt_ioapic(struct blob *blob, const struct ioapic_description *ioapic)
{
    blob8(blob, IOAPIC);
    blob8(blob, 12);
    blob8(blob, ioapic->id);
    blob8(blob, 0);
    blob32(blob, ioapic->address);
    blob32(blob, ioapic->gsi_base);
}

static void madt_override(struct blob *blob, const struct override_description *override)
{
    blob8(blob, OVERRIDE);
    blob8(blob, 10);
    blob8(blob, 0); // ISA
    blob8(blob, override->irq);
    blob32(blob, override->gsi);
    blob16(blob, override->flags);
}

static void madt_nmi(struct blob *blob, uint32_t cpus)
{
    blob8(blob, LAPIC_NMI);
    blob8(blob, 6);
    blob8(blob, 0xff); // all processors
    blob16(blob, INTI_CONFORMS);
    blob8(blob, NMI_PIN);
    if (cpus <= XAPIC_ID_LIMIT)
        return;
    blob8(blob, X2APIC_NMI);
    blob8(blob, 12);
    blob16(blob, INTI_CONFORMS);
    blob32(blob, UINT32_MAX);
    blob8(blob, NMI_PIN);
    blob_zeroes(blob, 3);
}

static size_t madt(struct blob *blob, const struct machine_description *machine)
{
    size_t at = begin(blob, "APIC", 4);
    blob32(blob, machine->lapic_address);
    blob32(blob, PCAT_COMPAT);
    for (uint32_t id = 0; id < machine->cpus; id++)
        madt_cpu(blob, id);
    for (unsigned i = 0; i < machine->ioapic_count; i++)
        madt_ioapic(blob, &machine->ioapics[i]);
    for (unsigned i = 0; i < machine->override_count; i++)
        madt_override(blob, &machine->overrides[i]);
    madt_nmi(blob, machine->cpus);
    acpi_finish(blob, at);
    return at;
}

static size_t hpet(struct blob *blob, const struct machine_description *machine)
{
    size_t at = begin(blob, "HPET", 1);
    blob32(blob, machine->hpet_id);
    blob8(blob, 0); // memory space
    blob8(blob, 64);
    blob8(blob, 0);
    blob8(blob, 0);
    blob64(blob, machine->hpet_address);
    blob8(blob, 0);    // number
    blob16(blob, 128); // minimum tick in periodic mode
    blob8(blob, 0);
    acpi_finish(blob, at);
    return at;
}

static size_t dsdt(struct blob *blob, const struct machine_description *machine)
{
    size_t at = begin(blob, "DSDT", 2);
    dsdt_append(blob, machine);
    acpi_finish(blob, at);
    return at;
}

size_t acpi_build(const struct machine_description *machine, uint64_t base, uint8_t *out, size_t capacity)
{
    struct blob blob = { .data = out, .capacity = capacity };
    uint64_t tables[4];
    unsigned count = 0;
    blob_zeroes(&blob, ACPI_RSDP_SIZE);
    size_t facs_at = facs(&blob), dsdt_at = dsdt(&blob, machine);
    tables[count++] = base + fadt(&blob, machine, base + facs_at, base + dsdt_at);
    tables[count++] = base + madt(&blob, machine);
    if (machine->hpet_address)
        tables[count++] = base + hpet(&blob, machine);
    if (machine->ecam)
        tables[count++] = base + acpi_mcfg(&blob, oem_table, machine->ecam, machine->ecam_size);
    size_t rsdt_at = acpi_list(&blob, "RSDT", oem_table, tables, count);
    size_t xsdt_at = acpi_list(&blob, "XSDT", oem_table, tables, count);
    if (blob.overflow)
        return 0;
    acpi_root_pointer(&blob, base + rsdt_at, base + xsdt_at);
    return blob.size;
}
