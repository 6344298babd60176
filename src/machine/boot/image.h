// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A file in memory: what every loader works on. Loaders never touch the file system. What a machine starts from is read
// once and kept for its resets (struct image_store).
#ifndef MACHINE_BOOT_IMAGE_H
#define MACHINE_BOOT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct image {
    uint8_t *data;
    size_t size;
    bool kept; // the memory is a store's
};

// Files by the option and the path that named them. All zero: empty.
struct image_store {
    struct image_stored *first;
};

// Reads the regular file `path`, at most `limit` bytes of it. `option` ("-kernel") opens every message. An empty file
// is an error. 0, or a negative errno with a line in `error`; `image` is to be released in either case.
int image_read(struct image *image, const char *option, const char *path, uint64_t limit, struct error *error);

// Replaces a gzip file (RFC 1952) by its contents, at most `limit` bytes; anything else is left as it is.
int image_unpack(struct image *image, const char *option, const char *path, uint64_t limit, struct error *error);

// What is kept stays.
void image_release(struct image *image);

// image_read of a file that `store` keeps, or keeps from now on. `store` may be NULL: nothing is kept.
int image_open(struct image_store *store, struct image *image, const char *option, const char *path, uint64_t limit,
               struct error *error);
// The two halves of that, for a file that is changed after it was read. image_find: true if there is one.
bool image_find(const struct image_store *store, struct image *image, const char *option, const char *path);
// Without memory for it the image stays the caller's.
void image_keep(struct image_store *store, struct image *image, const char *option, const char *path);
void image_store_free(struct image_store *store);

// True if `size` bytes at `offset` lie in the image.
static inline bool image_holds(const struct image *image, uint64_t offset, uint64_t size)
{
    return offset <= image->size && size <= image->size - offset;
}

#endif
