// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A screen of cells: boxes, lines that are cut, lines that go on.
#include "view/grid.h"

#include <criterion/criterion.h>
#include <string.h>

static struct grid grid;

static void make(void)
{
    cr_assert_eq(grid_init(&grid, 20, 6), 0);
}

static void unmake(void)
{
    grid_free(&grid);
}

TestSuite(grid, .init = make, .fini = unmake);

static void expect(unsigned line, const char *text)
{
    char is[GRID_MAX_WIDTH + 1];
    grid_text(&grid, line, is);
    cr_assert_str_eq(is, text, "line %u", line);
}

Test(grid, a_box_has_a_title_and_cuts_its_lines)
{
    struct grid_box box = grid_box(&grid, 2, 1, 10, 3, "CPU 0");
    cr_assert(grid_say(&box, GRID_OPEN, "%s", "0123456789abcdef"));
    cr_assert_eq(grid_left(&box), 1);
    cr_assert(grid_say(&box, GRID_PLAIN, "x"));
    cr_assert(!grid_say(&box, GRID_PLAIN, "no line is left"));
    expect(0, "");
    expect(1, "  -- CPU 0 -");
    expect(2, "  0123456789");
    expect(3, "  x");
    expect(4, "");
    cr_assert_eq(grid.cells[2 * 20 + 2].style, GRID_OPEN);
    cr_assert_eq(grid.cells[2 * 20 + 1].style, GRID_PLAIN);
}

Test(grid, long_lines_go_on_at_a_space_and_are_indented)
{
    struct grid_box box = grid_box(&grid, 0, 0, 12, 6, "why");
    grid_say_lines(&box, GRID_PLAIN, "IRQ 4 is masked\nabcdefghijklmnop\n");
    expect(1, "IRQ 4 is");
    expect(2, "  masked");
    expect(3, "abcdefghijkl");
    expect(4, "  mnop");
    expect(5, "");
}

Test(grid, what_is_no_printable_character_is_a_dot)
{
    struct grid_box box = grid_box(&grid, 0, 0, 20, 2, "");
    grid_say(&box, GRID_PLAIN, "a\033[2Jb\xc3\xa4");
    expect(1, "a.[2Jb..");
}
