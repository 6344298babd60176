// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Notifiers of <intact/interrupt.h>: an event as a file (eventfd, pipe) or as a callback.
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
    atomic_uint users; // 1: it is attached to a source, as its notifier or for resample
    // Under the lock. Order of locks: see manager.h.
    pthread_mutex_t lock;
    bool signalled;                 // CALLBACK: not consumed yet
    struct intact_irq_group *group; // of the attached source; NULL: none
    uint32_t index;
};

// Reserves it for one source, or for resample. False: it is in use.
bool notifier_take(struct intact_irq_notifier *notifier);
void notifier_give_back(struct intact_irq_notifier *notifier);

// Attaches that source: from now on a signal is a trigger (NULL: detaches, and a signal is only an event of the
// notifier). A signal before becomes a trigger too: of the source that was attached until now, or else of the new one.
void notifier_listen(struct intact_irq_notifier *notifier, struct intact_irq_group *group, uint32_t index);

// An event that was written to its file becomes a trigger of the attached source.
void notifier_poll_file(struct intact_irq_notifier *notifier);

// --- notifier_host.c, or notifier_host_bare.c ------------------------------------------------------------------------

// What INTACT_IRQ_NOTIFIER_BEST is here.
enum intact_irq_notifier_kind notifier_best_kind(void);
// Opens the files of its kind. INTACT_IRQ_OK, INTACT_IRQ_OUT_OF_FILES; INTACT_IRQ_INVALID: the host has no such files.
int notifier_open(struct intact_irq_notifier *notifier);
void notifier_close(struct intact_irq_notifier *notifier);
// Under the lock; the notifier has files. An event: INTACT_IRQ_OK; or INTACT_IRQ_INVALID. Was there one?
int notifier_write(struct intact_irq_notifier *notifier);
bool notifier_read(struct intact_irq_notifier *notifier);

// Gives the calling thread the name documented in intact/interrupt.h, if the host has names for threads.
void notifier_name_thread(void);

#endif
