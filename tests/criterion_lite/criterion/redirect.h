// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a test writes to standard error, to be compared.
#ifndef CRITERION_LITE_REDIRECT_H
#define CRITERION_LITE_REDIRECT_H

#include <criterion/criterion.h>

void cr_redirect_stderr(void);
const char *criterion_stderr(void);

#define cr_assert_stderr_eq_str(Text, ...) cr_assert_str_eq(criterion_stderr(), Text, __VA_ARGS__)

#endif
