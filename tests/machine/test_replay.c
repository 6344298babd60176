// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Recording and replay by <intact/replay.h>: triggers of another thread while the guest runs and while it waits; a run
// that is another one; journals that were cut, or are of other machines.
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <intact/interrupt.h>
#include <intact/replay.h>
#include <intact/version.h>

#include "base/bits.h"
#include "machine/machine.h"
#include "machine/x86_interrupts.h"

TestSuite(replay, .timeout = 120);

enum { VECTOR = 0x40, TRIGGERS = 40 };

static char path[64];
static struct code code;

struct scene {
    struct intact_machine *machine;
    struct intact_irq_group *group;
    bool drives; // another thread triggers, and the run ends with its last trigger
    unsigned taken;
    uint64_t when[2 * TRIGGERS]; // instructions at each
};

static void told(void *owner, uint8_t vector)
{
    struct scene *scene = owner;
    if (vector != VECTOR || scene->taken == countof(scene->when))
        return;
    scene->when[scene->taken++] = intact_machine_instructions(scene->machine);
    if (scene->drives && scene->taken == TRIGGERS)
        intact_machine_quit(scene->machine);
}

static void make(struct scene *scene, bool spins, const struct intact_journal *journal)
{
    struct intact_machine_config config;
    char why[INTACT_ERROR_SIZE];
    const struct intact_irq_config message = { .type = INTACT_IRQ_MSIX, .address_low = 0xfee00000, .data = VECTOR };
    make_interrupt_guest(&code, spins);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(16) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.debugcon_port = GUEST_DEBUG_PORT;
    config.debugcon = (struct intact_console){ .write = told, .owner = scene };
    config.reboot = false;
    config.interactive = true;
    if (journal)
        intact_journal_prepare(journal, &config);
    cr_assert_eq(intact_machine_create(&config, &scene->machine, why), 0, "%s", why);
    struct intact_irq_manager *manager = intact_machine_interrupts(scene->machine);
    cr_assert_eq(intact_irq_manager_create_group(manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, 1, &scene->group), 0);
    cr_assert_eq(intact_irq_group_enable(scene->group, &message), 0);
    snprintf(path, sizeof path, "/tmp/intact-replay-%ld", (long)getpid());
}

static void end(struct scene *scene)
{
    intact_irq_manager_destroy_group(intact_machine_interrupts(scene->machine), scene->group);
    intact_machine_destroy(scene->machine);
}

static void *trigger_often(void *argument)
{
    struct scene *scene = argument;
    while (__atomic_load_n(&scene->taken, __ATOMIC_RELAXED) < TRIGGERS) {
        intact_irq_group_trigger(scene->group, 0);
        nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
    }
    return NULL;
}

static void record(struct scene *scene, bool spins, uint64_t interval)
{
    *scene = (struct scene){ .drives = true };
    struct intact_recording recording;
    char why[INTACT_ERROR_SIZE];
    pthread_t thread;
    make(scene, spins, NULL);
    intact_recording_init(&recording);
    recording.file = path;
    recording.digest = interval;
    cr_assert_eq(intact_machine_record(scene->machine, &recording, why), 0, "%s", why);
    cr_assert_eq(pthread_create(&thread, NULL, trigger_often, scene), 0);
    cr_assert_eq(intact_machine_run(scene->machine).reason, INTACT_QUIT);
    pthread_join(thread, NULL);
    cr_assert_eq(intact_machine_record_end(scene->machine, why), 0, "%s", why);
    cr_assert_eq(intact_machine_record_end(scene->machine, why), -EINVAL);
    end(scene);
}

static void begin_replay(struct scene *scene, bool spins, struct intact_journal **journal)
{
    *scene = (struct scene){ .drives = false };
    char why[INTACT_ERROR_SIZE];
    cr_assert_eq(intact_journal_open(path, journal, why), 0, "%s", why);
    make(scene, spins, *journal);
    cr_assert_eq(intact_machine_replay(scene->machine, *journal, why), 0, "%s", why);
    cr_assert_eq(intact_machine_replay(scene->machine, *journal, why), -EINVAL);
}

