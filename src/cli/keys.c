// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See keys.h.
#include "cli/keys.h"

#include <stdio.h>

enum { CTRL_A = 1 };

static void tell_keys(const struct keys *keys)
{
    fputs("\r\nCtrl-a h  this help\r\nCtrl-a x  quit\r\n", stderr);
    if (keys->has_monitor)
        fputs("Ctrl-a c  switch between the console and the monitor\r\n", stderr);
    fputs("Ctrl-a a  send Ctrl-a\r\n", stderr);
}

enum key keys_take(struct keys *keys, uint8_t *byte)
{
    if (!keys->escapes)
        return KEY_BYTE;
    if (!keys->escape_seen) {
        keys->escape_seen = *byte == CTRL_A;
        return keys->escape_seen ? KEY_NOTHING : KEY_BYTE;
    }
    keys->escape_seen = false;
    switch (*byte) {
    case 'x': return KEY_QUIT;
    case 'h': tell_keys(keys); return KEY_NOTHING;
    case 'c': return keys->has_monitor ? KEY_SWITCH : KEY_NOTHING;
    case CTRL_A:
    case 'a': *byte = CTRL_A; return KEY_BYTE;
    default: return KEY_NOTHING;
    }
}
