// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What fw_cfg of `virt` has: numbers, and for a firmware what it is to start and the ACPI tables.
//
//     -kernel, -initrd, -append    --> the kernel's items
//     -machine acpi=on             --> etc/table-loader, etc/acpi/rsdp, etc/acpi/tables
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/boot/boot.h"
#include "machine/tables/acpi_arm.h"
#include "machine/tables/acpi_table.h"
#include "machine/tables/table_loader.h"
#include "machine/virt/virt.h"

#define RAMDISK_LIMIT (UINT64_C(2) << 30)

enum { LOADER_SIZE = 8192 };

static bool read_memory(void *owner, uint64_t address, void *data, size_t size)
{
    struct board *board = owner;
    return bus_read_memory(&board->memory, address, data, size);
}

static bool write_memory(void *owner, uint64_t address, const void *data, size_t size)
{
    struct board *board = owner;
    return bus_write_memory(&board->memory, address, data, size);
}

static int add_image(struct fw_cfg *fw, const struct image *image, uint16_t size, uint16_t data)
{
    int result = fw_cfg_add_bytes(fw, data, image->data, image->size);
    return result < 0 ? result : fw_cfg_add_number(fw, size, image->size, 4);
}

// The files are read once: a reset uses them again.
static int add_kernel(struct virt *virt)
{
    const struct intact_machine_config *config = &virt->board.config;
    const struct boot_kernel kernel = board_kernel(&virt->board);
    struct error *error = &virt->board.error;
    int result = 0;
    if (!virt->kernel.data)
        result = boot_read_kernel(&kernel, NULL, &virt->kernel, error);
    if (result == 0 && config->initrd && !virt->ramdisk.data)
        result = image_read(&virt->ramdisk, "-initrd", config->initrd, RAMDISK_LIMIT, error);
    if (result == 0)
        result = add_image(&virt->fw_cfg, &virt->kernel, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA);
    if (result == 0 && config->initrd)
        result = add_image(&virt->fw_cfg, &virt->ramdisk, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA);
    if (result == 0 && config->append) {
        fw_cfg_add_number(&virt->fw_cfg, FW_CFG_CMDLINE_SIZE, strlen(config->append) + 1, 4);
        result = fw_cfg_add_bytes(&virt->fw_cfg, FW_CFG_CMDLINE_DATA, config->append, strlen(config->append) + 1);
    }
    return result;
}

// --- ACPI tables -----------------------------------------------------------------------------------------------------

static int make_acpi(struct virt *virt)
{
    size_t capacity = acpi_arm_capacity(&virt->description);
    virt->acpi = malloc(capacity);
    virt->loader = malloc(LOADER_SIZE);
    if (!virt->acpi || !virt->loader)
        return error_set(&virt->board.error, -ENOMEM, "-bios: the host has no memory left");
    virt->acpi_size = acpi_arm_build(&virt->description, 0, virt->acpi, capacity);
    virt->loader_size = table_loader_build(virt->acpi, virt->loader, LOADER_SIZE);
    return 0;
}

static int add_acpi(struct virt *virt)
{
    int result = virt->loader ? 0 : make_acpi(virt);
    if (result == 0)
        result = fw_cfg_add_file(&virt->fw_cfg, TABLE_LOADER_SCRIPT, virt->loader, virt->loader_size);
    if (result > 0)
        result = fw_cfg_add_file(&virt->fw_cfg, TABLE_LOADER_RSDP, virt->acpi, ACPI_RSDP_SIZE);
    if (result > 0)
        result = fw_cfg_add_file(&virt->fw_cfg, TABLE_LOADER_TABLES, virt->acpi, virt->acpi_size);
    return result < 0 ? result : 0;
}

void virt_destroy_fw_cfg(struct virt *virt)
{
    image_release(&virt->kernel);
    image_release(&virt->ramdisk);
    free(virt->acpi);
    free(virt->loader);
}

int virt_fill_fw_cfg(struct virt *virt)
{
    const struct fw_cfg_memory memory = { read_memory, write_memory, &virt->board };
    const struct smbios_range ram[SMBIOS_RANGES] = { { VIRT_RAM, virt->board.config.memory } };
    uint64_t cpus = virt->board.config.cpus;
    fw_cfg_init(&virt->fw_cfg);
    fw_cfg_add_dma(&virt->fw_cfg, &memory);
    fw_cfg_add_number(&virt->fw_cfg, FW_CFG_RAM_SIZE, virt->board.config.memory, 8);
    fw_cfg_add_number(&virt->fw_cfg, FW_CFG_NOGRAPHIC, 1, 2);
    fw_cfg_add_number(&virt->fw_cfg, FW_CFG_NB_CPUS, cpus, 2);
    fw_cfg_add_number(&virt->fw_cfg, FW_CFG_MAX_CPUS, cpus, 2);
    int result = virt->runs_flash && virt->board.config.kernel ? add_kernel(virt) : 0;
    if (result == 0 && virt->runs_flash && virt->board.config.acpi)
        result = add_acpi(virt);
    if (result == 0 && virt->board.config.uuid)
        result = fw_cfg_add_bytes(&virt->fw_cfg, FW_CFG_UUID, virt->board.config.uuid, 16);
    if (result == 0 && virt->runs_flash)
        result = smbios_tables_add(&virt->board, ram, &virt->fw_cfg, false);
    return result < 0 ? result : fw_cfg_files_add(&virt->board, &virt->fw_cfg);
}
