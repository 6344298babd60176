// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ATA/ATAPI-6, 8.15.8, table 27, and 8.16.8, table 28: the words of IDENTIFY DEVICE and IDENTIFY PACKET DEVICE that are not 0.
#include <string.h>

#include "base/bits.h"
#include "devices/storage/ata.h"

static void put(uint8_t *out, unsigned word, uint64_t value)
{
    bytes_put(out + 2 * word, 2, value & 0xffff);
}

// Characters are in the order of the bus: the first one is in the upper byte of its word.
static void put_text(uint8_t *out, unsigned word, unsigned words, const char *text, size_t size)
{
    for (unsigned i = 0; i < 2 * words; i++)
        out[2 * word + (i ^ 1)] = i < size ? (uint8_t)text[i] : ' ';
}

static void put_names(const struct ata *ata, uint8_t *out)
{
    static const char disk[] = "INTACT HARDDISK", cd[] = "INTACT CD-ROM", revision[] = "1.0";
    put_text(out, 10, 10, ata->serial, sizeof ata->serial);
    put_text(out, 23, 4, revision, sizeof revision - 1);
    if (ata->is_cd)
        put_text(out, 27, 20, cd, sizeof cd - 1);
    else
        put_text(out, 27, 20, disk, sizeof disk - 1);
}

static uint64_t at_most(uint64_t value, uint64_t limit)
{
    return value < limit ? value : limit;
}

// Words 1, 3 and 6 are the default translation; 54 to 58 the current one.
static void put_geometry(const struct ata *ata, uint8_t *out)
{
    unsigned heads = ata->heads, sectors = ata->sectors_per_track;
    uint64_t current = at_most(ata->sectors / (heads * sectors), 65535), capacity = current * heads * sectors;
    uint64_t small = at_most(ata->sectors, 0x0fffffff);
    put(out, 1, at_most(ata->sectors / (ATA_HEADS * ATA_SECTORS), 16383));
    put(out, 3, ATA_HEADS);
    put(out, 6, ATA_SECTORS);
    put(out, 54, current);
    put(out, 55, heads);
    put(out, 56, sectors);
    put(out, 57, capacity);
    put(out, 58, capacity >> 16);
    put(out, 60, small);
    put(out, 61, small >> 16);
    for (unsigned i = 0; i < 4; i++)
        put(out, 100 + i, ata->sectors >> (16 * i));
}

// The mode that is chosen is one bit of word 63 or 88.
static void put_modes(const struct ata *ata, uint8_t *out)
{
    unsigned chosen = 0x100u << (ata->transfer_mode & 7), kind = ata->transfer_mode >> 3;
    put(out, 53, 0x0007); // 54-58, 64-70 and 88 are valid
    put(out, 63, 0x0007 | (kind == 4 ? chosen : 0));
    put(out, 64, 0x0003); // PIO modes 3 and 4
    for (unsigned i = 65; i <= 68; i++)
        put(out, i, 120); // ns of a cycle
    put(out, 88, 0x003f | (kind == 8 ? chosen : 0));
    if (!ata->is_serial)
        put(out, 93, 0x6001); // a cable of 80 wires; device 0 or 1 has passed
}

static void put_features(const struct ata *ata, uint8_t *out)
{
    put(out, 47, 0x8000 | ATA_MULTIPLE);
    put(out, 49, 0x0f00); // DMA, LBA, IORDY, which can be disabled
    put(out, 50, 0x4000);
    put(out, 59, ata->multiple ? 0x0100u | ata->multiple : 0);
    put(out, 80, 0x0070); // ATA/ATAPI-4 to 6
    put(out, 82, 0x4060); // NOP, look-ahead, write cache
    put(out, 83, 0x7400); // FLUSH CACHE EXT, FLUSH CACHE, 48-bit addresses
    put(out, 84, 0x4000);
    put(out, 85, 0x4000 | (ata->look_ahead ? 0x40 : 0) | (ata->write_cache ? 0x20 : 0));
    put(out, 86, 0x3400);
    put(out, 87, 0x4000);
}

// Serial ATA 2.6, 13.2.1: speeds, and of a disk the queue, the log of which needs the general purpose logs (84 and 87).
static void put_serial_features(const struct ata *ata, uint8_t *out)
{
    put(out, 76, 0x0006 | (ata->is_cd ? 0 : 0x0100));
    if (ata->is_cd)
        return;
    put(out, 75, ATA_TAGS - 1);
    put(out, 84, 0x4020);
    put(out, 87, 0x4020);
}

static void put_packet_features(uint8_t *out)
{
    put(out, 0, 0x85c0);  // a CD drive, removable medium, DRQ within 50 us, packets of 12 bytes
    put(out, 49, 0x0b00); // DMA, LBA, IORDY
    put(out, 80, 0x0070);
    put(out, 82, 0x4210); // NOP, DEVICE RESET, PACKET
    put(out, 83, 0x4000);
    put(out, 84, 0x4000);
    put(out, 85, 0x4210);
    put(out, 87, 0x4000);
}

void ata_identify(const struct ata *ata, uint8_t *out)
{
    memset(out, 0, ATA_SECTOR);
    if (ata->is_cd) {
        put_packet_features(out);
        put_names(ata, out);
        put_modes(ata, out);
        if (ata->is_serial)
            put_serial_features(ata, out);
        return;
    }
    put(out, 0, 0x0040); // fixed
    put_names(ata, out);
    put_geometry(ata, out);
    put_modes(ata, out);
    put_features(ata, out);
    if (ata->is_serial)
        put_serial_features(ata, out);
}
