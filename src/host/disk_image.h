// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An image of a disk in a file, in one of several formats, with the backing files that it names.
#ifndef HOST_DISK_IMAGE_H
#define HOST_DISK_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/backend.h>
#include <intact/machine.h>

#include "base/error.h"
#include "host/host_file.h"
#include "host/qcow2.h"

struct disk_image {
    struct intact_block block; // the disk
    struct host_file file;
    struct qcow2 *qcow2;        // NULL: raw
    struct disk_image *backing; // NULL: none
};

enum disk_lock {
    DISK_LOCK_ALONE,
    DISK_LOCK_SHARED,
    DISK_LOCK_NONE
}; // who may write besides: nobody, others; not locked

// How an image is opened.
struct disk_options {
    const char *path;
    enum intact_drive_format format;
    enum disk_lock lock;
    bool writable;
    uint64_t size; // INTACT_DRIVE_NULL
};

// Opens the image. `format` INTACT_DRIVE_PROBE: qcow2 if the file begins as one, else raw. A negative errno, and a line in
// `error` that begins with the path. `block` has no discard and zero if the file is not
// `writable`.
int disk_image_open(struct disk_image *image, const struct disk_options *options, struct error *error);
// The backing file that the image at `path` names, in memory for free(); NULL: none. *format is that of the image, and then of the
// backing file. A negative errno, and a line in `error`.
int disk_image_backing(const char *path, enum intact_drive_format *format, char **backing, struct error *error);
// A zeroed or closed one may be closed too.
void disk_image_close(struct disk_image *image);

#endif
