// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See ata.h. Sections are those of ATA/ATAPI-6.
//
// Not modelled: the time that commands and resets take; master and slave at different speeds (DASP, PDIAG); sectors of other
// sizes; the password, host protected area, SMART, streaming, removable media, overlap and power feature sets beyond what
// ata_command.c lists.
//
// Path: devices/storage/ide.c / a backend (include/intact/backend.h)
#include "devices/storage/ata.h"

#include <string.h>

#include "base/bits.h"

enum { TRANSFER_PIO = 0x08, IDLE_STATUS = ATA_DRDY | ATA_DSC, INTERRUPT_REASON_DONE = 3 };
enum { FUA = 0x80 }; // of the device register of a queued write: it is to be on the medium

// --- Blocks of data --------------------------------------------------------------------------------------------------

static bool goes_in(const struct ata *ata)
{
    return ata->phase == ATA_PIO_IN || ata->phase == ATA_DMA_IN;
}

static bool is_dma(const struct ata *ata)
{
    return ata->phase == ATA_DMA_IN || ata->phase == ATA_DMA_OUT;
}

void ata_done(struct ata *ata, uint8_t error)
{
    ata->phase = ATA_IDLE;
    ata->position = ata->length = ata->end = 0;
    ata->left = 0;
    ata->error = error;
    ata->status = IDLE_STATUS | (error ? ATA_ERR : 0);
    ata->interrupt = true;
    if (ata->is_cd)
        ata->count = INTERRUPT_REASON_DONE;
    if (error && !ata->queue_failed && ata_is_queued(ata))
        ata_log_queue(ata);
}

void ata_tell_sector(struct ata *ata, uint64_t sector)
{
    for (unsigned i = 0; i < 3; i++)
        ata->lba[i] = (uint16_t)((sector >> (8 * i) & 0xff) | (ata->extended ? sector >> (8 * i + 24) & 0xff : 0) << 8);
    if (!ata->extended)
        ata->device = (uint8_t)bits_merge(ata->device, sector >> 24, ATA_DEVICE_HEAD);
}

// The registers have the sector that could not be read or written (8.27.6).
static void fail(struct ata *ata, uint8_t error)
{
    ata_tell_sector(ata, ata->sector);
    ata_done(ata, error);
    ata->status |= error == ATA_ABRT ? ATA_DF : 0;
}

static void start_block(struct ata *ata)
{
    uint32_t sectors = ata->left < ata->per_block ? ata->left : ata->per_block;
    ata->position = 0;
    ata->length = ata->end = sectors * ATA_SECTOR;
    ata->status = IDLE_STATUS | ATA_DRQ;
    if (!goes_in(ata))
        return;
    bool failed = ata->block->read(ata->block->owner, ata->sector * ATA_SECTOR, ata->buffer, ata->length) < 0;
    if (failed && ata->is_cd)
        atapi_fail_medium(ata);
    else if (failed)
        fail(ata, ATA_UNC);
    else if (ata->is_cd)
        atapi_tell_part(ata);
}

void ata_begin(struct ata *ata, enum ata_phase phase)
{
    ata->phase = (uint8_t)phase;
    ata->error = 0;
    start_block(ata);
    if (phase == ATA_PIO_IN)
        ata->interrupt = true;
}

static bool write_block(struct ata *ata)
{
    const struct intact_block *block = ata->block;
    if (block->write(block->owner, ata->sector * ATA_SECTOR, ata->buffer, ata->length) < 0)
        return false;
    bool last = ata->left * ATA_SECTOR == ata->length;
    bool cached = ata->write_cache && !(ata_is_queued(ata) && ata->device & FUA);
    return !last || cached || !block->flush || block->flush(block->owner) == 0;
}

// 9.5 to 9.7: the last block of PIO to the host has its interrupt at the beginning.
static void end_block(struct ata *ata)
{
    bool in = goes_in(ata), dma = is_dma(ata);
    if (!in && !write_block(ata)) {
        fail(ata, ATA_ABRT);
        return;
    }
    if (ata->left) { // else the block is no part of the disk
        ata->sector += ata->length / ATA_SECTOR;
        ata->left -= ata->length / ATA_SECTOR;
    }
    if (ata->left) {
        start_block(ata);
        ata->interrupt |= !dma;
        return;
    }
    bool before = ata->interrupt;
    ata_done(ata, 0);
    if (in && !dma && !ata->is_cd) // whose status has an interrupt of its own (9.8)
        ata->interrupt = before;
}

