// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A set of names, each kept once and known by its number: 0, 1, ... in the order in which they were added.
#ifndef OBSERVE_NAMES_H
#define OBSERVE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define NAMES_NONE UINT32_MAX

struct names {
    char **name;
    uint32_t count;
    // Used by the functions here. `slot`: the number of a name + 1 at the first free place after its hash.
    size_t room, slots;
    uint32_t *slot;
};

// The number of `name`, which is copied if it is new. NAMES_NONE: no memory.
uint32_t names_add(struct names *names, const char *name);
// The same for a name that is there; NAMES_NONE: it is not.
uint32_t names_find(const struct names *names, const char *name);
// All numbers in the order of their names; the caller frees it. NULL: no memory, or no names.
uint32_t *names_sorted(const struct names *names);
void names_free(struct names *names);

#endif
