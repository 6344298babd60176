// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A keyboard of the PS/2 (101 or 102 keys), as its host sees it through the cable: a byte in, bytes out.
//
//     ps2_keyboard_key -- make and break codes --> [ 16 bytes ] --+
//     ps2_keyboard_receive -- answers --> [ at most 4 ] ----------+--> ps2_keyboard_take
//
// Time is an argument; ps2_keyboard_deadline says when a held key repeats.
#ifndef DEVICES_INPUT_PS2_KEYBOARD_H
#define DEVICES_INPUT_PS2_KEYBOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"
#include "devices/input/ps2_codes.h"

enum {
    PS2_KBD_LEDS = 0xed,
    PS2_KBD_ECHO = 0xee,
    PS2_KBD_SCAN_SET = 0xf0,
    PS2_KBD_IDENTIFY = 0xf2,
    PS2_KBD_RATE = 0xf3,
    PS2_KBD_ENABLE = 0xf4,
    PS2_KBD_DISABLE = 0xf5,
    PS2_KBD_DEFAULTS = 0xf6,
    PS2_KBD_ALL_REPEAT = 0xf7, // types of all keys in set 3
    PS2_KBD_ALL_BREAK = 0xf8,
    PS2_KBD_ALL_MAKE = 0xf9,
    PS2_KBD_ALL_REPEAT_BREAK = 0xfa,
    PS2_KBD_KEY_REPEAT = 0xfb, // of one key or more, whose codes follow
    PS2_KBD_KEY_BREAK = 0xfc,
    PS2_KBD_KEY_MAKE = 0xfd,
    PS2_KBD_RESEND = 0xfe,
    PS2_KBD_RESET = 0xff,
    PS2_ACK = 0xfa,
    PS2_PASSED = 0xaa,
};

enum { PS2_LED_SCROLL = 1, PS2_LED_NUM = 2, PS2_LED_CAPS = 4 };

#define PS2_CODES   16 // bytes of codes that the keyboard keeps
#define PS2_ANSWERS 4

struct ps2_keyboard {
    uint8_t codes[PS2_CODES + 1], code_head, code_count; // the last place is for the overrun code
    uint8_t answers[PS2_ANSWERS], answer_head, answer_count;
    bool overrun;    // the last code there stands for lost ones
    uint8_t command; // one that waits for its argument; 0: none
    uint8_t last;    // byte sent, for "resend"
    uint8_t scan_set, leds, rate;
    bool scanning;
    uint8_t types[PS2_SET3]; // set 3: PS2_REPEAT, PS2_BREAK of each code
    bool down[INTACT_KEY_COUNT];
    bool sysrq;         // Print went down while Alt was
    uint8_t repeats;    // the key that repeats, plus 1; 0: none
    uint64_t repeat_at; // ns
    uint32_t lost;      // codes for which there was no room
};

void ps2_keyboard_reset(struct ps2_keyboard *kbd);

// A key goes down or up.
void ps2_keyboard_key(struct ps2_keyboard *kbd, unsigned key, bool down, uint64_t now);
// A byte from the host.
void ps2_keyboard_receive(struct ps2_keyboard *kbd, uint8_t byte);

// Has it a byte for the host? The next one.
bool ps2_keyboard_ready(const struct ps2_keyboard *kbd);
uint8_t ps2_keyboard_take(struct ps2_keyboard *kbd);

// Clears what waits to be sent.
void ps2_keyboard_clear(struct ps2_keyboard *kbd);

// The time at which ps2_keyboard_tick has something to do; UINT64_MAX: none.
uint64_t ps2_keyboard_deadline(const struct ps2_keyboard *kbd);
void ps2_keyboard_tick(struct ps2_keyboard *kbd, uint64_t now);

void ps2_keyboard_visit(struct ps2_keyboard *kbd, struct visit *v);

#endif
