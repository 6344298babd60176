// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.2.4 (configuration structure), 5.2.6 (requests).
//
//     readable: type, reserved, sector | data of a write, or ranges      writable: data of a read | status
//
// These parts may be split over descriptors in any way (2.7.4.1: no assumption about framing). A request without its
// header or without room for a status cannot be answered: DEVICE_NEEDS_RESET. Everything else has a status.
//
// Without VIRTIO_BLK_F_FLUSH in the driver, writes are flushed before their request is answered (5.2.6.2).
//
// Not modelled: VIRTIO_BLK_T_GET_LIFETIME, SECURE_ERASE and zoned disks (answered with UNSUPP), CONFIG_WCE, geometry.
//
// Path: a backend (include/intact/backend.h) / virtio.c
#include "devices/virtio/virtio_blk.h"

#include <string.h>

#include "base/bits.h"

enum {
    F_SEG_MAX = 2,
    F_RO = 5,
    F_BLK_SIZE = 6,
    F_FLUSH = 9,
    F_MQ = 12,
    F_DISCARD = 13,
    F_WRITE_ZEROES = 14,
};
enum {
    CAPACITY = 0,
    SEG_MAX = 12,
    BLK_SIZE = 20,
    NUM_QUEUES = 34,
    MAX_DISCARD_SECTORS = 36,
    MAX_DISCARD_SEG = 40,
    DISCARD_ALIGNMENT = 44,
    MAX_ZEROES_SECTORS = 48,
    MAX_ZEROES_SEG = 52,
    ZEROES_MAY_UNMAP = 56,
    CONFIG_SIZE = 60,
};
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_WRITE_ZEROES = 13 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2 };
enum { SECTOR = INTACT_BLOCK_SECTOR, HEADER = 16, RANGE = 16, RANGE_UNMAP = 1 };

enum {
    PIECE = 65536,           // bytes that are copied at a time
    MOST_RANGES = 16,        // of one DISCARD or WRITE_ZEROES
    MOST_SECTORS = 1u << 15, // of one range
    MOST_DATA = 64u << 20,   // bytes of one request: a limit for hostile guests, far beyond that of any driver
};

// A request.
struct request {
    struct virtio_blk *blk;
    unsigned queue;
    const struct virtqueue_chain *chain;
    uint32_t type;
    uint64_t sector;
    uint64_t out_size, in_size; // bytes of data after the header, and before the status
    uint64_t written;
};

// --- Data -----------------------------------------------------------------------------------------------------------

static bool in_disk(const struct virtio_blk *blk, uint64_t sector, uint64_t bytes)
{
    uint64_t sectors = blk->block->size / SECTOR;
    return sector <= sectors && bytes / SECTOR <= sectors - sector;
}

static bool acceptable(const struct request *request, uint64_t size)
{
    return size % SECTOR == 0 && size <= MOST_DATA && in_disk(request->blk, request->sector, size);
}

// The status for a backend's result.
static int status_of(int result)
{
    return result < 0 ? S_IOERR : S_OK;
}

static int read_sectors(struct request *request)
{
    struct virtio_blk *blk = request->blk;
    uint64_t offset = request->sector * SECTOR;
    uint8_t piece[PIECE];
    if (!acceptable(request, request->in_size))
        return S_IOERR;
    while (request->written < request->in_size) {
        uint64_t left = request->in_size - request->written;
        size_t size = left < PIECE ? (size_t)left : PIECE;
        if (blk->block->read(blk->block->owner, offset + request->written, piece, size) < 0)
            return S_IOERR;
        if (!virtio_write(&blk->virtio, request->queue, request->chain, request->written, piece, size))
            return S_IOERR;
        request->written += size;
    }
    return S_OK;
}

static int flush(struct virtio_blk *blk)
{
    return blk->block->flush ? status_of(blk->block->flush(blk->block->owner)) : S_OK;
}

