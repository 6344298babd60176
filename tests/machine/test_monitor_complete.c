// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What can stand in place of the last word of a line of the monitor.
#include "machine/monitor/monitor_complete.h"

#include <criterion/criterion.h>
#include <string.h>

static char found[65536];

static void add(void *owner, const char *word)
{
    cr_assert_eq(owner, &found);
    cr_assert_lt(strlen(found) + strlen(word) + 2, sizeof found);
    strcat(found, word);
    strcat(found, " ");
}

static const char *words(const char *line)
{
    static char *sources[] = { "pit.out0", "com1.irq", "pm.sci" };
    static const struct monitor_names names = { .sources = sources, .source_count = 3, .cpus = 3 };
    found[0] = 0;
    monitor_complete(&names, line, add, &found);
    return found;
}

Test(monitor_complete, commands_are_completed_word_by_word)
{
    cr_expect_str_eq(words("sto"), "stop ");
    cr_expect_str_eq(words("  sto"), "stop ");
    cr_expect_str_eq(words("info brea"), "breaks ");
    cr_expect_str_eq(words("info s"), "status snapshots sources ");
    cr_expect_str_eq(words("replay_s"), "replay_seek ");
    cr_expect_str_eq(words("replay-"), "replay-seek ");
    cr_expect_str_eq(words("trace w"), "write ");
    cr_expect_not_null(strstr(words(""), "quit "));
    cr_expect_not_null(strstr(words("in"), "info "));
    cr_expect_str_eq(words("nonsense"), "");
    cr_expect_str_eq(words("info nonsense "), "");
}

Test(monitor_complete, arguments_are_what_the_command_takes)
{
    cr_expect_str_eq(words("why p"), "pit.out0 pm.sci ");
    cr_expect_str_eq(words("why "), "pit.out0 com1.irq pm.sci ");
    cr_expect_str_eq(words("break r"), "raise: read: ");
    cr_expect_str_eq(words("back de"), "deliver: ");
    cr_expect_str_eq(words("step "), "0 1 2 ");
    cr_expect_str_eq(words("info registers 2"), "2 ");
    cr_expect_str_eq(words("help info br"), "breaks ");
    cr_expect_str_eq(words("help sou"), "sources ");
    cr_expect_str_eq(words("trace write file te"), "text ");
    cr_expect_str_eq(words("stop "), "");
    cr_expect_str_eq(words("x 1"), "");
}

Test(monitor_complete, a_line_that_is_too_long_has_none)
{
    char line[3000];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = 0;
    cr_expect_str_eq(words(line), "");
}
