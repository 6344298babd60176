// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The drivers that device_list.c has rows for, by the file that has them.
#ifndef MACHINE_DEVICE_DRIVERS_H
#define MACHINE_DEVICE_DRIVERS_H

#include "machine/device_list.h"

// device_pci.c
extern const struct device_driver device_edu, device_pci_testdev;

#endif
