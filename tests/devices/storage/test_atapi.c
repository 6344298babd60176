// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ATA/ATAPI-6, 8.23 and 9.8 (PACKET), 9.12 (signature); MMC-3, 6; SPC-2, 7.
#include "base/bits.h"
#include "devices/board.h"
#include "devices/storage/ata.h"
#include "devices/storage/disk.h"

static struct disk disk;
static struct ata cd;

enum { CD_SECTORS = DISK_SECTORS / 4, COMMAND = 1, IN = 2, DONE = 3 };

static void setup(void)
{
    disk_open(&disk);
    disk.block.readonly = true;
    ata_init_cd(&cd, &disk.block, "CD");
}

TestSuite(atapi, .init = setup);

// The packet's bytes, up to the first that are 0.
static void packet(uint16_t limit, bool dma, const uint8_t *bytes, unsigned count)
{
    ata_write(&cd, ATA_FEATURES, dma);
    ata_write(&cd, ATA_LBA_MID, limit & 0xff);
    ata_write(&cd, ATA_LBA_HIGH, (uint8_t)(limit >> 8));
    ata_execute(&cd, 0xa0);
    cr_assert_eq(ata_read(&cd, ATA_COUNT, false), COMMAND);
    cr_assert_eq(cd.status & (ATA_DRQ | ATA_ERR), ATA_DRQ);
    cr_assert_not(cd.interrupt);
    for (unsigned i = 0; i < ATAPI_PACKET; i += 2)
        ata_write_data(&cd, 2, (i < count ? bytes[i] : 0) | (i + 1 < count ? bytes[i + 1] : 0u) << 8);
}

