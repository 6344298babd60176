// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a guest prints, as lines in a box.
#include "view/printed.h"

#include <criterion/criterion.h>
#include <string.h>

static struct grid grid;

static void expect(const char *printed, bool cursor, const char *first, const char *second, const char *third)
{
    const char *lines[] = { first, second, third };
    char is[GRID_MAX_WIDTH + 1];
    cr_assert_eq(grid_init(&grid, 10, 3), 0);
    struct grid_box box = { .grid = &grid, .width = 10, .height = 3 };
    printed_draw(printed, strlen(printed), cursor, &box);
    for (unsigned i = 0; i < 3; i++) {
        grid_text(&grid, i, is);
        cr_assert_str_eq(is, lines[i], "line %u of '%s'", i, printed);
    }
    grid_free(&grid);
}

Test(printed, the_last_lines_are_shown_without_an_empty_one_at_the_end)
{
    expect("a\r\nb\r\n", false, "a", "b", "");
    expect("1\n2\n3\n4\n", false, "2", "3", "4");
    expect("1\n2\n3\n4", false, "2", "3", "4");
    expect("", false, "", "", "");
}

Test(printed, the_cursor_is_where_the_next_character_comes)
{
    expect("login: ", true, "login: _", "", "");
    expect("1\n2\n3\n", true, "2", "3", "_");
}

Test(printed, long_lines_go_on_and_control_characters_have_their_effect)
{
    expect("0123456789abc", false, "0123456789", "abc", "");
    expect("abc\rX", false, "Xbc", "", "");
    expect("ab\b\bX", false, "Xb", "", "");
    expect("a\tb", false, "a       b", "", "");
    expect("\a\x01x", false, ".x", "", "");
}

Test(printed, escape_sequences_are_left_out)
{
    expect("\033[1;32mgreen\033[0m", false, "green", "", "");
    expect("abcd\r\033[K", false, "", "", "");
    expect("old\033[2Jnew", false, "new", "", "");
    expect("x\033[", false, "x", "", "");
    expect("x\033(By\033", false, "xy", "", "");
}