static void moved(struct ata *ata, uint32_t size)
{
    ata->position += size;
    if (ata->position != ata->end)
        return;
    if (ata->phase == ATA_PACKET)
        atapi_execute(ata);
    else if (ata->end < ata->length)
        atapi_tell_part(ata);
    else
        end_block(ata);
}

// --- The data register -----------------------------------------------------------------------------------------------

static bool has_data(struct ata *ata, enum ata_phase phase)
{
    bool has = ata->phase == phase;
    ata->mistakes[ATA_MISTAKE_DATA] += !has;
    return has;
}

// An access of 4 bytes is two of 2: a block may end between them.
uint32_t ata_read_data(struct ata *ata, unsigned size)
{
    uint32_t value = 0;
    for (unsigned at = 0; at < size; at += 2) {
        uint32_t word = 0xffff;
        if (has_data(ata, ATA_PIO_IN)) {
            word = (uint32_t)bytes_get(ata->buffer + ata->position, 2);
            moved(ata, 2);
        }
        value |= word << (8 * at);
    }
    return value;
}

void ata_write_data(struct ata *ata, unsigned size, uint32_t value)
{
    for (unsigned at = 0; at < size; at += 2) {
        if (!has_data(ata, ata->phase == ATA_PACKET ? ATA_PACKET : ATA_PIO_OUT))
            continue;
        bytes_put(ata->buffer + ata->position, 2, value >> (8 * at) & 0xffff);
        moved(ata, 2);
    }
}

// --- DMA -------------------------------------------------------------------------------------------------------------

uint32_t ata_dma_size(const struct ata *ata, bool in)
{
    return ata->phase == (in ? ATA_DMA_IN : ATA_DMA_OUT) ? ata->length - ata->position : 0;
}

uint8_t *ata_dma_data(struct ata *ata)
{
    return ata->buffer + ata->position;
}

void ata_dma_moved(struct ata *ata, uint32_t size)
{
    moved(ata, size);
}

uint32_t ata_pio_size(const struct ata *ata)
{
    return ata->phase == ATA_IDLE || is_dma(ata) ? 0 : ata->end - ata->position;
}

bool ata_is_last(const struct ata *ata)
{
    return ata->end == ata->length && (!ata->left || ata->left * ATA_SECTOR == ata->length);
}

// --- Registers -------------------------------------------------------------------------------------------------------

static uint16_t *pair(struct ata *ata, enum ata_register at)
{
    return at == ATA_FEATURES ? &ata->features : at == ATA_COUNT ? &ata->count : &ata->lba[at - ATA_LBA_LOW];
}

uint8_t ata_read(const struct ata *ata, enum ata_register at, bool previous)
{
    switch (at) {
    case ATA_ERROR: return ata->error;
    case ATA_COUNT: return (uint8_t)(ata->count >> (previous ? 8 : 0));
    case ATA_LBA_LOW:
    case ATA_LBA_MID:
    case ATA_LBA_HIGH: return (uint8_t)(ata->lba[at - ATA_LBA_LOW] >> (previous ? 8 : 0));
    case ATA_DEVICE: return ata->device | 0xa0; // obsolete, and read as written by most: ones
    case ATA_STATUS: return ata->status;
    default: return 0xff;
    }
}

void ata_write(struct ata *ata, enum ata_register at, uint8_t value)
{
    switch (at) {
    case ATA_FEATURES:
    case ATA_COUNT:
    case ATA_LBA_LOW:
    case ATA_LBA_MID:
    case ATA_LBA_HIGH: *pair(ata, at) = (uint16_t)(*pair(ata, at) << 8 | value); break;
    case ATA_DEVICE: ata->device = value; break;
    default: break;
    }
}

// --- Life ------------------------------------------------------------------------------------------------------------

static void init(struct ata *ata, const struct intact_block *block, const char *serial, bool is_cd)
{
    memset(ata, 0, sizeof *ata);
    ata->is_cd = is_cd;
    ata->block = block;
    ata->sectors = block ? block->size / ATA_SECTOR : 0;
    memset(ata->serial, ' ', sizeof ata->serial);
    memcpy(ata->serial, serial, strnlen(serial, sizeof ata->serial));
    ata_reset(ata);
}

