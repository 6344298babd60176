// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a person does to a machine from outside: the reset button, the power button, and the NMI switch of an engineer.
#ifndef MACHINE_BOARD_BUTTONS_H
#define MACHINE_BOARD_BUTTONS_H

#include <stdint.h>

struct board;

enum button { BUTTON_RESET, BUTTON_POWER, BUTTON_NMI }; // kinds of messages in a journal

struct buttons {
    uint16_t channel; // of the inbox: the last one
};

// Opens the channel. A negative errno with a line in board->error.
int buttons_init(struct board *board);

// Any thread. The button is pressed when the machine's thread drains its inbox. -ENOTSUP: this machine has no such button;
// -EROFS: a replay takes its input from the journal; -ENOMEM.
int buttons_press(struct board *board, enum button button);

#endif
