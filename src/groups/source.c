// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The machine thread's half of a group: what is in force, and `settle`, the one place where a source reaches routing.
//
//     edge, message:  owed ─────────── open? ── yes: one pulse or message; no: pending
//     level:          driven|asserted ─ open? ── yes: the wire is high;    no: low, and pending
//
// A source is open while its group is live and it is not masked. A triggered level source is asserted until the EOI
// comes back through route_eoi; a trigger in between keeps it asserted over one EOI, so that it is not lost.
// Path: groups/group.c / irqchip/route.c
#include "base/bits.h"
#include "groups/group.h"

static bool is_open(const struct intact_irq_group *group, const struct group_source *source)
{
    return group->live && !(source->live.flags & SETTINGS_MASKED);
}

static void set_pending(struct group_source *source, bool pending)
{
    atomic_store_explicit(&source->pending, pending, memory_order_relaxed);
}

static int count_delivery(struct intact_irq_group *group, bool taken)
{
    group_count(taken ? &group->delivered : &group->dropped);
    return taken ? INTACT_IRQ_OK : INTACT_IRQ_NO_ROUTE;
}

// --- The wire of a legacy group --------------------------------------------------------------------------------------

// A chip ended the interrupt (route_eoi).
static void on_eoi(void *owner, struct route_source *wire)
{
    struct intact_irq_group *group = owner;
    struct group_source *source = &group->sources[0];
    if (!(source->live.flags & SETTINGS_LEVEL))
        return;
    if (source->again) {
        // The next of its triggers: the wire falls first, so that a pin that looks for edges sees this one too.
        source->again = false;
        source->owed = true;
        route_set_level(group->manager->route, wire, false);
    } else if (!source->owed) {
        source->asserted = false;
    }
    source_settle(group, 0);
    if (group->resample)
        intact_irq_notifier_signal(group->resample);
}

static void attach(struct intact_irq_group *group)
{
    uint64_t pin = group->sources[0].live.address;
    group->wire.resample = on_eoi;
    group->wire.owner = group;
    // A pin that is not there was refused when it was asked for; where it was unwired since, delivery tells.
    if ((uint32_t)(pin >> 32) == INTACT_IRQ_ANY_PIN)
        route_attach(group->manager->route, group->base, &group->wire);
    else
        route_attach_pin(group->manager->route, (uint32_t)(pin >> 32), (uint32_t)pin, &group->wire);
}

static void rewire(struct intact_irq_group *group)
{
    group->rewire = false;
    route_detach(group->manager->route, &group->wire);
    if (group->live)
        attach(group);
}

void group_attach_quietly(struct intact_irq_group *group)
{
    bool level = group->wire.level;
    group->wire.level = false;
    rewire(group);
    group->wire.level = level;
}

// --- Settle ----------------------------------------------------------------------------------------------------------

static int settle_level(struct intact_irq_group *group, struct group_source *source)
{
    bool open = is_open(group, source), level = source->driven || source->asserted;
    int result = INTACT_IRQ_OK;
    if (open && source->owed) {
        source->owed = false;
        result = count_delivery(group, group->wire.wire != NULL);
    }
    set_pending(source, source->again || (level && !open));
    route_set_level(group->manager->route, &group->wire, level && open);
    return result;
}

// An edge on a wire that is high is one with what holds it.
static int deliver_edge(struct intact_irq_group *group)
{
    enum route_edge edge = route_trigger(group->manager->route, &group->wire);
    if (edge != ROUTE_EDGE_JOINED)
        return count_delivery(group, edge == ROUTE_EDGE_TAKEN);
    group_count(&group->coalesced);
    return INTACT_IRQ_OK;
}

static int deliver(struct intact_irq_group *group, const struct group_source *source)
{
    struct route *route = group->manager->route;
    if (group->type == INTACT_IRQ_LEGACY)
        return deliver_edge(group);
    return count_delivery(group, route_message(route, source->live.address, source->live.data, source->live.device));
}

int source_settle(struct intact_irq_group *group, uint32_t index)
{
    struct group_source *source = &group->sources[index];
    if (group->rewire)
        rewire(group);
    if (source->live.flags & SETTINGS_LEVEL)
        return settle_level(group, source);
    if (!source->owed || !is_open(group, source))
        return INTACT_IRQ_OK;
    source->owed = false;
    set_pending(source, false);
    return deliver(group, source);
}

// --- What happens to a source ----------------------------------------------------------------------------------------

static int trigger_level(struct intact_irq_group *group, uint32_t index)
{
    struct group_source *source = &group->sources[index];
    if (!source->asserted) {
        source->asserted = source->owed = true;
        return source_settle(group, index);
    }
    if (source->owed || source->again)
        group_count(&group->coalesced);
    else
        source->again = true;
    return source_settle(group, index);
}

