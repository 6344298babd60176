// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Two threads at random: one makes every call that any thread may make, on groups of both and on its own, and the machine
// thread polls, ends interrupts and makes the same calls. At the end everything is let out: nothing may be pending, no
// pin high, and every trigger accounted for.
//
// INTACT_FUZZ_SECONDS for how long (2 without it). The calls repeat with the seed (first argument), but not how the
// threads meet.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <intact/interrupt.h>

enum { SHARED = 4, SOURCES = 4, NOTIFIERS = 3, PINS = 8, BURST = 64, DEFAULT_SECONDS = 2 };

#define MSI UINT32_C(0xfee00000)

struct scene {
    struct intact_irq_manager *manager;
    struct intact_irq_group *shared[SHARED]; // the first two are lines, a level and an edge
    struct intact_irq_notifier *notifiers[NOTIFIERS];
    bool level[PINS];
    atomic_bool stop, ended;
    atomic_uint errors;
    uint32_t seed;
};

static uint32_t below(uint32_t *state, uint32_t limit)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return (uint32_t)((uint64_t)*state * limit >> 32);
}

static void expect(struct scene *scene, bool good, const char *what)
{
    if (good)
        return;
    atomic_fetch_add(&scene->errors, 1);
    fprintf(stderr, "fight_random: %s\n", what);
}

static void on_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    struct scene *scene = owner;
    expect(scene, chip == 0 && scene->level[pin] != level, "a pin that did not change");
    scene->level[pin] = level;
}

static bool on_message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    (void)data, (void)device;
    expect(owner, address >> 20 == MSI >> 20, "a message to nowhere");
    return true;
}

// --- What either thread does -----------------------------------------------------------------------------------------

static struct intact_irq_config config_for(const struct intact_irq_group *group, uint32_t *random)
{
    return (struct intact_irq_config){ .type = intact_irq_group_type(group),
                                       .chip = INTACT_IRQ_ANY_PIN,
                                       .level = below(random, 2),
                                       .address_low = MSI | below(random, 4) << 12,
                                       .data = below(random, 256) };
}

static int enable_all(struct intact_irq_group *group, uint32_t *random)
{
    struct intact_irq_config configs[SOURCES];
    for (uint32_t i = 0; i < SOURCES; i++)
        configs[i] = config_for(group, random);
    return intact_irq_group_enable(group, configs);
}

// A notifier that two sources want is busy for one of them.
static void change_notifier(struct scene *scene, struct intact_irq_group *group, uint32_t index, uint32_t *random)
{
    struct intact_irq_notifier *notifier = scene->notifiers[below(random, NOTIFIERS)];
    int result = intact_irq_group_set_notifier(group, index, below(random, 3) ? notifier : NULL);
    expect(scene, result == INTACT_IRQ_OK || result == INTACT_IRQ_BUSY, "set_notifier");
}

static void change_settings(struct scene *scene, struct intact_irq_group *group, uint32_t index, uint32_t *random)
{
    struct intact_irq_config config = config_for(group, random);
    switch (below(random, 7)) {
    case 0: expect(scene, intact_irq_group_mask(group, index) == INTACT_IRQ_OK, "mask"); break;
    case 1: expect(scene, intact_irq_group_unmask(group, index) == INTACT_IRQ_OK, "unmask"); break;
    case 2:
    case 3:
        expect(scene, intact_irq_group_update(group, index, &config, false, below(random, 2)) == 0, "update");
        break;
    case 4: expect(scene, intact_irq_group_set_gsi(group) == INTACT_IRQ_OK, "set_gsi"); break;
    case 5: intact_irq_group_forget(group); break;
    default: expect(scene, enable_all(group, random) == INTACT_IRQ_OK, "enable with configurations"); break;
    }
}

static void call(struct scene *scene, struct intact_irq_group *group, uint32_t *random)
{
    uint32_t index = below(random, intact_irq_group_length(group));
    int result = INTACT_IRQ_OK;
    switch (below(random, 12)) {
    case 0:
    case 1:
    case 2:
    case 3: result = intact_irq_group_trigger(group, index); break;
    case 4: result = intact_irq_group_set_level(group, index, below(random, 2)); break;
    case 5: result = intact_irq_group_clear_pending(group, index); break;
    case 6: result = intact_irq_group_disable(group); break;
    case 7: result = intact_irq_group_enable(group, NULL); break;
    case 8: change_notifier(scene, group, index, random); break;
    case 9: result = intact_irq_notifier_signal(scene->notifiers[below(random, NOTIFIERS)]); break;
    case 10: expect(scene, intact_irq_group_pending(group, index) >= 0, "pending"); break;
    default: change_settings(scene, group, index, random); break;
    }
    expect(scene, result == INTACT_IRQ_OK || result == INTACT_IRQ_NOT_ENABLED || result == INTACT_IRQ_BAD_TYPE,
           intact_strerror(result));
}

static void come_and_go(struct scene *scene, uint32_t *random)
{
    struct intact_irq_notifier *notifier;
    struct intact_irq_group *group;
    int result = intact_irq_manager_create_group(scene->manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, SOURCES, &group);
    expect(scene, result == INTACT_IRQ_OK, "create");
    if (result)
        return;
    expect(scene, enable_all(group, random) == INTACT_IRQ_OK, "enable");
    if (below(random, 4) == 0 && intact_irq_group_notifier(group, 0, &notifier) == INTACT_IRQ_OK)
        intact_irq_notifier_signal(notifier);
    for (uint32_t i = below(random, 32); i; i--)
        call(scene, group, random);
    intact_irq_manager_destroy_group(scene->manager, group);
}

