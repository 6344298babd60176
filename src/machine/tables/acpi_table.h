// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What all ACPI tables have in common: their header, their lists and the pointer to these. Spec: ACPI 6.5, 5.2.5 (RSDP), 5.2.6
// (header), 5.2.7 (RSDT), 5.2.8 (XSDT), 5.2.3.2 (generic address structure).
#ifndef MACHINE_TABLES_ACPI_TABLE_H
#define MACHINE_TABLES_ACPI_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "machine/tables/blob.h"

enum { ACPI_RSDP_SIZE = 36, ACPI_HEADER_SIZE = 36, ACPI_LENGTH_AT = 4, ACPI_CHECKSUM_AT = 9 };

// Begins a table, aligned to 16 bytes, and returns where it is. `machine`: the OEM table id, up to 8 characters.
size_t acpi_begin(struct blob *blob, const char *signature, uint8_t revision, const char *machine);
// Sets its length and checksum.
void acpi_finish(struct blob *blob, size_t at);

// A table of addresses: RSDT with 4 bytes each, XSDT with 8. Returns where it is.
size_t acpi_list(struct blob *blob, const char *signature, const char *machine, const uint64_t *tables, unsigned count);
// Writes the RSDP to the first ACPI_RSDP_SIZE bytes. `rsdt` 0: there is none.
void acpi_root_pointer(struct blob *blob, uint64_t rsdt, uint64_t xsdt);

// A generic address structure: memory, of registers with 1, 2, 4 or 8 bytes.
void acpi_memory_address(struct blob *blob, uint64_t address, uint8_t bytes);

// MCFG (PCI Firmware 3.0, 4.1.2): where configuration space is. Returns where the table is.
size_t acpi_mcfg(struct blob *blob, const char *machine, uint64_t ecam, uint64_t size);

#endif
