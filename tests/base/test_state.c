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

// --- Values that a field cannot have ---------------------------------------------------------------------------------

struct limits {
    uint32_t index;
    uint8_t count, spare;
    bool flags[3];
    bool flag;
};

static void visit_limits(void *object, struct visit *v)
{
    struct limits *limits = object;
    VISIT_BELOW(v, limits->index, 10);
    VISIT_NESTED(v, "inner", VISIT_VALID(v, limits->count, limits->count <= limits->index));
    VISIT(v, limits->spare);
    VISIT_ARRAY(v, limits->flags);
    VISIT(v, limits->flag);
}

static void set_byte(void *at, uint8_t value)
{
    memcpy(at, &value, 1);
}

static void is_refused(struct limits limits, const char *text)
{
    struct limits copy = { 0 };
    size_t size = state_save(&(struct state_list){ visit_limits, &limits }, buffer, sizeof buffer);
    error = (struct error){ 0 };
    int result = state_load(&(struct state_list){ visit_limits, &copy }, buffer, size, &error);
    cr_assert_eq(result, text ? -EIO : 0, "%s", error.text);
    cr_assert_str_eq(error.text, text ? text : "");
}

Test(state, a_value_that_a_field_cannot_have_is_refused_by_the_name_of_the_field)
{
    struct limits limits = { .index = 9, .count = 9, .spare = 255 };
    is_refused(limits, NULL);
    limits.index = 10;
    is_refused(limits, "the saved state is damaged: index is 10, which cannot be");
    limits.index = 8;
    is_refused(limits, "the saved state is damaged: inner/count is 9, which cannot be");
    limits.count = 0;
    set_byte(&limits.flags[2], 2);
    is_refused(limits, "the saved state is damaged: flags is 2, which cannot be");
    set_byte(&limits.flags[2], 1);
    set_byte(&limits.flag, 0xff);
    is_refused(limits, "the saved state is damaged: flag is 255, which cannot be");
}
