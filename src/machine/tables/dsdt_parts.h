// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Devices of a DSDT that both machines have. Spec: ACPI 6.5, 6.1 (identification), 6.2.13 (_PRT), 6.2.17 (_CCA).
#ifndef MACHINE_TABLES_DSDT_PARTS_H
#define MACHINE_TABLES_DSDT_PARTS_H

#include "machine/tables/aml.h"

#define DSDT_PCI_PINS 4

// Begins a device. Its id is "PNP0501", or, of more than seven characters, a text as "LNRO0005".
void dsdt_device(struct aml *aml, const char *name, const char *id);
void dsdt_uid(struct aml *aml, uint32_t uid);
// Ends a device with its resources.
void dsdt_resources(struct aml *aml, struct aml_resources *list);

// A device that says which interrupt a PCI line is. It has a single setting: enabling and disabling it has no effect.
void dsdt_link(struct aml *aml, const char *name, uint8_t uid, uint32_t gsi);
// An entry of a _PRT.
void dsdt_route(struct aml *aml, uint32_t slot, uint32_t pin, const char *link);
// _PRT: each slot from `first` to 31, and its four pins. `links`: the names for INTA to INTD of slot 0; slot n rotates them by n.
void dsdt_routes(struct aml *aml, uint32_t first, const char *const links[DSDT_PCI_PINS]);
// A virtio-mmio slot. `name`: four characters.
void dsdt_virtio(struct aml *aml, const char *name, uint32_t uid, uint32_t address, uint32_t size, uint32_t gsi);

#endif
