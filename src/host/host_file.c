// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See host_file.h.
//
// Not modelled: direct I/O; reads and writes go through the host's cache.
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1 // fallocate
#endif
#include "host/host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int host_file_open(struct host_file *file, const char *path, bool writable, struct error *error)
{
    struct stat status;
    *file = (struct host_file){ .ends = true };
    file->descriptor = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    file->opened = file->descriptor >= 0;
    if (!file->opened && writable && (errno == EACCES || errno == EROFS))
        return error_set(error, -errno, "'%.200s': it cannot be written; give readonly=on or snapshot=on", path);
    if (!file->opened)
        return error_set(error, -errno, "cannot open '%.200s': %s", path, strerror(errno));
    if (fstat(file->descriptor, &status) < 0 || !(S_ISREG(status.st_mode) || S_ISBLK(status.st_mode))) {
        host_file_close(file);
        return error_set(error, -EINVAL, "'%.200s' is neither a file nor a block device", path);
    }
    file->device = (uint64_t)status.st_dev;
    file->inode = (uint64_t)status.st_ino;
    return 0;
}

void host_file_close(struct host_file *file)
{
    if (file->opened)
        close(file->descriptor);
    *file = (struct host_file){ 0 };
}

int host_file_size(const struct host_file *file, uint64_t *size)
{
    off_t end = lseek(file->descriptor, 0, SEEK_END);
    *size = end < 0 ? 0 : (uint64_t)end;
    return end < 0 ? -errno : 0;
}

int host_file_read(const struct host_file *file, uint64_t offset, void *data, size_t size)
{
    uint8_t *bytes = data;
    bool any = false;
    while (size) {
        ssize_t done = pread(file->descriptor, bytes, size, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0 && any && !file->ends) {
            memset(bytes, 0, size);
            return 0;
        }
        if (done <= 0)
            return done < 0 ? -errno : -EIO; // the file has become shorter
        any = true;
        bytes += done;
        offset += (uint64_t)done;
        size -= (size_t)done;
    }
    return 0;
}

int host_file_write(const struct host_file *file, uint64_t offset, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    while (size) {
        ssize_t done = pwrite(file->descriptor, bytes, size, (off_t)offset);
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

int host_file_sync(const struct host_file *file)
{
    return sync_data(file->descriptor) < 0 && errno != EINVAL ? -errno : 0; // EINVAL: such a file needs none
}

#if defined(__linux__) && defined(FALLOC_FL_PUNCH_HOLE)
static bool punch(const struct host_file *file, uint64_t offset, uint64_t size)
{
    return fallocate(file->descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)size) == 0;
}
#else
static bool punch(const struct host_file *file, uint64_t offset, uint64_t size)
{
    (void)file, (void)offset, (void)size;
    return false;
}
#endif

int host_file_zero(const struct host_file *file, uint64_t offset, uint64_t size, bool release)
{
    static const uint8_t zeroes[65536];
    int result = 0;
    if (release && punch(file, offset, size))
        return 0;
    while (size && result == 0) {
        size_t piece = size < sizeof zeroes ? (size_t)size : sizeof zeroes;
        result = host_file_write(file, offset, zeroes, piece);
        offset += piece;
        size -= piece;
    }
    return result;
}
