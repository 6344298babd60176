// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See net_queue.h.
#include "host/net_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUEUE_LIMIT = 1024 };

int net_queue_init(struct net_queue *queue, const char *option, struct error *error)
{
    *queue = (struct net_queue){ .last = &queue->first };
    pthread_mutex_init(&queue->lock, NULL);
    if (pipe(queue->wake) < 0) {
        queue->wake[0] = queue->wake[1] = -1;
        return error_set(error, -errno, "%s: %s", option, strerror(errno));
    }
    for (unsigned i = 0; i < 2; i++) {
        fcntl(queue->wake[i], F_SETFL, O_NONBLOCK);
        fcntl(queue->wake[i], F_SETFD, FD_CLOEXEC);
    }
    return 0;
}

void net_queue_destroy(struct net_queue *queue)
{
    bool quit;
    for (struct net_frame *frame = net_queue_take(queue, &quit), *next; frame; frame = next) {
        next = frame->next;
        free(frame);
    }
    for (unsigned i = 0; i < 2; i++)
        if (queue->wake[i] >= 0)
            close(queue->wake[i]);
    pthread_mutex_destroy(&queue->lock);
}

void net_queue_wake(struct net_queue *queue)
{
    static const uint8_t byte = 0;
    if (write(queue->wake[1], &byte, 1) < 0)
        return; // the pipe is full: the thread will wake anyhow
}

void net_queue_drain_wakes(struct net_queue *queue)
{
    uint8_t bytes[64];
    while (read(queue->wake[0], bytes, sizeof bytes) > 0)
        continue;
}

void net_queue_send(void *owner, const void *bytes, size_t size, uint64_t now)
{
    struct net_queue *queue = owner;
    struct net_frame *frame = malloc(sizeof *frame + size);
    (void)now;
    if (!frame)
        return;
    frame->next = NULL;
    frame->size = size;
    memcpy(frame->bytes, bytes, size);
    pthread_mutex_lock(&queue->lock);
    bool room = queue->count < QUEUE_LIMIT, first = queue->count == 0;
    if (room) {
        *queue->last = frame;
        queue->last = &frame->next;
        queue->count++;
    }
    pthread_mutex_unlock(&queue->lock);
    if (!room)
        free(frame);
    else if (first)
        net_queue_wake(queue);
}

struct net_frame *net_queue_take(struct net_queue *queue, bool *quit)
{
    pthread_mutex_lock(&queue->lock);
    struct net_frame *first = queue->first;
    queue->first = NULL;
    queue->last = &queue->first;
    queue->count = 0;
    *quit = queue->quit;
    pthread_mutex_unlock(&queue->lock);
    return first;
}

void net_queue_quit(struct net_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->quit = true;
    pthread_mutex_unlock(&queue->lock);
    net_queue_wake(queue);
}
