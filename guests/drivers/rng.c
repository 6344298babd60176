// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.4 (entropy device).
#include "drivers/rng.h"

enum { TYPE = 4, TRANSITIONAL = 0x1005 };

int rng_open(struct virtio *rng, bool msix)
{
    return virtio_open(rng, "virtio-rng", TYPE, TRANSITIONAL, msix);
}

uint32_t rng_read(struct virtio *rng, void *to, uint32_t size)
{
    return virtio_request(rng, &(struct virtio_part){ to, size, true }, 1);
}
