// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See send_queue.h.
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#else
#define _DEFAULT_SOURCE
#endif
#include "host/send_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 // SO_NOSIGPIPE instead
#endif

static void give_up(struct send_queue *queue, int socket)
{
    shutdown(socket, SHUT_RDWR);
    send_queue_empty(queue);
}

// How much was sent. False: the client has gone.
static bool send_some(int socket, const char *data, size_t size, int flags, size_t *done)
{
    for (*done = 0; *done < size;) {
        ssize_t count = send(socket, data + *done, size - *done, MSG_NOSIGNAL | flags);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        *done += (size_t)count;
    }
    return true;
}

void send_queue_flush(struct send_queue *queue, int socket, bool waits)
{
    size_t done;
    if (queue->size == 0)
        return;
    if (!send_some(socket, queue->bytes, queue->size, waits ? 0 : MSG_DONTWAIT, &done)) {
        give_up(queue, socket);
        return;
    }
    queue->size -= done;
    memmove(queue->bytes, queue->bytes + done, queue->size);
}

static bool make_room(struct send_queue *queue, size_t size)
{
    enum { FIRST_ROOM = 4096 };
    size_t room = queue->room ? queue->room : FIRST_ROOM;
    while (room < size)
        room *= 2;
    char *bytes = room > queue->room ? realloc(queue->bytes, room) : queue->bytes;
    if (!bytes)
        return false;
    queue->bytes = bytes;
    queue->room = room;
    return true;
}

static bool add(struct send_queue *queue, const char *data, size_t size)
{
    if (size > SEND_QUEUE_LIMIT - queue->size || !make_room(queue, queue->size + size))
        return false;
    memcpy(queue->bytes + queue->size, data, size);
    queue->size += size;
    return true;
}

void send_queue_write(struct send_queue *queue, int socket, const void *data, size_t size)
{
    size_t done = 0;
    bool is_there = true;
    send_queue_flush(queue, socket, false);
    if (queue->size == 0)
        is_there = send_some(socket, data, size, MSG_DONTWAIT, &done);
    if (!is_there || (done < size && !add(queue, (const char *)data + done, size - done)))
        give_up(queue, socket);
}

void send_queue_empty(struct send_queue *queue)
{
    free(queue->bytes);
    *queue = (struct send_queue){ NULL };
}
