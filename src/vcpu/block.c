// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The cache of translated blocks: a hash by physical address and mode, a list of blocks for each page that holds code,
// and one arena for all of them. Blocks are described in block.h.
#include "vcpu/block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "vcpu/vcpu.h"

#define FIRST_BUCKET_BITS      12 // of the tables, before they grow
#define FIRST_PAGE_BUCKET_BITS 8
#define ARENA_LEAST            (UINT64_C(1) << 20)
#define ARENA_KEPT             (UINT64_C(64) << 20) // bytes in use from which on it is emptied if most of them are dead
#define NO_PAGE                UINT64_MAX

static size_t bucket_of(const struct blocks *blocks, uint64_t physical, uint32_t mode)
{
    uint64_t mixed = (physical ^ ((uint64_t)mode << 40)) * UINT64_C(0x9e3779b97f4a7c15);
    return mixed >> (64 - blocks->bucket_bits);
}

static size_t page_bucket_of(const struct blocks *blocks, uint64_t physical)
{
    return ((physical >> PAGE_BITS) * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - blocks->page_bits);
}

static size_t buckets(const struct blocks *blocks)
{
    return (size_t)1 << blocks->bucket_bits;
}

static size_t page_buckets(const struct blocks *blocks)
{
    return (size_t)1 << blocks->page_bits;
}

int blocks_init(struct blocks *blocks, size_t arena_bytes, struct vcpu *const *vcpus, const unsigned *count)
{
    memset(blocks, 0, sizeof *blocks);
    blocks->bucket_bits = FIRST_BUCKET_BITS;
    blocks->page_bits = FIRST_PAGE_BUCKET_BITS;
    blocks->buckets = calloc(buckets(blocks), sizeof(struct block *));
    blocks->pages = calloc(page_buckets(blocks), sizeof(struct code_page *));
    while (!(blocks->arena = malloc(arena_bytes)) && arena_bytes / 2 >= ARENA_LEAST)
        arena_bytes /= 2;
    blocks->size = arena_bytes;
    blocks->vcpus = vcpus;
    blocks->vcpu_count = count;
    if (blocks->buckets && blocks->pages && blocks->arena)
        return 0;
    blocks_free(blocks);
    return -ENOMEM;
}

void blocks_free(struct blocks *blocks)
{
    free(blocks->buckets);
    free(blocks->pages);
    free(blocks->arena);
    memset(blocks, 0, sizeof *blocks);
}

struct block *blocks_find(struct blocks *blocks, uint64_t physical, uint32_t mode)
{
    struct block *block = blocks->buckets[bucket_of(blocks, physical, mode)];
    while (block && (block->physical != physical || block->mode != mode))
        block = block->next_hash;
    return block;
}

static struct code_page *page_find(const struct blocks *blocks, uint64_t physical)
{
    struct code_page *page = blocks->pages[page_bucket_of(blocks, physical)];
    while (page && page->physical != (physical & PAGE_MASK))
        page = page->next_hash;
    return page;
}

bool blocks_in_page(const struct blocks *blocks, uint64_t physical)
{
    return page_find(blocks, physical) != NULL;
}

// --- adding ----------------------------------------------------------------------------------------------------------

static void *take(struct blocks *blocks, size_t bytes)
{
    void *memory = blocks->arena + blocks->used;
    blocks->used += align_up(bytes, 16);
    return memory;
}

static void forget_jumps(struct blocks *blocks)
{
    for (unsigned i = 0; i < *blocks->vcpu_count; i++) {
        memset(blocks->vcpus[i]->jumps, 0xff, JUMP_CACHE_ENTRIES * sizeof(struct jump_cache_entry));
        blocks->vcpus[i]->unresolved = NULL;
    }
}

void blocks_drop(struct blocks *blocks)
{
    memset(blocks->buckets, 0, buckets(blocks) * sizeof(struct block *));
    memset(blocks->pages, 0, page_buckets(blocks) * sizeof(struct code_page *));
    blocks->count = blocks->page_count = blocks->used = blocks->dead = 0;
    blocks->emptied++;
    forget_jumps(blocks);
    if (blocks->native.drop)
        blocks->native.drop(blocks->native.owner);
}

// From now on stores to this page take the slow path, in all vCPUs.
static void watch_page(struct blocks *blocks, uint64_t physical)
{
    for (unsigned i = 0; i < *blocks->vcpu_count; i++)
        tlb_track_code(blocks->vcpus[i], physical);
}

