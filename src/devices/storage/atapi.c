// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A CD drive: the PACKET command (ATA/ATAPI-6, 8.23 and 9.8) and the commands in packets. MMC-3 (INCITS 360-2002), 6; SPC-2
// (INCITS 351-2001), 7: those whose section begins with "SPC".
//
//     register   C/D (bit 0) and I/O (bit 1) of COUNT, the interrupt reason
//     PACKET  ── 1: the host writes 12 bytes ── 2: it reads as many bytes as LBA mid and high say, as often as DRQ comes
//             ── 3: done, with ERR if REQUEST SENSE has something to say
//
// A medium of no sectors is none: the tray is empty.
//
// Not modelled: audio, writing, sectors of other sizes than 2048 bytes, a change of the medium (its tray stays as it is), UNIT
// ATTENTION after a reset, overlap.
#include <string.h>

#include "base/bits.h"
#include "devices/storage/ata.h"
#include "devices/storage/mmc.h"

enum { COMMAND_OUT = 1, DATA_IN = 2 };
enum { BY_DMA = 1 }; // of the features register
enum { SENSE_NOT_READY = 2, SENSE_MEDIUM = 3, SENSE_ILLEGAL = 5 };
enum { READ_ERROR = 0x11, INVALID_COMMAND = 0x20, OUT_OF_RANGE = 0x21, INVALID_FIELD = 0x24, NO_MEDIUM = 0x3a };
enum { PER_CD_SECTOR = ATAPI_SECTOR / ATA_SECTOR };

// --- How a packet ends -----------------------------------------------------------------------------------------------

static void good(struct ata *ata)
{
    ata->sense_key = ata->sense_code = 0;
    ata_done(ata, 0);
}

static void bad(struct ata *ata, uint8_t key, uint8_t code)
{
    ata->sense_key = key;
    ata->sense_code = code;
    ata_done(ata, (uint8_t)(key << 4 | ATA_ABRT));
}

void atapi_fail_medium(struct ata *ata)
{
    bad(ata, SENSE_MEDIUM, READ_ERROR);
}

// 9.8: the byte count of each DRQ is even, but for that of the last one.
void atapi_tell_part(struct ata *ata)
{
    uint32_t limit = ata->limit > 1 ? ata->limit & ~1u : 0xfffe, left = ata->length - ata->position;
    uint32_t bytes = left < limit ? left : limit;
    ata->end = ata->length;
    if (ata->phase == ATA_DMA_IN)
        return;
    ata->end = ata->position + (uint32_t)align_up(bytes, 2);
    ata->count = DATA_IN;
    ata->lba[1] = bytes & 0xff;
    ata->lba[2] = (uint16_t)(bytes >> 8);
    ata->interrupt = true;
}

// The answer is in the buffer; the host takes at most `room` bytes of it.
static void reply(struct ata *ata, uint32_t size, uint32_t room)
{
    ata->sense_key = ata->sense_code = 0;
    if (room == 0) {
        good(ata);
        return;
    }
    ata->phase = ata->by_dma ? ATA_DMA_IN : ATA_PIO_IN;
    ata->left = 0;
    ata->position = 0;
    ata->length = size < room ? size : room;
    ata->error = 0;
    ata->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
    atapi_tell_part(ata);
}

static uint8_t *blank(struct ata *ata)
{
    memset(ata->buffer, 0, sizeof ata->buffer);
    return ata->buffer;
}

static uint32_t big(const uint8_t *at, unsigned size)
{
    uint32_t value = 0;
    while (size--)
        value = value << 8 | *at++;
    return value;
}

static uint32_t cd_sectors(const struct ata *ata)
{
    return (uint32_t)(ata->sectors / PER_CD_SECTOR);
}

// --- Commands --------------------------------------------------------------------------------------------------------

static void done(struct ata *ata, const uint8_t *packet)
{
    (void)packet;
    good(ata);
}

// SPC 7.20, fixed format.
static void request_sense(struct ata *ata, const uint8_t *packet)
{
    uint8_t key = ata->sense_key, code = ata->sense_code, *out = blank(ata);
    out[0] = 0x70;
    out[2] = key;
    out[7] = 10;
    out[12] = code;
    reply(ata, 18, packet[4]);
}