void ata_init(struct ata *ata, const struct intact_block *block, const char *serial)
{
    init(ata, block, serial, false);
}

void ata_init_cd(struct ata *ata, const struct intact_block *block, const char *serial)
{
    init(ata, block, serial, true);
}

void ata_init_serial(struct ata *ata, const struct intact_block *block, const char *serial, bool cd)
{
    init(ata, block, serial, cd);
    ata->is_serial = true;
}

// 9.12: the signature of a device without packets or with them, and diagnostic code 01h.
void ata_soft_reset(struct ata *ata)
{
    ata->phase = ATA_IDLE;
    ata->position = ata->length = ata->end = 0;
    ata->left = 0;
    ata->features = 0;
    ata->device = 0;
    ata->queue_failed = false;
    ata->error = ATA_PASSED;
    ata->count = ata->lba[0] = 1;
    ata->lba[1] = ata->is_cd ? 0x14 : 0;
    ata->lba[2] = ata->is_cd ? 0xeb : 0;
    ata->status = ata->is_cd ? 0 : IDLE_STATUS;
    ata->interrupt = false;
}

void ata_reset(struct ata *ata)
{
    ata_soft_reset(ata);
    ata->extended = false;
    ata->command = ata->per_block = 0;
    ata->sector = 0;
    memset(ata->buffer, 0, sizeof ata->buffer);
    ata->multiple = 0;
    ata->transfer_mode = TRANSFER_PIO;
    ata->heads = ATA_HEADS;
    ata->sectors_per_track = ATA_SECTORS;
    ata->write_cache = ata->look_ahead = true;
    ata->by_dma = false;
    ata->limit = 0;
    ata->sense_key = ata->sense_code = 0;
    memset(ata->queue_log, 0, sizeof ata->queue_log);
}

// Whole sectors, of those that are left.
static bool good_length(const struct ata *ata)
{
    uint32_t sectors = ata->length / ATA_SECTOR;
    if (ata->is_cd)
        return ata->length <= ATA_BLOCK && (ata->length != 0) == (ata->phase != ATA_IDLE);
    if (ata->phase == ATA_IDLE || ata->length % ATA_SECTOR)
        return ata->length == 0;
    return sectors >= 1 && sectors <= ATA_MULTIPLE && (!ata->left || sectors <= ata->left);
}

void ata_visit(struct ata *ata, struct visit *v)
{
    VISIT(v, ata->features);
    VISIT(v, ata->error);
    VISIT(v, ata->device);
    VISIT(v, ata->status);
    VISIT(v, ata->count);
    VISIT_ARRAY(v, ata->lba);
    VISIT(v, ata->interrupt);
    VISIT(v, ata->command);
    VISIT_BELOW(v, ata->phase, ATA_PHASES);
    VISIT(v, ata->extended);
    VISIT_BELOW(v, ata->sector, ata->sectors + 1);
    VISIT_VALID(v, ata->left, ata->left <= ata->sectors - ata->sector);
    VISIT_VALID(v, ata->per_block, ata->per_block <= ATA_MULTIPLE && (ata->per_block || !ata->left));
    VISIT_VALID(v, ata->length, good_length(ata));
    VISIT_VALID(v, ata->end, ata->end <= (ata->length + 1) / 2 * 2);
    VISIT_VALID(v, ata->position, ata->phase == ATA_IDLE ? !ata->position : ata->position < ata->end);
    VISIT_ARRAY(v, ata->buffer);
    VISIT_BELOW(v, ata->multiple, ATA_MULTIPLE + 1);
    VISIT(v, ata->transfer_mode);
    VISIT_VALID(v, ata->heads, ata->heads >= 1 && ata->heads <= ATA_HEADS);
    VISIT_VALID(v, ata->sectors_per_track, ata->sectors_per_track >= 1);
    VISIT(v, ata->write_cache);
    VISIT(v, ata->look_ahead);
    VISIT(v, ata->queue_failed);
    VISIT_ARRAY(v, ata->queue_log);
    VISIT(v, ata->by_dma);
    VISIT(v, ata->limit);
    VISIT(v, ata->sense_key);
    VISIT(v, ata->sense_code);
    VISIT_ARRAY(v, ata->mistakes);
}