int source_trigger(struct intact_irq_group *group, uint32_t index)
{
    struct group_source *source = &group->sources[index];
    TRACE(group->manager->trace, TRACE_TRIGGER, TRACE_NO_CPU, group->base, index, 0);
    if (source->live.flags & SETTINGS_LEVEL)
        return trigger_level(group, index);
    if (is_open(group, source))
        return deliver(group, source);
    if (source->owed)
        group_count(&group->coalesced);
    source->owed = true;
    set_pending(source, true);
    return INTACT_IRQ_OK;
}

void source_set_level(struct intact_irq_group *group, uint32_t index, bool level)
{
    group->sources[index].driven = level;
    source_settle(group, index);
}

void source_clear(struct intact_irq_group *group, uint32_t index)
{
    struct group_source *source = &group->sources[index];
    if (source->owed || source->again)
        group_count(&group->abandoned);
    source->owed = source->again = source->asserted = false;
    set_pending(source, false);
    source_settle(group, index);
}

// A trigger that waits survives a change between edge and level.
static void change_trigger_mode(struct group_source *source, bool level)
{
    if (level) {
        source->asserted = source->owed;
        return;
    }
    source->owed |= source->again;
    source->asserted = source->again = false;
    set_pending(source, source->owed);
}

void source_configure(struct intact_irq_group *group, uint32_t index, const struct settings *settings, uint32_t version)
{
    struct group_source *source = &group->sources[index];
    bool was_level = source->live.flags & SETTINGS_LEVEL, level = settings->flags & SETTINGS_LEVEL;
    if (group->type == INTACT_IRQ_LEGACY && (settings->address != source->live.address || was_level != level))
        group->rewire = true;
    if (was_level != level)
        change_trigger_mode(source, level);
    source->live = *settings;
    source->version = version;
}

void group_go_live(struct intact_irq_group *group, bool live, uint32_t version)
{
    if (group->type == INTACT_IRQ_LEGACY && group->live != live)
        group->rewire = true;
    group->live = live;
    group->version = version;
    for (uint32_t i = 0; i < group->length; i++)
        source_settle(group, i);
}

// --- Messages from the inbox -----------------------------------------------------------------------------------------

static bool newer(uint32_t version, uint32_t than)
{
    return (int32_t)(version - than) > 0;
}

static void end_by_message(struct intact_irq_group *group)
{
    group_go_live(group, false, group->version);
    for (uint32_t i = 0; i < group->length; i++)
        source_clear(group, i);
    manager_bury(group->manager, group);
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
    case GROUP_LEVEL: // the level as it is by now
        atomic_exchange(&group->sources[index].level_posted, false);
        message->b = atomic_load(&group->sources[index].wanted);
        return true;
    case GROUP_DESTROY: // the machine thread's own doing is not news from outside
        if (message->b)
            end_by_message(group);
        return !message->b;
    default: return true;
    }
}

// `posted` falls before the delivery, so that a trigger that comes now is a new one; and, where the trigger stays,
// after it became pending, so that `pending` never looks false in between.
static void trigger_by_message(struct intact_irq_group *group, uint32_t index)
{
    struct group_source *source = &group->sources[index];
    bool open = is_open(group, source);
    if (open)
        atomic_exchange(&source->posted, false);
    source_trigger(group, index);
    if (!open)
        atomic_exchange(&source->posted, false);
}

static void configure_by_message(struct intact_irq_group *group, const struct inbox_message *message)
{
    struct settings settings = {
        .address = message->b,
        .data = (uint32_t)message->c,
        .device = (uint32_t)(message->c >> 32),
        .flags = (uint8_t)(message->kind >> GROUP_FLAGS_SHIFT),
    };
    source_configure(group, (uint32_t)message->a, &settings, (uint32_t)(message->a >> 32));
    source_settle(group, (uint32_t)message->a);
}

// In a replay there is no target: the group is found by its number, or made by the message that says so.
static struct intact_irq_group *target_of(struct intact_irq_manager *manager, const struct inbox_message *message)
{
    if (message->target)
        return message->target;
    struct intact_irq_group *group = manager_find(manager, message->id);
    if (group)
        group_replay(group, message);
    return group;
}

void group_handle(void *manager, const struct inbox_message *message, uint64_t now)
{
    struct intact_irq_group *group = target_of(manager, message);
    uint32_t index = (uint32_t)message->a, version = (uint32_t)(message->a >> 32);
    (void)now;
    if (!group) {
        manager_replay(manager, message);
        return;
    }
    switch ((enum group_message)(message->kind & bits_low(GROUP_FLAGS_SHIFT))) {
    case GROUP_CREATE: break;
    case GROUP_TRIGGER: trigger_by_message(group, index); break;
    case GROUP_LEVEL: source_set_level(group, index, message->b); break;
    case GROUP_CLEAR: source_clear(group, index); break;
    case GROUP_SETTINGS: configure_by_message(group, message); break;
    case GROUP_ENABLE:
    case GROUP_DISABLE:
        group_go_live(group, (message->kind & bits_low(GROUP_FLAGS_SHIFT)) == GROUP_ENABLE, version);
        break;
    case GROUP_DESTROY:
        if (!message->target)
            manager_unlist(manager, group);
        end_by_message(group);
        break;
    }
}