// 5.2.6.2: without FLUSH the driver relies on a write-through cache.
static int settle(struct virtio_blk *blk)
{
    return virtio_has(&blk->virtio, F_FLUSH) ? S_OK : flush(blk);
}

static int write_sectors(struct request *request)
{
    struct virtio_blk *blk = request->blk;
    uint8_t piece[PIECE];
    if (blk->block->readonly || !acceptable(request, request->out_size))
        return S_IOERR;
    for (uint64_t done = 0; done < request->out_size;) {
        uint64_t left = request->out_size - done;
        size_t size = left < PIECE ? (size_t)left : PIECE;
        if (!virtio_read(&blk->virtio, request->queue, request->chain, HEADER + done, piece, size))
            return S_IOERR;
        if (blk->block->write(blk->block->owner, request->sector * SECTOR + done, piece, size) < 0)
            return S_IOERR;
        done += size;
    }
    return settle(blk);
}

static int get_id(struct request *request)
{
    struct virtio_blk *blk = request->blk;
    size_t size = request->in_size < VIRTIO_BLK_ID_SIZE ? (size_t)request->in_size : VIRTIO_BLK_ID_SIZE;
    if (!virtio_write(&blk->virtio, request->queue, request->chain, 0, blk->serial, size))
        return S_IOERR;
    request->written = size;
    return S_OK;
}

// --- Ranges ---------------------------------------------------------------------------------------------------------

struct range {
    uint64_t sector;
    uint32_t sectors, flags;
};

static int zero_range(const struct virtio_blk *blk, const struct range *range)
{
    static const uint8_t zeroes[PIECE];
    uint64_t offset = range->sector * SECTOR, end = offset + (uint64_t)range->sectors * SECTOR;
    if (blk->block->zero)
        return status_of(blk->block->zero(blk->block->owner, offset, end - offset, range->flags & RANGE_UNMAP));
    while (offset < end) {
        size_t size = end - offset < PIECE ? (size_t)(end - offset) : PIECE;
        if (blk->block->write(blk->block->owner, offset, zeroes, size) < 0)
            return S_IOERR;
        offset += size;
    }
    return S_OK;
}

static int discard_range(const struct virtio_blk *blk, const struct range *range)
{
    if (!blk->block->discard)
        return S_OK;
    return status_of(blk->block->discard(blk->block->owner, range->sector * SECTOR, (uint64_t)range->sectors * SECTOR));
}

// 5.2.6.2: DISCARD has no flag, WRITE_ZEROES only "unmap", which permits but does not require it.
static int check_range(const struct request *request, const struct range *range)
{
    uint32_t known = request->type == T_WRITE_ZEROES ? RANGE_UNMAP : 0;
    if (range->flags & ~known)
        return S_UNSUPP;
    bool there = in_disk(request->blk, range->sector, (uint64_t)range->sectors * SECTOR);
    return range->sectors <= MOST_SECTORS && there ? S_OK : S_IOERR;
}

static int change_ranges(struct request *request)
{
    struct virtio_blk *blk = request->blk;
    if (blk->block->readonly || request->out_size == 0 || request->out_size % RANGE ||
        request->out_size > RANGE * MOST_RANGES)
        return S_IOERR;
    for (uint64_t at = 0; at < request->out_size; at += RANGE) {
        uint8_t bytes[RANGE];
        if (!virtio_read(&blk->virtio, request->queue, request->chain, HEADER + at, bytes, RANGE))
            return S_IOERR;
        const struct range range = { .sector = bytes_get(bytes, 8),
                                     .sectors = (uint32_t)bytes_get(bytes + 8, 4),
                                     .flags = (uint32_t)bytes_get(bytes + 12, 4) };
        int status = check_range(request, &range);
        if (status == S_OK)
            status = request->type == T_DISCARD ? discard_range(blk, &range) : zero_range(blk, &range);
        if (status != S_OK)
            return status;
    }
    return settle(blk);
}

// --- Requests -------------------------------------------------------------------------------------------------------

