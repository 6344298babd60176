// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Reading and writing the blocks of a SCSI unit, SBC-3.
//
//     code        LBA at   blocks at, bytes
//     READ (6)    1, 3     4, 1 (0: 256)
//     READ (10)   2, 4     7, 2
//     READ (12)   2, 4     6, 4
//     READ (16)   2, 8     10, 4                                and WRITE, VERIFY, SYNCHRONIZE CACHE, WRITE SAME likewise
#include <string.h>

#include "devices/storage/scsi_inside.h"

enum { PIECE = 65536, FUA = 0x08, UNMAP_BIT = 0x08, NO_DATA = 0x01, BYTE_CHECK = 0x06 };

struct range {
    uint64_t block, count;
};

// By the group code of the CDB, the three upper bits of its first byte.
static struct range range_of(const uint8_t *cdb)
{
    switch (cdb[0] >> 5) {
    case 0: return (struct range){ scsi_get(cdb + 1, 3) & bits_low(21), cdb[4] ? cdb[4] : 256 };
    case 4: return (struct range){ scsi_get(cdb + 2, 8), scsi_get(cdb + 10, 4) };
    case 5: return (struct range){ scsi_get(cdb + 2, 4), scsi_get(cdb + 6, 4) };
    default: return (struct range){ scsi_get(cdb + 2, 4), scsi_get(cdb + 7, 2) };
    }
}

// Within the disk? If not, the command has failed.
static bool is_there(struct scsi_command *command, const struct range *range)
{
    uint64_t all = scsi_blocks(command->unit);
    if (!all)
        scsi_bad(command, SCSI_NOT_READY, SCSI_NO_MEDIUM);
    else if (range->block > all || range->count > all - range->block)
        scsi_bad(command, SCSI_ILLEGAL, SCSI_OUT_OF_RANGE);
    else
        return true;
    return false;
}

static bool is_writable(struct scsi_command *command)
{
    if (!command->unit->block->readonly)
        return true;
    scsi_bad(command, SCSI_PROTECT, SCSI_WRITE_PROTECTED);
    return false;
}

static void flush(struct scsi_command *command)
{
    const struct intact_block *block = command->unit->block;
    if (block->flush && block->flush(block->owner) < 0)
        scsi_bad(command, SCSI_MEDIUM_ERROR, SCSI_WRITE_ERROR);
}

static size_t piece_of(uint64_t left)
{
    return left < PIECE ? (size_t)left : PIECE;
}

// --- Reading and writing -----------------------------------------------------------------------------------------------

// Blocks for which the host has no room are read nevertheless: they may be bad.
static void read_blocks(struct scsi_command *command)
{
    struct scsi_unit *unit = command->unit;
    const struct scsi_data *data = command->data;
    struct range range = range_of(command->cdb);
    uint8_t piece[PIECE];
    if (!is_there(command, &range))
        return;
    uint64_t offset = range.block * unit->block_size, all = range.count * unit->block_size;
    uint64_t room = all < data->in_size ? all : data->in_size;
    command->result->wanted = all;
    while (command->result->moved < room) {
        size_t part = piece_of(room - command->result->moved), size = (size_t)align_up(part, INTACT_BLOCK_SECTOR);
        if (unit->block->read(unit->block->owner, offset + command->result->moved, piece, size) < 0) {
            scsi_bad(command, SCSI_MEDIUM_ERROR, SCSI_READ_ERROR);
            return;
        }
        if (!data->put(data->owner, command->result->moved, piece, part)) {
            command->result->broken = true;
            return;
        }
        command->result->moved += part;
    }
}

static void write_blocks(struct scsi_command *command)
{
    struct scsi_unit *unit = command->unit;
    const struct scsi_data *data = command->data;
    struct range range = range_of(command->cdb);
    uint8_t piece[PIECE];
    if (!is_writable(command) || !is_there(command, &range))
        return;
    uint64_t offset = range.block * unit->block_size, all = range.count * unit->block_size;
    uint64_t there = align_down(all < data->out_size ? all : data->out_size, unit->block_size);
    command->result->wanted = all;
    while (command->result->moved < there) {
        size_t part = piece_of(there - command->result->moved);
        if (!data->get(data->owner, command->result->moved, piece, part)) {
            command->result->broken = true;
            return;
        }
        if (unit->block->write(unit->block->owner, offset + command->result->moved, piece, part) < 0) {
            scsi_bad(command, SCSI_MEDIUM_ERROR, SCSI_WRITE_ERROR);
            return;
        }
        command->result->moved += part;
    }
    if (command->cdb[0] >> 5 != 0 && command->cdb[1] & FUA)
        flush(command);
}

// What is there can be read; a comparison with data of the host (BYTCHK) is not made.
static void verify(struct scsi_command *command)
{
    struct range range = range_of(command->cdb);
    if (command->cdb[1] & BYTE_CHECK)
        scsi_bad(command, SCSI_ILLEGAL, SCSI_BAD_FIELD);
    else
        is_there(command, &range);
}

static void synchronize(struct scsi_command *command)
{
    struct range range = range_of(command->cdb);
    if (is_there(command, &range))
        flush(command);
}

// --- Zeroes and ranges that are no longer needed -----------------------------------------------------------------------

static int discard(const struct scsi_unit *unit, const struct range *range)
{
    const struct intact_block *block = unit->block;
    return block->discard
               ? block->discard(block->owner, range->block * unit->block_size, range->count * unit->block_size)
               : 0;
}

static int zero(const struct scsi_unit *unit, const struct range *range, bool release)
{
    const struct intact_block *block = unit->block;
    return block->zero(block->owner, range->block * unit->block_size, range->count * unit->block_size, release);
}

