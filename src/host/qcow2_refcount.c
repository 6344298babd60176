// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// How many references each cluster of the file has, and which are free. Entries are written at once, L2 entries that point to the
// clusters later (qcow2_map.c).
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/qcow2_inside.h"

enum { ENTRY = 8, TABLE_LIMIT = 8 << 20 };
enum {
    STRANGE = 65536
}; // clusters beyond the end of the file that have references, before the search for a free one ends

#define OFFSET_LIMIT (UINT64_C(1) << 56) // of what an L2 entry can point to

static uint64_t per_block(const struct qcow2 *qcow2)
{
    return (uint64_t)qcow2->cluster * 8 >> qcow2->refcount_order;
}

int qcow2_read_refcounts(struct qcow2 *qcow2, const char *name, struct error *error)
{
    uint64_t bytes = qcow2->refcount_table_size * ENTRY;
    if (bytes > TABLE_LIMIT)
        return error_set(error, -EFBIG, "'%.200s' has a refcount table of %llu bytes; there may be %d", name,
                         (unsigned long long)bytes, TABLE_LIMIT);
    if (!bytes || !qcow2->refcount_table_offset || qcow2->refcount_table_offset % qcow2->cluster)
        return error_set(error, -EINVAL, "'%.200s' is damaged: its refcount table is at %llu, with %llu bytes", name,
                         (unsigned long long)qcow2->refcount_table_offset, (unsigned long long)bytes);
    qcow2->refcount_table = malloc((size_t)bytes);
    if (!qcow2->refcount_table)
        return error_set(error, -ENOMEM, "'%.200s': the host has no memory for its tables", name);
    int result = host_file_read(qcow2->file, qcow2->refcount_table_offset, qcow2->refcount_table, (size_t)bytes);
    if (result < 0)
        return error_set(error, result, "'%.200s': its refcount table cannot be read: %s", name, strerror(-result));
    for (uint64_t i = 0; i < qcow2->refcount_table_size; i++)
        qcow2->refcount_table[i] = qcow2_get(&qcow2->refcount_table[i], ENTRY) & ~bits_low(9);
    return 0;
}

// --- Counts ----------------------------------------------------------------------------------------------------------

// The block with the count of a cluster. NULL: there is none, and the count is 0.
static int load_block(struct qcow2 *qcow2, uint64_t cluster, struct qcow2_table **table)
{
    uint64_t index = cluster / per_block(qcow2);
    uint64_t offset = index < qcow2->refcount_table_size ? qcow2->refcount_table[index] : 0;
    *table = offset ? qcow2_cache_find(&qcow2->refcounts, offset) : NULL;
    if (*table || !offset)
        return 0;
    if (offset % qcow2->cluster)
        return -EIO;
    *table = qcow2_cache_place(&qcow2->refcounts, qcow2->cluster);
    if (!*table)
        return -ENOMEM;
    (*table)->offset = 0;
    int result = host_file_read(qcow2->file, offset, (*table)->data, qcow2->cluster);
    if (result == 0)
        qcow2_cache_hold(&qcow2->refcounts, *table, offset);
    return result;
}

// An entry of less than a byte has its lowest bit first ("Refcount block entry").
static uint64_t get_count(const struct qcow2 *qcow2, const uint8_t *block, uint64_t at)
{
    unsigned bits = 1u << qcow2->refcount_order;
    if (bits >= 8)
        return qcow2_get(block + at * (bits / 8), bits / 8);
    return block[at * bits / 8] >> at * bits % 8 & bits_low(bits);
}

// The bytes that changed.
static void put_count(const struct qcow2 *qcow2, uint8_t *block, uint64_t at, uint64_t count, uint32_t *from,
                      uint32_t *size)
{
    unsigned bits = 1u << qcow2->refcount_order;
    *from = (uint32_t)(at * bits / 8);
    *size = bits < 8 ? 1 : bits / 8;
    if (bits >= 8) {
        qcow2_put(block + *from, *size, count);
        return;
    }
    unsigned shift = (unsigned)(at * bits % 8);
    block[*from] = (uint8_t)((block[*from] & ~(bits_low(bits) << shift)) | count << shift);
}

static int get_references(struct qcow2 *qcow2, uint64_t cluster, uint64_t *count)
{
    struct qcow2_table *table;
    int result = load_block(qcow2, cluster, &table);
    *count = result == 0 && table ? get_count(qcow2, table->data, cluster % per_block(qcow2)) : 0;
    return result;
}

