// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 2.7. Sections are named where a rule comes from.
//
// The driver's index is read once for a round: a buffer that covers the ring itself cannot make the round longer. An
// indirect table may have more entries than the queue: 2.7.5.3.1 forbids it, but some drivers do it, and the table is
// bounded by VIRTQUEUE_CHAIN_MAX here.
//
// Not modelled: packed virtqueues (2.8), VIRTQ_USED_F_NO_NOTIFY (all notifications are used), VIRTIO_F_IN_ORDER.
//
// Path: a driver's notification / virtio.c
#include "devices/virtio/virtio_queue.h"

#include "base/bits.h"

enum { DESCRIPTOR = 16, AVAIL_FLAGS = 0, AVAIL_IDX = 2, AVAIL_RING = 4, USED_IDX = 2, USED_RING = 4, USED_ELEMENT = 8 };
enum { ALIGN_DESCRIPTORS = 16, ALIGN_AVAILABLE = 2, ALIGN_USED = 4 };

// --- The rings ------------------------------------------------------------------------------------------------------

static bool get(const struct virtqueue *queue, uint64_t address, unsigned size, uint64_t *value)
{
    uint8_t bytes[8];
    if (!queue->dma->read(queue->dma->owner, address, bytes, size))
        return false;
    *value = bytes_get(bytes, size);
    return true;
}

static bool put(const struct virtqueue *queue, uint64_t address, unsigned size, uint64_t value)
{
    uint8_t bytes[8];
    bytes_put(bytes, size, value);
    return queue->dma->write(queue->dma->owner, address, bytes, size);
}

// used_event follows the available ring, avail_event the used ring (2.7.6, 2.7.8).
static uint64_t used_event(const struct virtqueue *queue)
{
    return queue->available + AVAIL_RING + 2u * queue->size;
}

static uint64_t avail_event(const struct virtqueue *queue)
{
    return queue->used + USED_RING + USED_ELEMENT * (uint64_t)queue->size;
}

void virtqueue_reset(struct virtqueue *queue)
{
    *queue = (struct virtqueue){ .size = queue->size_max, .size_max = queue->size_max, .dma = queue->dma };
}

// A part that wraps around the end of the address space is not in memory.
static bool wraps(uint64_t address, uint64_t size)
{
    return address + size < address;
}

enum virtqueue_fault virtqueue_enable(struct virtqueue *queue)
{
    uint64_t size = queue->size;
    if (!is_power_of_two(queue->size) || queue->size > queue->size_max)
        return VIRTQUEUE_BAD_SIZE;
    if (queue->descriptors % ALIGN_DESCRIPTORS || queue->available % ALIGN_AVAILABLE || queue->used % ALIGN_USED)
        return VIRTQUEUE_UNALIGNED;
    if (wraps(queue->descriptors, DESCRIPTOR * size) || wraps(queue->available, AVAIL_RING + 2 * size + 2) ||
        wraps(queue->used, USED_RING + USED_ELEMENT * size + 2))
        return VIRTQUEUE_RING_OUTSIDE;
    queue->next_available = queue->next_used = queue->told = 0;
    queue->ready = true;
    return VIRTQUEUE_FINE;
}

enum virtqueue_fault virtqueue_waiting(const struct virtqueue *queue, unsigned *count)
{
    uint64_t index;
    *count = 0;
    if (!get(queue, queue->available + AVAIL_IDX, 2, &index))
        return VIRTQUEUE_RING_OUTSIDE;
    uint16_t waiting = (uint16_t)(index - queue->next_available);
    if (waiting > queue->size)
        return VIRTQUEUE_INDEX_JUMP;
    *count = waiting;
    return VIRTQUEUE_FINE;
}

enum virtqueue_fault virtqueue_ask(struct virtqueue *queue)
{
    if (queue->event_index && !put(queue, avail_event(queue), 2, queue->next_available))
        return VIRTQUEUE_RING_OUTSIDE;
    return VIRTQUEUE_FINE;
}

