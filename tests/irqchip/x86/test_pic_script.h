// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A small language for 8259A tests: words in, results of the chips out.
//
//      m11 M08    write 11h to the master at A0=0, 08h at A0=1; s and S the slave; 3s and 3S chip 3
//      ?m ?M ?s   read the same way: the byte
//      =m         peek: the byte, without effect
//      +5 -5 ^5   line 5 high, low; trigger line 5
//      !          the two INTA cycles of an x86 CPU: the vector
//      a          one INTA cycle: the byte, or --
//      i          the INT pin: 0 or 1
#ifndef TEST_PIC_SCRIPT_H
#define TEST_PIC_SCRIPT_H

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "irqchip/x86/pic.h"

// The usual start: vectors 08h and 70h, slave at pin 2, 8086 mode.
#define PC_START "m11 M08 M04 M01 s11 S70 S02 S01 "

struct script {
    struct pic_cascade cascade;
    char out[512];
};

static void say(struct script *script, const char *format, int value)
{
    char *end = script->out + strlen(script->out);
    size_t left = sizeof script->out - strlen(script->out);

    snprintf(end, left, *script->out ? " " : "%s", "");
    end += strlen(end);
    snprintf(end, left - 1, format, value);
}

static void port(struct script *script, const char *word)
{
    unsigned chip = 0, a0;
    bool read = *word == '?', peek = *word == '=';

    word += read || peek;
    if (isdigit((unsigned char)*word))
        chip = (unsigned)(*word++ - '0');
    else
        chip = tolower((unsigned char)*word) == 's';
    a0 = isupper((unsigned char)*word++) != 0;
    if (read)
        say(script, "%02x", pic_cascade_read(&script->cascade, chip, a0));
    else if (peek)
        say(script, "%02x", pic_cascade_peek(&script->cascade, chip, a0));
    else
        pic_cascade_write(&script->cascade, chip, a0, (uint8_t)strtoul(word, NULL, 16));
}

static void step(struct script *script, const char *word)
{
    unsigned line = (unsigned)strtoul(word + 1, NULL, 10);
    int byte;

    switch (*word) {
    case '+': pic_cascade_set_line(&script->cascade, line, true); break;
    case '-': pic_cascade_set_line(&script->cascade, line, false); break;
    case '^': pic_cascade_trigger(&script->cascade, line); break;
    case '!': say(script, "%02x", pic_cascade_acknowledge(&script->cascade, NULL)); break;
    case 'a':
        byte = pic_cascade_inta(&script->cascade);
        say(script, byte == PIC_FLOATING ? "--" : "%02x", byte);
        break;
    case 'i': say(script, "%d", pic_cascade_int(&script->cascade)); break;
    default: port(script, word);
    }
}

// Runs the words and gives what was said since the last call.
static const char *run(struct script *script, const char *text)
{
    char copy[512], *state;

    cr_assert_lt(strlen(text), sizeof copy);
    strcpy(copy, text);
    script->out[0] = '\0';
    for (char *word = strtok_r(copy, " ", &state); word; word = strtok_r(NULL, " ", &state))
        step(script, word);
    return script->out;
}

#define EXPECT(script, text, expected) cr_assert_str_eq(run((script), (text)), (expected))

// A PC's pair after the usual start.
static inline struct script pc(void)
{
    struct script script = { .out = "" };
    pic_cascade_init_pc(&script.cascade);
    run(&script, PC_START);
    return script;
}

#endif
