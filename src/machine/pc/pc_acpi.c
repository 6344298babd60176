// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The ACPI tables of a firmware, in fw_cfg. The firmware decides where the power management ports and PCI's configuration
// space are, and reads the tables afterwards: they are made again when it first selects one of their files.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/pc/pc.h"
#include "machine/tables/acpi_table.h"
#include "machine/tables/table_loader.h"

enum { TABLES_SIZE = 65536, LOADER_SIZE = 8192, PAGE = 4096 };

// A firmware may use all of what is between RAM and the IOAPIC, and what is above RAM, for BARs.
static bool build(struct pc *pc)
{
    struct machine_description description = pc->description;
    uint64_t high = pc->board.config.memory - pc->ram_below_4g;
    pc_describe_pm(&description, pc->acpi_places.pm);
    description.ecam = pc->acpi_places.ecam;
    description.pci_window = (uint32_t)pc->ram_below_4g;
    description.pci_high = PC_HIGH + high;
    memset(pc->acpi, 0, TABLES_SIZE);
    pc->acpi_size = acpi_build(&description, 0, pc->acpi, TABLES_SIZE);
    pc->loader_size = pc->acpi_size ? table_loader_build(pc->acpi, pc->loader, LOADER_SIZE) : 0;
    return pc->loader_size != 0;
}

static int make(struct pc *pc)
{
    pc->acpi = malloc(TABLES_SIZE);
    pc->loader = malloc(LOADER_SIZE);
    return pc->acpi && pc->loader ? 0
                                  : error_set(&pc->board.error, -ENOMEM, "the host has no memory left for ACPI tables");
}

// Their sizes are in fw_cfg's directory, and are the same wherever the windows are: the tables' is rounded up.
int pc_acpi_add(struct pc *pc)
{
    int result = pc->loader ? 0 : make(pc);
    if (result < 0)
        return result;
    pc->acpi_places = (struct pc_acpi_places){ .pm = PC_PORT_PM, .ecam = pc->chipset->ecam };
    if (!build(pc))
        return error_set(&pc->board.error, -ENOMEM, "-smp: no room for the ACPI tables of so many processors");
    size_t size = (pc->acpi_size + PAGE - 1) / PAGE * PAGE;
    result = fw_cfg_add_file(&pc->fw_cfg, TABLE_LOADER_SCRIPT, pc->loader, pc->loader_size);
    pc->acpi_key = (uint16_t)result;
    if (result > 0)
        result = fw_cfg_add_file(&pc->fw_cfg, TABLE_LOADER_RSDP, pc->acpi, ACPI_RSDP_SIZE);
    if (result > 0)
        result = fw_cfg_add_file(&pc->fw_cfg, TABLE_LOADER_TABLES, pc->acpi, size);
    pc->acpi_last_key = (uint16_t)result;
    return result;
}

void pc_acpi_selected(void *owner, uint16_t key)
{
    struct pc *pc = owner;
    if (!pc->loader || pc->acpi_places.read || key < pc->acpi_key || key > pc->acpi_last_key)
        return;
    pc->chipset->places(pc, &pc->acpi_places);
    pc->acpi_places.read = true;
    build(pc);
}

void pc_acpi_visit(struct pc *pc, struct visit *v)
{
    VISIT(v, pc->acpi_places.pm);
    VISIT(v, pc->acpi_places.ecam);
    VISIT(v, pc->acpi_places.read);
}

void pc_acpi_loaded(struct pc *pc)
{
    if (pc->loader)
        build(pc);
}
