// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Errors of one line, and the sentences for values and versions.
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <intact/error.h>
#include <intact/interrupt.h>
#include <intact/version.h>

#include "base/bits.h"
#include "base/error.h"

Test(error, an_error_is_one_line_whatever_a_word_holds)
{
    struct error error = { 0 };
    cr_assert_eq(error_set(&error, -5, "cannot read '%s'", "a\nb\x1b[2J\x7f\xc3\xa9"), -5);
    cr_assert_eq(error.code, -5);
    cr_assert_str_eq(error.text, "cannot read 'a?b?[2J?\xc3\xa9'");
    error_prefix(&error, "-kernel:\t'x\n'");
    cr_assert_str_eq(error.text, "-kernel:?'x?': cannot read 'a?b?[2J?\xc3\xa9'");
}

Test(error, a_text_that_is_too_long_is_cut)
{
    struct error error = { 0 };
    error_set(&error, -1, "%600d", 1);
    cr_assert_eq(strlen(error.text), sizeof error.text - 1);
    error_prefix(&error, "option");
    cr_assert_eq(strlen(error.text), sizeof error.text - 1);
}

Test(error, nobody_has_to_listen)
{
    cr_assert_eq(error_set(NULL, -2, "%d", 1), -2);
    error_prefix(NULL, "x");
    struct error none = { 0 };
    error_prefix(&none, "x");
    cr_assert_eq(none.text[0], 0);
}

Test(error, every_value_of_the_library_has_a_sentence_of_its_own)
{
    static const int errors[] = {
        -ENOENT,
        -EIO,
        -ENOEXEC,
        -EACCES,
        -EFBIG,
        -ENOTSUP,
        -EISDIR,
        -ENFILE,
        -EROFS,
        -EFAULT,
        -EADDRINUSE,
        -EBADF,
        INTACT_IRQ_OK,
        INTACT_IRQ_NO_ROUTE,
        INTACT_IRQ_NO_MEMORY,
        INTACT_IRQ_BUSY,
        INTACT_IRQ_DUPLICATE,
        INTACT_IRQ_INVALID,
        INTACT_IRQ_OUT_OF_FILES,
        INTACT_IRQ_OUT_OF_VECTORS,
        INTACT_IRQ_BAD_INDEX,
        INTACT_IRQ_BAD_TYPE,
        INTACT_IRQ_NOT_ENABLED,
        INTACT_IRQ_BAD_COUNT,
        -9999,
    };
    for (unsigned i = 0; i < countof(errors); i++)
        for (unsigned j = 0; j < i; j++)
            cr_expect_str_neq(intact_strerror(errors[i]), intact_strerror(errors[j]), "%d %d", errors[i], errors[j]);
    cr_expect_str_eq(intact_strerror(-9999), "unknown error");
    cr_expect_str_eq(intact_strerror(3), "success");
    cr_expect_str_eq(intact_strerror(-EINVAL), intact_strerror(INTACT_IRQ_INVALID), "an errno is its own value");
}

Test(error, the_version_of_the_code_is_that_of_the_headers)
{
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", INTACT_VERSION_MAJOR, INTACT_VERSION_MINOR, INTACT_VERSION_PATCH);
    cr_assert_str_eq(intact_version(), text);
    cr_assert_eq(intact_version_number(), INTACT_VERSION_NUMBER);
    cr_assert_lt(INTACT_VERSION_OF(0, 1, 999), INTACT_VERSION_OF(0, 2, 0));
    cr_assert_lt(INTACT_VERSION_OF(0, 999, 999), INTACT_VERSION_OF(1, 0, 0));
}