// A scene is not moved after its machine was made: the console points to it.
static void replays(bool spins, uint64_t interval)
{
    static struct scene was, is;
    struct intact_journal *journal;
    record(&was, spins, interval);
    begin_replay(&is, spins, &journal);
    struct intact_exit exit = intact_machine_run(is.machine);
    cr_assert_eq(exit.reason, INTACT_QUIT, "%s", intact_machine_error(is.machine));
    cr_assert_eq(is.taken, was.taken);
    cr_assert_arr_eq(is.when, was.when, sizeof is.when);
    intact_journal_close(journal);
    end(&is);
}

Test(replay, takes_triggers_of_another_thread_at_the_same_instructions)
{
    replays(true, 100000);
    replays(true, 0);
    replays(false, 1000);
    replays(false, 0);
    unlink(path);
}

// --- Another run -----------------------------------------------------------------------------------------------------

Test(replay, notices_a_bit_that_is_not_the_same)
{
    static struct scene was, is;
    struct intact_journal *journal;
    record(&was, true, 10000);
    begin_replay(&is, true, &journal);
    cr_assert_eq(intact_machine_run_for(is.machine, 54321).reason, INTACT_PAUSED);
    uint8_t byte;
    cr_assert_eq(intact_machine_read_memory(is.machine, 0x800000, &byte, 1), 0);
    byte ^= 0x10;
    cr_assert_eq(intact_machine_write_memory(is.machine, 0x800000, &byte, 1), 0);
    struct intact_exit exit = intact_machine_run(is.machine);
    cr_assert_eq(exit.reason, INTACT_DIVERGED);
    cr_assert_eq(exit.status, INTACT_STATUS_DIVERGED);
    cr_assert(strstr(intact_machine_error(is.machine), "between instructions 50000 and 60000"), "%s",
              intact_machine_error(is.machine));
    cr_assert(strstr(intact_machine_error(is.machine), "instructions these differ: RAM in the page at 800000"), "%s",
              intact_machine_error(is.machine));
    intact_journal_close(journal);
    end(&is);
    unlink(path);
}

// It goes on to where the recording has sums of the parts, which a program does not have to wait for.
Test(replay, that_differs_ends_where_the_program_stops_it)
{
    static struct scene was, is;
    struct intact_journal *journal;
    uint8_t byte = 1;
    record(&was, true, 10000);
    begin_replay(&is, true, &journal);
    cr_assert_eq(intact_machine_run_for(is.machine, 54321).reason, INTACT_PAUSED);
    cr_assert_eq(intact_machine_write_memory(is.machine, 0x800000, &byte, 1), 0);
    struct intact_exit exit = intact_machine_run_for(is.machine, 10000);
    cr_assert_eq(exit.reason, INTACT_DIVERGED);
    cr_assert_eq(exit.instructions, 64321);
    cr_assert(strstr(intact_machine_error(is.machine), "between instructions 50000 and 60000"));
    intact_journal_close(journal);
    end(&is);
    unlink(path);
}

Test(replay, refuses_another_machine)
{
    static struct scene was, is;
    struct intact_journal *journal;
    char why[INTACT_ERROR_SIZE];
    record(&was, true, 0);
    cr_assert_eq(intact_journal_open(path, &journal, why), 0, "%s", why);
    make(&is, false, journal); // another kernel
    cr_assert_eq(intact_machine_replay(is.machine, journal, why), -EINVAL);
    cr_assert_str_eq(why, "-kernel: 'guest' is not the file that it was");
    end(&is);
    make(&is, true, journal);
    cr_assert_eq(intact_machine_run_for(is.machine, 1).reason, INTACT_PAUSED);
    cr_assert_eq(intact_machine_replay(is.machine, journal, why), -EBUSY);
    intact_journal_close(journal);
    end(&is);
    unlink(path);
}