static int set_references(struct qcow2 *qcow2, uint64_t cluster, uint64_t count)
{
    struct qcow2_table *table;
    uint32_t from, size;
    uint64_t at = cluster % per_block(qcow2);
    int result = load_block(qcow2, cluster, &table);
    if (result < 0 || !table)
        return result < 0 ? result : -EIO;
    uint64_t before = get_count(qcow2, table->data, at);
    put_count(qcow2, table->data, at, count, &from, &size);
    result = host_file_write(qcow2->file, table->offset + from, table->data + from, size);
    if (result < 0)
        put_count(qcow2, table->data, at, before, &from, &size);
    return result;
}

// --- More blocks, and a larger table ----------------------------------------------------------------------------------

static int write_new(struct qcow2 *qcow2, uint64_t offset, const void *data, size_t size)
{
    int result = host_file_write(qcow2->file, offset, data, size);
    return result < 0 ? result : host_file_sync(qcow2->file);
}

// A block for entry `index` of the table. It is in the first cluster whose count it has.
static int add_block(struct qcow2 *qcow2, uint64_t index)
{
    uint64_t first = index * per_block(qcow2), at = 0;
    uint32_t from, size;
    uint8_t entry[ENTRY];
    while (at < per_block(qcow2) && qcow2_is_table(qcow2, (first + at) << qcow2->cluster_bits))
        at++;
    struct qcow2_table *table = qcow2_cache_place(&qcow2->refcounts, qcow2->cluster);
    if (at == per_block(qcow2) || !table)
        return table ? -EIO : -ENOMEM;
    uint64_t offset = (first + at) << qcow2->cluster_bits;
    table->offset = 0;
    memset(table->data, 0, qcow2->cluster);
    put_count(qcow2, table->data, at, 1, &from, &size);
    int result = write_new(qcow2, offset, table->data, qcow2->cluster);
    qcow2_put(entry, ENTRY, offset);
    if (result == 0)
        result = host_file_write(qcow2->file, qcow2->refcount_table_offset + index * ENTRY, entry, ENTRY);
    if (result < 0)
        return result;
    qcow2->refcount_table[index] = offset;
    qcow2_cache_hold(&qcow2->refcounts, table, offset);
    return 0;
}

// A larger table, and the blocks that count it and themselves, in the first clusters that the table so far has no counts for.
struct growth {
    uint64_t entries, clusters; // of the new table
    uint64_t blocks, first;     // cluster of the file
};

static struct growth plan_growth(const struct qcow2 *qcow2)
{
    uint64_t old = qcow2->refcount_table_size, in_cluster = qcow2->cluster / ENTRY;
    struct growth growth = { .first = old * per_block(qcow2), .clusters = (old + old / 2) / in_cluster + 1 };
    growth.entries = growth.clusters * in_cluster;
    while (growth.blocks * per_block(qcow2) < growth.clusters + growth.blocks)
        growth.blocks++;
    return growth;
}

static int write_growth(struct qcow2 *qcow2, const struct growth *growth, uint64_t *table)
{
    uint64_t used = growth->clusters + growth->blocks, at = growth->first + growth->clusters;
    uint32_t from, size;
    int result = 0;
    for (uint64_t i = 0; i < growth->blocks && result == 0; i++) {
        memset(qcow2->whole, 0, qcow2->cluster);
        for (uint64_t j = 0; j < per_block(qcow2) && i * per_block(qcow2) + j < used; j++)
            put_count(qcow2, qcow2->whole, j, 1, &from, &size);
        table[qcow2->refcount_table_size + i] = (at + i) << qcow2->cluster_bits;
        result = host_file_write(qcow2->file, (at + i) << qcow2->cluster_bits, qcow2->whole, qcow2->cluster);
    }
    for (uint64_t i = 0; i < growth->clusters && result == 0; i++) {
        for (uint64_t j = 0; j < qcow2->cluster / ENTRY; j++)
            qcow2_put(qcow2->whole + j * ENTRY, ENTRY, table[i * (qcow2->cluster / ENTRY) + j]);
        result = host_file_write(qcow2->file, (growth->first + i) << qcow2->cluster_bits, qcow2->whole, qcow2->cluster);
    }
    return result < 0 ? result : host_file_sync(qcow2->file);
}

// The header's two fields are next to each other.
static int point_to_growth(struct qcow2 *qcow2, const struct growth *growth)
{
    enum { REFCOUNT_TABLE = 48 };
    uint8_t fields[12];
    qcow2_put(fields, 8, growth->first << qcow2->cluster_bits);
    qcow2_put(fields + 8, 4, growth->clusters);
    return write_new(qcow2, REFCOUNT_TABLE, fields, sizeof fields);
}

