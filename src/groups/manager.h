// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The manager of <intact/interrupt.h>: its groups and their source ids, and its connections to routing and inbox.
//
// A machine creates its manager with manager_create on its routing and inbox; a program without a machine gets all
// three with intact_irq_manager_create.
// Path: devices / groups/group.c
#ifndef GROUPS_MANAGER_H
#define GROUPS_MANAGER_H

#include <intact/interrupt.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/inbox.h"
#include "base/trace.h"
#include "base/visit.h"
#include "groups/watch.h"
#include "irqchip/route.h"

struct intact_irq_manager {
    struct route *route;
    struct inbox *inbox;
    struct trace *trace;              // may be NULL
    uint16_t channel;                 // of the inbox
    struct manager_own *own;          // routing and inbox that were created with the manager, or NULL
    struct watch watch;               // reads the files of notifiers
    atomic_uint listeners;            // notifiers that are attached to a source
    pthread_mutex_t lock;             // guards all below. Order of locks: manager, group, watch, notifier, inbox
    struct intact_irq_group **groups; // by base
    uint32_t group_count, group_capacity;
    struct intact_irq_group *retired; // destroyed, but the machine thread has not handled their last message yet
    struct intact_irq_group *known;   // machine thread, no lock: from GROUP_CREATE to GROUP_DESTROY, or its own calls
    struct intact_irq_group **known_end;
    uint32_t calls;   // machine thread: how often it took the requests of a group; not saved, a checkpoint has it
    uint32_t made[2]; // groups created so far by the machine thread, and by others
    uint32_t limit, assigned;      // message sources
    struct intact_irq_counts past; // of the groups that were destroyed
};

// `route`, `inbox` and `trace` (NULL: none) are the caller's and live as long as the manager. Registers one channel
// with the inbox. -ENOMEM, -ENOSPC.
int manager_create(struct route *route, struct inbox *inbox, struct trace *trace, struct intact_irq_manager **manager);

// Machine thread, no other thread in the library. Destroys the groups that are left, with their own notifiers, then the
// manager.
void manager_destroy(struct intact_irq_manager *manager);

// Any thread. Is a notifier attached to any source, so that it may still be signalled?
static inline bool manager_listens(const struct intact_irq_manager *manager)
{
    return atomic_load(&manager->listeners);
}

// Groups created by the machine thread have even numbers and the others odd ones: so the former have the same numbers in
// every run, whatever other threads do.
static inline bool manager_is_foreign(uint32_t id)
{
    return id % 2;
}

// Machine thread. The group belongs to its state from now on, until it does no longer. A group that another thread of a
// replaying program made never does: what that thread posts is dropped.
void manager_know(struct intact_irq_manager *manager, struct intact_irq_group *group);
void manager_forget(struct intact_irq_manager *manager, struct intact_irq_group *group);

// The known group with this number, or NULL: for journals.
struct intact_irq_group *manager_find(struct intact_irq_manager *manager, uint32_t id);
// A journalled message of a group that does not exist: creates it.
void manager_replay(struct intact_irq_manager *manager, const struct inbox_message *message);

// Machine thread, no other thread in the library, the inbox drained: every group in the order of its base. With no_requests,
// other threads may be there, and messages wait: the known groups.
void manager_visit(struct intact_irq_manager *manager, struct visit *v);
// After a load, with routing loaded too.
void manager_loaded(struct intact_irq_manager *manager);

// Frees the ids of the group and retires it.
void manager_retire(struct intact_irq_manager *manager, struct intact_irq_group *group);
// Frees a retired group, when the machine thread has handled its last message.
void manager_free_retired(struct intact_irq_manager *manager, struct intact_irq_group *group);

#endif
