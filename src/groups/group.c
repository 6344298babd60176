// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Groups of interrupt sources: what is asked of them, from any thread.
//
// Updates are staged per source and committed in batches: every batch is checked as a whole, then either put in force
// (machine thread) or posted as one run of messages that the machine thread drains together; so no trigger sees half
// of it. A trigger on the machine thread takes no lock.
// Path: devices / groups/source.c
#include "groups/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "groups/notifier.h"

// --- Life ------------------------------------------------------------------------------------------------------------

static bool allocate(struct intact_irq_group *group, uint32_t count)
{
    _Static_assert(sizeof(struct group_source) == GROUP_LINE, "a trigger touches one line");
    group->sources = aligned_alloc(GROUP_LINE, count * sizeof(*group->sources));
    if (group->sources)
        memset(group->sources, 0, count * sizeof(*group->sources));
    group->changed = calloc(count, sizeof(*group->changed));
    group->requests = calloc(count, sizeof(*group->requests));
    group->waiting = calloc(count, sizeof(*group->waiting));
    return group->sources && group->changed && group->requests && group->waiting;
}

struct intact_irq_group *group_create(struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t base,
                                      uint32_t count, uint32_t id)
{
    struct intact_irq_group *group = calloc(1, sizeof(*group));
    if (!group)
        return NULL;
    group->manager = manager;
    group->type = type;
    group->base = base;
    group->length = count;
    group->id = id;
    if (allocate(group, count) && pthread_mutex_init(&group->lock, NULL) == 0)
        return group;
    free(group->sources);
    free(group->changed);
    free(group->requests);
    free(group->waiting);
    free(group);
    return NULL;
}

void group_free(struct intact_irq_group *group)
{
    pthread_mutex_destroy(&group->lock);
    free(group->sources);
    free(group->changed);
    free(group->requests);
    free(group->waiting);
    free(group);
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

bool intact_irq_group_enabled(const struct intact_irq_group *group)
{
    return atomic_load(&group->enabled);
}

// --- Messages to the machine thread ----------------------------------------------------------------------------------

static bool on_machine(const struct intact_irq_group *group)
{
    return inbox_is_machine(group->manager->inbox);
}

static struct inbox_message message(struct intact_irq_group *group, uint32_t kind, uint64_t a, uint64_t b, uint64_t c)
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

static int post(struct intact_irq_group *group, uint32_t kind, uint64_t a, uint64_t b)
{
    struct inbox_message m = message(group, kind, a, b, 0);
    return inbox_post(group->manager->inbox, &m, 1) ? INTACT_IRQ_NO_MEMORY : INTACT_IRQ_OK;
}

static struct inbox_message settings_message(struct intact_irq_group *group, uint32_t index, uint32_t version,
                                             const struct settings *settings)
{
    return message(group, GROUP_SETTINGS | (uint32_t)settings->flags << GROUP_FLAGS_SHIFT,
                   index | (uint64_t)version << 32, settings->address,
                   settings->data | (uint64_t)settings->device << 32);
}

// --- Batches of settings, under the lock -----------------------------------------------------------------------------

// What is committed together: all updates that wait, or (enable) every source, by `configs` where there are any.
struct batch {
    bool enable;
    const struct intact_irq_config *configs;
};

static struct settings settings_of(const struct intact_irq_config *config, bool masked)
{
    uint8_t flags = SETTINGS_CONFIGURED | (masked ? SETTINGS_MASKED : 0);
    if (config->type == INTACT_IRQ_LEGACY)
        return (struct settings){
            .address = (uint64_t)config->chip << 32 | (config->chip == INTACT_IRQ_ANY_PIN ? 0 : config->pin),
            .flags = flags | (config->level ? SETTINGS_LEVEL : 0),
        };
    return (struct settings){
        .address = (uint64_t)config->address_high << 32 | config->address_low,
        .data = config->data,
        .device = config->device,
        .flags = flags,
    };
}

static uint32_t batch_length(const struct intact_irq_group *group, const struct batch *batch)
{
    return batch->enable ? group->length : group->waiting_count;
}

static uint32_t batch_index(const struct intact_irq_group *group, const struct batch *batch, uint32_t i)
{
    return batch->enable ? i : group->waiting[i];
}

static struct settings proposed(const struct intact_irq_group *group, const struct batch *batch, uint32_t index)
{
    const struct settings *staged = &group->requests[index].staged;
    return batch->configs ? settings_of(&batch->configs[index], staged->flags & SETTINGS_MASKED) : *staged;
}

static bool leads_somewhere(const struct intact_irq_group *group, const struct settings *settings)
{
    const struct route *route = group->manager->route;
    uint32_t chip = (uint32_t)(settings->address >> 32);
    if (group->type != INTACT_IRQ_LEGACY)
        return route_reaches(route, settings->address, settings->device);
    if (chip == INTACT_IRQ_ANY_PIN)
        return route_has_gsi(route, group->base);
    return route_has_pin(route, chip, (uint32_t)settings->address);
}

static int check_batch(const struct intact_irq_group *group, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch_length(group, batch); i++) {
        uint32_t index = batch_index(group, batch, i);
        if (batch->configs && batch->configs[index].type != group->type)
            return INTACT_IRQ_BAD_TYPE;
        struct settings settings = proposed(group, batch, index);
        if (settings.flags & SETTINGS_MASKED)
            continue;
        if (!(settings.flags & SETTINGS_CONFIGURED))
            return INTACT_IRQ_INVALID;
        if (!leads_somewhere(group, &settings))
            return INTACT_IRQ_NO_ROUTE;
    }
    return INTACT_IRQ_OK;
}

