// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Notifiers: an event that can be passed to another component or process. Their files are in notifier_host.c.
//
//     signal ── no source listens: the file, or a flag ── consume
//            └─ a source listens: a trigger, in the inbox; CALLBACK on the machine thread: at once
//     a write to the file by a process ── watch.c ──── inbox
//
// The attached source is read and changed under the notifier's lock, and another thread that signals holds the lock
// until its trigger is in the inbox: once a source is detached, no signal uses its group any more. The machine thread
// releases the lock before it triggers, since a trigger may use the notifier again; only that thread frees groups.
//
// Path: any thread or process / groups/watch.c, groups/group.c
#include "groups/notifier.h"

#include <stdlib.h>

#include "groups/group.h"

int intact_irq_notifier_create(enum intact_irq_notifier_kind kind, struct intact_irq_notifier **notifier)
{
    struct intact_irq_notifier *made = calloc(1, sizeof *made);
    if (!made)
        return INTACT_IRQ_NO_MEMORY;
    made->kind = kind == INTACT_IRQ_NOTIFIER_BEST ? notifier_best_kind() : kind;
    made->read_fd = made->write_fd = -1;
    if (pthread_mutex_init(&made->lock, NULL)) {
        free(made);
        return INTACT_IRQ_NO_MEMORY;
    }
    int result = notifier_open(made);
    if (result) {
        pthread_mutex_destroy(&made->lock);
        free(made);
    } else {
        *notifier = made;
    }
    return result;
}

int intact_irq_notifier_create_callback(void (*signalled)(void *owner), void *owner,
                                        struct intact_irq_notifier **notifier)
{
    int result = intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_CALLBACK, notifier);
    if (!result) {
        (*notifier)->callback = signalled;
        (*notifier)->owner = owner;
    }
    return result;
}

int intact_irq_notifier_destroy(struct intact_irq_notifier *notifier)
{
    if (atomic_load(&notifier->users))
        return INTACT_IRQ_BUSY;
    notifier_close(notifier);
    pthread_mutex_destroy(&notifier->lock);
    free(notifier);
    return INTACT_IRQ_OK;
}

// --- The event, under the lock ---------------------------------------------------------------------------------------

static int keep_event(struct intact_irq_notifier *notifier)
{
    notifier->signalled = true;
    return notifier->write_fd < 0 ? INTACT_IRQ_OK : notifier_write(notifier);
}

static bool take_event(struct intact_irq_notifier *notifier)
{
    bool signalled = notifier->read_fd < 0 ? notifier->signalled : notifier_read(notifier);
    notifier->signalled = false;
    return signalled;
}

int intact_irq_notifier_signal(struct intact_irq_notifier *notifier)
{
    int result = INTACT_IRQ_OK;
    pthread_mutex_lock(&notifier->lock);
    struct intact_irq_group *group = notifier->group;
    uint32_t index = notifier->index;
    bool now = group && notifier->read_fd < 0 && group_on_machine(group);
    if (!group)
        result = keep_event(notifier);
    else if (!now)
        group_post_trigger(group, index);
    pthread_mutex_unlock(&notifier->lock);
    if (now)
        return group_take_trigger(group, index);
    if (!group && notifier->callback)
        notifier->callback(notifier->owner);
    return result;
}

bool intact_irq_notifier_consume(struct intact_irq_notifier *notifier)
{
    pthread_mutex_lock(&notifier->lock);
    bool signalled = take_event(notifier);
    pthread_mutex_unlock(&notifier->lock);
    return signalled;
}

// --- The attached source ---------------------------------------------------------------------------------------------

bool notifier_take(struct intact_irq_notifier *notifier)
{
    unsigned nobody = 0;
    return atomic_compare_exchange_strong(&notifier->users, &nobody, 1);
}

void notifier_give_back(struct intact_irq_notifier *notifier)
{
    atomic_store(&notifier->users, 0);
}

void notifier_listen(struct intact_irq_notifier *notifier, struct intact_irq_group *group, uint32_t index)
{
    pthread_mutex_lock(&notifier->lock);
    if (notifier->group && take_event(notifier))
        group_post_trigger(notifier->group, notifier->index);
    notifier->group = group;
    notifier->index = index;
    if (group && take_event(notifier))
        group_post_trigger(group, index);
    pthread_mutex_unlock(&notifier->lock);
}

void notifier_poll_file(struct intact_irq_notifier *notifier)
{
    pthread_mutex_lock(&notifier->lock);
    if (notifier->group && take_event(notifier))
        group_post_trigger(notifier->group, notifier->index);
    pthread_mutex_unlock(&notifier->lock);
}

// --- Its files -------------------------------------------------------------------------------------------------------

int intact_irq_notifier_write_fd(const struct intact_irq_notifier *notifier)
{
    return notifier->write_fd;
}

int intact_irq_notifier_read_fd(const struct intact_irq_notifier *notifier)
{
    return notifier->read_fd;
}
