// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Recording and replay of what other threads do: groups that they make, configure, trigger and destroy, notifiers, frames,
// links, sizes of consoles, characters, and intact_machine_quit with the run continued.
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <intact/interrupt.h>
#include <intact/replay.h>

#include "base/bits.h"
#include "machine/machine.h"
#include "machine/x86_interrupts.h"

TestSuite(replay_threads, .timeout = 240);

enum { TAKEN = 400, OWN_VECTOR = 0x30, FIRST_VECTOR = 0x40, SHARED = 4, PERIOD = 3000 };

static char path[64];
static struct code code;

struct scene {
    struct intact_machine *machine;
    struct intact_irq_group *shared; // made by the machine's thread; the other one configures and triggers it
    struct intact_irq_group *own;    // made, triggered and destroyed by the machine's thread, in callbacks
    bool records;
    bool quits;   // by itself, at every 16th interrupt
    bool paced;   // by the host's clock, in the recording
    bool commits; // the machine's thread changes the shared group as well
    bool early;   // another thread triggers before the guest takes its first interrupt
    atomic_bool over;
    unsigned seed, taken;
    struct {
        uint64_t instructions;
        uint8_t vector;
        int result; // of what the machine's thread did to the shared group
    } log[TAKEN];
};

// --- The machine's thread ----------------------------------------------------------------------------------------------

// Its groups take places among those of the other thread.
static void change_own(struct scene *scene)
{
    struct intact_irq_manager *manager = intact_machine_interrupts(scene->machine);
    const struct intact_irq_config message = { .type = INTACT_IRQ_MSIX, .address_low = 0xfee00000, .data = OWN_VECTOR };
    if (scene->own) {
        intact_irq_manager_destroy_group(manager, scene->own);
        scene->own = NULL;
        return;
    }
    cr_assert_eq(intact_irq_manager_create_group(manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, 1, &scene->own), 0);
    cr_assert_eq(intact_irq_group_enable(scene->own, &message), 0);
    intact_irq_group_trigger(scene->own, 0);
}

// What it does to the shared group follows from the count of interrupts alone.
static int change_shared(struct scene *scene)
{
    struct intact_irq_group *group = scene->shared;
    const struct intact_irq_config other = { .type = INTACT_IRQ_MSIX,
                                             .address_low = 0xfee00000,
                                             .data = FIRST_VECTOR + scene->taken % 8 };
    uint32_t index = scene->taken / 3 % SHARED;
    switch (scene->taken % 11) {
    case 0: return intact_irq_group_enable(group, NULL);
    case 1: return intact_irq_group_disable(group);
    case 2: return intact_irq_group_update(group, index, &other, false, true);
    case 3: return intact_irq_group_update(group, index, &other, index % 2, false);
    case 4: return intact_irq_group_mask(group, index);
    case 5: intact_irq_group_forget(group); return 0;
    case 6: return intact_irq_group_enabled(group);
    case 7: return intact_irq_group_unmask(group, index);
    default: return intact_irq_group_set_gsi(group);
    }
}

static void *trigger_second(void *group)
{
    intact_irq_group_trigger(group, 1);
    return NULL;
}

static void in_another_thread(void *(*what)(void *), void *argument)
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, what, argument), 0);
    pthread_join(thread, NULL);
}

static void told(void *owner, uint8_t vector)
{
    struct scene *scene = owner;
    if (vector == GUEST_READY && scene->early && scene->records)
        in_another_thread(trigger_second, scene->shared);
    if (vector == GUEST_READY || scene->taken == TAKEN)
        return;
    scene->log[scene->taken].instructions = intact_machine_instructions(scene->machine);
    scene->log[scene->taken].vector = vector;
    scene->log[scene->taken].result = scene->commits ? change_shared(scene) : 0;
    scene->taken++;
    if (scene->taken % 5 == 0)
        change_own(scene);
    if (scene->quits && scene->taken % 16 == 0)
        intact_machine_quit(scene->machine);
    if (scene->records && scene->taken == (scene->early ? 2 : TAKEN))
        intact_machine_quit(scene->machine);
}

static void sent(void *owner, const void *frame, size_t size, uint64_t now)
{
    (void)owner, (void)frame, (void)size, (void)now;
}

static const struct intact_net cable = { .send = sent };
static const struct intact_netdev_config netdevs[] = { { .kind = INTACT_NETDEV_OWN, .id = "net", .net = &cable } };
static const struct intact_chardev_config chardevs[] = { { .id = "screen" } };
static const struct intact_property net_properties[] = { { "netdev", "net" } };
static const struct intact_property console_properties[] = { { "chardev", "screen" } };
static const struct intact_device_config devices[] = { { "virtio-net-pci", net_properties, 1 },
                                                       { "virtio-serial-pci", NULL, 0 },
                                                       { "virtconsole", console_properties, 1 } };

