// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the qcow2*.c share. Functions that return int: 0 or a negative errno.
#ifndef HOST_QCOW2_INSIDE_H
#define HOST_QCOW2_INSIDE_H

#include "base/bits.h"
#include "host/qcow2.h"

// L1 and L2 entries ("Cluster mapping").
#define QCOW2_COPIED     BIT64(63) // the cluster has one reference: it may be written in place
#define QCOW2_COMPRESSED BIT64(62)
#define QCOW2_ZERO       BIT64(0)
#define QCOW2_OFFSET     UINT64_C(0x00fffffffffffe00)

// Numbers are big-endian.
static inline uint64_t qcow2_get(const void *from, unsigned size)
{
    const uint8_t *bytes = from;
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static inline void qcow2_put(void *to, unsigned size, uint64_t value)
{
    uint8_t *bytes = to;
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

// qcow2_header.c
int qcow2_read_header(struct qcow2 *qcow2, const char *name, struct error *error);
// Before the first change: features that would no longer be true are cleared.
int qcow2_begin_change(struct qcow2 *qcow2);

// qcow2_cache.c
void qcow2_cache_init(struct qcow2_cache *cache, uint32_t cluster);
void qcow2_cache_free(struct qcow2_cache *cache);
// NULL: it is not there.
struct qcow2_table *qcow2_cache_find(struct qcow2_cache *cache, uint64_t offset);
// A place for one more: an empty one, or the one whose last use is longest ago, with what it has. NULL: no memory.
struct qcow2_table *qcow2_cache_place(struct qcow2_cache *cache, uint32_t cluster);
// It holds the table at `offset` from now on.
void qcow2_cache_hold(struct qcow2_cache *cache, struct qcow2_table *table, uint64_t offset);

// qcow2_map.c
int qcow2_read_l1(struct qcow2 *qcow2, const char *name, struct error *error);
int qcow2_entry(struct qcow2 *qcow2, uint64_t cluster, uint64_t *entry);
int qcow2_set_entry(struct qcow2 *qcow2, uint64_t cluster, uint64_t entry);
int qcow2_flush(void *owner);

// qcow2_refcount.c
int qcow2_read_refcounts(struct qcow2 *qcow2, const char *name, struct error *error);
// A free cluster, which now has one reference.
int qcow2_allocate(struct qcow2 *qcow2, uint64_t *offset);
// It has one reference less, at once: nothing on the disk has ever pointed to it.
void qcow2_release(struct qcow2 *qcow2, uint64_t offset);
// `count` clusters from that of `offset` on have one reference less after the next flush.
void qcow2_free_later(struct qcow2 *qcow2, uint64_t offset, uint64_t count);
int qcow2_free_now(struct qcow2 *qcow2);
// Is the header there, or the L1 table, or the refcount table? Or also one that these point to?
bool qcow2_is_first_table(const struct qcow2 *qcow2, uint64_t offset);
bool qcow2_is_table(const struct qcow2 *qcow2, uint64_t offset);

// qcow2_compressed.c
int qcow2_unpack(struct qcow2 *qcow2, uint64_t entry);
// Where its bytes are.
void qcow2_packed_range(const struct qcow2 *qcow2, uint64_t entry, uint64_t *offset, uint64_t *size);

#endif
