// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Notifiers: an event as a file (eventfd, pipe) or as a plain callback. Behind <intact/interrupt.h>.
#ifndef GROUPS_NOTIFIER_H
#define GROUPS_NOTIFIER_H

#include <intact/interrupt.h>
#include <pthread.h>
#include <stdatomic.h>

struct intact_irq_notifier {
    enum intact_irq_notifier_kind kind; // never BEST
    int read_fd, write_fd;              // -1: none
    void (*callback)(void *owner);      // may be NULL
    void *owner;
    atomic_uint users; // 1: a source listens to it, or resamples through it
    // Under the lock. Order of locks: see manager.h.
    pthread_mutex_t lock;
    bool signalled;                 // CALLBACK: not consumed yet
    struct intact_irq_group *group; // of the source that listens; NULL: none
    uint32_t index;
};

// Takes it for one source, or for resample. False: it is in use.
bool notifier_take(struct intact_irq_notifier *notifier);
void notifier_give_back(struct intact_irq_notifier *notifier);

// From now on a signal is a trigger of that source (NULL: an event of the notifier's own again). What was signalled
// before becomes a trigger too: of the source that listened until now, or else of the new one.
void notifier_listen(struct intact_irq_notifier *notifier, struct intact_irq_group *group, uint32_t index);

// An event that was written to its file becomes a trigger of the source that listens.
void notifier_poll_file(struct intact_irq_notifier *notifier);

// The calling thread gets the name that intact/interrupt.h tells, where the host has names for threads.
void notifier_name_thread(void);

#endif
