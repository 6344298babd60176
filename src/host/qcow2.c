// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Reading, writing and clearing clusters of a qcow2 image. See qcow2.h.
#include "host/qcow2.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/qcow2_inside.h"

enum { FREED_LIMIT = 4096 }; // ranges that wait for a flush before there is one without the guest's asking

enum kind { UNALLOCATED, STANDARD, ZERO, COMPRESSED };

static enum kind kind_of(const struct qcow2 *qcow2, uint64_t entry)
{
    if (entry & QCOW2_COMPRESSED)
        return COMPRESSED;
    if (entry & QCOW2_ZERO && qcow2->version == 3)
        return ZERO;
    return entry & QCOW2_OFFSET ? STANDARD : UNALLOCATED;
}

// Can the cluster of the file that the entry points to be written in place?
static bool is_own(uint64_t entry)
{
    return !(entry & QCOW2_COMPRESSED) && entry & QCOW2_COPIED && entry & QCOW2_OFFSET;
}

// --- Reading ---------------------------------------------------------------------------------------------------------

// The backing file may be shorter.
static int read_backing(const struct qcow2 *qcow2, uint64_t offset, uint8_t *data, size_t size)
{
    const struct intact_block *backing = qcow2->backing;
    uint64_t there = backing && offset < backing->size ? backing->size - offset : 0;
    size_t part = there < size ? (size_t)there : size;
    memset(data + part, 0, size - part);
    return part ? backing->read(backing->owner, offset, data, part) : 0;
}

// `size` bytes from byte `in` of a cluster.
static int read_part(struct qcow2 *qcow2, uint64_t cluster, uint32_t in, uint8_t *data, size_t size)
{
    uint64_t entry;
    int result = qcow2_entry(qcow2, cluster, &entry);
    if (result < 0)
        return result;
    switch (kind_of(qcow2, entry)) {
    case UNALLOCATED: return read_backing(qcow2, (cluster << qcow2->cluster_bits) + in, data, size);
    case ZERO: memset(data, 0, size); return 0;
    case STANDARD:
        if ((entry & QCOW2_OFFSET) % qcow2->cluster)
            return -EIO;
        return host_file_read(qcow2->file, (entry & QCOW2_OFFSET) + in, data, size);
    case COMPRESSED:
        result = qcow2_unpack(qcow2, entry);
        if (result == 0)
            memcpy(data, qcow2->unpacked + in, size);
        return result;
    }
    return -EIO;
}

static size_t piece_at(const struct qcow2 *qcow2, uint64_t offset, uint64_t size)
{
    uint64_t left = qcow2->cluster - offset % qcow2->cluster;
    return (size_t)(left < size ? left : size);
}

static int read_disk(void *owner, uint64_t offset, void *data, size_t size)
{
    struct qcow2 *qcow2 = owner;
    uint8_t *out = data;
    int result = 0;
    while (size && result == 0) {
        size_t piece = piece_at(qcow2, offset, size);
        result = read_part(qcow2, offset >> qcow2->cluster_bits, (uint32_t)(offset % qcow2->cluster), out, piece);
        out += piece;
        offset += piece;
        size -= piece;
    }
    return result;
}

// --- Writing ---------------------------------------------------------------------------------------------------------

// What an entry pointed to, when it no longer does.
static void free_entry(struct qcow2 *qcow2, uint64_t entry)
{
    uint64_t offset = entry & QCOW2_OFFSET, size = qcow2->cluster;
    if (entry & QCOW2_COMPRESSED)
        qcow2_packed_range(qcow2, entry, &offset, &size);
    if (!offset)
        return;
    uint64_t last = (offset + size - 1) >> qcow2->cluster_bits;
    qcow2_free_later(qcow2, offset, last - (offset >> qcow2->cluster_bits) + 1);
}

