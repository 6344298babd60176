// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Images as disks, and snapshots of them. A file that ends earlier than it did when it was opened is an I/O error, and so is a
// full host disk: the guest sees both, and the machine goes on.
//
// Path: the host / devices/virtio/virtio_blk.c
#include "host/block_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

enum { CLUSTER = BLOCK_FILE_CLUSTER, PART = 1024 }; // clusters of one part of `place`

_Static_assert(BLOCK_FILE_CLUSTER == RAM_PAGE, "a cluster is a page of the storage");

static int image_read(const struct block_file *file, uint64_t offset, void *data, size_t size)
{
    return file->image.block.read(file->image.block.owner, offset, data, size);
}

// A raw disk that was not said to be one: with this at its beginning it would be another disk the next time, with any file of the
// host behind it.
static bool is_disguise(const struct block_file *file, uint64_t offset, const void *data)
{
    return file->probed && offset == 0 && memcmp(data, QCOW2_MAGIC, 4) == 0;
}

// --- The image ---------------------------------------------------------------------------------------------------------

static int plain_read(void *owner, uint64_t offset, void *data, size_t size)
{
    return image_read(owner, offset, data, size);
}

static int plain_write(void *owner, uint64_t offset, const void *data, size_t size)
{
    const struct block_file *file = owner;
    if (is_disguise(file, offset, data))
        return -EPERM;
    return file->image.block.write(file->image.block.owner, offset, data, size);
}

static int plain_flush(void *owner)
{
    const struct block_file *file = owner;
    return file->image.block.flush(file->image.block.owner);
}

static int plain_zero(void *owner, uint64_t offset, uint64_t size, bool release)
{
    const struct block_file *file = owner;
    return file->image.block.zero(file->image.block.owner, offset, size, release && file->block.discard);
}

static int plain_discard(void *owner, uint64_t offset, uint64_t size)
{
    return plain_zero(owner, offset, size, true);
}

// --- A snapshot ------------------------------------------------------------------------------------------------------

static int grow(struct block_file *file, uint32_t capacity)
{
    uint32_t *cluster = realloc(file->cluster, capacity * sizeof *cluster);
    if (cluster)
        file->cluster = cluster;
    uint8_t *data = realloc(file->data, (size_t)capacity * CLUSTER);
    if (data)
        file->data = file->storage.bytes = data;
    if (!cluster || !data)
        return -ENOMEM;
    file->capacity = capacity;
    return 0;
}

// The bytes that the disk has in a cluster: the last one may be short.
static size_t cluster_size(const struct block_file *file, uint32_t cluster)
{
    uint64_t left = file->block.size - (uint64_t)cluster * CLUSTER;
    return left < CLUSTER ? (size_t)left : CLUSTER;
}

static uint32_t place_of(const struct block_file *file, uint32_t cluster)
{
    const uint32_t *part = file->place[cluster / PART];
    return part ? part[cluster % PART] : 0;
}

// Where the place of a cluster is kept. NULL: no memory.
static uint32_t *part_of(struct block_file *file, uint32_t cluster)
{
    uint32_t **part = &file->place[cluster / PART];
    if (!*part)
        *part = calloc(PART, sizeof **part);
    return *part ? *part + cluster % PART : NULL;
}

// The cluster in memory, filled from the file if it was not there and `whole` does not say that it will be overwritten.
static int own_cluster(struct block_file *file, uint32_t cluster, bool whole, uint8_t **data)
{
    int result = 0;
    uint32_t *place = part_of(file, cluster);
    if (!place)
        return -ENOMEM;
    if (!*place) {
        if (file->count == file->capacity)
            result = grow(file, file->capacity ? 2 * file->capacity : 64);
        if (result < 0)
            return result;
        uint8_t *fresh = file->data + (size_t)file->count * CLUSTER;
        memset(fresh, 0, CLUSTER);
        if (!whole)
            result = image_read(file, (uint64_t)cluster * CLUSTER, fresh, cluster_size(file, cluster));
        if (result < 0)
            return result;
        file->cluster[file->count] = cluster;
        *place = ++file->count;
        file->storage.used = (uint64_t)file->count * CLUSTER;
        storage_written(&file->storage, file->storage.used - CLUSTER, CLUSTER);
    }
    *data = file->data + (size_t)(*place - 1) * CLUSTER;
    return 0;
}

static int snapshot_read(void *owner, uint64_t offset, void *data, size_t size)
{
    struct block_file *file = owner;
    uint8_t *out = data;
    while (size && !file->failed) {
        uint32_t cluster = (uint32_t)(offset / CLUSTER), at = (uint32_t)(offset % CLUSTER),
                 place = place_of(file, cluster);
        size_t piece = CLUSTER - at < size ? CLUSTER - at : size;
        int result = 0;
        if (place)
            memcpy(out, file->data + (size_t)(place - 1) * CLUSTER + at, piece);
        else
            result = image_read(file, offset, out, piece);
        if (result < 0)
            return result;
        out += piece;
        offset += piece;
        size -= piece;
    }
    return file->failed ? -EIO : 0;
}

