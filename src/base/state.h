// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A saved state: the fields of a list (base/visit.h), with a header that says which fields these are.
//
//     header | schema: a line for each field, in list order | the fields
//
// The header has a check value over all that follows it, so that a state that was cut or changed by accident is refused. It
// is no protection against a state that was made to do harm.
//
// A state is loaded only by a list with the same schema: the same names, sizes and counts in the same order. Any other
// state is refused before anything is loaded, with the first name that differs.
#ifndef BASE_STATE_H
#define BASE_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/visit.h"

struct state_list {
    void (*visit)(void *object, struct visit *v);
    void *object;
};

// Saves into `data`, which has `size` bytes. Returns how many bytes the state takes up; when that is more than `size`,
// the contents of `data` are undefined. `data` may be NULL with `size` 0. 0: the host has no memory left.
size_t state_save(const struct state_list *list, void *data, size_t size);

// Loads what state_save wrote; x_loaded comes next. 0; -EINVAL: it is not a saved state, or has another schema, and
// nothing was loaded; -EIO: a field has a value that it cannot have, which the text names, or the state ends too early or too
// late, which shows during the load only if a list has variable fields; -ENOMEM.
int state_load(const struct state_list *list, const void *data, size_t size, struct error *error);

#endif
