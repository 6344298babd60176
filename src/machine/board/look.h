// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Another thread's look at the machine: a call on the machine's thread, between two instructions.
#ifndef MACHINE_BOARD_LOOK_H
#define MACHINE_BOARD_LOOK_H

#include <stdatomic.h>

#include "base/inbox.h"

struct board;
struct intact_machine;

struct look_channel {
    struct inbox_node node;
    atomic_bool posted; // it is on its way
    void (*call)(void *owner, struct intact_machine *machine);
    void *owner;
    struct intact_machine *machine;
};

// Opens the channel. A negative errno with a line in board->error.
int look_init(struct board *board);

// Any thread. -EBUSY: an earlier one is still on its way.
int look_post(struct board *board, struct intact_machine *machine,
              void (*call)(void *owner, struct intact_machine *machine), void *owner);

#endif
