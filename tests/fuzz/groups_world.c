// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Calls of the groups API on a manager, with the model of groups_world.h.
//
// Not modelled: which of several legacy groups holds a pin; there, levels and counts are checked.
#include "groups_world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "groups/group.h"
#include "groups_virtio.h"

// --- What leaves the manager -----------------------------------------------------------------------------------------

static void note(struct world *world, uint64_t what)
{
    world->digest = (world->digest ^ what) * UINT64_C(0x100000001b3) + (what >> 29);
}

static void on_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    struct world *world = owner;
    if (world->level[chip][pin] == level)
        fuzz_fail("pin %u.%u did not change its level", chip, pin);
    world->level[chip][pin] = level;
    note(world, UINT64_C(1) << 60 | chip << 16 | pin << 1 | level);
}

static void on_edge(void *owner, uint32_t chip, uint32_t pin)
{
    struct world *world = owner;
    if (world->level[chip][pin])
        fuzz_fail("an edge at pin %u.%u, which is high", chip, pin);
    note(world, UINT64_C(2) << 60 | chip << 16 | pin);
}

static uint32_t data_of(const struct world *world, unsigned group, unsigned index)
{
    return (uint32_t)world->instance[group] << 16 | group << 8 | index;
}

static bool on_message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    struct world *world = owner;
    unsigned group = data >> 8 & 0xff, index = data & 0xff;
    note(world, address << 32 | data);
    note(world, (uint64_t)world->deaf << 32 | device);
    if (address >> 20 != WORLD_MSI >> 20)
        fuzz_fail("a message to %llx", (unsigned long long)address);
    if (group < WORLD_GROUPS && index < WORLD_SOURCES && data == data_of(world, group, index))
        world->work[group][index] =
            world->groups[group]->sources[index].posted & POSTED_TRIGGER; // that one comes later
    return !world->deaf;
}

static bool on_reaches(void *owner, uint64_t address, uint32_t device)
{
    (void)owner, (void)device;
    return address >> 20 == WORLD_MSI >> 20;
}

static void on_resample(void *owner)
{
    struct world *world = owner;
    note(world, UINT64_C(3) << 60);
}

// --- Threads ---------------------------------------------------------------------------------------------------------

// From here on the calls are those of some other thread: no thread has this name.
static void leave_machine(struct world *world)
{
    atomic_store(&world->manager->inbox->machine, 1);
}

// --- Groups ----------------------------------------------------------------------------------------------------------

static bool is_message(const struct intact_irq_group *group)
{
    return intact_irq_group_type(group) != INTACT_IRQ_LEGACY;
}

// The trigger is `call`. The model has the work before, since the message may be sent inside the call.
static int trigger(struct world *world, unsigned group, unsigned index)
{
    bool before = world->work[group][index];
    world->work[group][index] = true;
    int result = intact_irq_group_trigger(world->groups[group], index);
    if (result && result != INTACT_IRQ_NO_ROUTE)
        world->work[group][index] = before;
    return result;
}

static struct intact_irq_config config_for(const struct world *world, const struct world_step *step, unsigned index)
{
    struct intact_irq_config config = step->config;
    config.type = intact_irq_group_type(world->groups[step->group]);
    config.data = data_of(world, step->group, index);
    return config;
}

static int enable_configs(struct world *world, const struct world_step *step)
{
    struct intact_irq_config configs[WORLD_SOURCES];
    for (unsigned i = 0; i < WORLD_SOURCES; i++)
        configs[i] = config_for(world, step, i);
    return intact_irq_group_enable(world->groups[step->group], configs);
}

// Nobody resamples through it any more. How often it was signalled is not modelled: the digest of a callback tells.
static void stop_resampling(struct world *world, unsigned group)
{
    for (unsigned i = 0; i < WORLD_NOTIFIERS; i++) {
        struct world_notifier *n = &world->notifiers[i];
        if (n->group != group || !n->resamples)
            continue;
        n->resamples = n->kept = false;
        n->group = WORLD_GROUPS;
        intact_irq_notifier_consume(n->notifier);
    }
}

