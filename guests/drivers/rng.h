// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Driver of virtio-rng over PCI (1af4:1044; 1af4:1005 where it is transitional).
#ifndef DRIVERS_RNG_H
#define DRIVERS_RNG_H

#include "drivers/virtio.h"

int rng_open(struct virtio *rng, bool msix); // as virtio_open()

// Requests `size` bytes, waits for the interrupt, and returns how many it got.
uint32_t rng_read(struct virtio *rng, void *to, uint32_t size);

#endif
