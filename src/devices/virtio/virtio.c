// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, chapters 2 and 3; 6 and 6.3 for the features that all devices share.
//
// A fault in a queue, or a request without room for its answer, sets DEVICE_NEEDS_RESET and changes nothing in guest
// memory; the device stops until the driver resets it (2.1.2). All work is done within the driver's notification, so no
// request is in progress between two instructions.
//
// Not modelled: shared memory regions (2.10), suspending (2.1 of later versions), notification data (2.9),
// VIRTIO_F_ACCESS_PLATFORM (addresses are physical), administration queues.
//
// Path: devices/virtio/virtio_blk.c and the other devices / virtio_mmio.c, virtio_pci.c
#include "devices/virtio/virtio.h"

#include <string.h>

#include "base/bits.h"

enum {
    STATUS_DRIVERS = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK |
                     VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_FAILED
};

void virtio_init(struct virtio *virtio, const struct virtio_type *type, void *owner, uint64_t features,
                 unsigned config_size)
{
    memset(virtio, 0, sizeof *virtio);
    virtio->type = type;
    virtio->owner = owner;
    virtio->features = features | BIT64(VIRTIO_F_INDIRECT_DESC) | BIT64(VIRTIO_F_EVENT_IDX);
    virtio->config_size = config_size;
}

void virtio_add_queue(struct virtio *virtio, unsigned size)
{
    struct virtqueue *queue = &virtio->queues[virtio->queue_count++];
    queue->size_max = (uint16_t)size;
    queue->dma = &virtio->transport.dma;
    virtqueue_reset(queue);
}

void virtio_connect(struct virtio *virtio, const struct virtio_transport *transport)
{
    virtio->transport = *transport;
}

void virtio_mistake(struct virtio *virtio, enum virtio_mistake mistake)
{
    virtio->mistakes[mistake]++;
}

// --- Notifications to the driver ------------------------------------------------------------------------------------

// 2.1.2 and 2.3: none before DRIVER_OK.
static void notify(struct virtio *virtio, unsigned queue)
{
    if (virtio->status & VIRTIO_STATUS_DRIVER_OK && virtio->transport.notify)
        virtio->transport.notify(virtio->transport.owner, queue);
}

static void need_reset(struct virtio *virtio)
{
    if (virtio->status & VIRTIO_STATUS_NEEDS_RESET)
        return;
    virtio->status |= VIRTIO_STATUS_NEEDS_RESET;
    notify(virtio, VIRTIO_CONFIG);
}

void virtio_fault(struct virtio *virtio, enum virtqueue_fault fault)
{
    virtio->faults[fault]++;
    need_reset(virtio);
}

void virtio_bad_request(struct virtio *virtio)
{
    virtio_mistake(virtio, VIRTIO_BAD_REQUEST);
    need_reset(virtio);
}

// --- Features and status --------------------------------------------------------------------------------------------

uint64_t virtio_offered(const struct virtio *virtio)
{
    if (virtio->transport.legacy)
        return (virtio->features | BIT64(VIRTIO_F_ANY_LAYOUT)) & bits_low(32);
    return virtio->features | BIT64(VIRTIO_F_VERSION_1) | BIT64(VIRTIO_F_RING_RESET);
}

uint32_t virtio_get_features(const struct virtio *virtio, uint32_t select, bool offered)
{
    uint64_t features = offered ? virtio_offered(virtio) : virtio->driver_features;
    return select < 2 ? (uint32_t)(features >> (32 * select)) : 0;
}

// 3.1.1 step 4: not after FEATURES_OK. A legacy driver has no such step; it writes before it sets up its queues.
void virtio_set_features(struct virtio *virtio, uint32_t select, uint32_t features)
{
    if (virtio->status & (VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_DRIVER_OK)) {
        virtio_mistake(virtio, VIRTIO_FEATURES_LATE);
    } else if (select < 2) {
        uint64_t mask = bits_low(32) << (32 * select);
        virtio->driver_features = bits_merge(virtio->driver_features, (uint64_t)features << (32 * select), mask);
    } else if (features) {
        virtio_mistake(virtio, VIRTIO_FEATURES_REFUSED);
    }
}

// 2.2.2, 6.1
static bool acceptable(const struct virtio *virtio)
{
    return !(virtio->driver_features & ~virtio_offered(virtio)) && virtio_has(virtio, VIRTIO_F_VERSION_1);
}

// The bits that a write adds.
static uint8_t accept_status(struct virtio *virtio, uint8_t added)
{
    if (added & VIRTIO_STATUS_FEATURES_OK && !virtio->transport.legacy && !acceptable(virtio)) {
        virtio_mistake(virtio, VIRTIO_FEATURES_REFUSED);
        added &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
    }
    bool ok = virtio->transport.legacy || (virtio->status | added) & VIRTIO_STATUS_FEATURES_OK;
    if (added & VIRTIO_STATUS_DRIVER_OK && !ok) {
        virtio_mistake(virtio, VIRTIO_STATUS_EARLY);
        added &= (uint8_t)~VIRTIO_STATUS_DRIVER_OK;
    }
    return added;
}