static int post_batch(struct intact_irq_group *group, const struct batch *batch, uint32_t version)
{
    uint32_t length = batch_length(group, batch);
    struct inbox_message *messages = malloc((length + 1) * sizeof(*messages));
    if (!messages)
        return INTACT_IRQ_NO_MEMORY;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t index = batch_index(group, batch, i);
        struct settings settings = proposed(group, batch, index);
        messages[i] = settings_message(group, index, version, &settings);
    }
    if (batch->enable)
        messages[length++] = message(group, GROUP_ENABLE, (uint64_t)version << 32, 0, 0);
    int result = inbox_post(group->manager->inbox, messages, length);
    free(messages);
    return result ? INTACT_IRQ_NO_MEMORY : INTACT_IRQ_OK;
}

static void set_request(struct intact_irq_group *group, uint32_t index, const struct settings *settings)
{
    struct group_request *request = &group->requests[index];
    request->set = request->staged = *settings;
    request->waiting = false;
    if (group->type == INTACT_IRQ_LEGACY)
        atomic_store(&group->level, settings->flags & SETTINGS_LEVEL);
}

// Takes the batch over into the requests and, on the machine thread, into force; `changed` says what is to be settled.
static uint32_t store_batch(struct intact_irq_group *group, const struct batch *batch, bool machine)
{
    uint32_t length = batch_length(group, batch);
    group->asked++;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t index = batch_index(group, batch, i);
        struct settings settings = proposed(group, batch, index);
        set_request(group, index, &settings);
        if (!machine)
            continue;
        source_configure(group, index, &settings, group->asked);
        group->changed[i] = index;
    }
    group->waiting_count = 0;
    if (batch->enable)
        atomic_store(&group->enabled, true);
    return length;
}

static int commit(struct intact_irq_group *group, const struct batch *batch, bool machine, uint32_t *changed)
{
    int result = check_batch(group, batch);
    if (!result && !machine)
        result = post_batch(group, batch, group->asked + 1);
    if (!result)
        *changed = store_batch(group, batch, machine);
    return result;
}

// After the lock was given back: a delivery may come back to us.
static void settle_batch(struct intact_irq_group *group, const struct batch *batch, uint32_t changed, uint32_t version)
{
    if (batch->enable)
        group_go_live(group, true, version);
    else
        for (uint32_t i = 0; i < changed; i++)
            source_settle(group, group->changed[i]);
}

// --- Enable, update, mask --------------------------------------------------------------------------------------------

// Is it so already? For the machine thread what is in force counts, not what another thread has asked for.
static bool is_enabled(const struct intact_irq_group *group, bool machine)
{
    return atomic_load(&group->enabled) && (!machine || group->live);
}

