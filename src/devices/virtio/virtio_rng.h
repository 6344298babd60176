// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An entropy source. VIRTIO 1.2, 5.4. Its bytes come from a generator with a given seed: the same in every run.
#ifndef DEVICES_VIRTIO_VIRTIO_RNG_H
#define DEVICES_VIRTIO_VIRTIO_RNG_H

#include "devices/virtio/virtio.h"

struct virtio_rng {
    struct virtio virtio;
    uint64_t state[4]; // xoshiro256**
};

void virtio_rng_init(struct virtio_rng *rng, uint64_t seed);
void virtio_rng_visit(struct virtio_rng *rng, struct visit *v);

#endif
