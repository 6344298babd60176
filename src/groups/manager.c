// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The manager: create and destroy, wiring, its groups. A destroyed group is retired: it stays until the machine thread
// has drained the last message that names it.
// Path: devices / groups/group.c
#include "groups/manager.h"

#include <errno.h>
#include <stdlib.h>

#include "base/sized.h"
#include "groups/group.h"
#include "groups/ids.h"

struct manager_own {
    struct route route;
    struct inbox inbox;
    struct trace trace; // not used where the chips' is shared
    uint64_t now;       // as of the last poll
};

// --- Life ------------------------------------------------------------------------------------------------------------

static int init_locks(struct intact_irq_manager *manager)
{
    int result = -pthread_mutex_init(&manager->lock, NULL);
    if (result)
        return result;
    result = watch_init(&manager->watch);
    if (result)
        pthread_mutex_destroy(&manager->lock);
    return result;
}

int manager_create(struct route *route, struct inbox *inbox, struct trace *trace, struct intact_irq_manager **manager)
{
    struct intact_irq_manager *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    *made = (struct intact_irq_manager){ .route = route, .inbox = inbox, .trace = trace, .limit = IDS_SOURCES };
    made->known_end = &made->known;
    int result = init_locks(made);
    if (result) {
        free(made);
        return result;
    }
    int channel = inbox_register(inbox, &(struct inbox_channel){ "irq", group_accept, group_handle, made });
    if (channel < 0) {
        watch_destroy(&made->watch);
        pthread_mutex_destroy(&made->lock);
        free(made);
        return channel;
    }
    made->channel = (uint16_t)channel;
    *manager = made;
    return 0;
}

static void free_own(struct manager_own *own)
{
    if (!own)
        return;
    route_free(&own->route);
    inbox_destroy(&own->inbox);
    trace_free(&own->trace);
    free(own);
}

void intact_irq_output_defaults(struct intact_irq_output *output, size_t size)
{
    const struct intact_irq_output nowhere = { .size = sizeof nowhere };
    sized_give(output, size, &nowhere, sizeof nowhere);
}

static void stamp(void *owner, struct intact_trace_event *event)
{
    event->time = ((const struct manager_own *)owner)->now;
}

int intact_irq_manager_create(const struct intact_irq_output *given, struct intact_irq_manager **manager)
{
    struct intact_irq_output output = { .size = sizeof output };
    if (!sized_take(&output, sizeof output, given))
        return INTACT_IRQ_INVALID;
    const struct route_sink sink = { .pin = output.pin,
                                     .message = output.message,
                                     .owner = output.owner,
                                     .reaches = output.reaches,
                                     .edge = output.edge };
    struct manager_own *own = calloc(1, sizeof *own);
    if (!own)
        return INTACT_IRQ_NO_MEMORY;
    if (inbox_init(&own->inbox)) {
        free(own);
        return INTACT_IRQ_NO_MEMORY;
    }
    own->trace = (struct trace){ .stamp = stamp, .stamp_owner = own };
    struct trace *trace = output.trace ? trace_of(output.trace) : &own->trace;
    route_init(&own->route, &sink, trace);
    if (manager_create(&own->route, &own->inbox, trace, manager)) {
        free_own(own);
        return INTACT_IRQ_NO_MEMORY;
    }
    (*manager)->own = own;
    return INTACT_IRQ_OK;
}

// The inbox is not drained any more: frees all retired groups.
static void free_all_retired(struct intact_irq_manager *manager)
{
    while (manager->retired) {
        struct intact_irq_group *group = manager->retired;
        source_end(group);
        manager_forget(manager, group);
        manager_free_retired(manager, group);
    }
}

void manager_destroy(struct intact_irq_manager *manager)
{
    inbox_adopt(manager->inbox);
    while (manager->group_count)
        intact_irq_manager_destroy_group(manager, manager->groups[0]);
    free_all_retired(manager);
    watch_destroy(&manager->watch);
    pthread_mutex_destroy(&manager->lock);
    free_own(manager->own);
    free(manager->groups);
    free(manager);
}

int intact_irq_manager_destroy(struct intact_irq_manager *manager)
{
    if (manager->group_count)
        return INTACT_IRQ_BUSY;
    manager_destroy(manager);
    return INTACT_IRQ_OK;
}

