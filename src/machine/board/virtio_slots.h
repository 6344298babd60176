// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The virtio-mmio slots of a machine: windows of equal size, each with an interrupt, filled from the last one down.
//
// QEMU's `virt` gives its first device the last slot, and guests configured for QEMU expect it there.
#ifndef MACHINE_BOARD_VIRTIO_SLOTS_H
#define MACHINE_BOARD_VIRTIO_SLOTS_H

#include <stdint.h>

#include "base/visit.h"
#include "devices/virtio/virtio_mmio.h"

#define VIRTIO_SLOTS 32

struct board;

struct virtio_slots {
    uint64_t base;
    unsigned count; // 0: the machine has none
    uint32_t gsi[VIRTIO_SLOTS];
    struct virtio_mmio *devices[VIRTIO_SLOTS]; // NULL: empty
    struct virtio_mmio empty;                  // for empty slots
};

// Maps `count` slots at `base`; slot n interrupts at `gsi[n]`.
int virtio_slots_init(struct board *board, uint64_t base, unsigned count, const uint32_t *gsi);
// The last slot that is free, or `count`.
unsigned virtio_slots_free(const struct virtio_slots *slots);

void virtio_slots_visit(struct virtio_slots *slots, struct visit *v);

#endif
