// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The cache of translated blocks, shared by all vCPUs of a machine.
//
// A block is a run of guest instructions inside one physical page, translated once for one mode (the bits of the
// guest's state that change the meaning of code). Its key is (physical address, mode): nothing in it depends on where
// the page is mapped, as every program counter in it is relative to its start. Blocks of one page are linked to each
// other directly by their exits; other jumps go through the vCPU's jump cache.
//
// Stores are checked against code at granules of CODE_GRANULE bytes, so that data near code stays fast. A block whose
// code is written is dead: its head becomes op code 0, on which every executor looks for the block again, and the links
// to it are removed.
//
// Memory. All is in one arena, which the host gives pages only as they are used. A block lies in it as
//
//   struct block | ops[op_count], the first is the head | offsets[count + 1] of its instructions, of 16 bits
//
// and is as long as its ops need. What only host code needs is a struct block_host beside it, made when it is first compiled.
// The tables of blocks and of pages grow with what is in them. The arena is emptied as a whole when it is full, or when most
// of it is dead. Nothing a guest can see depends on the size or the content of the cache.
#ifndef VCPU_BLOCK_H
#define VCPU_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vcpu/native.h"
#include "vcpu/op.h"

#define BLOCK_INSTRUCTIONS 64  // at most, in one block
#define BLOCK_OPS          512 // at most
#define CODE_GRANULE_BITS  7

// What host code has of its block; it stays with the block when the code is dropped.
struct block_host {
    const void *targets[2]; // where the exits lead that can be linked: host code of the next block, or a way out
    uint32_t exits[2];      // in the code, the jumps of these exits,
    uint32_t misses[2];     // and where they lead without a link
    uint64_t returns_since; // since vcpu_executed() was this,
    uint32_t returns;       // it has come back to the interpreter so often after an op
};

struct block {
    uint64_t physical;
    uint64_t second; // physical page of the rest of an instruction that crosses into another page, or UINT64_MAX
    uint32_t mode;
    uint16_t count; // instructions
    uint16_t bytes; // of guest code
    uint16_t op_count;
    uint8_t exits; // the number of exits with a link among the last ops, 0-2
    bool dead;
    uint32_t heat;              // runs until it is compiled; 0: never
    const void *native;         // its host code (native.h); else that which leads to the interpreter
    struct block_host *host;    // NULL: it was never compiled
    struct block *next_hash;    // same bucket
    struct block *next_page[2]; // next block of the (first, second) page
    struct op ops[];            // ops[0] is the head; the offsets follow the last one
};

// Of each instruction from the start, and of the end.
static inline const uint16_t *block_offsets(const struct block *block)
{
    return (const uint16_t *)(const void *)(block->ops + block->op_count);
}

// Bytes of all of it.
static inline size_t block_size(const struct block *block)
{
    return sizeof *block + block->op_count * sizeof(struct op) + (block->count + 1u) * sizeof(uint16_t);
}

static inline const struct block *block_of(const struct op *head)
{
    return (const struct block *)(const void *)((const char *)head - offsetof(struct block, ops));
}

// A run of the block begins: is it the one after which it gets host code?
static inline bool block_warms(const struct op *head)
{
    struct block *block = (struct block *)(uintptr_t)block_of(head);
    return --block->heat == 0;
}

struct code_page { // a physical page that holds translated code
    uint64_t physical;
    struct code_page *next_hash;
    struct block *first; // chained through next_page
    uint32_t granules;   // bit per granule that a block covers
};

struct vcpu;

struct blocks {
    struct block **buckets;
    struct code_page **pages;
    unsigned bucket_bits, page_bits; // log2 of the sizes of these tables
    size_t count, page_count;        // what is in them
    uint8_t *arena;
    size_t used, size, dead;   // bytes; of blocks that were killed
    struct vcpu *const *vcpus; // whose jump caches and TLBs must be updated
    const unsigned *vcpu_count;
    struct native native;                      // the code generator
    uint64_t translated, invalidated, emptied; // statistics
};

// The arena is smaller than `arena_bytes` where the host has not that much. `vcpus` and `count` may still grow. -ENOMEM.
int blocks_init(struct blocks *blocks, size_t arena_bytes, struct vcpu *const *vcpus, const unsigned *count);
void blocks_free(struct blocks *blocks);

struct block *blocks_find(struct blocks *blocks, uint64_t physical, uint32_t mode);

// Copies a finished block into the arena and enters it. May empty the cache first, so pointers to other blocks are not
// valid afterwards. Makes stores to its pages check the granules (TLB_CODE in every vCPU's TLB).
struct block *blocks_add(struct blocks *blocks, const struct block *draft, const struct op *ops,
                         const uint16_t *offsets);

// The code generator comes, or (with zeros) goes. Empties the cache.
void blocks_set_native(struct blocks *blocks, const struct native *native);
// Memory for what host code has of the block. False: there is none before the cache is emptied.
bool blocks_prepare_host(struct blocks *blocks, struct block *block);
// Gives the block at `head` host code. False: it stays as it is.
bool blocks_compile(struct blocks *blocks, struct vcpu *cpu, const struct op *head);
// The host code of the block that `cpu` was in came back with an op that ends it (OP_FINISH, OP_LEAVE). Where a short block does
// that all the time, coming and going costs more than host code saves: it is interpreted from now on.
void blocks_came_back(struct blocks *blocks, struct vcpu *cpu);
// All blocks are interpreted again.
void blocks_forget_native(struct blocks *blocks);

// Links an exit of `block` with the head of another: in the op, and in host code if both have it.
void blocks_link(struct blocks *blocks, const struct block *block, const struct op *exit, const struct op *head);

// Empties the cache.
void blocks_drop(struct blocks *blocks);

// Removes one block from the cache.
void blocks_kill(struct blocks *blocks, struct block *block);

// True if a store to this page must be checked.
bool blocks_in_page(const struct blocks *blocks, uint64_t physical);

// Removes the blocks with code at this offset within any page, 0 to PAGE_SIZE - 1.
void blocks_forget_at(struct blocks *blocks, uint64_t offset);

// Memory [physical, physical + size) has changed: removes the blocks in its granules. True if there were any.
bool blocks_written(struct blocks *blocks, uint64_t physical, uint64_t size);

#endif
