// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the two files of the TLB share: where an entry is, and how a new one gets its place.
#ifndef VCPU_TLB_TABLE_H
#define VCPU_TLB_TABLE_H

#include "vcpu/vcpu.h"

// Two pages side by side have different places: so a tag that is the page of an access's last byte is that of its first one too.
static inline struct tlb_entry *tlb_io_place(const struct vcpu *cpu, uint64_t address, bool user)
{
    uint64_t page = address >> PAGE_BITS;
    return &cpu->tlb->io[user][(page + (page >> 4) + (page >> 9)) % TLB_IO_ENTRIES];
}

static inline struct tlb_code_entry *tlb_code_place(const struct vcpu *cpu, uint64_t address, bool user)
{
    return &cpu->tlb->code[user][(address >> PAGE_BITS) % TLB_CODE_ENTRIES];
}

static inline bool tlb_tag_holds(uint64_t tag, uint64_t address)
{
    return tag != TLB_NONE && (tag & PAGE_MASK) == (address & PAGE_MASK);
}

static inline void tlb_forget(struct tlb_entry *entry)
{
    entry->read = entry->write = TLB_NONE;
}

// A walk has found the page of `address`, for data or code: notes what later invalidations must know of it.
void tlb_note_page(struct vcpu *cpu, uint64_t address, bool user, const struct tlb_page *page);

// The page of `address` is about to enter the table of code.
void tlb_note_code(struct vcpu *cpu, uint64_t address);

// The entry in a table of memory that is to hold the page of `address` from now on; its new `physical` is `low` together
// with the page. May move the table.
struct tlb_entry *tlb_take_place(struct vcpu *cpu, uint64_t address, bool user, bool private, uint64_t *low);

#endif
