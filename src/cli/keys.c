// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See keys.h.
#include "cli/keys.h"

#include <stdio.h>

enum { CTRL_A = 1 };

static uint8_t escape_of(const struct keys *keys)
{
    return keys->escape ? keys->escape : CTRL_A;
}

void keys_name(const struct keys *keys, char *name)
{
    uint8_t escape = escape_of(keys);
    if (escape < ' ')
        snprintf(name, KEYS_NAME, "Ctrl-%c", escape | (escape <= 26 ? 0x60 : 0x40));
    else
        snprintf(name, KEYS_NAME, "%c", escape);
}

static void tell_keys(const struct keys *keys)
{
    char name[KEYS_NAME];
    keys_name(keys, name);
    fprintf(stderr, "\r\n%s h  this help\r\n%s x  quit\r\n", name, name);
    if (keys->has_monitor)
        fprintf(stderr, "%s c  switch between the console and the monitor\r\n", name);
    fprintf(stderr, "%s a  send %s\r\n", name, name);
}

enum key keys_take(struct keys *keys, uint8_t *byte)
{
    if (!keys->escapes)
        return KEY_BYTE;
    if (!keys->escape_seen) {
        keys->escape_seen = *byte == escape_of(keys);
        return keys->escape_seen ? KEY_NOTHING : KEY_BYTE;
    }
    keys->escape_seen = false;
    if (*byte == escape_of(keys)) // again: it is for the guest
        return KEY_BYTE;
    switch (*byte) {
    case 'x': return KEY_QUIT;
    case 'h': tell_keys(keys); return KEY_NOTHING;
    case 'c': return keys->has_monitor ? KEY_SWITCH : KEY_NOTHING;
    case 'a': *byte = escape_of(keys); return KEY_BYTE;
    default: return KEY_NOTHING;
    }
}
