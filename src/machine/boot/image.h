// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A file in memory: what every loader works on. Loaders never touch the file system.
#ifndef MACHINE_BOOT_IMAGE_H
#define MACHINE_BOOT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct image {
    uint8_t *data;
    size_t size;
};

// Reads the regular file `path`, at most `limit` bytes of it. `option` ("-kernel") opens every message. An empty file
// is an error. 0, or a negative errno with a line in `error`; `image` is to be released in either case.
int image_read(struct image *image, const char *option, const char *path, uint64_t limit, struct error *error);

// Replaces a gzip file (RFC 1952) by its contents, at most `limit` bytes; anything else is left as it is.
int image_unpack(struct image *image, const char *option, const char *path, uint64_t limit, struct error *error);

void image_release(struct image *image);

// True if `size` bytes at `offset` lie in the image.
static inline bool image_holds(const struct image *image, uint64_t offset, uint64_t size)
{
    return offset <= image->size && size <= image->size - offset;
}

#endif
