// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ACPI tables for a firmware, as files of fw_cfg. table_loader.c describes the script.
#ifndef MACHINE_TABLES_TABLE_LOADER_H
#define MACHINE_TABLES_TABLE_LOADER_H

#include <stddef.h>
#include <stdint.h>

#define TABLE_LOADER_TABLES "etc/acpi/tables"
#define TABLE_LOADER_RSDP   "etc/acpi/rsdp"
#define TABLE_LOADER_SCRIPT "etc/table-loader"

// The script by which a firmware places `tables`, which were made for address 0 and begin with the RSDP, in two files: the RSDP, and
// all of them. Checksums that the script makes become 0. Returns the bytes used, 0 when `capacity` is too small.
size_t table_loader_build(uint8_t *tables, uint8_t *out, size_t capacity);

#endif