static void destroy(struct world *world, unsigned group)
{
    world_virtio_unbind(world, group);
    intact_irq_manager_destroy_group(world->manager, world->groups[group]);
    stop_resampling(world, group);
    for (unsigned i = 0; i < WORLD_NOTIFIERS; i++)
        if (world->notifiers[i].group == group)
            world->notifiers[i].group = WORLD_GROUPS;
    world->groups[group] = NULL;
    world->instance[group]++;
    world->driven[group] = false;
    memset(world->work[group], 0, sizeof world->work[group]);
    memset(world->clearing[group], 0, sizeof world->clearing[group]);
}

static int create(struct world *world, const struct world_step *step)
{
    static const enum intact_irq_type types[] = { INTACT_IRQ_LEGACY, INTACT_IRQ_MSI, INTACT_IRQ_MSIX,
                                                  INTACT_IRQ_GENERIC };
    enum intact_irq_type type = types[step->word % 4];
    uint32_t base = type == INTACT_IRQ_LEGACY ? step->word >> 2 & 7 : INTACT_IRQ_ANY_BASE;
    uint32_t count = type == INTACT_IRQ_LEGACY ? 1 : type == INTACT_IRQ_MSI ? 1u << step->count % 4 : step->count;
    return intact_irq_manager_create_group(world->manager, type, base, count, &world->groups[step->group]);
}

static int clear(struct world *world, const struct world_step *step)
{
    int result = intact_irq_group_clear_pending(world->groups[step->group], step->index);
    if (result)
        return result;
    world->work[step->group][step->index] = false;
    world->clearing[step->group][step->index] = step->other;
    return result;
}

static int set_level(struct world *world, const struct world_step *step)
{
    int result = intact_irq_group_set_level(world->groups[step->group], step->index, step->flag);
    if (!result)
        world->driven[step->group] = step->flag;
    return result;
}

static int call_group(struct world *world, const struct world_step *step)
{
    struct intact_irq_group *group = world->groups[step->group];
    struct intact_irq_config config;
    if (step->call == CALL_CREATE)
        return group ? 0 : create(world, step);
    if (!group)
        return 0;
    config = config_for(world, step, step->index);
    switch (step->call) {
    case CALL_DESTROY: destroy(world, step->group); return 0;
    case CALL_ENABLE: return intact_irq_group_enable(group, NULL);
    case CALL_ENABLE_CONFIGS: return enable_configs(world, step);
    case CALL_DISABLE: return intact_irq_group_disable(group);
    case CALL_UPDATE: return intact_irq_group_update(group, step->index, &config, step->flag, true);
    case CALL_STAGE: return intact_irq_group_update(group, step->index, &config, step->flag, false);
    case CALL_SET_GSI: return intact_irq_group_set_gsi(group);
    case CALL_FORGET: intact_irq_group_forget(group); return 0;
    case CALL_MASK: return intact_irq_group_mask(group, step->index);
    case CALL_UNMASK: return intact_irq_group_unmask(group, step->index);
    case CALL_LEVEL: return set_level(world, step);
    case CALL_CLEAR: return clear(world, step);
    default: return trigger(world, step->group, step->index);
    }
}

// --- Notifiers -------------------------------------------------------------------------------------------------------

static void destroy_notifier(struct world_notifier *n)
{
    if (intact_irq_notifier_destroy(n->notifier))
        fuzz_fail("a notifier that nobody uses is busy");
    *n = (struct world_notifier){ .group = WORLD_GROUPS };
}

static int create_notifier(struct world_notifier *n, uint32_t kind, struct world *world)
{
    int result =
        kind % 3 == 2
            ? intact_irq_notifier_create_callback(on_resample, world, &n->notifier)
            : intact_irq_notifier_create(kind % 3 ? INTACT_IRQ_NOTIFIER_PIPE : INTACT_IRQ_NOTIFIER_BEST, &n->notifier);
    return result;
}

