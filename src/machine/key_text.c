// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See key_text.h.
#include "machine/key_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int key_text_parse(const char *text, int keys[INTACT_STROKE_KEYS], char name[KEY_TEXT])
{
    int count = 0;
    do {
        size_t length = strcspn(text, "-");
        if (count == INTACT_STROKE_KEYS)
            return -E2BIG;
        snprintf(name, KEY_TEXT, "%.*s", (int)(length < KEY_TEXT ? length : KEY_TEXT), text);
        keys[count] = intact_key_find(length == 1 && *text == '<' ? "less" : name);
        if (keys[count++] < 0)
            return -ENOENT;
        text += length;
    } while (*text++ == '-');
    return count;
}
