// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What all virtio devices and transports share: features, status, queues, a configuration structure, notifications to
// the driver. VIRTIO 1.2, chapters 2 and 3.
//
//     driver -- registers --> transport --> virtio --> device (struct virtio_type)
//     driver <-- interrupt -- transport <-- virtio <-- device (virtio_drain, virtio_tell, virtio_config_change)
//
// A device embeds a struct virtio and describes itself with a struct virtio_type. A transport (virtio_mmio, virtio_pci)
// connects to it and carries the driver's register accesses to the functions of the second part below.
#ifndef DEVICES_VIRTIO_VIRTIO_H
#define DEVICES_VIRTIO_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/visit.h"
#include "devices/virtio/virtio_queue.h"

#define VIRTIO_QUEUES      64
#define VIRTIO_CONFIG_SIZE 64 // the largest configuration structure of our devices

// Device status, 2.1
enum {
    VIRTIO_STATUS_ACKNOWLEDGE = 1,
    VIRTIO_STATUS_DRIVER = 2,
    VIRTIO_STATUS_DRIVER_OK = 4,
    VIRTIO_STATUS_FEATURES_OK = 8,
    VIRTIO_STATUS_NEEDS_RESET = 0x40,
    VIRTIO_STATUS_FAILED = 0x80,
};

// Feature bits of all types of devices, 6 and 6.3
enum {
    VIRTIO_F_ANY_LAYOUT = 27, // legacy
    VIRTIO_F_INDIRECT_DESC = 28,
    VIRTIO_F_EVENT_IDX = 29,
    VIRTIO_F_VERSION_1 = 32,
    VIRTIO_F_RING_RESET = 40,
};

// Mistakes of a driver outside of its queues; counted.
enum virtio_mistake {
    VIRTIO_FEATURES_REFUSED, // FEATURES_OK with features that were not offered, or without VERSION_1
    VIRTIO_FEATURES_LATE,    // features written after FEATURES_OK
    VIRTIO_STATUS_CLEARED,   // a status bit cleared, 2.1.1
    VIRTIO_STATUS_EARLY,     // DRIVER_OK before FEATURES_OK
    VIRTIO_NO_QUEUE,         // a queue that does not exist, or was not set up
    VIRTIO_QUEUE_BUSY,       // a queue's addresses or size changed while it was ready
    VIRTIO_NOTIFIED_EARLY,   // a notification before DRIVER_OK
    VIRTIO_BAD_ACCESS,       // no such register, of that size, in that direction
    VIRTIO_BAD_REQUEST,      // a request that its device cannot answer
    VIRTIO_MISTAKES,
};

struct virtio;

// A type of device. `owner` is that of virtio_init.
struct virtio_type {
    const char *name;
    uint16_t id; // chapter 5
    // A queue that is ready may have new buffers. Not before DRIVER_OK.
    void (*notified)(void *owner, unsigned queue, uint64_t now);
    // The driver, or the board, reset the device. NULL: nothing to do.
    void (*reset)(void *owner);
    // The driver wrote the configuration structure. NULL: it is read-only.
    void (*config_written)(void *owner, unsigned offset, unsigned size, uint64_t value);
};

// How the driver is notified: a queue has used buffers, or the configuration changed (`queue` is VIRTIO_CONFIG).
#define VIRTIO_CONFIG 0xffffu
struct virtio_transport {
    void (*notify)(void *owner, unsigned queue);
    void *owner;
    struct virtio_dma dma;
    bool legacy; // the interface before version 1 (1.3.1)
};

struct virtio {
    uint64_t driver_features;
    uint32_t generation; // of the configuration, 2.5.3
    uint8_t status;
    struct virtqueue queues[VIRTIO_QUEUES];
    uint8_t config[VIRTIO_CONFIG_SIZE];
    uint32_t faults[VIRTQUEUE_FAULTS];
    uint32_t mistakes[VIRTIO_MISTAKES];
    // Configuration.
    unsigned queue_count, config_size;
    uint64_t features; // of the device's type, and INDIRECT_DESC and EVENT_IDX
    struct virtio_transport transport;
    const struct virtio_type *type;
    void *owner;
};

// --- For devices ----------------------------------------------------------------------------------------------------

// A device with `config_size` bytes of configuration structure and no queue. `features`: only those of its type; those
// of the rings are added.
void virtio_init(struct virtio *virtio, const struct virtio_type *type, void *owner, uint64_t features,
                 unsigned config_size);
// Adds the next queue, of at most `size` entries: a power of two up to VIRTQUEUE_SIZE_MAX.
void virtio_add_queue(struct virtio *virtio, unsigned size);