// What it was signalled before is a trigger of the source.
static int attach(struct world *world, const struct world_step *step)
{
    struct world_notifier *n = &world->notifiers[step->notifier];
    if (!world->groups[step->group] || step->index >= intact_irq_group_length(world->groups[step->group]))
        return 0;
    int result = intact_irq_group_set_notifier(world->groups[step->group], step->index, n->notifier);
    bool mine = n->group == step->group && n->index == step->index && !n->resamples;
    if (result == INTACT_IRQ_BUSY && (n->group == WORLD_GROUPS || mine))
        fuzz_fail("a notifier that nobody uses is busy");
    if (result || mine)
        return result;
    for (unsigned i = 0; i < WORLD_NOTIFIERS; i++)
        if (world->notifiers[i].group == step->group && world->notifiers[i].index == step->index &&
            !world->notifiers[i].resamples)
            world->notifiers[i].group = WORLD_GROUPS;
    n->group = step->group;
    n->index = step->index;
    if (n->kept)
        world->work[n->group][n->index] = true;
    n->kept = false;
    return 0;
}

static int detach(struct world *world, const struct world_notifier *at)
{
    struct world_notifier *n = &world->notifiers[at - world->notifiers];
    if (n->group == WORLD_GROUPS || n->resamples)
        return 0;
    int result = intact_irq_group_set_notifier(world->groups[n->group], n->index, NULL);
    if (!result)
        n->group = WORLD_GROUPS;
    return result;
}

static int resample(struct world *world, const struct world_step *step)
{
    struct world_notifier *n = &world->notifiers[step->notifier];
    struct intact_irq_group *group = world->groups[step->group];
    if (!group || is_message(group) || n->group != WORLD_GROUPS)
        return 0;
    int result = intact_irq_group_set_resample(group, 0, n->notifier);
    if (result)
        return result;
    stop_resampling(world, step->group);
    n->group = step->group;
    n->resamples = true;
    n->index = 0;
    return 0;
}

// The signal is an event of a source that listens, or it is kept.
static void signalled(struct world *world, struct world_notifier *n)
{
    if (n->group == WORLD_GROUPS)
        n->kept = true;
    else if (!n->resamples)
        world->work[n->group][n->index] = true;
}

static int signal_it(struct world *world, struct world_notifier *n)
{
    signalled(world, n);
    return intact_irq_notifier_signal(n->notifier);
}

// As another process does. The thread that reads the file may have been quicker: the sweep waits for it.
static int write_it(struct world *world, struct world_notifier *n)
{
    uint64_t one = 1;
    int file = intact_irq_notifier_write_fd(n->notifier);
    if (file < 0 || write(file, &one, sizeof one) != sizeof one)
        return 0;
    signalled(world, n);
    watch_sweep(&world->manager->watch);
    return 0;
}

static int consume(struct world_notifier *n)
{
    bool got = intact_irq_notifier_consume(n->notifier);
    if (n->group == WORLD_GROUPS && got != n->kept)
        fuzz_fail("a notifier was%s signalled", n->kept ? "" : " not");
    n->kept = false;
    return got;
}

static int own_notifier(struct world *world, const struct world_step *step)
{
    struct intact_irq_group *group = world->groups[step->group];
    struct intact_irq_notifier *notifier;
    if (!group)
        return 0;
    int result = intact_irq_group_notifier(group, step->index, &notifier);
    if (result)
        return result;
    world->work[step->group][step->index] = true;
    return intact_irq_notifier_signal(notifier);
}

static int call_notifier(struct world *world, const struct world_step *step)
{
    struct world_notifier *n = &world->notifiers[step->notifier];
    if (step->call == CALL_OWN_NOTIFIER)
        return own_notifier(world, step);
    if (step->call == CALL_NOTIFIER_CREATE)
        return n->notifier ? 0 : create_notifier(n, step->word, world);
    if (!n->notifier)
        return 0;
    switch (step->call) {
    case CALL_NOTIFIER_DESTROY:
        if (n->group == WORLD_GROUPS)
            destroy_notifier(n);
        return 0;
    case CALL_ATTACH: return attach(world, step);
    case CALL_DETACH: return detach(world, n);
    case CALL_SIGNAL: return signal_it(world, n);
    case CALL_WRITE: return write_it(world, n);
    case CALL_RESAMPLE: return resample(world, step);
    default: return consume(n);
    }
}

