// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// One way to report: a sentence for the user and a negative errno for the program.
//
// A function that can fail for a reason outside the program takes a `struct error *` and returns what `error_set`
// returns. The text names the thing, the value and the remedy, and is one line: control characters become '?'.
//     return error_set(error, -ENOENT, "-kernel: cannot read '%s': %s", path, strerror(ENOENT));
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

struct error {
    int code;       // negative errno, 0: nothing was reported
    char text[508]; // one line, always terminated
};

// Stores `code` (a negative errno) and the text, and returns `code`. `error` may be NULL. A text that is already there is
// replaced: the outermost caller knows best.
int error_set(struct error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Puts `prefix` and ": " in front of the text that is there, for a caller who knows the option or the file.
void error_prefix(struct error *error, const char *prefix);

#endif
