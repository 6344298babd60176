// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.6, and the commands behind it: SPC-4, SBC-3, MMC-3. Every answer, and what is refused.
#include "devices/virtio/virtio_scsi.h"

#include "devices/virtio/virtio_rig.h"

#define BLOCKS   256u
#define HEADER   RIG_BUFFERS
#define RESPONSE (RIG_BUFFERS + 0x1000)
#define DATA     (RIG_BUFFERS + 0x2000)

enum { GOOD = 0, CHECK = 2, BAD_TARGET = 3, OVERRUN = 1, FAILURE = 9, CDB = 32, SENSE = 96 };
enum { CONTROL = 0, QUEUE = 2 };

static struct virtio_rig rig;
static struct virtio_scsi scsi;
static struct scsi_unit disk_unit, cd_unit, locked_unit;
static uint8_t disk[BLOCKS * 512];
static unsigned flushes, discards;
static uint64_t full_from;
static struct intact_block block, locked;

static int disk_read(void *owner, uint64_t offset, void *data, size_t size)
{
    (void)owner;
    memcpy(data, disk + offset, size);
    return offset < full_from ? 0 : -5;
}

static int disk_write(void *owner, uint64_t offset, const void *data, size_t size)
{
    (void)owner;
    if (offset + size > full_from)
        return -28;
    memcpy(disk + offset, data, size);
    return 0;
}

static int disk_flush(void *owner)
{
    (void)owner;
    flushes++;
    return 0;
}

static int disk_zero(void *owner, uint64_t offset, uint64_t size, bool release)
{
    (void)owner, (void)release;
    memset(disk + offset, 0, size);
    return 0;
}

static int disk_discard(void *owner, uint64_t offset, uint64_t size)
{
    discards++;
    return disk_zero(owner, offset, size, true);
}

static void setup(void)
{
    block =
        (struct intact_block){ sizeof disk, false, disk_read, disk_write, disk_flush, disk_discard, NULL, disk_zero };
    locked = (struct intact_block){ sizeof disk, true, disk_read, NULL, NULL, NULL, NULL, NULL };
    for (unsigned i = 0; i < sizeof disk; i++)
        disk[i] = (uint8_t)(i / 512 + i);
    flushes = discards = 0;
    full_from = sizeof disk;
    virtio_scsi_init(&scsi, 1, 128);
    scsi_init(&disk_unit, &block, "intact-0", false);
    scsi_init(&cd_unit, &locked, NULL, true);
    scsi_init(&locked_unit, &locked, NULL, false);
    virtio_scsi_connect(&scsi, 0, 0, &disk_unit);
    virtio_scsi_connect(&scsi, 5, 0, &cd_unit);
    virtio_scsi_connect(&scsi, 7, 300, &locked_unit);
    rig_connect(&rig, &scsi.virtio, false);
    rig_start(&rig, virtio_offered(&scsi.virtio));
    disk_unit.attention = cd_unit.attention = locked_unit.attention = false;
}

TestSuite(virtio_scsi, .init = setup);

static void put_address(unsigned target, unsigned lun)
{
    rig.ram[HEADER] = 1;
    rig.ram[HEADER + 1] = (uint8_t)target;
    rig.ram[HEADER + 2] = (uint8_t)(0x40 | lun >> 8);
    rig.ram[HEADER + 3] = (uint8_t)lun;
}

