// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The machine's keyboard and mouse, as a person uses them from outside, and keys that are pressed and let go by virtual time.
//
//     input_stroke --> [ ctrl down, c down, c up, ctrl up; 100 ms after each ] --> the keyboard
#ifndef MACHINE_BOARD_INPUT_H
#define MACHINE_BOARD_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/input.h>

#include "base/clock.h"
#include "base/visit.h"

struct board;

enum input { INPUT_KEY, INPUT_POINTER, INPUT_STROKE }; // kinds of messages in a journal

struct input_queue {
    uint16_t channel; // of the inbox
    uint32_t changes[INTACT_CHANGES_MAX], head, count;
    uint64_t next; // ns: when the first of them is due
    uint32_t lost;
    struct event event;
};

// Opens the channel. A negative errno with a line in board->error.
int input_init(struct board *board);

// Any thread: see intact/input.h. What is asked for happens when the machine's thread drains its inbox.
int input_key(struct board *board, int key, bool down);
int input_pointer(struct board *board, int dx, int dy, int wheel, unsigned buttons);
int input_stroke(struct board *board, const int *keys, unsigned count, uint32_t hold_ms);

void input_visit(struct board *board, struct visit *v);

#endif
