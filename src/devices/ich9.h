// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The LPC bridge of an ICH9, 8086:2918: which ISA interrupt each PCI interrupt is, where the ACPI registers are, and the window of
// its chipset configuration registers.
//
// Spec: Intel I/O Controller Hub 9 (ICH9) data sheet, 316972: 13.1 (D31:F0), 13.8.3 (power management ports), 10.1 (chipset
// configuration).
//
//     40h PMBASE, 44h ACPI_CNTL    the ACPI registers, 128 ports
//     60h-63h, 68h-6Bh             PIRQ[A:H]_ROUT
//     F0h RCBA                     16 KiB of memory
#ifndef DEVICES_ICH9_H
#define DEVICES_ICH9_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bus.h"
#include "base/visit.h"
#include "devices/acpi_pm.h"
#include "devices/pci/moving.h"
#include "devices/pci/pci.h"

enum ich9_register {
    ICH9_PMBASE = 0x40,
    ICH9_ACPI_CNTL = 0x44,
    ICH9_GPIOBASE = 0x48,
    ICH9_PIRQA_ROUT = 0x60,
    ICH9_SIRQ_CNTL = 0x64,
    ICH9_PIRQE_ROUT = 0x68,
    ICH9_LPC_IO_DEC = 0x80,
    ICH9_RCBA = 0xf0,
};

enum {
    ICH9_PIRQS = 8,
    ICH9_PIRQ_OFF = 0x80,
    ICH9_ACPI_EN = 0x80,
    ICH9_RCBA_EN = 1,
    ICH9_PM_PORTS = 0x80,
    ICH9_RCBA_SIZE = 0x4000,
    ICH9_SLOT = 31,
};

// Of the ACPI ports, where the ICH9 has them.
enum { ICH9_GPE0_EN = 0x28, ICH9_SMI_EN = 0x30, ICH9_SMI_STS = 0x34, ICH9_GPE0_SIZE = 16 };

struct ich9 {
    struct pci_function lpc;
    struct acpi_pm *pm;
    // Called when a PIRQ's register was written, or reset. NULL: no wire follows them.
    void (*routed)(void *owner);
    void *owner;
    struct moving acpi, chipset;
    uint32_t SMI_EN;
};

// What pci_bus_add says.
int ich9_init(struct ich9 *ich9, struct pci_bus *bus, struct bus *memory, struct bus *ports, struct acpi_pm *pm);
void ich9_reset(struct ich9 *ich9, uint64_t now);
void ich9_visit(struct ich9 *ich9, struct visit *v);
void ich9_loaded(struct ich9 *ich9);

// Where PIRQ `n` is routed to in the configuration space of the bridge.
unsigned ich9_route_register(unsigned n);

#endif