// A command with `out` bytes to the unit and room for `in` bytes from it, both at DATA. Its response.
static uint8_t command_at(unsigned target, unsigned lun, const uint8_t *cdb, uint32_t out, uint32_t in)
{
    memset(rig.ram + HEADER, 0, 19 + CDB);
    memset(rig.ram + RESPONSE, 0x55, 12 + SENSE);
    put_address(target, lun);
    memcpy(rig.ram + HEADER + 19, cdb, 16);
    unsigned next = 0;
    rig_descriptor(&rig, QUEUE, next++, HEADER, 19 + CDB, VIRTQ_DESC_F_NEXT, 1);
    if (out) {
        rig_descriptor(&rig, QUEUE, next, DATA, out, VIRTQ_DESC_F_NEXT, (uint16_t)(next + 1));
        next++;
    }
    rig_descriptor(&rig, QUEUE, next, RESPONSE, 12 + SENSE,
                   (uint16_t)(VIRTQ_DESC_F_WRITE | (in ? VIRTQ_DESC_F_NEXT : 0)), (uint16_t)(next + 1));
    if (in)
        rig_descriptor(&rig, QUEUE, next + 1, DATA, in, VIRTQ_DESC_F_WRITE, 0);
    rig_offer(&rig, QUEUE, 0);
    virtio_notified(&scsi.virtio, QUEUE, 0);
    return rig.ram[RESPONSE + 11];
}

#define CDB(...) ((const uint8_t[16]){ __VA_ARGS__ })

static uint8_t status(void)
{
    return rig.ram[RESPONSE + 10];
}

static uint32_t residual(void)
{
    return (uint32_t)rig_get(&rig, RESPONSE + 4, 4);
}

// The unit answers GOOD.
static void good(unsigned target, unsigned lun, const uint8_t *cdb, uint32_t out, uint32_t in)
{
    cr_assert_eq(command_at(target, lun, cdb, out, in), 0);
    cr_assert_eq(status(), GOOD, "sense %x/%x", rig.ram[RESPONSE + 12 + 2], rig.ram[RESPONSE + 12 + 12]);
}

// It answers CHECK CONDITION, with this sense key and code.
static void bad(unsigned target, unsigned lun, const uint8_t *cdb, uint32_t out, uint32_t in, uint8_t key, uint8_t code)
{
    cr_assert_eq(command_at(target, lun, cdb, out, in), 0);
    cr_assert_eq(status(), CHECK);
    cr_assert_eq(rig_get(&rig, RESPONSE, 4), SCSI_SENSE);
    cr_assert_eq(rig.ram[RESPONSE + 12], 0x70);
    cr_assert_eq(rig.ram[RESPONSE + 12 + 2], key);
    cr_assert_eq(rig.ram[RESPONSE + 12 + 12], code);
}

Test(virtio_scsi, the_configuration_structure_says_what_it_is)
{
    static const struct {
        unsigned offset, size;
        uint64_t value;
    } fields[] = { { 0, 4, 1 },   { 4, 4, 126 }, { 8, 4, 0xffff }, { 12, 4, 128 }, { 16, 4, 16 },
                   { 20, 4, 96 }, { 24, 4, 32 }, { 28, 2, 0 },     { 30, 2, 255 }, { 32, 4, 16383 } };
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++)
        cr_assert_eq(virtio_config_read(&scsi.virtio, fields[i].offset, fields[i].size), fields[i].value);
    virtio_config_write(&scsi.virtio, 20, 4, 18);
    virtio_config_write(&scsi.virtio, 0, 4, 9);
    virtio_config_write(&scsi.virtio, 24, 4, 1 << 20);
    cr_assert_eq(virtio_config_read(&scsi.virtio, 20, 4), 18, "the driver may write this one");
    cr_assert_eq(virtio_config_read(&scsi.virtio, 0, 4), 1, "and not that");
    cr_assert_eq(virtio_config_read(&scsi.virtio, 24, 4), 32, "nor any size");
    virtio_reset(&scsi.virtio);
    cr_assert_eq(virtio_config_read(&scsi.virtio, 20, 4), 96);
}

