// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See look.h. It comes through the inbox, so that it wakes a machine that waits, and is no input: the look itself is in no journal, and
// it comes in a replay too. (A paced run that it wakes notes the host's time there, as at each time it wakes.)
#include "machine/board/look.h"

#include <errno.h>

#include "machine/board/board.h"

static bool accept(void *owner, struct inbox_message *message)
{
    struct look_channel *look = &((struct board *)owner)->look;
    void (*call)(void *owner, struct intact_machine *machine) = look->call;
    void *call_owner = look->owner;
    struct intact_machine *machine = look->machine;
    (void)message;
    atomic_store(&look->posted, false);
    call(call_owner, machine);
    return false;
}

int look_init(struct board *board)
{
    const struct inbox_channel channel = { .name = "look", .accept = accept, .owner = board, .about_run = true };
    int number = inbox_register(&board->inbox, &channel);
    board->look.node.message.channel = (uint16_t)number;
    return number < 0 ? error_set(&board->error, number, "-netdev: too many networks with input") : 0;
}

int look_post(struct board *board, struct intact_machine *machine,
              void (*call)(void *owner, struct intact_machine *machine), void *owner)
{
    struct look_channel *look = &board->look;
    if (atomic_exchange(&look->posted, true))
        return -EBUSY;
    look->call = call;
    look->owner = owner;
    look->machine = machine;
    inbox_post_node(&board->inbox, &look->node);
    return 0;
}
