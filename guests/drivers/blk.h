// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Driver of virtio-blk over PCI (1af4:1042; 1af4:1001 where it is transitional): reads.
#ifndef DRIVERS_BLK_H
#define DRIVERS_BLK_H

#include "drivers/virtio.h"

enum { BLK_SECTOR = 512 };

int blk_open(struct virtio *blk, bool msix); // as virtio_open()
uint64_t blk_sectors(const struct virtio *blk);

// Reads `size` bytes, a multiple of BLK_SECTOR, and waits for the interrupt. Whether the device has read them.
bool blk_read(struct virtio *blk, uint64_t sector, void *to, uint32_t size);

#endif