// The tables double where they have more in them than places. Without memory they stay as they are.
static void grow_pages(struct blocks *blocks)
{
    struct code_page **old = blocks->pages, **larger = calloc(2 * page_buckets(blocks), sizeof(struct code_page *));
    size_t count = page_buckets(blocks);
    if (!larger)
        return;
    blocks->pages = larger;
    blocks->page_bits++;
    for (size_t i = 0; i < count; i++)
        for (struct code_page *page = old[i], *next; page; page = next) {
            struct code_page **bucket = &larger[page_bucket_of(blocks, page->physical)];
            next = page->next_hash;
            page->next_hash = *bucket;
            *bucket = page;
        }
    free(old);
}

static void grow_buckets(struct blocks *blocks)
{
    struct block **old = blocks->buckets, **larger = calloc(2 * buckets(blocks), sizeof(struct block *));
    size_t count = buckets(blocks);
    if (!larger)
        return;
    blocks->buckets = larger;
    blocks->bucket_bits++;
    for (size_t i = 0; i < count; i++)
        for (struct block *block = old[i], *next; block; block = next) {
            struct block **bucket = &larger[bucket_of(blocks, block->physical, block->mode)];
            next = block->next_hash;
            block->next_hash = *bucket;
            *bucket = block;
        }
    free(old);
}

static struct code_page *page_get(struct blocks *blocks, uint64_t physical)
{
    struct code_page *page = page_find(blocks, physical);
    if (page)
        return page;
    if (++blocks->page_count > page_buckets(blocks))
        grow_pages(blocks);
    struct code_page **bucket = &blocks->pages[page_bucket_of(blocks, physical)];
    page = take(blocks, sizeof *page);
    *page = (struct code_page){ .physical = physical & PAGE_MASK, .next_hash = *bucket };
    *bucket = page;
    watch_page(blocks, page->physical);
    return page;
}

// The index of the link of a block for the list of this page.
static unsigned list_of(const struct block *block, const struct code_page *page)
{
    return (block->physical & PAGE_MASK) != page->physical;
}

// Of the 32 granules of a page those from `first` to `last`.
static inline uint32_t granule_bits(unsigned first, unsigned last)
{
    return UINT32_MAX >> (31 - last) & UINT32_MAX << first;
}

static uint32_t granule_mask(unsigned first_byte, unsigned last_byte)
{
    return granule_bits(first_byte >> CODE_GRANULE_BITS, last_byte >> CODE_GRANULE_BITS);
}

// The granules of `page` that the block covers; of both ends, where one frame is mapped twice in a row.
static uint32_t granules_of(const struct block *block, const struct code_page *page)
{
    unsigned offset = (unsigned)(block->physical & ~PAGE_MASK), last = offset + block->bytes - 1;
    unsigned end_of_page = (unsigned)PAGE_SIZE - 1;
    uint32_t granules = 0;
    if ((block->physical & PAGE_MASK) == page->physical)
        granules |= granule_mask(offset, last < end_of_page ? last : end_of_page);
    if (block->second == page->physical)
        granules |= granule_mask(0, last - (unsigned)PAGE_SIZE);
    return granules;
}

static void enter_page(struct blocks *blocks, struct block *block, uint64_t physical)
{
    struct code_page *page = page_get(blocks, physical);
    unsigned list = list_of(block, page);
    block->next_page[list] = page->first;
    page->first = block;
    page->granules |= granules_of(block, page);
}

static bool has_room(const struct blocks *blocks, size_t bytes)
{
    return blocks->size - blocks->used >= bytes;
}

struct block *blocks_add(struct blocks *blocks, const struct block *draft, const struct op *ops,
                         const uint16_t *offsets)
{
    size_t bytes = block_size(draft);
    if (!has_room(blocks, bytes + 2 * sizeof(struct code_page) + 64) ||
        (blocks->used > ARENA_KEPT && blocks->dead > blocks->used / 2))
        blocks_drop(blocks);
    struct block *block = take(blocks, bytes);
    *block = *draft;
    block->heat = blocks->native.threshold;
    block->native = blocks->native.absent;
    memcpy(block->ops, ops, draft->op_count * sizeof *ops);
    memcpy(block->ops + draft->op_count, offsets, (draft->count + 1u) * sizeof *offsets);
    if (++blocks->count > buckets(blocks))
        grow_buckets(blocks);
    struct block **bucket = &blocks->buckets[bucket_of(blocks, block->physical, block->mode)];
    block->next_hash = *bucket;
    *bucket = block;
    enter_page(blocks, block, block->physical & PAGE_MASK);
    if (block->second != NO_PAGE && block->second != (block->physical & PAGE_MASK))
        enter_page(blocks, block, block->second);
    blocks->translated++;
    return block;
}

