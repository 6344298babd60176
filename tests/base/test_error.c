// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include <criterion/criterion.h>

#include <string.h>

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