static void write_header(const char *text)
{
    struct journal_writer writer;
    struct error error;
    snprintf(path, sizeof path, "/tmp/intact-replay-%ld", (long)getpid());
    cr_assert_eq(journal_create(&writer, path, text, &error), 0, "%s", error.text);
    cr_assert_eq(journal_close(&writer), 0);
}

Test(replay, refuses_another_version)
{
    static struct scene is;
    struct intact_journal *journal;
    char why[INTACT_ERROR_SIZE];
    write_header("version 0.0.9\nschema 0\ndigest 0\nrtc 0\n");
    cr_assert_eq(intact_journal_open(path, &journal, why), 0, "%s", why);
    make(&is, true, journal);
    cr_assert_eq(intact_machine_replay(is.machine, journal, why), -EINVAL);
    cr_assert_str_eq(why, "the journal is of version 0.0.9, and this is " INTACT_VERSION);
    intact_journal_close(journal);
    end(&is);
    unlink(path);
}

// A journal may be made by somebody else: how long it takes to open is in proportion to its size.
Test(replay, opens_a_journal_of_very_many_arguments)
{
    enum { MANY = 500000 };
    struct intact_journal *journal;
    char why[INTACT_ERROR_SIZE];
    char *text = malloc(MANY * strlen("argument x\n") + 1);
    for (unsigned i = 0; i < MANY; i++)
        memcpy(text + i * strlen("argument x\n"), "argument x\n", strlen("argument x\n") + 1);
    write_header(text);
    free(text);
    cr_assert_eq(intact_journal_open(path, &journal, why), 0, "%s", why);
    cr_assert_str_eq(intact_journal_argument(journal, MANY - 1), "x");
    cr_assert_null(intact_journal_argument(journal, MANY));
    intact_journal_close(journal);
    unlink(path);
}

// --- A recording that was killed ---------------------------------------------------------------------------------------

Test(replay, goes_to_the_end_of_a_journal_that_was_cut)
{
    static struct scene was, is;
    struct intact_journal *journal;
    record(&was, false, 1000); // a guest that waits: its journal is flushed with every trigger
    FILE *file = fopen(path, "rb");
    fseek(file, 0, SEEK_END);
    cr_assert_eq(truncate(path, ftell(file) - 100), 0);
    fclose(file);
    begin_replay(&is, false, &journal);
    struct intact_exit exit = intact_machine_run(is.machine);
    cr_assert_eq(exit.reason, INTACT_JOURNAL_END);
    cr_assert_eq(exit.status, INTACT_STATUS_JOURNAL_END);
    cr_assert(strstr(intact_machine_error(is.machine), "the journal ends after instruction"));
    cr_assert(is.taken > 10 && is.taken <= was.taken, "%u", is.taken);
    cr_assert_arr_eq(is.when, was.when, is.taken * sizeof is.when[0]);
    intact_journal_close(journal);
    end(&is);
    unlink(path);
}

// --- Digest ----------------------------------------------------------------------------------------------------------

Test(replay, digests_do_not_depend_on_pauses)
{
    static struct scene one, other;
    uint64_t a, b, before;
    make(&one, true, NULL);
    make(&other, true, NULL);
    cr_assert_eq(intact_machine_digest(one.machine, &before), 0);
    intact_machine_run_for(one.machine, 100000);
    for (unsigned i = 0; i < 1000; i++) {
        intact_machine_run_for(other.machine, 100);
        if (i % 7 == 0)
            intact_machine_digest(other.machine, &b);
    }
    cr_assert_eq(intact_machine_digest(one.machine, &a), 0);
    cr_assert_eq(intact_machine_digest(other.machine, &b), 0);
    cr_assert_eq(a, b);
    cr_assert_neq(a, before);
    end(&one);
    end(&other);
}
