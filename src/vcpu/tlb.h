// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The software TLB of one vCPU: guest virtual page to host memory, with one compare on the fast path.
//
// Direct mapped, one table per privilege, each with a size of its own. A tag is the page's address; its low bits are 0 only if accesses of that kind
// may go straight to host memory. Any other bit makes the compare fail, and the slow path finds the page without a walk:
//
//   TLB_IO     a device answers; the entry is in the table of such pages
//   TLB_CODE   the page holds translated code, so a store must look at the granule it hits
//   TLB_WATCH  a debugger in the guest watches a part of the page, so each access asks the guest's CPU (struct guest)
//   TLB_CLEAN  the page is not in the set of written pages yet (base/page_set.h), so the first store adds it
//
// The compare uses the address of the last byte, so an access that crosses into the next page fails it too.
//
// What the executors rely on, also as generated code. The table of the current privilege is at `cpu->data`. The entry of
// an address is (address >> (PAGE_BITS - TLB_ENTRY_BITS)) & cpu->data_mask bytes from there. A load of `size` bytes, 1 to
// 8, is plain if ((address + size - 1) & PAGE_MASK) equals the tag at offset 0, a store if it equals that at offset 8, a
// load of what is stored afterwards if both tags are equal; the memory is then at address plus the addend at offset 16.
// `data`, `data_mask` and all entries may change in each function of this file and in each change of the privilege, so in
// each op that is not plain: they are read again after it.
#ifndef VCPU_TLB_H
#define VCPU_TLB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"

#define PAGE_BITS 12
#define PAGE_SIZE (UINT64_C(1) << PAGE_BITS)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define TLB_ENTRIES      512 // per privilege
#define TLB_CODE_ENTRIES 256
#define TLB_IO_ENTRIES   16 // pages of devices, by themselves: they are far apart, and often at multiples of megabytes
#define TLB_IO           UINT64_C(1)
#define TLB_CODE         UINT64_C(2)
#define TLB_WATCH        UINT64_C(4)
#define TLB_CLEAN        UINT64_C(8)
#define TLB_NONE         UINT64_MAX

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXECUTE };

struct tlb_entry {
    uint64_t read, write; // tags
    uint64_t addend;      // host address minus guest virtual address; unused with TLB_IO
    uint64_t physical;    // page
};
#define TLB_ENTRY_BITS 5 // log2 of its size

struct tlb_table {
    struct tlb_entry *entries;
    uint64_t mask; // (number of entries, a power of two, less one) * sizeof(struct tlb_entry)
};

struct tlb_code_entry { // instruction fetch: asked once per block that the jump cache does not have
    uint64_t tag;       // virtual page | privilege
    uint64_t physical;  // page
};

struct tlb {
    struct tlb_table data[2]; // [user]
    struct tlb_entry io[2][TLB_IO_ENTRIES];
    struct tlb_code_entry code[TLB_CODE_ENTRIES];
};

// The result of a page walk (guest->walk).
struct tlb_page {
    uint64_t physical; // of the 4 KiB page
    bool read, write;  // later accesses of this kind need no walk (for write: the dirty flag is set already)
    bool watched;      // each access asks guest->watch; to change it, flush the page
};

static inline struct tlb_entry *tlb_entry_of(struct tlb_entry *entries, uint64_t mask, uint64_t address)
{
    return (struct tlb_entry *)(void *)((char *)entries + (address >> (PAGE_BITS - TLB_ENTRY_BITS) & mask));
}

struct vcpu;

// Empty tables for a vCPU. -ENOMEM.
int tlb_init(struct vcpu *cpu);
void tlb_free(struct vcpu *cpu);

// Empties only the jump cache: for a change of mode that is not in its keys.
void tlb_forget_jumps(struct vcpu *cpu);
// Drops all entries / one page, and empties the jump cache.
void tlb_flush(struct vcpu *cpu);
void tlb_flush_page(struct vcpu *cpu, uint64_t address);
// Drops the pages whose address equals `match` in the bits of `mask` (all of them above PAGE_BITS).
void tlb_flush_matching(struct vcpu *cpu, uint64_t mask, uint64_t match);

// The set of written pages was emptied: the next store to each page takes the slow path once, and adds it again.
void tlb_track_writes(struct vcpu *cpu);

// There is code in the page now: all stores to it take the slow path.
void tlb_track_code(struct vcpu *cpu, uint64_t physical);

// Sets or clears TLB_WATCH in all entries, which stay: `watched` says for a page (its address) what it is now.
void tlb_mark_watched(struct vcpu *cpu, bool (*watched)(struct vcpu *cpu, uint64_t page));

// The slow paths of tlb_load and tlb_store (vcpu.h): a miss, a device, a page with code, an access across pages.
bool tlb_load_slow(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t *value);
bool tlb_store_slow(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t value);

// Checks that `size` bytes (at most a page) can be accessed, as one would before the first of several stores.
bool tlb_probe(struct vcpu *cpu, uint64_t address, unsigned size, bool user, enum access access);

// Physical page for an instruction fetch. False: faulted.
bool tlb_fetch(struct vcpu *cpu, uint64_t address, bool user, uint64_t *physical);

// Host memory for [address, address + size) within one page if it is plain RAM for this access, otherwise NULL: for REP
// string operations and 16-byte accesses. Never faults; a miss is tried by a walk through tlb_probe first.
void *tlb_host(struct vcpu *cpu, uint64_t address, unsigned size, bool user, enum access access);

#endif
