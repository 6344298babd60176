// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Requests of other threads, as far as the machine's thread knows them.
//
// A call on the machine's thread uses what other threads have requested: settings that they staged, masks, whether the group
// is enabled. Their messages may still be in the inbox, and staging posts none. So such a call first takes the requests as
// they are now, and what is new passes the journal, with the number of the call; a replay takes them from there, and drops
// what the threads of the replaying program have changed.
//
//     other thread:     group_touch ─> `known` = a copy of the requests; it changes the requests
//     machine's thread: group_take  ─> requests - known ─> journal       (replay: known + journal ─> requests)
//
// Nothing is copied in a group that only the machine's thread changes.
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "groups/group.h"

struct wish {
    struct settings set, staged;
    bool waiting;
};

struct group_known {
    bool enabled;
    uint32_t waiting_count, *waiting;
    struct wish wishes[];
};

// --- Copies ------------------------------------------------------------------------------------------------------------

struct group_known *group_known_create(uint32_t length)
{
    struct group_known *known = calloc(1, sizeof *known + length * sizeof known->wishes[0]);
    uint32_t *waiting = calloc(length, sizeof *waiting);
    if (known && waiting) {
        known->waiting = waiting;
        return known;
    }
    free(known);
    free(waiting);
    return NULL;
}

void group_known_free(struct group_known *known)
{
    if (known)
        free(known->waiting);
    free(known);
}

static void keep(struct intact_irq_group *group, struct group_known *known)
{
    known->enabled = atomic_load(&group->enabled);
    known->waiting_count = group->waiting_count;
    memcpy(known->waiting, group->waiting, group->length * sizeof *known->waiting);
    for (uint32_t i = 0; i < group->length; i++) {
        const struct group_request *request = &group->requests[i];
        known->wishes[i] = (struct wish){ request->set, request->staged, request->waiting };
    }
}

static void put_back(struct intact_irq_group *group, const struct group_known *known)
{
    atomic_store(&group->enabled, known->enabled);
    group->waiting_count = known->waiting_count;
    memcpy(group->waiting, known->waiting, group->length * sizeof *known->waiting);
    for (uint32_t i = 0; i < group->length; i++) {
        struct group_request *request = &group->requests[i];
        request->set = known->wishes[i].set;
        request->staged = known->wishes[i].staged;
        request->waiting = known->wishes[i].waiting;
    }
    if (group->type == INTACT_IRQ_LEGACY)
        atomic_store(&group->level, group->requests[0].set.flags & SETTINGS_LEVEL);
}

void group_touch(struct intact_irq_group *group)
{
    if (atomic_load(&group->foreign))
        return;
    keep(group, group->known);
    atomic_store(&group->foreign, true);
}

// --- What is new, to the journal -----------------------------------------------------------------------------------------

static bool same(const struct settings *a, const struct settings *b)
{
    return a->address == b->address && a->data == b->data && a->device == b->device && a->flags == b->flags;
}

static bool same_waiting(const struct intact_irq_group *group, const struct group_known *known)
{
    if (group->waiting_count != known->waiting_count)
        return false;
    for (uint32_t i = 0; i < known->waiting_count; i++) {
        uint32_t index = known->waiting[i];
        if (group->waiting[i] != index || !same(&group->requests[index].staged, &known->wishes[index].staged))
            return false;
    }
    return true;
}

static void note(struct intact_irq_group *group, enum group_message kind, uint32_t index, uint32_t call,
                 const struct settings *settings)
{
    struct inbox_message message = group_settings_message(group, index, call, settings);
    message.kind = (uint16_t)((uint32_t)kind | (uint32_t)settings->flags << GROUP_FLAGS_SHIFT);
    inbox_note_within(group->manager->inbox, &message);
}

static void note_changes(struct intact_irq_group *group, const struct group_known *known, uint32_t call)
{
    static const struct settings none = { .flags = 0 };
    bool waiting = !same_waiting(group, known), enabled = atomic_load(&group->enabled);
    if (waiting)
        note(group, GROUP_UNSTAGE, 0, call, &none);
    for (uint32_t i = 0; i < group->length; i++)
        if (!same(&group->requests[i].set, &known->wishes[i].set))
            note(group, GROUP_SET, i, call, &group->requests[i].set);
    for (uint32_t i = 0; waiting && i < group->waiting_count; i++)
        note(group, GROUP_STAGE, group->waiting[i], call, &group->requests[group->waiting[i]].staged);
    if (enabled != known->enabled)
        note(group, GROUP_ALLOW, enabled, call, &none);
}

// --- Taking ------------------------------------------------------------------------------------------------------------

static void repeat(struct intact_irq_group *group, uint32_t call)
{
    const struct inbox_message wanted = group_message(group, GROUP_SET, (uint64_t)call << 32, 0, 0);
    struct inbox_message message = wanted;
    for (; inbox_repeat_within(group->manager->inbox, &message); message = wanted)
        if (group_is_possible(group, &message))
            group_change_request(group, &message);
}

void group_take(struct intact_irq_group *group)
{
    struct inbox *inbox = group->manager->inbox;
    uint32_t call = group->manager->calls++;
    bool foreign = atomic_load(&group->foreign);
    if (inbox->repeat_within && foreign)
        put_back(group, group->known);
    if (inbox->repeat_within)
        repeat(group, call);
    else if (foreign && inbox->within)
        note_changes(group, group->known, call);
    atomic_store(&group->foreign, false);
}

void group_take_alone(struct intact_irq_group *group)
{
    if (likely(!atomic_load_explicit(&group->foreign, memory_order_acquire) && !group->manager->inbox->repeat_within)) {
        group->manager->calls++;
        return;
    }
    pthread_mutex_lock(&group->lock);
    group_take(group);
    pthread_mutex_unlock(&group->lock);
}

void group_know(struct intact_irq_group *group, const struct inbox_message *message)
{
    uint32_t kind = message->kind & bits_low(GROUP_FLAGS_SHIFT);
    pthread_mutex_lock(&group->lock);
    if (!atomic_load(&group->foreign)) {
        pthread_mutex_unlock(&group->lock);
        return;
    }
    if (kind == GROUP_ENABLE || kind == GROUP_DISABLE)
        group->known->enabled = kind == GROUP_ENABLE;
    if (kind == GROUP_SETTINGS) {
        struct wish *wish = &group->known->wishes[(uint32_t)message->a];
        wish->set = group_settings_of(message);
        if (!wish->waiting)
            wish->staged = wish->set;
    }
    pthread_mutex_unlock(&group->lock);
}
