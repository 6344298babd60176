// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The memory controller hub of a Q35: its host bridge 8086:29C0, whose PCIEXBAR says where PCI's configuration space is in memory.
//
// Spec: Intel 3 Series Express Chipset Family data sheet, 316966, 5.1 (PCIEXBAR 5.1.12, PAM 5.1.14).
#ifndef DEVICES_PCI_MCH_H
#define DEVICES_PCI_MCH_H

#include <stdint.h>

#include "base/bus.h"
#include "base/visit.h"
#include "devices/pci/moving.h"
#include "devices/pci/pci.h"

enum { MCH_PCIEXBAR = 0x60, MCH_PAM = 0x90, MCH_PCIEXBAR_ENABLE = 1 };

struct mch {
    struct pci_host *host;
    struct moving ecam;
};

// Makes `host` and its bridge. `reset_port` as of pci_host_init.
void mch_init(struct mch *mch, struct pci_host *host, struct bus *memory, struct reset_port *reset_port);
void mch_reset(struct mch *mch);
// After a load of the host: the window follows PCIEXBAR.
void mch_loaded(struct mch *mch);

#endif