static int repeat(const struct scsi_unit *unit, const struct range *range, const uint8_t *bytes)
{
    const struct intact_block *block = unit->block;
    int result = 0;
    for (uint64_t i = 0; i < range->count && result == 0; i++)
        result = block->write(block->owner, (range->block + i) * unit->block_size, bytes, unit->block_size);
    return result;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

// WRITE SAME, SBC-3 5.42 and 5.43: one block many times; none is sent with NDOB, which means zeroes.
static void write_same(struct scsi_command *command)
{
    enum { MOST = 0x7fff };
    const struct scsi_unit *unit = command->unit;
    struct range range = range_of(command->cdb);
    uint8_t bytes[INTACT_BLOCK_SECTOR] = { 0 };
    bool none = command->cdb[0] >> 5 == 4 && command->cdb[1] & NO_DATA;
    if (!is_writable(command) || !is_there(command, &range))
        return;
    if (range.count > MOST || range.count == 0) {
        scsi_bad(command, SCSI_ILLEGAL, SCSI_BAD_FIELD);
        return;
    }
    if (!none && !scsi_parameters(command, bytes, unit->block_size))
        return;
    bool zeroes = unit->block->zero && is_zero(bytes, sizeof bytes);
    int result = zeroes ? zero(unit, &range, command->cdb[1] & UNMAP_BIT) : repeat(unit, &range, bytes);
    if (result < 0)
        scsi_bad(command, SCSI_MEDIUM_ERROR, SCSI_WRITE_ERROR);
}

// SBC-3, 5.35: a header of 8 bytes, then descriptors of 16.
static void unmap(struct scsi_command *command)
{
    enum { HEADER = 8, DESCRIPTOR = 16, MOST = 255 };
    uint8_t list[HEADER + DESCRIPTOR * MOST];
    uint64_t size = scsi_get(command->cdb + 7, 2);
    if (!is_writable(command) || size == 0)
        return;
    if (size < HEADER || size > sizeof list) {
        scsi_bad(command, SCSI_ILLEGAL, SCSI_BAD_LENGTH);
        return;
    }
    if (!scsi_parameters(command, list, size))
        return;
    uint64_t length = scsi_get(list + 2, 2);
    if (length > size - HEADER) {
        scsi_bad(command, SCSI_ILLEGAL, SCSI_BAD_PARAMETER);
        return;
    }
    for (uint64_t at = HEADER; at + DESCRIPTOR <= HEADER + length; at += DESCRIPTOR) {
        const struct range range = { scsi_get(list + at, 8), scsi_get(list + at + 8, 4) };
        if (!is_there(command, &range))
            return;
        if (discard(command->unit, &range) < 0) {
            scsi_bad(command, SCSI_MEDIUM_ERROR, SCSI_WRITE_ERROR);
            return;
        }
    }
}

// --- Size --------------------------------------------------------------------------------------------------------------

static void read_capacity(struct scsi_command *command)
{
    uint64_t last = scsi_blocks(command->unit) - 1;
    uint8_t out[8];
    scsi_put(out, 4, last < UINT32_MAX ? last : UINT32_MAX);
    scsi_put(out + 4, 4, command->unit->block_size);
    scsi_reply(command, out, sizeof out, sizeof out);
}

// SERVICE ACTION IN (16), 10h: READ CAPACITY (16).
static void read_capacity_16(struct scsi_command *command)
{
    uint8_t out[32] = { 0 };
    if ((command->cdb[1] & 0x1f) != 0x10) {
        scsi_bad(command, SCSI_ILLEGAL, SCSI_BAD_FIELD);
        return;
    }
    scsi_put(out, 8, scsi_blocks(command->unit) - 1);
    scsi_put(out + 8, 4, command->unit->block_size);
    out[14] = command->unit->block->discard ? 0xc0 : 0; // LBPME, LBPRZ
    scsi_reply(command, out, sizeof out, scsi_get(command->cdb + 10, 4));
}

static const struct {
    uint8_t code;
    const char *name;
    void (*run)(struct scsi_command *command);
    bool of_cds;
} commands[] = {
    { 0x08, "READ (6)", read_blocks, true },
    { 0x0a, "WRITE (6)", write_blocks, false },
    { 0x25, "READ CAPACITY (10)", read_capacity, false }, // of CDs: mmc.c
    { 0x28, "READ (10)", read_blocks, true },
    { 0x2a, "WRITE (10)", write_blocks, false },
    { 0x2f, "VERIFY (10)", verify, true },
    { 0x35, "SYNCHRONIZE CACHE (10)", synchronize, false },
    { 0x41, "WRITE SAME (10)", write_same, false },
    { 0x42, "UNMAP", unmap, false },
    { 0x88, "READ (16)", read_blocks, false },
    { 0x8a, "WRITE (16)", write_blocks, false },
    { 0x8f, "VERIFY (16)", verify, false },
    { 0x91, "SYNCHRONIZE CACHE (16)", synchronize, false },
    { 0x93, "WRITE SAME (16)", write_same, false },
    { 0x9e, "SERVICE ACTION IN (16)", read_capacity_16, false },
    { 0xa8, "READ (12)", read_blocks, true },
    { 0xaa, "WRITE (12)", write_blocks, false },
};

bool scsi_blocks_execute(struct scsi_command *command)
{
    for (unsigned i = 0; i < countof(commands); i++)
        if (commands[i].code == command->cdb[0] && (commands[i].of_cds || !command->unit->cd)) {
            commands[i].run(command);
            return true;
        }
    return false;
}