Test(virtio_scsi, blocks_are_read_and_written)
{
    good(0, 0, CDB(0x28, 0, 0, 0, 0, 3, 0, 0, 8), 0, 4096);
    cr_assert_arr_eq(rig.ram + DATA, disk + 3 * 512, 4096);
    cr_assert_eq(residual(), 0);
    memset(rig.ram + DATA, 0xa5, 4096);
    good(0, 0, CDB(0x2a, 0, 0, 0, 0, 10, 0, 0, 2), 1024, 0);
    cr_assert_eq(disk[10 * 512], 0xa5);
    cr_assert_eq(disk[12 * 512 - 1], 0xa5);
    cr_assert_neq(disk[12 * 512], 0xa5);
    cr_assert_eq(flushes, 0);
    good(0, 0, CDB(0x35), 0, 0);
    cr_assert_eq(flushes, 1);
    good(0, 0, CDB(0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 1), 512, 0);
    cr_assert_eq(flushes, 2, "FUA");
    cr_assert_eq(disk[20 * 512], 0xa5);
    good(0, 0, CDB(0x08, 0, 0, 20, 1), 0, 512);
    cr_assert_eq(rig.ram[DATA + 511], 0xa5);
    good(0, 0, CDB(0xa8, 0, 0, 0, 0, 20, 0, 0, 0, 1), 0, 1024);
    cr_assert_eq(residual(), 512, "room for more");
    cr_assert_eq(command_at(0, 0, CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 4), 0, 512), OVERRUN);
    good(0, 0, CDB(0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0, 0);
}

Test(virtio_scsi, what_a_disk_cannot_do_has_its_sense)
{
    bad(0, 0, CDB(0x28, 0, 0, 0, 1, 0, 0, 0, 1), 0, 512, SCSI_ILLEGAL, SCSI_OUT_OF_RANGE);
    bad(0, 0, CDB(0x2a, 0, 0, 0, 0, 255, 0, 0, 2), 1024, 0, SCSI_ILLEGAL, SCSI_OUT_OF_RANGE);
    bad(0, 0, CDB(0x88, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1), 0, 512, SCSI_ILLEGAL,
        SCSI_OUT_OF_RANGE);
    bad(0, 0, CDB(0xff), 0, 0, SCSI_ILLEGAL, SCSI_BAD_COMMAND);
    bad(7, 300, CDB(0x2a, 0, 0, 0, 0, 0, 0, 0, 1), 512, 0, SCSI_PROTECT, SCSI_WRITE_PROTECTED);
    bad(5, 0, CDB(0x2a, 0, 0, 0, 0, 0, 0, 0, 1), 2048, 0, SCSI_ILLEGAL, SCSI_BAD_COMMAND);
    full_from = 100 * 512;
    bad(0, 0, CDB(0x2a, 0, 0, 0, 0, 100, 0, 0, 1), 512, 0, SCSI_MEDIUM_ERROR, SCSI_WRITE_ERROR);
    bad(0, 0, CDB(0x28, 0, 0, 0, 0, 100, 0, 0, 1), 0, 512, SCSI_MEDIUM_ERROR, SCSI_READ_ERROR);
    bad(0, 0, CDB(0x1a, 0, 0x05, 0, 255), 0, 255, SCSI_ILLEGAL, SCSI_BAD_FIELD);
    bad(0, 0, CDB(0x12, 1, 0x99, 0, 255), 0, 255, SCSI_ILLEGAL, SCSI_BAD_FIELD);
    bad(0, 0, CDB(0x9e, 0x11), 0, 32, SCSI_ILLEGAL, SCSI_BAD_FIELD);
    bad(0, 0, CDB(0x2f, 2, 0, 0, 0, 0, 0, 0, 1), 512, 0, SCSI_ILLEGAL, SCSI_BAD_FIELD);
    cr_assert_eq(disk_unit.failed, 10);
}

