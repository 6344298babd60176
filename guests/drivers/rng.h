// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Driver of virtio-rng over PCI (1af4:1044; 1af4:1005 where it is transitional), by INTx or by MSI-X.
#ifndef DRIVERS_RNG_H
#define DRIVERS_RNG_H

#include "lib/guest.h"

enum { RNG_QUEUE = 8 };

struct rng {
    unsigned devfn;
    uint64_t common, notify, isr; // addresses of the structures of the capabilities
    uint32_t notify_multiplier;
    int message; // id of the MSI-X vector, -1: by INTx
    struct rng_ring *ring;
    uint16_t sent, seen;
    volatile unsigned interrupts;
};

// Brings the device up. 0, or a value of enum intr_error; the guest ends where there is no such device, or it does not
// accept our features.
int rng_open(struct rng *rng, bool msix);
void rng_close(struct rng *rng);

// Requests `size` bytes, waits for the interrupt, and returns how many it got.
uint32_t rng_read(struct rng *rng, void *to, uint32_t size);

#endif
