// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See buttons.h. A press is a message of the inbox like any other input, so a journal has it with its moment.
//
//     any thread -- buttons_press --> inbox --> reset: the run ends with LOOP_RESET, and machine.c starts again, or does not
//                                               power, NMI: the machine's own (struct board_type)
//                                               a wire: hand.c; a balloon: devices/virtio/virtio_balloon.c
//
// Path: machine/machine.c / machine/pc/pc_wire.c
#include "machine/board/buttons.h"

#include <errno.h>

#include "devices/virtio/virtio_balloon.h"
#include "machine/board/board.h"
#include "machine/board/device_drivers.h"

// Several messages may come at one moment: a reset among them is done behind all of them.
static void handle(void *owner, const struct inbox_message *message, uint64_t now)
{
    struct board *board = owner;
    switch (message->kind) {
    case BUTTON_RESET:
        board->outside.reset_due = true;
        atomic_store(&board->outside.reset_posted, false);
        loop_stop(&board->loop, LOOP_RESET, 0);
        break;
    case BUTTON_POWER:
        if (board->type->press_power)
            board->type->press_power(board, now);
        break;
    case BUTTON_NMI:
        if (board->type->press_nmi)
            board->type->press_nmi(board);
        break;
    case BUTTON_WIRE: hand_set(board, message->a, message->b & 1); break;
    case BUTTON_BALLOON:
        if (device_virtio_balloon(board))
            virtio_balloon_set(device_virtio_balloon(board), message->a);
        break;
    }
}

int buttons_init(struct board *board)
{
    const struct inbox_channel channel = { .name = "buttons", .handle = handle, .owner = board };
    int number = inbox_register(&board->inbox, &channel);
    board->buttons.channel = (uint16_t)number;
    return number < 0 ? error_set(&board->error, number, "-netdev: too many networks with input") : 0;
}

// What this reads does not change while the machine runs.
int buttons_press(struct board *board, enum button button)
{
    const struct inbox_message message = { .channel = board->buttons.channel, .kind = (uint16_t)button };
    if ((button == BUTTON_POWER && !board->type->press_power) || (button == BUTTON_NMI && !board->type->press_nmi))
        return -ENOTSUP;
    if (board->inbox.repeats)
        return -EROFS;
    if (button == BUTTON_RESET)
        atomic_store(&board->outside.reset_posted, true);
    return inbox_post(&board->inbox, &message, 1);
}

int buttons_hold(struct board *board, uint32_t gsi, bool level)
{
    const struct inbox_message message = {
        .channel = board->buttons.channel, .kind = BUTTON_WIRE, .a = gsi, .b = level
    };
    if (!hand_has(board, gsi))
        return -ENXIO;
    if (board->inbox.repeats)
        return -EROFS;
    return inbox_post(&board->inbox, &message, 1);
}

int buttons_balloon(struct board *board, uint32_t pages)
{
    const struct inbox_message message = { .channel = board->buttons.channel, .kind = BUTTON_BALLOON, .a = pages };
    if (!device_virtio_balloon(board))
        return -ENOTSUP;
    if (board->inbox.repeats)
        return -EROFS;
    return inbox_post(&board->inbox, &message, 1);
}
