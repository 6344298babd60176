// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The machine's keyboard and mouse, as a person uses them from outside.
#ifndef MACHINE_BOARD_INPUT_H
#define MACHINE_BOARD_INPUT_H

#include <stdbool.h>
#include <stdint.h>

struct board;

enum input { INPUT_KEY, INPUT_POINTER }; // kinds of messages in a journal

struct input_channel {
    uint16_t number; // of the inbox
};

// Opens the channel. A negative errno with a line in board->error.
int input_init(struct board *board);

// Any thread: see intact/input.h. What is asked for happens when the machine's thread drains its inbox.
int input_key(struct board *board, int key, bool down);
int input_pointer(struct board *board, int dx, int dy, int wheel, unsigned buttons);

#endif