static void burst(struct scene *scene, uint32_t *random)
{
    for (int i = 0; i < BURST; i++)
        call(scene, scene->shared[below(random, SHARED)], random);
    come_and_go(scene, random);
}

// --- The two ---------------------------------------------------------------------------------------------------------

static void *other_thread(void *argument)
{
    struct scene *scene = argument;
    uint32_t random = scene->seed * 2 + 1;
    while (!atomic_load(&scene->stop))
        burst(scene, &random);
    atomic_store(&scene->ended, true);
    return NULL;
}

static void end_interrupts(struct scene *scene)
{
    for (uint32_t pin = 0; pin < PINS; pin++)
        if (scene->level[pin])
            intact_irq_manager_eoi(scene->manager, 0, pin);
}

static void machine_thread(struct scene *scene, unsigned seconds)
{
    uint32_t random = scene->seed * 2 + 2;
    time_t end = time(NULL) + (time_t)seconds;
    while (!atomic_load(&scene->ended)) {
        intact_irq_manager_poll(scene->manager, 0);
        end_interrupts(scene);
        burst(scene, &random);
        if (time(NULL) >= end)
            atomic_store(&scene->stop, true);
    }
}

// --- Before and after ------------------------------------------------------------------------------------------------

static void open_scene(struct scene *scene)
{
    struct intact_irq_output output;
    uint32_t random = 1;
    intact_irq_output_init(&output);
    output.pin = on_pin;
    output.message = on_message;
    output.owner = scene;
    expect(scene, intact_irq_manager_create(&output, &scene->manager) == INTACT_IRQ_OK, "manager");
    expect(scene, intact_irq_manager_add_chip(scene->manager, 0, PINS) == INTACT_IRQ_OK, "chip");
    for (uint32_t i = 0; i < SHARED; i++) {
        enum intact_irq_type type = i < 2 ? INTACT_IRQ_LEGACY : INTACT_IRQ_MSIX;
        intact_irq_manager_route(scene->manager, i, 0, i);
        expect(scene,
               intact_irq_manager_create_group(scene->manager, type, i < 2 ? i : INTACT_IRQ_ANY_BASE,
                                               i < 2 ? 1 : SOURCES, &scene->shared[i]) == INTACT_IRQ_OK,
               "group");
        expect(scene, enable_all(scene->shared[i], &random) == INTACT_IRQ_OK, "enable");
    }
    intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_CALLBACK, &scene->notifiers[0]);
    intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_PIPE, &scene->notifiers[1]);
    intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_BEST, &scene->notifiers[2]);
}

static void let_out(struct scene *scene, struct intact_irq_group *group)
{
    uint32_t random = 1;
    expect(scene, enable_all(group, &random) == INTACT_IRQ_OK, "the last enable");
    for (uint32_t i = 0; i < intact_irq_group_length(group); i++) {
        expect(scene, intact_irq_group_unmask(group, i) == INTACT_IRQ_OK, "the last unmask");
        intact_irq_group_set_level(group, i, false);
    }
    for (int round = 0; round < 3; round++)
        end_interrupts(scene);
    for (uint32_t i = 0; i < intact_irq_group_length(group); i++)
        expect(scene, intact_irq_group_pending(group, i) == 0, "a source is still pending");
}

static void close_scene(struct scene *scene)
{
    struct intact_irq_counts c;
    intact_irq_manager_poll(scene->manager, 0);
    for (uint32_t i = 0; i < SHARED; i++)
        let_out(scene, scene->shared[i]);
    for (uint32_t pin = 0; pin < PINS; pin++)
        expect(scene, !scene->level[pin], "a pin is still high");
    for (uint32_t i = 0; i < SHARED; i++)
        intact_irq_manager_destroy_group(scene->manager, scene->shared[i]);
    intact_irq_manager_poll(scene->manager, 0);
    for (uint32_t i = 0; i < NOTIFIERS; i++)
        expect(scene, intact_irq_notifier_destroy(scene->notifiers[i]) == INTACT_IRQ_OK, "a notifier is busy");
    intact_irq_manager_counts(scene->manager, &c);
    printf("seed %u: triggered %llu = delivered %llu + coalesced %llu + dropped %llu + abandoned %llu\n", scene->seed,
           (unsigned long long)c.triggered, (unsigned long long)c.delivered, (unsigned long long)c.coalesced,
           (unsigned long long)c.dropped, (unsigned long long)c.abandoned);
    expect(scene, c.triggered == c.delivered + c.coalesced + c.dropped + c.abandoned, "a trigger is unaccounted for");
    expect(scene, c.delivered && !c.dropped, "nothing was delivered, or something dropped");
    expect(scene, intact_irq_manager_destroy(scene->manager) == INTACT_IRQ_OK, "manager_destroy");
}

int main(int argc, char **argv)
{
    static struct scene scene;
    const char *seconds = getenv("INTACT_FUZZ_SECONDS");
    pthread_t other;
    scene.seed = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 1;
    open_scene(&scene);
    if (pthread_create(&other, NULL, other_thread, &scene))
        return 1;
    machine_thread(&scene, seconds && *seconds ? (unsigned)strtoul(seconds, NULL, 0) : DEFAULT_SECONDS);
    pthread_join(other, NULL);
    close_scene(&scene);
    return atomic_load(&scene.errors) != 0;
}
