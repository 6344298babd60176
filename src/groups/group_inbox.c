// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Messages from other threads to the machine thread, through the inbox: one channel for all groups of a manager.
//
// A message has a pointer to its group. The last message of a group frees it, so no message has a dangling pointer. In
// a journal the group is identified by its number.
// Path: groups/group.c, groups/group_request.c / groups/source.c
#include "base/bits.h"
#include "groups/group.h"

// --- Posting ---------------------------------------------------------------------------------------------------------

struct inbox_message group_message(struct intact_irq_group *group, uint32_t kind, uint64_t a, uint64_t b, uint64_t c)
{
    return (struct inbox_message){
        .channel = group->manager->channel,
        .kind = (uint16_t)kind,
        .id = group->id,
        .target = group,
        .a = a,
        .b = b,
        .c = c,
    };
}

int group_post(struct intact_irq_group *group, uint32_t kind, uint64_t a, uint64_t b)
{
    struct inbox_message m = group_message(group, kind, a, b, 0);
    return inbox_post(group->manager->inbox, &m, 1) ? INTACT_IRQ_NO_MEMORY : INTACT_IRQ_OK;
}

struct inbox_message group_settings_message(struct intact_irq_group *group, uint32_t index, uint32_t version,
                                            const struct settings *settings)
{
    return group_message(group, GROUP_SETTINGS | (uint32_t)settings->flags << GROUP_FLAGS_SHIFT,
                         index | (uint64_t)version << 32, settings->address,
                         settings->data | (uint64_t)settings->device << 32);
}

struct settings group_settings_of(const struct inbox_message *message)
{
    return (struct settings){
        .address = message->b,
        .data = (uint32_t)message->c,
        .device = (uint32_t)(message->c >> 32),
        .flags = (uint8_t)(message->kind >> GROUP_FLAGS_SHIFT),
    };
}

// --- Messages from the inbox -----------------------------------------------------------------------------------------

static bool newer(uint32_t version, uint32_t than)
{
    return (int32_t)(version - than) > 0;
}

static void end_by_message(struct intact_irq_group *group)
{
    source_end(group);
    manager_forget(group->manager, group);
    manager_free_retired(group->manager, group);
}

// A group of the machine thread that another thread destroyed: here the program still has it, and will destroy it.
static void end_by_journal(struct intact_irq_group *group)
{
    if (manager_is_foreign(group->id)) {
        manager_retire(group->manager, group);
        end_by_message(group);
    } else {
        source_end(group);
        manager_forget(group->manager, group);
    }
}

// `posted` is cleared before the delivery, so that a trigger that comes now is a new one; but if the trigger cannot be
// delivered, after it became pending, so that intact_irq_group_pending never returns 0 in between. A replay drops it.
static uint64_t take_posted(struct intact_irq_group *group, uint32_t index)
{
    struct group_source *source = &group->sources[index];
    bool waits = !source_is_open(group, source) && !group->manager->inbox->repeats;
    if (waits && atomic_load(&source->posted) & POSTED_TRIGGER)
        atomic_store_explicit(&source->pending, true, memory_order_relaxed);
    return atomic_exchange(&source->posted, 0) & ~POSTED_NODE;
}

bool group_accept(void *manager, struct inbox_message *message)
{
    struct intact_irq_group *group = message->target;
    uint32_t index = (uint32_t)message->a, version = (uint32_t)(message->a >> 32);
    (void)manager;
    switch (message->kind & bits_low(GROUP_FLAGS_SHIFT)) {
    case GROUP_SETTINGS: return newer(version, group->sources[index].version);
    case GROUP_ENABLE:
    case GROUP_DISABLE: return newer(version, group->version);
    case GROUP_TRIGGER: // and what came since it was posted
        message->b = take_posted(group, index);
        return message->b != 0;
    case GROUP_LEVEL: // the level as it is now
        atomic_exchange(&group->sources[index].level_posted, false);
        message->b = atomic_load(&group->sources[index].wanted);
        return true;
    case GROUP_DESTROY: // what the machine thread does itself is not input from outside
        if (message->b)
            end_by_message(group);
        return !message->b;
    default: return true;
    }
}

static void trigger_by_message(struct intact_irq_group *group, uint32_t index, uint64_t posted)
{
    if (posted & POSTED_CLEARED)
        group_count(&group->abandoned);
    if (posted & POSTED_CLEAR)
        source_clear(group, index);
    if (posted & POSTED_TRIGGER)
        source_trigger(group, index);
}

static void configure_by_message(struct intact_irq_group *group, const struct inbox_message *message)
{
    struct settings settings = group_settings_of(message);
    source_configure(group, (uint32_t)message->a, &settings, (uint32_t)(message->a >> 32));
    source_settle(group, (uint32_t)message->a);
}

// In a replay there is no target: the group is found by its number, or created by the message GROUP_CREATE. NULL: there is
// nothing else to do.
static struct intact_irq_group *target_of(struct intact_irq_manager *manager, const struct inbox_message *message)
{
    if (message->target)
        return message->target;
    struct intact_irq_group *group = manager_find(manager, message->id);
    if (!group)
        manager_replay(manager, message);
    if (!group || !group_is_possible(group, message))
        return NULL;
    group_replay(group, message);
    return group;
}

void group_handle(void *manager, const struct inbox_message *message, uint64_t now)
{
    struct intact_irq_group *group = target_of(manager, message);
    uint32_t index = (uint32_t)message->a, version = (uint32_t)(message->a >> 32);
    (void)now;
    if (!group)
        return;
    if (unlikely(atomic_load_explicit(&group->foreign, memory_order_relaxed)))
        group_know(group, message);
    switch ((enum group_message)(message->kind & bits_low(GROUP_FLAGS_SHIFT))) {
    case GROUP_CREATE:
        if (message->target)
            manager_know(manager, group);
        break;
    case GROUP_TRIGGER: trigger_by_message(group, index, message->b); break;
    case GROUP_LEVEL: source_set_level(group, index, message->b); break;
    case GROUP_SETTINGS: configure_by_message(group, message); break;
    case GROUP_ENABLE:
    case GROUP_DISABLE:
        source_set_live(group, (message->kind & bits_low(GROUP_FLAGS_SHIFT)) == GROUP_ENABLE, version);
        break;
    case GROUP_DESTROY:
        if (message->target)
            end_by_message(group);
        else
            end_by_journal(group);
        break;
    case GROUP_SET:
    case GROUP_STAGE:
    case GROUP_UNSTAGE:
    case GROUP_ALLOW: break; // never input, but a damaged journal may have them there
    }
}
