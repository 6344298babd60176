// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The files of fw_cfg that the configuration adds (-fw_cfg, a ramfb, bootindex), on any machine that has it.
#ifndef MACHINE_BOARD_FW_CFG_FILES_H
#define MACHINE_BOARD_FW_CFG_FILES_H

#include <intact/machine.h>

#include "devices/fw_cfg.h"
#include "machine/boot/image.h"

struct board;

struct fw_cfg_files {
    struct image images[INTACT_FW_CFG_MAX]; // what was read, for all resets
    struct ramfb *ramfb;                    // NULL: there is none
    struct image ramfb_rom;                 // the BIOS that shows a PC's screen in it
};

// Adds them to `fw`, which has the machine's own. 0, or a negative errno with a line in board->error.
int fw_cfg_files_add(struct board *board, struct fw_cfg *fw);
void fw_cfg_files_free(struct fw_cfg_files *files);

#endif