Test(virtio_scsi, a_unit_says_what_it_is)
{
    good(0, 0, CDB(0x12, 0, 0, 0, 36), 0, 36);
    cr_assert_eq(rig.ram[DATA], 0);
    cr_assert_arr_eq(rig.ram + DATA + 8, "INTACT  HARDDISK", 16);
    good(0, 0, CDB(0x12, 1, 0, 0, 255), 0, 255);
    cr_assert_arr_eq(rig.ram + DATA, ((uint8_t[]){ 0, 0, 0, 6, 0, 0x80, 0x83, 0xb0, 0xb1, 0xb2 }), 10);
    cr_assert_eq(residual(), 245);
    good(0, 0, CDB(0x12, 1, 0x80, 0, 255), 0, 255);
    cr_assert_arr_eq(rig.ram + DATA, "\0\x80\0\x08intact-0", 12);
    good(0, 0, CDB(0x12, 1, 0xb2, 0, 255), 0, 255);
    cr_assert_eq(rig.ram[DATA + 5], 0xc4, "UNMAP, WRITE SAME (16), zeroes");
    good(0, 0, CDB(0x25), 0, 8);
    cr_assert_arr_eq(rig.ram + DATA, ((uint8_t[]){ 0, 0, 0, 255, 0, 0, 2, 0 }), 8);
    good(0, 0, CDB(0x9e, 0x10, [13] = 32), 0, 32);
    cr_assert_eq(rig.ram[DATA + 7], 255);
    cr_assert_eq(rig.ram[DATA + 14], 0xc0);
    good(0, 0, CDB(0x1a, 0, 0x08, 0, 255), 0, 255);
    cr_assert_arr_eq(rig.ram + DATA, ((uint8_t[]){ 23, 0, 0x10, 0, 0x08, 18, 0x04 }), 7);
    good(7, 300, CDB(0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 255), 0, 255);
    cr_assert_eq(rig.ram[DATA + 3], 0x90, "write-protected");
}

Test(virtio_scsi, ranges_are_cleared_and_given_back)
{
    memset(rig.ram + DATA, 0, 64);
    rig.ram[DATA + 3] = 16;
    rig.ram[DATA + 8 + 7] = 30;
    rig.ram[DATA + 8 + 11] = 4;
    good(0, 0, CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24), 24, 0);
    cr_assert_eq(discards, 1);
    cr_assert_eq(disk[34 * 512 - 1], 0);
    cr_assert_neq(disk[34 * 512 + 1], 0);
    bad(0, 0, CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 4), 4, 0, SCSI_ILLEGAL, SCSI_BAD_LENGTH);
    rig.ram[DATA + 2] = 1;
    bad(0, 0, CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24), 24, 0, SCSI_ILLEGAL, SCSI_BAD_PARAMETER);
    memset(rig.ram + DATA, 7, 512);
    good(0, 0, CDB(0x41, 0, 0, 0, 0, 40, 0, 0, 3), 512, 0);
    cr_assert_eq(disk[43 * 512 - 1], 7);
    good(0, 0, CDB(0x93, 1, 0, 0, 0, 0, 0, 0, 0, 41, 0, 0, 0, 1), 0, 0);
    cr_assert_eq(disk[41 * 512], 0, "no data: zeroes");
    cr_assert_eq(disk[42 * 512], 7);
    bad(0, 0, CDB(0x41, 0, 0, 0, 0, 40, 0, 0, 0), 512, 0, SCSI_ILLEGAL, SCSI_BAD_FIELD);
}

Test(virtio_scsi, a_cd_has_its_own_commands)
{
    good(5, 0, CDB(0x12, 0, 0, 0, 36), 0, 36);
    cr_assert_eq(rig.ram[DATA], 5);
    good(5, 0, CDB(0x25), 0, 8);
    cr_assert_arr_eq(rig.ram + DATA, ((uint8_t[]){ 0, 0, 0, 63, 0, 0, 8, 0 }), 8);
    good(5, 0, CDB(0x28, 0, 0, 0, 0, 2, 0, 0, 1), 0, 2048);
    cr_assert_arr_eq(rig.ram + DATA, disk + 4096, 2048);
    good(5, 0, CDB(0x43, 0, 0, 0, 0, 0, 0, 0, 20), 0, 20);
    cr_assert_eq(rig.ram[DATA + 3], 1);
    bad(5, 0, CDB(0x43, 0, 2, 0, 0, 0, 0, 0, 20), 0, 20, SCSI_ILLEGAL, SCSI_BAD_FIELD);
    locked.size = 0;
    bad(5, 0, CDB(0x00), 0, 0, SCSI_NOT_READY, SCSI_NO_MEDIUM);
    bad(5, 0, CDB(0x28, 0, 0, 0, 0, 2, 0, 0, 1), 0, 2048, SCSI_NOT_READY, SCSI_NO_MEDIUM);
    bad(5, 0, CDB(0x25), 0, 8, SCSI_NOT_READY, SCSI_NO_MEDIUM);
}

