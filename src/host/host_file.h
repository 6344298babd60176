// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A regular file or block device of the host, with whole reads and writes at offsets.
#ifndef HOST_HOST_FILE_H
#define HOST_HOST_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct host_file {
    int descriptor; // while `opened`
    bool opened;
    bool
        ends; // host_file_read: what is beyond the file's end is an error; else it reads as zeroes, if any of it is within
    uint64_t device, inode; // which file it is
};

// A negative errno, and a line in `error` that begins with the path.
int host_file_open(struct host_file *file, const char *path, bool writable, struct error *error);
// A zeroed or closed one may be closed too.
void host_file_close(struct host_file *file);

// These return 0 or a negative errno.
int host_file_size(const struct host_file *file, uint64_t *size);
int host_file_read(const struct host_file *file, uint64_t offset, void *data, size_t size);
int host_file_write(const struct host_file *file, uint64_t offset, const void *data, size_t size);
// Brings what was written to the disk.
int host_file_sync(const struct host_file *file);
// The range reads as zeroes; `release` gives its room back to the host's file system, where that is possible.
int host_file_zero(const struct host_file *file, uint64_t offset, uint64_t size, bool release);

#endif