// A legacy driver may notify before DRIVER_OK (3.1.2), so all queues are processed now.
static void start(struct virtio *virtio, uint64_t now)
{
    if (virtio->status & VIRTIO_STATUS_NEEDS_RESET)
        notify(virtio, VIRTIO_CONFIG);
    for (unsigned i = 0; i < virtio->queue_count; i++)
        if (virtio_running(virtio, i))
            virtio->type->notified(virtio->owner, i, now);
}

void virtio_set_status(struct virtio *virtio, uint8_t status, uint64_t now)
{
    if (status == 0) {
        virtio_reset(virtio);
        return;
    }
    if (virtio->status & STATUS_DRIVERS & ~status)
        virtio_mistake(virtio, VIRTIO_STATUS_CLEARED);
    uint8_t added = accept_status(virtio, status & STATUS_DRIVERS & (uint8_t)~virtio->status);
    virtio->status |= added;
    if (added & VIRTIO_STATUS_DRIVER_OK)
        start(virtio, now);
}

void virtio_reset(struct virtio *virtio)
{
    virtio->status = 0;
    virtio->driver_features = 0;
    for (unsigned i = 0; i < virtio->queue_count; i++)
        virtqueue_reset(&virtio->queues[i]);
    if (virtio->type->reset)
        virtio->type->reset(virtio->owner);
}

// --- Queues ---------------------------------------------------------------------------------------------------------

struct virtqueue *virtio_queue(struct virtio *virtio, uint32_t queue)
{
    if (queue < virtio->queue_count)
        return &virtio->queues[queue];
    virtio_mistake(virtio, VIRTIO_NO_QUEUE);
    return NULL;
}

struct virtqueue *virtio_queue_setup(struct virtio *virtio, uint32_t queue)
{
    struct virtqueue *found = virtio_queue(virtio, queue);
    if (!found || !found->ready)
        return found;
    virtio_mistake(virtio, VIRTIO_QUEUE_BUSY);
    return NULL;
}

void virtio_queue_set_size(struct virtio *virtio, uint32_t queue, uint32_t size)
{
    struct virtqueue *found = virtio_queue_setup(virtio, queue);
    if (!found)
        return;
    if (is_power_of_two(size) && size <= found->size_max)
        found->size = (uint16_t)size;
    else
        virtio_fault(virtio, VIRTQUEUE_BAD_SIZE);
}

void virtio_queue_enable(struct virtio *virtio, uint32_t queue)
{
    struct virtqueue *found = virtio_queue_setup(virtio, queue);
    if (!found)
        return;
    found->indirect = virtio_has(virtio, VIRTIO_F_INDIRECT_DESC);
    found->event_index = virtio_has(virtio, VIRTIO_F_EVENT_IDX);
    enum virtqueue_fault fault = virtqueue_enable(found);
    if (fault)
        virtio_fault(virtio, fault);
}

bool virtio_queue_reset(struct virtio *virtio, uint32_t queue)
{
    struct virtqueue *found = virtio_queue(virtio, queue);
    if (!found || !virtio_has(virtio, VIRTIO_F_RING_RESET))
        return false;
    virtqueue_reset(found);
    return true;
}

bool virtio_running(const struct virtio *virtio, unsigned queue)
{
    return virtio->queues[queue].ready && virtio->status & VIRTIO_STATUS_DRIVER_OK &&
           !(virtio->status & VIRTIO_STATUS_NEEDS_RESET);
}

void virtio_notified(struct virtio *virtio, uint32_t queue, uint64_t now)
{
    struct virtqueue *found = virtio_queue(virtio, queue);
    if (!found)
        return;
    if (!(virtio->status & VIRTIO_STATUS_DRIVER_OK))
        virtio_mistake(virtio, VIRTIO_NOTIFIED_EARLY);
    else if (!found->ready)
        virtio_mistake(virtio, VIRTIO_NO_QUEUE);
    else if (virtio_running(virtio, queue))
        virtio->type->notified(virtio->owner, queue, now);
}

static bool fine(struct virtio *virtio, enum virtqueue_fault fault)
{
    if (fault)
        virtio_fault(virtio, fault);
    return !fault;
}

bool virtio_take(struct virtio *virtio, unsigned queue, struct virtqueue_chain *chain)
{
    struct virtqueue *from = &virtio->queues[queue];
    unsigned waiting;
    if (!virtio_running(virtio, queue) || !fine(virtio, virtqueue_waiting(from, &waiting)))
        return false;
    if (waiting)
        return fine(virtio, virtqueue_take(from, chain));
    fine(virtio, virtqueue_ask(from));
    return false;
}

