// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the scsi*.c share.
#ifndef DEVICES_STORAGE_SCSI_INSIDE_H
#define DEVICES_STORAGE_SCSI_INSIDE_H

#include "base/bits.h"
#include "devices/storage/scsi.h"

// A command that is executed.
struct scsi_command {
    struct scsi_unit *unit;
    const uint8_t *cdb;
    const struct scsi_data *data;
    struct scsi_result *result;
};

// Numbers are big-endian.
static inline uint64_t scsi_get(const uint8_t *at, unsigned size)
{
    uint64_t value = 0;
    while (size--)
        value = value << 8 | *at++;
    return value;
}

static inline void scsi_put(uint8_t *at, unsigned size, uint64_t value)
{
    while (size--)
        *at++ = (uint8_t)(value >> (8 * size));
}

static inline uint64_t scsi_blocks(const struct scsi_unit *unit)
{
    return unit->block->size / unit->block_size;
}

void scsi_bad(struct scsi_command *command, uint8_t key, uint8_t code);
// Gives the answer, of which the host takes `room` bytes (the allocation length of the CDB).
void scsi_reply(struct scsi_command *command, const uint8_t *answer, uint64_t size, uint64_t room);
// Takes `size` bytes of parameters. False: the command has failed.
bool scsi_parameters(struct scsi_command *command, uint8_t *parameters, uint64_t size);

// Executes a command of its own list. False: it is not in there.
bool scsi_common(struct scsi_command *command);         // scsi_common.c
bool scsi_blocks_execute(struct scsi_command *command); // scsi_blocks.c

#endif
