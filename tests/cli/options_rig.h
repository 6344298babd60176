// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A command line for tests of options: TAKES parses it, REFUSES looks for a text in the one line that says why not.
#ifndef TESTS_CLI_OPTIONS_RIG_H
#define TESTS_CLI_OPTIONS_RIG_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "cli/options.h"

static struct settings settings;

static inline int parse(const char *const *words)
{
    char *argv[80];
    int argc = 0;
    settings_free(&settings);
    settings_init(&settings);
    for (; words[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    return options_parse(&settings, argc, argv);
}

#define TAKES(...) cr_assert_eq(parse((const char *const[]){ __VA_ARGS__, NULL }), 0, "%s", settings.why)

#define REFUSES(text, ...)                                                                                             \
    do {                                                                                                               \
        cr_assert_lt(parse((const char *const[]){ __VA_ARGS__, NULL }), 0);                                            \
        cr_assert_not_null(strstr(settings.why, (text)), "got: %s", settings.why);                                     \
        cr_assert_null(strchr(settings.why, '\n'));                                                                    \
    } while (0)

static inline void finish(void)
{
    settings_free(&settings);
}

#endif