// --- host code -------------------------------------------------------------------------------------------------------

void blocks_set_native(struct blocks *blocks, const struct native *native)
{
    blocks_drop(blocks);
    blocks->native = *native;
}

bool blocks_prepare_host(struct blocks *blocks, struct block *block)
{
    if (!block->host && has_room(blocks, sizeof *block->host + 64)) {
        block->host = take(blocks, sizeof *block->host);
        *block->host = (struct block_host){ .returns = 0 };
    }
    return block->host;
}

bool blocks_compile(struct blocks *blocks, struct vcpu *cpu, const struct op *head)
{
    const struct native *native = &blocks->native;
    return native->compile && native->compile(native->owner, cpu, (struct block *)(uintptr_t)block_of(head));
}

void blocks_forget_native(struct blocks *blocks)
{
    for (size_t bucket = 0; bucket < buckets(blocks); bucket++)
        for (struct block *block = blocks->buckets[bucket]; block; block = block->next_hash) {
            block->heat = blocks->native.threshold;
            block->native = blocks->native.absent;
            block->ops[0].code = OP_HEAD;
        }
}

void blocks_link(struct blocks *blocks, const struct block *block, const struct op *exit, const struct op *head)
{
    struct block *from = (struct block *)(uintptr_t)block;
    unsigned op = (unsigned)(exit - block->ops);
    from->ops[op].link = head;
    if (block->ops[0].code == OP_NATIVE && head->code == OP_NATIVE)
        blocks->native.link(blocks->native.owner, from, op - (block->op_count - block->exits), block_of(head));
}

enum {
    SHORT_OPS = 32, // a block that is interpreted rather
    RETURNS = 64,   // if it comes back so often
    WITHIN = 40000, // within so many instructions of its vCPU
};

// Its host code is not reached any more, from other blocks or from the jump caches.
static void demote(struct blocks *blocks, struct block *block)
{
    const struct code_page *page = page_find(blocks, block->physical);
    for (struct block *b = page->first; b; b = b->next_page[list_of(b, page)])
        for (unsigned i = b->op_count - b->exits; i < b->op_count; i++)
            if (b->ops[0].code == OP_NATIVE && (b == block || b->ops[i].link == block->ops))
                blocks->native.unlink(blocks->native.owner, b, i - (b->op_count - b->exits));
    block->ops[0].code = OP_HEAD;
    block->heat = 0;
    block->native = blocks->native.absent;
}

void blocks_came_back(struct blocks *blocks, struct vcpu *cpu)
{
    struct block *block = (struct block *)(uintptr_t)cpu->block;
    struct block_host *host = block->host;
    if (block->op_count > SHORT_OPS || block->ops[0].code != OP_NATIVE || ++host->returns < RETURNS)
        return;
    uint64_t now = vcpu_executed(cpu);
    if (host->returns_since && now - host->returns_since < WITHIN)
        demote(blocks, block);
    host->returns = 0;
    host->returns_since = now;
}

// --- killing ---------------------------------------------------------------------------------------------------------

static void leave_hash(struct blocks *blocks, struct block *block)
{
    struct block **at = &blocks->buckets[bucket_of(blocks, block->physical, block->mode)];
    while (*at != block)
        at = &(*at)->next_hash;
    *at = block->next_hash;
    blocks->count--;
}

static void unlink_exit(struct blocks *blocks, struct block *block, unsigned op)
{
    block->ops[op].link = NULL;
    if (block->ops[0].code == OP_NATIVE)
        blocks->native.unlink(blocks->native.owner, block, op - (block->op_count - block->exits));
}

