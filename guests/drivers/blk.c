// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.2 (block device).
#include "drivers/blk.h"

enum { TYPE = 2, TRANSITIONAL = 0x1001 };
enum { REQUEST_IN = 0, STATUS_OK = 0 };

struct request { // 5.2.6
    uint32_t type, reserved;
    uint64_t sector;
};

int blk_open(struct virtio *blk, bool msix)
{
    return virtio_open(blk, "virtio-blk", TYPE, TRANSITIONAL, msix);
}

uint64_t blk_sectors(const struct virtio *blk)
{
    return read32(blk->config) | (uint64_t)read32(blk->config + 4) << 32;
}

bool blk_read(struct virtio *blk, uint64_t sector, void *to, uint32_t size)
{
    static struct request request;
    static volatile uint8_t status;
    request = (struct request){ .type = REQUEST_IN, .sector = sector };
    status = 0xff;
    const struct virtio_part parts[] = {
        { &request, sizeof request, false },
        { to, size, true },
        { (void *)&status, 1, true },
    };
    virtio_request(blk, parts, 3);
    return status == STATUS_OK;
}