Test(virtio_scsi, addresses_without_a_unit_are_answered_as_such)
{
    cr_assert_eq(command_at(1, 0, CDB(0x12, 0, 0, 0, 36), 0, 36), BAD_TARGET);
    good(0, 1, CDB(0x12, 0, 0, 0, 36), 0, 36);
    cr_assert_eq(rig.ram[DATA], 0x7f);
    bad(0, 1, CDB(0x00), 0, 0, SCSI_ILLEGAL, SCSI_NO_UNIT);
    good(7, 0, CDB(0xa0, [9] = 255), 0, 255);
    cr_assert_arr_eq(rig.ram + DATA, ((uint8_t[]){ 0, 0, 0, 16, [16] = 0x41, 0x2c }), 18, "0, and 300");
    cr_assert_eq(command_at(0, 0, CDB(0x28, [8] = 1), 512, 512), FAILURE, "data in both directions");
}

Test(virtio_scsi, a_reset_is_reported_once)
{
    scsi_reset(&disk_unit);
    good(0, 0, CDB(0x12, 0, 0, 0, 36), 0, 36);
    bad(0, 0, CDB(0x00), 0, 0, SCSI_ATTENTION, SCSI_WAS_RESET);
    good(0, 0, CDB(0x00), 0, 0);
    scsi_reset(&disk_unit);
    good(0, 0, CDB(0x03, 0, 0, 0, 18), 0, 18);
    cr_assert_eq(rig.ram[DATA + 2], SCSI_ATTENTION);
    good(0, 0, CDB(0x03, 0, 0, 0, 18), 0, 18);
    cr_assert_eq(rig.ram[DATA + 2], 0);
}

// 5.6.6.2. The answer.
static uint8_t manage(unsigned subtype, unsigned target, unsigned lun)
{
    memset(rig.ram + HEADER, 0, 24);
    put_address(target, lun);
    memmove(rig.ram + HEADER + 8, rig.ram + HEADER, 8);
    memset(rig.ram + HEADER, 0, 8);
    rig.ram[HEADER + 4] = (uint8_t)subtype;
    rig.ram[RESPONSE] = 0x55;
    rig_request(&rig, CONTROL, HEADER, 24, RESPONSE, 1);
    virtio_notified(&scsi.virtio, CONTROL, 0);
    return rig.ram[RESPONSE];
}

Test(virtio_scsi, task_management_is_answered_at_once)
{
    cr_assert_eq(manage(0, 0, 0), 0, "nothing is left to abort");
    cr_assert_not(disk_unit.attention);
    cr_assert_eq(manage(5, 0, 0), 0);
    cr_assert(disk_unit.attention);
    cr_assert_eq(manage(4, 7, 0), 0, "all units of the target");
    cr_assert(locked_unit.attention);
    cr_assert_eq(manage(5, 7, 0), 12);
    cr_assert_eq(manage(5, 1, 0), 3);
    cr_assert_eq(manage(99, 0, 0), 11);
}

Test(virtio_scsi, what_cannot_be_answered_needs_a_reset)
{
    rig_request(&rig, QUEUE, HEADER, 19 + CDB - 1, RESPONSE, 12 + SENSE);
    virtio_notified(&scsi.virtio, QUEUE, 0);
    cr_assert(scsi.virtio.status & VIRTIO_STATUS_NEEDS_RESET);
}