// --- Devices ---------------------------------------------------------------------------------------------------------

static int create_device(struct world *world, const struct world_step *step)
{
    struct intact_irq_resources resources;
    intact_irq_resources_init(&resources);
    resources.legacy = (struct intact_irq_resource){ step->word & 7, 1 };
    resources.generic_msi = (struct intact_irq_resource){ INTACT_IRQ_ANY_BASE, step->word >> 3 & 1 };
    resources.pci_msi = (struct intact_irq_resource){ INTACT_IRQ_ANY_BASE, 2 };
    resources.pci_msix = (struct intact_irq_resource){ INTACT_IRQ_ANY_BASE, step->count };
    resources.legacy_edge = step->flag;
    resources.requester = step->word >> 8 & 0xff;
    return intact_irq_device_create(world->manager, &resources, &world->devices[step->device]);
}

static int device_message(struct intact_irq_device *device, const struct world_step *step)
{
    int result = intact_irq_device_set_address_low(device, step->index, step->config.address_low);
    return result ? result : intact_irq_device_set_data(device, step->index, 0x1000000 | step->word);
}

static int call_device(struct world *world, const struct world_step *step)
{
    struct intact_irq_device *device = world->devices[step->device];
    if (step->call == CALL_DEVICE_CREATE)
        return device ? 0 : create_device(world, step);
    if (!device)
        return 0;
    switch (step->call) {
    case CALL_DEVICE_DESTROY:
        intact_irq_device_destroy(device);
        world->devices[step->device] = NULL;
        return 0;
    case CALL_DEVICE_MODE: return intact_irq_device_set_mode(device, (enum intact_irq_mode)(step->word % 5));
    case CALL_DEVICE_ENABLE: return intact_irq_device_enable(device);
    case CALL_DEVICE_DISABLE: return intact_irq_device_disable(device);
    case CALL_DEVICE_RESET: return intact_irq_device_reset(device);
    case CALL_DEVICE_MESSAGE: return device_message(device, step);
    case CALL_DEVICE_MASK: return intact_irq_device_set_masked(device, step->index, step->flag);
    case CALL_DEVICE_UPDATE: return intact_irq_device_update(device, step->index);
    default: break;
    }
    struct intact_irq_group *group = intact_irq_device_group(device);
    return group ? intact_irq_group_trigger(group, step->index) : 0;
}

// --- The machine thread ----------------------------------------------------------------------------------------------

static int call_machine(struct world *world, const struct world_step *step)
{
    struct intact_irq_line *line = &world->lines[step->line];
    switch (step->call) {
    case CALL_POLL: intact_irq_manager_poll(world->manager, 0); return 0;
    case CALL_EOI: intact_irq_manager_eoi(world->manager, step->flag, step->word & 7); return 0;
    case CALL_DEAF: world->deaf = step->flag; return 0;
    case CALL_CONNECT: return intact_irq_manager_connect(world->manager, step->word & 7, line);
    case CALL_DISCONNECT: intact_irq_manager_disconnect(world->manager, line); return 0;
    case CALL_LINE: intact_irq_line_set(line, step->flag); return 0;
    default: return call_notifier(world, step);
    }
}

int world_do(struct world *world, const struct world_step *step)
{
    int result;
    if (step->other)
        leave_machine(world);
    if (step->call <= CALL_CLEAR)
        result = call_group(world, step);
    else if (step->call <= CALL_CONSUME)
        result = call_notifier(world, step);
    else if (step->call <= CALL_DEVICE_TRIGGER)
        result = call_device(world, step);
    else if (step->call <= CALL_VIRTIO_STATUS)
        result = world_virtio_do(world, step);
    else
        result = call_machine(world, step);
    intact_irq_manager_adopt(world->manager);
    return result;
}

// --- What must hold --------------------------------------------------------------------------------------------------

static bool same_settings(const struct settings *a, const struct settings *b)
{
    return a->address == b->address && a->data == b->data && a->device == b->device && a->flags == b->flags;
}

