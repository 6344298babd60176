// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The ACPI tables of an Arm machine, from the description that the device tree is made from too.
#ifndef MACHINE_TABLES_ACPI_ARM_H
#define MACHINE_TABLES_ACPI_ARM_H

#include "machine/tables/blob.h"
#include "machine/tables/fdt.h"

// The tables at `base` in guest memory, into `out`: the RSDP comes first. Returns the bytes used, 0 when `capacity` is too small.
size_t acpi_arm_build(const struct fdt_description *machine, uint64_t base, uint8_t *out, size_t capacity);
// A capacity that is enough.
size_t acpi_arm_capacity(const struct fdt_description *machine);

// dsdt_arm.c: the body of the DSDT.
void dsdt_arm_append(struct blob *blob, const struct fdt_description *machine);

#endif
