// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Error reports: a sentence for the user and a negative errno for the program.
//
// A function that can fail for a reason outside the program takes a `struct error *` and returns what `error_set`
// returns. The text says what is wrong, its value and what to do, in one line: control characters become '?'.
//     return error_set(error, -ENOENT, "-kernel: cannot read '%s': %s", path, strerror(ENOENT));
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

struct error {
    int code;       // negative errno, 0: nothing was reported
    char text[508]; // one line, always terminated
};

// Stores `code` (a negative errno) and the text, and returns `code`. `error` may be NULL. It replaces an earlier text:
// the outermost caller knows most.
int error_set(struct error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Puts `prefix` and ": " in front of the text, for a caller that knows the option or the file.
void error_prefix(struct error *error, const char *prefix);

#endif
