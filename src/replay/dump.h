// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A state as text, for people and for comparing two of them: each field with its path and value, "lapic1/tmr[3]" and
// "00000001"; and pages of RAM by the hash of their contents.
#ifndef REPLAY_DUMP_H
#define REPLAY_DUMP_H

#include <stdint.h>

#include "base/state.h"

struct dump {
    struct visit visit;
    void (*line)(void *owner, const char *path, const char *value);
    void *owner;
    struct visit_path lists;
};

// Visits with dump->visit call `line` for each element that is not 0.
void dump_init(struct dump *dump, void (*line)(void *owner, const char *path, const char *value), void *owner);

// The same for RAM that begins at `address`: "ram/" and the address of each page that is not zeros, in hexadecimal digits.
void dump_ram(struct dump *dump, const uint8_t *ram, uint64_t size, uint64_t address);

#endif
