// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Saving, loading and replaying groups.
//
// Both halves of a group are saved: the settings in force and those requested. Notifiers and counters are not state. A
// digest has only the settings in force: those requested change when another thread asks for them, which is at no moment of
// the machine's, and the versions count those requests.
// Path: replay / groups/source.c
#include "base/bits.h"
#include "groups/group.h"

static void visit_settings(struct settings *settings, struct visit *v)
{
    VISIT(v, settings->address);
    VISIT(v, settings->data);
    VISIT(v, settings->device);
    VISIT(v, settings->flags);
}

static void visit_source(struct group_source *source, struct visit *v)
{
    visit_settings(&source->live, v);
    if (!v->no_requests)
        VISIT(v, source->version);
    VISIT(v, source->pending);
    VISIT(v, source->undelivered);
    VISIT(v, source->driven);
    VISIT(v, source->asserted);
    VISIT(v, source->again);
}

static void visit_request(struct group_request *request, struct visit *v)
{
    visit_settings(&request->set, v);
    visit_settings(&request->staged, v);
    VISIT(v, request->waiting);
}

// `waiting` has the requests that wait, and no others.
static bool is_list(const struct intact_irq_group *group)
{
    uint32_t left = group->waiting_count;
    for (uint32_t i = 0; i < group->length; i++)
        left -= group->requests[i].waiting;
    for (uint32_t i = 0; i < group->length && i < group->waiting_count; i++)
        if (group->waiting[i] >= group->length || !group->requests[group->waiting[i]].waiting)
            return false;
    return left == 0;
}

static void visit_requests(struct intact_irq_group *group, struct visit *v)
{
    VISIT(v, group->version);
    VISIT(v, group->asked);
    VISIT(v, group->enabled);
    VISIT(v, group->level);
    VISIT_BELOW(v, group->waiting_count, group->length + 1);
    VISIT_MEMORY(v, group->waiting, group->length);
    for (uint32_t i = 0; i < group->length; i++)
        visit_request(&group->requests[i], v);
    if (v->below && !is_list(group))
        v->below(v, "waiting_count", group->waiting_count, 0);
}

void group_visit(struct intact_irq_group *group, struct visit *v)
{
    visit_enter(v, "group");
    VISIT(v, group->live);
    VISIT(v, group->wire.level);
    for (uint32_t i = 0; i < group->length; i++)
        visit_source(&group->sources[i], v);
    if (!v->no_requests)
        visit_requests(group, v);
    visit_leave(v);
}

void group_loaded(struct intact_irq_group *group)
{
    atomic_store(&group->foreign, false);
    if (group->type == INTACT_IRQ_LEGACY)
        source_attach_quietly(group);
}

bool group_is_possible(const struct intact_irq_group *group, const struct inbox_message *message)
{
    uint32_t index = (uint32_t)message->a;
    bool legacy = group->type == INTACT_IRQ_LEGACY;
    switch (message->kind & bits_low(GROUP_FLAGS_SHIFT)) {
    case GROUP_SETTINGS:
    case GROUP_SET:
    case GROUP_STAGE:
        return index < group->length && (legacy || !(message->kind >> GROUP_FLAGS_SHIFT & SETTINGS_LEVEL));
    case GROUP_TRIGGER: return index < group->length;
    case GROUP_LEVEL: return index == 0 && legacy;
    case GROUP_CREATE:
    case GROUP_ENABLE:
    case GROUP_DISABLE:
    case GROUP_DESTROY:
    case GROUP_UNSTAGE:
    case GROUP_ALLOW: return true;
    default: return false;
    }
}

static void replay_settings(struct intact_irq_group *group, const struct inbox_message *message)
{
    struct group_request *request = &group->requests[(uint32_t)message->a];
    request->set = group_settings_of(message);
    if (!request->waiting)
        request->staged = request->set;
    if (group->type == INTACT_IRQ_LEGACY)
        atomic_store(&group->level, request->set.flags & SETTINGS_LEVEL);
}

void group_change_request(struct intact_irq_group *group, const struct inbox_message *message)
{
    const struct settings settings = group_settings_of(message);
    switch ((enum group_message)(message->kind & bits_low(GROUP_FLAGS_SHIFT))) {
    case GROUP_SET: replay_settings(group, message); break;
    case GROUP_STAGE: group_stage(group, (uint32_t)message->a, &settings); break;
    case GROUP_UNSTAGE: group_unstage(group); break;
    case GROUP_ALLOW: atomic_store(&group->enabled, (uint32_t)message->a); break;
    default: break; // of another kind
    }
}

void group_replay(struct intact_irq_group *group, const struct inbox_message *message)
{
    uint32_t version = (uint32_t)(message->a >> 32);
    pthread_mutex_lock(&group->lock);
    switch ((enum group_message)(message->kind & bits_low(GROUP_FLAGS_SHIFT))) {
    case GROUP_SETTINGS:
        replay_settings(group, message);
        group->asked = version;
        break;
    case GROUP_ENABLE:
    case GROUP_DISABLE:
        atomic_store(&group->enabled, (message->kind & bits_low(GROUP_FLAGS_SHIFT)) == GROUP_ENABLE);
        group->asked = version;
        break;
    case GROUP_TRIGGER:
        if (message->b & POSTED_TRIGGER)
            group_count(&group->triggered);
        if (message->b & POSTED_CLEARED)
            group_count(&group->triggered);
        break;
    default: break;
    }
    pthread_mutex_unlock(&group->lock);
}
