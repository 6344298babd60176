// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A hash table of strings with open addressing. See names.h.
#include "observe/names.h"

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
static uint32_t *find(const struct names *names, const char *name)
{
    size_t at = hash(name) & (names->slots - 1);
    while (names->slot[at] && strcmp(names->name[names->slot[at] - 1], name) != 0)
        at = (at + 1) & (names->slots - 1);
    return &names->slot[at];
}

// At least half of the places stay free.
static int make_room(struct names *names)
{
    size_t slots = names->slots ? 2 * names->slots : 64;
    if (2 * ((size_t)names->count + 1) <= names->slots)
        return 0;
    uint32_t *slot = calloc(slots, sizeof *slot);
    if (!slot)
        return -1;
    free(names->slot);
    names->slot = slot;
    names->slots = slots;
    for (uint32_t i = 0; i < names->count; i++)
        *find(names, names->name[i]) = i + 1;
    return 0;
}

static char *copy(const char *name)
{
    size_t size = strlen(name) + 1;
    char *copied = malloc(size);
    return copied ? memcpy(copied, name, size) : NULL;
}

uint32_t names_add(struct names *names, const char *name)
{
    if (make_room(names) < 0)
        return NAMES_NONE;
    uint32_t *slot = find(names, name);
    if (*slot)
        return *slot - 1;
    char **grown = grow(names->name, &names->room, names->count, sizeof *grown);
    if (!grown)
        return NAMES_NONE;
    names->name = grown;
    names->name[names->count] = copy(name);
    if (!names->name[names->count])
        return NAMES_NONE;
    *slot = ++names->count;
    return *slot - 1;
}

uint32_t names_find(const struct names *names, const char *name)
{
    return names->slots ? *find(names, name) - 1 : NAMES_NONE; // 0 - 1 is NAMES_NONE
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

uint32_t *names_sorted(const struct names *names)
{
    struct entry *entries = calloc(names->count, sizeof *entries);
    uint32_t *sorted = calloc(names->count, sizeof *sorted);
    if (entries && sorted) {
        for (uint32_t i = 0; i < names->count; i++)
            entries[i] = (struct entry){ names->name[i], i };
        qsort(entries, names->count, sizeof *entries, compare_entries);
        for (uint32_t i = 0; i < names->count; i++)
            sorted[i] = entries[i].number;
    } else {
        free(sorted);
        sorted = NULL;
    }
    free(entries);
    return sorted;
}

void names_free(struct names *names)
{
    for (uint32_t i = 0; i < names->count; i++)
        free(names->name[i]);
    free(names->name);
    free(names->slot);
    *names = (struct names){ 0 };
}
