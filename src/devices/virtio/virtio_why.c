// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why a virtio device does not notify its driver: VIRTIO 1.2, 2.1 (status), 2.7.7 (suppression), 3.1.1 (queues).
#include "base/why.h"
#include "devices/virtio/virtio.h"

static void why_ring(const struct virtqueue *queue, const char *name, struct why *why)
{
    unsigned waiting;
    uint16_t wants;
    if (virtqueue_waiting(queue, &waiting) != VIRTQUEUE_FINE)
        return; // the next use of the queue finds it, and the device then needs a reset
    if (queue->next_used != queue->told)
        WHY_NAMED(why, INTACT_WHY_VIRTIO_UNTOLD, name, (uint16_t)(queue->next_used - queue->told));
    else if (waiting)
        WHY_NAMED(why, INTACT_WHY_VIRTIO_UNUSED, name, waiting);
    else
        WHY_NAMED(why, INTACT_WHY_VIRTIO_NO_BUFFERS, name, 0);
    if (!virtqueue_suppression(queue, &wants))
        return;
    // used_event is none of those that were not told of, nor the next one.
    if (queue->event_index && (uint16_t)(wants - queue->told) > (uint16_t)(queue->next_used - queue->told))
        WHY_NAMED(why, INTACT_WHY_VIRTIO_EVENT, name, wants, queue->next_used);
    if (!queue->event_index && wants & VIRTQ_AVAIL_F_NO_INTERRUPT)
        WHY_NAMED(why, INTACT_WHY_VIRTIO_NO_INTERRUPT, name, wants);
}

void virtio_why(const struct virtio *virtio, unsigned queue, const char *name, struct why *why)
{
    if (!(virtio->status & VIRTIO_STATUS_DRIVER_OK))
        WHY_NAMED(why, INTACT_WHY_VIRTIO_NOT_OK, name, virtio->status);
    if (virtio->status & VIRTIO_STATUS_NEEDS_RESET)
        WHY_NAMED(why, INTACT_WHY_VIRTIO_NEEDS_RESET, name, virtio->status);
    if (queue == VIRTIO_CONFIG)
        return;
    if (!virtio->queues[queue].ready)
        WHY_NAMED(why, INTACT_WHY_VIRTIO_NOT_READY, name, 0);
    else if (virtio_running(virtio, queue))
        why_ring(&virtio->queues[queue], name, why);
}
