// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Tables of one cluster that are kept in memory.
#include <stdlib.h>

#include "host/qcow2_inside.h"

enum { BYTES = 8 << 20, LEAST = 8 };

void qcow2_cache_init(struct qcow2_cache *cache, uint32_t cluster)
{
    unsigned most = BYTES / cluster;
    cache->size = most < LEAST ? LEAST : most < QCOW2_TABLES ? most : QCOW2_TABLES;
}

void qcow2_cache_free(struct qcow2_cache *cache)
{
    for (unsigned i = 0; i < QCOW2_TABLES; i++)
        free(cache->tables[i].data);
}

struct qcow2_table *qcow2_cache_find(struct qcow2_cache *cache, uint64_t offset)
{
    struct qcow2_table *table = &cache->tables[cache->last];
    for (unsigned i = 0; table->offset != offset; i++) {
        if (i == cache->size)
            return NULL;
        table = &cache->tables[i];
    }
    cache->last = (unsigned)(table - cache->tables);
    table->used = ++cache->accesses;
    return table;
}

struct qcow2_table *qcow2_cache_place(struct qcow2_cache *cache, uint32_t cluster)
{
    struct qcow2_table *oldest = &cache->tables[0];
    for (unsigned i = 1; i < cache->size && oldest->offset; i++)
        if (!cache->tables[i].offset || cache->tables[i].used < oldest->used)
            oldest = &cache->tables[i];
    if (!oldest->data)
        oldest->data = malloc(cluster);
    return oldest->data ? oldest : NULL;
}

void qcow2_cache_hold(struct qcow2_cache *cache, struct qcow2_table *table, uint64_t offset)
{
    table->offset = offset;
    table->dirty_from = table->dirty_to = 0;
    table->used = ++cache->accesses;
    cache->last = (unsigned)(table - cache->tables);
}
