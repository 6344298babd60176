// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What fw_cfg has on the PC: numbers, the memory map; for a firmware also DMA and what it asks for.
#include "base/bits.h"
#include "machine/pc/pc.h"
#include "machine/tables/bytes.h"

enum { IRQ0_OVERRIDE = FW_CFG_ARCH_LOCAL + 2 }; // u8: ISA IRQ 0 is at pin 2 of the IOAPIC

static bool read_memory(void *owner, uint64_t address, void *data, size_t size)
{
    return bus_read_memory(&((struct board *)owner)->memory, address, data, size);
}

static bool write_memory(void *owner, uint64_t address, const void *data, size_t size)
{
    return bus_write_memory(&((struct board *)owner)->memory, address, data, size);
}

static int add_numbers(struct pc *pc)
{
    int result = fw_cfg_add_number(&pc->fw_cfg, FW_CFG_RAM_SIZE, pc->board.config.memory, 8);
    if (result == 0)
        result = fw_cfg_add_number(&pc->fw_cfg, FW_CFG_NB_CPUS, pc->board.config.cpus, 2);
    if (result == 0)
        result = fw_cfg_add_number(&pc->fw_cfg, FW_CFG_MAX_CPUS, pc->board.config.cpus, 2);
    if (result == 0)
        result = fw_cfg_add_number(&pc->fw_cfg, FW_CFG_NOGRAPHIC,
                                   pc->board.config.serial_console || !pc->board.display.picture, 2);
    if (result == 0)
        result = fw_cfg_add_number(&pc->fw_cfg, FW_CFG_BOOT_MENU, pc->board.config.boot_menu, 2);
    return result;
}

// A firmware makes its own holes in the RAM of the first megabyte.
static void describe_ram(const struct pc *pc, struct memory_map *map)
{
    *map = (struct memory_map){ .range = { { 0, pc->ram_below_4g, MEMORY_USABLE },
                                           { pc->chipset->ecam, PCI_ECAM_SIZE, MEMORY_RESERVED },
                                           { PC_HIGH, pc->board.config.memory - pc->ram_below_4g, MEMORY_USABLE } } };
    map->count = map->range[2].size ? 3 : 2;
}

static int add_e820(struct pc *pc)
{
    struct memory_map map = pc->map;
    if (pc->runs_flash)
        describe_ram(pc, &map);
    for (unsigned i = 0; i < map.count; i++) {
        put64(pc->e820 + 20 * i, map.range[i].base);
        put64(pc->e820 + 20 * i + 8, map.range[i].size);
        put32(pc->e820 + 20 * i + 16, map.range[i].type);
    }
    return fw_cfg_add_file(&pc->fw_cfg, "etc/e820", pc->e820, 20 * map.count);
}

void pc_ram(const struct pc *pc, struct smbios_range *ram)
{
    ram[0] = (struct smbios_range){ 0, pc->ram_below_4g };
    ram[1] = (struct smbios_range){ PC_HIGH, pc->board.config.memory - pc->ram_below_4g };
}

static int add_smbios(struct pc *pc)
{
    struct smbios_range ram[SMBIOS_RANGES];
    pc_ram(pc, ram);
    return smbios_tables_add(&pc->board, ram, &pc->fw_cfg, true);
}

int pc_fill_fw_cfg(struct pc *pc)
{
    const struct fw_cfg_memory memory = { read_memory, write_memory, &pc->board };
    fw_cfg_init(&pc->fw_cfg);
    pc->fw_cfg.selected = pc_acpi_selected;
    pc->fw_cfg.owner = pc;
    int result = add_numbers(pc);
    if (result == 0 && pc->runs_flash) {
        fw_cfg_add_dma(&pc->fw_cfg, &memory);
        result = fw_cfg_add_number(&pc->fw_cfg, IRQ0_OVERRIDE, 1, 2);
    }
    if (result == 0)
        result = add_e820(pc);
    if (result > 0 && pc->runs_flash && pc->board.config.acpi)
        result = pc_acpi_add(pc);
    if (result >= 0 && pc->runs_flash && pc->board.config.kernel)
        result = pc_add_kernel(pc);
    if (result >= 0 && pc->board.config.uuid)
        result = fw_cfg_add_bytes(&pc->fw_cfg, FW_CFG_UUID, pc->board.config.uuid, 16);
    if (result >= 0 && pc->runs_flash)
        result = add_smbios(pc);
    return result < 0 ? result : fw_cfg_files_add(&pc->board, &pc->fw_cfg);
}
