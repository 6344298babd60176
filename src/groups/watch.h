// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Reads the files of notifiers that are attached to sources: in a thread that sleeps until one is written, and in the
// machine thread when it polls. A write becomes a trigger in the inbox, like one from any other thread.
#ifndef GROUPS_WATCH_H
#define GROUPS_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct intact_irq_notifier;
struct pollfd;

struct watch {
    atomic_uint count; // of notifiers; read without the lock by watch_sweep
    // Under the lock.
    pthread_mutex_t lock;
    struct intact_irq_notifier **notifiers;
    uint32_t capacity;
    struct pollfd *sweep;  // room for watch_sweep
    struct pollfd *bigger; // a bigger array, which the thread takes in place of its own
    int wake[2];           // a byte written here makes the thread read the list again
    bool running, stop;
    uint32_t changes; // of the list: events that were polled with an older one are ignored
    pthread_t thread;
};

// Negative errno: the host has no mutex left.
int watch_init(struct watch *watch);
// Ends the thread.
void watch_destroy(struct watch *watch);

// Starts the thread with the first notifier. -ENOMEM, -EMFILE, -EAGAIN (no thread): nothing is watched.
int watch_add(struct watch *watch, struct intact_irq_notifier *notifier);
// When it returns the notifier is no longer read. Does nothing if it is not watched.
void watch_remove(struct watch *watch, struct intact_irq_notifier *notifier);

// Reads what was written before the call. One system call, and one for each file that was written; without notifiers
// none, and no lock.
void watch_sweep(struct watch *watch);

#endif
