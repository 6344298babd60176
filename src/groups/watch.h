// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The thread that waits for notifiers' files and turns what is written there into triggers. It starts with the first
// file and posts to the inbox like any other thread, so a write is stamped and in order.
#ifndef GROUPS_WATCH_H
#define GROUPS_WATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct intact_irq_notifier;
struct pollfd;

struct irq_watch {
    pthread_mutex_t lock;
    struct intact_irq_notifier **notifiers;
    uint32_t count, capacity;
    struct pollfd *fresh; // a bigger array for the thread to take over
    int bell[2];          // a byte written here: look at the list again
    bool running, stop;
    uint32_t changes; // of the list: what was polled under an older one is not believed
    pthread_t thread;
};

// Negative errno: the host has no mutex left.
int irq_watch_init(struct irq_watch *watch);
void irq_watch_destroy(struct irq_watch *watch);

// -ENOMEM, -EMFILE, -EAGAIN (no thread): nothing is watched.
int irq_watch_add(struct irq_watch *watch, struct intact_irq_notifier *notifier);
// When it returns the thread is done with the notifier.
void irq_watch_remove(struct irq_watch *watch, struct intact_irq_notifier *notifier);

#endif
