// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A hash table of strings with open addressing. See name_table.h.
#include "observe/name_table.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "observe/grow.h"

// FNV-1a.
static size_t hash(const char *name)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (; *name; name++)
        value = (value ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return (size_t)value;
}

// The place of `name`, or the free one where it belongs.
static uint32_t *find(const struct name_table *table, const char *name)
{
    size_t at = hash(name) & (table->slots - 1);
    while (table->slot[at] && strcmp(table->name[table->slot[at] - 1], name) != 0)
        at = (at + 1) & (table->slots - 1);
    return &table->slot[at];
}

// At least half of the places stay free.
static int make_room(struct name_table *table)
{
    size_t slots = table->slots ? 2 * table->slots : 64;
    if (2 * ((size_t)table->count + 1) <= table->slots)
        return 0;
    uint32_t *slot = calloc(slots, sizeof *slot);
    if (!slot)
        return -1;
    free(table->slot);
    table->slot = slot;
    table->slots = slots;
    for (uint32_t i = 0; i < table->count; i++)
        *find(table, table->name[i]) = i + 1;
    return 0;
}

static char *copy(const char *name)
{
    size_t size = strlen(name) + 1;
    char *copied = malloc(size);
    return copied ? memcpy(copied, name, size) : NULL;
}

uint32_t name_table_add(struct name_table *table, const char *name)
{
    if (make_room(table) < 0)
        return NAME_TABLE_NONE;
    uint32_t *slot = find(table, name);
    if (*slot)
        return *slot - 1;
    char **grown = grow(table->name, &table->room, table->count, sizeof *grown);
    if (!grown)
        return NAME_TABLE_NONE;
    table->name = grown;
    table->name[table->count] = copy(name);
    if (!table->name[table->count])
        return NAME_TABLE_NONE;
    *slot = ++table->count;
    return *slot - 1;
}

uint32_t name_table_find(const struct name_table *table, const char *name)
{
    return table->slots ? *find(table, name) - 1 : NAME_TABLE_NONE; // 0 - 1 is NAME_TABLE_NONE
}

// --- Order -----------------------------------------------------------------------------------------------------------

// Digits compare as numbers ("pin2" before "pin10"), and a dot comes before everything else, so that names with the same
// beginning up to a dot stand together.
static int compare_names(const char *a, const char *b)
{
    while (*a && *b) {
        char *end_a, *end_b;
        bool numbers = isdigit((uint8_t)*a) && isdigit((uint8_t)*b);
        unsigned long long left = numbers ? strtoull(a, &end_a, 10) : *a == '.' ? 0 : (uint8_t)*a;
        unsigned long long right = numbers ? strtoull(b, &end_b, 10) : *b == '.' ? 0 : (uint8_t)*b;
        if (left != right)
            return left < right ? -1 : 1;
        a = numbers ? end_a : a + 1;
        b = numbers ? end_b : b + 1;
    }
    return (uint8_t)*a - (uint8_t)*b;
}

struct entry {
    const char *name;
    uint32_t number;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = compare_names(left->name, right->name);
    return order ? order : strcmp(left->name, right->name);
}

uint32_t *name_table_sorted(const struct name_table *table)
{
    struct entry *entries = calloc(table->count, sizeof *entries);
    uint32_t *sorted = calloc(table->count, sizeof *sorted);
    if (entries && sorted) {
        for (uint32_t i = 0; i < table->count; i++)
            entries[i] = (struct entry){ table->name[i], i };
        qsort(entries, table->count, sizeof *entries, compare_entries);
        for (uint32_t i = 0; i < table->count; i++)
            sorted[i] = entries[i].number;
    } else {
        free(sorted);
        sorted = NULL;
    }
    free(entries);
    return sorted;
}

void name_table_free(struct name_table *table)
{
    for (uint32_t i = 0; i < table->count; i++)
        free(table->name[i]);
    free(table->name);
    free(table->slot);
    *table = (struct name_table){ 0 };
}
