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

#define TLB_LEAST        256  // entries of a table of memory, one per privilege, at first
#define TLB_MOST         4096 // and when it has grown
#define TLB_CODE_ENTRIES 256  // per privilege
#define TLB_IO_ENTRIES   16  // pages of devices, by themselves: they are far apart, and often at multiples of megabytes
#define TLB_SPACES       7   // address spaces that are kept beside the current one
#define TLB_KEPT         128 // of each: pages of its own that the kernel used
#define TLB_LARGE_BITS   21  // pages up to this size have a filter, larger ones a range
#define TLB_UPPER_BITS   21
#define TLB_UPPERS       4
#define TLB_FILTER_MOST  2048 // bits of a filter that are set at most
#define TLB_IO           UINT64_C(1)
#define TLB_CODE         UINT64_C(2)
#define TLB_WATCH        UINT64_C(4)
#define TLB_CLEAN        UINT64_C(8)
#define TLB_NONE         UINT64_MAX

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXECUTE };

struct tlb_entry {
    uint64_t read, write; // tags
    uint64_t addend;      // host address minus guest virtual address; unused with TLB_IO
    uint64_t physical;    // page; its low bits are the TLB's own, as are those of struct tlb_code_entry
};
#define TLB_ENTRY_BITS 5 // log2 of its size

enum {
    TLB_PRIVATE = 1,  // the page is not global: it belongs to the current address space
    TLB_UNLISTED = 2, // the place is not in the table's list yet
};

struct tlb_table {
    struct tlb_entry *entries;
    uint64_t mask;         // (number of entries, a power of two, less one) * sizeof(struct tlb_entry)
    uint16_t *listed;      // places that may hold private pages, each once
    unsigned listed_count; //
    unsigned used;         // places entered since it was emptied
    unsigned displaced;    // entries that lost their place to another page,
    uint64_t since;        // since vcpu_executed() was this
};

struct tlb_code_entry { // instruction fetch: asked once per block that the jump cache does not have
    uint64_t tag;       // virtual page | privilege
    uint64_t physical;  // page | TLB_PRIVATE
};

struct tlb_filter {
    uint64_t words[64];
    unsigned count; // of bits that are set
};

struct tlb_range {
    uint64_t first, last; // first > last: nothing
};

// What is kept of an address space that is not current.
struct tlb_space {
    bool live;
    bool user_code;
    uint32_t id;
    uint64_t root;
    uint64_t left; // when, as struct tlb's switches
    struct tlb_table user;
    struct tlb_code_entry *code; // the user's
    unsigned kernel_count;
    struct tlb_entry kernel[TLB_KEPT];
};

// The upper levels of a walk: the last table of TLB_UPPER_BITS of addresses. For architectures that remember them.
struct tlb_upper {
    uint64_t place; // address >> TLB_UPPER_BITS, or UINT64_MAX
    uint64_t table, rights;
};

struct tlb {
    struct tlb_table data[2]; // [user]
    struct tlb_entry io[2][TLB_IO_ENTRIES];
    struct tlb_code_entry *code[2];
    uint32_t space; // the current one's id
    uint64_t root;
    struct tlb_space *spaces[TLB_SPACES];
    uint64_t switches;
    bool user_code;           // code[1] holds something
    bool global_user;         // data[1] or code[1] holds global pages
    bool private_kernel_code; // code[0] holds private pages
    bool private_io;
    uint8_t private_code;         // the jump cache holds code of private pages, bit per half of the address space
    struct tlb_filter code_pages; // whose code the tables of code and the jump cache hold
    struct tlb_filter large;      // where there are large pages in the TLB, by multiples of 2 MiB;
    struct tlb_range huge[2];     // and even larger ones, by half of the address space
    unsigned large_shift, huge_shift;
    struct tlb_upper upper[TLB_UPPERS]; // each invalidation drops them
};

// The result of a page walk (guest->walk).
struct tlb_page {
    uint64_t physical; // of the 4 KiB page
    unsigned shift;    // log2 of the page or block that it is part of; at least PAGE_BITS
    bool private;      // not global, so of the current address space alone
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

// Invalidation. Each drops what it says from the TLB and the jump cache; more may be dropped at any time. An address space
// has a number, 0 at first; its private pages are kept while another one is current.
void tlb_flush(struct vcpu *cpu);                    // everything
void tlb_flush_private(struct vcpu *cpu);            // what is not global, of all spaces
void tlb_flush_space(struct vcpu *cpu, uint32_t id); // what is not global, of one space
// The page with this address, of any size, if it is global or private to the space. Bits 63:56 are not looked at.
void tlb_flush_address(struct vcpu *cpu, uint64_t address, uint32_t id);
#define TLB_ANY_SPACE UINT32_MAX
// Makes a space current whose walks begin at `root`; its private pages that were kept are used again with `keep`, otherwise
// dropped, and so are those of another root.
void tlb_switch_space(struct vcpu *cpu, uint32_t id, uint64_t root, bool keep);

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

#endif