static uint64_t check_group(const struct intact_irq_group *group)
{
    uint64_t pending = 0;
    if (group->live != intact_irq_group_enabled(group))
        fuzz_fail("a group is enabled for one half only");
    for (uint32_t i = 0; i < group->length; i++) {
        const struct group_source *source = &group->sources[i];
        if (!same_settings(&source->live, &group->requests[i].set))
            fuzz_fail("source %u is not what was asked for", i);
        if (source->undelivered && source_is_open(group, source))
            fuzz_fail("source %u holds back a trigger", i);
        pending += source->undelivered || source->again;
    }
    return pending;
}

static void check_work(struct world *world, unsigned group)
{
    const struct intact_irq_group *g = world->groups[group];
    if (g->sources[0].driven != world->driven[group])
        fuzz_fail("group %u is driven %s", group, world->driven[group] ? "low" : "high");
    for (uint32_t i = 0; is_message(g) && i < g->length; i++) {
        bool pending = intact_irq_group_pending(g, i);
        if (pending != world->work[group][i] && !world->clearing[group][i])
            fuzz_fail("group %u source %u is %spending", group, i, world->work[group][i] ? "not " : "");
        world->work[group][i] = pending;
        world->clearing[group][i] = false;
    }
}

static void check_levels(const struct world *world)
{
    const struct route *route = world->manager->route;
    for (uint32_t chip = 0; chip < 2; chip++)
        for (uint32_t pin = 0; pin < WORLD_PINS; pin++)
            if (route_pin_level(route, chip, pin) != world->level[chip][pin])
                fuzz_fail("pin %u.%u has another level than routing knows", chip, pin);
}

void world_check(struct world *world)
{
    struct intact_irq_manager *manager = world->manager;
    struct intact_irq_counts c;
    uint64_t pending = 0;
    if (!inbox_empty(manager->inbox))
        return;
    for (uint32_t i = 0; i < manager->group_count; i++)
        pending += check_group(manager->groups[i]);
    for (unsigned i = 0; i < WORLD_GROUPS; i++)
        if (world->groups[i])
            check_work(world, i);
    check_levels(world);
    world_virtio_check(world);
    intact_irq_manager_counts(manager, &c);
    if (c.triggered != c.delivered + c.coalesced + c.dropped + c.abandoned + pending)
        fuzz_fail("triggered %llu, delivered %llu, coalesced %llu, dropped %llu, abandoned %llu, pending %llu",
                  (unsigned long long)c.triggered, (unsigned long long)c.delivered, (unsigned long long)c.coalesced,
                  (unsigned long long)c.dropped, (unsigned long long)c.abandoned, (unsigned long long)pending);
}

// --- Twins -----------------------------------------------------------------------------------------------------------

static void compare_state(const struct world *tried, const struct world *twin, const char *when)
{
    struct visit_save save;
    struct visit_differ differ;
    visit_save_init(&save);
    manager_visit(tried->manager, &save.visit);
    visit_differ_init(&differ, save.data, save.size);
    manager_visit(twin->manager, &differ.visit);
    if (differ.differs)
        fuzz_fail("%s: %s differs", when, differ.path);
    free(save.data);
}

static void compare_group(const struct intact_irq_group *a, const struct intact_irq_group *b, const char *when)
{
    struct intact_irq_counts x, y;
    intact_irq_group_counts(a, &x);
    intact_irq_group_counts(b, &y);
    if (memcmp(&x, &y, sizeof x) != 0)
        fuzz_fail("%s: counts differ", when);
    for (uint32_t i = 0; i < a->length; i++) {
        if (intact_irq_group_pending(a, i) != intact_irq_group_pending(b, i))
            fuzz_fail("%s: source %u is pending in one of two", when, i);
        if (!a->requests[i].notifier != !b->requests[i].notifier)
            fuzz_fail("%s: source %u has a notifier in one of two", when, i);
    }
}