static void configure(struct intact_machine_config *config, struct scene *scene)
{
    intact_machine_config_init(config);
    config->memory = UINT64_C(16) << 20;
    config->kernel = "guest";
    config->kernel_data = code.bytes;
    config->kernel_size = sizeof code.bytes;
    config->debugcon_port = GUEST_DEBUG_PORT;
    config->debugcon = (struct intact_console){ .write = told, .owner = scene };
    config->netdevs = netdevs;
    config->netdev_count = countof(netdevs);
    config->chardevs = chardevs;
    config->chardev_count = countof(chardevs);
    config->devices = devices;
    config->device_count = countof(devices);
    config->reboot = false;
    config->interactive = true;
    config->paced = scene->paced;
}

// A scene is not moved after its machine was made: the console points to it.
static void make(struct scene *scene, const struct intact_journal *journal)
{
    struct intact_machine_config config;
    char why[INTACT_ERROR_SIZE];
    configure(&config, scene);
    if (journal)
        intact_journal_prepare(journal, &config);
    cr_assert_eq(intact_machine_create(&config, &scene->machine, why), 0, "%s", why);
    struct intact_irq_manager *manager = intact_machine_interrupts(scene->machine);
    cr_assert_eq(intact_irq_manager_create_group(manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, SHARED, &scene->shared),
                 0);
    snprintf(path, sizeof path, "/tmp/intact-replay-threads-%ld", (long)getpid());
}

static void end(struct scene *scene)
{
    intact_machine_destroy(scene->machine);
}

// --- The other thread --------------------------------------------------------------------------------------------------

static void pause_a_little(unsigned *seed)
{
    nanosleep(&(struct timespec){ .tv_nsec = (long)(rand_r(seed) % 100) * 1000 }, NULL);
}

static struct intact_irq_config message_of(unsigned vector)
{
    return (struct intact_irq_config){ .type = INTACT_IRQ_MSIX, .address_low = 0xfee00000, .data = vector };
}

static void enable_messages(struct intact_irq_group *group, unsigned vector)
{
    struct intact_irq_config configs[SHARED];
    for (unsigned i = 0; i < SHARED; i++)
        configs[i] = message_of(vector + i);
    intact_irq_group_enable(group, configs);
}

static void change_group(struct intact_irq_group *group, unsigned *seed)
{
    const struct intact_irq_config other = message_of(FIRST_VECTOR + (unsigned)rand_r(seed) % 16);
    uint32_t index = (uint32_t)rand_r(seed) % SHARED;
    switch (rand_r(seed) % 10) {
    case 0: enable_messages(group, FIRST_VECTOR + 16); break;
    case 1: intact_irq_group_disable(group); break;
    case 2: intact_irq_group_update(group, index, &other, false, true); break;
    case 3: intact_irq_group_update(group, index, &other, true, false); break;
    case 4: intact_irq_group_set_gsi(group); break;
    case 5: intact_irq_group_mask(group, index); break;
    case 6: intact_irq_group_clear_pending(group, index); break;
    case 7: intact_irq_group_forget(group); break;
    default: intact_irq_group_unmask(group, index);
    }
}

// A line of the IOAPIC, held for a while.
static void drive_line(struct intact_irq_manager *manager, unsigned *seed)
{
    const struct intact_irq_config level = { .type = INTACT_IRQ_LEGACY,
                                             .chip = INTACT_IRQ_ANY_PIN,
                                             .level = rand_r(seed) % 2 };
    struct intact_irq_group *line;
    if (intact_irq_manager_create_group(manager, INTACT_IRQ_LEGACY, GUEST_GSI, 1, &line))
        return;
    intact_irq_group_enable(line, &level);
    intact_irq_group_set_level(line, 0, true);
    intact_irq_group_trigger(line, 0);
    pause_a_little(seed);
    intact_irq_group_set_level(line, 0, false);
    intact_irq_manager_destroy_group(manager, line);
}

// A group of its own, for as long as it takes to signal it.
static void use_notifier(struct intact_irq_manager *manager, unsigned *seed)
{
    struct intact_irq_group *group;
    struct intact_irq_notifier *notifier;
    if (intact_irq_manager_create_group(manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, SHARED, &group))
        return;
    enable_messages(group, FIRST_VECTOR);
    for (uint32_t i = 0; i < SHARED; i++)
        if (intact_irq_group_notifier(group, i, &notifier) == INTACT_IRQ_OK)
            intact_irq_notifier_signal(notifier);
    pause_a_little(seed);
    intact_irq_group_trigger(group, 1);
    intact_irq_manager_destroy_group(manager, group);
}

