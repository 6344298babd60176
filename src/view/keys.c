// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See keys.h.
#include "view/keys.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 24 };

static const struct {
    const char *name;
    int key;
} names[] = {
    { "Enter", VIEW_KEY_ENTER }, { "Esc", VIEW_KEY_ESCAPE }, { "Tab", VIEW_KEY_TAB },
    { "Up", VIEW_KEY_UP },       { "Down", VIEW_KEY_DOWN },  { "Left", VIEW_KEY_LEFT },
    { "Right", VIEW_KEY_RIGHT }, { "Space", ' ' },           { "lt", '<' },
};

static int key_of_name(const char *name)
{
    unsigned column, line;
    char letter, end;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i].name) == 0)
            return names[i].key;
    if (sscanf(name, "Ctrl-%c%c", &letter, &end) == 1 && letter >= 'a' && letter <= 'z')
        return letter - 'a' + 1;
    if (sscanf(name, "click %u,%u%c", &column, &line, &end) == 2 && column < 1024 && line < 1024)
        return view_key_click(column, line);
    return -1;
}

int view_key_next(const char **text, bool console)
{
    char name[NAME];
    char character = *(*text)++;
    if (character == '<') {
        size_t length = strcspn(*text, ">");
        if (length >= sizeof name || !(*text)[length])
            return -1;
        memcpy(name, *text, length);
        name[length] = 0;
        *text += length + 1;
        return key_of_name(name);
    }
    if (!console && (character == 'T' || character == 't'))
        return character == 'T' ? VIEW_KEY_TAB : VIEW_KEY_BACK_TAB;
    return (uint8_t)character;
}
