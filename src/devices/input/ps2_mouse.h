// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A mouse of the PS/2, which becomes one with a wheel, and one with five buttons, when its driver asks for that.
//
//     ps2_mouse_move --> counters --> a packet for each sample, or when it is asked for --+
//     ps2_mouse_receive -- answers -------------------------------------------------------+--> ps2_mouse_take
//
//     byte 0   Y, X beyond 255 | sign Y | sign X | 1 | middle | right | left
//     byte 1   X, to the right        byte 2   Y, up
//     byte 3   ID 3: the wheel; ID 4: 0 | 0 | extra | side | the wheel, 4 bits
//
// Time is an argument; ps2_mouse_deadline says when the next sample has something to tell.
#ifndef DEVICES_INPUT_PS2_MOUSE_H
#define DEVICES_INPUT_PS2_MOUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"

enum {
    PS2_MOUSE_SCALE_1 = 0xe6,
    PS2_MOUSE_SCALE_2 = 0xe7,
    PS2_MOUSE_RESOLUTION = 0xe8,
    PS2_MOUSE_STATUS = 0xe9,
    PS2_MOUSE_STREAM = 0xea,
    PS2_MOUSE_READ = 0xeb,
    PS2_MOUSE_WRAP_OFF = 0xec,
    PS2_MOUSE_WRAP = 0xee,
    PS2_MOUSE_REMOTE = 0xf0,
    PS2_MOUSE_IDENTIFY = 0xf2,
    PS2_MOUSE_RATE = 0xf3,
    PS2_MOUSE_ENABLE = 0xf4,
    PS2_MOUSE_DISABLE = 0xf5,
    PS2_MOUSE_DEFAULTS = 0xf6,
    PS2_MOUSE_RESEND = 0xfe,
    PS2_MOUSE_RESET = 0xff,
    PS2_MOUSE_ACK = 0xfa,
    PS2_MOUSE_ERROR = 0xfc, // the second byte in a row that is wrong
    PS2_MOUSE_PASSED = 0xaa,
};

enum { PS2_MOUSE_ID = 0, PS2_MOUSE_ID_WHEEL = 3, PS2_MOUSE_ID_FIVE = 4 };

#define PS2_MOUSE_BYTES 16

struct ps2_mouse {
    uint8_t bytes[PS2_MOUSE_BYTES], head, count; // for the host
    uint8_t sent[4], sent_count;                 // the last answer or packet, for "resend"
    uint8_t command;                             // one that waits for its argument; 0: none
    bool wrong;                                  // the last byte was
    bool wrap, remote, enabled, doubled;
    uint8_t resolution, rate;
    uint8_t rates[2]; // set before that one, the older one first
    uint8_t id;
    int32_t x, y, wheel;   // since the last packet: right, down, towards the user
    uint8_t buttons, told; // enum intact_button: now, and in the last packet
    uint64_t next;         // ns: the next sample
};

void ps2_mouse_reset(struct ps2_mouse *mouse);

// Counts as intact_machine_pointer has them.
void ps2_mouse_move(struct ps2_mouse *mouse, int x, int y, int wheel, uint8_t buttons, uint64_t now);
// A byte from the host.
void ps2_mouse_receive(struct ps2_mouse *mouse, uint8_t byte);

// Has it a byte for the host? The next one.
bool ps2_mouse_ready(const struct ps2_mouse *mouse);
uint8_t ps2_mouse_take(struct ps2_mouse *mouse);

// The time at which ps2_mouse_tick has something to do; UINT64_MAX: none.
uint64_t ps2_mouse_deadline(const struct ps2_mouse *mouse);
void ps2_mouse_tick(struct ps2_mouse *mouse, uint64_t now);

void ps2_mouse_visit(struct ps2_mouse *mouse, struct visit *v);

#endif
