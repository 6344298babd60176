// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See disk_image.h.
//
//     image, qcow2 --> its backing file, qcow2 --> ... --> a raw file
//
// Backing files are only read. Their format must be said in the image: one that is guessed could be chosen by an earlier guest of
// theirs, which could have any file of the host read. Names are paths, relative to the folder of the image.
#include "host/disk_image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "host/host_lock.h"

enum { DEPTH_LIMIT = 64, PATH_LIMIT = 4096 };

// --- Raw -------------------------------------------------------------------------------------------------------------

static int raw_read(void *owner, uint64_t offset, void *data, size_t size)
{
    const struct disk_image *image = owner;
    return host_file_read(&image->file, offset, data, size);
}

static int raw_write(void *owner, uint64_t offset, const void *data, size_t size)
{
    const struct disk_image *image = owner;
    return host_file_write(&image->file, offset, data, size);
}

static int raw_flush(void *owner)
{
    const struct disk_image *image = owner;
    return host_file_sync(&image->file);
}

static int raw_zero(void *owner, uint64_t offset, uint64_t size, bool release)
{
    const struct disk_image *image = owner;
    return host_file_zero(&image->file, offset, size, release);
}

static int raw_discard(void *owner, uint64_t offset, uint64_t size)
{
    return raw_zero(owner, offset, size, true);
}

static int open_raw(struct disk_image *image, const char *path, bool writable, struct error *error)
{
    uint64_t size;
    int result = host_file_size(&image->file, &size);
    if (result < 0 || size == 0)
        return error_set(error, -EINVAL, "'%.200s' is empty; make it as long as the disk is to be", path);
    if (size % INTACT_BLOCK_SECTOR)
        return error_set(error, -EINVAL, "'%.200s' has %llu bytes, and a disk has whole sectors of %u", path,
                         (unsigned long long)size, INTACT_BLOCK_SECTOR);
    image->block = (struct intact_block){ .size = size,
                                          .readonly = !writable,
                                          .read = raw_read,
                                          .write = raw_write,
                                          .flush = writable ? raw_flush : NULL,
                                          .discard = writable ? raw_discard : NULL,
                                          .owner = image,
                                          .zero = writable ? raw_zero : NULL };
    return 0;
}

// --- Nothing ---------------------------------------------------------------------------------------------------------

static int null_read(void *owner, uint64_t offset, void *data, size_t size)
{
    (void)owner, (void)offset;
    memset(data, 0, size);
    return 0;
}

static int null_write(void *owner, uint64_t offset, const void *data, size_t size)
{
    (void)owner, (void)offset, (void)data, (void)size;
    return 0;
}

static void open_null(struct disk_image *image, uint64_t size)
{
    memset(image, 0, sizeof *image);
    image->block = (struct intact_block){ .size = size, .read = null_read, .write = null_write };
}

// --- qcow2 -----------------------------------------------------------------------------------------------------------

static int qcow2_discard(void *owner, uint64_t offset, uint64_t size)
{
    return qcow2_zero(owner, offset, size, true);
}

static int open_qcow2(struct disk_image *image, const char *path, bool writable, struct error *error)
{
    struct qcow2 *qcow2 = calloc(1, sizeof *qcow2);
    if (!qcow2)
        return error_set(error, -ENOMEM, "'%.200s': the host has no memory for its tables", path);
    int result = qcow2_open(qcow2, &image->file, path, writable, error);
    if (result < 0) {
        free(qcow2);
        return result;
    }
    image->qcow2 = qcow2;
    image->block = qcow2->block;
    image->block.discard = writable ? qcow2_discard : NULL;
    image->block.zero = writable ? qcow2_zero : NULL;
    return 0;
}

// --- Backing files ---------------------------------------------------------------------------------------------------

// Those above an image, up to the drive's own.
struct chain {
    const struct chain *above;
    const struct host_file *file;
    unsigned depth;
};

static int open_in_chain(struct disk_image *image, const struct disk_options *options, const struct chain *above,
                         struct error *error);

static int backing_format(const struct qcow2 *qcow2, const char *path, enum intact_drive_format *format,
                          struct error *error)
{
    static const char *const names[] = { [INTACT_DRIVE_RAW] = "raw", [INTACT_DRIVE_QCOW2] = "qcow2" };
    const char *said = qcow2->backing_format;
    for (unsigned i = 0; i < countof(names); i++) {
        *format = (enum intact_drive_format)i;
        if (strcmp(said, names[i]) == 0)
            return 0;
    }
    if (*said)
        return error_set(error, -ENOTSUP,
                         "'%.200s': its backing file has the format '%.16s'; raw and qcow2 are possible", path, said);
    return error_set(
        error, -EINVAL,
        "'%.120s' does not say which format its backing file has; qemu-img rebase -u -b '%.160s' -F raw (or "
        "qcow2) says it",
        path, qcow2->backing_name);
}

