// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The description of a PC from which ACPI tables, the MP table and fw_cfg are made. The board fills it in from the
// actual wiring; the tables contain no other numbers.
#ifndef MACHINE_TABLES_DESCRIPTION_H
#define MACHINE_TABLES_DESCRIPTION_H

#include <stddef.h>
#include <stdint.h>

#define DESCRIPTION_IOAPICS     4
#define DESCRIPTION_OVERRIDES   8
#define DESCRIPTION_HPET_TIMERS 3
#define DESCRIPTION_VIRTIO      8
#define DESCRIPTION_PIRQS       8

// MPS INTI flags, ACPI 6.5 table 5.31 and MP 1.4 table 4-10: polarity in bits 1:0, trigger mode in bits 3:2.
enum {
    INTI_CONFORMS = 0x0, // as the bus has it: ISA edge, active high
    INTI_LEVEL_HIGH = 0xd,
    INTI_LEVEL_LOW = 0xf,
};

struct ioapic_description {
    uint8_t id;
    uint8_t version;
    uint32_t address;
    uint32_t gsi_base;
    uint32_t pins;
};

// ISA interrupt `irq` is connected to `gsi`, with these flags.
struct override_description {
    uint8_t irq;
    uint8_t gsi;
    uint16_t flags;
};

struct machine_description {
    uint32_t cpus; // APIC ids 0 to cpus - 1, CPU 0 is the bootstrap processor
    uint32_t lapic_address;
    uint8_t lapic_version; // low byte of its version register
    struct ioapic_description ioapics[DESCRIPTION_IOAPICS];
    unsigned ioapic_count;
    struct override_description overrides[DESCRIPTION_OVERRIDES];
    unsigned override_count;
    uint8_t pci_gsi[4];                              // GSIs of INTA to INTD of slot 0; slot n rotates them by n
    // Or, if there are some, interrupts of the chipset with IOAPIC pins of their own, and 8259A lines: for each slot and pin,
    // which one.
    uint8_t pirq_count, pirq_gsi; // the GSI of the first
    uint8_t pirq_irq[DESCRIPTION_PIRQS];
    uint8_t pirq_of[32][4];
    uint64_t pci_window, pci_window_end;             // memory below 4 GiB for BARs, [begin, end)
    uint64_t pci_high, pci_high_end;                 // and above
    uint64_t ecam, ecam_size;                        // configuration space, within the window; 0: none
    uint64_t hpet_address;                           // 0: none
    uint32_t hpet_id;                                // low half of GCAP_ID
    uint8_t hpet_gsi[DESCRIPTION_HPET_TIMERS];       // the GSIs of its timers without legacy replacement: edges; 0: none
    uint16_t pm_port;                                // the ACPI register window
    uint16_t pm_ports;                               // its size
    uint16_t pm1_event, pm1_control, pm_timer, gpe0; // ports
    uint8_t gpe0_size;
    uint16_t smi_command;
    uint8_t acpi_enable, acpi_disable;
    uint8_t s5_type;
    uint8_t sci;
    uint64_t virtio[DESCRIPTION_VIRTIO]; // virtio-mmio slots with a device: address, and GSI of a level
    uint32_t virtio_gsi[DESCRIPTION_VIRTIO];
    uint32_t virtio_size; // of each
    unsigned virtio_count;
    uint16_t reset_port;
    uint8_t reset_value;
    uint16_t com1_port; // 0: none
    uint8_t com1_irq;
    uint16_t com_port[3]; // COM2 to COM4, in the same way
    uint8_t com_irq[3];
};

// The ACPI tables at `base` in guest memory, into `out`: the RSDP comes first. Returns the bytes used, 0 when
// `capacity` is too small.
size_t acpi_build(const struct machine_description *machine, uint64_t base, uint8_t *out, size_t capacity);

// The MP floating pointer and configuration table, in the same way.
size_t mptable_build(const struct machine_description *machine, uint64_t base, uint8_t *out, size_t capacity);

#endif