void world_compare(const struct world *tried, const struct world *twin, const char *when)
{
    const struct intact_irq_manager *a = tried->manager, *b = twin->manager;
    if (a->group_count != b->group_count || a->assigned != b->assigned || manager_listens(a) != manager_listens(b))
        fuzz_fail("%s: %u and %u groups", when, a->group_count, b->group_count);
    compare_state(tried, twin, when);
    for (uint32_t i = 0; i < a->group_count; i++)
        compare_group(a->groups[i], b->groups[i], when);
    if (tried->digest != twin->digest)
        fuzz_fail("%s: something else was delivered", when);
    for (unsigned i = 0; i < WORLD_VIRTIOS; i++)
        if (tried->virtios[i].status.bits != twin->virtios[i].status.bits)
            fuzz_fail("%s: status register %u differs", when, i);
    for (unsigned i = 0; i < WORLD_DEVICES; i++)
        if (tried->devices[i] &&
            (intact_irq_device_mode(tried->devices[i]) != intact_irq_device_mode(twin->devices[i]) ||
             intact_irq_device_enabled(tried->devices[i]) != intact_irq_device_enabled(twin->devices[i])))
            fuzz_fail("%s: device %u is in another mode", when, i);
}

// --- Life ------------------------------------------------------------------------------------------------------------

static void must(int result, const char *what)
{
    if (result)
        fuzz_fail("%s: %s", what, intact_strerror(result));
}

// GSI n reaches pin n of both chips, but 2, which is not wired.
void world_open(struct world *world)
{
    struct intact_irq_output output;
    memset(world, 0, sizeof *world);
    intact_irq_output_init(&output);
    output.pin = on_pin;
    output.edge = on_edge;
    output.message = on_message;
    output.reaches = on_reaches;
    output.owner = world;
    must(intact_irq_manager_create(&output, &world->manager), "manager_create");
    for (uint32_t chip = 0; chip < 2; chip++) {
        must(intact_irq_manager_add_chip(world->manager, chip, WORLD_PINS), "add_chip");
        for (uint32_t pin = 0; pin < WORLD_PINS; pin++)
            if (pin != 2)
                must(intact_irq_manager_route(world->manager, pin, chip, pin), "route");
    }
    for (unsigned i = 0; i < WORLD_NOTIFIERS; i++)
        world->notifiers[i].group = WORLD_GROUPS;
    world_virtio_open(world);
}

static void let_out(struct world *world, unsigned group)
{
    struct world_step step = { .group = group, .config = { .address_low = WORLD_MSI, .level = true } };
    struct intact_irq_group *g = world->groups[group];
    bool unwired = !is_message(g) && intact_irq_group_base(g) == 2;
    step.config.chip = unwired ? 0 : INTACT_IRQ_ANY_PIN;
    must(enable_configs(world, &step), "the last enable");
    for (uint32_t i = 0; i < g->length; i++)
        must(intact_irq_group_unmask(g, i), "the last unmask");
}

static void end_levels(struct world *world)
{
    for (int round = 0; round < 3; round++)
        for (uint32_t pin = 0; pin < 2 * WORLD_PINS; pin++)
            intact_irq_manager_eoi(world->manager, pin & 1, pin >> 1);
}

void world_close(struct world *world)
{
    world->deaf = false;
    intact_irq_manager_poll(world->manager, 0);
    for (unsigned i = 0; i < WORLD_GROUPS; i++)
        if (world->groups[i])
            let_out(world, i);
    end_levels(world);
    world_check(world);
    for (unsigned i = 0; i < WORLD_GROUPS; i++)
        if (world->groups[i])
            destroy(world, i);
    for (unsigned i = 0; i < WORLD_DEVICES; i++)
        if (world->devices[i])
            intact_irq_device_destroy(world->devices[i]);
    for (unsigned i = 0; i < WORLD_LINES; i++)
        intact_irq_manager_disconnect(world->manager, &world->lines[i]);
    intact_irq_manager_poll(world->manager, 0);
    world_check(world);
    for (uint32_t pin = 0; pin < 2 * WORLD_PINS; pin++)
        if (world->level[pin & 1][pin >> 1])
            fuzz_fail("pin %u.%u is high, and nobody drives it", pin & 1, pin >> 1);
    for (unsigned i = 0; i < WORLD_NOTIFIERS; i++)
        if (world->notifiers[i].notifier)
            destroy_notifier(&world->notifiers[i]);
    must(intact_irq_manager_destroy(world->manager), "manager_destroy");
}
