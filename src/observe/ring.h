// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A ring of the last events of a trace, 24 bytes each.
//
// A record is three words of 64 bits:
//
//     bits   0-4      5       6      7-16   17-22    23-36   37-50           51-63
//     word 0 event    cause   wide   CPU    raises   name    instructions    ns     since the record before
//            id       is 0
//     word 1 bits 0-31: the low half of the cause; bits 32-63, and word 2: a, b, c, each as wide as the table of its event says
//
// Another record goes in front where a difference does not fit (SYNC: instructions, time and cause in full), and one behind
// where a value does not fit (UPPER: the upper halves, and the number of raises). So most events are one record, and each costs a few tens of instructions.
//
// Names are numbered in the order in which they come; number 0 is no name, and so are those that do not fit into 14 bits.
// The oldest records are overwritten. To read the others, the state is needed to which the first one's differences refer: it is
// stored at the beginning of each slice of RING_SLICE records, and followed from there, so that overwriting costs nothing.
#ifndef OBSERVE_RING_H
#define OBSERVE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/trace.h>

#define RING_NAMES 16384 // numbers of names
#define RING_SLICE 256   // records

struct ring_record {
    uint64_t word[3];
};

// What the differences in a record refer to.
struct ring_state {
    uint64_t instructions, time, cause;
};

struct ring_names;

struct ring {
    struct ring_record *records;
    struct ring_state *states; // before the first record of each slice
    size_t capacity, room;     // records that are kept; records that there is room for, a few slices
    size_t next;               // where the next one goes, up to `room`
    uint64_t written;          // records, in all
    struct ring_state end;     // after the last record
    struct ring_names *names;
    struct {
        uint64_t cause; // 0: none
        const char *source;
        unsigned number;
    } named;              // the last event that had a source
    uint64_t lost_before; // records that the ring had lost whose file this one was read from
};

// Room for `capacity` records, at least 4. -ENOMEM.
int ring_init(struct ring *ring, size_t capacity);
void ring_free(struct ring *ring);

void ring_add(struct ring *ring, const struct intact_trace_event *event);

// How many records it has, and how many were overwritten.
static inline size_t ring_count(const struct ring *ring)
{
    return ring->written < ring->capacity ? (size_t)ring->written : ring->capacity;
}
static inline uint64_t ring_lost(const struct ring *ring)
{
    return ring->lost_before + ring->written - ring_count(ring);
}

// Calls `each` for every event, the oldest first. Its names live as long as the ring.
void ring_each(const struct ring *ring, void (*each)(void *owner, const struct intact_trace_event *event), void *owner);

// --- For the file (trace_file.c) -------------------------------------------------------------------------------------

// The record at `index` from the oldest, and the state before the oldest.
const struct ring_record *ring_at(const struct ring *ring, size_t index);
struct ring_state ring_begin(const struct ring *ring);
// The number of names, and name `number` from 1 on.
unsigned ring_name_count(const struct ring *ring);
const char *ring_name(const struct ring *ring, unsigned number);
// Adds what ring_at and ring_name returned. -EINVAL: no such record, or too many names; -ENOMEM.
int ring_load_record(struct ring *ring, const struct ring_record *record);
int ring_load_name(struct ring *ring, const char *name);

#endif
