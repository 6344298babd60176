// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The codes of the keys of an AT keyboard, in its scan sets 2 and 3, and set 1 as translation from set 2.
//
// IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-Key)": scan code tables. The keys that
// multimedia keyboards add: Microsoft, "Keyboard Scan Code Specification" 1.3a.
#ifndef DEVICES_INPUT_PS2_CODES_H
#define DEVICES_INPUT_PS2_CODES_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/input.h>

enum ps2_special { // keys whose code in the sets 1 and 2 is more than a prefix and a byte
    PS2_PLAIN,
    PS2_SHIFTED, // of the cursor block: as if shift were up (or with Num Lock: down)
    PS2_DIVIDE,  // the same without Num Lock
    PS2_PRINT,
    PS2_PAUSE,
};

enum ps2_type { // of a key in set 3: a mask
    PS2_MAKE = 0,
    PS2_REPEAT = 1,
    PS2_BREAK = 2,
};

struct ps2_key {
    uint8_t set2;
    bool prefix;  // E0h goes before it
    uint8_t set3; // 0: none
    uint8_t type; // at reset, in set 3
    uint8_t special;
};

#define PS2_RELEASE 0xf0 // prefix of scan sets 2 and 3
#define PS2_SET3    0x90 // codes of set 3 are below

extern const struct ps2_key ps2_keys[INTACT_KEY_COUNT];

// A code of set 2 as set 1 has it: what a controller makes of it, and a keyboard in set 1 sends. Codes from 80h on are
// unchanged, except for two.
uint8_t ps2_translated(uint8_t code);

// The key of a code of set 1, `prefix`: behind E0h; -1: there is none.
int ps2_key_of_set1(uint8_t code, bool prefix);

#endif