void intact_irq_manager_adopt(struct intact_irq_manager *manager)
{
    inbox_adopt(manager->inbox);
}

unsigned intact_irq_manager_poll(struct intact_irq_manager *manager, uint64_t now)
{
    if (manager->own)
        manager->own->now = now;
    watch_sweep(&manager->watch);
    return inbox_empty(manager->inbox) ? 0 : inbox_drain(manager->inbox, now, 0);
}

bool intact_irq_manager_wait(struct intact_irq_manager *manager, uint64_t timeout_ns)
{
    watch_sweep(&manager->watch);
    return inbox_wait(manager->inbox, timeout_ns);
}

// --- Wiring ----------------------------------------------------------------------------------------------------------

static int public_error(int error)
{
    switch (error) {
    case -EEXIST: return INTACT_IRQ_DUPLICATE;
    case -ENXIO: return INTACT_IRQ_NO_ROUTE;
    case -EINVAL: return INTACT_IRQ_INVALID;
    case -ENOMEM: return INTACT_IRQ_NO_MEMORY;
    case -EBUSY: return INTACT_IRQ_BUSY;
    default: return error;
    }
}

int intact_irq_manager_trace(struct intact_irq_manager *manager, struct intact_trace_observer *observer)
{
    return manager->trace ? public_error(trace_add(manager->trace, observer)) : INTACT_IRQ_INVALID;
}

int intact_irq_manager_add_chip(struct intact_irq_manager *manager, uint32_t chip, uint32_t pins)
{
    return public_error(route_add_chip(manager->route, chip, pins));
}

int intact_irq_manager_route(struct intact_irq_manager *manager, uint32_t gsi, uint32_t chip, uint32_t pin)
{
    return public_error(route_add_pin(manager->route, gsi, chip, pin));
}

int intact_irq_manager_connect(struct intact_irq_manager *manager, uint32_t gsi, struct intact_irq_line *line)
{
    return public_error(route_connect(manager->route, gsi, line));
}

void intact_irq_manager_disconnect(struct intact_irq_manager *manager, struct intact_irq_line *line)
{
    route_disconnect(manager->route, line);
}

void intact_irq_manager_eoi(struct intact_irq_manager *manager, uint32_t chip, uint32_t pin)
{
    route_eoi(manager->route, chip, pin);
}

int intact_irq_manager_set_limit(struct intact_irq_manager *manager, uint32_t sources)
{
    pthread_mutex_lock(&manager->lock);
    bool possible = sources && sources <= IDS_SOURCES && sources >= manager->assigned;
    if (possible)
        manager->limit = sources;
    pthread_mutex_unlock(&manager->lock);
    return possible ? INTACT_IRQ_OK : INTACT_IRQ_INVALID;
}

// --- Groups ----------------------------------------------------------------------------------------------------------

void manager_know(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    group->known_link = manager->known_end;
    *manager->known_end = group;
    manager->known_end = &group->next_known;
}

void manager_forget(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    if (!group->known_link)
        return;
    *group->known_link = group->next_known;
    if (group->next_known)
        group->next_known->known_link = group->known_link;
    else
        manager->known_end = group->known_link;
    group->known_link = NULL;
    group->next_known = NULL;
}

static uint32_t next_id(const struct intact_irq_manager *manager, bool machine)
{
    return manager->made[!machine] * 2 + !machine;
}

static int announce(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    const struct inbox_message m = {
        .channel = manager->channel,
        .kind = GROUP_CREATE,
        .id = group->id,
        .target = group,
        .a = group->base,
        .b = group->length,
        .c = group->type,
    };
    return inbox_post(manager->inbox, &m, 1);
}

static int create(struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t base, uint32_t count,
                  uint32_t id, bool machine, struct intact_irq_group **group)
{
    int result = ids_choose(manager, type, &base, count);
    if (result)
        return result;
    struct intact_irq_group *made = group_create(manager, type, base, count, id);
    if (!made)
        return INTACT_IRQ_NO_MEMORY;
    if (!ids_insert(manager, made)) {
        group_free(made);
        return INTACT_IRQ_NO_MEMORY;
    }
    if (!machine && announce(manager, made)) {
        ids_remove(manager, made);
        group_free(made);
        return INTACT_IRQ_NO_MEMORY;
    }
    if (machine)
        manager_know(manager, made);
    *group = made;
    return INTACT_IRQ_OK;
}

