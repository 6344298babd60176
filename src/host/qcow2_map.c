// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// From clusters of the disk to clusters of the file: the L1 table, the L2 tables, and when they are written.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/qcow2_inside.h"

enum { ENTRY = 8, L1_LIMIT = 32 << 20 };

static uint32_t per_table(const struct qcow2 *qcow2)
{
    return qcow2->cluster / ENTRY;
}

int qcow2_read_l1(struct qcow2 *qcow2, const char *name, struct error *error)
{
    uint64_t clusters = (qcow2->size + qcow2->cluster - 1) >> qcow2->cluster_bits;
    uint64_t needed = (clusters + per_table(qcow2) - 1) / per_table(qcow2);
    if (needed > L1_LIMIT / ENTRY || qcow2->l1_size > L1_LIMIT / ENTRY)
        return error_set(error, -EFBIG, "'%.200s' has an L1 table of %llu entries; there may be %d", name,
                         (unsigned long long)(needed > qcow2->l1_size ? needed : qcow2->l1_size), L1_LIMIT / ENTRY);
    if (qcow2->l1_size < needed)
        return error_set(error, -EINVAL, "'%.200s' is damaged: its L1 table has %u entries, and its size needs %llu",
                         name, qcow2->l1_size, (unsigned long long)needed);
    if (!qcow2->l1_offset || qcow2->l1_offset % qcow2->cluster || qcow2->l1_offset >= qcow2->opened_size)
        return error_set(error, -EINVAL, "'%.200s' is damaged: its L1 table is at %llu", name,
                         (unsigned long long)qcow2->l1_offset);
    qcow2->l1 = malloc((size_t)qcow2->l1_size * ENTRY + 1);
    if (!qcow2->l1)
        return error_set(error, -ENOMEM, "'%.200s': the host has no memory for its tables", name);
    int result = host_file_read(qcow2->file, qcow2->l1_offset, qcow2->l1, (size_t)qcow2->l1_size * ENTRY);
    if (result < 0)
        return error_set(error, result, "'%.200s': its L1 table cannot be read: %s", name, strerror(-result));
    for (uint32_t i = 0; i < qcow2->l1_size; i++)
        qcow2->l1[i] = qcow2_get(&qcow2->l1[i], ENTRY);
    return 0;
}

// --- Writing ---------------------------------------------------------------------------------------------------------

static int write_table(struct qcow2 *qcow2, struct qcow2_table *table)
{
    uint32_t from = table->dirty_from, to = table->dirty_to;
    int result = from == to ? 0 : host_file_write(qcow2->file, table->offset + from, table->data + from, to - from);
    if (result == 0)
        table->dirty_from = table->dirty_to = 0;
    return result;
}

static int write_l1(struct qcow2 *qcow2)
{
    while (qcow2->l1_dirty_from < qcow2->l1_dirty_to) {
        uint32_t entry = qcow2->l1_dirty_from;
        uint8_t bytes[ENTRY];
        qcow2_put(bytes, ENTRY, qcow2->l1[entry]);
        int result = host_file_write(qcow2->file, qcow2->l1_offset + (uint64_t)entry * ENTRY, bytes, ENTRY);
        if (result < 0)
            return result;
        qcow2->l1_dirty_from++;
    }
    qcow2->l1_dirty_from = qcow2->l1_dirty_to = 0;
    return 0;
}

static bool any_dirty(const struct qcow2 *qcow2)
{
    bool dirty = qcow2->l1_dirty_to != 0;
    for (unsigned i = 0; i < qcow2->l2.size; i++)
        dirty |= qcow2->l2.tables[i].dirty_to != 0;
    return dirty;
}

// Data and references have to be there before what points to them.
static int write_tables(struct qcow2 *qcow2)
{
    if (!any_dirty(qcow2))
        return 0;
    int result = host_file_sync(qcow2->file);
    for (unsigned i = 0; i < qcow2->l2.size && result == 0; i++)
        result = write_table(qcow2, &qcow2->l2.tables[i]);
    if (result == 0 && qcow2->l1_dirty_to)
        result = host_file_sync(qcow2->file);
    return result < 0 ? result : write_l1(qcow2);
}

int qcow2_flush(void *owner)
{
    struct qcow2 *qcow2 = owner;
    int result = write_tables(qcow2);
    if (result == 0)
        result = host_file_sync(qcow2->file);
    return result < 0 ? result : qcow2_free_now(qcow2);
}

