// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a firmware does for PCI before it starts a kernel: gives every BAR an address, switches decoding on, and on a PC
// writes the IRQ of the pin into the interrupt line register.
#ifndef MACHINE_BOARD_PCI_PLACE_H
#define MACHINE_BOARD_PCI_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "devices/pci/pci.h"

// [base, end), in addresses of BARs. `end` 0: none.
struct pci_window {
    uint64_t base, end;
};

struct pci_windows {
    struct pci_window io, memory, high; // `high`: 64-bit BARs that do not fit below
    uint32_t (*line_of)(uint32_t gsi);  // what the line register gets, of the pin's GSI. NULL: nothing
};

// Gives new addresses to every function of the bus, in the order of slots. -ENOSPC with a line in `error` that names
// the function and the BAR.
int pci_place(struct pci_bus *bus, const struct pci_windows *windows, uint64_t now, struct error *error);

#endif
