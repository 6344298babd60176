// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What every vCPU has, whatever its guest: identity, pending word, run state, instruction budget, TLB and jump cache.
// A guest's CPU (struct x86_cpu) starts with it.
#ifndef VCPU_VCPU_H
#define VCPU_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu_port.h"
#include "vcpu/op.h"
#include "vcpu/tlb.h"

struct loop;
struct block;

enum vcpu_state {
    VCPU_RUNNING,
    VCPU_HALTED,  // HLT, WFI: an interrupt wakes it
    VCPU_STOPPED, // before SIPI or CPU_ON; after a shutdown
};

// Why the executor should come back to the loop before its budget is used up.
enum {
    KICK_LOOK = BIT32(0), // look at the pending word again
    KICK_STOP = BIT32(2), // the run ends; its slice goes on with the next run
    KICK_CUT = BIT32(1),  // end this slice: another CPU was woken, a deadline moved, the guest pauses or halts
};

#define JUMP_CACHE_ENTRIES 512

struct jump_cache_entry {
    uint64_t key;         // program counter and mode, see vcpu_key
    const struct op *ops; // head of the block
};

struct vcpu {
    uint32_t index;
    uint32_t pending;            // PENDING_ bits, written by vcpu_signal alone
    uint32_t kick;               // KICK_ bits, cleared by the loop
    uint32_t state;              // enum vcpu_state
    int64_t left;                // instructions that this slice may still run; a block takes its count on entry
    uint64_t goal;               // instructions this CPU will have executed when `left` is 0
    const struct block *block;   // being executed
    const struct op *unresolved; // the exit it was left by, if that can be linked to the next block
    const struct op *at;         // the op that is in a slow path: tells time and place of a device access
    struct tlb_entry *data;      // the table of the current privilege: tlb->data[user]
    uint64_t port_page;          // physical page that the CPU port answers (xAPIC window), or UINT64_MAX
    struct loop *loop;
    struct tlb *tlb;
    struct jump_cache_entry *jumps;
};

// Instructions this CPU had completed before the instruction of `cpu->at` (or at the block boundary if that is NULL).
uint64_t vcpu_executed(const struct vcpu *cpu);

// Virtual time, ns, of the same point.
uint64_t vcpu_now(struct vcpu *cpu);

// --- guest memory -----------------------------------------------------------------------------------------------------

// Any size from 1 to 8 at any alignment, RAM or device, across pages; `user` chooses the privilege. False: the access
// faulted, the guest's walk has recorded the exception, and nothing was changed.
static inline bool tlb_load(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t *value)
{
    const struct tlb_entry *entry = &cpu->tlb->data[user][(address >> PAGE_BITS) % TLB_ENTRIES];
    if (unlikely(((address + size - 1) & PAGE_MASK) != entry->read))
        return tlb_load_slow(cpu, address, size, user, value);
    *value = bytes_get((const void *)((uintptr_t)address + entry->addend), size);
    return true;
}

static inline bool tlb_store(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t value)
{
    const struct tlb_entry *entry = &cpu->tlb->data[user][(address >> PAGE_BITS) % TLB_ENTRIES];
    if (unlikely(((address + size - 1) & PAGE_MASK) != entry->write))
        return tlb_store_slow(cpu, address, size, user, value);
    bytes_put((void *)((uintptr_t)address + entry->addend), size, value);
    return true;
}

#endif
