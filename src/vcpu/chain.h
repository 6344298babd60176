// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// From one block to the next: through the link of an exit, the jump cache, or a search (block.h).
//
// The key of the jump cache is defined by the guest's architecture: program counter and mode in one number, different
// for different code.
#ifndef VCPU_CHAIN_H
#define VCPU_CHAIN_H

#include "base/bits.h"
#include "vcpu/block.h"
#include "vcpu/loop.h"
#include "vcpu/vcpu.h"

ALWAYS_INLINE struct jump_cache_entry *jump_slot(const struct vcpu *cpu, uint64_t key)
{
    return &cpu->jumps[(key ^ (key >> 9)) % JUMP_CACHE_ENTRIES];
}

// The head of the block for `key`, or NULL.
ALWAYS_INLINE const struct op *jump_cached(const struct vcpu *cpu, uint64_t key)
{
    const struct jump_cache_entry *entry = jump_slot(cpu, key);
    return likely(entry->key == key) ? entry->ops : NULL;
}

// Links `exit`, of the block that was left last, with the block at `head`.
static inline void chain_link(struct vcpu *cpu, const struct op *exit, const struct op *head)
{
    blocks_link(&cpu->loop->blocks, cpu->block, exit, head);
}

// The block after `exit`, when the program counter has been set; `key` is the new one. NULL: return to chain_run.
ALWAYS_INLINE const struct op *chain_follow(struct vcpu *cpu, const struct op *exit, uint64_t key)
{
    if (likely(exit->link))
        return exit->link;
    const struct op *next = jump_cached(cpu, key);
    if (!exit->d) // the target is in another page
        return next;
    if (!next)
        cpu->unresolved = exit;
    else if (next->code != OP_DEAD)
        chain_link(cpu, exit, next);
    return next;
}

// Runs the host code of the block at `head`, and of those after it.
ALWAYS_INLINE struct native_end native_run(struct vcpu *cpu, const struct op *head)
{
    return cpu->loop->blocks.native.enter(cpu, block_of(head)->native);
}

// Stores the block that was found: in the exit that led to it if that is in the same page, and in the jump cache.
static inline void chain_remember(struct vcpu *cpu, const struct op *exit, const struct block *block, uint64_t key)
{
    if (block->second != UINT64_MAX)
        return; // must be checked every time
    if (exit)
        chain_link(cpu, exit, block->ops);
    *jump_slot(cpu, key) = (struct jump_cache_entry){ .key = key, .ops = block->ops };
}

// Runs block after block until one is left for another reason than that its successor was not known. The functions of
// the guest's architecture are: the block at the program counter (NULL: a fault is recorded), its key, and the
// executor.
static inline enum op_out chain_run(struct vcpu *cpu, struct block *(*find)(struct vcpu *cpu),
                                    uint64_t (*key)(const struct vcpu *cpu),
                                    enum op_out (*execute)(struct vcpu *cpu, const struct op *head))
{
    const struct op *head = jump_cached(cpu, key(cpu)); // usually there after an interrupt or its return
    cpu->unresolved = NULL;
    for (;;) {
        if (!head || head->code == OP_DEAD) {
            struct block *block = find(cpu);
            const struct op *exit = cpu->unresolved; // blocks_add clears it when the cache is emptied
            cpu->unresolved = NULL;
            if (!block)
                return OP_FAULT;
            chain_remember(cpu, exit, block, key(cpu));
            head = block->ops;
        }
        enum op_out out = execute(cpu, head);
        if (out != OP_NEXT || !cpu->unresolved || cpu->left <= 0)
            return out;
        head = NULL;
    }
}

#endif
