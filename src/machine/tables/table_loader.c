// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The script by which a firmware puts the ACPI tables of fw_cfg where it has room for them: QEMU, docs/specs and
// hw/acpi/bios-linker-loader ("etc/table-loader"). Entries of 128 bytes, in order:
//
//     1 ALLOCATE      file, alignment, zone          reads a file of fw_cfg into memory
//     2 ADD_POINTER   file, of, offset, size         adds the address of `of` to a number in `file`
//     3 ADD_CHECKSUM  file, offset, start, length    makes a sum of bytes 0 again
//
// The tables were made for address 0, so that each address in them is an offset already. All of them are one file; the RSDP,
// which has a place of its own below 1 MiB, is another one.
//
// Spec: ACPI 6.5, 5.2.5.3 (RSDP), 5.2.7 and 5.2.8 (RSDT, XSDT), 5.2.9 (FADT): where their addresses are.
#include "machine/tables/table_loader.h"

#include "machine/tables/acpi_table.h"
#include "machine/tables/blob.h"

enum { ALLOCATE = 1, ADD_POINTER = 2, ADD_CHECKSUM = 3 };
enum { HIGH = 1, FSEG = 2, FILE_NAME = 56, ENTRY = 128 };
enum { FACS_ALIGN = 64, RSDP_ALIGN = 16 };
enum { RSDP_CHECKSUM = 8, RSDP_RSDT = 16, RSDP_XSDT = 24, RSDP_EXTENDED_CHECKSUM = 32, RSDP_FIRST = 20 };

static const char tables_file[] = TABLE_LOADER_TABLES, rsdp_file[] = TABLE_LOADER_RSDP;

struct script {
    struct blob blob;
    uint8_t *tables;
};

static void fill_up(struct script *script)
{
    blob_align(&script->blob, ENTRY);
}

static void allocate(struct script *script, const char *file, uint32_t align, uint8_t zone)
{
    blob32(&script->blob, ALLOCATE);
    blob_text(&script->blob, file, FILE_NAME, 0);
    blob32(&script->blob, align);
    blob8(&script->blob, zone);
    fill_up(script);
}

// An address of a table that is not there is 0.
static void point(struct script *script, const char *file, size_t offset, uint8_t size)
{
    if (!get32(script->tables + offset))
        return;
    blob32(&script->blob, ADD_POINTER);
    blob_text(&script->blob, file, FILE_NAME, 0);
    blob_text(&script->blob, tables_file, FILE_NAME, 0);
    blob32(&script->blob, (uint32_t)offset);
    blob8(&script->blob, size);
    fill_up(script);
}

// SeaBIOS subtracts the sum from what is there, EDK II writes it: both are right where there is 0. The RSDP is the beginning of the
// tables.
static void sum(struct script *script, const char *file, size_t checksum, size_t start, uint32_t length)
{
    script->tables[checksum] = 0;
    blob32(&script->blob, ADD_CHECKSUM);
    blob_text(&script->blob, file, FILE_NAME, 0);
    blob32(&script->blob, (uint32_t)checksum);
    blob32(&script->blob, (uint32_t)start);
    blob32(&script->blob, length);
    fill_up(script);
}

static void sum_table(struct script *script, size_t at)
{
    sum(script, tables_file, at + ACPI_CHECKSUM_AT, at, get32(script->tables + at + ACPI_LENGTH_AT));
}

// RSDT or XSDT: addresses of `size` bytes behind the header.
static void list(struct script *script, size_t at, uint8_t size)
{
    size_t end = at + get32(script->tables + at + ACPI_LENGTH_AT);
    for (size_t entry = at + ACPI_HEADER_SIZE; entry + size <= end; entry += size)
        point(script, tables_file, entry, size);
    sum_table(script, at);
}

static void fadt(struct script *script, size_t at)
{
    static const struct {
        uint8_t offset, size;
    } fields[] = { { 36, 4 }, { 40, 4 }, { 132, 8 }, { 140, 8 } }; // FIRMWARE_CTRL, DSDT, X_FIRMWARE_CTRL, X_DSDT
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++)
        point(script, tables_file, at + fields[i].offset, fields[i].size);
    sum_table(script, at);
}

static void root(struct script *script)
{
    point(script, rsdp_file, RSDP_RSDT, 4);
    point(script, rsdp_file, RSDP_XSDT, 8);
    sum(script, rsdp_file, RSDP_CHECKSUM, 0, RSDP_FIRST);
    sum(script, rsdp_file, RSDP_EXTENDED_CHECKSUM, 0, ACPI_RSDP_SIZE);
}

size_t table_loader_build(uint8_t *tables, uint8_t *out, size_t capacity)
{
    struct script script = { .blob = { .data = out, .capacity = capacity }, .tables = tables };
    size_t rsdt = get32(tables + RSDP_RSDT), xsdt = get32(tables + RSDP_XSDT);
    allocate(&script, rsdp_file, RSDP_ALIGN, FSEG);
    allocate(&script, tables_file, FACS_ALIGN, HIGH);
    fadt(&script, get32(tables + xsdt + ACPI_HEADER_SIZE)); // it is listed first
    if (rsdt)
        list(&script, rsdt, 4);
    list(&script, xsdt, 8);
    root(&script);
    return script.blob.overflow ? 0 : script.blob.size;
}
