// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// `pci-testdev`: counts writes of known widths. Specification: QEMU, docs/specs/pci-testdev.
//
//     BAR 0, 4 KiB of memory; BAR 1, 256 ports; each begins with a header
//     0  test        WO  starts a test; a number beyond the last one stops it
//     1  width_type  RO  1, 2 or 4: how wide the test's writes are; 0: no such test
//     4  offset      RO  where in this BAR they go
//     8  data        RO  what is to be written
//     C  count       RO  how many came
//     10 name        RO  ends with 0
//     BAR 2, 64-bit memory without anything in it, as large as one likes
//
// Tests 0 to 2 count what is written with that data, in 1, 2 and 4 bytes; 3 to 5 writes of these widths with any data.
#ifndef DEVICES_PCI_TESTDEV_H
#define DEVICES_PCI_TESTDEV_H

#include <stdint.h>

#include "base/visit.h"
#include "devices/pci/pci.h"

#define PCI_TESTDEV_MEMORY 4096
#define PCI_TESTDEV_PORTS  256
#define PCI_TESTDEV_TESTS  6
#define PCI_TESTDEV_NONE   PCI_TESTDEV_TESTS

struct pci_testdev_bar {
    struct pci_testdev *device;
    uint8_t test; // PCI_TESTDEV_NONE: none runs
    uint32_t count;
};

struct pci_testdev {
    struct pci_function pci;
    struct pci_testdev_bar bars[2];
};

// `membar` bytes behind BAR 2, a power of two from 16 on; 0: no BAR 2. 0; -EEXIST, -EINVAL; a negative
// enum intact_irq_error.
int pci_testdev_init(struct pci_testdev *device, uint64_t membar, struct pci_bus *bus, uint8_t devfn);
void pci_testdev_reset(struct pci_testdev *device, uint64_t now);
void pci_testdev_visit(struct pci_testdev *device, struct visit *v);
void pci_testdev_destroy(struct pci_testdev *device);

#endif
