// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PCI: configuration mechanism #1 (ports CF8h and CFCh), a bus of functions, and the plain host bridge.
//
// PCI Local Bus Specification 3.0, sections 3.2.2.3 (mechanism #1) and 6 (configuration space).
#ifndef DEVICES_PCI_H
#define DEVICES_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"

#define PCI_PORTS       8 // CF8h-CFFh; 1, 2 and 4 bytes (region.widest = 4)
#define PCI_CONFIG_SIZE 256
#define PCI_DEVFNS      256

#define PCI_DEVFN(slot, function) ((uint8_t)((slot) << 3 | (function)))

enum pci_register {
    PCI_VENDOR_ID = 0x00,
    PCI_DEVICE_ID = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION_ID = 0x08,
    PCI_CLASS_PROG = 0x09,
    PCI_CLASS_DEVICE = 0x0a,
    PCI_CACHE_LINE_SIZE = 0x0c,
    PCI_HEADER_TYPE = 0x0e,
    PCI_BAR0 = 0x10,
    PCI_SUBSYSTEM_VENDOR_ID = 0x2c,
    PCI_SUBSYSTEM_ID = 0x2e,
    PCI_CAPABILITIES = 0x34,
    PCI_INTERRUPT_LINE = 0x3c,
    PCI_INTERRUPT_PIN = 0x3d,
};

// One function. A device embeds it and fills `config`, `writable` and `clear` before it is added to a bus.
struct pci_function {
    uint8_t config[PCI_CONFIG_SIZE];
    uint8_t writable[PCI_CONFIG_SIZE]; // bits that a write changes
    uint8_t clear[PCI_CONFIG_SIZE];    // bits that a write of 1 clears
    uint8_t devfn;
    // Called after a write changed `config` (a BAR moved, MSI was enabled); NULL: nothing to do.
    void (*written)(void *owner, unsigned offset, unsigned size, uint64_t now);
    void *owner;
};

struct pci_bus {
    struct pci_function *functions[PCI_DEVFNS];
};

struct pci_host {
    uint32_t CONFIG_ADDRESS;
    struct pci_bus bus;            // bus 0
    struct pci_function bridge;    // 00:00.0
    struct reset_port *reset_port; // answers bytes at CF9h; NULL: nobody does
};

// Bus 0 with the host bridge (8086:1237, class 060000h) in slot 0. `reset_port` may be NULL.
void pci_host_init(struct pci_host *host, struct reset_port *reset_port);
void pci_host_reset(struct pci_host *host, uint64_t now);

uint64_t pci_host_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pci_host_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

void pci_host_visit(struct pci_host *host, struct visit *v);

// A function's identity: vendor and device id, `class_code` as class << 16 | subclass << 8 | interface, revision.
void pci_function_init(struct pci_function *function, uint16_t vendor, uint16_t device, uint32_t class_code,
                       uint8_t revision);
// The writable bits of the 16- or 32-bit register at `offset`, little-endian.
void pci_function_allow(struct pci_function *function, unsigned offset, unsigned size, uint32_t mask);
void pci_function_set(struct pci_function *function, unsigned offset, unsigned size, uint32_t value);
uint32_t pci_function_get(const struct pci_function *function, unsigned offset, unsigned size);
void pci_function_visit(struct pci_function *function, struct visit *v);

// Puts `function` (kept alive by the caller) at `devfn`. -EEXIST: the place is taken; -EINVAL: function n of a slot
// without function 0.
int pci_bus_add(struct pci_bus *bus, uint8_t devfn, struct pci_function *function);
// Configuration access, for the host and for loaders: `size` 1, 2 or 4, naturally aligned. Nobody there: all ones.
uint32_t pci_bus_read(struct pci_bus *bus, uint8_t devfn, unsigned offset, unsigned size, uint64_t now);
void pci_bus_write(struct pci_bus *bus, uint8_t devfn, unsigned offset, unsigned size, uint32_t value, uint64_t now);

#endif
