// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.2: every request, every way it can fail.
#include "devices/virtio/virtio_blk.h"

#include "devices/virtio/virtio_rig.h"

#define SECTORS 256u
#define HEADER  RIG_BUFFERS
#define DATA    (RIG_BUFFERS + 0x1000)
#define STATUS  (RIG_BUFFERS + 0x30000)

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_WRITE_ZEROES = 13, T_SECURE_ERASE = 14 };
enum { OK = 0, IOERR = 1, UNSUPP = 2, NOT_WRITTEN = 0x55 };

static struct virtio_rig rig;
static struct virtio_blk blk;
static uint8_t disk[SECTORS * 512];
static unsigned flushes;
static uint64_t discarded, full_from; // writes from here on fail
static struct intact_block block;

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

static int disk_discard(void *owner, uint64_t offset, uint64_t size)
{
    (void)owner, (void)offset;
    discarded += size;
    return 0;
}

static void make(bool readonly, unsigned queues)
{
    block = (struct intact_block){ sizeof disk, readonly, disk_read, disk_write, disk_flush, disk_discard, NULL };
    for (unsigned i = 0; i < sizeof disk; i++)
        disk[i] = (uint8_t)(i / 512 + i);
    flushes = 0;
    discarded = 0;
    full_from = sizeof disk;
    virtio_blk_init(
        &blk, &(struct virtio_blk_config){
                  .block = &block, .queues = queues, .queue_size = 128, .block_size = 512, .serial = "intact-0" });
    rig_connect(&rig, &blk.virtio, false);
    rig_start(&rig, virtio_offered(&blk.virtio));
}

static void setup(void)
{
    make(false, 1);
}

TestSuite(virtio_blk, .init = setup);

static void put_header(uint32_t type, uint64_t sector)
{
    rig_put(&rig, HEADER, 4, type);
    rig_put(&rig, HEADER + 8, 8, sector);
    rig.ram[STATUS] = NOT_WRITTEN;
}

// A request as drivers lay it out: header, data, status. Returns the status.
static uint8_t request(uint32_t type, uint64_t sector, uint32_t size, bool in)
{
    put_header(type, sector);
    rig_descriptor(&rig, 0, 0, HEADER, 16, VIRTQ_DESC_F_NEXT, size ? 1 : 2);
    rig_descriptor(&rig, 0, 1, DATA, size, (uint16_t)(VIRTQ_DESC_F_NEXT | (in ? VIRTQ_DESC_F_WRITE : 0)), 2);
    rig_descriptor(&rig, 0, 2, STATUS, 1, VIRTQ_DESC_F_WRITE, 0);
    rig_offer(&rig, 0, 0);
    virtio_notified(&blk.virtio, 0, 0);
    return rig.ram[STATUS];
}

static void range(unsigned index, uint64_t sector, uint32_t sectors, uint32_t flags)
{
    rig_put(&rig, DATA + 16 * index, 8, sector);
    rig_put(&rig, DATA + 16 * index + 8, 4, sectors);
    rig_put(&rig, DATA + 16 * index + 12, 4, flags);
}

static uint32_t last_length(void)
{
    return rig_used_length(&rig, 0, (rig_used_index(&rig, 0) - 1u) % RIG_SIZE);
}

Test(virtio_blk, the_configuration_structure_says_what_it_is)
{
    cr_assert_eq(virtio_config_read(&blk.virtio, 0, 8), SECTORS);
    cr_assert_eq(virtio_config_read(&blk.virtio, 12, 4), 126, "segments, beside header and status");
    cr_assert_eq(virtio_config_read(&blk.virtio, 20, 4), 512);
    cr_assert_eq(virtio_config_read(&blk.virtio, 34, 2), 1);
    cr_assert_not(virtio_offered(&blk.virtio) & BIT64(12), "one queue is no MQ");
    cr_assert(virtio_offered(&blk.virtio) & BIT64(13));
    make(true, 4);
    cr_assert(virtio_offered(&blk.virtio) & BIT64(12));
    cr_assert(virtio_offered(&blk.virtio) & BIT64(5), "read-only");
    cr_assert_not(virtio_offered(&blk.virtio) & BIT64(13));
    cr_assert_eq(virtio_config_read(&blk.virtio, 34, 2), 4);
}

Test(virtio_blk, reads_bring_the_sectors_asked_for)
{
    cr_assert_eq(request(T_IN, 3, 4096, true), OK);
    cr_assert_arr_eq(rig.ram + DATA, disk + 3 * 512, 4096);
    cr_assert_eq(last_length(), 4097);
    cr_assert_eq(rig.notices[0], 1);
    cr_assert_eq(request(T_IN, 0, sizeof disk, true), OK, "the whole of it, in pieces");
    cr_assert_arr_eq(rig.ram + DATA, disk, sizeof disk);
    cr_assert_eq(request(T_IN, 5, 0, true), OK, "nothing is read well");
}

