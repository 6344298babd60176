// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// How the library reports that something cannot be done: one way for all of its functions.
//
// A function that can fail returns an int: 0, or more where it says so, for success, and a negative value for failure.
// That value is a negative errno (-EINVAL), or one of enum intact_irq_error of <intact/interrupt.h> below -1000. A function that fails has changed
// nothing, unless it says otherwise.
//
// Functions that take what a user wrote (intact_machine_create, intact_x86_irq_create and their kind) also take
// `char *why`, a buffer of INTACT_ERROR_SIZE bytes. A failure puts one line of text there, without a newline, that names
// the thing, its value and what would be right. Success leaves it alone. NULL: the text is not wanted.
//
// What a guest does wrong is never an error of a call: it is counted, and told to observers (<intact/trace.h>).
#ifndef INTACT_ERROR_H
#define INTACT_ERROR_H

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

// Bytes of a line of text with its end.
#define INTACT_ERROR_SIZE 512

// A sentence for a value that a function returned: "success" from 0 up, "unknown error" for one that the library does not
// return. The text is static. Any thread.
const char *intact_strerror(int error);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