static void mark_table(struct qcow2_table *table, uint32_t from, uint32_t to)
{
    bool clean = table->dirty_to == 0;
    table->dirty_from = clean || from < table->dirty_from ? from : table->dirty_from;
    table->dirty_to = clean || to > table->dirty_to ? to : table->dirty_to;
}

static void set_l1(struct qcow2 *qcow2, uint32_t index, uint64_t entry)
{
    bool clean = qcow2->l1_dirty_to == 0;
    qcow2->l1[index] = entry;
    qcow2->l1_dirty_from = clean || index < qcow2->l1_dirty_from ? index : qcow2->l1_dirty_from;
    qcow2->l1_dirty_to = clean || index >= qcow2->l1_dirty_to ? index + 1 : qcow2->l1_dirty_to;
}

// --- L2 tables -------------------------------------------------------------------------------------------------------

// A place in memory, whose earlier table has been written.
static int make_place(struct qcow2 *qcow2, struct qcow2_table **table)
{
    *table = qcow2_cache_place(&qcow2->l2, qcow2->cluster);
    if (!*table)
        return -ENOMEM;
    int result = (*table)->dirty_to ? write_tables(qcow2) : 0;
    if (result == 0)
        (*table)->offset = 0;
    return result;
}

static int load(struct qcow2 *qcow2, uint64_t offset, struct qcow2_table **table)
{
    *table = qcow2_cache_find(&qcow2->l2, offset);
    if (*table)
        return 0;
    if (offset % qcow2->cluster || qcow2_is_first_table(qcow2, offset))
        return -EIO;
    int result = make_place(qcow2, table);
    if (result == 0)
        result = host_file_read(qcow2->file, offset, (*table)->data, qcow2->cluster);
    if (result == 0)
        qcow2_cache_hold(&qcow2->l2, *table, offset);
    return result;
}

int qcow2_entry(struct qcow2 *qcow2, uint64_t cluster, uint64_t *entry)
{
    struct qcow2_table *table;
    uint64_t offset = qcow2->l1[cluster / per_table(qcow2)] & QCOW2_OFFSET;
    *entry = 0;
    if (!offset)
        return 0;
    int result = load(qcow2, offset, &table);
    if (result == 0)
        *entry = qcow2_get(table->data + cluster % per_table(qcow2) * ENTRY, ENTRY);
    return result;
}

// A new L2 table for entry `index` of the L1 table: an empty one, or a copy of one that a snapshot has too. It is written at
// once, so that its room is there when a flush needs it.
static int add_table(struct qcow2 *qcow2, uint32_t index, struct qcow2_table **table)
{
    struct qcow2_table *old = NULL;
    uint64_t offset = 0, shared = qcow2->l1[index] & QCOW2_OFFSET;
    int result = shared ? load(qcow2, shared, &old) : 0;
    if (result == 0)
        result = qcow2_allocate(qcow2, &offset);
    if (result < 0)
        return result;
    result = make_place(qcow2, table);
    if (result == 0 && old)
        memcpy((*table)->data, old->data, qcow2->cluster);
    else if (result == 0)
        memset((*table)->data, 0, qcow2->cluster);
    if (result == 0)
        result = host_file_write(qcow2->file, offset, (*table)->data, qcow2->cluster);
    if (result < 0) {
        qcow2_release(qcow2, offset);
        return result;
    }
    if (shared)
        qcow2_free_later(qcow2, shared, 1);
    qcow2_cache_hold(&qcow2->l2, *table, offset);
    set_l1(qcow2, index, offset | QCOW2_COPIED);
    return 0;
}

int qcow2_set_entry(struct qcow2 *qcow2, uint64_t cluster, uint64_t entry)
{
    struct qcow2_table *table;
    uint32_t index = (uint32_t)(cluster / per_table(qcow2)), at = (uint32_t)(cluster % per_table(qcow2)) * ENTRY;
    uint64_t l1 = qcow2->l1[index];
    int result = l1 & QCOW2_COPIED && l1 & QCOW2_OFFSET ? load(qcow2, l1 & QCOW2_OFFSET, &table)
                                                        : add_table(qcow2, index, &table);
    if (result < 0)
        return result;
    qcow2_put(table->data + at, ENTRY, entry);
    mark_table(table, at, at + ENTRY);
    return 0;
}
