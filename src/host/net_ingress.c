// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See net_ingress.h.
#include "host/net_ingress.h"

#include <errno.h>
#include <stdlib.h>

enum { FRAME_BEGIN, FRAME_BYTES };
enum { WORD_BYTES = 8, MESSAGE_BYTES = 3 * WORD_BYTES };

// Little-endian on every host; bytes beyond the frame are 0.
static uint64_t pack(const uint8_t *bytes, size_t size, size_t at)
{
    uint64_t value = 0;
    for (size_t i = 0; i < WORD_BYTES && at + i < size; i++)
        value |= (uint64_t)bytes[at + i] << (8 * i);
    return value;
}

static void unpack(struct net_ingress *ingress, uint64_t value)
{
    for (unsigned i = 0; i < WORD_BYTES && ingress->arrived < ingress->expected; i++)
        ingress->frame[ingress->arrived++] = (uint8_t)(value >> (8 * i));
}

int net_ingress_post(struct net_ingress *ingress, const void *frame, size_t size)
{
    size_t pieces = (size + MESSAGE_BYTES - 1) / MESSAGE_BYTES;
    if (size == 0 || size > INTACT_NET_FRAME)
        return -EINVAL;
    struct inbox_message *messages = calloc(pieces + 1, sizeof *messages);
    if (!messages)
        return -ENOMEM;
    messages[0] = (struct inbox_message){ .channel = ingress->channel, .kind = FRAME_BEGIN, .a = size };
    for (size_t i = 0; i < pieces; i++)
        messages[i + 1] = (struct inbox_message){ .channel = ingress->channel,
                                                  .kind = FRAME_BYTES,
                                                  .a = pack(frame, size, i * MESSAGE_BYTES),
                                                  .b = pack(frame, size, i * MESSAGE_BYTES + WORD_BYTES),
                                                  .c = pack(frame, size, i * MESSAGE_BYTES + 2 * WORD_BYTES) };
    int result = inbox_post(ingress->inbox, messages, pieces + 1);
    free(messages);
    if (result == 0)
        atomic_fetch_add(&ingress->posted, 1);
    return result;
}

unsigned net_ingress_waiting(const struct net_ingress *ingress)
{
    return atomic_load(&ingress->posted) - atomic_load(&ingress->taken);
}

static void take_message(void *owner, const struct inbox_message *message, uint64_t now)
{
    struct net_ingress *ingress = owner;
    (void)now;
    if (message->kind == FRAME_BEGIN) {
        ingress->arrived = 0;
        ingress->expected = message->a < INTACT_NET_FRAME ? (size_t)message->a : INTACT_NET_FRAME;
        return;
    }
    unpack(ingress, message->a);
    unpack(ingress, message->b);
    unpack(ingress, message->c);
    if (ingress->arrived < ingress->expected)
        return;
    ingress->receive(ingress->card, ingress->frame, ingress->expected);
    atomic_fetch_add(&ingress->taken, 1);
}

int net_ingress_open(struct net_ingress *ingress)
{
    const struct inbox_channel channel = { .name = "net", .handle = take_message, .owner = ingress };
    int number = inbox_register(ingress->inbox, &channel);
    ingress->channel = (uint16_t)number;
    return number < 0 ? number : 0;
}
