// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A flash bank on a memory bus: the chips, their contents in host memory, and the file that holds the contents.
//
//     vCPU reads, runs   --> contents              as long as the chips show their array
//     vCPU writes, reads --> devices/cfi_flash.c   --> contents --> file
#ifndef MACHINE_BOARD_FLASH_BANK_H
#define MACHINE_BOARD_FLASH_BANK_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/machine.h>

#include "base/bus.h"
#include "base/error.h"
#include "base/storage.h"
#include "base/visit.h"
#include "devices/cfi_flash.h"

struct flash_kind {
    const struct cfi_flash_type *type;
    uint64_t size; // bytes of a bank; 0: as many as its file has, whole blocks
    uint64_t limit;
};

struct flash_bank {
    struct cfi_flash chips;
    struct region region;
    struct bus *bus;
    uint8_t *contents; // NULL: there is no such bank
    uint64_t size;
    struct storage storage; // the same
    int file;               // for writes, -1: none
};

// The drive that is bank `unit`. NULL: none is.
const struct intact_drive_config *flash_bank_drive(const struct intact_machine_config *config, unsigned unit);

// Reads the contents from `bios` (changes are not saved) or `drive`; without either a bank of fixed size is erased. The
// rest after a shorter file is erased too; one that the guest may write must be as large as the bank, and is changed
// unless the machine `replays`. A negative errno with a line in `error`; flash_bank_close in either case.
int flash_bank_open(struct flash_bank *bank, const struct flash_kind *kind, const struct intact_drive_config *drive,
                    const char *bios, bool replays, struct error *error);
void flash_bank_close(struct flash_bank *bank);

// Puts it on the bus.
int flash_bank_map(struct flash_bank *bank, struct bus *bus, uint64_t base);

void flash_bank_reset(struct flash_bank *bank, uint64_t now);

// With the contents; flash_bank_loaded follows a load.
void flash_bank_visit(struct flash_bank *bank, struct visit *v);
void flash_bank_loaded(struct flash_bank *bank);

#endif
