// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The manager: which group has which source ids.
//
//     0 ──────── 65535 | 65536 ───────────────────────── limit
//     GSIs of legacy     where the manager puts message groups itself (INTACT_IRQ_ANY_BASE)
//
// Groups are kept in the order of their base, so an overlap is a look at two neighbours. A destroyed group stays buried
// until the machine thread has drained the last message that names it.
// Path: devices / groups/group.c
#include "groups/manager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "groups/group.h"

#define FIRST_OWN_BASE ROUTE_GSI_LIMIT
#define ALL_SOURCES    (UINT32_MAX - ROUTE_GSI_LIMIT + 1)
#define LARGEST_MSI    32
#define LARGEST_GROUP  2048

struct manager_own {
    struct route route;
    struct inbox inbox;
};

// --- Life ------------------------------------------------------------------------------------------------------------

static int init_locks(struct intact_irq_manager *manager)
{
    int result = -pthread_mutex_init(&manager->lock, NULL);
    if (result)
        return result;
    result = irq_watch_init(&manager->watch);
    if (result)
        pthread_mutex_destroy(&manager->lock);
    return result;
}

int manager_create(struct route *route, struct inbox *inbox, struct trace *trace, struct intact_irq_manager **manager)
{
    struct intact_irq_manager *made = calloc(1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    *made = (struct intact_irq_manager){ .route = route, .inbox = inbox, .trace = trace, .limit = ALL_SOURCES };
    int result = init_locks(made);
    if (result) {
        free(made);
        return result;
    }
    int channel = inbox_register(inbox, &(struct inbox_channel){ "irq", group_accept, group_handle, made });
    if (channel < 0) {
        irq_watch_destroy(&made->watch);
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
    free(own);
}

int intact_irq_manager_create(const struct intact_irq_output *output, struct intact_irq_manager **manager)
{
    const struct route_sink sink = { .pin = output->pin,
                                     .message = output->message,
                                     .owner = output->owner,
                                     .reaches = output->reaches,
                                     .edge = output->edge };
    struct manager_own *own = calloc(1, sizeof(*own));
    if (!own)
        return INTACT_IRQ_NO_MEMORY;
    if (inbox_init(&own->inbox)) {
        free(own);
        return INTACT_IRQ_NO_MEMORY;
    }
    route_init(&own->route, &sink, NULL);
    if (manager_create(&own->route, &own->inbox, NULL, manager)) {
        free_own(own);
        return INTACT_IRQ_NO_MEMORY;
    }
    (*manager)->own = own;
    return INTACT_IRQ_OK;
}

int intact_irq_manager_destroy(struct intact_irq_manager *manager)
{
    if (manager->group_count)
        return INTACT_IRQ_BUSY;
    irq_watch_destroy(&manager->watch);
    while (manager->buried) {
        struct intact_irq_group *next = manager->buried->next;
        group_free(manager->buried);
        manager->buried = next;
    }
    pthread_mutex_destroy(&manager->lock);
    free_own(manager->own);
    free(manager->groups);
    free(manager);
    return INTACT_IRQ_OK;
}

void intact_irq_manager_adopt(struct intact_irq_manager *manager)
{
    inbox_adopt(manager->inbox);
}

unsigned intact_irq_manager_poll(struct intact_irq_manager *manager, uint64_t now)
{
    return inbox_empty(manager->inbox) ? 0 : inbox_drain(manager->inbox, now, 0);
}

bool intact_irq_manager_wait(struct intact_irq_manager *manager, uint64_t timeout_ns)
{
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
    bool possible = sources && sources <= ALL_SOURCES && sources >= manager->given;
    if (possible)
        manager->limit = sources;
    pthread_mutex_unlock(&manager->lock);
    return possible ? INTACT_IRQ_OK : INTACT_IRQ_INVALID;
}

// --- Who has which ids, under the lock -------------------------------------------------------------------------------

// The first group that ends behind `base`: it, or none, overlaps what begins there.
static uint32_t place_of(const struct intact_irq_manager *manager, uint32_t base)
{
    uint32_t low = 0, high = manager->group_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct intact_irq_group *group = manager->groups[middle];
        if ((uint64_t)group->base + group->length > base)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool is_free(const struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t base, uint32_t count)
{
    uint32_t place = place_of(manager, base);
    if (place == manager->group_count)
        return true;
    const struct intact_irq_group *group = manager->groups[place];
    bool shared_gsi = type == INTACT_IRQ_LEGACY && group->type == INTACT_IRQ_LEGACY;
    return shared_gsi || group->base >= (uint64_t)base + count;
}

// First fit above the GSIs. 0: none.
static uint32_t find_base(const struct intact_irq_manager *manager, uint32_t count)
{
    uint64_t base = FIRST_OWN_BASE;
    for (uint32_t i = place_of(manager, FIRST_OWN_BASE); i < manager->group_count; i++) {
        const struct intact_irq_group *group = manager->groups[i];
        if (group->base >= base + count)
            break;
        base = (uint64_t)group->base + group->length;
    }
    return base + count - 1 < INTACT_IRQ_ANY_BASE ? (uint32_t)base : 0;
}

static int choose_base(const struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t *base,
                       uint32_t count)
{
    if (type != INTACT_IRQ_LEGACY && count > manager->limit - manager->given)
        return INTACT_IRQ_OUT_OF_VECTORS;
    if (*base != INTACT_IRQ_ANY_BASE)
        return is_free(manager, type, *base, count) ? INTACT_IRQ_OK : INTACT_IRQ_DUPLICATE;
    *base = find_base(manager, count);
    return *base ? INTACT_IRQ_OK : INTACT_IRQ_OUT_OF_VECTORS;
}

static bool insert(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    if (manager->group_count == manager->group_capacity) {
        uint32_t capacity = manager->group_capacity ? manager->group_capacity * 2 : 16;
        struct intact_irq_group **bigger = realloc(manager->groups, capacity * sizeof(*bigger));
        if (!bigger)
            return false;
        manager->groups = bigger;
        manager->group_capacity = capacity;
    }
    uint32_t place = place_of(manager, group->base);
    memmove(&manager->groups[place + 1], &manager->groups[place],
            (manager->group_count - place) * sizeof(manager->groups[0]));
    manager->groups[place] = group;
    manager->group_count++;
    if (group->type != INTACT_IRQ_LEGACY)
        manager->given += group->length;
    return true;
}

static void take_out(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    uint32_t place = place_of(manager, group->base);
    while (manager->groups[place] != group) // others on the same GSI
        place++;
    manager->group_count--;
    memmove(&manager->groups[place], &manager->groups[place + 1],
            (manager->group_count - place) * sizeof(manager->groups[0]));
    if (group->type != INTACT_IRQ_LEGACY)
        manager->given -= group->length;
}

// --- Groups ----------------------------------------------------------------------------------------------------------

static int check_count(enum intact_irq_type type, uint32_t count)
{
    bool good;
    switch (type) {
    case INTACT_IRQ_LEGACY: good = count == 1; break;
    case INTACT_IRQ_MSI: good = is_power_of_two(count) && count <= LARGEST_MSI; break;
    case INTACT_IRQ_MSIX:
    case INTACT_IRQ_GENERIC: good = count >= 1 && count <= LARGEST_GROUP; break;
    default: return INTACT_IRQ_BAD_TYPE;
    }
    return good ? INTACT_IRQ_OK : INTACT_IRQ_BAD_COUNT;
}

static int check_base(enum intact_irq_type type, uint32_t base, uint32_t count)
{
    if (type == INTACT_IRQ_LEGACY)
        return base < ROUTE_GSI_LIMIT ? INTACT_IRQ_OK : INTACT_IRQ_INVALID;
    bool fits = base == INTACT_IRQ_ANY_BASE || (uint64_t)base + count - 1 < INTACT_IRQ_ANY_BASE;
    return fits ? INTACT_IRQ_OK : INTACT_IRQ_INVALID;
}

// Groups of the machine thread have even numbers and the others odd ones: so the first are numbered the same in every
// run, whatever the others do.
static uint32_t next_number(const struct intact_irq_manager *manager, bool machine)
{
    return manager->numbers[!machine] * 2 + !machine;
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
    int result = choose_base(manager, type, &base, count);
    if (result)
        return result;
    struct intact_irq_group *made = group_create(manager, type, base, count, id);
    if (!made)
        return INTACT_IRQ_NO_MEMORY;
    if (!insert(manager, made)) {
        group_free(made);
        return INTACT_IRQ_NO_MEMORY;
    }
    if (!machine && announce(manager, made)) {
        take_out(manager, made);
        group_free(made);
        return INTACT_IRQ_NO_MEMORY;
    }
    *group = made;
    return INTACT_IRQ_OK;
}

int intact_irq_manager_create_group(struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t base,
                                    uint32_t count, struct intact_irq_group **group)
{
    bool machine = inbox_is_machine(manager->inbox);
    int result = check_count(type, count);
    if (!result)
        result = check_base(type, base, count);
    if (result)
        return result;
    pthread_mutex_lock(&manager->lock);
    result = create(manager, type, base, count, next_number(manager, machine), machine, group);
    if (!result)
        manager->numbers[!machine]++;
    pthread_mutex_unlock(&manager->lock);
    return result;
}

void manager_unlist(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    pthread_mutex_lock(&manager->lock);
    take_out(manager, group);
    group->next = manager->buried;
    manager->buried = group;
    pthread_mutex_unlock(&manager->lock);
}

// The group is freed when the machine thread meets the message: all that name the group were posted before. Where there
// is no memory for it, the group stays buried until the manager goes.
void intact_irq_manager_destroy_group(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    const struct inbox_message m = {
        .channel = manager->channel,
        .kind = GROUP_DESTROY,
        .id = group->id,
        .target = group,
        .b = inbox_is_machine(manager->inbox),
    };
    group_close(group);
    manager_unlist(manager, group);
    inbox_post(manager->inbox, &m, 1);
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

void manager_bury(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    pthread_mutex_lock(&manager->lock);
    struct intact_irq_group **link = &manager->buried;
    while (*link != group)
        link = &(*link)->next;
    *link = group->next;
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
    for (struct intact_irq_group *group = manager->buried; group; group = group->next)
        add_group(counts, group);
    pthread_mutex_unlock(&manager->lock);
}

// --- Snapshot and replay ---------------------------------------------------------------------------------------------

struct intact_irq_group *manager_find(struct intact_irq_manager *manager, uint32_t id)
{
    struct intact_irq_group *found = NULL;
    pthread_mutex_lock(&manager->lock);
    for (uint32_t i = 0; i < manager->group_count && !found; i++)
        if (manager->groups[i]->id == id)
            found = manager->groups[i];
    for (struct intact_irq_group *group = manager->buried; group && !found; group = group->next)
        if (group->id == id)
            found = group;
    pthread_mutex_unlock(&manager->lock);
    return found;
}

void manager_replay(struct intact_irq_manager *manager, const struct inbox_message *message)
{
    struct intact_irq_group *group;
    if (message->kind != GROUP_CREATE)
        return;
    pthread_mutex_lock(&manager->lock);
    create(manager, (enum intact_irq_type)message->c, (uint32_t)message->a, (uint32_t)message->b, message->id, true,
           &group);
    pthread_mutex_unlock(&manager->lock);
}

void manager_visit(struct intact_irq_manager *manager, struct visit *v)
{
    visit_enter(v, "irq");
    for (uint32_t i = 0; i < manager->group_count; i++)
        group_visit(manager->groups[i], v);
    visit_leave(v);
}
