// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A set of names, which live as long as the set: "pit.out0", "virtio-blk0.msix3", "lapic2.timer".
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct name_series;

// Zeroed: empty.
struct names {
    char **slots; // open addressing; NULL: free
    size_t count, capacity;
    struct name_series *series;
};

void names_free(struct names *names);

// The name that is equal to `text`, added if there is none. NULL: the host has no memory left.
const char *names_add(struct names *names, const char *text);

// The name `of`.`part`: that of a part of a device.
const char *names_add_part(struct names *names, const char *of, const char *part);

// The name that printf makes of `format` and `number`, which is added the first time; afterwards it is found by both, and
// nothing is printed. `format` is a constant with one %u.
const char *names_numbered(struct names *names, const char *format, uint32_t number);

#endif