// SPC 7.3.
static void inquiry(struct ata *ata, const uint8_t *packet)
{
    static const char names[] = "INTACT  CD-ROM          1.0 ";
    uint8_t *out = blank(ata);
    if (packet[1] & 3) {
        bad(ata, SENSE_ILLEGAL, INVALID_FIELD);
        return;
    }
    out[0] = 0x05;
    out[1] = 0x80; // removable
    out[3] = 0x21; // ATAPI, format 1
    out[4] = 31;
    memcpy(out + 8, names, sizeof names - 1);
    reply(ata, 36, big(packet + 3, 2));
}

static void read_sectors(struct ata *ata, uint32_t first, uint32_t count)
{
    uint32_t all = cd_sectors(ata);
    if (first > all || count > all - first) {
        ata->mistakes[ATA_MISTAKE_RANGE]++;
        bad(ata, SENSE_ILLEGAL, OUT_OF_RANGE);
        return;
    }
    ata->sense_key = ata->sense_code = 0;
    if (count == 0) {
        good(ata);
        return;
    }
    ata->sector = (uint64_t)first * PER_CD_SECTOR;
    ata->left = count * PER_CD_SECTOR;
    ata->per_block = ATA_MULTIPLE;
    ata_begin(ata, ata->by_dma ? ATA_DMA_IN : ATA_PIO_IN);
}

static void read_10(struct ata *ata, const uint8_t *packet)
{
    read_sectors(ata, big(packet + 2, 4), big(packet + 7, 2));
}

static void read_12(struct ata *ata, const uint8_t *packet)
{
    read_sectors(ata, big(packet + 2, 4), big(packet + 6, 4));
}

static void seek(struct ata *ata, const uint8_t *packet)
{
    if (big(packet + 2, 4) < cd_sectors(ata))
        good(ata);
    else
        bad(ata, SENSE_ILLEGAL, OUT_OF_RANGE);
}

// --- The list --------------------------------------------------------------------------------------------------------

static const struct packet_command {
    uint8_t code;
    const char *name;
    void (*run)(struct ata *ata, const uint8_t *packet);
    bool needs_medium;
} commands[] = {
    { 0x00, "TEST UNIT READY", done, true },
    { 0x03, "REQUEST SENSE", request_sense, false },
    { 0x12, "INQUIRY", inquiry, false },
    { 0x1b, "START STOP UNIT", done, false },
    { 0x1e, "PREVENT ALLOW MEDIUM REMOVAL", done, false },
    { 0x28, "READ (10)", read_10, true },
    { 0x2b, "SEEK (10)", seek, true },
    { 0xa8, "READ (12)", read_12, true },
};

void atapi_begin(struct ata *ata)
{
    ata->by_dma = ata->features & BY_DMA;
    ata->limit = (uint16_t)((ata->lba[1] & 0xff) | (ata->lba[2] & 0xff) << 8);
    ata->phase = ATA_PACKET;
    ata->position = 0;
    ata->length = ata->end = ATAPI_PACKET;
    ata->error = 0;
    ata->count = COMMAND_OUT;
    ata->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
}

static void answer(struct ata *ata, const uint8_t *packet)
{
    uint32_t size, room;
    switch (mmc_answer(packet, cd_sectors(ata), ata->buffer, &size, &room)) {
    case MMC_DONE: reply(ata, size, room); return;
    case MMC_ILLEGAL: bad(ata, SENSE_ILLEGAL, INVALID_FIELD); return;
    case MMC_NOT_READY: bad(ata, SENSE_NOT_READY, NO_MEDIUM); return;
    case MMC_UNKNOWN: break;
    }
    ata->mistakes[ATA_MISTAKE_COMMAND]++;
    bad(ata, SENSE_ILLEGAL, INVALID_COMMAND);
}

void atapi_execute(struct ata *ata)
{
    uint8_t packet[ATAPI_PACKET];
    memcpy(packet, ata->buffer, sizeof packet);
    for (unsigned i = 0; i < countof(commands); i++)
        if (commands[i].code == packet[0]) {
            if (commands[i].needs_medium && !ata->sectors)
                bad(ata, SENSE_NOT_READY, NO_MEDIUM);
            else
                commands[i].run(ata, packet);
            return;
        }
    answer(ata, packet);
}
