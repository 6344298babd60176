// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Keys as text, as QEMU's sendkey has them: "ctrl-alt-f1".
#ifndef MACHINE_KEY_TEXT_H
#define MACHINE_KEY_TEXT_H

#include <intact/input.h>

enum { KEY_TEXT = 24, KEY_HOLD_MS = 100 }; // the hold of QEMU's sendkey

// Their number, at least 1. -ENOENT: there is no key `name`; -E2BIG: more than INTACT_STROKE_KEYS.
int key_text_parse(const char *text, int keys[INTACT_STROKE_KEYS], char name[KEY_TEXT]);

#endif
