// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The keys behind Ctrl-a, or the character of -echr, on a terminal that a guest uses.
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include <stdbool.h>
#include <stdint.h>

struct keys {
    bool escapes;     // there is an escape key
    uint8_t escape;   // it; 0: Ctrl-a
    bool has_monitor; // there is a monitor to switch to
    bool escape_seen; // it came
};

enum key {
    KEY_NOTHING,
    KEY_BYTE,   // it is for whoever has the terminal: *byte, which is Ctrl-a after Ctrl-a a
    KEY_QUIT,   // Ctrl-a x
    KEY_SWITCH, // Ctrl-a c
};

#define KEYS_NAME 8
// The escape key as it is typed, "Ctrl-a"; into `name` of KEYS_NAME bytes.
void keys_name(const struct keys *keys, char *name);

// What the next byte from the terminal means. Ctrl-a h writes the list of keys to standard error.
enum key keys_take(struct keys *keys, uint8_t *byte);

#endif
