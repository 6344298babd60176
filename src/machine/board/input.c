// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See input.h. A key, a movement and a stroke are messages of the inbox like any other input, so a journal has them with their
// moment; what follows from a stroke by virtual time is part of the machine's state.
//
//     any thread -- input_key, input_pointer, input_stroke --> inbox --> the machine's own keyboard and mouse (struct board_type)
//
// Path: machine/pc/pc.c / devices/i8042.c
#include "machine/board/input.h"

#include <errno.h>

#include "machine/board/board.h"

#define BUTTONS 0x1f // enum intact_button

// --- strokes ---------------------------------------------------------------------------------------------------------

// A change: a key, whether it goes down, and the time until the next one, in ms.
#define NO_KEY 0xff

_Static_assert(INTACT_KEY_COUNT < NO_KEY && INTACT_HOLD_MAX < 1 << 16, "a change has 32 bits");

static void add_change(struct input_queue *queue, unsigned key, bool down, uint32_t hold_ms)
{
    if (queue->count == INTACT_CHANGES_MAX) {
        queue->lost++;
        return;
    }
    queue->changes[(queue->head + queue->count++) % INTACT_CHANGES_MAX] = key | (down ? 0x100u : 0) | hold_ms << 16;
}

// All changes that are due.
static void take_changes(struct board *board, uint64_t now)
{
    struct input_queue *queue = &board->input;
    while (queue->count && queue->next <= now) {
        uint32_t change = queue->changes[queue->head];
        unsigned key = change & 0xff;
        queue->head = (queue->head + 1) % INTACT_CHANGES_MAX;
        queue->count--;
        queue->next = now + (uint64_t)(change >> 16) * 1000000;
        if (key < INTACT_KEY_COUNT)
            board->type->key(board, key, change & 0x100, now);
    }
    clock_arm(&board->clock, &queue->event, queue->count ? queue->next : CLOCK_NEVER);
}

static void change_due(void *owner, uint64_t now)
{
    take_changes(owner, now);
}

// Keys go down in order, and up from the last to the first. Eight are in each of `a` and `b`.
static void begin_stroke(struct board *board, const struct inbox_message *message, uint64_t now)
{
    uint8_t keys[INTACT_STROKE_KEYS];
    uint32_t count = message->id, hold_ms = (uint32_t)message->c;
    for (unsigned i = 0; i < INTACT_STROKE_KEYS; i++)
        keys[i] = (uint8_t)((i < 8 ? message->a : message->b) >> (8 * (i % 8)));
    if (count > INTACT_STROKE_KEYS || hold_ms > INTACT_HOLD_MAX)
        return;
    if (count == 0)
        add_change(&board->input, NO_KEY, false, hold_ms);
    for (unsigned i = 0; i < count; i++)
        add_change(&board->input, keys[i], true, hold_ms);
    for (unsigned i = count; i > 0; i--)
        add_change(&board->input, keys[i - 1], false, hold_ms);
    take_changes(board, now);
}

// --- messages --------------------------------------------------------------------------------------------------------

// A journal may be made to do harm: what it has is checked again.
static void handle(void *owner, const struct inbox_message *message, uint64_t now)
{
    struct board *board = owner;
    if (message->kind == INPUT_KEY && board->type->key && message->a < INTACT_KEY_COUNT)
        board->type->key(board, (unsigned)message->a, message->b & 1, now);
    if (message->kind == INPUT_POINTER && board->type->pointer)
        board->type->pointer(board, (int16_t)message->a, (int16_t)(message->a >> 16), (int8_t)(message->a >> 32),
                             message->b & BUTTONS, now);
    if (message->kind == INPUT_STROKE && board->type->key)
        begin_stroke(board, message, now);
}

int input_init(struct board *board)
{
    const struct inbox_channel channel = { .name = "input", .handle = handle, .owner = board };
    int number = inbox_register(&board->inbox, &channel);
    board->input.channel = (uint16_t)number;
    clock_register(&board->clock, &board->input.event, "input", change_due, board);
    return number < 0 ? error_set(&board->error, number, "-netdev: too many networks with input") : 0;
}

static int post(struct board *board, struct inbox_message message)
{
    message.channel = board->input.channel;
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

int input_stroke(struct board *board, const int *keys, unsigned count, uint32_t hold_ms)
{
    struct inbox_message message = { .kind = INPUT_STROKE, .id = count, .c = hold_ms };
    if (count > INTACT_STROKE_KEYS || hold_ms > INTACT_HOLD_MAX)
        return -EINVAL;
    if (!board->type->key)
        return -ENOTSUP;
    for (unsigned i = 0; i < count; i++) {
        if (keys[i] < 0 || keys[i] >= INTACT_KEY_COUNT)
            return -EINVAL;
        *(i < 8 ? &message.a : &message.b) |= (uint64_t)keys[i] << (8 * (i % 8));
    }
    return post(board, message);
}

// --- the list of state -----------------------------------------------------------------------------------------------

void input_visit(struct board *board, struct visit *v)
{
    VISIT_ARRAY(v, board->input.changes);
    VISIT_BELOW(v, board->input.head, INTACT_CHANGES_MAX);
    VISIT_BELOW(v, board->input.count, INTACT_CHANGES_MAX + 1);
    VISIT(v, board->input.next);
    VISIT(v, board->input.lost);
    VISIT_NESTED(v, "event", event_visit(&board->input.event, v));
}