Test(virtio_blk, writes_store_them_and_flush_makes_them_last)
{
    memset(rig.ram + DATA, 0xa5, 1024);
    cr_assert_eq(request(T_OUT, 10, 1024, false), OK);
    cr_assert_eq(disk[10 * 512], 0xa5);
    cr_assert_eq(disk[12 * 512 - 1], 0xa5);
    cr_assert_neq(disk[12 * 512], 0xa5);
    cr_assert_eq(last_length(), 1);
    cr_assert_eq(flushes, 0);
    cr_assert_eq(request(T_FLUSH, 0, 0, false), OK);
    cr_assert_eq(flushes, 1);
}

// 5.2.6.2
Test(virtio_blk, a_driver_that_cannot_flush_gets_a_cache_that_writes_through)
{
    rig_start(&rig, virtio_offered(&blk.virtio) & ~BIT64(9));
    cr_assert_eq(request(T_OUT, 0, 512, false), OK);
    cr_assert_eq(flushes, 1);
}

Test(virtio_blk, the_id_is_given_as_far_as_there_is_room)
{
    memset(rig.ram + DATA, 1, 32);
    cr_assert_eq(request(T_GET_ID, 0, 20, true), OK);
    cr_assert_arr_eq(rig.ram + DATA, "intact-0\0\0\0\0\0\0\0\0\0\0\0\0\1", 21);
    cr_assert_eq(request(T_GET_ID, 0, 4, true), OK);
    cr_assert_eq(last_length(), 5);
}

// 2.7.4.1: a driver may cut a request as it likes.
Test(virtio_blk, the_framing_of_a_request_does_not_matter)
{
    put_header(T_OUT, 7);
    memset(rig.ram + DATA, 0x3c, 512);
    rig_descriptor(&rig, 0, 0, HEADER, 5, VIRTQ_DESC_F_NEXT, 1);
    rig_descriptor(&rig, 0, 1, HEADER + 5, 11, VIRTQ_DESC_F_NEXT, 2);
    rig_descriptor(&rig, 0, 2, DATA, 500, VIRTQ_DESC_F_NEXT, 3);
    rig_descriptor(&rig, 0, 3, DATA + 500, 12, VIRTQ_DESC_F_NEXT, 4);
    rig_descriptor(&rig, 0, 4, STATUS, 1, VIRTQ_DESC_F_WRITE, 0);
    rig_offer(&rig, 0, 0);
    virtio_notified(&blk.virtio, 0, 0);
    cr_assert_eq(rig.ram[STATUS], OK);
    cr_assert_eq(disk[7 * 512 + 511], 0x3c);
    put_header(T_IN, 7);
    rig_descriptor(&rig, 0, 0, HEADER, 16, VIRTQ_DESC_F_NEXT, 1);
    rig_descriptor(&rig, 0, 1, STATUS - 512, 513, VIRTQ_DESC_F_WRITE, 0); // data and status in one
    rig_offer(&rig, 0, 0);
    virtio_notified(&blk.virtio, 0, 0);
    cr_assert_eq(rig.ram[STATUS], OK);
    cr_assert_eq(rig.ram[STATUS - 1], 0x3c);
}

Test(virtio_blk, ranges_are_discarded_and_zeroed)
{
    range(0, 2, 3, 0);
    range(1, 100, 1, 0);
    cr_assert_eq(request(T_DISCARD, 0, 32, false), OK);
    cr_assert_eq(discarded, 4 * 512);
    range(1, 100, 156, 1);
    cr_assert_eq(request(T_WRITE_ZEROES, 0, 32, false), OK);
    cr_assert_eq(disk[2 * 512 + 5], 0);
    cr_assert_eq(disk[sizeof disk - 1], 0);
    cr_assert_neq(disk[6 * 512], 0);
    cr_assert_eq(request(T_DISCARD, 0, 16, false), OK);
    range(0, 2, 3, 1);
    cr_assert_eq(request(T_DISCARD, 0, 16, false), UNSUPP, "a flag");
    range(0, 2, 3, 2);
    cr_assert_eq(request(T_WRITE_ZEROES, 0, 16, false), UNSUPP);
    range(0, 255, 2, 0);
    cr_assert_eq(request(T_DISCARD, 0, 16, false), IOERR, "beyond the end");
    cr_assert_eq(request(T_DISCARD, 0, 8, false), IOERR, "half a range");
    cr_assert_eq(request(T_DISCARD, 0, 16 * 17, false), IOERR, "too many");
}