static int perform(struct request *request)
{
    switch (request->type) {
    case T_IN: return read_sectors(request);
    case T_OUT: return write_sectors(request);
    case T_FLUSH: return flush(request->blk);
    case T_GET_ID: return get_id(request);
    case T_DISCARD:
    case T_WRITE_ZEROES: return change_ranges(request);
    default: return S_UNSUPP;
    }
}

static uint32_t handle(void *owner, unsigned queue, const struct virtqueue_chain *chain)
{
    struct virtio_blk *blk = owner;
    uint8_t header[HEADER];
    if (chain->readable_size < HEADER || chain->writable_size < 1) {
        virtio_bad_request(&blk->virtio);
        return 0;
    }
    if (!virtio_read(&blk->virtio, queue, chain, 0, header, HEADER))
        return 0;
    struct request request = { .blk = blk,
                               .queue = queue,
                               .chain = chain,
                               .type = (uint32_t)bytes_get(header, 4),
                               .sector = bytes_get(header + 8, 8),
                               .out_size = chain->readable_size - HEADER,
                               .in_size = chain->writable_size - 1 };
    uint8_t status = (uint8_t)perform(&request);
    if (blk->virtio.status & VIRTIO_STATUS_NEEDS_RESET)
        return 0;
    blk->failed += status != S_OK;
    virtio_write(&blk->virtio, queue, chain, request.in_size, &status, 1);
    return (uint32_t)request.written + 1;
}

static void notified(void *owner, unsigned queue, uint64_t now)
{
    struct virtio_blk *blk = owner;
    (void)now;
    virtio_drain(&blk->virtio, queue, handle);
}

// --- Life -----------------------------------------------------------------------------------------------------------

static const struct virtio_type type = { .name = "virtio-blk", .id = 2, .notified = notified };

static void set_limits(struct virtio *virtio, const struct virtio_blk_config *config)
{
    virtio_config_set(virtio, CAPACITY, 8, config->block->size / SECTOR);
    virtio_config_set(virtio, SEG_MAX, 4, config->queue_size - 2); // without header and status
    virtio_config_set(virtio, BLK_SIZE, 4, config->block_size);
    virtio_config_set(virtio, NUM_QUEUES, 2, config->queues);
    virtio_config_set(virtio, MAX_DISCARD_SECTORS, 4, MOST_SECTORS);
    virtio_config_set(virtio, MAX_DISCARD_SEG, 4, MOST_RANGES);
    virtio_config_set(virtio, DISCARD_ALIGNMENT, 4, config->block_size / SECTOR);
    virtio_config_set(virtio, MAX_ZEROES_SECTORS, 4, MOST_SECTORS);
    virtio_config_set(virtio, MAX_ZEROES_SEG, 4, MOST_RANGES);
    virtio_config_set(virtio, ZEROES_MAY_UNMAP, 1, 1);
}

void virtio_blk_init(struct virtio_blk *blk, const struct virtio_blk_config *config)
{
    uint64_t features = BIT64(F_SEG_MAX) | BIT64(F_BLK_SIZE) | BIT64(F_FLUSH);
    features |= config->block->readonly ? BIT64(F_RO) : BIT64(F_DISCARD) | BIT64(F_WRITE_ZEROES);
    if (config->queues > 1)
        features |= BIT64(F_MQ);
    memset(blk, 0, sizeof *blk);
    virtio_init(&blk->virtio, &type, blk, features, CONFIG_SIZE);
    set_limits(&blk->virtio, config);
    for (unsigned i = 0; i < config->queues; i++)
        virtio_add_queue(&blk->virtio, config->queue_size);
    blk->block = config->block;
    if (config->serial)
        memcpy(blk->serial, config->serial, strnlen(config->serial, sizeof blk->serial));
}

void virtio_blk_visit(struct virtio_blk *blk, struct visit *v)
{
    virtio_visit(&blk->virtio, v);
    VISIT(v, blk->failed);
}
