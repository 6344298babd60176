// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A set of names, each kept once and known by its number: 0, 1, ... in the order in which they were added.
#ifndef OBSERVE_NAME_TABLE_H
#define OBSERVE_NAME_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define NAME_TABLE_NONE UINT32_MAX

struct name_table {
    char **name;
    uint32_t count;
    // Used by the functions here. `slot`: the number of a name + 1 at the first free place after its hash.
    size_t room, slots;
    uint32_t *slot;
};

// The number of `name`, which is copied if it is new. NAME_TABLE_NONE: no memory.
uint32_t name_table_add(struct name_table *table, const char *name);
// The same for a name that is there; NAME_TABLE_NONE: it is not.
uint32_t name_table_find(const struct name_table *table, const char *name);
// All numbers in the order of their names; the caller frees it. NULL: no memory, or no names.
uint32_t *name_table_sorted(const struct name_table *table);
void name_table_free(struct name_table *table);

#endif
