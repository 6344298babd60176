// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the vCPUs of all architectures share: identity, pending word, run state, instruction budget, TLB and jump cache.
// The CPU of an architecture (struct x86_cpu) starts with it.
#ifndef VCPU_VCPU_H
#define VCPU_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu_port.h"
#include "base/visit.h"
#include "vcpu/block.h"
#include "vcpu/op.h"
#include "vcpu/tlb.h"

struct loop;

enum vcpu_state {
    VCPU_RUNNING,
    VCPU_HALTED,  // HLT, WFI: an interrupt wakes it
    VCPU_STOPPED, // before SIPI or CPU_ON; after a shutdown
};

// Why the executor should come back to the loop before its budget is used up.
enum {
    KICK_LOOK = BIT32(0), // check the pending word again
    KICK_STOP = BIT32(2), // the run ends; its slice goes on with the next run
    KICK_CUT = BIT32(1),  // end this slice: another CPU was woken, a deadline moved, the guest pauses or halts
};

#define JUMP_CACHE_ENTRIES 1024

struct jump_cache_entry {
    uint64_t key;         // program counter and mode (x86_jump_key, a64_jump_key)
    const struct op *ops; // head of the block
};

struct vcpu {
    uint32_t index;
    uint32_t pending;            // PENDING_ bits, written only by vcpu_signal
    uint32_t kick;               // KICK_ bits, cleared by the loop
    uint32_t state;              // enum vcpu_state
    int64_t left;                // instructions that this slice may still run; a block takes its count on entry
    uint64_t goal;               // instructions this CPU will have executed when `left` is 0
    const struct block *block;   // being executed
    const struct op *unresolved; // the exit through which it was left, if that can be linked to the next block
    const struct op *at;         // the op in a slow path, which gives the instruction of a device access and its time
    struct tlb_entry *data;      // the table of the current privilege, tlb->data[user]: see tlb.h
    uint64_t data_mask;          // its mask
    uint64_t faulted;            // vcpu_executed() at the last fault, UINT64_MAX before
    uint64_t stopped_after; // a debugger stopped before an instruction: vcpu_executed(), UINT64_MAX before the first;
    uint64_t stopped_at;    // and its address
    uint64_t port_page;     // physical page that the CPU port answers (xAPIC window), or UINT64_MAX
    struct loop *loop;
    struct tlb *tlb;
    struct jump_cache_entry *jumps;
};

// Empty caches; not in the loop yet (loop_add). -ENOMEM.
int vcpu_init(struct vcpu *cpu, struct loop *loop, uint32_t index);
void vcpu_free(struct vcpu *cpu);

// The common part of a CPU's list of state, and vcpu_loaded, which derives the rest after the state of the architecture
// was loaded.
void vcpu_visit(struct vcpu *cpu, struct visit *v);
void vcpu_loaded(struct vcpu *cpu);

// Changes a vCPU's run state and, once it is in the loop, the run queue with it (loop.c).
void vcpu_set_state(struct vcpu *cpu, enum vcpu_state state);

// Instructions this CPU had completed before the instruction of `cpu->at` (or at the block boundary if that is NULL).
// vcpu_now (loop.h) is the virtual time of the same point.
static inline uint64_t vcpu_executed(const struct vcpu *cpu)
{
    uint64_t boundary = cpu->goal - (uint64_t)cpu->left;
    return cpu->at ? boundary - cpu->block->count + cpu->at->n : boundary;
}

// After a fault was delivered. A second one without an instruction in between takes the time of an instruction, as does
// every one with `always`: otherwise a handler that faults at its first instruction would stop the clock, and no timer
// or limit could end the run.
void vcpu_charge_fault(struct vcpu *cpu, bool always);

// Reduces the budget to `count` instructions; pass the result to vcpu_give_back.
static inline int64_t vcpu_keep_back(struct vcpu *cpu, int64_t count)
{
    int64_t rest = cpu->left - count;
    cpu->left = count;
    cpu->goal -= (uint64_t)rest;
    return rest;
}

static inline void vcpu_give_back(struct vcpu *cpu, int64_t rest)
{
    cpu->goal += (uint64_t)rest;
    cpu->left += rest;
}

// --- guest memory ----------------------------------------------------------------------------------------------------

// Called at each change of the privilege.
static inline void tlb_select(struct vcpu *cpu, bool user)
{
    cpu->data = cpu->tlb->data[user].entries;
    cpu->data_mask = cpu->tlb->data[user].mask;
}

static inline struct tlb_upper *tlb_upper_place(const struct vcpu *cpu, uint64_t address)
{
    return &cpu->tlb->upper[(address >> TLB_UPPER_BITS) % TLB_UPPERS];
}

static inline struct tlb_entry *tlb_place(const struct vcpu *cpu, uint64_t address, bool user)
{
    return tlb_entry_of(cpu->tlb->data[user].entries, cpu->tlb->data[user].mask, address);
}

// Any size from 1 to 8 at any alignment, RAM or device, across pages; `user` chooses the privilege. False: the access
// faulted, the guest's walk has recorded the exception, and nothing was changed.
static inline bool tlb_load(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t *value)
{
    const struct tlb_entry *entry = tlb_place(cpu, address, user);
    if (unlikely(((address + size - 1) & PAGE_MASK) != entry->read))
        return tlb_load_slow(cpu, address, size, user, value);
    *value = bytes_get((const void *)((uintptr_t)address + entry->addend), size);
    return true;
}

static inline bool tlb_store(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t value)
{
    const struct tlb_entry *entry = tlb_place(cpu, address, user);
    if (unlikely(((address + size - 1) & PAGE_MASK) != entry->write))
        return tlb_store_slow(cpu, address, size, user, value);
    bytes_put((void *)((uintptr_t)address + entry->addend), size, value);
    return true;
}

// Host memory for [address, address + size), at most a page, if it is plain RAM for this access and in one page, otherwise
// NULL: for what is more than 8 bytes. Never faults; a miss is tried by a walk through tlb_probe first.
static inline void *tlb_host(const struct vcpu *cpu, uint64_t address, unsigned size, bool user, enum access access)
{
    const struct tlb_entry *entry = tlb_place(cpu, address, user);
    uint64_t tag = access == ACCESS_WRITE ? entry->write : entry->read;
    if (unlikely(((address + size - 1) & PAGE_MASK) != tag))
        return NULL;
    return (void *)((uintptr_t)address + entry->addend);
}

#endif
