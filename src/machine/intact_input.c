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

int intact_key_of_character(char character, int keys[2])
{
    // Places 0 to 9 of the row of digits, then what is beside letters; the upper row is with shift.
    static const char plain[] = "1234567890-=[];'`\\,./ \n\t", shifted[] = "!@#$%^&*()_+{}:\"~|<>?";
    static const uint8_t places[] = {
        INTACT_KEY_1,
        INTACT_KEY_2,
        INTACT_KEY_3,
        INTACT_KEY_4,
        INTACT_KEY_5,
        INTACT_KEY_6,
        INTACT_KEY_7,
        INTACT_KEY_8,
        INTACT_KEY_9,
        INTACT_KEY_0,
        INTACT_KEY_MINUS,
        INTACT_KEY_EQUAL,
        INTACT_KEY_BRACKET_LEFT,
        INTACT_KEY_BRACKET_RIGHT,
        INTACT_KEY_SEMICOLON,
        INTACT_KEY_APOSTROPHE,
        INTACT_KEY_GRAVE_ACCENT,
        INTACT_KEY_BACKSLASH,
        INTACT_KEY_COMMA,
        INTACT_KEY_DOT,
        INTACT_KEY_SLASH,
        INTACT_KEY_SPC,
        INTACT_KEY_RET,
        INTACT_KEY_TAB,
    };
    bool upper = character >= 'A' && character <= 'Z';
    const char *below = character ? strchr(plain, character) : NULL;
    const char *above = character ? strchr(shifted, character) : NULL;
    int key = below ? places[below - plain] : above ? places[above - shifted] : -ENOENT;
    if (upper || (character >= 'a' && character <= 'z'))
        key = intact_key_find((const char[]){ (char)(upper ? character + 32 : character), 0 });
    if (key < 0)
        return key;
    keys[0] = INTACT_KEY_SHIFT;
    keys[upper || above] = key;
    return upper || above ? 2 : 1;
}

int intact_machine_key(struct intact_machine *machine, int key, bool down)
{
    return input_key(machine->board, key, down);
}

int intact_machine_stroke(struct intact_machine *machine, const int *keys, unsigned count, unsigned hold_ms)
{
    return input_stroke(machine->board, keys, count, hold_ms);
}

int intact_machine_pointer(struct intact_machine *machine, int dx, int dy, int wheel, unsigned buttons)
{
    return input_pointer(machine->board, dx, dy, wheel, buttons);
}
