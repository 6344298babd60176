// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PCI bus 0 as a guest sees it: configuration space, BARs, and the message capabilities (PCI Local Bus Specification
// 3.0, chapter 6). Access to configuration space, addresses for BARs and the lines of INTA-D are in lib/x86_64/pci.c
// and lib/aarch64/pci.c.
//
// Not modelled: bridges; buses behind them.
#ifndef GUEST_PCI_H
#define GUEST_PCI_H

#include "lib/access.h"

enum pci_register {
    PCI_ID = 0x00,
    PCI_COMMAND = 0x04,
    PCI_HEADER = 0x0c,
    PCI_BAR0 = 0x10,
    PCI_CAPABILITIES = 0x34,
    PCI_INTERRUPT = 0x3c, // line in bits 7:0, pin in 15:8
};
enum {
    PCI_COMMAND_IO = 1,
    PCI_COMMAND_MEMORY = 2,
    PCI_COMMAND_MASTER = 4,
    PCI_COMMAND_NO_INTX = 1 << 10,
    PCI_STATUS_INTX = 1 << 19, // in the dword of PCI_COMMAND
};
enum { PCI_CAP_MSI = 0x05, PCI_CAP_VENDOR = 0x09, PCI_CAP_MSIX = 0x11 };

// Dwords of a function of bus 0; `devfn` is slot << 3 | function and also its requester id.
uint32_t pci_read(unsigned devfn, unsigned offset);
void pci_write(unsigned devfn, unsigned offset, uint32_t value);

// The function with that vendor and device id, or -1.
int pci_find(uint16_t vendor, uint16_t device);
// Gives a BAR an address if it has none, and turns decoding and bus mastering on. Returns its address; for I/O ports on
// virt, that in memory.
uint64_t pci_bar(unsigned devfn, unsigned bar);
// Offset of the capability behind `after` (0: the first) with that id, 0: there is none.
unsigned pci_capability(unsigned devfn, uint8_t id, unsigned after);

// The pin number for intr_request_irq, for INTx of the function.
unsigned pci_pin(unsigned devfn);

// MSI with one message, or off. False: the function has no MSI.
bool pci_msi_on(unsigned devfn, uint64_t address, uint32_t data);
void pci_msi_off(unsigned devfn);
// Vector `vector` of the MSI-X table, unmasked; the first switches MSI-X on. False: the function has no such vector.
bool pci_msix_set(unsigned devfn, unsigned vector, uint64_t address, uint32_t data);
void pci_msix_off(unsigned devfn);

// In pci.c of each family: addresses for a BAR of `size` bytes (a power of two), in memory or I/O ports, as the device
// sees it; and the address of I/O port 0 in memory (0 on a PC, which has instructions for ports).
uint64_t pci_place(bool io, uint64_t size);
uint64_t pci_io_base(void);

#endif
