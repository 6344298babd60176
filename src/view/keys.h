// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Keys and clicks as numbers, for every face, and as text, as -keys has them.
#ifndef VIEW_KEYS_H
#define VIEW_KEYS_H

#include <stdbool.h>
#include <stdint.h>

// A character is itself.
enum {
    VIEW_KEY_CTRL_A = 1,
    VIEW_KEY_TAB = '\t',
    VIEW_KEY_ENTER = '\r',
    VIEW_KEY_ESCAPE = 27,
    VIEW_KEY_BACK_TAB = 0x100, // Shift-Tab
    VIEW_KEY_UP,
    VIEW_KEY_DOWN,
    VIEW_KEY_LEFT,
    VIEW_KEY_RIGHT,
    VIEW_KEY_LEAVE, // Ctrl-a c, and Ctrl-a x
    VIEW_KEY_QUIT,
    VIEW_KEY_CLICK = 0x10000, // and above: the place of a click, as view_key_click makes it
};

static inline int view_key_click(unsigned column, unsigned line)
{
    return VIEW_KEY_CLICK + (int)(line << 10 | column);
}

static inline bool view_key_is_click(int key, unsigned *column, unsigned *line)
{
    *column = (unsigned)(key - VIEW_KEY_CLICK) & 1023;
    *line = (unsigned)(key - VIEW_KEY_CLICK) >> 10;
    return key >= VIEW_KEY_CLICK;
}

// The next key of a text, which goes on behind it: a character; T for Tab and t for Shift-Tab, but for what is typed into the
// guest's console, `console`; or a name in angle brackets: <Enter>, <Esc>, <Tab>, <Up>, <Down>, <Left>, <Right>, <Space>, <lt> for
// "<" itself, <Ctrl-a> to <Ctrl-z>, <click COLUMN,LINE> from 0,0 on. -1: it is none of these.
int view_key_next(const char **text, bool console);

#endif