static void use_backends(struct intact_machine *machine, unsigned *seed)
{
    static const uint8_t frame[100] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2 };
    unsigned value = (unsigned)rand_r(seed);
    switch (value % 4) {
    case 0: intact_machine_net_input(machine, "net", frame, 14 + value / 4 % 80); break;
    case 1: intact_machine_net_link(machine, "net", value / 4 % 2); break;
    case 2: intact_machine_console_size(machine, "screen", 1 + value / 4 % 200, 1 + value / 8 % 100); break;
    default: intact_machine_input(machine, "a line of text that does not fit one message", 1 + value / 4 % 40);
    }
}

static void *do_everything(void *argument)
{
    struct scene *scene = argument;
    struct intact_irq_manager *manager = intact_machine_interrupts(scene->machine);
    enable_messages(scene->shared, FIRST_VECTOR);
    while (!atomic_load(&scene->over)) {
        switch (rand_r(&scene->seed) % 8) {
        case 0: change_group(scene->shared, &scene->seed); break;
        case 1: drive_line(manager, &scene->seed); break;
        case 2: use_notifier(manager, &scene->seed); break;
        case 3: use_backends(scene->machine, &scene->seed); break;
        default: intact_irq_group_trigger(scene->shared, (uint32_t)rand_r(&scene->seed) % SHARED);
        }
        pause_a_little(&scene->seed);
    }
    return NULL;
}

// --- Recording and replay ----------------------------------------------------------------------------------------------

static struct intact_exit run_to_end(struct scene *scene)
{
    struct intact_exit exit;
    do
        exit = intact_machine_run(scene->machine);
    while (scene->taken < TAKEN && exit.reason == INTACT_QUIT && scene->machine->replay.outcome == REPLAY_GOES_ON);
    return exit;
}

static void begin_recording(struct scene *scene)
{
    struct intact_recording recording;
    char why[INTACT_ERROR_SIZE];
    make(scene, NULL);
    intact_recording_init(&recording);
    recording.file = path;
    recording.digest = 1777;
    cr_assert_eq(intact_machine_record(scene->machine, &recording, why), 0, "%s", why);
}

static void end_recording(struct scene *scene)
{
    char why[INTACT_ERROR_SIZE];
    cr_assert_eq(intact_machine_record_end(scene->machine, why), 0, "%s", why);
    end(scene);
}

// What `scene` says of quitting, pacing, committing and the seed is kept.
static void record(struct scene *scene, void *(*other)(void *))
{
    pthread_t thread;
    scene->records = true;
    scene->taken = 0;
    atomic_store(&scene->over, false);
    scene->own = NULL;
    begin_recording(scene);
    cr_assert_eq(pthread_create(&thread, NULL, other, scene), 0);
    cr_assert_eq(run_to_end(scene).reason, INTACT_QUIT);
    atomic_store(&scene->over, true);
    pthread_join(thread, NULL);
    end_recording(scene);
}

// `other`: a thread that does in the replay too what it likes, NULL: none.
static void replay(const struct scene *was, bool quits, void *(*other)(void *))
{
    static struct scene is;
    struct intact_journal *journal;
    char why[INTACT_ERROR_SIZE];
    pthread_t thread;
    is = (struct scene){ .seed = 1, .quits = quits, .commits = was->commits };
    cr_assert_eq(intact_journal_open(path, &journal, why), 0, "%s", why);
    make(&is, journal);
    cr_assert_eq(intact_machine_replay(is.machine, journal, why), 0, "%s", why);
    if (other)
        cr_assert_eq(pthread_create(&thread, NULL, other, &is), 0);
    struct intact_exit exit = run_to_end(&is);
    atomic_store(&is.over, true);
    if (other)
        pthread_join(thread, NULL);
    for (unsigned i = 0; i < TAKEN && i < is.taken; i++)
        cr_assert(is.log[i].instructions == was->log[i].instructions && is.log[i].vector == was->log[i].vector &&
                      is.log[i].result == was->log[i].result,
                  "interrupt %u: %#x at %llu, %d; not %#x at %llu, %d", i, is.log[i].vector,
                  (unsigned long long)is.log[i].instructions, is.log[i].result, was->log[i].vector,
                  (unsigned long long)was->log[i].instructions, was->log[i].result);
    cr_assert_eq(exit.reason, INTACT_QUIT, "%s", intact_machine_error(is.machine));
    cr_assert_eq(is.machine->replay.outcome, REPLAY_SAME);
    cr_assert_eq(is.taken, was->taken);
    intact_journal_close(journal);
    end(&is);
}