static int snapshot_write(void *owner, uint64_t offset, const void *data, size_t size)
{
    struct block_file *file = owner;
    const uint8_t *in = data;
    if (is_disguise(file, offset, data))
        return -EPERM;
    while (size && !file->failed) {
        uint32_t cluster = (uint32_t)(offset / CLUSTER), at = (uint32_t)(offset % CLUSTER);
        size_t piece = CLUSTER - at < size ? CLUSTER - at : size;
        uint8_t *bytes;
        int result = own_cluster(file, cluster, piece == cluster_size(file, cluster), &bytes);
        if (result < 0)
            return result;
        memcpy(bytes + at, in, piece);
        storage_written(&file->storage, (uint64_t)(bytes - file->data) + at, piece);
        in += piece;
        offset += piece;
        size -= piece;
    }
    return file->failed ? -EIO : 0;
}

// As what is discarded in the image.
static int snapshot_discard(void *owner, uint64_t offset, uint64_t size)
{
    static const uint8_t zeroes[CLUSTER];
    int result = 0;
    while (size && result == 0) {
        size_t piece = size < CLUSTER ? (size_t)size : CLUSTER;
        result = snapshot_write(owner, offset, zeroes, piece);
        offset += piece;
        size -= piece;
    }
    return result;
}

// --- Life ------------------------------------------------------------------------------------------------------------

static uint32_t parts(const struct block_file *file)
{
    return (file->place_count + PART - 1) / PART;
}

static int make_places(struct block_file *file, const char *path, struct error *error)
{
    uint64_t clusters = (file->image.block.size + CLUSTER - 1) / CLUSTER;
    if (clusters >= UINT32_MAX)
        return error_set(error, -EFBIG, "'%.200s' has %llu bytes, which is too large for a snapshot of it", path,
                         (unsigned long long)file->image.block.size);
    file->place_count = (uint32_t)clusters;
    file->place = calloc(parts(file), sizeof *file->place);
    file->storage.limit = clusters * CLUSTER;
    return file->place ? 0 : error_set(error, -ENOMEM, "'%.200s': the host has no memory for a snapshot of it", path);
}

static void set_functions(struct block_file *file, const struct block_file_options *options)
{
    const struct intact_block *image = &file->image.block;
    file->block.size = image->size;
    file->block.readonly = options->readonly;
    file->block.owner = file;
    file->block.read = options->snapshot ? snapshot_read : plain_read;
    file->block.write = options->snapshot ? snapshot_write : plain_write;
    file->block.flush = image->flush && !options->snapshot ? plain_flush : NULL;
    file->block.zero = image->zero && !options->snapshot ? plain_zero : NULL;
    if (options->discard)
        file->block.discard = options->snapshot ? snapshot_discard : image->discard ? plain_discard : NULL;
}

int block_file_open(struct block_file *file, const struct block_file_options *options, struct error *error)
{
    memset(file, 0, sizeof *file);
    file->snapshot = options->snapshot;
    const struct disk_options image = { .path = options->path,
                                        .format = options->format,
                                        .lock = options->lock,
                                        .writable = !options->readonly && !options->snapshot,
                                        .size = options->size };
    int result = disk_image_open(&file->image, &image, error);
    if (result == 0 && options->snapshot)
        result = make_places(file, options->path, error);
    if (result < 0) {
        block_file_close(file);
        return result;
    }
    file->probed = options->format == INTACT_DRIVE_PROBE && !file->image.qcow2;
    set_functions(file, options);
    return 0;
}

void block_file_close(struct block_file *file)
{
    disk_image_close(&file->image);
    for (uint32_t i = 0; file->place && i < parts(file); i++)
        free(file->place[i]);
    free(file->cluster);
    free(file->data);
    free(file->place);
    memset(file, 0, sizeof *file);
}

// --- State -----------------------------------------------------------------------------------------------------------

// Which cluster is where. A cluster beyond the disk, or one that appears twice, makes the snapshot invalid.
void block_file_loaded(struct block_file *file)
{
    if (!file->snapshot)
        return;
    file->storage.used = (uint64_t)file->count * CLUSTER;
    for (uint32_t i = 0; i < parts(file); i++)
        if (file->place[i])
            memset(file->place[i], 0, PART * sizeof **file->place);
    file->failed = file->refused;
    file->refused = false;
    for (uint32_t i = 0; i < file->count; i++) {
        uint32_t *place = file->cluster[i] < file->place_count ? part_of(file, file->cluster[i]) : NULL;
        if (!place || *place) {
            file->failed = true;
            return;
        }
        *place = i + 1;
    }
}

// The count is loaded first, and makes the room for what follows.
void block_file_visit(struct block_file *file, struct visit *v)
{
    if (!file->snapshot || v->no_storage)
        return;
    VISIT_BELOW(v, file->count, (uint64_t)file->place_count + 1);
    if (file->count > file->place_count || (file->count > file->capacity && grow(file, file->count) < 0)) {
        file->count = 0;
        file->failed = file->refused = true;
        return;
    }
    VISIT_VARIABLE(v, file->cluster, file->count);
    for (uint32_t i = 0; v->below && i < file->count; i++)
        visit_below(v, "cluster", file->cluster[i], file->place_count);
    if (v->storage)
        v->storage(v, &file->storage);
    else
        VISIT_VARIABLE(v, file->data, (size_t)file->count * CLUSTER);
}
