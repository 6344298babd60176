// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Structures of the public API that grow: the program was compiled with the header of some version, and the library has
// another. Their first member is the size that the program's header gives them; new members are added at the end.
//
//     older program     [ size | a | b ]            c gets its default value
//     library           [ size | a | b | c ]
//     newer program     [ size | a | b | c | d ]    refused: the library knows nothing of d
//
// Elements of lists have no size of their own: it is beside the count.
#ifndef BASE_SIZED_H
#define BASE_SIZED_H

#include <stdbool.h>
#include <stddef.h>

// For functions that prepare a structure: fills in the `size` bytes that the program has of `defaults`, which has
// `full` bytes.
void sized_give(void *structure, size_t size, const void *defaults, size_t full);

// For functions that take one: copies the program's `structure` over `out`, which has the default values and `full`
// bytes. False: its size is none of an older version or of this one.
bool sized_take(void *out, size_t full, const void *structure);

// The same for the `count` elements of a list, of `size` bytes each: `out` has room for them, with `full` bytes each. New
// members are 0.
bool sized_list(void *out, size_t full, const void *list, size_t size, size_t count);

#endif
