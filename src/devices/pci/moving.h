// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A window whose place is in a register of a bridge: the ACPI registers by PMBASE, configuration space by PCIEXBAR.
#ifndef DEVICES_PCI_MOVING_H
#define DEVICES_PCI_MOVING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bus.h"

struct moving {
    struct bus *bus;
    struct region region;
    bool mapped; // not, where the register names a place that is in use
};

// To `base`, with `size` bytes; 0: nowhere. False: something else answers there.
bool moving_to(struct moving *window, uint64_t base, uint64_t size);

#endif
