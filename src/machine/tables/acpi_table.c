// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See acpi_table.h.
#include "machine/tables/acpi_table.h"

size_t acpi_begin(struct blob *blob, const char *signature, uint8_t revision, const char *machine)
{
    blob_align(blob, 16);
    size_t at = blob->size;
    blob_text(blob, signature, 4, ' ');
    blob32(blob, 0); // length, by acpi_finish
    blob8(blob, revision);
    blob8(blob, 0); // checksum, by acpi_finish
    blob_text(blob, "INTACT", 6, ' ');
    blob_text(blob, machine, 8, ' ');
    blob32(blob, 1);
    blob_text(blob, "INTA", 4, ' ');
    blob32(blob, 1);
    return at;
}

void acpi_finish(struct blob *blob, size_t at)
{
    if (blob->overflow)
        return;
    put32(blob->data + at + ACPI_LENGTH_AT, (uint32_t)(blob->size - at));
    blob->data[at + ACPI_CHECKSUM_AT] = blob_checksum(blob, at, blob->size - at);
}

size_t acpi_list(struct blob *blob, const char *signature, const char *machine, const uint64_t *tables, unsigned count)
{
    size_t at = acpi_begin(blob, signature, 1, machine);
    for (unsigned i = 0; i < count; i++) {
        blob32(blob, (uint32_t)tables[i]);
        if (*signature == 'X')
            blob32(blob, (uint32_t)(tables[i] >> 32));
    }
    acpi_finish(blob, at);
    return at;
}

void acpi_root_pointer(struct blob *blob, uint64_t rsdt, uint64_t xsdt)
{
    struct blob root = { .data = blob->data, .capacity = ACPI_RSDP_SIZE };
    blob_text(&root, "RSD PTR ", 8, ' ');
    blob8(&root, 0);
    blob_text(&root, "INTACT", 6, ' ');
    blob8(&root, 2); // revision
    blob32(&root, (uint32_t)rsdt);
    blob32(&root, ACPI_RSDP_SIZE);
    blob64(&root, xsdt);
    blob_zeroes(&root, 4);
    root.data[8] = blob_checksum(&root, 0, 20);
    root.data[32] = blob_checksum(&root, 0, ACPI_RSDP_SIZE);
}

void acpi_memory_address(struct blob *blob, uint64_t address, uint8_t bytes)
{
    static const uint8_t access[] = { [1] = 1, [2] = 2, [4] = 3, [8] = 4 };
    blob8(blob, 0); // system memory
    blob8(blob, (uint8_t)(8 * bytes));
    blob8(blob, 0);
    blob8(blob, access[bytes]);
    blob64(blob, address);
}

size_t acpi_mcfg(struct blob *blob, const char *machine, uint64_t ecam, uint64_t size)
{
    size_t at = acpi_begin(blob, "MCFG", 1, machine);
    blob_zeroes(blob, 8);
    blob64(blob, ecam);
    blob16(blob, 0); // segment group
    blob8(blob, 0);  // first and last bus
    blob8(blob, (uint8_t)((size >> 20) - 1));
    blob_zeroes(blob, 4);
    acpi_finish(blob, at);
    return at;
}
