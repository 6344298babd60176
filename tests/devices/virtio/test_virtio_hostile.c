// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Faulty drivers: rings, descriptors and tables of random bytes, similar to real ones. In every case the device answers
// or sets DEVICE_NEEDS_RESET, writes nothing outside memory, and works again after a reset.
#include "devices/virtio/virtio_blk.h"
#include "devices/virtio/virtio_console.h"
#include "devices/virtio/virtio_net.h"
#include "devices/virtio/virtio_rig.h"
#include "devices/virtio/virtio_rng.h"

enum { ROUNDS = 10000, NOTICES = 4 };

static struct virtio_rig rig;
static uint64_t seed;
static uint8_t disk[64 * 512];

static uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

// Mostly a valid value, sometimes any.
static uint64_t address(void)
{
    switch (draw() % 8) {
    case 0: return draw();
    case 1: return RIG_RAM - draw() % 64;
    case 2: return RIG_QUEUES + draw() % 0x10000 / 16 * 16; // the rings themselves
    default: return RIG_BUFFERS + draw() % 0x40000;
    }
}

static void scribble_descriptor(uint64_t at)
{
    uint32_t size = draw() % 16 ? (uint32_t)(draw() % 600) : (uint32_t)draw();
    uint16_t flags = draw() % 16 ? (uint16_t)(draw() % 4) : (uint16_t)draw();
    if (draw() % 6 == 0) {
        flags = VIRTQ_DESC_F_INDIRECT;
        size = (uint32_t)(draw() % 12 * 16 + (draw() % 16 == 0));
    }
    rig_write_descriptor(&rig, at, address(), size, flags, (uint16_t)(draw() % (RIG_SIZE + 1)));
}

static void scribble(unsigned queue)
{
    for (unsigned i = 0; i < RIG_SIZE; i++) {
        scribble_descriptor(rig_table(queue) + 16 * i);
        scribble_descriptor(RIG_BUFFERS + 16 * i + draw() % 64 * 256);
    }
    for (unsigned i = 0; i < 4; i++) { // headers that devices understand
        uint64_t at = RIG_BUFFERS + draw() % 0x40000 / 16 * 16;
        rig_put(&rig, at, 4, draw() % 15);
        rig_put(&rig, at + 8, 8, draw() % 128);
    }
    for (uint64_t count = draw() % 5; count; count--)
        rig_offer(&rig, queue, (uint16_t)(draw() % (RIG_SIZE + (draw() % 32 == 0))));
    if (draw() % 64 == 0)
        rig_put(&rig, rig_available(queue) + 2, 2, draw());
}

// `poke` is something from the device's other side.
static void torment(struct virtio *virtio, void (*poke)(void))
{
    unsigned broken = 0, answered = 0;
    rig_connect(&rig, virtio, false);
    seed = 0x1234567;
    for (unsigned round = 0; round < ROUNDS; round++) {
        rig_start(&rig, virtio_offered(virtio) & (draw() | BIT64(32)));
        for (unsigned i = 0; i < NOTICES; i++) {
            unsigned queue = (unsigned)(draw() % virtio->queue_count);
            scribble(queue);
            virtio_notified(virtio, queue, 0);
            answered += rig_used_index(&rig, queue) != 0;
            if (poke)
                poke();
        }
        broken += (virtio->status & VIRTIO_STATUS_NEEDS_RESET) != 0;
        cr_assert_eq(virtio->status & 0xbf, 15);
    }
    cr_assert_gt(broken, ROUNDS / 20, "%u", broken);
    cr_assert_gt(answered, ROUNDS / 20, "%u", answered);
}

static int disk_read(void *owner, uint64_t offset, void *data, size_t size)
{
    (void)owner;
    memcpy(data, disk + offset, size);
    return 0;
}

static int disk_write(void *owner, uint64_t offset, const void *data, size_t size)
{
    (void)owner;
    memcpy(disk + offset, data, size);
    return 0;
}

Test(virtio_hostile, a_disk_stands_it)
{
    static const struct intact_block block = { .size = sizeof disk, .read = disk_read, .write = disk_write };
    static struct virtio_blk blk;
    virtio_blk_init(&blk, &(struct virtio_blk_config){ &block, 2, 64, 512, "x" });
    torment(&blk.virtio, NULL);
}

Test(virtio_hostile, an_entropy_source_stands_it)
{
    static struct virtio_rng rng;
    virtio_rng_init(&rng, 3);
    torment(&rng.virtio, NULL);
}

static struct virtio_console console;

static void type_much(void)
{
    while (virtio_console_can_receive(&console))
        virtio_console_receive(&console, (uint8_t)draw());
}

Test(virtio_hostile, a_console_stands_it)
{
    virtio_console_init(&console, NULL, NULL);
    torment(&console.virtio, type_much);
}

static struct virtio_net net;

static void arrive(void)
{
    static uint8_t frame[3000];
    virtio_net_receive(&net, frame, 14 + draw() % 2900);
}

// It receives what it sends.
static void echo(void *owner, const void *frame, size_t size, uint64_t now)
{
    (void)owner, (void)now;
    virtio_net_receive(&net, frame, size);
}

Test(virtio_hostile, a_network_card_stands_it)
{
    static const struct intact_net loop = { echo, NULL };
    virtio_net_init(&net, &(struct virtio_net_config){ { 0x52, 0x54 }, 64, &loop });
    torment(&net.virtio, arrive);
}
