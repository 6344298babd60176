// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Who reads the files of notifiers that sources listen to: a thread that sleeps until one is written, and the machine
// thread when it polls. What was written becomes a trigger in the inbox, like one from any other thread.
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
    struct pollfd *bigger; // an array for the thread to take over in place of the one it has
    int wake[2];           // a byte written here: look at the list again
    bool running, stop;
    uint32_t changes; // of the list: what was polled under an older one is not believed
    pthread_t thread;
};

// Negative errno: the host has no mutex left.
int watch_init(struct watch *watch);
// Ends the thread.
void watch_destroy(struct watch *watch);

// Starts the thread with the first notifier. -ENOMEM, -EMFILE, -EAGAIN (no thread): nothing is watched.
int watch_add(struct watch *watch, struct intact_irq_notifier *notifier);
// When it returns nobody reads the notifier any more. One that is not watched is left alone.
void watch_remove(struct watch *watch, struct intact_irq_notifier *notifier);

// Takes what was written before the call. One system call, and one for each file that was written; without notifiers
// none, and no lock.
void watch_sweep(struct watch *watch);

#endif
