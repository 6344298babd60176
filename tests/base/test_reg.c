// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Tables of registers: search, widths, masks, rows that are a member.
#include <criterion/criterion.h>

#include "base/bits.h"
#include "base/reg.h"

struct chip {
    uint32_t control;
    uint8_t scratch;
    uint16_t wide[4];
    struct {
        uint32_t other;
        uint64_t compare;
    } timer[3];
    uint64_t counter;
    uint32_t secret;
    uint64_t written; // by the function of COMMAND
    unsigned index;
};

static uint64_t read_status(void *context, unsigned index, uint64_t now)
{
    (void)context;
    return 0x5a00 + index * 0x100 + now;
}

static void write_command(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct chip *chip = context;
    (void)now;
    chip->written = value;
    chip->index = index;
}

static const struct reg rows[] = {
    { "CONTROL", 0x00, .widths = REG_8 | REG_32, .mask = 0x00ffff0f, REG_FIELD(struct chip, control) },
    { "SCRATCH", 0x04, .widths = REG_8, .mask = 0xff, REG_FIELD(struct chip, scratch) },
    { "WIDE", 0x08, 2, 4, REG_16 | REG_32 | REG_64, .mask = 0xfffe, REG_ARRAY(struct chip, wide) },
    { "COMPARE", 0x10, 16, 3, REG_32 | REG_64, .mask = UINT64_MAX, REG_MEMBER(struct chip, timer, compare) },
    { "COUNTER", 0x40, .widths = REG_64, REG_FIELD(struct chip, counter) },
    { "SECRET", 0x48, .widths = REG_32, .mask = UINT32_MAX, .write_only = true, REG_FIELD(struct chip, secret) },
    { "STATUS", 0x50, 4, 2, REG_32, .read = read_status },
    { "COMMAND", 0x58, 4, 2, REG_16 | REG_32, .mask = 0x0ff0ffff, .write = write_command },
    { "ID", 0x60, .widths = REG_32, .reset = 0x1234 },
};

static enum reg_result get(struct chip *chip, uint32_t offset, unsigned size, uint64_t *value)
{
    return reg_read(rows, countof(rows), chip, offset, size, 3, value);
}

static enum reg_result put(struct chip *chip, uint32_t offset, unsigned size, uint64_t value)
{
    return reg_write(rows, countof(rows), chip, offset, size, value, 3);
}

Test(reg, the_search_finds_the_row_of_every_offset_that_a_scan_finds)
{
    for (uint32_t offset = 0; offset < 0x80; offset++) {
        const struct reg *found = NULL;
        for (unsigned i = 0; i < countof(rows); i++) {
            uint32_t bytes = rows[i].stride ? rows[i].stride * rows[i].count : reg_bytes(&rows[i]);
            if (offset >= rows[i].offset && offset < rows[i].offset + bytes)
                found = &rows[i];
        }
        cr_assert_eq(reg_find(rows, countof(rows), offset), found, "%x", offset);
    }
    cr_assert_null(reg_find(rows, 0, 0));
}

Test(reg, rows_that_are_wrapped_are_found_by_the_same_search)
{
    struct wrapped {
        struct reg reg;
        unsigned extra;
    } table[countof(rows)];
    for (unsigned i = 0; i < countof(rows); i++)
        table[i] = (struct wrapped){ rows[i], i };
    const struct wrapped *row = REG_FIND(table, countof(table), 0x2c);
    cr_assert_eq(row, &table[3]);
    cr_assert_eq(row->extra, 3);
    cr_assert_null(REG_FIND(table, countof(table), 0x05));
}

Test(reg, a_member_is_read_and_written_through_its_mask)
{
    struct chip chip = { .control = 0xff000040, .counter = UINT64_C(0x8877665544332211) };
    uint64_t value;
    cr_assert_eq(put(&chip, 0x00, 4, 0x12345678), REG_OK);
    cr_assert_eq(chip.control, 0xff345648);
    cr_assert_eq(get(&chip, 0x00, 4, &value), REG_OK);
    cr_assert_eq(value, 0xff345648);
    cr_assert_eq(put(&chip, 0x04, 1, 0xa5), REG_OK);
    cr_assert_eq(chip.scratch, 0xa5);
    cr_assert_eq(get(&chip, 0x40, 8, &value), REG_OK);
    cr_assert_eq(value, UINT64_C(0x8877665544332211));
    cr_assert_eq(get(&chip, 0x60, 4, &value), REG_OK);
    cr_assert_eq(value, 0x1234, "a constant");
}

