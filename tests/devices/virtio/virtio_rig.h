// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A simple driver for virtio devices: a megabyte of memory, queues in it, and a transport that counts notifications.
#ifndef TESTS_DEVICES_VIRTIO_RIG_H
#define TESTS_DEVICES_VIRTIO_RIG_H

#include "base/bus.h"
#include "devices/board.h"
#include "devices/virtio/virtio.h"

#define RIG_RAM     UINT64_C(0x100000)
#define RIG_QUEUES  UINT64_C(0x10000) // where queue 0 is
#define RIG_STRIDE  UINT64_C(0x4000)  // from one queue to the next
#define RIG_BUFFERS UINT64_C(0x80000) // from here on nothing is a queue
#define RIG_SIZE    16u               // entries, unless a test wants another number

struct virtio_rig {
    uint8_t ram[RIG_RAM];
    struct bus bus;
    struct region region;
    struct virtio *virtio;
    unsigned notices[VIRTIO_QUEUES], config_notices;
    uint16_t available[VIRTIO_QUEUES]; // the driver's index
};

static inline void rig_notice(void *owner, unsigned queue)
{
    struct virtio_rig *rig = owner;
    ++*(queue == VIRTIO_CONFIG ? &rig->config_notices : &rig->notices[queue]);
}

static inline bool rig_dma_read(void *owner, uint64_t address, void *data, size_t size)
{
    return bus_read_memory(owner, address, data, size);
}

static inline bool rig_dma_write(void *owner, uint64_t address, const void *data, size_t size)
{
    return bus_write_memory(owner, address, data, size);
}

static inline void rig_memory(struct virtio_rig *rig)
{
    memset(rig, 0, sizeof *rig);
    bus_init(&rig->bus);
    rig->region = (struct region){ .size = RIG_RAM, .name = "ram", .ram = rig->ram };
    cr_assert_eq(bus_add(&rig->bus, &rig->region), 0);
}

static inline void rig_connect(struct virtio_rig *rig, struct virtio *virtio, bool legacy)
{
    rig_memory(rig);
    rig->virtio = virtio;
    virtio_connect(virtio, &(struct virtio_transport){ .notify = rig_notice,
                                                       .owner = rig,
                                                       .dma = { rig_dma_read, rig_dma_write, &rig->bus },
                                                       .legacy = legacy });
}

// --- Queues ---------------------------------------------------------------------------------------------------------

static inline uint64_t rig_table(unsigned queue)
{
    return RIG_QUEUES + RIG_STRIDE * queue;
}

static inline uint64_t rig_available(unsigned queue)
{
    return rig_table(queue) + 0x2000;
}

static inline uint64_t rig_used(unsigned queue)
{
    return rig_table(queue) + 0x3000;
}

static inline void rig_put(struct virtio_rig *rig, uint64_t address, unsigned size, uint64_t value)
{
    bytes_put(rig->ram + address, size, value);
}

static inline uint64_t rig_get(const struct virtio_rig *rig, uint64_t address, unsigned size)
{
    return bytes_get(rig->ram + address, size);
}

static inline void rig_queue(struct virtio_rig *rig, unsigned queue, unsigned size)
{
    struct virtqueue *q = &rig->virtio->queues[queue];
    memset(rig->ram + rig_table(queue), 0, RIG_STRIDE);
    rig->available[queue] = 0;
    virtio_queue_set_size(rig->virtio, queue, size);
    q->descriptors = rig_table(queue);
    q->available = rig_available(queue);
    q->used = rig_used(queue);
    virtio_queue_enable(rig->virtio, queue);
}

// Reset, features, queues of RIG_SIZE entries, DRIVER_OK: as a driver does. `features` in addition to VERSION_1.
static inline void rig_start(struct virtio_rig *rig, uint64_t features)
{
    struct virtio *virtio = rig->virtio;
    if (!virtio->transport.legacy)
        features |= BIT64(VIRTIO_F_VERSION_1);
    virtio_set_status(virtio, 0, 0);
    virtio_set_status(virtio, VIRTIO_STATUS_ACKNOWLEDGE, 0);
    virtio_set_status(virtio, 3, 0);
    virtio_set_features(virtio, 0, (uint32_t)features);
    virtio_set_features(virtio, 1, (uint32_t)(features >> 32));
    if (!virtio->transport.legacy)
        virtio_set_status(virtio, 11, 0);
    for (unsigned i = 0; i < virtio->queue_count; i++)
        rig_queue(rig, i, RIG_SIZE);
    virtio_set_status(virtio, virtio->transport.legacy ? 7 : 15, 0);
    cr_assert_eq(virtio->status, virtio->transport.legacy ? 7 : 15);
}

static inline void rig_write_descriptor(struct virtio_rig *rig, uint64_t at, uint64_t address, uint32_t size,
                                        uint16_t flags, uint16_t next)
{
    rig_put(rig, at, 8, address);
    rig_put(rig, at + 8, 4, size);
    rig_put(rig, at + 12, 2, flags);
    rig_put(rig, at + 14, 2, next);
}

static inline void rig_descriptor(struct virtio_rig *rig, unsigned queue, unsigned index, uint64_t address,
                                  uint32_t size, uint16_t flags, uint16_t next)
{
    rig_write_descriptor(rig, rig_table(queue) + 16 * index, address, size, flags, next);
}

static inline void rig_offer(struct virtio_rig *rig, unsigned queue, uint16_t head)
{
    unsigned size = rig->virtio->queues[queue].size;
    rig_put(rig, rig_available(queue) + 4 + 2 * (rig->available[queue]++ % size), 2, head);
    rig_put(rig, rig_available(queue) + 2, 2, rig->available[queue]);
}

// `readable` bytes at one address, then `writable` ones at another, as descriptors 0 and 1; offers and notifies.
static inline void rig_request(struct virtio_rig *rig, unsigned queue, uint64_t from, uint32_t readable, uint64_t to,
                               uint32_t writable)
{
    uint16_t first = readable ? 0 : 1;
    rig_descriptor(rig, queue, 0, from, readable, writable ? VIRTQ_DESC_F_NEXT : 0, 1);
    rig_descriptor(rig, queue, 1, to, writable, VIRTQ_DESC_F_WRITE, 0);
    rig_offer(rig, queue, first);
    virtio_notified(rig->virtio, queue, 0);
}

static inline uint16_t rig_used_index(const struct virtio_rig *rig, unsigned queue)
{
    return (uint16_t)rig_get(rig, rig_used(queue) + 2, 2);
}

static inline uint32_t rig_used_head(const struct virtio_rig *rig, unsigned queue, unsigned entry)
{
    return (uint32_t)rig_get(rig, rig_used(queue) + 4 + 8 * entry, 4);
}

static inline uint32_t rig_used_length(const struct virtio_rig *rig, unsigned queue, unsigned entry)
{
    return (uint32_t)rig_get(rig, rig_used(queue) + 8 + 8 * entry, 4);
}

#endif
