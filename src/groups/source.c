// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The machine thread's half of a group: its sources in force, and `settle`, the only place where a source reaches
// routing.
//
//     edge, message:  undelivered ───── open? ── yes: one edge or message; no: pending
//     level:          driven|asserted ─ open? ── yes: the wire is high;    no: low, and pending
//
// A source is open while its group is live and it is not masked. A triggered level source is asserted until the EOI
// comes back through route_eoi; after a trigger in between the wire falls at the EOI and rises again.
// Path: groups/group.c, groups/group_inbox.c / irqchip/route.c
#include "base/bits.h"
#include "groups/group.h"

bool source_is_open(const struct intact_irq_group *group, const struct group_source *source)
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
        // The second trigger: the wire falls first, so that a pin in edge mode sees this one too.
        source->again = false;
        source->undelivered = true;
        route_set_level(group->manager->route, wire, false);
    } else if (!source->undelivered) {
        source->asserted = false;
    }
    source_settle(group, 0);
    group_resample(group);
}

static void attach(struct intact_irq_group *group)
{
    uint64_t pin = group->sources[0].live.address;
    group->wire.resample = on_eoi;
    group->wire.owner = group;
    // A pin that does not exist was refused when it was requested; if it was removed since, delivery returns the error.
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

void source_attach_quietly(struct intact_irq_group *group)
{
    bool level = group->wire.level;
    group->wire.level = false;
    rewire(group);
    group->wire.level = level;
}

// --- Settle ----------------------------------------------------------------------------------------------------------

static int settle_level(struct intact_irq_group *group, struct group_source *source)
{
    bool open = source_is_open(group, source), level = source->driven || source->asserted;
    int result = INTACT_IRQ_OK;
    if (open && source->undelivered) {
        source->undelivered = false;
        result = count_delivery(group, group->wire.wire != NULL);
    }
    set_pending(source, source->again || (level && !open));
    route_set_level(group->manager->route, &group->wire, level && open);
    return result;
}

// An edge on a wire that is high is coalesced with the level there.
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

// Where a trigger of a source waits while it is masked or disabled, for causes in traces.
static uint64_t source_key(const struct intact_irq_group *group, uint32_t index)
{
    return trace_key(TRACE_AT_SOURCE, 0, group->base + index);
}

static int settle(struct intact_irq_group *group, uint32_t index)
{
    struct group_source *source = &group->sources[index];
    if (group->rewire)
        rewire(group);
    if (source->live.flags & SETTINGS_LEVEL)
        return settle_level(group, source);
    if (!source->undelivered || !source_is_open(group, source))
        return INTACT_IRQ_OK;
    source->undelivered = false;
    set_pending(source, false);
    return deliver(group, source);
}

int source_settle(struct intact_irq_group *group, uint32_t index)
{
    const struct group_source *source = &group->sources[index];
    bool heard = trace_heard(group->manager->trace) && (source->undelivered || source->again);
    if (heard)
        trace_resume(group->manager->trace, source_key(group, index));
    int result = settle(group, index);
    if (heard && (source->undelivered || source->again))
        trace_hold(group->manager->trace, source_key(group, index));
    if (heard)
        trace_end(group->manager->trace);
    return result;
}

// --- Changes of a source ---------------------------------------------------------------------------------------------

static int trigger_level(struct intact_irq_group *group, uint32_t index)
{
    struct group_source *source = &group->sources[index];
    if (!source->asserted) {
        source->asserted = source->undelivered = true;
        return source_settle(group, index);
    }
    if (source->undelivered || source->again)
        group_count(&group->coalesced);
    else
        source->again = true;
    return source_settle(group, index);
}

static int trigger(struct intact_irq_group *group, uint32_t index)
{
    struct group_source *source = &group->sources[index];
    if (source->live.flags & SETTINGS_LEVEL)
        return trigger_level(group, index);
    if (source_is_open(group, source))
        return deliver(group, source);
    if (source->undelivered)
        group_count(&group->coalesced);
    source->undelivered = true;
    set_pending(source, true);
    return INTACT_IRQ_OK;
}

static void report_mask(const struct intact_irq_group *group, uint32_t index)
{
    if (!source_is_open(group, &group->sources[index]))
        TRACE(group->manager->trace, TRACE_MASK, TRACE_NO_CPU, INTACT_CHIP_SOURCE, group->base + index, 1);
}

int source_trigger(struct intact_irq_group *group, uint32_t index)
{
    const struct group_source *source = &group->sources[index];
    struct trace *trace = group->manager->trace;
    bool heard = trace_heard(trace);
    if (heard) {
        trace_name(trace, group_source_name(group, index));
        trace_raise(trace, source_key(group, index), TRACE_TRIGGER, TRACE_NO_CPU, group->base, index, 0);
    }
    int result = trigger(group, index);
    if (heard)
        report_mask(group, index);
    if (heard && !source->undelivered && !source->again)
        trace_drop(trace, source_key(group, index));
    if (heard)
        trace_end(trace);
    return result;
}

void source_set_level(struct intact_irq_group *group, uint32_t index, bool level)
{
    group->sources[index].driven = level;
    source_settle(group, index);
}

void source_clear(struct intact_irq_group *group, uint32_t index)
{
    struct group_source *source = &group->sources[index];
    if (source->undelivered || source->again)
        group_count(&group->abandoned);
    source->undelivered = source->again = source->asserted = false;
    set_pending(source, false);
    source_settle(group, index);
}

// A pending trigger survives a change between edge and level.
static void change_trigger_mode(struct group_source *source, bool level)
{
    if (level) {
        source->asserted = source->undelivered;
        return;
    }
    source->undelivered |= source->again;
    source->asserted = source->again = false;
    set_pending(source, source->undelivered);
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

void source_set_live(struct intact_irq_group *group, bool live, uint32_t version)
{
    if (group->type == INTACT_IRQ_LEGACY && group->live != live)
        group->rewire = true;
    group->live = live;
    group->version = version;
    for (uint32_t i = 0; i < group->length; i++)
        source_settle(group, i);
}

void source_end(struct intact_irq_group *group)
{
    source_set_live(group, false, group->version);
    for (uint32_t i = 0; i < group->length; i++)
        source_clear(group, i);
}
