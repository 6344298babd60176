// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Structures of programs that were compiled with the header of another version.
#include "base/sized.h"

#include <criterion/criterion.h>
#include <stdint.h>

struct older {
    size_t size;
    size_t a;
};

struct now {
    size_t size;
    size_t a;
    size_t b;
};

struct newer {
    size_t size;
    size_t a;
    size_t b;
    size_t c;
};

static const struct now defaults = { sizeof(struct now), 1, 2 };

Test(sized, an_older_program_gets_no_byte_more_than_it_has)
{
    size_t memory[3] = { 0, 0, 99 };
    sized_give(memory, sizeof(struct older), &defaults, sizeof defaults);
    cr_assert_eq(memory[0], sizeof(struct older));
    cr_assert_eq(memory[1], 1);
    cr_assert_eq(memory[2], 99, "beyond its structure");
}

Test(sized, a_newer_program_finds_zeros)
{
    struct newer mine = { 9, 9, 9, 9 };
    sized_give(&mine, sizeof mine, &defaults, sizeof defaults);
    cr_assert_eq(mine.size, sizeof mine);
    cr_assert_eq(mine.b, 2);
    cr_assert_eq(mine.c, 0);
}

Test(sized, members_that_an_older_program_has_not_keep_their_defaults)
{
    struct now out = defaults;
    cr_assert(sized_take(&out, sizeof out, &(struct older){ sizeof(struct older), 7 }));
    cr_assert_eq(out.size, sizeof out);
    cr_assert_eq(out.a, 7);
    cr_assert_eq(out.b, 2);
}

Test(sized, sizes_that_no_version_has_are_refused)
{
    static const size_t sizes[] = { 0, sizeof(size_t) - 1, sizeof(struct now) - 1, sizeof(struct newer), SIZE_MAX };
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct now out = defaults;
        struct newer mine = { sizes[i], 7, 8, 9 };
        cr_assert_not(sized_take(&out, sizeof out, &mine), "%zu", sizes[i]);
        cr_assert_eq(out.a, 1);
    }
}

Test(sized, a_list_of_shorter_elements)
{
    const struct older mine[2] = { { 10, 11 }, { 20, 21 } };
    struct now out[2];
    cr_assert(sized_list(out, sizeof out[0], mine, sizeof mine[0], 2));
    cr_assert_eq(out[0].size, 10);
    cr_assert_eq(out[1].size, 20);
    cr_assert_eq(out[1].a, 21);
    cr_assert_eq(out[1].b, 0);
    cr_assert_not(sized_list(out, sizeof out[0], mine, 0, 2));
    cr_assert_not(sized_list(out, sizeof out[0], mine, sizeof(struct newer), 1));
    cr_assert(sized_list(out, sizeof out[0], NULL, 0, 0), "an empty one has no size");
}
