// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A set of pages of RAM: those that were written since somebody looked last. Adding, and asking for one page, are O(1);
// going through the set costs as much as it has pages, and one word for each 4,096 pages of RAM.
//
// The memory bus has one (base/bus.h), to which every write of RAM adds. Snapshots and the digest take it over into
// sets of their own.
#ifndef BASE_PAGE_SET_H
#define BASE_PAGE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bits.h"

#define RAM_PAGE_BITS 12
#define RAM_PAGE      (UINT64_C(1) << RAM_PAGE_BITS)

// Are all bytes of a page 0?
static inline bool ram_page_is_zero(const uint8_t *bytes)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, RAM_PAGE - 1) == 0;
}

struct page_set {
    uint64_t pages;    // of the whole RAM
    uint64_t *bits;    // one bit for each page
    uint64_t *summary; // one bit for each word of `bits` that is not 0
};

// The empty set of the pages of `size` bytes of RAM. -ENOMEM.
int page_set_init(struct page_set *set, uint64_t size);
void page_set_free(struct page_set *set);

static inline bool page_set_has(const struct page_set *set, uint64_t page)
{
    return set->bits[page / 64] >> page % 64 & 1;
}

static inline void page_set_add(struct page_set *set, uint64_t page)
{
    set->bits[page / 64] |= BIT64(page % 64);
    set->summary[page / 4096] |= BIT64(page / 64 % 64);
}

void page_set_clear(struct page_set *set);
// All pages.
void page_set_fill(struct page_set *set);
// `set` gets the pages of `other` too, which is for the same RAM.
void page_set_merge(struct page_set *set, const struct page_set *other);
uint64_t page_set_count(const struct page_set *set);

// The first page of the set that is not below `from`; `pages` after the last.
uint64_t page_set_next(const struct page_set *set, uint64_t from);

#endif