static void leave_page(struct blocks *blocks, struct block *block, uint64_t physical)
{
    struct code_page *page = page_find(blocks, physical);
    struct block **at = &page->first;
    uint32_t granules = 0;
    for (struct block *b; (b = *at);) {
        if (b == block) {
            *at = b->next_page[list_of(b, page)];
            continue;
        }
        granules |= granules_of(b, page);
        for (unsigned i = b->op_count - b->exits; i < b->op_count; i++)
            if (b->ops[i].link == block->ops)
                unlink_exit(blocks, b, i);
        at = &b->next_page[list_of(b, page)];
    }
    page->granules = granules;
}

void blocks_kill(struct blocks *blocks, struct block *block)
{
    leave_hash(blocks, block);
    leave_page(blocks, block, block->physical);
    if (block->second != NO_PAGE && block->second != (block->physical & PAGE_MASK))
        leave_page(blocks, block, block->second);
    // The memory stays until the arena is emptied: a vCPU may be inside, and jump caches may still point to the head.
    block->dead = true;
    block->ops[0].code = OP_DEAD;
    block->native = blocks->native.absent;
    for (unsigned i = block->op_count - block->exits; i < block->op_count; i++)
        block->ops[i].link = NULL;
    for (unsigned i = 0; i < *blocks->vcpu_count; i++)
        blocks->vcpus[i]->unresolved = NULL;
    blocks->invalidated++;
    blocks->dead += block_size(block);
}

// Does the block's code overlap [physical, end), which lies in `page`?
static bool overlaps(const struct block *block, const struct code_page *page, uint64_t physical, uint64_t end)
{
    uint64_t after = block->physical + block->bytes;
    if ((block->physical & PAGE_MASK) == page->physical && block->physical < end && physical < after)
        return true;
    return block->second == page->physical && (physical & ~PAGE_MASK) < (after & ~PAGE_MASK);
}

static NEVER_INLINE bool kill_written(struct blocks *blocks, const struct code_page *page, uint64_t physical,
                                      uint64_t end)
{
    bool any = false;
    for (struct block *block = page->first, *next; block; block = next) {
        next = block->next_page[list_of(block, page)];
        if (overlaps(block, page, physical, end)) {
            blocks_kill(blocks, block);
            any = true;
        }
    }
    return any;
}

static inline bool page_written(struct blocks *blocks, const struct code_page *page, uint64_t physical, uint64_t end)
{
    unsigned first = (unsigned)(physical & ~PAGE_MASK) >> CODE_GRANULE_BITS;
    unsigned last = (unsigned)((end - 1) & ~PAGE_MASK) >> CODE_GRANULE_BITS;
    return unlikely(page->granules & granule_bits(first, last)) && kill_written(blocks, page, physical, end);
}

// The pages with code in a range: if the range is larger than the table of such pages, the loop is over the table.
static bool range_written(struct blocks *blocks, uint64_t physical, uint64_t end)
{
    bool any = false;
    for (size_t bucket = 0; bucket < page_buckets(blocks); bucket++)
        for (struct code_page *page = blocks->pages[bucket]; page; page = page->next_hash) {
            uint64_t from = page->physical < physical ? physical : page->physical;
            uint64_t stop = page->physical + PAGE_SIZE < end ? page->physical + PAGE_SIZE : end;
            if (from < stop)
                any |= page_written(blocks, page, from, stop);
        }
    return any;
}

void blocks_forget_at(struct blocks *blocks, uint64_t offset)
{
    for (size_t bucket = 0; bucket < page_buckets(blocks); bucket++)
        for (struct code_page *page = blocks->pages[bucket]; page; page = page->next_hash)
            page_written(blocks, page, page->physical + offset, page->physical + offset + 1);
}

bool blocks_written(struct blocks *blocks, uint64_t physical, uint64_t size)
{
    bool any = false;
    if (likely(size <= PAGE_SIZE - (physical & ~PAGE_MASK))) { // most are stores
        struct code_page *page = page_find(blocks, physical);
        return page && page_written(blocks, page, physical, physical + size);
    }
    if (size >> PAGE_BITS >> blocks->page_bits)
        return range_written(blocks, physical, physical + size);
    for (uint64_t end = physical + size; physical < end;) {
        uint64_t stop = (physical & PAGE_MASK) + PAGE_SIZE;
        struct code_page *page = page_find(blocks, physical);
        if (page)
            any |= page_written(blocks, page, physical, stop < end ? stop : end);
        physical = stop;
    }
    return any;
}