static int change_entry(struct qcow2 *qcow2, uint64_t cluster, uint64_t old, uint64_t entry)
{
    int result = qcow2_set_entry(qcow2, cluster, entry);
    bool same_place = !(old & QCOW2_COMPRESSED) && (old & QCOW2_OFFSET) == (entry & QCOW2_OFFSET);
    if (result == 0 && !same_place)
        free_entry(qcow2, old);
    return result;
}

// The bytes of the disk in a cluster: the last one may be short.
static size_t cluster_size(const struct qcow2 *qcow2, uint64_t cluster)
{
    return piece_at(qcow2, cluster << qcow2->cluster_bits, qcow2->size - (cluster << qcow2->cluster_bits));
}

// The whole cluster, with its other bytes as they were, at a place of its own.
static int write_moved(struct qcow2 *qcow2, uint64_t cluster, uint64_t old, uint32_t in, const uint8_t *data,
                       size_t size)
{
    size_t all = cluster_size(qcow2, cluster);
    uint64_t place = old & QCOW2_OFFSET;
    int result = is_own(old) ? 0 : qcow2_allocate(qcow2, &place);
    if (result < 0)
        return result;
    if (size < all)
        result = read_part(qcow2, cluster, 0, qcow2->whole, all);
    if (result == 0) {
        memset(qcow2->whole + all, 0, qcow2->cluster - all);
        memcpy(qcow2->whole + in, data, size);
        result = host_file_write(qcow2->file, place, qcow2->whole, qcow2->cluster);
    }
    if (result == 0)
        result = change_entry(qcow2, cluster, old, place | QCOW2_COPIED);
    if (result < 0 && !is_own(old))
        qcow2_release(qcow2, place);
    return result;
}

static int write_part(struct qcow2 *qcow2, uint64_t cluster, uint32_t in, const uint8_t *data, size_t size)
{
    uint64_t entry;
    int result = qcow2_entry(qcow2, cluster, &entry);
    if (result < 0)
        return result;
    uint64_t place = entry & QCOW2_OFFSET;
    if (is_own(entry) && (place % qcow2->cluster || qcow2_is_table(qcow2, place)))
        return -EIO; // the image is damaged: nothing is overwritten
    if (is_own(entry) && kind_of(qcow2, entry) == STANDARD)
        return host_file_write(qcow2->file, place + in, data, size);
    return write_moved(qcow2, cluster, entry, in, data, size);
}

// What waits for a flush must not grow without end.
static int limit_freed(struct qcow2 *qcow2)
{
    return qcow2->freed_count < FREED_LIMIT ? 0 : qcow2_flush(qcow2);
}

static int write_disk(void *owner, uint64_t offset, const void *data, size_t size)
{
    struct qcow2 *qcow2 = owner;
    const uint8_t *in = data;
    int result = qcow2_begin_change(qcow2);
    while (size && result == 0) {
        size_t piece = piece_at(qcow2, offset, size);
        result = write_part(qcow2, offset >> qcow2->cluster_bits, (uint32_t)(offset % qcow2->cluster), in, piece);
        in += piece;
        offset += piece;
        size -= piece;
    }
    return result < 0 ? result : limit_freed(qcow2);
}

// --- Zeroes ----------------------------------------------------------------------------------------------------------

static bool has_backing(const struct qcow2 *qcow2, uint64_t cluster)
{
    return qcow2->backing && cluster << qcow2->cluster_bits < qcow2->backing->size;
}

static int write_zeroes(struct qcow2 *qcow2, uint64_t cluster, uint32_t in, size_t size)
{
    static const uint8_t zeroes[4096];
    int result = 0;
    while (size && result == 0) {
        size_t piece = size < sizeof zeroes ? size : sizeof zeroes;
        result = write_part(qcow2, cluster, in, zeroes, piece);
        in += (uint32_t)piece;
        size -= piece;
    }
    return result;
}

