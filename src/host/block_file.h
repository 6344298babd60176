// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A disk in an image, or on top of one: with `snapshot`, what the guest writes is kept in memory and the file is not
// changed.
//
//     snapshot:   write ──> clusters in memory, in the order of their first write
//                 read  ──> the cluster where there is one, else the image
#ifndef HOST_BLOCK_FILE_H
#define HOST_BLOCK_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/backend.h>

#include "base/error.h"
#include "base/storage.h"
#include "base/visit.h"
#include "host/disk_image.h"

#define BLOCK_FILE_CLUSTER 4096u

struct block_file_options {
    const char *path;
    enum intact_drive_format format;
    bool readonly; // for the guest
    bool snapshot;
    bool discard; // what the guest discards reads as zeroes
    enum disk_lock lock;
    uint64_t size; // INTACT_DRIVE_NULL
};

struct block_file {
    struct intact_block block; // for the device
    struct disk_image image;
    bool snapshot, probed; // `probed`: it was found to be raw
    // The clusters of a snapshot. `place` has, for each cluster of the disk, 1 + its index here, or 0: in the image. Its parts
    // are there from the first cluster on that they have.
    uint32_t count, capacity;
    uint32_t *cluster; // which cluster of the disk each one is
    uint8_t *data;
    struct storage storage; // `data`
    uint32_t **place;
    uint32_t place_count;
    bool failed;  // a load failed (no memory, or invalid data): every access fails
    bool refused; // while it is being loaded: the count was impossible
};

// Opens the disk. A negative errno, and a line in `error` that begins with the path.
int block_file_open(struct block_file *file, const struct block_file_options *options, struct error *error);
// A zeroed or closed one may be closed too.
void block_file_close(struct block_file *file);

// What a snapshot has in memory. The file itself is not part of the state.
void block_file_visit(struct block_file *file, struct visit *v);
void block_file_loaded(struct block_file *file);

#endif
