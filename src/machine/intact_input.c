// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Keys, by name too, and the mouse, for programs (<intact/input.h>).
#include <intact/input.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "devices/input/ps2_codes.h"
#include "machine/machine.h"

static const char *const names[INTACT_KEY_COUNT] = {
#define KEY_NAME(name, text) [INTACT_KEY_##name] = text,
    INTACT_KEYS(KEY_NAME)
#undef KEY_NAME
};

static const struct {
    const char *name;
    enum intact_key key;
} others[] = { { "menu", INTACT_KEY_COMPOSE },
               { "asterisk", INTACT_KEY_KP_MULTIPLY },
               { "lf", INTACT_KEY_KP_ENTER },
               { "hiragana", INTACT_KEY_KATAKANAHIRAGANA } };

const char *intact_key_name(unsigned key)
{
    return key < INTACT_KEY_COUNT ? names[key] : NULL;
}

static int find_code(const char *text)
{
    char *end;
    unsigned long code = strtoul(text, &end, 16);
    int key = *end || code > 0xff ? -1 : ps2_key_of_set1(code & 0x7f, code & 0x80);
    return key < 0 ? -ENOENT : key;
}

int intact_key_find(const char *name)
{
    for (int key = 0; key < INTACT_KEY_COUNT; key++)
        if (strcmp(names[key], name) == 0)
            return key;
    for (unsigned i = 0; i < countof(others); i++)
        if (strcmp(others[i].name, name) == 0)
            return (int)others[i].key;
    return strncmp(name, "0x", 2) == 0 && name[2] ? find_code(name + 2) : -ENOENT;
}

int intact_machine_key(struct intact_machine *machine, int key, bool down)
{
    return input_key(machine->board, key, down);
}

int intact_machine_pointer(struct intact_machine *machine, int dx, int dy, int wheel, unsigned buttons)
{
    return input_pointer(machine->board, dx, dy, wheel, buttons);
}
