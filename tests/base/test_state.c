// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A saved state and its schema: what is taken back, and what is refused.
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/state.h"

struct chip {
    uint64_t wide;
    uint32_t narrow[3];
    uint16_t count;
    uint8_t bytes[8];
    // How this chip's list differs from the usual one.
    bool renamed, longer, extra, variable, shifted;
    int wrong;     // the variable field has so many elements more than its count says
    uint64_t pins; // configuration
};

static void visit_inner(struct chip *chip, struct visit *v)
{
    VISIT_MEMORY(v, chip->narrow, chip->longer ? 3u : 2u);
    if (chip->renamed) {
        uint16_t tally = chip->count;
        VISIT(v, tally);
    } else {
        VISIT(v, chip->count);
    }
}

static void chip_visit(void *object, struct visit *v)
{
    struct chip *chip = object;
    VISIT(v, chip->wide);
    VISIT_CONSTANT(v, chip->pins);
    VISIT_NESTED(v, "deep", VISIT_NESTED(v, "er", (void)0));
    if (chip->shifted)
        VISIT_NESTED(v, "more", (void)0);
    VISIT_NESTED(v, "inner", visit_inner(chip, v));
    if (chip->variable)
        VISIT_VARIABLE(v, chip->bytes, (unsigned)(chip->count + chip->wrong));
    if (chip->extra)
        VISIT_ARRAY(v, chip->bytes);
}

static uint8_t buffer[1024];
static struct error error;

static size_t save(struct chip *chip)
{
    return state_save(&(struct state_list){ chip_visit, chip }, buffer, sizeof buffer);
}

static int load(struct chip *chip, size_t size)
{
    error = (struct error){ 0 };
    return state_load(&(struct state_list){ chip_visit, chip }, buffer, size, &error);
}

static const struct chip usual = { .wide = 1, .narrow = { 2, 3, 4 }, .count = 5, .bytes = { 6, 7, 8, 9, 10, 11 } };

Test(state, what_is_saved_is_loaded)
{
    struct chip chip = usual, copy = { 0 };
    size_t size = save(&chip);
    cr_assert_eq(load(&copy, size), 0, "%s", error.text);
    cr_assert_eq(copy.wide, 1);
    cr_assert_eq(copy.narrow[1], 3);
    cr_assert_eq(copy.narrow[2], 0);
    cr_assert_eq(copy.count, 5);
}

Test(state, the_size_is_known_before_there_is_a_buffer)
{
    struct chip chip = usual;
    const struct state_list list = { chip_visit, &chip };
    size_t size = state_save(&list, NULL, 0);
    cr_assert_eq(size, save(&chip));
    memset(buffer, 0x5a, sizeof buffer);
    cr_assert_eq(state_save(&list, buffer, size - 1), size);
    cr_assert_eq(buffer[size - 1], 0x5a, "nothing is written past the end");
    cr_assert_eq(state_save(&list, buffer, size), size);
    cr_assert_eq(load(&chip, size), 0);
}

Test(state, another_schema_is_refused_by_the_first_name_that_differs)
{
    static const struct {
        struct chip saves, loads;
        const char *text;
    } cases[] = {
        { { .renamed = true }, { 0 }, "the saved state has 'inner/tally 2' where 'inner/count 2' belongs" },
        { { 0 }, { .longer = true }, "the saved state has 'inner/narrow 4 2' where 'inner/narrow 4 3' belongs" },
        { { 0 }, { .extra = true }, "the saved state has 'nothing more' where 'bytes 1 8' belongs" },
        { { .extra = true }, { 0 }, "the saved state has 'bytes 1 8' where 'nothing more' belongs" },
        { { .extra = true }, { .variable = true }, "the saved state has 'bytes 1 8' where 'bytes 1 *' belongs" },
        { { .shifted = true }, { 0 }, "the saved state has 'more/' where 'inner/' belongs" },
        { { .pins = 24 }, { .pins = 23 }, "the saved state has 'pins = 24' where 'pins = 23' belongs" },
        { { 0 }, { .pins = 0xfec00000 }, "the saved state has 'pins = 0' where 'pins = 0xfec00000' belongs" },
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        struct chip saves = cases[i].saves, loads = cases[i].loads;
        loads.wide = 77;
        struct chip before = loads;
        size_t size = save(&saves);
        cr_assert_eq(load(&loads, size), -EINVAL, "%u", i);
        cr_assert_str_eq(error.text, cases[i].text);
        cr_assert_eq(memcmp(&loads, &before, sizeof loads), 0, "nothing was loaded");
    }
}

Test(state, a_variable_field_has_the_length_that_was_saved)
{
    struct chip chip = usual, copy = { .variable = true, .count = 2 };
    chip.variable = true;
    size_t size = save(&chip);
    cr_assert_eq(load(&copy, size), 0, "%s", error.text);
    cr_assert_eq(copy.count, 5);
    cr_assert_arr_eq(copy.bytes, "\6\7\10\11\12\0\0\0", 8);
}

Test(state, what_is_no_state_is_refused_and_changes_nothing)
{
    struct chip chip = usual, before = usual;
    size_t size = save(&chip);
    for (size_t length = 0; length < size; length++)
        cr_assert_eq(load(&chip, length), -EINVAL, "%zu bytes", length);
    cr_assert_eq(load(&chip, size + 1), -EINVAL);
    for (size_t i = 0; i < size * 8; i++) {
        buffer[i / 8] ^= (uint8_t)(1u << i % 8);
        cr_assert_eq(load(&chip, size), -EINVAL, "bit %zu", i);
        buffer[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    cr_assert_eq(memcmp(&chip, &before, sizeof chip), 0);
    cr_assert_eq(load(&chip, size), 0);
}

Test(state, a_variable_field_that_does_not_fit_is_an_error)
{
    struct chip chip = usual, copy = { .variable = true };
    chip.variable = true;
    chip.wrong = 1;
    cr_assert_eq(load(&copy, save(&chip)), -EIO);
    cr_assert_str_eq(error.text, "the saved state is damaged: it ends late");
    chip.wrong = -1;
    cr_assert_eq(load(&copy, save(&chip)), -EIO);
    cr_assert_str_eq(error.text, "the saved state is damaged: it ends early");
}