// Ticks fill up the log of the one that halts.
static void record_and_replay(bool spins)
{
    static struct scene was;
    for (unsigned seed = 1; seed <= 5; seed++) {
        make_interrupt_guest(&code, spins);
        was.seed = seed;
        record(&was, do_everything);
        replay(&was, false, NULL);
        replay(&was, false, do_everything);
        unlink(path);
    }
}

Test(replay_threads, what_they_do_to_a_guest_that_runs_is_repeated)
{
    record_and_replay(true);
}

Test(replay_threads, what_they_do_to_a_guest_that_halts_is_repeated)
{
    record_and_replay(false);
}

// Ticks, which come whatever the shared group's settings are, in which the machine's thread changes them as well.
static void *change_often(void *argument)
{
    struct scene *scene = argument;
    enable_messages(scene->shared, FIRST_VECTOR);
    while (!atomic_load(&scene->over)) {
        change_group(scene->shared, &scene->seed);
        intact_irq_group_trigger(scene->shared, (uint32_t)rand_r(&scene->seed) % SHARED);
        if (rand_r(&scene->seed) % 4 == 0)
            pause_a_little(&scene->seed);
    }
    return NULL;
}

Test(replay_threads, what_both_change_of_one_group_is_repeated)
{
    static struct scene was;
    for (unsigned seed = 1; seed <= 10; seed++) {
        make_ticking_guest(&code, seed % 2, PERIOD);
        was = (struct scene){ .seed = seed, .commits = true };
        record(&was, change_often);
        replay(&was, false, NULL);
        replay(&was, false, change_often);
        unlink(path);
    }
}

// Every instruction of some periods is one at which the run was quit, twice: also where a tick is due, which is a moment
// of its own after that of the first quit.
Test(replay_threads, a_run_may_be_quit_at_any_instruction)
{
    static struct scene was;
    make_ticking_guest(&code, true, PERIOD);
    begin_recording(&was);
    while (was.taken < 3) {
        cr_assert_eq(intact_machine_run_for(was.machine, 1).reason, INTACT_PAUSED);
        for (unsigned i = 0; i < 2; i++) {
            intact_machine_quit(was.machine);
            cr_assert_eq(intact_machine_run(was.machine).reason, INTACT_QUIT);
        }
    }
    end_recording(&was);
    replay(&was, false, NULL);
    unlink(path);
}

static void *trigger_first(void *group)
{
    enable_messages(group, FIRST_VECTOR);
    intact_irq_group_trigger(group, 0);
    return NULL;
}

// The first waits when the guest enables interrupts and halts, and is taken at once, in the same slice; the second, which comes
// at the end of that slice, is taken after it, although its vector has the higher priority.
Test(replay_threads, what_comes_where_a_halt_ends_a_slice_comes_after_an_interrupt_that_waited)
{
    static struct scene was = { .records = true, .early = true };
    make_interrupt_guest(&code, false);
    begin_recording(&was);
    in_another_thread(trigger_first, was.shared);
    cr_assert_eq(intact_machine_run(was.machine).reason, INTACT_QUIT);
    end_recording(&was);
    cr_assert_eq(was.log[0].vector, FIRST_VECTOR);
    cr_assert_eq(was.log[1].vector, FIRST_VECTOR + 1);
    replay(&was, false, NULL);
    unlink(path);
}

static void *quit_often(void *argument)
{
    struct scene *scene = argument;
    while (!atomic_load(&scene->over)) {
        intact_machine_quit(scene->machine);
        pause_a_little(&scene->seed);
    }
    return NULL;
}

Test(replay_threads, a_run_that_was_quit_and_continued_is_repeated_as_one)
{
    static struct scene was;
    for (unsigned i = 0; i < 10; i++) {
        make_ticking_guest(&code, i % 2, PERIOD);
        record(&was, quit_often);
        replay(&was, false, NULL);
        unlink(path);
    }
}

// When input ends a wait, the host's time is a message too.
Test(replay_threads, a_run_by_the_hosts_clock_is_repeated_without_it)
{
    static struct scene was;
    make_ticking_guest(&code, false, 50 * PERIOD);
    was.paced = true;
    record(&was, do_everything);
    replay(&was, false, NULL);
    unlink(path);
}

Test(replay_threads, a_replay_that_is_quit_goes_on)
{
    static struct scene was;
    make_ticking_guest(&code, true, PERIOD);
    was.quits = true;
    record(&was, do_everything);
    replay(&was, true, NULL);
    replay(&was, false, NULL);
    replay(&was, true, quit_often);
    unlink(path);
}