Test(reg, an_access_of_a_part_leaves_the_other_bytes)
{
    struct chip chip = { .control = 0xff112208 };
    uint64_t value;
    cr_assert_eq(put(&chip, 0x01, 1, 0x77), REG_OK);
    cr_assert_eq(chip.control, 0xff117708);
    cr_assert_eq(get(&chip, 0x02, 1, &value), REG_OK);
    cr_assert_eq(value, 0x11);
    chip.timer[1].compare = UINT64_C(0x1111111122222222);
    cr_assert_eq(put(&chip, 0x24, 4, 0xabcdef01), REG_OK);
    cr_assert_eq(chip.timer[1].compare, UINT64_C(0xabcdef0122222222));
    cr_assert_eq(get(&chip, 0x24, 4, &value), REG_OK);
    cr_assert_eq(value, 0xabcdef01);
    cr_assert_eq(put(&chip, 0x5e, 2, 0xffff), REG_OK, "the upper half of COMMAND 1");
    cr_assert_eq(chip.written, 0x0ff00000);
    cr_assert_eq(chip.index, 1);
}

Test(reg, a_wide_access_covers_several_registers_of_a_run)
{
    struct chip chip = { .wide = { 1, 1, 1, 1 } };
    uint64_t value;
    cr_assert_eq(put(&chip, 0x08, 8, UINT64_C(0x4444333322221110)), REG_OK);
    cr_assert_eq(chip.wide[0], 0x1111);
    cr_assert_eq(chip.wide[1], 0x2223);
    cr_assert_eq(chip.wide[3], 0x4445);
    cr_assert_eq(get(&chip, 0x0c, 4, &value), REG_OK);
    cr_assert_eq(value, 0x44453333);
    cr_assert_eq(get(&chip, 0x0e, 2, &value), REG_OK);
    cr_assert_eq(value, 0x4445);
}

Test(reg, a_wide_write_ends_with_the_last_register_that_it_covers)
{
    struct chip chip = { .wide = { 1, 1, 1, 1 }, .timer[0] = { .other = 5, .compare = 6 } };
    cr_assert_eq(put(&chip, 0x08, 4, 0x33332222), REG_OK);
    cr_assert_eq(chip.wide[0], 0x2223);
    cr_assert_eq(chip.wide[1], 0x3333);
    cr_assert_eq(chip.wide[2], 1);
    cr_assert_eq(chip.wide[3], 1);
    cr_assert_eq(put(&chip, 0x08, 8, 0), REG_OK);
    cr_assert_eq(chip.timer[0].other, 5);
    cr_assert_eq(chip.timer[0].compare, 6);
}

Test(reg, a_function_wins_over_storage_and_is_told_which_register)
{
    struct chip chip = { 0 };
    uint64_t value;
    cr_assert_eq(get(&chip, 0x54, 4, &value), REG_OK);
    cr_assert_eq(value, 0x5b03);
    cr_assert_eq(put(&chip, 0x5c, 4, UINT32_MAX), REG_OK);
    cr_assert_eq(chip.written, 0x0ff0ffff);
    cr_assert_eq(chip.index, 1);
}

Test(reg, what_cannot_be_done_is_named_and_changes_nothing)
{
    struct chip chip = { .control = 1 }, before = chip;
    static const struct {
        uint32_t offset;
        unsigned size;
        enum reg_result read, write;
    } cases[] = {
        { 0x05, 1, REG_ABSENT, REG_ABSENT },     { 0x18, 4, REG_ABSENT, REG_ABSENT }, // between two COMPAREs
        { 0x64, 4, REG_ABSENT, REG_ABSENT },     { 0x00, 2, REG_BAD_SIZE, REG_BAD_SIZE },
        { 0x00, 8, REG_BAD_SIZE, REG_BAD_SIZE }, { 0x02, 4, REG_BAD_SIZE, REG_BAD_SIZE },
        { 0x0a, 4, REG_BAD_SIZE, REG_BAD_SIZE }, { 0x0c, 8, REG_BAD_SIZE, REG_BAD_SIZE },
        { 0x14, 8, REG_BAD_SIZE, REG_BAD_SIZE }, { 0x40, 4, REG_BAD_SIZE, REG_BAD_SIZE },
        { 0x40, 8, REG_OK, REG_NO_WRITE },       { 0x48, 4, REG_NO_READ, REG_OK },
        { 0x50, 4, REG_OK, REG_NO_WRITE },       { 0x58, 4, REG_NO_READ, REG_OK },
        { 0x60, 4, REG_OK, REG_NO_WRITE },
    };
    for (unsigned i = 0; i < countof(cases); i++) {
        uint64_t value = 99;
        cr_assert_eq(get(&chip, cases[i].offset, cases[i].size, &value), cases[i].read, "read %u", i);
        if (cases[i].read != REG_OK)
            cr_assert_eq(value, 0);
        if (cases[i].write == REG_OK)
            continue;
        cr_assert_eq(put(&chip, cases[i].offset, cases[i].size, UINT64_MAX), cases[i].write, "write %u", i);
        cr_assert_eq(memcmp(&chip, &before, sizeof chip), 0);
    }
}
