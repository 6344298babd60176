// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// How a virtio device notifies its driver, whatever the transport: VIRTIO 1.2, 2.3 (notifications), 4.1.4.5 (ISR
// status), 4.1.5.1.2 (MSI-X vectors), 4.2.2 (InterruptStatus).
//
// A line that is a level follows the status register: high from the first bit set to the last one cleared. One that is
// an edge is triggered by each notification.
//
// Path: devices/virtio/virtio_mmio.c / groups/group.c
#include <intact/interrupt.h>
#include <stddef.h>

uint32_t intact_irq_status_read(const struct intact_irq_status *status)
{
    return __atomic_load_n(&status->bits, __ATOMIC_ACQUIRE);
}

void intact_irq_status_write(struct intact_irq_status *status, uint32_t bits)
{
    __atomic_store_n(&status->bits, bits, __ATOMIC_RELEASE);
}

uint32_t intact_irq_status_read_and_clear(struct intact_irq_status *status)
{
    return __atomic_exchange_n(&status->bits, 0, __ATOMIC_ACQ_REL);
}

uint32_t intact_irq_status_set(struct intact_irq_status *status, uint32_t bits)
{
    return __atomic_fetch_or(&status->bits, bits, __ATOMIC_ACQ_REL);
}

uint32_t intact_irq_status_clear(struct intact_irq_status *status, uint32_t bits)
{
    return __atomic_fetch_and(&status->bits, ~bits, __ATOMIC_ACQ_REL);
}

// Other threads may set bits meanwhile: the last level of the line is that of the register then or later.
static int follow(const struct intact_irq_virtio *virtio)
{
    int result;
    bool level;
    do {
        level = intact_irq_status_read(virtio->status) != 0;
        result = intact_irq_group_set_level(virtio->group, 0, level);
    } while (result == INTACT_IRQ_OK && level != (intact_irq_status_read(virtio->status) != 0));
    return result;
}

static int notify(const struct intact_irq_virtio *virtio, uint32_t bit, uint16_t vector)
{
    if (!virtio->group)
        return INTACT_IRQ_OK;
    if (virtio->status) {
        intact_irq_status_set(virtio->status, bit);
        int result = follow(virtio);
        return result == INTACT_IRQ_BAD_TYPE ? intact_irq_group_trigger(virtio->group, 0) : result;
    }
    return vector == INTACT_IRQ_NO_VECTOR ? INTACT_IRQ_OK : intact_irq_group_trigger(virtio->group, vector);
}

int intact_irq_virtio_notify_queue(const struct intact_irq_virtio *virtio, uint16_t queue)
{
    bool by_vectors = virtio->group && !virtio->status;
    if (by_vectors && queue >= virtio->queues)
        return INTACT_IRQ_BAD_INDEX;
    return notify(virtio, INTACT_IRQ_USED_RING, by_vectors ? virtio->queue_vectors[queue] : INTACT_IRQ_NO_VECTOR);
}

int intact_irq_virtio_notify_config(const struct intact_irq_virtio *virtio)
{
    return notify(virtio, INTACT_IRQ_CONFIG, virtio->config_vector);
}

uint32_t intact_irq_virtio_acknowledge(const struct intact_irq_virtio *virtio, uint32_t bits)
{
    if (!virtio->status)
        return 0;
    uint32_t before = intact_irq_status_clear(virtio->status, bits);
    if (virtio->group)
        follow(virtio); // an edge has no level to lower
    return before;
}
