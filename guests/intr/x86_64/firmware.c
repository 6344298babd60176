// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ACPI 6.5: 5.2.5 (RSDP), 5.2.7 (RSDT), 5.2.12 (MADT). MultiProcessor Specification 1.4, chapter 4.
//
// Tables are read in place, byte by byte; a table with a wrong checksum is ignored.
#include "intr/x86_64/firmware.h"

#include "lib/guest.h"

enum { MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MP_BUS = 1, MP_IOAPIC = 2, MP_INTERRUPT = 3 };

static uint32_t get(uint64_t at, unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)read8(at + i) << (8 * i);
    return value;
}

static bool sums_to_zero(uint64_t at, uint32_t size)
{
    uint8_t sum = 0;
    for (uint32_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + read8(at + i));
    return sum == 0;
}

static bool says(uint64_t at, const char *text)
{
    for (; *text; text++, at++)
        if (read8(at) != (uint8_t)*text)
            return false;
    return true;
}

// A structure of `size` bytes that begins with `text` at a multiple of 16, in the first KiB of the EBDA or in [low, high).
static uint64_t scan(const char *text, uint32_t size, uint64_t low, uint64_t high)
{
    uint64_t ebda = (uint64_t)get(0x40e, 2) << 4;
    for (uint64_t at = ebda; ebda && at < ebda + 1024; at += 16)
        if (says(at, text) && sums_to_zero(at, size))
            return at;
    for (uint64_t at = low; at < high; at += 16)
        if (says(at, text) && sums_to_zero(at, size))
            return at;
    return 0;
}

static void add_ioapic(struct firmware *firmware, uint8_t id, uint32_t address, uint32_t gsi_base)
{
    if (firmware->ioapics < FIRMWARE_IOAPICS)
        firmware->ioapic[firmware->ioapics++] = (struct firmware_ioapic){ address, gsi_base, id };
}

static void set_isa(struct firmware *firmware, uint8_t irq, uint32_t gsi, uint16_t flags)
{
    if (irq < FIRMWARE_ISA_IRQS)
        firmware->isa[irq] = (struct firmware_isa){ gsi, flags };
}

// --- ACPI -----------------------------------------------------------------------------------------------------------

static uint64_t find_madt(void)
{
    uint64_t rsdp = scan("RSD PTR ", 20, 0xe0000, 0x100000);
    uint64_t rsdt = rsdp ? get(rsdp + 16, 4) : 0;
    if (!rsdt || !says(rsdt, "RSDT"))
        return 0;
    for (uint32_t at = 36; at + 4 <= get(rsdt + 4, 4); at += 4) {
        uint64_t table = get(rsdt + at, 4);
        if (says(table, "APIC") && sums_to_zero(table, get(table + 4, 4)))
            return table;
    }
    return 0;
}

static void read_madt(struct firmware *firmware, uint64_t madt)
{
    uint32_t size = get(madt + 4, 4), length;
    for (uint32_t at = 44; at + 2 <= size; at += length) {
        uint64_t entry = madt + at;
        length = get(entry + 1, 1);
        if (length < 2)
            return;
        if (get(entry, 1) == MADT_IOAPIC)
            add_ioapic(firmware, (uint8_t)get(entry + 2, 1), get(entry + 4, 4), get(entry + 8, 4));
        else if (get(entry, 1) == MADT_OVERRIDE)
            set_isa(firmware, (uint8_t)get(entry + 3, 1), get(entry + 4, 4), (uint16_t)get(entry + 8, 2));
    }
}

// --- MP table -------------------------------------------------------------------------------------------------------

// The MP table has no GSIs: here those of the IOAPICs follow each other in its order, and its interrupt entries have
// pin numbers.
static uint32_t gsi_of(const struct firmware *firmware, uint8_t ioapic, uint8_t pin)
{
    for (unsigned i = 0; i < firmware->ioapics; i++)
        if (firmware->ioapic[i].id == ioapic)
            return firmware->ioapic[i].gsi_base + pin;
    return pin;
}

static uint32_t next_gsi(const struct firmware *firmware)
{
    if (!firmware->ioapics)
        return 0;
    const struct firmware_ioapic *last = &firmware->ioapic[firmware->ioapics - 1];
    write32(last->address, 1); // version register: the last pin
    return last->gsi_base + (read32(last->address + 0x10) >> 16 & 0xff) + 1;
}

static void read_mp(struct firmware *firmware, uint64_t table)
{
    uint64_t entry = table + 44;
    uint32_t isa_bus = UINT32_MAX, type;
    for (uint32_t left = get(table + 34, 2); left; left--, entry += type == 0 ? 20 : 8) {
        type = get(entry, 1);
        if (type == MP_BUS && says(entry + 2, "ISA   "))
            isa_bus = get(entry + 1, 1);
        else if (type == MP_IOAPIC && get(entry + 3, 1) & 1)
            add_ioapic(firmware, (uint8_t)get(entry + 1, 1), get(entry + 4, 4), next_gsi(firmware));
        else if (type == MP_INTERRUPT && get(entry + 1, 1) == 0 && get(entry + 4, 1) == isa_bus)
            set_isa(firmware, (uint8_t)get(entry + 5, 1),
                    gsi_of(firmware, (uint8_t)get(entry + 6, 1), (uint8_t)get(entry + 7, 1)),
                    (uint16_t)get(entry + 2, 2));
    }
}

static uint64_t find_mp(void)
{
    uint64_t pointer = scan("_MP_", 16, 0xf0000, 0x100000);
    uint64_t table = pointer ? get(pointer + 4, 4) : 0;
    return table && says(table, "PCMP") && sums_to_zero(table, get(table + 4, 2)) ? table : 0;
}

bool firmware_read(struct firmware *firmware)
{
    *firmware = (struct firmware){ 0 };
    for (unsigned irq = 0; irq < FIRMWARE_ISA_IRQS; irq++)
        firmware->isa[irq].gsi = irq;
    uint64_t madt = find_madt(), mp = find_mp();
    if (madt)
        read_madt(firmware, madt);
    else if (mp)
        read_mp(firmware, mp);
    return firmware->ioapics != 0;
}
