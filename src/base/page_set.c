// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Two levels of bits: a bit of the summary says that the word of `bits` with its number is not 0.
#include "base/page_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t words(uint64_t bits)
{
    return (bits + 63) / 64;
}

int page_set_init(struct page_set *set, uint64_t size)
{
    set->pages = (size + RAM_PAGE - 1) >> RAM_PAGE_BITS;
    set->bits = calloc(words(set->pages) + 1, sizeof *set->bits); // + 1: no length is 0
    set->summary = calloc(words(words(set->pages)) + 1, sizeof *set->summary);
    if (set->bits && set->summary)
        return 0;
    page_set_free(set);
    return -ENOMEM;
}

void page_set_free(struct page_set *set)
{
    free(set->bits);
    free(set->summary);
    *set = (struct page_set){ .pages = 0 };
}

void page_set_clear(struct page_set *set)
{
    for (uint64_t i = 0; i < words(words(set->pages)); i++) {
        uint64_t summary = set->summary[i];
        set->summary[i] = 0;
        for (; summary; summary &= summary - 1)
            set->bits[i * 64 + bits_lowest(summary)] = 0;
    }
}

void page_set_fill(struct page_set *set)
{
    memset(set->bits, 0xff, set->pages / 64 * sizeof *set->bits);
    memset(set->summary, 0xff, set->pages / 4096 * sizeof *set->summary);
    for (uint64_t page = align_down(set->pages, 4096); page < set->pages; page++)
        page_set_add(set, page);
}

void page_set_merge(struct page_set *set, const struct page_set *other)
{
    for (uint64_t i = 0; i < words(words(set->pages)); i++) {
        uint64_t summary = other->summary[i];
        set->summary[i] |= summary;
        for (; summary; summary &= summary - 1) {
            uint64_t word = i * 64 + bits_lowest(summary);
            set->bits[word] |= other->bits[word];
        }
    }
}

uint64_t page_set_count(const struct page_set *set)
{
    uint64_t count = 0;
    for (uint64_t page = 0; (page = page_set_next(set, page)) < set->pages; page++)
        count++;
    return count;
}

uint64_t page_set_next(const struct page_set *set, uint64_t from)
{
    if (from >= set->pages)
        return set->pages;
    uint64_t word = from / 64, rest = set->bits[word] & ~bits_low(from % 64);
    if (rest)
        return word * 64 + bits_lowest(rest);
    uint64_t above = word + 1; // the first word that may be looked for in the summary
    for (uint64_t i = above / 64; i < words(words(set->pages)); i++) {
        uint64_t summary = set->summary[i] & (i == above / 64 ? ~bits_low(above % 64) : ~UINT64_C(0));
        if (summary) {
            word = i * 64 + bits_lowest(summary);
            return word * 64 + bits_lowest(set->bits[word]);
        }
    }
    return set->pages;
}
