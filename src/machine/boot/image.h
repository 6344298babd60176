// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A file in memory, as all loaders use it; they do not use the file system. Files are read once and kept for resets
// (struct image_store).
#ifndef MACHINE_BOOT_IMAGE_H
#define MACHINE_BOOT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct image {
    uint8_t *data;
    size_t size;
    bool kept; // the memory belongs to a store
};

// Files by option and path. All zero: empty.
struct image_store {
    struct image_stored *first;
};

// Reads the regular file `path`, at most `limit` bytes of it. Every message begins with `option` ("-kernel"). An empty
// file is an error. 0, or a negative errno with a line in `error`; `image` is to be released in either case.
int image_read(struct image *image, const char *option, const char *path, uint64_t limit, struct error *error);

// Replaces a gzip file (RFC 1952) by its contents, at most `limit` bytes; other files are not changed.
int image_unpack(struct image *image, const char *option, const char *path, uint64_t limit, struct error *error);

// A file that is in a store stays there.
void image_release(struct image *image);

// As image_read, but from `store` if it has the file; else adds it. `store` may be NULL.
int image_open(struct image_store *store, struct image *image, const char *option, const char *path, uint64_t limit,
               struct error *error);
// The two parts of that, for a file that is changed after it was read. image_find: true if it is in the store.
bool image_find(const struct image_store *store, struct image *image, const char *option, const char *path);
// Without memory for that, the image still belongs to the caller.
void image_keep(struct image_store *store, struct image *image, const char *option, const char *path);
void image_store_free(struct image_store *store);

// True if `size` bytes at `offset` lie in the image.
static inline bool image_holds(const struct image *image, uint64_t offset, uint64_t size)
{
    return offset <= image->size && size <= image->size - offset;
}

#endif
