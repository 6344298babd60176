// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See input.h. A key and a movement are messages of the inbox like any other input, so a journal has them with their moment.
//
//     any thread -- input_key, input_pointer --> inbox --> the machine's own keyboard and mouse (struct board_type)
//
// Path: machine/pc/pc.c / devices/i8042.c
#include "machine/board/input.h"

#include <errno.h>
#include <intact/input.h>

#include "machine/board/board.h"

#define BUTTONS 0x1f // enum intact_button

// A journal may be made to do harm: what it has is checked again.
static void handle(void *owner, const struct inbox_message *message, uint64_t now)
{
    struct board *board = owner;
    if (message->kind == INPUT_KEY && board->type->key && message->a < INTACT_KEY_COUNT)
        board->type->key(board, (unsigned)message->a, message->b & 1, now);
    if (message->kind == INPUT_POINTER && board->type->pointer)
        board->type->pointer(board, (int16_t)message->a, (int16_t)(message->a >> 16), (int8_t)(message->a >> 32),
                             message->b & BUTTONS, now);
}

int input_init(struct board *board)
{
    const struct inbox_channel channel = { .name = "input", .handle = handle, .owner = board };
    int number = inbox_register(&board->inbox, &channel);
    board->input.number = (uint16_t)number;
    return number < 0 ? error_set(&board->error, number, "-netdev: too many networks with input") : 0;
}

static int post(struct board *board, struct inbox_message message)
{
    message.channel = board->input.number;
    if (board->inbox.repeats)
        return -EROFS;
    return inbox_post(&board->inbox, &message, 1);
}

int input_key(struct board *board, int key, bool down)
{
    if (key < 0 || key >= INTACT_KEY_COUNT)
        return -EINVAL;
    if (!board->type->key)
        return -ENOTSUP;
    return post(board, (struct inbox_message){ .kind = INPUT_KEY, .a = (uint64_t)key, .b = down });
}

int input_pointer(struct board *board, int dx, int dy, int wheel, unsigned buttons)
{
    if (dx != (int16_t)dx || dy != (int16_t)dy || wheel != (int8_t)wheel || (buttons & ~(unsigned)BUTTONS))
        return -EINVAL;
    if (!board->type->pointer)
        return -ENOTSUP;
    uint64_t counts = (uint16_t)dx | (uint64_t)(uint16_t)dy << 16 | (uint64_t)(uint8_t)wheel << 32;
    return post(board, (struct inbox_message){ .kind = INPUT_POINTER, .a = counts, .b = buttons });
}
