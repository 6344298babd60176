// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a client at a socket is sent, without waiting for it: what it has not taken yet is kept, up to a limit.
#ifndef HOST_SEND_QUEUE_H
#define HOST_SEND_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#define SEND_QUEUE_LIMIT (1u << 20) // bytes

struct send_queue {
    char *bytes;
    size_t size, room;
};

// A client that has left too much, or has gone, is given up: its connection is shut down, which its next read finds.
void send_queue_write(struct send_queue *queue, int socket, const void *data, size_t size);
// Sends as much of what is kept as the client takes now, or with `waits` within the time of its SO_SNDTIMEO.
void send_queue_flush(struct send_queue *queue, int socket, bool waits);
void send_queue_empty(struct send_queue *queue);

#endif