// A path relative to the folder of the image. "file:" may stand before it; other protocols and descriptions in JSON are none.
static int backing_path(const struct qcow2 *qcow2, const char *path, char *out, struct error *error)
{
    const char *name = qcow2->backing_name, *slash = strrchr(path, '/');
    const char *colon = strchr(name, ':'), *first_slash = strchr(name, '/');
    if (strncmp(name, "file:", 5) == 0)
        name += 5;
    else if (colon && (!first_slash || colon < first_slash))
        return error_set(error, -ENOTSUP, "'%.120s': its backing file is '%.160s', which is no path", path, name);
    int folder = *name != '/' && slash ? (int)(slash - path + 1) : 0;
    if (snprintf(out, PATH_LIMIT, "%.*s%s", folder, path, name) >= PATH_LIMIT)
        return error_set(error, -ENAMETOOLONG, "'%.120s': the path of its backing file is too long", path);
    return 0;
}

static int open_backing(struct disk_image *image, const char *path, enum disk_lock lock, const struct chain *above,
                        struct error *error)
{
    const struct chain chain = { above, &image->file, above ? above->depth + 1 : 1 };
    struct disk_options options = { .lock = lock };
    int result = backing_format(image->qcow2, path, &options.format, error);
    char *name = malloc(PATH_LIMIT);
    image->backing = calloc(1, sizeof *image->backing);
    if (result == 0 && (!name || !image->backing))
        result = error_set(error, -ENOMEM, "'%.200s': the host has no memory for its backing file", path);
    options.path = name;
    if (result == 0)
        result = backing_path(image->qcow2, path, name, error);
    if (result == 0 && chain.depth > DEPTH_LIMIT)
        result =
            error_set(error, -ELOOP, "'%.200s': more than %d backing files, one behind the other", path, DEPTH_LIMIT);
    if (result == 0)
        result = open_in_chain(image->backing, &options, &chain, error);
    if (result == 0)
        image->qcow2->backing = &image->backing->block;
    free(name);
    return result;
}

static int check_cycle(const struct disk_image *image, const char *path, const struct chain *above, struct error *error)
{
    for (const struct chain *c = above; c; c = c->above)
        if (c->file->device == image->file.device && c->file->inode == image->file.inode)
            return error_set(error, -ELOOP, "'%.200s' is a backing file of itself", path);
    return 0;
}

// --- Opening ---------------------------------------------------------------------------------------------------------

static bool begins_as_qcow2(const struct disk_image *image)
{
    char magic[4];
    return host_file_read(&image->file, 0, magic, sizeof magic) == 0 && memcmp(magic, QCOW2_MAGIC, sizeof magic) == 0;
}

static int open_in_chain(struct disk_image *image, const struct disk_options *options, const struct chain *above,
                         struct error *error)
{
    const char *path = options->path;
    enum intact_drive_format format = options->format;
    memset(image, 0, sizeof *image);
    int result = host_file_open(&image->file, path, options->writable, error);
    if (result == 0)
        result = check_cycle(image, path, above, error);
    if (result == 0 && options->lock != DISK_LOCK_NONE)
        result = host_lock(&image->file, path, options->writable, options->lock == DISK_LOCK_SHARED, error);
    if (result < 0)
        return result;
    if (format == INTACT_DRIVE_PROBE)
        format = begins_as_qcow2(image) ? INTACT_DRIVE_QCOW2 : INTACT_DRIVE_RAW;
    if (format == INTACT_DRIVE_RAW)
        return open_raw(image, path, options->writable, error);
    if (options->writable && options->lock == DISK_LOCK_SHARED)
        return error_set(error, -EBUSY,
                         "'%.200s' is a qcow2 image, which one process alone can write; share-rw=off, or readonly=on",
                         path);
    result = open_qcow2(image, path, options->writable, error);
    if (result == 0 && *image->qcow2->backing_name)
        result = open_backing(image, path, options->lock, above, error);
    return result;
}

int disk_image_open(struct disk_image *image, const struct disk_options *options, struct error *error)
{
    if (options->format == INTACT_DRIVE_NULL) {
        open_null(image, options->size);
        return 0;
    }
    int result = open_in_chain(image, options, NULL, error);
    if (result < 0)
        disk_image_close(image);
    return result;
}

int disk_image_backing(const char *path, enum intact_drive_format *format, char **backing, struct error *error)
{
    struct disk_image image = { .qcow2 = NULL };
    *backing = NULL;
    int result = host_file_open(&image.file, path, false, error);
    bool qcow2 =
        result == 0 && (*format == INTACT_DRIVE_QCOW2 || (*format == INTACT_DRIVE_PROBE && begins_as_qcow2(&image)));
    if (qcow2)
        result = open_qcow2(&image, path, false, error);
    if (image.qcow2 && *image.qcow2->backing_name) {
        *backing = malloc(PATH_LIMIT);
        result = *backing ? backing_format(image.qcow2, path, format, error)
                          : error_set(error, -ENOMEM, "'%.200s': the host has no memory for its backing file", path);
        if (result == 0)
            result = backing_path(image.qcow2, path, *backing, error);
    }
    disk_image_close(&image);
    if (result < 0) {
        free(*backing);
        *backing = NULL;
    }
    return result;
}

void disk_image_close(struct disk_image *image)
{
    if (image->qcow2)
        qcow2_close(image->qcow2);
    free(image->qcow2);
    if (image->backing)
        disk_image_close(image->backing);
    free(image->backing);
    host_file_close(&image->file);
    memset(image, 0, sizeof *image);
}
