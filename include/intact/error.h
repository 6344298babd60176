// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// How the functions of the library report errors.
//
// A function that can fail returns an int: 0, or more where it says so, for success, and a negative value for failure.
// That value is a negative errno (-EINVAL), or one of enum intact_irq_error of <intact/interrupt.h>, some of which are
// below -1000. A function that fails has changed nothing, unless it says otherwise.
//
// Most functions that take a configuration, a file or a text (intact_machine_create, intact_x86_irq_create, intact_log_open) also
// take `char *why`; those of <intact/interrupt.h>, and intact_lint_create and intact_machine_lint, do not. It is a buffer of INTACT_ERROR_SIZE bytes. A failure puts one line of text there, without a newline: what is wrong, its
// value, and which values are allowed. Success does not write to it. NULL: the text is not needed.
//
// A guest's mistake is never an error of a call: it is counted, and reported to observers (<intact/trace.h>).
#ifndef INTACT_ERROR_H
#define INTACT_ERROR_H

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

// Size in bytes of the buffer for a line of text, with the terminating 0.
#define INTACT_ERROR_SIZE 512

// The text for a value that a function returned: "success" for 0 and more. There is one for each error that the library itself
// makes; others come from the host's system calls, and are "unknown error" here: strerror(-error) has their text. The text is static. Any thread.
const char *intact_strerror(int error);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