static bool is_disabled(const struct intact_irq_group *group, bool machine)
{
    return !atomic_load(&group->enabled) && (!machine || !group->live);
}

int intact_irq_group_enable(struct intact_irq_group *group, const struct intact_irq_config *configs)
{
    struct batch batch = { .enable = true, .configs = configs };
    bool machine = on_machine(group);
    uint32_t changed;
    int result = INTACT_IRQ_OK;
    pthread_mutex_lock(&group->lock);
    bool nothing = !configs && is_enabled(group, machine);
    if (!nothing)
        result = commit(group, &batch, machine, &changed);
    uint32_t version = group->asked;
    pthread_mutex_unlock(&group->lock);
    if (!nothing && !result && machine)
        settle_batch(group, &batch, changed, version);
    return result;
}

int intact_irq_group_disable(struct intact_irq_group *group)
{
    bool machine = on_machine(group);
    int result = INTACT_IRQ_OK;
    pthread_mutex_lock(&group->lock);
    bool nothing = is_disabled(group, machine);
    if (!nothing && !machine)
        result = post(group, GROUP_DISABLE, (uint64_t)(group->asked + 1) << 32, 0);
    if (!nothing && !result) {
        group->asked++;
        atomic_store(&group->enabled, false);
    }
    uint32_t version = group->asked;
    pthread_mutex_unlock(&group->lock);
    if (!nothing && machine)
        group_go_live(group, false, version);
    return result;
}

static void stage(struct intact_irq_group *group, uint32_t index, const struct settings *settings)
{
    struct group_request *request = &group->requests[index];
    request->staged = *settings;
    if (!request->waiting)
        group->waiting[group->waiting_count++] = index;
    request->waiting = true;
}

// The last update is taken back: a commit with it has failed.
static void unstage(struct intact_irq_group *group, uint32_t index, const struct group_request *before)
{
    group->requests[index] = *before;
    if (!before->waiting)
        group->waiting_count--;
}

int intact_irq_group_update(struct intact_irq_group *group, uint32_t index, const struct intact_irq_config *config,
                            bool masked, bool set_gsi)
{
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    if (config->type != group->type)
        return INTACT_IRQ_BAD_TYPE;
    struct batch batch = { .enable = false };
    struct settings settings = settings_of(config, masked);
    bool machine = on_machine(group);
    uint32_t changed = 0;
    int result = INTACT_IRQ_OK;
    pthread_mutex_lock(&group->lock);
    struct group_request before = group->requests[index];
    stage(group, index, &settings);
    if (set_gsi)
        result = commit(group, &batch, machine, &changed);
    if (result)
        unstage(group, index, &before);
    pthread_mutex_unlock(&group->lock);
    if (set_gsi && !result && machine)
        settle_batch(group, &batch, changed, 0);
    return result;
}

int intact_irq_group_set_gsi(struct intact_irq_group *group)
{
    struct batch batch = { .enable = false };
    bool machine = on_machine(group);
    uint32_t changed = 0;
    pthread_mutex_lock(&group->lock);
    int result = group->waiting_count ? commit(group, &batch, machine, &changed) : INTACT_IRQ_OK;
    pthread_mutex_unlock(&group->lock);
    if (!result && machine)
        settle_batch(group, &batch, changed, 0);
    return result;
}

void intact_irq_group_forget(struct intact_irq_group *group)
{
    pthread_mutex_lock(&group->lock);
    for (uint32_t i = 0; i < group->waiting_count; i++) {
        struct group_request *request = &group->requests[group->waiting[i]];
        request->staged = request->set;
        request->waiting = false;
    }
    group->waiting_count = 0;
    pthread_mutex_unlock(&group->lock);
}

// Like check_batch, for one source that is to be let out: an enabled group has none that was never configured.
static int check_unmask(const struct intact_irq_group *group, const struct settings *settings)
{
    if (!(settings->flags & SETTINGS_CONFIGURED))
        return atomic_load(&group->enabled) ? INTACT_IRQ_INVALID : INTACT_IRQ_OK;
    return leads_somewhere(group, settings) ? INTACT_IRQ_OK : INTACT_IRQ_NO_ROUTE;
}

