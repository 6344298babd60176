// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Reads a kernel, an initial ramdisk or a firmware into memory, and unpacks gzip (RFC 1952) through zlib.
//
// Both steps have a limit, so that neither a device file nor a small archive of many zeroes can use up the host's
// memory.
#include "machine/boot/image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) // inflateInit2: the largest window, and a gzip header

void image_release(struct image *image)
{
    if (!image->kept)
        free(image->data);
    *image = (struct image){ 0 };
}

// --- Kept files ------------------------------------------------------------------------------------------------------

struct image_stored {
    struct image_stored *next;
    struct image image;
    const char *option; // a literal
    char path[];
};

bool image_find(const struct image_store *store, struct image *image, const char *option, const char *path)
{
    for (const struct image_stored *stored = store ? store->first : NULL; stored; stored = stored->next) {
        if (strcmp(stored->option, option) != 0 || strcmp(stored->path, path) != 0)
            continue;
        *image = stored->image;
        return true;
    }
    return false;
}

void image_keep(struct image_store *store, struct image *image, const char *option, const char *path)
{
    size_t length = strlen(path) + 1;
    struct image_stored *stored = store ? malloc(sizeof *stored + length) : NULL;
    if (!stored)
        return;
    image->kept = true;
    *stored = (struct image_stored){ .next = store->first, .image = *image, .option = option };
    memcpy(stored->path, path, length);
    store->first = stored;
}

void image_store_free(struct image_store *store)
{
    while (store->first) {
        struct image_stored *stored = store->first;
        store->first = stored->next;
        free(stored->image.data);
        free(stored);
    }
}

int image_open(struct image_store *store, struct image *image, const char *option, const char *path, uint64_t limit,
               struct error *error)
{
    if (image_find(store, image, option, path))
        return 0;
    int result = image_read(image, option, path, limit, error);
    if (result == 0)
        image_keep(store, image, option, path);
    return result;
}

// --- Reading and unpacking -------------------------------------------------------------------------------------------

// Runners of bare-metal tests look for these words about a kernel.
static int cannot_read(const char *option, const char *path, int code, struct error *error)
{
    const char *fails = strcmp(option, "-kernel") == 0 ? "could not open kernel" : "cannot read";
    return error_set(error, -code, "%s: %s '%s': %s", option, fails, path, strerror(code));
}

static int too_large(const char *option, const char *path, uint64_t limit, struct error *error)
{
    bool large = limit >= 1 << 20;
    return error_set(error, -EFBIG, "%s: '%s' is larger than the %" PRIu64 " %s this machine can take", option, path,
                     large ? limit >> 20 : limit, large ? "MiB" : "bytes");
}

static int read_all(struct image *image, FILE *file, const char *option, const char *path, uint64_t limit,
                    struct error *error)
{
    struct stat status;
    if (fstat(fileno(file), &status) < 0)
        return cannot_read(option, path, errno, error);
    if (S_ISDIR(status.st_mode))
        return cannot_read(option, path, EISDIR, error);
    if (!S_ISREG(status.st_mode))
        return error_set(error, -EINVAL, "%s: '%s' is not a regular file", option, path);
    if (status.st_size == 0)
        return error_set(error, -EINVAL, "%s: '%s' is empty", option, path);
    if ((uint64_t)status.st_size > limit)
        return too_large(option, path, limit, error);
    image->data = malloc((size_t)status.st_size);
    if (!image->data)
        return cannot_read(option, path, ENOMEM, error);
    image->size = fread(image->data, 1, (size_t)status.st_size, file);
    if (image->size != (size_t)status.st_size)
        return cannot_read(option, path, ferror(file) && errno ? errno : EIO, error);
    return 0;
}

int image_read(struct image *image, const char *option, const char *path, uint64_t limit, struct error *error)
{
    *image = (struct image){ 0 };
    FILE *file = fopen(path, "rb");
    if (!file)
        return cannot_read(option, path, errno, error);
    int result = read_all(image, file, option, path, limit, error);
    fclose(file);
    return result;
}

static int inflate_into(struct image *out, z_stream *stream, uint64_t limit)
{
    size_t capacity = 0;
    for (;;) {
        if (out->size == capacity) {
            if (capacity >= limit)
                return Z_BUF_ERROR;
            capacity = capacity ? capacity * 2 : 1 << 20;
            capacity = capacity > limit ? (size_t)limit : capacity;
            uint8_t *grown = realloc(out->data, capacity);
            if (!grown)
                return Z_MEM_ERROR;
            out->data = grown;
        }
        stream->next_out = out->data + out->size;
        stream->avail_out = (uInt)(capacity - out->size);
        int result = inflate(stream, Z_NO_FLUSH);
        out->size = capacity - stream->avail_out;
        if (result != Z_OK && !(result == Z_BUF_ERROR && stream->avail_out == 0))
            return result;
    }
}

int image_unpack(struct image *image, const char *option, const char *path, uint64_t limit, struct error *error)
{
    if (image->size < 18 || image->data[0] != 0x1f || image->data[1] != 0x8b)
        return 0;
    z_stream stream = { .next_in = image->data, .avail_in = (uInt)image->size };
    struct image out = { 0 };
    if (image->size > UINT32_MAX)
        return too_large(option, path, UINT32_MAX, error);
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return cannot_read(option, path, ENOMEM, error);
    int result = inflate_into(&out, &stream, limit > UINT32_MAX ? UINT32_MAX : limit);
    bool full = result == Z_BUF_ERROR && out.size >= limit;
    inflateEnd(&stream);
    image_release(image);
    *image = out;
    if (full)
        return too_large(option, path, limit, error);
    if (result != Z_STREAM_END || out.size == 0)
        return error_set(error, -EINVAL, "%s: '%s' is a damaged gzip file", option, path);
    return 0;
}
