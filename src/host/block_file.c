// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Raw files as disks. A file that ends earlier than it did when it was opened is an I/O error, and so is a full host disk:
// the guest sees both, and the machine goes on.
//
// Not modelled: image formats other than raw, locks against other processes, direct I/O.
//
// Path: the host / devices/virtio/virtio_blk.c
#include "host/block_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"

enum { CLUSTER = BLOCK_FILE_CLUSTER };

_Static_assert(BLOCK_FILE_CLUSTER == RAM_PAGE, "a cluster is a page of the storage");

// --- The file --------------------------------------------------------------------------------------------------------

static int file_read(const struct block_file *file, uint64_t offset, uint8_t *data, size_t size)
{
    while (size) {
        ssize_t done = pread(file->file, data, size, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done < 0 ? -errno : -EIO; // the file has become shorter
        data += done;
        offset += (uint64_t)done;
        size -= (size_t)done;
    }
    return 0;
}

static int plain_read(void *owner, uint64_t offset, void *data, size_t size)
{
    return file_read(owner, offset, data, size);
}

static int plain_write(void *owner, uint64_t offset, const void *data, size_t size)
{
    const struct block_file *file = owner;
    const uint8_t *bytes = data;
    while (size) {
        ssize_t done = pwrite(file->file, bytes, size, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done < 0 ? -errno : -ENOSPC;
        bytes += done;
        offset += (uint64_t)done;
        size -= (size_t)done;
    }
    return 0;
}

#ifdef __APPLE__ // which declares no fdatasync
static int sync_data(int file)
{
    return fsync(file);
}
#else
static int sync_data(int file)
{
    return fdatasync(file);
}
#endif

static int plain_flush(void *owner)
{
    const struct block_file *file = owner;
    return sync_data(file->file) < 0 && errno != EINVAL ? -errno : 0; // EINVAL: such a file needs none
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

// The cluster in memory, filled from the file if it was not there and `whole` does not say that it will be overwritten.
static int own_cluster(struct block_file *file, uint32_t cluster, bool whole, uint8_t **data)
{
    int result = 0;
    if (!file->place[cluster]) {
        if (file->count == file->capacity)
            result = grow(file, file->capacity ? 2 * file->capacity : 64);
        if (result < 0)
            return result;
        uint8_t *fresh = file->data + (size_t)file->count * CLUSTER;
        memset(fresh, 0, CLUSTER);
        if (!whole)
            result = file_read(file, (uint64_t)cluster * CLUSTER, fresh, cluster_size(file, cluster));
        if (result < 0)
            return result;
        file->cluster[file->count] = cluster;
        file->place[cluster] = ++file->count;
        file->storage.used = (uint64_t)file->count * CLUSTER;
        storage_written(&file->storage, file->storage.used - CLUSTER, CLUSTER);
    }
    *data = file->data + (size_t)(file->place[cluster] - 1) * CLUSTER;
    return 0;
}

static int snapshot_read(void *owner, uint64_t offset, void *data, size_t size)
{
    struct block_file *file = owner;
    uint8_t *out = data;
    while (size && !file->failed) {
        uint32_t cluster = (uint32_t)(offset / CLUSTER), at = (uint32_t)(offset % CLUSTER),
                 place = file->place[cluster];
        size_t piece = CLUSTER - at < size ? CLUSTER - at : size;
        int result = 0;
        if (place)
            memcpy(out, file->data + (size_t)(place - 1) * CLUSTER + at, piece);
        else
            result = file_read(file, offset, out, piece);
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

// --- Life ------------------------------------------------------------------------------------------------------------

static int open_file(struct block_file *file, const char *path, bool writable, struct error *error)
{
    struct stat status;
    file->file = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    file->opened = file->file >= 0;
    if (!file->opened && writable && (errno == EACCES || errno == EROFS))
        return error_set(error, -errno, "'%.200s': it cannot be written; give readonly=on or snapshot=on", path);
    if (!file->opened)
        return error_set(error, -errno, "cannot open '%.200s': %s", path, strerror(errno));
    if (fstat(file->file, &status) < 0 || !(S_ISREG(status.st_mode) || S_ISBLK(status.st_mode)))
        return error_set(error, -EINVAL, "'%.200s' is neither a file nor a block device", path);
    off_t size = lseek(file->file, 0, SEEK_END);
    if (size <= 0)
        return error_set(error, -EINVAL, "'%.200s' is empty; make it as long as the disk is to be", path);
    if (size % INTACT_BLOCK_SECTOR)
        return error_set(error, -EINVAL, "'%.200s' has %llu bytes, and a disk has whole sectors of %u", path,
                         (unsigned long long)size, INTACT_BLOCK_SECTOR);
    file->block.size = (uint64_t)size;
    return 0;
}

static int make_places(struct block_file *file, const char *path, struct error *error)
{
    uint64_t clusters = (file->block.size + CLUSTER - 1) / CLUSTER;
    if (clusters < UINT32_MAX)
        file->place = calloc((size_t)clusters, sizeof *file->place);
    if (!file->place)
        return error_set(error, -ENOMEM, "'%.200s': the host has no memory for a snapshot of it", path);
    file->place_count = (uint32_t)clusters;
    file->storage.limit = clusters * CLUSTER;
    return 0;
}

int block_file_open(struct block_file *file, const char *path, bool readonly, bool snapshot, struct error *error)
{
    memset(file, 0, sizeof *file);
    file->snapshot = snapshot;
    int result = open_file(file, path, !readonly && !snapshot, error);
    if (result == 0 && snapshot)
        result = make_places(file, path, error);
    if (result < 0) {
        block_file_close(file);
        return result;
    }
    file->block.readonly = readonly;
    file->block.owner = file;
    file->block.read = snapshot ? snapshot_read : plain_read;
    file->block.write = snapshot ? snapshot_write : plain_write;
    file->block.flush = snapshot ? NULL : plain_flush;
    return 0;
}

void block_file_close(struct block_file *file)
{
    if (file->opened)
        close(file->file);
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
    memset(file->place, 0, file->place_count * sizeof *file->place);
    file->failed = file->refused;
    file->refused = false;
    for (uint32_t i = 0; i < file->count; i++) {
        if (file->cluster[i] >= file->place_count || file->place[file->cluster[i]]) {
            file->failed = true;
            return;
        }
        file->place[file->cluster[i]] = i + 1;
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
