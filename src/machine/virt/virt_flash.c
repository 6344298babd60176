// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Devices for firmware on `virt`: two flash banks, for its code and its variables, and fw_cfg, which has what to start.
//
//     -bios FILE, -drive if=pflash --> flash banks      if an option names one of them
//     -kernel, -initrd, -append    --> fw_cfg           for a firmware to start
//
// This machine's PSCI takes the place of Secure firmware, so the redistributors are awake, as firmware that runs after
// it expects (IHI 0069, GICR_WAKER).
#include <errno.h>
#include <string.h>

#include "machine/boot/boot.h"
#include "machine/virt/virt.h"

#define RAMDISK_LIMIT (UINT64_C(2) << 30)

// --- Flash ----------------------------------------------------------------------------------------------------------

static const struct intact_drive_config *drive_of(const struct intact_machine_config *config, unsigned bank)
{
    for (unsigned i = 0; i < config->drive_count; i++)
        if (config->drives[i].interface == INTACT_DRIVE_PFLASH && config->drives[i].unit == bank)
            return &config->drives[i];
    return NULL;
}

int virt_make_flash(struct virt *virt)
{
    const struct intact_machine_config *config = &virt->board.config;
    const struct intact_drive_config *drives[INTACT_FLASH_BANKS] = { drive_of(config, 0), drive_of(config, 1) };
    if (config->bios && drives[0])
        return board_refuse(&virt->board, "-bios", "flash bank 0 holds it, so no drive can have if=pflash,unit=0");
    virt->runs_flash = config->bios || drives[0];
    if (virt->runs_flash && config->initrd && !config->kernel)
        return board_refuse(&virt->board, "-initrd", "needs -kernel FILE");
    if (!virt->runs_flash && !drives[1])
        return 0;
    int result = 0;
    for (unsigned i = 0; i < INTACT_FLASH_BANKS && result == 0; i++)
        result = flash_bank_open(&virt->flash[i], drives[i], i == 0 ? config->bios : NULL, config->replays,
                                 &virt->board.error);
    return result;
}

int virt_map_flash(struct virt *virt)
{
    int result = 0;
    for (unsigned i = 0; i < INTACT_FLASH_BANKS && virt->flash[i].contents && result == 0; i++)
        result = flash_bank_map(&virt->flash[i], &virt->board.memory, VIRT_FLASH + i * CFI_FLASH_SIZE);
    return result;
}

void virt_destroy_flash(struct virt *virt)
{
    for (unsigned i = 0; i < INTACT_FLASH_BANKS; i++)
        flash_bank_close(&virt->flash[i]);
    image_release(&virt->kernel);
    image_release(&virt->ramdisk);
}

// --- fw_cfg ---------------------------------------------------------------------------------------------------------

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

int virt_fill_fw_cfg(struct virt *virt)
{
    const struct fw_cfg_memory memory = { read_memory, write_memory, &virt->board };
    uint64_t cpus = virt->board.config.cpus;
    fw_cfg_init(&virt->fw_cfg);
    fw_cfg_add_dma(&virt->fw_cfg, &memory);
    fw_cfg_add_number(&virt->fw_cfg, FW_CFG_RAM_SIZE, virt->board.config.memory, 8);
    fw_cfg_add_number(&virt->fw_cfg, FW_CFG_NOGRAPHIC, 1, 2);
    fw_cfg_add_number(&virt->fw_cfg, FW_CFG_NB_CPUS, cpus, 2);
    fw_cfg_add_number(&virt->fw_cfg, FW_CFG_MAX_CPUS, cpus, 2);
    int result = virt->runs_flash && virt->board.config.kernel ? add_kernel(virt) : 0;
    return result < 0 ? result : fw_cfg_files_add(&virt->board, &virt->fw_cfg);
}
