// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See virtio_slots.h. VIRTIO 1.2, 4.2.2: an empty slot has DeviceID 0, which drivers skip.
#include "machine/board/virtio_slots.h"

#include "machine/board/board.h"

static struct virtio_mmio *at(struct virtio_slots *slots, uint64_t offset)
{
    struct virtio_mmio *found = slots->devices[offset / VIRTIO_MMIO_SIZE];
    return found ? found : &slots->empty;
}

static uint64_t read_slot(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    return virtio_mmio_read(at(owner, offset), offset % VIRTIO_MMIO_SIZE, size, now);
}

static void write_slot(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    virtio_mmio_write(at(owner, offset), offset % VIRTIO_MMIO_SIZE, size, value, now);
}

int virtio_slots_init(struct board *board, uint64_t base, unsigned count, const uint32_t *gsi)
{
    struct virtio_slots *slots = &board->virtio_slots;
    slots->base = base;
    slots->count = count;
    for (unsigned i = 0; i < count; i++)
        slots->gsi[i] = gsi[i];
    virtio_mmio_init(&slots->empty, NULL, board->manager, 0, &board->memory, false);
    return board_map(board, &board->memory,
                     (struct region){ .base = base,
                                      .size = (uint64_t)count * VIRTIO_MMIO_SIZE,
                                      .name = "virtio-mmio",
                                      .widest = 4,
                                      .read = read_slot,
                                      .write = write_slot,
                                      .owner = slots });
}

unsigned virtio_slots_free(const struct virtio_slots *slots)
{
    for (unsigned i = slots->count; i > 0; i--)
        if (!slots->devices[i - 1])
            return i - 1;
    return slots->count;
}

void virtio_slots_visit(struct virtio_slots *slots, struct visit *v)
{
    virtio_mmio_visit(&slots->empty, v);
}
