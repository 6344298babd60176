// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A command from its CDB to its status. See scsi.h.
//
// Not modelled: queues of tasks and their order (each command ends before the next begins), reservations, MODE SELECT, sectors of
// other sizes than 512 bytes (a CD's have 2048), a change of a CD, ALUA and other tables of MAINTENANCE IN.
#include "devices/storage/scsi.h"

#include <string.h>

#include "devices/storage/mmc.h"
#include "devices/storage/scsi_inside.h"

enum { TEST_UNIT_READY = 0x00, REQUEST_SENSE = 0x03, INQUIRY = 0x12, REPORT_LUNS = 0xa0 };

void scsi_fail(struct scsi_result *result, uint8_t key, uint8_t code)
{
    result->status = SCSI_CHECK_CONDITION;
    memset(result->sense, 0, sizeof result->sense);
    result->sense[0] = 0x70; // SPC-4, 4.5.3: current, fixed format
    result->sense[2] = key;
    result->sense[7] = SCSI_SENSE - 8;
    result->sense[12] = code;
}

void scsi_bad(struct scsi_command *command, uint8_t key, uint8_t code)
{
    command->unit->failed++;
    scsi_fail(command->result, key, code);
}

void scsi_reply(struct scsi_command *command, const uint8_t *answer, uint64_t size, uint64_t room)
{
    const struct scsi_data *data = command->data;
    uint64_t wanted = size < room ? size : room, moved = wanted < data->in_size ? wanted : data->in_size;
    command->result->wanted = wanted;
    command->result->moved = moved;
    command->result->broken = moved && !data->put(data->owner, 0, answer, (size_t)moved);
}

bool scsi_parameters(struct scsi_command *command, uint8_t *parameters, uint64_t size)
{
    const struct scsi_data *data = command->data;
    command->result->wanted = size;
    if (size > data->out_size) {
        scsi_bad(command, SCSI_ILLEGAL, SCSI_BAD_LENGTH);
        return false;
    }
    command->result->moved = size;
    command->result->broken = size && !data->get(data->owner, 0, parameters, (size_t)size);
    return !command->result->broken;
}

static bool run_mmc(struct scsi_command *command)
{
    uint8_t out[MMC_ANSWER];
    uint32_t size, room;
    switch (mmc_answer(command->cdb, (uint32_t)scsi_blocks(command->unit), out, &size, &room)) {
    case MMC_DONE: scsi_reply(command, out, size, room); return true;
    case MMC_ILLEGAL: scsi_bad(command, SCSI_ILLEGAL, SCSI_BAD_FIELD); return true;
    case MMC_NOT_READY: scsi_bad(command, SCSI_NOT_READY, SCSI_NO_MEDIUM); return true;
    case MMC_UNKNOWN: break;
    }
    return false;
}

void scsi_execute(struct scsi_unit *unit, const uint8_t *cdb, const struct scsi_data *data, struct scsi_result *result)
{
    struct scsi_command command = { unit, cdb, data, result };
    *result = (struct scsi_result){ .status = SCSI_GOOD };
    // SAM-5, 5.14: three commands do not report a unit attention; REQUEST SENSE has it in its data
    bool asks = cdb[0] == INQUIRY || cdb[0] == REPORT_LUNS || cdb[0] == REQUEST_SENSE;
    if (unit->attention && !asks) {
        unit->attention = false;
        scsi_bad(&command, SCSI_ATTENTION, SCSI_WAS_RESET);
        return;
    }
    if (scsi_common(&command) || (unit->cd && run_mmc(&command)) || scsi_blocks_execute(&command))
        return;
    scsi_bad(&command, SCSI_ILLEGAL, SCSI_BAD_COMMAND);
}

void scsi_init(struct scsi_unit *unit, const struct intact_block *block, const char *serial, bool cd)
{
    memset(unit, 0, sizeof *unit);
    unit->block = block;
    unit->cd = cd;
    unit->block_size = cd ? MMC_SECTOR : INTACT_BLOCK_SECTOR;
    if (serial)
        memcpy(unit->serial, serial, strnlen(serial, sizeof unit->serial));
    scsi_reset(unit);
}

void scsi_reset(struct scsi_unit *unit)
{
    unit->attention = true;
}

void scsi_visit(struct scsi_unit *unit, struct visit *v)
{
    VISIT(v, unit->attention);
    VISIT(v, unit->failed);
}