enum virtqueue_fault virtqueue_give_part(struct virtqueue *queue, unsigned place, uint16_t head, uint32_t written)
{
    uint16_t entry = (uint16_t)(queue->next_used + place) % queue->size;
    uint64_t element = (uint64_t)written << 32 | head;
    if (!put(queue, queue->used + USED_RING + USED_ELEMENT * (uint64_t)entry, USED_ELEMENT, element))
        return VIRTQUEUE_RING_OUTSIDE;
    return VIRTQUEUE_FINE;
}

enum virtqueue_fault virtqueue_give_end(struct virtqueue *queue, unsigned count)
{
    queue->next_used = (uint16_t)(queue->next_used + count);
    if (!put(queue, queue->used + USED_IDX, 2, queue->next_used))
        return VIRTQUEUE_RING_OUTSIDE;
    return VIRTQUEUE_FINE;
}

enum virtqueue_fault virtqueue_give(struct virtqueue *queue, uint16_t head, uint32_t written)
{
    enum virtqueue_fault fault = virtqueue_give_part(queue, 0, head, written);
    return fault ? fault : virtqueue_give_end(queue, 1);
}

bool virtqueue_suppression(const struct virtqueue *queue, uint16_t *value)
{
    uint64_t read;
    bool in_memory = get(queue, queue->event_index ? used_event(queue) : queue->available + AVAIL_FLAGS, 2, &read);
    *value = in_memory ? (uint16_t)read : 0;
    return in_memory;
}

// With event indices: did next_used pass used_event since the driver was last notified? All modulo 2^16.
enum virtqueue_fault virtqueue_interrupts(struct virtqueue *queue, bool *wanted)
{
    uint16_t value, given = (uint16_t)(queue->next_used - queue->told);
    *wanted = false;
    if (given == 0)
        return VIRTQUEUE_FINE;
    if (!virtqueue_suppression(queue, &value))
        return VIRTQUEUE_RING_OUTSIDE;
    queue->told = queue->next_used;
    if (queue->event_index)
        *wanted = (uint16_t)(queue->next_used - value - 1) < given;
    else
        *wanted = !(value & VIRTQ_AVAIL_F_NO_INTERRUPT);
    return VIRTQUEUE_FINE;
}

// --- Chains ---------------------------------------------------------------------------------------------------------

struct descriptor {
    uint64_t address;
    uint32_t size;
    uint16_t flags, next;
};

// A table in guest memory, and the next descriptor of the chain in it.
struct walk {
    uint64_t table;
    uint32_t entries, index;
    uint32_t seen; // descriptors of this table so far
    bool indirect;
};

static bool read_descriptor(const struct virtqueue *queue, const struct walk *walk, struct descriptor *descriptor)
{
    uint8_t bytes[DESCRIPTOR];
    uint64_t address = walk->table + DESCRIPTOR * (uint64_t)walk->index;
    if (!queue->dma->read(queue->dma->owner, address, bytes, sizeof bytes))
        return false;
    *descriptor = (struct descriptor){
        .address = bytes_get(bytes, 8),
        .size = (uint32_t)bytes_get(bytes + 8, 4),
        .flags = (uint16_t)bytes_get(bytes + 12, 2),
        .next = (uint16_t)bytes_get(bytes + 14, 2),
    };
    return true;
}

// 2.7.5.3: the table is the end of its chain and must not contain another table. Its WRITE flag is ignored.
static enum virtqueue_fault enter_table(const struct virtqueue *queue, struct walk *walk, const struct descriptor *at)
{
    uint32_t entries = at->size / DESCRIPTOR;
    if (!queue->indirect || walk->indirect || at->flags & VIRTQ_DESC_F_NEXT)
        return VIRTQUEUE_BAD_INDIRECT;
    if (entries == 0 || at->size % DESCRIPTOR)
        return VIRTQUEUE_BAD_INDIRECT;
    if (entries > VIRTQUEUE_CHAIN_MAX)
        return VIRTQUEUE_TOO_LONG;
    if (wraps(at->address, at->size))
        return VIRTQUEUE_RING_OUTSIDE;
    *walk = (struct walk){ .table = at->address, .entries = entries, .indirect = true };
    return VIRTQUEUE_FINE;
}

