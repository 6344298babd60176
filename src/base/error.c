// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Error reports: formats the text of a struct error as one line. Described in error.h.
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// A path or argument of the user may contain any character; control characters are replaced, so that the text is one
// line and has no effect on a terminal.
static void keep_one_line(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

int error_set(struct error *error, int code, const char *format, ...)
{
    if (error) {
        va_list args;
        va_start(args, format);
        error->code = code;
        vsnprintf(error->text, sizeof error->text, format, args);
        va_end(args);
        keep_one_line(error->text);
    }
    return code;
}

void error_prefix(struct error *error, const char *prefix)
{
    if (!error || error->code == 0)
        return;
    char old[sizeof error->text];
    memcpy(old, error->text, sizeof old);
    int used = snprintf(error->text, sizeof error->text, "%s: ", prefix);
    if (used >= 0 && (size_t)used < sizeof error->text)
        snprintf(error->text + used, sizeof error->text - (size_t)used, "%s", old);
    keep_one_line(error->text);
}
