// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 5.5.
//
//     inflateq  page numbers: each page is zeroed
//     deflateq  page numbers: nothing is to be done
//     statsq    one buffer of the driver, which waits in the ring; giving it back asks for new statistics
//
// Path: page numbers / virtio.c
#include "devices/virtio/virtio_balloon.h"

#include "base/bits.h"

enum { INFLATE, DEFLATE, STATS }; // queues, 5.5.2
enum { QUEUE_SIZE = 128, PAGE = 4096, PFN = 4, STAT = 10, PIECE = 256 };
enum { NUM_PAGES = 0, ACTUAL = 4, CONFIG_SIZE = 8 }; // 5.5.4
#define STATS_VQ BIT64(1)                            // VIRTIO_BALLOON_F_STATS_VQ, 5.5.3

// --- Pages -----------------------------------------------------------------------------------------------------------

// 5.5.6.2: the contents of a page that was given need not be kept. One that is not RAM is passed.
static void zero_page(struct virtio_balloon *balloon, uint32_t pfn)
{
    static const uint8_t zeroes[PAGE];
    const struct virtio_dma *dma = &balloon->virtio.transport.dma;
    dma->write(dma->owner, (uint64_t)pfn * PAGE, zeroes, PAGE);
}

static uint32_t inflate(void *owner, unsigned queue, const struct virtqueue_chain *chain)
{
    struct virtio_balloon *balloon = owner;
    uint64_t count = chain->readable_size / PFN;
    if (count > VIRTIO_BALLOON_PFNS_MAX) {
        virtio_bad_request(&balloon->virtio);
        return 0;
    }
    for (uint64_t done = 0; done < count; done += PIECE) {
        uint8_t piece[PIECE * PFN];
        unsigned some = count - done < PIECE ? (unsigned)(count - done) : PIECE;
        if (!virtio_read(&balloon->virtio, queue, chain, done * PFN, piece, (size_t)some * PFN))
            return 0;
        for (unsigned i = 0; i < some; i++)
            zero_page(balloon, (uint32_t)bytes_get(piece + (size_t)i * PFN, PFN));
    }
    return 0;
}

static uint32_t deflate(void *owner, unsigned queue, const struct virtqueue_chain *chain)
{
    (void)owner, (void)queue, (void)chain;
    return 0;
}

// --- Statistics ------------------------------------------------------------------------------------------------------

static void forget_stats(struct virtio_balloon *balloon)
{
    for (unsigned i = 0; i < VIRTIO_BALLOON_STATS; i++)
        balloon->stats[i] = VIRTIO_BALLOON_UNKNOWN;
}

static void read_stats(struct virtio_balloon *balloon, const struct virtqueue_chain *chain)
{
    enum { MOST = 64 }; // of one buffer
    uint64_t count = chain->readable_size / STAT;
    for (uint64_t i = 0; i < count && i < MOST; i++) {
        uint8_t stat[STAT];
        if (!virtio_read(&balloon->virtio, STATS, chain, i * STAT, stat, STAT))
            return;
        uint64_t tag = bytes_get(stat, 2);
        if (tag < VIRTIO_BALLOON_STATS)
            balloon->stats[tag] = bytes_get(stat + 2, 8);
    }
}

// The driver's buffer stays in the ring until the next poll.
static void take_stats(struct virtio_balloon *balloon)
{
    struct virtqueue_chain chain;
    if (!virtio_take(&balloon->virtio, STATS, &chain))
        return;
    read_stats(balloon, &chain);
    virtio_untake(&balloon->virtio, STATS, 1);
}

// 5.5.6.3: giving the buffer back asks the driver for another. The second call asks to be notified of that.
static void poll(void *owner, uint64_t now)
{
    struct virtio_balloon *balloon = owner;
    struct virtio *virtio = &balloon->virtio;
    struct virtqueue_chain chain;
    clock_arm(balloon->clock, &balloon->poll, now + balloon->interval);
    if (!virtio_take(virtio, STATS, &chain))
        return;
    virtio_give(virtio, STATS, &chain, 0);
    virtio_tell(virtio, STATS);
    if (virtio_take(virtio, STATS, &chain))
        virtio_untake(virtio, STATS, 1);
}

const char *virtio_balloon_stat(unsigned index)
{
    static const char *const names[VIRTIO_BALLOON_STATS] = {
        "swap-in",      "swap-out",         "major-faults", "minor-faults",     "free-memory",
        "total-memory", "available-memory", "disk-caches",  "htlb-allocations", "htlb-failures",
    };
    return names[index];
}

// --- The device ------------------------------------------------------------------------------------------------------

static void notified(void *owner, unsigned queue, uint64_t now)
{
    struct virtio_balloon *balloon = owner;
    (void)now;
    if (queue == STATS)
        take_stats(balloon);
    else
        virtio_drain(&balloon->virtio, queue, queue == INFLATE ? inflate : deflate);
}

static void reset(void *owner)
{
    struct virtio_balloon *balloon = owner;
    virtio_config_set(&balloon->virtio, ACTUAL, 4, 0);
    forget_stats(balloon);
}

static void config_written(void *owner, unsigned offset, unsigned size, uint64_t value)
{
    struct virtio_balloon *balloon = owner;
    if (offset >= ACTUAL)
        virtio_config_set(&balloon->virtio, offset, size, value);
}

static const struct virtio_type type = {
    .name = "virtio-balloon", .id = 5, .notified = notified, .reset = reset, .config_written = config_written
};

void virtio_balloon_init(struct virtio_balloon *balloon, struct clock *clock, uint64_t interval)
{
    virtio_init(&balloon->virtio, &type, balloon, STATS_VQ, CONFIG_SIZE);
    for (unsigned i = INFLATE; i <= STATS; i++)
        virtio_add_queue(&balloon->virtio, QUEUE_SIZE);
    forget_stats(balloon);
    balloon->clock = clock;
    balloon->interval = interval;
    clock_register(clock, &balloon->poll, "virtio-balloon", poll, balloon);
    balloon->poll.perpetual = true;
    if (interval)
        clock_arm(clock, &balloon->poll, clock->now + interval);
}

void virtio_balloon_set(struct virtio_balloon *balloon, uint32_t pages)
{
    virtio_config_change(&balloon->virtio, NUM_PAGES, 4, pages);
}

uint32_t virtio_balloon_actual(const struct virtio_balloon *balloon)
{
    return (uint32_t)bytes_get(balloon->virtio.config + ACTUAL, 4);
}

void virtio_balloon_visit(struct virtio_balloon *balloon, struct visit *v)
{
    virtio_visit(&balloon->virtio, v);
    VISIT_ARRAY(v, balloon->stats);
    VISIT_NESTED(v, "poll", event_visit(&balloon->poll, v));
}
