// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A board's SMBIOS tables: made once from its configuration, and handed to a firmware by fw_cfg or put into memory.
#ifndef MACHINE_BOARD_SMBIOS_TABLES_H
#define MACHINE_BOARD_SMBIOS_TABLES_H

#include "devices/fw_cfg.h"
#include "machine/tables/smbios.h"

struct board;

struct smbios_tables {
    uint8_t *bytes; // NULL: not made yet
    struct smbios_sizes sizes;
    uint8_t anchor[SMBIOS_ENTRY_21_SIZE]; // for fw_cfg
};

// All three: `ram` is where the machine's RAM is. 0, or a negative errno with a line in board->error.
// etc/smbios/smbios-anchor and smbios-tables: QEMU's names, which firmware looks for. `old`: version 2.1 of the entry point.
int smbios_tables_add(struct board *board, const struct smbios_range *ram, struct fw_cfg *fw, bool old);
// Both entry points at `address`, with the tables behind them, in `room` bytes.
int smbios_tables_put(struct board *board, const struct smbios_range *ram, uint64_t address, size_t room);
void smbios_tables_free(struct smbios_tables *tables);

#endif
