// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
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
