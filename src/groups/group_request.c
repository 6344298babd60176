// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Changes of a group from any thread: enable, disable, update, mask.
//
// Updates are staged per source and committed in batches: every batch is checked as a whole, then either put into force
// (machine thread) or posted as messages that the machine thread drains together; so no trigger sees half of it.
// Path: devices / groups/source.c, groups/group_inbox.c
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "groups/group.h"

// --- Batches of settings, under the lock -----------------------------------------------------------------------------

// Settings that are committed together: all staged updates, or (enable) those of every source, from `configs` unless it
// is NULL.
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
    struct inbox_message *messages = malloc((length + 1) * sizeof *messages);
    if (!messages)
        return INTACT_IRQ_NO_MEMORY;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t index = batch_index(group, batch, i);
        struct settings settings = proposed(group, batch, index);
        messages[i] = group_settings_message(group, index, version, &settings);
    }
    if (batch->enable)
        messages[length++] = group_message(group, GROUP_ENABLE, (uint64_t)version << 32, 0, 0);
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

// Entries behind the count are 0: they are saved too, and a call that fails leaves none behind.
static void forget_waiting(struct intact_irq_group *group)
{
    memset(group->waiting, 0, group->waiting_count * sizeof *group->waiting);
    group->waiting_count = 0;
}

// Stores the batch in the requests and, on the machine thread, puts it into force; `changed` gets the sources to
// settle.
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
    forget_waiting(group);
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

// Called without the lock: a delivery may call functions of this group again.
static void settle_batch(struct intact_irq_group *group, const struct batch *batch, uint32_t changed, uint32_t version)
{
    if (batch->enable)
        source_set_live(group, true, version);
    else
        for (uint32_t i = 0; i < changed; i++)
            source_settle(group, group->changed[i]);
}

// --- Enable, update, mask --------------------------------------------------------------------------------------------

// A call that uses or changes the requests; under the lock.
static void begin(struct intact_irq_group *group, bool machine)
{
    if (machine)
        group_take(group);
    else
        group_touch(group);
}

// Is it enabled already? On the machine thread that is the state in force, not what another thread has requested.
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
    bool machine = group_on_machine(group);
    uint32_t changed;
    pthread_mutex_lock(&group->lock);
    int result = INTACT_IRQ_OK;
    begin(group, machine);
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
    bool machine = group_on_machine(group);
    pthread_mutex_lock(&group->lock);
    int result = INTACT_IRQ_OK;
    begin(group, machine);
    bool nothing = is_disabled(group, machine);
    if (!nothing && !machine)
        result = group_post(group, GROUP_DISABLE, (uint64_t)(group->asked + 1) << 32, 0);
    if (!nothing && !result) {
        group->asked++;
        atomic_store(&group->enabled, false);
    }
    uint32_t version = group->asked;
    pthread_mutex_unlock(&group->lock);
    if (!nothing && machine)
        source_set_live(group, false, version);
    return result;
}

void group_stage(struct intact_irq_group *group, uint32_t index, const struct settings *settings)
{
    struct group_request *request = &group->requests[index];
    request->staged = *settings;
    if (!request->waiting)
        group->waiting[group->waiting_count++] = index;
    request->waiting = true;
}

void group_stage_unconfigured(struct intact_irq_group *group, uint32_t index, bool masked)
{
    const struct settings nothing = { .flags = masked ? SETTINGS_MASKED : 0 };
    bool machine = group_on_machine(group);
    pthread_mutex_lock(&group->lock);
    begin(group, machine);
    group_stage(group, index, &nothing);
    pthread_mutex_unlock(&group->lock);
}

// Undoes the last update, because a commit with it has failed.
static void unstage(struct intact_irq_group *group, uint32_t index, const struct group_request *before)
{
    group->requests[index] = *before;
    if (!before->waiting)
        group->waiting[--group->waiting_count] = 0;
}

// Commits it with `batch`, or NULL: it is only staged.
static int update(struct intact_irq_group *group, uint32_t index, const struct settings *settings,
                  const struct batch *batch, uint32_t *changed)
{
    struct group_request before = group->requests[index];
    group_stage(group, index, settings);
    int result = batch ? commit(group, batch, group_on_machine(group), changed) : INTACT_IRQ_OK;
    if (result)
        unstage(group, index, &before);
    return result;
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
    bool machine = group_on_machine(group);
    uint32_t changed = 0;
    pthread_mutex_lock(&group->lock);
    begin(group, machine);
    int result = update(group, index, &settings, set_gsi ? &batch : NULL, &changed);
    pthread_mutex_unlock(&group->lock);
    if (set_gsi && !result && machine)
        settle_batch(group, &batch, changed, 0);
    return result;
}

int intact_irq_group_set_gsi(struct intact_irq_group *group)
{
    struct batch batch = { .enable = false };
    bool machine = group_on_machine(group);
    uint32_t changed = 0;
    pthread_mutex_lock(&group->lock);
    begin(group, machine);
    int result = group->waiting_count ? commit(group, &batch, machine, &changed) : INTACT_IRQ_OK;
    pthread_mutex_unlock(&group->lock);
    if (!result && machine)
        settle_batch(group, &batch, changed, 0);
    return result;
}

void group_unstage(struct intact_irq_group *group)
{
    for (uint32_t i = 0; i < group->waiting_count; i++) {
        struct group_request *request = &group->requests[group->waiting[i]];
        request->staged = request->set;
        request->waiting = false;
    }
    forget_waiting(group);
}

void intact_irq_group_forget(struct intact_irq_group *group)
{
    bool machine = group_on_machine(group);
    pthread_mutex_lock(&group->lock);
    begin(group, machine);
    group_unstage(group);
    pthread_mutex_unlock(&group->lock);
}

// Like check_batch, for one source to be unmasked: in an enabled group it must have been configured.
static int check_unmask(const struct intact_irq_group *group, const struct settings *settings)
{
    if (!(settings->flags & SETTINGS_CONFIGURED))
        return atomic_load(&group->enabled) ? INTACT_IRQ_INVALID : INTACT_IRQ_OK;
    return leads_somewhere(group, settings) ? INTACT_IRQ_OK : INTACT_IRQ_NO_ROUTE;
}

// A staged update gets the mask too, since the newer change of the mask wins; its configuration stays.
static int change_mask(struct intact_irq_group *group, uint32_t index, bool masked, bool machine)
{
    struct group_request *request = &group->requests[index];
    struct settings settings = request->set;
    settings.flags = (uint8_t)bits_merge(settings.flags, masked ? SETTINGS_MASKED : 0, SETTINGS_MASKED);
    int result = masked ? INTACT_IRQ_OK : check_unmask(group, &settings);
    if (result)
        return result;
    struct inbox_message m = group_settings_message(group, index, group->asked + 1, &settings);
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
    bool machine = group_on_machine(group);
    pthread_mutex_lock(&group->lock);
    begin(group, machine);
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