// A staged update keeps its configuration and gets the mask too: the last word on the mask counts.
static int change_mask(struct intact_irq_group *group, uint32_t index, bool masked, bool machine)
{
    struct group_request *request = &group->requests[index];
    struct settings settings = request->set;
    settings.flags = (uint8_t)bits_merge(settings.flags, masked ? SETTINGS_MASKED : 0, SETTINGS_MASKED);
    int result = masked ? INTACT_IRQ_OK : check_unmask(group, &settings);
    if (result)
        return result;
    struct inbox_message m = settings_message(group, index, group->asked + 1, &settings);
    if (!machine && inbox_post(group->manager->inbox, &m, 1))
        return INTACT_IRQ_NO_MEMORY;
    group->asked++;
    request->set = settings;
    request->staged.flags = (uint8_t)bits_merge(request->staged.flags, settings.flags, SETTINGS_MASKED);
    if (machine)
        source_configure(group, index, &settings, group->asked);
    return INTACT_IRQ_OK;
}

static int set_mask(struct intact_irq_group *group, uint32_t index, bool masked)
{
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    bool machine = on_machine(group);
    pthread_mutex_lock(&group->lock);
    int result = change_mask(group, index, masked, machine);
    pthread_mutex_unlock(&group->lock);
    if (!result && machine)
        source_settle(group, index);
    return result;
}

int intact_irq_group_mask(struct intact_irq_group *group, uint32_t index)
{
    return set_mask(group, index, true);
}

int intact_irq_group_unmask(struct intact_irq_group *group, uint32_t index)
{
    return set_mask(group, index, false);
}

// --- Trigger, level, pending -----------------------------------------------------------------------------------------

// One message per source is enough: another trigger joins the one that is under way.
static int post_trigger(struct intact_irq_group *group, uint32_t index)
{
    struct group_source *source = &group->sources[index];
    atomic_fetch_add(&group->posted, 1);
    if (atomic_exchange(&source->posted, true)) {
        atomic_fetch_add(&group->joined, 1);
        return INTACT_IRQ_OK;
    }
    int result = post(group, GROUP_TRIGGER, index, 0);
    if (result) {
        atomic_store(&source->posted, false);
        atomic_fetch_sub(&group->posted, 1);
    }
    return result;
}

int intact_irq_group_trigger(struct intact_irq_group *group, uint32_t index)
{
    if (unlikely(index >= group->length))
        return INTACT_IRQ_BAD_INDEX;
    if (!on_machine(group))
        return intact_irq_group_enabled(group) ? post_trigger(group, index) : INTACT_IRQ_NOT_ENABLED;
    if (!group->live)
        return INTACT_IRQ_NOT_ENABLED;
    group_count(&group->triggered);
    return source_trigger(group, index);
}

int group_notify(struct intact_irq_group *group, uint32_t index)
{
    if (!on_machine(group))
        return post_trigger(group, index);
    group_count(&group->triggered);
    return source_trigger(group, index);
}

int intact_irq_group_set_level(struct intact_irq_group *group, uint32_t index, bool level)
{
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    if (!atomic_load(&group->level))
        return INTACT_IRQ_BAD_TYPE;
    struct group_source *source = &group->sources[index];
    if (on_machine(group)) {
        if (atomic_load(&source->level_posted)) // by a call before ours: it must not undo this one
            atomic_store(&source->wanted, level);
        source_set_level(group, index, level);
        return INTACT_IRQ_OK;
    }
    atomic_store(&source->wanted, level);
    if (atomic_exchange(&source->level_posted, true))
        return INTACT_IRQ_OK;
    int result = post(group, GROUP_LEVEL, index, level);
    if (result)
        atomic_store(&source->level_posted, false);
    return result;
}

int intact_irq_group_pending(const struct intact_irq_group *group, uint32_t index)
{
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    // In this order: a trigger that leaves `posted` has reached `pending` before.
    return atomic_load(&group->sources[index].posted) || atomic_load(&group->sources[index].pending);
}

int intact_irq_group_clear_pending(struct intact_irq_group *group, uint32_t index)
{
    if (index >= group->length)
        return INTACT_IRQ_BAD_INDEX;
    if (!on_machine(group))
        return post(group, GROUP_CLEAR, index, 0);
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
