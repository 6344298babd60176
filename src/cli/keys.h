// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The keys behind Ctrl-a on a terminal that a guest uses.
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include <stdbool.h>
#include <stdint.h>

struct keys {
    bool escapes;     // Ctrl-a is the escape key
    bool has_monitor; // there is a monitor to switch to
    bool escape_seen; // Ctrl-a came
};

enum key {
    KEY_NOTHING,
    KEY_BYTE,   // it is for whoever has the terminal: *byte, which is Ctrl-a after Ctrl-a a
    KEY_QUIT,   // Ctrl-a x
    KEY_SWITCH, // Ctrl-a c
};

// What the next byte from the terminal means. Ctrl-a h writes the list of keys to standard error.
enum key keys_take(struct keys *keys, uint8_t *byte);

#endif
