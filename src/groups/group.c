// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A group of interrupt sources: its life, and what happens to its sources, from any thread.
//
// A trigger on the machine thread takes no lock and reaches routing at once; one from elsewhere is a node in the inbox.
// Path: devices / groups/source.c, groups/group_inbox.c
#include "groups/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

// --- Life ------------------------------------------------------------------------------------------------------------

static bool allocate(struct intact_irq_group *group, uint32_t count)
{
    _Static_assert(sizeof(struct group_source) == GROUP_LINE, "a trigger touches one line");
    group->sources = aligned_alloc(GROUP_LINE, count * sizeof *group->sources);
    if (group->sources)
        memset(group->sources, 0, count * sizeof *group->sources);
    group->changed = calloc(count, sizeof *group->changed);
    group->requests = calloc(count, sizeof *group->requests);
    group->waiting = calloc(count, sizeof *group->waiting);
    group->triggers = calloc(count, sizeof *group->triggers);
    group->known = group_known_create(count);
    return group->sources && group->changed && group->requests && group->waiting && group->triggers && group->known;
}

static void release(struct intact_irq_group *group)
{
    free(group->sources);
    free(group->changed);
    free(group->requests);
    free(group->waiting);
    free(group->triggers);
    group_known_free(group->known);
    group_free_names(group);
    free(group);
}

static bool make_locks(struct intact_irq_group *group)
{
    pthread_mutexattr_t recursive;
    if (pthread_mutexattr_init(&recursive))
        return false;
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    bool made = pthread_mutex_init(&group->resample_lock, &recursive) == 0;
    pthread_mutexattr_destroy(&recursive);
    if (made && pthread_mutex_init(&group->lock, NULL)) {
        pthread_mutex_destroy(&group->resample_lock);
        made = false;
    }
    return made;
}

static void prepare_nodes(struct intact_irq_group *group)
{
    for (uint32_t i = 0; i < group->length; i++)
        group->triggers[i].message = group_message(group, GROUP_TRIGGER, i, 0, 0);
    group->level_node.message = group_message(group, GROUP_LEVEL, 0, 0, 0);
}

struct intact_irq_group *group_create(struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t base,
                                      uint32_t count, uint32_t id)
{
    struct intact_irq_group *group = calloc(1, sizeof *group);
    if (!group)
        return NULL;
    group->manager = manager;
    group->type = type;
    group->base = base;
    group->length = count;
    group->id = id;
    if (!allocate(group, count) || !make_locks(group)) {
        release(group);
        return NULL;
    }
    prepare_nodes(group);
    return group;
}

void group_free(struct intact_irq_group *group)
{
    pthread_mutex_destroy(&group->lock);
    pthread_mutex_destroy(&group->resample_lock);
    release(group);
}

// This ends the half of the other threads; the machine thread's half ends with the last message.
void group_close(struct intact_irq_group *group)
{
    group_release_notifiers(group);
    if (group_on_machine(group))
        intact_irq_group_disable(group);
    else
        atomic_store(&group->enabled, false);
}

enum intact_irq_type intact_irq_group_type(const struct intact_irq_group *group)
{
    return group->type;
}

uint32_t intact_irq_group_base(const struct intact_irq_group *group)
{
    return group->base;
}

uint32_t intact_irq_group_length(const struct intact_irq_group *group)
{
    return group->length;
}

// On the machine thread: what is in force, which is the same in a replay.
bool intact_irq_group_enabled(const struct intact_irq_group *group)
{
    return group_on_machine(group) ? group->live : atomic_load(&group->enabled);
}

// --- Trigger, level, pending -----------------------------------------------------------------------------------------

// Each source has one node: a trigger joins one that is still in the inbox.
void group_post_trigger(struct intact_irq_group *group, uint32_t index)
{
    atomic_fetch_add(&group->posted, 1);
    unsigned before = atomic_fetch_or(&group->sources[index].posted, POSTED_NODE | POSTED_TRIGGER);
    if (!(before & POSTED_NODE))
        inbox_post_node(group->manager->inbox, &group->triggers[index]);
    else if (before & POSTED_TRIGGER)
        atomic_fetch_add(&group->joined, 1);
}

// A trigger that is under way is taken back. On the machine thread, whose clear is done at once, so is a clear that is
// under way; from elsewhere the node brings the clear.
static void clear_posted(struct intact_irq_group *group, uint32_t index, bool machine)
{
    atomic_uchar *posted = &group->sources[index].posted;
    unsigned char before = atomic_load(posted), after;
    do {
        after = before & (POSTED_TRIGGER | POSTED_CLEARED) ? POSTED_CLEARED : 0;
        after |= machine ? before & POSTED_NODE : POSTED_NODE | POSTED_CLEAR;
    } while (!atomic_compare_exchange_weak(posted, &before, after));
    if (before & POSTED_TRIGGER && before & POSTED_CLEARED) // two, of which the node counts one
        atomic_fetch_add(&group->joined, 1);
    if (!machine && !(before & POSTED_NODE))
        inbox_post_node(group->manager->inbox, &group->triggers[index]);
}

int group_take_trigger(struct intact_irq_group *group, uint32_t index)
{
    group_count(&group->triggered);
    return source_trigger(group, index);
}

int intact_irq_group_trigger(struct intact_irq_group *group, uint32_t index)
{
    if (unlikely(index >= group->length))
        return INTACT_IRQ_BAD_INDEX;
    if (group_on_machine(group))
        return group->live ? group_take_trigger(group, index) : INTACT_IRQ_NOT_ENABLED;
    if (!intact_irq_group_enabled(group))
        return INTACT_IRQ_NOT_ENABLED;
    group_post_trigger(group, index);
    return INTACT_IRQ_OK;
}

int intact_irq_group_set_level(struct intact_irq_group *group, uint32_t index, bool level)
{
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    bool machine = group_on_machine(group);
    if (machine)
        group_take_alone(group);
    if (!atomic_load(&group->level))
        return INTACT_IRQ_BAD_TYPE;
    struct group_source *source = &group->sources[index];
    if (machine) {
        if (atomic_load(&source->level_posted)) // an earlier call, which must not undo this one
            atomic_store(&source->wanted, level);
        source_set_level(group, index, level);
        return INTACT_IRQ_OK;
    }
    atomic_store(&source->wanted, level);
    if (!atomic_exchange(&source->level_posted, true))
        inbox_post_node(group->manager->inbox, &group->level_node);
    return INTACT_IRQ_OK;
}

int intact_irq_group_pending(const struct intact_irq_group *group, uint32_t index)
{
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    // In this order: `pending` is set before `posted` is cleared.
    return atomic_load(&group->sources[index].posted) & POSTED_TRIGGER || atomic_load(&group->sources[index].pending);
}

int intact_irq_group_clear_pending(struct intact_irq_group *group, uint32_t index)
{
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    bool machine = group_on_machine(group);
    clear_posted(group, index, machine);
    if (machine)
        source_clear(group, index);
    return INTACT_IRQ_OK;
}

void intact_irq_group_counts(const struct intact_irq_group *group, struct intact_irq_counts *counts)
{
    *counts = (struct intact_irq_counts){
        .triggered = atomic_load(&group->triggered) + atomic_load(&group->posted),
        .delivered = atomic_load(&group->delivered),
        .coalesced = atomic_load(&group->coalesced) + atomic_load(&group->joined),
        .dropped = atomic_load(&group->dropped),
        .abandoned = atomic_load(&group->abandoned),
    };
}
