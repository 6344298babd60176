// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Visitors of state: save, load, difference, what is covered.
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/visit.h"

struct chip {
    uint64_t wide;
    uint32_t narrow[3];
    uint16_t half;
    uint8_t small;
    bool flag;
};

static void chip_visit(void *object, struct visit *v)
{
    struct chip *chip = object;
    VISIT(v, chip->wide);
    visit_enter(v, "inner");
    VISIT_ARRAY(v, chip->narrow);
    visit_leave(v);
    VISIT(v, chip->half);
    VISIT(v, chip->small);
    VISIT(v, chip->flag);
}

Test(visit, what_is_saved_is_loaded)
{
    struct chip chip = { 1, { 2, 3, 4 }, 5, 6, true }, copy = { 0 };
    struct visit_save save;
    visit_save_init(&save);
    chip_visit(&chip, &save.visit);
    struct visit_load load;
    visit_load_init(&load, save.data, save.size);
    chip_visit(&copy, &load.visit);
    cr_assert_not(load.failed);
    cr_assert_arr_eq(&copy, &chip, sizeof chip);
    visit_load_init(&load, save.data, save.size - 1);
    chip_visit(&copy, &load.visit);
    cr_assert(load.failed);
    free(save.data);
}

Test(visit, the_first_difference_is_named_with_its_path)
{
    struct chip chip = { 1, { 2, 3, 4 }, 5, 6, true };
    struct visit_save save;
    visit_save_init(&save);
    chip_visit(&chip, &save.visit);
    chip.narrow[1] = 9;
    struct visit_differ differ;
    visit_differ_init(&differ, save.data, save.size);
    chip_visit(&chip, &differ.visit);
    cr_assert(differ.differs);
    cr_assert_str_eq(differ.path, "inner/narrow[1]");
    free(save.data);
}

Test(visit, a_field_missing_from_the_list_is_seen)
{
    struct chip chip;
    cr_assert_eq(visit_uncovered(&chip, sizeof chip, chip_visit), 0);
}

static void outer_visit(void *object, struct visit *v)
{
    struct chip *chips = object;
    visit_enter(v, "first");
    chip_visit(&chips[0], v);
    visit_leave(v);
    VISIT(v, chips[1].half);
    visit_enter_numbered(v, "chip", 7);
    chip_visit(&chips[1], v);
    visit_leave(v);
}

// A path is that of the list a field is in, not of one that was passed before.
Test(visit, a_difference_after_a_nested_list_has_the_path_of_its_own_list)
{
    struct chip chips[2] = { { .wide = 1 }, { .wide = 2 } };
    static const struct {
        size_t offset;
        const char *path;
    } cases[] = {
        { offsetof(struct chip, small), "first/small" },
        { sizeof(struct chip) + offsetof(struct chip, half), "half" },
        { sizeof(struct chip) + offsetof(struct chip, narrow) + 8, "chip7/inner/narrow[2]" },
        { sizeof(struct chip) + offsetof(struct chip, flag), "chip7/flag" },
    };
    for (unsigned i = 0; i < 4; i++) {
        struct visit_save save;
        struct visit_differ differ;
        visit_save_init(&save);
        outer_visit(chips, &save.visit);
        ((uint8_t *)chips)[cases[i].offset] ^= 1;
        visit_differ_init(&differ, save.data, save.size);
        outer_visit(chips, &differ.visit);
        cr_assert_str_eq(differ.path, cases[i].path);
        ((uint8_t *)chips)[cases[i].offset] ^= 1;
        free(save.data);
    }
}

Test(visit, the_schema_names_every_field_in_order)
{
    static const char expected[] = "wide 8\ninner/\nnarrow 4 3\n/\nhalf 2\nsmall 1\nflag 1\n";
    struct chip chip = { 0 };
    struct visit_schema schema;
    visit_schema_init(&schema);
    chip_visit(&chip, &schema.visit);
    cr_assert_eq(schema.length, sizeof expected - 1);
    cr_assert_arr_eq(schema.text, expected, schema.length);
    cr_assert_eq(schema.bytes, 24);
    cr_assert_not(schema.failed);
    free(schema.text);
}

Test(visit, the_schema_has_counts_in_decimal_and_names_of_at_most_60_characters)
{
    static const char expected[] =
        "many 1 105\nitems 2 *\na_name_of_more_than_sixty_characters_is_cut_after_the_sixtie 8\ncpu120/\n/\n";
    uint8_t many[105] = { 0 };
    uint16_t items[1] = { 0 };
    uint64_t a_name_of_more_than_sixty_characters_is_cut_after_the_sixtieth_of_them = 0;
    struct visit_schema schema;
    visit_schema_init(&schema);
    VISIT_ARRAY(&schema.visit, many);
    VISIT_VARIABLE(&schema.visit, items, 1);
    VISIT(&schema.visit, a_name_of_more_than_sixty_characters_is_cut_after_the_sixtieth_of_them);
    visit_enter_numbered(&schema.visit, "cpu", 120);
    visit_leave(&schema.visit);
    cr_assert_eq(schema.length, sizeof expected - 1);
    cr_assert_arr_eq(schema.text, expected, schema.length);
    cr_assert_eq(schema.bytes, 105 + 8);
    free(schema.text);
}
