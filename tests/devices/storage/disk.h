// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A disk in memory, for tests of controllers: sector n is filled with bytes of n.
#ifndef TESTS_DEVICES_STORAGE_DISK_H
#define TESTS_DEVICES_STORAGE_DISK_H

#include <errno.h>
#include <string.h>

#include "intact/backend.h"

enum { DISK_SECTORS = 2048 };

struct disk {
    struct intact_block block;
    uint8_t bytes[DISK_SECTORS * INTACT_BLOCK_SECTOR];
    unsigned reads, writes, flushes;
    bool fails;
};

static inline int disk_read(void *owner, uint64_t offset, void *data, size_t size)
{
    struct disk *disk = owner;
    disk->reads++;
    memcpy(data, disk->bytes + offset, size);
    return disk->fails ? -EIO : 0;
}

static inline int disk_write(void *owner, uint64_t offset, const void *data, size_t size)
{
    struct disk *disk = owner;
    disk->writes++;
    memcpy(disk->bytes + offset, data, size);
    return disk->fails ? -EIO : 0;
}

static inline int disk_flush(void *owner)
{
    struct disk *disk = owner;
    disk->flushes++;
    return disk->fails ? -EIO : 0;
}

static inline void disk_open(struct disk *disk)
{
    memset(disk, 0, sizeof *disk);
    disk->block = (struct intact_block){ sizeof disk->bytes, false, disk_read, disk_write, disk_flush, NULL, disk };
    for (unsigned i = 0; i < DISK_SECTORS; i++)
        memset(disk->bytes + i * INTACT_BLOCK_SECTOR, (int)i, INTACT_BLOCK_SECTOR);
}

#endif