Test(virtio_blk, what_is_not_on_the_disk_is_an_error)
{
    cr_assert_eq(request(T_IN, SECTORS - 1, 1024, true), IOERR);
    cr_assert_eq(request(T_IN, UINT64_MAX, 512, true), IOERR);
    cr_assert_eq(request(T_OUT, UINT64_C(1) << 55, 512, false), IOERR, "where bytes wrap");
    cr_assert_eq(request(T_IN, 0, 511, true), IOERR, "half a sector");
    cr_assert_eq(request(T_SECURE_ERASE, 0, 512, false), UNSUPP);
    cr_assert_eq(request(0xdead, 0, 0, false), UNSUPP);
    cr_assert_eq(blk.failed, 6);
    cr_assert_eq(blk.virtio.status, 15, "the device goes on");
}

Test(virtio_blk, a_full_or_failing_disk_is_an_error_of_the_request_alone)
{
    full_from = 512 * 20;
    cr_assert_eq(request(T_OUT, 20, 512, false), IOERR);
    cr_assert_eq(request(T_IN, 20, 512, true), IOERR);
    range(0, 19, 2, 0);
    cr_assert_eq(request(T_WRITE_ZEROES, 0, 16, false), IOERR);
    cr_assert_eq(request(T_OUT, 19, 512, false), OK);
}

Test(virtio_blk, a_read_only_disk_is_not_written)
{
    make(true, 1);
    memset(rig.ram + DATA, 0xff, 512);
    uint8_t before = disk[0];
    cr_assert_eq(request(T_OUT, 0, 512, false), IOERR);
    range(0, 0, 1, 0);
    cr_assert_eq(request(T_WRITE_ZEROES, 0, 16, false), IOERR);
    cr_assert_eq(request(T_DISCARD, 0, 16, false), IOERR);
    cr_assert_eq(disk[0], before);
    cr_assert_eq(request(T_IN, 0, 512, true), OK);
}

Test(virtio_blk, a_request_that_cannot_be_answered_stops_the_device)
{
    rig_request(&rig, 0, HEADER, 15, STATUS, 1);
    cr_assert_eq(blk.virtio.mistakes[VIRTIO_BAD_REQUEST], 1);
    rig_start(&rig, 0);
    rig_request(&rig, 0, HEADER, 16, STATUS, 0);
    cr_assert_eq(blk.virtio.mistakes[VIRTIO_BAD_REQUEST], 2);
    cr_assert_eq(blk.virtio.status, 15 | VIRTIO_STATUS_NEEDS_RESET);
    cr_assert_eq(rig_used_index(&rig, 0), 0);
}

Test(virtio_blk, buffers_outside_memory_stop_the_device)
{
    put_header(T_IN, 0);
    rig_descriptor(&rig, 0, 0, HEADER, 16, VIRTQ_DESC_F_NEXT, 1);
    rig_descriptor(&rig, 0, 1, RIG_RAM - 512, 1025, VIRTQ_DESC_F_WRITE, 0);
    rig_offer(&rig, 0, 0);
    virtio_notified(&blk.virtio, 0, 0);
    cr_assert_eq(blk.virtio.faults[VIRTQUEUE_BUFFER_OUTSIDE], 1);
    cr_assert_eq(blk.virtio.status, 15 | VIRTIO_STATUS_NEEDS_RESET);
}

Test(virtio_blk, a_request_of_gigabytes_is_refused_at_once)
{
    put_header(T_IN, 0);
    rig_descriptor(&rig, 0, 0, HEADER, 16, VIRTQ_DESC_F_NEXT, 1);
    rig_descriptor(&rig, 0, 1, 0, 0xfffffe00, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT, 2);
    rig_descriptor(&rig, 0, 2, STATUS, 1, VIRTQ_DESC_F_WRITE, 0);
    rig_offer(&rig, 0, 0);
    virtio_notified(&blk.virtio, 0, 0);
    cr_assert_eq(rig.ram[STATUS], IOERR);
}

Test(virtio_blk, each_queue_interrupts_for_itself)
{
    make(false, 4);
    put_header(T_FLUSH, 0);
    rig_request(&rig, 2, HEADER, 16, STATUS, 1);
    cr_assert_eq(rig.ram[STATUS], OK);
    cr_assert_eq(rig.notices[2], 1);
    cr_assert_eq(rig.notices[0], 0);
}

static void list(void *object, struct visit *v)
{
    virtio_blk_visit(object, v);
}

static void common_list(void *object, struct visit *v)
{
    virtio_visit(object, v);
}

Test(virtio_blk, its_state_travels_whole)
{
    request(T_IN, SECTORS, 512, true);
    struct visit_save save;
    visit_save_init(&save);
    virtio_blk_visit(&blk, &save.visit);
    make(false, 1);
    blk.failed = 0;
    check_load(&blk, list, &save);
    cr_assert_eq(blk.failed, 1);
    free(save.data);
    size_t inner = visit_uncovered(&blk.virtio, sizeof blk.virtio, common_list);
    cr_assert_eq(visit_uncovered(&blk, offsetof(struct virtio_blk, block), list), inner + 4); // padding
}
