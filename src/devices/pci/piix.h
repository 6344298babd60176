// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The south bridge of a PC with a 440FX: the ISA bridge of the PIIX3, whose registers say which ISA interrupt each PCI
// interrupt is, and the power management function of the PIIX4, whose registers say at which ports the ACPI registers are.
//
// Spec: Intel 82371FB/82371SB (PIIX/PIIX3) data sheet, 290550, 3.1; Intel 82371AB (PIIX4) data sheet, 290562, 7.
//
//     slot 1   function 0  8086:7000  PCI-to-ISA bridge    60h-63h PIRQRC[A:D]
//              function 3  8086:7113  power management     40h PMBA, 80h PMREGMISC
#ifndef DEVICES_PCI_PIIX_H
#define DEVICES_PCI_PIIX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bus.h"
#include "base/visit.h"
#include "devices/pci/moving.h"
#include "devices/pci/pci.h"

enum piix_register {
    // Function 0.
    PIIX_IORT = 0x4c,
    PIIX_XBCS = 0x4e,
    PIIX_PIRQRC = 0x60, // A to D
    PIIX_TOM = 0x69,
    PIIX_SMICNTL = 0xa0,
    // Function 3.
    PIIX_PMBA = 0x40,
    PIIX_DEVACTB = 0x58,
    PIIX_PMREGMISC = 0x80,
    PIIX_SMBBA = 0x90,
    PIIX_SMBHSTCFG = 0xd2,
};

// The subsystem by which a firmware knows this machine (QEMU, docs/specs/pci-ids).
#define PIIX_SUBSYSTEM_VENDOR 0x1af4
#define PIIX_SUBSYSTEM        0x1100

enum {
    PIIX_SLOT = 1,
    PIIX_PIRQ_OFF = 0x80, // of PIRQRC: not routed
    PIIX_PM_PORTS = 0x40,
    PIIX_PMIOSE = 1, // of PMREGMISC: the window is there
};

struct piix {
    struct pci_function isa, pm;
    // Called when PIRQRC were written, or reset. NULL: no wire follows them.
    void (*routed)(void *owner);
    void *owner;
    struct moving window; // of the ACPI registers; where PMBA names ports that are in use: a mistake (PCI_OVERLAP)
};

// `window`: read, write, owner and widest of the ACPI registers; the place is PMBA's. What pci_bus_add says.
int piix_init(struct piix *piix, struct pci_bus *bus, struct bus *ports, const struct region *window);
void piix_reset(struct piix *piix, uint64_t now);
void piix_visit(struct piix *piix, struct visit *v);
void piix_loaded(struct piix *piix);

#endif
