// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Sets of pages, against an array of flags.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/page_set.h"
#include "starve.h"

TestSuite(page_set, .timeout = 60);

static void holds(const struct page_set *set, const bool *expected)
{
    uint64_t next = page_set_next(set, 0), count = 0;
    for (uint64_t page = 0; page < set->pages; page++) {
        cr_assert_eq(page_set_has(set, page), expected[page]);
        if (!expected[page])
            continue;
        cr_assert_eq(next, page);
        next = page_set_next(set, page + 1);
        count++;
    }
    cr_assert_eq(next, set->pages);
    cr_assert_eq(page_set_next(set, set->pages), set->pages);
    cr_assert_eq(page_set_count(set), count);
}

Test(page_set, holds_what_was_added_at_any_size)
{
    static const uint64_t sizes[] = { 1, 63, 64, 65, 4095, 4096, 4097, 3 * 4096 + 77 };
    srand(1);
    for (unsigned i = 0; i < countof(sizes); i++) {
        struct page_set set, other;
        bool *expected = calloc(sizes[i], sizeof *expected);
        cr_assert_eq(page_set_init(&set, sizes[i] * RAM_PAGE - 5), 0);
        cr_assert_eq(page_set_init(&other, sizes[i] * RAM_PAGE), 0);
        cr_assert_eq(set.pages, sizes[i]);
        holds(&set, expected);
        for (unsigned n = 0; n < 200; n++) {
            uint64_t page = (uint64_t)rand() % sizes[i];
            page_set_add(n % 3 ? &set : &other, page);
            expected[page] = true;
        }
        page_set_merge(&set, &other);
        holds(&set, expected);
        page_set_clear(&set);
        memset(expected, 0, sizes[i]);
        holds(&set, expected);
        page_set_fill(&set);
        memset(expected, 1, sizes[i]);
        holds(&set, expected);
        page_set_clear(&set);
        memset(expected, 0, sizes[i]);
        holds(&set, expected);
        free(expected);
        page_set_free(&set);
        page_set_free(&other);
    }
}

Test(page_set, a_set_that_was_freed_has_no_pages)
{
    struct page_set set;
    cr_assert_eq(page_set_init(&set, 100 * RAM_PAGE), 0);
    page_set_fill(&set);
    page_set_free(&set);
    cr_assert_eq(set.pages, 0);
    cr_assert_eq(page_set_count(&set), 0);
    page_set_free(&set);
}

#ifdef CAN_STARVE
Test(page_set, a_set_for_which_there_is_no_memory_is_empty)
{
    struct page_set set;
    struct rlimit before;
    struct starve_block *taken = use_up_memory(&before);
    int result = page_set_init(&set, UINT64_C(1) << 40);
    give_memory_back(taken, &before);
    cr_assert_eq(result, -ENOMEM);
    cr_assert_null(set.bits);
    cr_assert_null(set.summary);
    cr_assert_eq(set.pages, 0);
}
#endif