static int zero_cluster(struct qcow2 *qcow2, uint64_t cluster, uint64_t old, bool release)
{
    uint64_t zero = 0;
    if (has_backing(qcow2, cluster))
        zero = QCOW2_ZERO;
    if (qcow2->version == 2 && zero)
        return write_zeroes(qcow2, cluster, 0, cluster_size(qcow2, cluster));
    if (!release && is_own(old) && qcow2->version == 3)
        zero = (old & QCOW2_OFFSET) | QCOW2_COPIED | QCOW2_ZERO;
    return change_entry(qcow2, cluster, old, zero);
}

static int zero_part(struct qcow2 *qcow2, uint64_t cluster, uint32_t in, size_t size, bool release)
{
    uint64_t entry;
    int result = qcow2_entry(qcow2, cluster, &entry);
    enum kind kind = kind_of(qcow2, entry);
    bool whole = size == cluster_size(qcow2, cluster);
    if (result < 0 || (kind == UNALLOCATED && !has_backing(qcow2, cluster)))
        return result;
    if (kind == ZERO && (!whole || !release || !(entry & QCOW2_OFFSET)))
        return 0;
    return whole ? zero_cluster(qcow2, cluster, entry, release) : write_zeroes(qcow2, cluster, in, size);
}

int qcow2_zero(void *owner, uint64_t offset, uint64_t size, bool release)
{
    struct qcow2 *qcow2 = owner;
    int result = qcow2_begin_change(qcow2);
    while (size && result == 0) {
        size_t piece = piece_at(qcow2, offset, size);
        result = zero_part(qcow2, offset >> qcow2->cluster_bits, (uint32_t)(offset % qcow2->cluster), piece, release);
        offset += piece;
        size -= piece;
    }
    return result < 0 ? result : limit_freed(qcow2);
}

// --- Life ------------------------------------------------------------------------------------------------------------

static void release(struct qcow2 *qcow2)
{
    qcow2_cache_free(&qcow2->l2);
    qcow2_cache_free(&qcow2->refcounts);
    free(qcow2->l1);
    free(qcow2->refcount_table);
    free(qcow2->freed);
    free(qcow2->whole);
    free(qcow2->unpacked);
    memset(qcow2, 0, sizeof *qcow2);
}

static int read_tables(struct qcow2 *qcow2, const char *name, struct error *error)
{
    uint64_t size;
    int result = host_file_size(qcow2->file, &size);
    if (result < 0)
        return error_set(error, result, "'%.200s': its size cannot be read: %s", name, strerror(-result));
    qcow2->opened_size = qcow2->end = align_up(size, qcow2->cluster);
    result = qcow2_read_l1(qcow2, name, error);
    if (result == 0 && qcow2->writable)
        result = qcow2_read_refcounts(qcow2, name, error);
    qcow2->whole = result == 0 ? malloc(qcow2->cluster) : NULL;
    if (result == 0 && !qcow2->whole)
        return error_set(error, -ENOMEM, "'%.200s': the host has no memory for its tables", name);
    return result;
}

int qcow2_open(struct qcow2 *qcow2, struct host_file *file, const char *name, bool writable, struct error *error)
{
    memset(qcow2, 0, sizeof *qcow2);
    qcow2->file = file;
    qcow2->writable = writable;
    file->ends = false;
    int result = qcow2_read_header(qcow2, name, error);
    if (result == 0)
        result = read_tables(qcow2, name, error);
    if (result < 0) {
        release(qcow2);
        return result;
    }
    qcow2_cache_init(&qcow2->l2, qcow2->cluster);
    qcow2_cache_init(&qcow2->refcounts, qcow2->cluster);
    qcow2->block = (struct intact_block){ .size = qcow2->size,
                                          .readonly = !writable,
                                          .read = read_disk,
                                          .write = write_disk,
                                          .flush = writable ? qcow2_flush : NULL,
                                          .owner = qcow2 };
    return 0;
}

int qcow2_close(struct qcow2 *qcow2)
{
    int result = qcow2->block.flush && qcow2->changed ? qcow2_flush(qcow2) : 0;
    release(qcow2);
    return result;
}