static int grow_table(struct qcow2 *qcow2)
{
    const struct growth growth = plan_growth(qcow2);
    uint64_t old = qcow2->refcount_table_offset,
             old_clusters = qcow2->refcount_table_size * ENTRY >> qcow2->cluster_bits;
    if (growth.entries * ENTRY > TABLE_LIMIT)
        return -EFBIG;
    uint64_t *table = calloc((size_t)growth.entries, ENTRY);
    if (!table)
        return -ENOMEM;
    memcpy(table, qcow2->refcount_table, (size_t)qcow2->refcount_table_size * ENTRY);
    int result = write_growth(qcow2, &growth, table);
    if (result == 0)
        result = point_to_growth(qcow2, &growth);
    if (result < 0) {
        free(table);
        return result;
    }
    free(qcow2->refcount_table);
    qcow2->refcount_table = table;
    qcow2->refcount_table_size = growth.entries;
    qcow2->refcount_table_offset = growth.first << qcow2->cluster_bits;
    for (uint64_t i = 0; i < old_clusters; i++)
        qcow2_release(qcow2, old + (i << qcow2->cluster_bits));
    return 0;
}

// --- Free clusters ----------------------------------------------------------------------------------------------------

static bool within(uint64_t offset, uint64_t start, uint64_t size)
{
    return offset >= start && offset - start < size;
}

bool qcow2_is_first_table(const struct qcow2 *qcow2, uint64_t offset)
{
    return offset < qcow2->cluster || within(offset, qcow2->l1_offset, (uint64_t)qcow2->l1_size * ENTRY) ||
           within(offset, qcow2->refcount_table_offset, qcow2->refcount_table_size * ENTRY);
}

// Only what was in the file when it was opened can be counted wrong.
bool qcow2_is_table(const struct qcow2 *qcow2, uint64_t offset)
{
    bool found = qcow2_is_first_table(qcow2, offset);
    if (offset >= qcow2->opened_size)
        return found;
    for (uint64_t i = 0; i < qcow2->refcount_table_size && !found; i++)
        found = qcow2->refcount_table[i] == offset;
    for (uint32_t i = 0; i < qcow2->l1_size && !found; i++)
        found = (qcow2->l1[i] & QCOW2_OFFSET) == offset;
    return found;
}

int qcow2_allocate(struct qcow2 *qcow2, uint64_t *offset)
{
    unsigned strange = 0;
    for (uint64_t cluster = qcow2->free_from; strange < STRANGE;) {
        uint64_t index = cluster / per_block(qcow2), count = 0;
        int result = 0;
        *offset = cluster << qcow2->cluster_bits;
        if (*offset >= OFFSET_LIMIT)
            return -EFBIG;
        if (index >= qcow2->refcount_table_size)
            result = grow_table(qcow2);
        else if (!qcow2->refcount_table[index])
            result = add_block(qcow2, index);
        if (result == 0)
            result = get_references(qcow2, cluster, &count);
        if (result < 0)
            return result;
        if (count == 0 && !qcow2_is_table(qcow2, *offset)) {
            qcow2->free_from = cluster + 1;
            qcow2->end = *offset + qcow2->cluster > qcow2->end ? *offset + qcow2->cluster : qcow2->end;
            return set_references(qcow2, cluster, 1);
        }
        strange += *offset >= qcow2->end;
        cluster++;
    }
    return -EIO;
}

static int drop(struct qcow2 *qcow2, uint64_t cluster)
{
    uint64_t count;
    int result = get_references(qcow2, cluster, &count);
    if (result < 0 || count == 0)
        return result; // an image with wrong counts: nothing to take away
    result = set_references(qcow2, cluster, count - 1);
    if (result == 0 && count == 1 && cluster < qcow2->free_from)
        qcow2->free_from = cluster;
    return result;
}

void qcow2_release(struct qcow2 *qcow2, uint64_t offset)
{
    drop(qcow2, offset >> qcow2->cluster_bits); // an error leaves it counted and unused
}

void qcow2_free_later(struct qcow2 *qcow2, uint64_t offset, uint64_t count)
{
    if (is_power_of_two(qcow2->freed_count) || !qcow2->freed_count) {
        size_t capacity = qcow2->freed_count ? 2 * (size_t)qcow2->freed_count : 1;
        struct qcow2_freed *bigger = realloc(qcow2->freed, capacity * sizeof *bigger);
        if (!bigger)
            return; // they stay counted and unused
        qcow2->freed = bigger;
    }
    qcow2->freed[qcow2->freed_count++] = (struct qcow2_freed){ offset >> qcow2->cluster_bits, count };
}

int qcow2_free_now(struct qcow2 *qcow2)
{
    int result = 0;
    for (uint32_t i = 0; i < qcow2->freed_count; i++)
        for (uint64_t j = 0; j < qcow2->freed[i].count && result == 0; j++)
            result = drop(qcow2, qcow2->freed[i].first + j);
    qcow2->freed_count = 0;
    return result;
}
