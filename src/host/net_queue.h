// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Frames that a guest sends, on their way from the machine's thread to the thread of a network of the host.
//
//     machine's thread -- net_queue_send --> queue, and a byte in a pipe --> net_queue_take -- the network's thread
#ifndef HOST_NET_QUEUE_H
#define HOST_NET_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct net_frame {
    struct net_frame *next;
    size_t size;
    uint8_t bytes[];
};

struct net_queue {
    pthread_mutex_t lock;
    struct net_frame *first, **last;
    unsigned count;
    bool quit;
    int wake[2]; // the first one can be read when something was queued
};

// A negative errno with a line in `error` that begins with `option`.
int net_queue_init(struct net_queue *queue, const char *option, struct error *error);
void net_queue_destroy(struct net_queue *queue); // no thread uses it any more
// As `send` of struct intact_net, with the queue as its owner. When the other thread is too slow, frames are dropped, as by a switch.
void net_queue_send(void *queue, const void *bytes, size_t size, uint64_t now);
// All frames, oldest first, which the caller frees; whether it is to end.
struct net_frame *net_queue_take(struct net_queue *queue, bool *quit);
void net_queue_wake(struct net_queue *queue);
void net_queue_drain_wakes(struct net_queue *queue);
void net_queue_quit(struct net_queue *queue);

#endif