void virtio_give(struct virtio *virtio, unsigned queue, const struct virtqueue_chain *chain, uint32_t written)
{
    if (virtio_running(virtio, queue))
        fine(virtio, virtqueue_give(&virtio->queues[queue], chain->head, written));
}

void virtio_give_part(struct virtio *virtio, unsigned queue, unsigned place, const struct virtqueue_chain *chain,
                      uint32_t written)
{
    if (virtio_running(virtio, queue))
        fine(virtio, virtqueue_give_part(&virtio->queues[queue], place, chain->head, written));
}

void virtio_give_end(struct virtio *virtio, unsigned queue, unsigned count)
{
    if (virtio_running(virtio, queue))
        fine(virtio, virtqueue_give_end(&virtio->queues[queue], count));
}

void virtio_untake(struct virtio *virtio, unsigned queue, unsigned count)
{
    if (virtio_running(virtio, queue))
        virtqueue_untake(&virtio->queues[queue], count);
}

void virtio_tell(struct virtio *virtio, unsigned queue)
{
    bool wanted;
    if (virtio_running(virtio, queue) && fine(virtio, virtqueue_interrupts(&virtio->queues[queue], &wanted)) && wanted)
        notify(virtio, queue);
}

void virtio_drain(struct virtio *virtio, unsigned queue,
                  uint32_t (*handle)(void *owner, unsigned queue, const struct virtqueue_chain *chain))
{
    struct virtqueue *from = &virtio->queues[queue];
    struct virtqueue_chain chain;
    unsigned waiting;
    if (!virtio_running(virtio, queue) || !fine(virtio, virtqueue_waiting(from, &waiting)))
        return;
    for (; waiting && virtio_running(virtio, queue); waiting--) {
        if (!fine(virtio, virtqueue_take(from, &chain)))
            return;
        uint32_t written = handle(virtio->owner, queue, &chain);
        virtio_give(virtio, queue, &chain, written);
    }
    if (virtio_running(virtio, queue))
        fine(virtio, virtqueue_ask(from));
    virtio_tell(virtio, queue);
}

bool virtio_read(struct virtio *virtio, unsigned queue, const struct virtqueue_chain *chain, uint64_t offset,
                 void *data, size_t size)
{
    bool done = virtqueue_chain_read(&virtio->queues[queue], chain, offset, data, size);
    return fine(virtio, done ? VIRTQUEUE_FINE : VIRTQUEUE_BUFFER_OUTSIDE);
}

bool virtio_write(struct virtio *virtio, unsigned queue, const struct virtqueue_chain *chain, uint64_t offset,
                  const void *data, size_t size)
{
    bool done = virtqueue_chain_write(&virtio->queues[queue], chain, offset, data, size);
    return fine(virtio, done ? VIRTQUEUE_FINE : VIRTQUEUE_BUFFER_OUTSIDE);
}

// --- Configuration structure ----------------------------------------------------------------------------------------

void virtio_config_set(struct virtio *virtio, unsigned offset, unsigned size, uint64_t value)
{
    bytes_put(virtio->config + offset, size, value);
}

void virtio_config_change(struct virtio *virtio, unsigned offset, unsigned size, uint64_t value)
{
    if (bytes_get(virtio->config + offset, size) == value)
        return;
    virtio_config_set(virtio, offset, size, value);
    virtio->generation++;
    notify(virtio, VIRTIO_CONFIG);
}

uint64_t virtio_config_read(struct virtio *virtio, unsigned offset, unsigned size)
{
    if (offset >= virtio->config_size || size > virtio->config_size - offset)
        return 0;
    return bytes_get(virtio->config + offset, size);
}

void virtio_config_write(struct virtio *virtio, unsigned offset, unsigned size, uint64_t value)
{
    if (virtio->type->config_written && offset < virtio->config_size && size <= virtio->config_size - offset)
        virtio->type->config_written(virtio->owner, offset, size, value);
    else
        virtio_mistake(virtio, VIRTIO_BAD_ACCESS);
}

// --- State ----------------------------------------------------------------------------------------------------------

void virtio_visit(struct virtio *virtio, struct visit *v)
{
    VISIT(v, virtio->driver_features);
    VISIT(v, virtio->generation);
    VISIT(v, virtio->status);
    for (unsigned i = 0; i < virtio->queue_count; i++)
        virtqueue_visit(&virtio->queues[i], v);
    VISIT_ARRAY(v, virtio->config);
    VISIT_ARRAY(v, virtio->faults);
    VISIT_ARRAY(v, virtio->mistakes);
}

// The ring size in a loaded state must be valid.
void virtio_loaded(struct virtio *virtio)
{
    for (unsigned i = 0; i < virtio->queue_count; i++)
        if (!is_power_of_two(virtio->queues[i].size) || virtio->queues[i].size > virtio->queues[i].size_max)
            virtqueue_reset(&virtio->queues[i]);
}