static enum virtqueue_fault append(struct virtqueue_chain *chain, const struct descriptor *at)
{
    bool writable = at->flags & VIRTQ_DESC_F_WRITE;
    if (!writable && chain->count > chain->readable)
        return VIRTQUEUE_BAD_ORDER;
    if (at->size == 0)
        return VIRTQUEUE_FINE;
    if (wraps(at->address, at->size))
        return VIRTQUEUE_BUFFER_OUTSIDE;
    *(writable ? &chain->writable_size : &chain->readable_size) += at->size;
    if (chain->count == VIRTQUEUE_CHAIN_MAX || chain->readable_size + chain->writable_size > BIT64(32))
        return VIRTQUEUE_TOO_LONG;
    chain->segments[chain->count++] = (struct virtqueue_segment){ at->address, at->size };
    chain->readable += !writable;
    return VIRTQUEUE_FINE;
}

static enum virtqueue_fault walk_chain(const struct virtqueue *queue, struct virtqueue_chain *chain)
{
    struct walk walk = { .table = queue->descriptors, .entries = queue->size, .index = chain->head };
    struct descriptor at;
    enum virtqueue_fault fault;
    for (;;) {
        if (walk.index >= walk.entries)
            return VIRTQUEUE_BAD_DESCRIPTOR;
        if (walk.seen++ == walk.entries)
            return VIRTQUEUE_LOOP;
        if (!read_descriptor(queue, &walk, &at))
            return VIRTQUEUE_RING_OUTSIDE;
        bool table = at.flags & VIRTQ_DESC_F_INDIRECT;
        fault = table ? enter_table(queue, &walk, &at) : append(chain, &at);
        if (fault)
            return fault;
        if (table)
            continue;
        if (!(at.flags & VIRTQ_DESC_F_NEXT))
            return VIRTQUEUE_FINE;
        walk.index = at.next;
    }
}

enum virtqueue_fault virtqueue_take(struct virtqueue *queue, struct virtqueue_chain *chain)
{
    uint64_t head;
    uint64_t entry = queue->available + AVAIL_RING + 2u * (queue->next_available % queue->size);
    chain->count = chain->readable = 0;
    chain->readable_size = chain->writable_size = 0;
    if (!get(queue, entry, 2, &head))
        return VIRTQUEUE_RING_OUTSIDE;
    chain->head = (uint16_t)head;
    queue->next_available++;
    return walk_chain(queue, chain);
}

void virtqueue_untake(struct virtqueue *queue, unsigned count)
{
    queue->next_available = (uint16_t)(queue->next_available - count);
}

// --- Buffers --------------------------------------------------------------------------------------------------------

// One direction of a copy: `in` gets bytes of the guest, or `out` goes to it.
static bool copy(const struct virtio_dma *dma, const struct virtqueue_segment *segment, uint64_t offset, uint8_t *in,
                 const uint8_t *out, size_t size)
{
    while (offset >= segment->size)
        offset -= segment++->size;
    while (size) {
        size_t piece = segment->size - offset < size ? (size_t)(segment->size - offset) : size;
        uint64_t address = segment->address + offset;
        if (in ? !dma->read(dma->owner, address, in, piece) : !dma->write(dma->owner, address, out, piece))
            return false;
        if (in)
            in += piece;
        else
            out += piece;
        size -= piece;
        offset = 0;
        segment++;
    }
    return true;
}

bool virtqueue_chain_read(const struct virtqueue *queue, const struct virtqueue_chain *chain, uint64_t offset,
                          void *data, size_t size)
{
    return size == 0 || copy(queue->dma, chain->segments, offset, data, NULL, size);
}

bool virtqueue_chain_write(const struct virtqueue *queue, const struct virtqueue_chain *chain, uint64_t offset,
                           const void *data, size_t size)
{
    return size == 0 || copy(queue->dma, chain->segments + chain->readable, offset, NULL, data, size);
}

void virtqueue_visit(struct virtqueue *queue, struct visit *v)
{
    VISIT(v, queue->descriptors);
    VISIT(v, queue->available);
    VISIT(v, queue->used);
    VISIT_BELOW(v, queue->size, queue->size_max + 1u);
    VISIT(v, queue->next_available);
    VISIT(v, queue->next_used);
    VISIT(v, queue->told);
    VISIT_VALID(v, queue->ready, !queue->ready || is_power_of_two(queue->size));
    VISIT(v, queue->indirect);
    VISIT(v, queue->event_index);
}
