// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The drives of if=ide, at the places of the chipset's own controller: disk n is at the nth of them.
#include <errno.h>
#include <stdio.h>

#include "machine/pc/pc.h"

static int connect(struct pc *pc, unsigned index)
{
    struct board *board = &pc->board;
    const struct intact_drive_config *drive = &board->config.drives[index];
    const struct disk_place *place = &board->disk_places.places[drive->unit];
    const struct intact_block *block;
    if (drive->unit >= pc->drives)
        return error_set(&board->error, -EINVAL, "-drive: if=ide has disks 0 to %u, not %u", pc->drives - 1,
                         drive->unit);
    if (place->disk->block)
        return error_set(&board->error, -EINVAL, "-drive: two drives are IDE disk %u; give another index", drive->unit);
    int result = backends_open_drive(board, index, false, &pc->disks[drive->unit], &block);
    if (result == 0)
        disk_place_connect(&board->disk_places, place, block, NULL, drive->cd);
    return result;
}

int pc_drives_connect(struct pc *pc)
{
    const struct intact_machine_config *config = &pc->board.config;
    int result = 0;
    pc->drives = pc->board.disk_places.count;
    for (unsigned i = 0; i < config->drive_count && result == 0; i++)
        if (config->drives[i].interface == INTACT_DRIVE_IDE)
            result = connect(pc, i);
    return result;
}

bool pc_drives_wanted(const struct intact_machine_config *config)
{
    for (unsigned i = 0; i < config->drive_count; i++)
        if (config->drives[i].interface == INTACT_DRIVE_IDE)
            return true;
    return disk_places_wanted(config);
}

static bool has_many(const struct ata *disk)
{
    return disk->block && !disk->is_cd && disk->sectors > UINT64_C(1024) * ATA_HEADS * ATA_SECTORS;
}

// Two bits for each of four disks: 0 as the disk has it, 1 as large disks do (cylinders up to 1024, with more heads).
uint8_t pc_drives_translation(const struct pc *pc)
{
    enum { TOLD = 4 };
    unsigned bits = 0;
    for (unsigned i = 0; i < pc->drives && i < TOLD; i++)
        bits |= (unsigned)has_many(pc->board.disk_places.places[i].disk) << (2 * i);
    return (uint8_t)bits;
}

void pc_drives_visit(struct pc *pc, struct visit *v)
{
    for (unsigned i = 0; i < pc->drives; i++) {
        visit_enter_numbered(v, "drive", i);
        block_file_visit(&pc->disks[i], v);
        visit_leave(v);
    }
}

void pc_drives_loaded(struct pc *pc)
{
    for (unsigned i = 0; i < pc->drives; i++)
        block_file_loaded(&pc->disks[i]);
}

void pc_drives_close(struct pc *pc)
{
    for (unsigned i = 0; i < pc->drives; i++)
        block_file_close(&pc->disks[i]);
}
