// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Two flash banks for a firmware on `virt`, for its code and its variables, if -bios or -drive if=pflash names one of them.
//
// This machine's PSCI takes the place of Secure firmware, so the redistributors are awake, as firmware that runs after
// it expects (IHI 0069, GICR_WAKER).
#include <errno.h>

#include "machine/virt/virt.h"

// --- Flash ----------------------------------------------------------------------------------------------------------

static const struct flash_kind kind = { &cfi_flash_pair, CFI_FLASH_SIZE, CFI_FLASH_SIZE };

int virt_make_flash(struct virt *virt)
{
    const struct intact_machine_config *config = &virt->board.config;
    const struct intact_drive_config *drives[INTACT_FLASH_BANKS] = { flash_bank_drive(config, 0),
                                                                     flash_bank_drive(config, 1) };
    if (config->bios && drives[0])
        return board_refuse(&virt->board, "-bios", "flash bank 0 holds it, so no drive can have if=pflash,unit=0");
    virt->runs_flash = config->bios || drives[0];
    if (virt->runs_flash && config->initrd && !config->kernel)
        return board_refuse(&virt->board, "-initrd", "needs -kernel FILE");
    if (!virt->runs_flash && !drives[1])
        return 0;
    int result = 0;
    for (unsigned i = 0; i < INTACT_FLASH_BANKS && result == 0; i++)
        result = flash_bank_open(&virt->flash[i], &kind, drives[i], i == 0 ? config->bios : NULL, config->replays,
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
}
