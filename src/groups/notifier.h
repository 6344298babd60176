// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Notifiers: an event as a file (eventfd, pipe) or as a plain callback. Behind <intact/interrupt.h>.
#ifndef GROUPS_NOTIFIER_H
#define GROUPS_NOTIFIER_H

#include <intact/interrupt.h>
#include <stdatomic.h>

struct intact_irq_notifier {
    enum intact_irq_notifier_kind kind; // never BEST
    int read_fd, write_fd;              // -1: none
    atomic_bool signalled;              // CALLBACK: not yet consumed
    void (*callback)(void *owner);      // may be NULL
    void *owner;
    // The source that listens: set and cleared by group.c.
    _Atomic(struct intact_irq_group *) group;
    uint32_t index;
    atomic_uint users; // sources that listen or resample through it
};

#endif
