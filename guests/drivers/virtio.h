// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Driver of a virtio device over PCI with one queue, by INTx or by MSI-X: what rng.h and blk.h stand on.
#ifndef DRIVERS_VIRTIO_H
#define DRIVERS_VIRTIO_H

#include "lib/guest.h"

enum { VIRTIO_QUEUE = 8 };

struct virtio {
    unsigned devfn;
    uint64_t common, notify, isr, config; // addresses of the structures of the capabilities; config may be 0
    uint64_t doorbell;                    // of the queue
    int message;                          // id of the MSI-X vector, -1: by INTx
    struct virtio_ring *ring;
    uint16_t sent, seen;
    volatile unsigned interrupts;
};

// Part of a request: bytes that the device reads, or (`to_driver`) writes.
struct virtio_part {
    void *data;
    uint32_t size;
    bool to_driver;
};

// Brings a device up: 1af4:1040 + type (VIRTIO 1.2, 4.1.2), or 1af4:`transitional`; `name` is for messages. 0, or a value of
// enum intr_error; the guest ends where there is no such device, or it does not accept our features.
int virtio_open(struct virtio *virtio, const char *name, uint16_t type, uint16_t transitional, bool msix);
void virtio_close(struct virtio *virtio);

// Sends a request of one to VIRTIO_QUEUE parts, waits for the interrupt, and returns how many bytes the device wrote.
uint32_t virtio_request(struct virtio *virtio, const struct virtio_part *parts, unsigned count);

#endif
