// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The notifiers of a source: the one that triggers it, and the one that is signalled at its EOI.
//
// A signal before a notifier is attached, or while it is being detached, is also a trigger of the source. A notifier
// that the group created lives until the group ends, attached or not, so that a program that got it from
// intact_irq_group_notifier may keep it.
// Path: groups/notifier.c, groups/watch.c / groups/group.c
#include <errno.h>

#include "base/bits.h"
#include "groups/group.h"
#include "groups/notifier.h"

// --- Triggers, under the group's lock --------------------------------------------------------------------------------

static int start_listening(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier *notifier)
{
    if (!notifier_take(notifier))
        return INTACT_IRQ_BUSY;
    int result = intact_irq_notifier_read_fd(notifier) < 0 ? 0 : watch_add(&group->manager->watch, notifier);
    if (result) {
        notifier_give_back(notifier);
        return result == -ENOMEM ? INTACT_IRQ_NO_MEMORY : INTACT_IRQ_OUT_OF_FILES;
    }
    atomic_fetch_add(&group->manager->listeners, 1);
    notifier_listen(notifier, group, index);
    return INTACT_IRQ_OK;
}

static void stop_listening(struct intact_irq_group *group, struct intact_irq_notifier *notifier)
{
    struct intact_irq_manager *manager = group->manager;
    watch_remove(&manager->watch, notifier);
    notifier_listen(notifier, NULL, 0);
    notifier_give_back(notifier);
    if (atomic_fetch_sub(&manager->listeners, 1) == 1 && !group_on_machine(group))
        inbox_wake(manager->inbox); // a machine that waits only for notifiers need not wait any more
}

// The new one is reserved before the old one is released, so a failure changes nothing.
static int listen_to(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier *notifier)
{
    struct group_request *request = &group->requests[index];
    if (request->notifier == notifier)
        return INTACT_IRQ_OK;
    int result = notifier ? start_listening(group, index, notifier) : INTACT_IRQ_OK;
    if (result)
        return result;
    if (request->notifier)
        stop_listening(group, request->notifier);
    request->notifier = notifier;
    return INTACT_IRQ_OK;
}

static int listen_to_own(struct intact_irq_group *group, uint32_t index)
{
    struct group_request *request = &group->requests[index];
    int result = request->own ? INTACT_IRQ_OK : intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_BEST, &request->own);
    return result ? result : listen_to(group, index, request->own);
}

int intact_irq_group_notifier(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier **notifier)
{
    int result = INTACT_IRQ_OK;
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    pthread_mutex_lock(&group->lock);
    if (!group->requests[index].notifier)
        result = listen_to_own(group, index);
    if (!result)
        *notifier = group->requests[index].notifier;
    pthread_mutex_unlock(&group->lock);
    return result;
}

int intact_irq_group_set_notifier(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier *notifier)
{
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    pthread_mutex_lock(&group->lock);
    int result = listen_to(group, index, notifier);
    pthread_mutex_unlock(&group->lock);
    return result;
}

// --- Resample --------------------------------------------------------------------------------------------------------

static void replace_resample(struct intact_irq_group *group, struct intact_irq_notifier *notifier)
{
    pthread_mutex_lock(&group->resample_lock);
    struct intact_irq_notifier *before = atomic_exchange(&group->resample, notifier);
    pthread_mutex_unlock(&group->resample_lock);
    if (before)
        notifier_give_back(before);
}

int intact_irq_group_set_resample(struct intact_irq_group *group, uint32_t index, struct intact_irq_notifier *notifier)
{
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    if (group->type != INTACT_IRQ_LEGACY)
        return INTACT_IRQ_BAD_TYPE;
    if (notifier == atomic_load(&group->resample))
        return INTACT_IRQ_OK;
    if (notifier && !notifier_take(notifier))
        return INTACT_IRQ_BUSY;
    replace_resample(group, notifier);
    return INTACT_IRQ_OK;
}

// An EOI of a source without such a notifier takes no lock.
void group_resample(struct intact_irq_group *group)
{
    if (likely(!atomic_load_explicit(&group->resample, memory_order_relaxed)))
        return;
    pthread_mutex_lock(&group->resample_lock);
    struct intact_irq_notifier *notifier = atomic_load(&group->resample);
    if (notifier)
        intact_irq_notifier_signal(notifier);
    pthread_mutex_unlock(&group->resample_lock);
}

// --- The end ---------------------------------------------------------------------------------------------------------

void group_release_notifiers(struct intact_irq_group *group)
{
    pthread_mutex_lock(&group->lock);
    for (uint32_t i = 0; i < group->length; i++) {
        listen_to(group, i, NULL);
        if (group->requests[i].own)
            intact_irq_notifier_destroy(group->requests[i].own);
        group->requests[i].own = NULL;
    }
    pthread_mutex_unlock(&group->lock);
    replace_resample(group, NULL);
}
