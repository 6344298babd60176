// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Disk images in the format qcow2, versions 2 and 3. Specification: QEMU, docs/interop/qcow2.
//
//     guest cluster --> L1 table --> L2 table --> cluster of the file, or of the backing file, or zeroes
//                       in memory    cached       its count of references: refcount table --> refcount block
//
// What is written, and in which order, so that the image is consistent whenever the process or the host stops:
//
//     1. a free cluster gets a reference, and the data            at once
//     2. flush: sync; L2 entries that point to it; sync; L1 entries that point to new L2 tables; sync
//     3. clusters that are no longer pointed to lose their reference
//
// A stop between 1 and 2 leaves clusters that are counted and not used, which harms nothing; never the other way round.
// What the guest has flushed is on the disk. Internal snapshots stay as they are: what they share is copied when it is
// written to.
#ifndef HOST_QCOW2_H
#define HOST_QCOW2_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/backend.h>

#include "base/error.h"
#include "host/host_file.h"

#define QCOW2_MAGIC  "QFI\xfb"
#define QCOW2_TABLES 64
#define QCOW2_NAME   1024 // more than the longest name of a backing file

// A table of one cluster in memory: L2, or a refcount block.
struct qcow2_table {
    uint64_t offset;               // in the file; 0: none is here
    uint64_t used;                 // when, in accesses
    uint32_t dirty_from, dirty_to; // bytes that differ from the file's
    uint8_t *data;
};

struct qcow2_cache {
    struct qcow2_table tables[QCOW2_TABLES];
    uint64_t accesses;
    unsigned size, last; // how many it may have; the one that was found last
};

// Clusters that lose a reference at the next flush.
struct qcow2_freed {
    uint64_t first, count;
};

struct qcow2 {
    struct intact_block block; // the disk
    struct host_file *file;
    const struct intact_block *backing; // NULL: none. Set by whoever has opened it
    bool writable;                      // the file
    // The header.
    unsigned version, cluster_bits, refcount_order;
    uint32_t cluster; // bytes: 1 << cluster_bits
    uint64_t size, autoclear, l1_offset, refcount_table_offset;
    bool zstd;
    char backing_name[QCOW2_NAME], backing_format[16]; // "": none
    bool changed;                                      // autoclear bits have been cleared
    // The tables.
    uint32_t l1_size; // entries
    uint64_t *l1;
    uint32_t l1_dirty_from, l1_dirty_to;
    uint64_t *refcount_table;
    uint64_t refcount_table_size; // entries
    struct qcow2_cache l2, refcounts;
    uint64_t opened_size, end; // of the file, rounded up to clusters: when it was opened, and now
    uint64_t free_from;        // no cluster before this one is free
    struct qcow2_freed *freed;
    uint32_t freed_count;
    uint8_t *whole;    // a cluster that is being put together
    uint8_t *unpacked; // the compressed cluster that was read last, and its entry
    uint64_t unpacked_entry;
};

// Opens the image in `file`, which stays open as long as it. `name` is for the error line, which begins with it. A negative
// errno.
int qcow2_open(struct qcow2 *qcow2, struct host_file *file, const char *name, bool writable, struct error *error);
// Writes what has not been written yet. 0, or a negative errno: the rest is closed all the same.
int qcow2_close(struct qcow2 *qcow2);
// The range reads as zeroes; `release`: its clusters become free, and discard is that. A negative errno.
int qcow2_zero(void *owner, uint64_t offset, uint64_t size, bool release);

#endif
