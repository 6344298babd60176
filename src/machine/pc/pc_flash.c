// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The firmware's memory, which ends at 4 GiB:
//
//     -bios FILE                ROM
//     -drive if=pflash,unit=0   a flash bank as large as its file
//     -drive if=pflash,unit=1   one below it: where OVMF keeps its variables
//
// The last 128 KiB are also below 1 MiB, by the attribute map of the host bridge (devices/pci/pam.c).
#include <errno.h>
#include <inttypes.h>

#include "machine/board/host_memory.h"
#include "machine/pc/pc.h"

static const struct flash_kind kind = { &cfi_flash_byte, 0, CFI_FLASH_BYTE_SIZE };

_Static_assert(PC_HIGH - PC_FLASH == CFI_FLASH_BYTE_SIZE, "one bank may fill the window");

static int check_sizes(struct pc *pc, const struct intact_drive_config *const drives[])
{
    const struct flash_bank *banks = pc->flash;
    if (banks[0].size < PAM_END - PAM_ROM)
        return error_set(&pc->board.error, -EINVAL,
                         "-drive: '%.200s' has %" PRIu64
                         " bytes; a PC's firmware has at least %u, as it also begins below 1 MiB",
                         drives[0]->file, banks[0].size, PAM_END - PAM_ROM);
    if (banks[0].size + banks[1].size > PC_HIGH - PC_FLASH)
        return error_set(&pc->board.error, -EFBIG,
                         "-drive: '%.200s' and '%.200s' are larger than the %" PRIu64
                         " MiB that the flash banks of a PC can have together",
                         drives[0]->file, drives[1]->file, (PC_HIGH - PC_FLASH) >> 20);
    return 0;
}

int pc_make_flash(struct pc *pc)
{
    const struct intact_machine_config *config = &pc->board.config;
    const struct intact_drive_config *drives[INTACT_FLASH_BANKS];
    for (unsigned i = 0; i < INTACT_FLASH_BANKS; i++)
        drives[i] = flash_bank_drive(config, i);
    pc->runs_flash = config->bios || drives[0];
    if (pc->runs_flash && config->initrd && !config->kernel)
        return board_refuse(&pc->board, "-initrd", "needs -kernel FILE");
    if (config->bios && drives[0])
        return board_refuse(&pc->board, "-bios", "a drive with if=pflash,unit=0 is the firmware: give one of them");
    if (drives[1] && !drives[0])
        return board_refuse(&pc->board, "-drive",
                            "if=pflash,unit=1 needs the firmware that uses it: give if=pflash,unit=0 too");
    int result = 0;
    for (unsigned i = 0; i < INTACT_FLASH_BANKS && result == 0; i++)
        if (drives[i])
            result = flash_bank_open(&pc->flash[i], &kind, drives[i], NULL, config->replays, &pc->board.error);
    return result == 0 && drives[0] ? check_sizes(pc, drives) : result;
}

static int map_rom(struct pc *pc)
{
    pc->rom = host_memory_reserve(PC_HIGH - PC_FLASH);
    if (!pc->rom)
        return error_set(&pc->board.error, -ENOMEM, "-bios: the host has no memory left");
    return board_map(
        &pc->board, &pc->board.memory,
        (struct region){
            .base = PC_FLASH, .size = PC_HIGH - PC_FLASH, .name = "ROM", .ram = pc->rom, .readonly = true });
}

static int map_banks(struct pc *pc)
{
    uint64_t base = PC_HIGH;
    int result = 0;
    for (unsigned i = 0; i < INTACT_FLASH_BANKS && pc->flash[i].contents && result == 0; i++) {
        base -= pc->flash[i].size;
        result = flash_bank_map(&pc->flash[i], &pc->board.memory, base);
    }
    return result;
}

int pc_map_flash(struct pc *pc)
{
    struct board *board = &pc->board;
    int result = board->config.bios ? map_rom(pc) : map_banks(pc);
    if (result < 0)
        return result;
    uint8_t *end = board->config.bios ? pc->rom + (PC_HIGH - PC_FLASH) : pc->flash[0].contents + pc->flash[0].size;
    return pam_init(&pc->pam, &board->pci.bridge, pc->chipset->pam_register, &board->memory, board->ram + PAM_BASE,
                    end - (PAM_END - PAM_ROM));
}

void pc_reset_flash(struct pc *pc, uint64_t now)
{
    pam_reset(&pc->pam);
    for (unsigned i = 0; i < INTACT_FLASH_BANKS; i++)
        flash_bank_reset(&pc->flash[i], now);
}

// A ROM is not listed, as nothing writes it.
void pc_visit_flash(struct pc *pc, struct visit *v)
{
    VISIT_NESTED(v, "flash0", flash_bank_visit(&pc->flash[0], v));
    VISIT_NESTED(v, "flash1", flash_bank_visit(&pc->flash[1], v));
}

void pc_flash_loaded(struct pc *pc)
{
    pam_loaded(&pc->pam);
    for (unsigned i = 0; i < INTACT_FLASH_BANKS; i++)
        flash_bank_loaded(&pc->flash[i]);
}

void pc_destroy_flash(struct pc *pc)
{
    host_memory_release(pc->rom, PC_HIGH - PC_FLASH);
    for (unsigned i = 0; i < INTACT_FLASH_BANKS; i++)
        flash_bank_close(&pc->flash[i]);
    image_release(&pc->kernel);
    image_release(&pc->ramdisk);
}
