// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A disk. VIRTIO 1.2, 5.2.
#ifndef DEVICES_VIRTIO_VIRTIO_BLK_H
#define DEVICES_VIRTIO_VIRTIO_BLK_H

#include <intact/backend.h>

#include "devices/virtio/virtio.h"

#define VIRTIO_BLK_ID_SIZE    20
#define VIRTIO_BLK_QUEUE_SIZE 256u

struct virtio_blk_config {
    const struct intact_block *block; // kept alive by the caller
    unsigned queues;                  // 1 to VIRTIO_QUEUES
    unsigned queue_size;              // entries: a power of two, 4 to VIRTQUEUE_SIZE_MAX
    unsigned block_size;              // logical block size for the driver: a power of two, 512 to 32768
    const char *serial;               // up to VIRTIO_BLK_ID_SIZE characters; NULL: none
};

struct virtio_blk {
    struct virtio virtio;
    uint32_t failed; // requests answered with an error
    // Configuration.
    const struct intact_block *block;
    char serial[VIRTIO_BLK_ID_SIZE];
};

void virtio_blk_init(struct virtio_blk *blk, const struct virtio_blk_config *config);
void virtio_blk_visit(struct virtio_blk *blk, struct visit *v);

#endif
