// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A driver for any virtio device on any transport: registers, rings, requests. It follows the rules of VIRTIO 1.2,
// 3.1.1 and 2.7.13, so that a fuzzer can break them one at a time.
//
// A queue's rings have a fixed place, in the layout of legacy devices (2.7.2), which is valid for the others too.
#ifndef TESTS_FUZZ_VIRTIO_DRIVER_H
#define TESTS_FUZZ_VIRTIO_DRIVER_H

#include "virtio_rig.h"

struct virtio_driver {
    struct bus_case *bus;
    struct fuzz *fuzz;
    struct virtio_target *target;
    unsigned index; // of the target
};

enum { DRIVER_QUEUES = 3, DRIVER_SEGMENTS = 4, DRIVER_RING_SIZE = 0x8000, DRIVER_BUFFERS = 0x4000 };

struct virtio_segment {
    uint64_t address;
    uint32_t size;
    bool writable;
};

struct virtio_driver virtio_driver(struct bus_case *bus, struct fuzz *fuzz, unsigned index);

// A register of virtio-mmio; of PCI one of BAR 4.
uint64_t virtio_driver_read(const struct virtio_driver *driver, uint64_t offset, unsigned size);
void virtio_driver_write(const struct virtio_driver *driver, uint64_t offset, unsigned size, uint64_t value);

uint8_t virtio_driver_status(const struct virtio_driver *driver);
void virtio_driver_set_status(const struct virtio_driver *driver, uint8_t status);
// Of what is offered, all but `refused`. Answers with those.
uint64_t virtio_driver_features(const struct virtio_driver *driver, uint64_t refused);
void virtio_driver_queue(const struct virtio_driver *driver, unsigned queue, unsigned size);
void virtio_driver_notify(const struct virtio_driver *driver, unsigned queue);
// All of 3.1.1, and then DRIVER_OK. PCI: `vectors`: MSI-X, with the whole function masked; else INTx.
void virtio_driver_start(const struct virtio_driver *driver, uint64_t refused, bool vectors);
// Was the driver notified of this queue? It acknowledges that.
bool virtio_driver_told(const struct virtio_driver *driver, unsigned queue);

// Host memory behind an address, or NULL: it is not in RAM.
uint8_t *virtio_driver_ram(const struct virtio_driver *driver, uint64_t address, uint64_t size);
uint64_t virtio_driver_ring(const struct virtio_driver *driver, unsigned queue);
// Room for buffers of a queue: DRIVER_BUFFERS bytes.
uint64_t virtio_driver_buffers(const struct virtio_driver *driver, unsigned queue);

// Writes a descriptor of the table at `table`.
void virtio_driver_descriptor(const struct virtio_driver *driver, uint64_t table, unsigned index, uint64_t address,
                              uint32_t size, uint16_t flags, uint16_t next);
// A chain from descriptor `head` on; with `indirect` one descriptor and a table at that address.
void virtio_driver_chain(const struct virtio_driver *driver, unsigned queue, unsigned head,
                         const struct virtio_segment *segments, unsigned count, uint64_t indirect);
// Puts heads into the available ring, from where the device takes the next one, and moves the index.
void virtio_driver_offer(const struct virtio_driver *driver, unsigned queue, const uint16_t *heads, unsigned count);

// One request, from head to used ring and interrupt; fails unless everything goes as it should. The bytes written.
uint32_t virtio_driver_request(const struct virtio_driver *driver, unsigned queue,
                               const struct virtio_segment *segments, unsigned count);

#endif