int intact_irq_manager_create_group(struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t base,
                                    uint32_t count, struct intact_irq_group **group)
{
    bool machine = inbox_is_machine(manager->inbox);
    int result = ids_check(type, base, count);
    if (result)
        return result;
    pthread_mutex_lock(&manager->lock);
    result = create(manager, type, base, count, next_id(manager, machine), machine, group);
    if (!result)
        manager->made[!machine]++;
    pthread_mutex_unlock(&manager->lock);
    return result;
}

void manager_retire(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    pthread_mutex_lock(&manager->lock);
    ids_remove(manager, group);
    group->next_retired = manager->retired;
    group->retired_link = &manager->retired;
    if (group->next_retired)
        group->next_retired->retired_link = &group->next_retired;
    manager->retired = group;
    pthread_mutex_unlock(&manager->lock);
}

// The group is freed when the machine thread handles this message: all others with a pointer to the group were posted
// before.
void intact_irq_manager_destroy_group(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    group_close(group);
    if (group_on_machine(group))
        manager_forget(manager, group);
    manager_retire(manager, group);
    group->end_node.message = group_message(group, GROUP_DESTROY, 0, group_on_machine(group), 0);
    inbox_post_node(manager->inbox, &group->end_node);
}

static void add_counts(struct intact_irq_counts *sum, const struct intact_irq_counts *counts)
{
    sum->triggered += counts->triggered;
    sum->delivered += counts->delivered;
    sum->coalesced += counts->coalesced;
    sum->dropped += counts->dropped;
    sum->abandoned += counts->abandoned;
}

static void add_group(struct intact_irq_counts *sum, const struct intact_irq_group *group)
{
    struct intact_irq_counts counts;
    intact_irq_group_counts(group, &counts);
    add_counts(sum, &counts);
}

void manager_free_retired(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    pthread_mutex_lock(&manager->lock);
    *group->retired_link = group->next_retired;
    if (group->next_retired)
        group->next_retired->retired_link = group->retired_link;
    add_group(&manager->past, group);
    pthread_mutex_unlock(&manager->lock);
    group_free(group);
}

void intact_irq_manager_counts(struct intact_irq_manager *manager, struct intact_irq_counts *counts)
{
    pthread_mutex_lock(&manager->lock);
    *counts = manager->past;
    for (uint32_t i = 0; i < manager->group_count; i++)
        add_group(counts, manager->groups[i]);
    for (struct intact_irq_group *group = manager->retired; group; group = group->next_retired)
        add_group(counts, group);
    pthread_mutex_unlock(&manager->lock);
}

// --- Snapshot and replay ---------------------------------------------------------------------------------------------

struct intact_irq_group *manager_find(struct intact_irq_manager *manager, uint32_t id)
{
    struct intact_irq_group *group = manager->known;
    while (group && group->id != id)
        group = group->next_known;
    return group;
}

// The base of a message group is seen by the program alone. Another group may be there: one of the machine thread that was
// made a little earlier than in the recorded run, where this one was in its way already.
void manager_replay(struct intact_irq_manager *manager, const struct inbox_message *message)
{
    struct intact_irq_group *group;
    enum intact_irq_type type = (enum intact_irq_type)message->c;
    uint32_t base = (uint32_t)message->a, count = (uint32_t)message->b;
    if (message->kind != GROUP_CREATE || !manager_is_foreign(message->id) || ids_check(type, base, count))
        return;
    pthread_mutex_lock(&manager->lock);
    if (create(manager, type, base, count, message->id, true, &group) == INTACT_IRQ_DUPLICATE)
        create(manager, type, INTACT_IRQ_ANY_BASE, count, message->id, true, &group);
    pthread_mutex_unlock(&manager->lock);
}

void manager_visit(struct intact_irq_manager *manager, struct visit *v)
{
    visit_enter(v, "irq");
    for (struct intact_irq_group *group = manager->known; v->no_requests && group; group = group->next_known)
        group_visit(group, v);
    for (uint32_t i = 0; !v->no_requests && i < manager->group_count; i++)
        group_visit(manager->groups[i], v);
    visit_leave(v);
}

void manager_loaded(struct intact_irq_manager *manager)
{
    for (uint32_t i = 0; i < manager->group_count; i++)
        group_loaded(manager->groups[i]);
}