// A field of the configuration structure, 1, 2, 4 or 8 bytes. The second function notifies the driver if it changed.
void virtio_config_set(struct virtio *virtio, unsigned offset, unsigned size, uint64_t value);
void virtio_config_change(struct virtio *virtio, unsigned offset, unsigned size, uint64_t value);

// Has the driver accepted this feature?
static inline bool virtio_has(const struct virtio *virtio, unsigned feature)
{
    return virtio->driver_features >> feature & 1;
}

// May the device use the queue now? DRIVER_OK, no fault, and the queue is ready.
bool virtio_running(const struct virtio *virtio, unsigned queue);

// Takes the next chain. False: there is none, or the ring is at fault; the driver will notify of the next one.
bool virtio_take(struct virtio *virtio, unsigned queue, struct virtqueue_chain *chain);
// Returns it with `written` bytes.
void virtio_give(struct virtio *virtio, unsigned queue, const struct virtqueue_chain *chain, uint32_t written);
// One answer in several chains: each is given at its `place` from 0 on, and all become visible at the end; or the
// chains are put back, to be taken again.
void virtio_give_part(struct virtio *virtio, unsigned queue, unsigned place, const struct virtqueue_chain *chain,
                      uint32_t written);
void virtio_give_end(struct virtio *virtio, unsigned queue, unsigned count);
void virtio_untake(struct virtio *virtio, unsigned queue, unsigned count);
// Notifies the driver of the chains that were given, unless it suppresses notifications.
void virtio_tell(struct virtio *virtio, unsigned queue);

// Takes the waiting chains, as one round: `handle` does the work and returns the number of bytes written.
void virtio_drain(struct virtio *virtio, unsigned queue,
                  uint32_t (*handle)(void *owner, unsigned queue, const struct virtqueue_chain *chain));

// Copies from and to a chain, within its size. False: the buffer is not in memory, and the device needs a reset.
bool virtio_read(struct virtio *virtio, unsigned queue, const struct virtqueue_chain *chain, uint64_t offset,
                 void *data, size_t size);
bool virtio_write(struct virtio *virtio, unsigned queue, const struct virtqueue_chain *chain, uint64_t offset,
                  const void *data, size_t size);

// Why the driver is not notified of queue `queue`, which the findings call `name` (virtio_why.c).
struct why;
void virtio_why(const struct virtio *virtio, unsigned queue, const char *name, struct why *why);

// DEVICE_NEEDS_RESET (2.1.2): the device stops until it is reset.
void virtio_fault(struct virtio *virtio, enum virtqueue_fault fault);
void virtio_bad_request(struct virtio *virtio);

// --- For transports -------------------------------------------------------------------------------------------------

void virtio_connect(struct virtio *virtio, const struct virtio_transport *transport);

// The features offered, those of the transport's version included.
uint64_t virtio_offered(const struct virtio *virtio);
// The driver's features, 32 at a time: `select` 0 or 1; others do not exist.
void virtio_set_features(struct virtio *virtio, uint32_t select, uint32_t features);
uint32_t virtio_get_features(const struct virtio *virtio, uint32_t select, bool offered);

// Writes the status register; 0 is a reset. `now` in ns.
void virtio_set_status(struct virtio *virtio, uint8_t status, uint64_t now);
void virtio_reset(struct virtio *virtio);

// The queue if it exists, else NULL and counted.
struct virtqueue *virtio_queue(struct virtio *virtio, uint32_t queue);
// The queue if it exists and may be set up: not ready yet. Else NULL and counted.
struct virtqueue *virtio_queue_setup(struct virtio *virtio, uint32_t queue);
// A size that the driver chose; an invalid one is a fault.
void virtio_queue_set_size(struct virtio *virtio, uint32_t queue, uint32_t size);
void virtio_queue_enable(struct virtio *virtio, uint32_t queue);
// 2.6.1, with VIRTIO_F_RING_RESET. It is complete at once. True: done, and the transport must reset what it stores of
// the queue too (2.6.1.1.1: all fields have their defaults).
bool virtio_queue_reset(struct virtio *virtio, uint32_t queue);
void virtio_notified(struct virtio *virtio, uint32_t queue, uint64_t now);

// The configuration structure as the driver sees it: 1, 2, 4 or 8 bytes; beyond its end 0.
uint64_t virtio_config_read(struct virtio *virtio, unsigned offset, unsigned size);
void virtio_config_write(struct virtio *virtio, unsigned offset, unsigned size, uint64_t value);

void virtio_mistake(struct virtio *virtio, enum virtio_mistake mistake);

void virtio_visit(struct virtio *virtio, struct visit *v);
void virtio_loaded(struct virtio *virtio);

#endif
