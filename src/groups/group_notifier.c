// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Which notifier a source listens to, which one hears of its EOI, and the end of a group.
//
// A notifier that was signalled before it was attached, or just as it is detached, triggers the source all the same.
// Path: groups/watch.c / groups/group.c
#include <errno.h>

#include "groups/group.h"
#include "groups/notifier.h"

static bool take(struct intact_irq_notifier *notifier)
{
    unsigned nobody = 0;
    return atomic_compare_exchange_strong(&notifier->users, &nobody, 1);
}

static int listen_to(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier *notifier)
{
    if (!take(notifier))
        return INTACT_IRQ_BUSY;
    notifier->index = index;
    atomic_store(&notifier->group, group);
    int result = notifier->read_fd < 0 ? 0 : irq_watch_add(&group->manager->watch, notifier);
    if (result) {
        atomic_store(&notifier->group, NULL);
        atomic_store(&notifier->users, 0);
        return result == -ENOMEM ? INTACT_IRQ_NO_MEMORY : INTACT_IRQ_OUT_OF_FILES;
    }
    if (notifier->read_fd < 0 && intact_irq_notifier_consume(notifier))
        group_notify(group, index);
    return INTACT_IRQ_OK;
}

// Under the group's lock.
static void stop_listening(struct intact_irq_group *group, uint32_t index)
{
    struct group_request *request = &group->requests[index];
    struct intact_irq_notifier *notifier = request->notifier;
    if (!notifier)
        return;
    request->notifier = NULL;
    irq_watch_remove(&group->manager->watch, notifier);
    atomic_store(&notifier->group, NULL);
    if (intact_irq_notifier_consume(notifier))
        group_notify(group, index);
    atomic_store(&notifier->users, 0);
    if (request->notifier_owned)
        intact_irq_notifier_destroy(notifier);
    request->notifier_owned = false;
}

static int make_notifier(struct intact_irq_group *group, uint32_t index)
{
    struct group_request *request = &group->requests[index];
    struct intact_irq_notifier *notifier;
    int result = intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_BEST, &notifier);
    if (result)
        return result;
    result = listen_to(group, index, notifier);
    if (result) {
        intact_irq_notifier_destroy(notifier);
        return result;
    }
    request->notifier = notifier;
    request->notifier_owned = true;
    return INTACT_IRQ_OK;
}

int intact_irq_group_notifier(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier **notifier)
{
    int result = INTACT_IRQ_OK;
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    pthread_mutex_lock(&group->lock);
    if (!group->requests[index].notifier)
        result = make_notifier(group, index);
    if (!result)
        *notifier = group->requests[index].notifier;
    pthread_mutex_unlock(&group->lock);
    return result;
}

// The new one is taken before the old one is let go: a failure changes nothing.
static int replace(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier *notifier)
{
    int result = notifier ? listen_to(group, index, notifier) : INTACT_IRQ_OK;
    if (result)
        return result;
    stop_listening(group, index);
    group->requests[index].notifier = notifier;
    return INTACT_IRQ_OK;
}

int intact_irq_group_set_notifier(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier *notifier)
{
    int result = INTACT_IRQ_OK;
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    pthread_mutex_lock(&group->lock);
    if (group->requests[index].notifier != notifier)
        result = replace(group, index, notifier);
    pthread_mutex_unlock(&group->lock);
    return result;
}

int intact_irq_group_set_resample(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier *notifier)
{
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    if (group->type != INTACT_IRQ_LEGACY)
        return INTACT_IRQ_BAD_TYPE;
    if (notifier == group->resample)
        return INTACT_IRQ_OK;
    if (notifier && !take(notifier))
        return INTACT_IRQ_BUSY;
    if (group->resample)
        atomic_store(&group->resample->users, 0);
    group->resample = notifier;
    return INTACT_IRQ_OK;
}

void group_close(struct intact_irq_group *group)
{
    pthread_mutex_lock(&group->lock);
    for (uint32_t i = 0; i < group->length; i++)
        stop_listening(group, i);
    pthread_mutex_unlock(&group->lock);
    if (group->resample)
        atomic_store(&group->resample->users, 0);
    intact_irq_group_disable(group);
}
