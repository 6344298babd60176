// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The MP table, for operating systems without ACPI. Spec: Intel MultiProcessor Specification 1.4, 4.1 (floating
// pointer), 4.2 (header), 4.3 (base entries), appendix D.
//
//     floating pointer (16 bytes) -> header (44) -> CPUs, buses, IOAPICs, interrupts of IOAPICs, interrupts of LAPICs
//
// APIC ids above 254 do not fit and are left out; such a machine needs ACPI.
#include "base/bits.h"
#include "machine/tables/blob.h"
#include "machine/tables/description.h"

enum { CPU = 0, BUS = 1, IOAPIC = 2, IO_INTERRUPT = 3, LOCAL_INTERRUPT = 4 };
enum { INT = 0, NMI = 1, EXTINT = 3 };
enum { PCI_BUS = 0, ISA_BUS = 1, ALL_APICS = 0xff, ISA_IRQS = 16, CASCADE_IRQ = 2 };
enum { POINTER_SIZE = 16, CPU_ENABLED = 1, CPU_BOOTSTRAP = 2 };
enum { CPU_SIGNATURE = 0x600, CPU_FEATURES = 0x201 }; // family 6; FPU and APIC on chip
enum { PCI_SLOTS = 32, PCI_PINS = 4, XAPIC_ID_LIMIT = 255 };

static unsigned processors(struct blob *blob, const struct machine_description *machine)
{
    unsigned count = machine->cpus < XAPIC_ID_LIMIT ? machine->cpus : XAPIC_ID_LIMIT;
    for (unsigned id = 0; id < count; id++) {
        blob8(blob, CPU);
        blob8(blob, (uint8_t)id);
        blob8(blob, machine->lapic_version);
        blob8(blob, (uint8_t)(CPU_ENABLED | (id == 0 ? CPU_BOOTSTRAP : 0)));
        blob32(blob, CPU_SIGNATURE);
        blob32(blob, CPU_FEATURES);
        blob_zeroes(blob, 8);
    }
    return count;
}

static void bus(struct blob *blob, uint8_t id, const char *type)
{
    blob8(blob, BUS);
    blob8(blob, id);
    blob_text(blob, type, 6, ' ');
}

static void ioapic(struct blob *blob, const struct ioapic_description *chip)
{
    blob8(blob, IOAPIC);
    blob8(blob, chip->id);
    blob8(blob, chip->version);
    blob8(blob, 1); // enabled
    blob32(blob, chip->address);
}

static void interrupt(struct blob *blob, uint8_t entry, uint8_t type, uint16_t flags, uint8_t source_bus,
                      uint8_t source, uint8_t apic, uint8_t pin)
{
    blob8(blob, entry);
    blob8(blob, type);
    blob16(blob, flags);
    blob8(blob, source_bus);
    blob8(blob, source);
    blob8(blob, apic);
    blob8(blob, pin);
}

static bool has_pin(const struct ioapic_description *chip, uint32_t gsi)
{
    return gsi >= chip->gsi_base && gsi - chip->gsi_base < chip->pins;
}

static unsigned io_interrupt(struct blob *blob, const struct machine_description *machine, uint32_t gsi, uint16_t flags,
                             uint8_t source_bus, uint8_t source)
{
    for (unsigned i = 0; i < machine->ioapic_count; i++) {
        const struct ioapic_description *chip = &machine->ioapics[i];
        if (!has_pin(chip, gsi))
            continue;
        interrupt(blob, IO_INTERRUPT, INT, flags, source_bus, source, chip->id, (uint8_t)(gsi - chip->gsi_base));
        return 1;
    }
    return 0;
}

// ISA interrupts in their order, each at the GSI of its number or of an override. IRQ 2 is the 8259 cascade.
static unsigned isa_interrupts(struct blob *blob, const struct machine_description *machine)
{
    unsigned count = 0;
    for (uint8_t irq = 0; irq < ISA_IRQS; irq++) {
        uint32_t gsi = irq;
        uint16_t flags = INTI_CONFORMS;
        for (unsigned i = 0; i < machine->override_count; i++) {
            if (machine->overrides[i].irq != irq)
                continue;
            gsi = machine->overrides[i].gsi;
            flags = machine->overrides[i].flags;
        }
        if (irq != CASCADE_IRQ)
            count += io_interrupt(blob, machine, gsi, flags, ISA_BUS, irq);
    }
    return count;
}

static uint32_t pci_gsi(const struct machine_description *machine, unsigned slot, unsigned pin)
{
    return machine->pirq_count ? machine->pirq_gsi + machine->pirq_of[slot][pin]
                               : machine->pci_gsi[(slot + pin) % PCI_PINS];
}

static unsigned pci_interrupts(struct blob *blob, const struct machine_description *machine)
{
    unsigned count = 0;
    for (unsigned slot = 1; slot < PCI_SLOTS; slot++)
        for (unsigned pin = 0; pin < PCI_PINS; pin++)
            count += io_interrupt(blob, machine, pci_gsi(machine, slot, pin), INTI_LEVEL_HIGH, PCI_BUS,
                                  (uint8_t)(slot << 2 | pin));
    return count;
}

static unsigned entries(struct blob *blob, const struct machine_description *machine)
{
    unsigned count = processors(blob, machine);
    bus(blob, PCI_BUS, "PCI");
    bus(blob, ISA_BUS, "ISA");
    for (unsigned i = 0; i < machine->ioapic_count; i++)
        ioapic(blob, &machine->ioapics[i]);
    count += 2 + machine->ioapic_count;
    count += isa_interrupts(blob, machine);
    count += pci_interrupts(blob, machine);
    // Virtual wire: the 8259 is at LINT0 of the bootstrap processor, NMI at LINT1 of all.
    interrupt(blob, LOCAL_INTERRUPT, EXTINT, INTI_CONFORMS, ISA_BUS, 0, 0, 0);
    interrupt(blob, LOCAL_INTERRUPT, NMI, INTI_CONFORMS, ISA_BUS, 0, ALL_APICS, 1);
    return count + 2;
}

static void floating_pointer(struct blob *blob, uint64_t table)
{
    blob_text(blob, "_MP_", 4, ' ');
    blob32(blob, (uint32_t)table);
    blob8(blob, POINTER_SIZE / 16);
    blob8(blob, 4);       // version 1.4
    blob_zeroes(blob, 6); // checksum; no default configuration; virtual wire mode, not PIC mode
    if (!blob->overflow)
        blob->data[10] = blob_checksum(blob, 0, POINTER_SIZE);
}

size_t mptable_build(const struct machine_description *machine, uint64_t base, uint8_t *out, size_t capacity)
{
    struct blob blob = { .data = out, .capacity = capacity };
    floating_pointer(&blob, base + POINTER_SIZE);
    size_t at = blob.size;
    blob_text(&blob, "PCMP", 4, ' ');
    blob16(&blob, 0); // length, below
    blob8(&blob, 4);
    blob8(&blob, 0); // checksum, below
    blob_text(&blob, "INTACT", 8, ' ');
    blob_text(&blob, "PC", 12, ' ');
    blob_zeroes(&blob, 6); // no OEM table
    blob16(&blob, 0);      // entries, below
    blob32(&blob, machine->lapic_address);
    blob_zeroes(&blob, 4); // no extended table
    unsigned count = entries(&blob, machine);
    if (blob.overflow)
        return 0;
    put16(blob.data + at + 4, (uint16_t)(blob.size - at));
    put16(blob.data + at + 34, (uint16_t)count);
    blob.data[at + 7] = blob_checksum(&blob, at, blob.size - at);
    return blob.size;
}
