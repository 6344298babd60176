// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Arrays that grow.
#ifndef OBSERVE_GROW_H
#define OBSERVE_GROW_H

#include <stdint.h>
#include <stdlib.h>

// `items`, an array with room for `*room` items of `size` bytes, of which `count` are used, with room for one more: where it
// was, or moved. NULL: no memory; the array is as it was.
static inline void *grow(void *items, size_t *room, size_t count, size_t size)
{
    size_t wanted = *room ? 2 * *room : 16;
    if (count < *room)
        return items;
    if (wanted > SIZE_MAX / size)
        return NULL;
    void *moved = realloc(items, wanted * size);
    if (moved)
        *room = wanted;
    return moved;
}

#endif