#define PACKET(limit, dma, ...)                                                                                        \
    packet(limit, dma, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static unsigned part(void)
{
    return ata_read(&cd, ATA_LBA_MID, false) | (unsigned)ata_read(&cd, ATA_LBA_HIGH, false) << 8;
}

// Reads what there is, in parts with an interrupt for each; how many bytes.
static unsigned answer(uint8_t *out)
{
    unsigned size = 0;
    while (cd.status & ATA_DRQ) {
        unsigned bytes = part();
        cr_assert(cd.interrupt);
        cr_assert_eq(ata_read(&cd, ATA_COUNT, false), IN);
        cd.interrupt = false;
        for (unsigned i = 0; i < bytes; i += 2)
            bytes_put(out + size + i, 2, ata_read_data(&cd, 2));
        size += bytes;
    }
    return size;
}

static void check_done(uint8_t key, uint8_t code)
{
    cr_assert(cd.interrupt);
    cr_assert_eq(ata_read(&cd, ATA_COUNT, false), DONE);
    cr_assert_eq(cd.status & (ATA_DRQ | ATA_ERR), key ? ATA_ERR : 0);
    cr_assert_eq(cd.error >> 4, key);
    cr_assert_eq(cd.sense_key, key);
    cr_assert_eq(cd.sense_code, code);
}

Test(atapi, its_signature_tells_it_from_a_disk)
{
    static const uint8_t disks[] = { 0x20, 0xec };
    for (unsigned i = 0; i < countof(disks); i++) {
        ata_execute(&cd, disks[i]);
        cr_assert_eq(cd.error, ATA_ABRT);
        cr_assert_eq(part(), 0xeb14);
        cr_assert_eq(ata_read(&cd, ATA_COUNT, false), 1);
    }
    ata_execute(&cd, 0x08);
    cr_assert_eq(cd.status, 0);
    cr_assert_eq(part(), 0xeb14);
    cr_assert_not(cd.interrupt);
    ata_execute(&cd, 0xc8);
    cr_assert_eq(cd.error, ATA_ABRT);
}

Test(atapi, it_says_what_it_is)
{
    uint8_t bytes[512];
    ata_execute(&cd, 0xa1);
    for (unsigned i = 0; i < sizeof bytes; i += 2)
        bytes_put(bytes + i, 2, ata_read_data(&cd, 2));
    cr_assert_eq(bytes_get(bytes, 2), 0x85c0);
    cr_assert_arr_eq(bytes + 54, "NIATTCC -DOR", 12);
    PACKET(36, false, 0x12, 0, 0, 0, 36);
    cr_assert_eq(answer(bytes), 36);
    cr_assert_eq(bytes[0], 5);
    cr_assert_eq(bytes[1], 0x80);
    cr_assert_arr_eq(bytes + 8, "INTACT  CD-ROM", 14);
    check_done(0, 0);
}

Test(atapi, sectors_come_in_parts_as_large_as_the_host_wants)
{
    static const uint16_t limits[] = { 2048, 4096, 0xfffe, 0, 514, 2047 };
    static uint8_t bytes[8 * ATAPI_SECTOR];
    for (unsigned i = 0; i < countof(limits); i++) {
        PACKET(limits[i], false, 0x28, 0, 0, 0, 0, 10, 0, 0, 7);
        cr_assert_eq(answer(bytes), 7 * ATAPI_SECTOR, "limit %u", limits[i]);
        cr_assert_eq(memcmp(bytes, disk.bytes + 10 * ATAPI_SECTOR, 7 * ATAPI_SECTOR), 0);
        check_done(0, 0);
    }
}

Test(atapi, by_dma_there_is_one_interrupt)
{
    unsigned size = 0;
    PACKET(0, true, 0xa8, 0, 0, 0, 0, 3, 0, 0, 0, 5);
    while (ata_dma_size(&cd, true)) {
        cr_assert_not(cd.interrupt);
        uint32_t bytes = ata_dma_size(&cd, true) < 3000 ? ata_dma_size(&cd, true) : 3000;
        cr_assert_eq(memcmp(ata_dma_data(&cd), disk.bytes + 3 * ATAPI_SECTOR + size, bytes), 0);
        ata_dma_moved(&cd, bytes);
        size += bytes;
    }
    cr_assert_eq(size, 5 * ATAPI_SECTOR);
    check_done(0, 0);
}

Test(atapi, the_capacity_and_the_contents)
{
    uint8_t bytes[64];
    PACKET(8, false, 0x25);
    cr_assert_eq(answer(bytes), 8);
    cr_assert_eq(bytes[2] << 8 | bytes[3], CD_SECTORS - 1);
    cr_assert_eq(bytes[6] << 8 | bytes[7], ATAPI_SECTOR);
    PACKET(64, false, 0x43, 0, 0, 0, 0, 0, 0, 0, 64);
    cr_assert_eq(answer(bytes), 20);
    cr_assert_eq(bytes[1], 18);
    cr_assert_eq(bytes[6], 1);
    cr_assert_eq(bytes[14], 0xaa);
    cr_assert_eq(bytes[18] << 8 | bytes[19], CD_SECTORS);
    PACKET(64, false, 0x43, 2, 0, 0, 0, 0, 0xaa, 0, 64);
    cr_assert_eq(answer(bytes), 12);
    cr_assert_eq((bytes[9] * 60 + bytes[10]) * 75 + bytes[11], CD_SECTORS + 150);
    PACKET(64, false, 0x43, 0, 1, 0, 0, 0, 0, 0, 64);
    cr_assert_eq(answer(bytes), 12);
}

Test(atapi, answers_end_where_the_host_has_no_more_room)
{
    uint8_t bytes[64];
    PACKET(64, false, 0x12, 0, 0, 0, 5);
    cr_assert_eq(answer(bytes), 5, "the last word is half of it");
    check_done(0, 0);
    PACKET(64, false, 0x12, 0, 0, 0, 0);
    cr_assert_eq(answer(bytes), 0);
    check_done(0, 0);
}

Test(atapi, other_commands_answer)
{
    static const struct {
        uint8_t packet[ATAPI_PACKET];
        uint8_t size;
    } rows[] = {
        { { 0x00 }, 0 },
        { { 0x1b, 0, 0, 0, 1 }, 0 },
        { { 0x1e, 0, 0, 0, 1 }, 0 },
        { { 0x2b, 0, 0, 0, 0, 5 }, 0 },
        { { 0x46, 2, 0, 0, 0, 0, 0, 0, 60 }, 24 },
        { { 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 60 }, 8 },
        { { 0x4a, 1, 0, 0, 0x02, 0, 0, 0, 60 }, 4 },
        { { 0x51, 0, 0, 0, 0, 0, 0, 0, 60 }, 34 },
        { { 0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 60 }, 28 },
        { { 0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 60 }, 36 },
    };
    uint8_t bytes[64];
    for (unsigned i = 0; i < countof(rows); i++) {
        packet(60, false, rows[i].packet, ATAPI_PACKET);
        cr_assert_eq(answer(bytes), rows[i].size, "row %u", i);
        check_done(0, 0);
    }
}

Test(atapi, what_is_wrong_is_sense_until_the_next_command)
{
    static const struct {
        uint8_t packet[ATAPI_PACKET];
        uint8_t code;
    } rows[] = {
        { { 0x2a }, 0x20 },                         // WRITE (10)
        { { 0x28, 0, 0, 0, 2, 0, 0, 0, 1 }, 0x21 }, // the sector behind the last one
        { { 0x28, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 1 }, 0x21 },
        { { 0x2b, 0, 0, 0, 2, 0 }, 0x21 },
        { { 0x12, 1 }, 0x24 },
        { { 0x43, 0, 5 }, 0x24 },
        { { 0x4a, 0, 0, 0, 0x10 }, 0x24 },
        { { 0x5a, 0, 0x0d }, 0x24 },
    };
    uint8_t bytes[64];
    for (unsigned i = 0; i < countof(rows); i++) {
        packet(60, false, rows[i].packet, ATAPI_PACKET);
        check_done(5, rows[i].code);
        PACKET(60, false, 0x03, 0, 0, 0, 18);
        cr_assert_eq(answer(bytes), 18);
        cr_assert_eq(bytes[0], 0x70);
        cr_assert_eq(bytes[2], 5);
        cr_assert_eq(bytes[12], rows[i].code);
        check_done(0, 0);
    }
    disk.fails = true;
    PACKET(2048, false, 0x28, 0, 0, 0, 0, 0, 0, 0, 1);
    check_done(3, 0x11);
}

Test(atapi, an_empty_tray_has_a_drive_and_no_medium)
{
    static const uint8_t refused[][ATAPI_PACKET] = {
        { 0x00 }, { 0x25 }, { 0x28, [8] = 1 }, { 0x2b }, { 0x43 }, { 0x51 }
    };
    uint8_t bytes[64];
    disk.block.size = 0;
    ata_init_cd(&cd, &disk.block, "CD");
    for (unsigned i = 0; i < countof(refused); i++) {
        packet(64, false, refused[i], ATAPI_PACKET);
        cr_assert_eq(answer(bytes), 0);
        check_done(2, 0x3a);
    }
    PACKET(64, false, 0x12, 0, 0, 0, 36);
    cr_assert_eq(answer(bytes), 36);
    check_done(0, 0);
    PACKET(64, false, 0x46, 2, 0, 0, 0, 0, 0, 0, 60);
    cr_assert_eq(answer(bytes), 24);
    cr_assert_eq(bytes[6] << 8 | bytes[7], 0, "no profile is current");
    PACKET(64, false, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 60);
    cr_assert_eq(answer(bytes), 8);
    cr_assert_eq(bytes[5], 0);
}
