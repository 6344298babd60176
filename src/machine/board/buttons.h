// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a person does to a machine from outside: the reset button, the power button, the NMI switch of an engineer, a wire that is
// held high or let go (hand.h), and what a memory balloon is asked for.
#ifndef MACHINE_BOARD_BUTTONS_H
#define MACHINE_BOARD_BUTTONS_H

#include <stdbool.h>
#include <stdint.h>

struct board;

enum button { BUTTON_RESET, BUTTON_POWER, BUTTON_NMI, BUTTON_WIRE, BUTTON_BALLOON }; // kinds of messages in a journal

struct buttons {
    uint16_t channel; // of the inbox: the last one
};

// Opens the channel. A negative errno with a line in board->error.
int buttons_init(struct board *board);

// Any thread. The button is pressed when the machine's thread drains its inbox. -ENOTSUP: this machine has no such button;
// -EROFS: a replay takes its input from the journal; -ENOMEM.
int buttons_press(struct board *board, enum button button);
// The same for a wire. -ENXIO: it leads nowhere.
int buttons_hold(struct board *board, uint32_t gsi, bool level);
// The same for how many pages of 4 KiB a balloon is to have. -ENOTSUP: there is none.
int buttons_balloon(struct board *board, uint32_t pages);

#endif
