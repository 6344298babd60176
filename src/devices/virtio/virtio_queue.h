// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A split virtqueue, the device's side. VIRTIO 1.2, 2.7.
//
//     descriptor table          available ring (driver)            used ring (device)
//     +-----------------+       +-------------------------+       +-----------------------------+
//     | address, length |<------| head, head, ... idx     |       | head + length, ... idx      |
//     | flags, next ----+--+    | flags, used_event       |       | flags, avail_event          |
//     +-----------------+  |    +-------------------------+       +-----------------------------+
//     | ...             |<-+     virtqueue_take: a chain           virtqueue_give: it comes back
//
// Nothing in guest memory is trusted. A ring that breaks a rule is a fault, for which the caller sets
// DEVICE_NEEDS_RESET; a chain costs at most VIRTQUEUE_CHAIN_MAX descriptors, and a round at most `size` chains.
#ifndef DEVICES_VIRTIO_VIRTIO_QUEUE_H
#define DEVICES_VIRTIO_VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/visit.h"

#define VIRTQUEUE_SIZE_MAX  1024u // that our devices offer; the ring's own limit is 32768
#define VIRTQUEUE_CHAIN_MAX 1024u // descriptors of one chain

enum { VIRTQ_DESC_F_NEXT = 1, VIRTQ_DESC_F_WRITE = 2, VIRTQ_DESC_F_INDIRECT = 4 };
enum { VIRTQ_AVAIL_F_NO_INTERRUPT = 1, VIRTQ_USED_F_NO_NOTIFY = 1 };

// Mistakes of a driver with a queue.
enum virtqueue_fault {
    VIRTQUEUE_FINE,
    VIRTQUEUE_BAD_SIZE,       // no power of two, 0, or more than the device offers
    VIRTQUEUE_UNALIGNED,      // a part of the queue, 2.7
    VIRTQUEUE_RING_OUTSIDE,   // a part of the queue is not in memory
    VIRTQUEUE_INDEX_JUMP,     // the available index moved by more than the queue has
    VIRTQUEUE_BAD_DESCRIPTOR, // an index beyond the table
    VIRTQUEUE_LOOP,           // a chain that does not end
    VIRTQUEUE_BAD_INDIRECT,   // not negotiated, nested, with NEXT, or a table without a whole number of descriptors
    VIRTQUEUE_BAD_ORDER,      // a readable buffer after a writable one, 2.7.4.2
    VIRTQUEUE_TOO_LONG,       // more than 2^32 bytes (2.7.5.2) or VIRTQUEUE_CHAIN_MAX descriptors
    VIRTQUEUE_BUFFER_OUTSIDE, // a buffer is not in memory
    VIRTQUEUE_FAULTS,
};

// The guest's memory as the device may reach it. False: some byte is not memory, or bus mastering is off; nothing was
// copied.
struct virtio_dma {
    bool (*read)(void *owner, uint64_t address, void *data, size_t size);
    bool (*write)(void *owner, uint64_t address, const void *data, size_t size);
    void *owner;
};

struct virtqueue {
    uint64_t descriptors, available, used; // guest addresses of the three parts
    uint16_t size;                         // entries, as the driver chose
    uint16_t next_available;               // the entry to be taken next
    uint16_t next_used;                    // idx of the used ring
    uint16_t told;                         // next_used when virtqueue_interrupts was last called
    bool ready;
    bool indirect, event_index; // negotiated
    // Configuration.
    uint16_t size_max;
    const struct virtio_dma *dma;
};

struct virtqueue_segment {
    uint64_t address;
    uint32_t size; // bytes, not 0
};

// A chain of buffers: first those the device reads, then those it writes.
struct virtqueue_chain {
    uint16_t head;
    uint16_t count, readable; // segments: all, and of them the readable ones
    uint64_t readable_size, writable_size;
    struct virtqueue_segment segments[VIRTQUEUE_CHAIN_MAX];
};

// A queue that the driver has not set up: not ready, the size offered, no addresses.
void virtqueue_reset(struct virtqueue *queue);

// Checks what the driver has set and makes the queue ready, from the first entries of its rings on.
enum virtqueue_fault virtqueue_enable(struct virtqueue *queue);

// What the driver has written about interrupts: used_event with event indices, else the flags of the available ring. False:
// the ring is not in memory.
bool virtqueue_suppression(const struct virtqueue *queue, uint16_t *value);

// How many chains wait, 0 to `size`, in *count.
enum virtqueue_fault virtqueue_waiting(const struct virtqueue *queue, unsigned *count);
// Takes the next chain. Call it only if one waits.
enum virtqueue_fault virtqueue_take(struct virtqueue *queue, struct virtqueue_chain *chain);
// Puts the `count` chains last taken back, to be taken again.
void virtqueue_untake(struct virtqueue *queue, unsigned count);
// Returns a chain to the driver with `written` bytes in its writable buffers.
enum virtqueue_fault virtqueue_give(struct virtqueue *queue, uint16_t head, uint32_t written);
// Returns the chains of one larger answer: `place` counts from 0; virtqueue_give_end makes the first `count` visible at
// once.
enum virtqueue_fault virtqueue_give_part(struct virtqueue *queue, unsigned place, uint16_t head, uint32_t written);
enum virtqueue_fault virtqueue_give_end(struct virtqueue *queue, unsigned count);
// Asks for a notification when the driver adds the next chain (2.7.10).
enum virtqueue_fault virtqueue_ask(struct virtqueue *queue);
// Must the driver be notified of the chains given since the last call? 2.7.7, 2.7.8.
enum virtqueue_fault virtqueue_interrupts(struct virtqueue *queue, bool *wanted);

// Copies from the readable, or to the writable, bytes of a chain. The range lies within them. False: it is not in memory.
bool virtqueue_chain_read(const struct virtqueue *queue, const struct virtqueue_chain *chain, uint64_t offset,
                          void *data, size_t size);
bool virtqueue_chain_write(const struct virtqueue *queue, const struct virtqueue_chain *chain, uint64_t offset,
                           const void *data, size_t size);

void virtqueue_visit(struct virtqueue *queue, struct visit *v);

#endif
