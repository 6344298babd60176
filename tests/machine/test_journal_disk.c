// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// When a recording is in its file and on its disk, while the machine waits and while it runs. This program has an fsync of its
// own, which counts.
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <intact/replay.h>

#include "machine/x86_interrupts.h"
#include "replay/journal.h"

TestSuite(journal_disk, .timeout = 120);

static atomic_uint synced;
static char why[INTACT_ERROR_SIZE], path[64];

int fsync(int descriptor)
{
    (void)descriptor;
    atomic_fetch_add(&synced, 1);
    return 0;
}

static void nap(unsigned ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

// One that halts and waits for input, or spins.
static struct intact_machine *make(bool spins, const struct intact_journal *journal)
{
    static struct code code;
    struct intact_machine *machine;
    struct intact_machine_config config;
    make_interrupt_guest(&code, spins);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(4) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.interactive = true;
    if (journal)
        intact_journal_prepare(journal, &config);
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    return machine;
}

static struct intact_machine *record(bool spins, uint64_t digest)
{
    struct intact_machine *machine = make(spins, NULL);
    struct intact_recording recording;
    snprintf(path, sizeof path, "/tmp/intact-journal-disk-%ld", (long)getpid());
    intact_recording_init(&recording);
    recording.file = path;
    recording.digest = digest;
    cr_assert_eq(intact_machine_record(machine, &recording, why), 0, "%s", why);
    atomic_store(&synced, 0);
    return machine;
}

// What a process that is killed now leaves.
static unsigned messages_in_file(void)
{
    struct journal_reader reader;
    struct journal_entry entry;
    struct error error;
    unsigned count = 0;
    cr_assert_eq(journal_open(&reader, path, &error), 0);
    while (journal_next(&reader, &entry))
        count += entry.kind == JOURNAL_MESSAGE;
    journal_free(&reader);
    return count;
}

static void *run(void *machine)
{
    intact_machine_run(machine);
    return NULL;
}

static pthread_t start(struct intact_machine *machine)
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, run, machine), 0);
    return thread;
}

static void stop(struct intact_machine *machine, pthread_t thread)
{
    struct intact_journal *journal;
    uint64_t digest, again;
    intact_machine_quit(machine);
    pthread_join(thread, NULL);
    cr_assert_eq(intact_machine_record_end(machine, why), 0, "%s", why);
    cr_assert_eq(intact_machine_digest(machine, &digest), 0);
    intact_machine_destroy(machine);
    cr_assert_eq(intact_journal_open(path, &journal, why), 0, "%s", why);
    machine = make(false, journal);
    cr_assert_eq(intact_machine_replay(machine, journal, why), 0, "%s", why);
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_QUIT, "%s", intact_machine_error(machine));
    cr_assert(intact_machine_replayed(machine, NULL));
    cr_assert_eq(intact_machine_digest(machine, &again), 0);
    cr_assert_eq(again, digest);
    intact_machine_destroy(machine);
    intact_journal_close(journal);
    unlink(path);
}

// Each wait begins with a whole file; the disk is asked once a second.
Test(journal_disk, typing_does_not_wait_for_the_disk)
{
    struct intact_machine *machine = record(false, 1000000);
    pthread_t thread = start(machine);
    for (unsigned i = 0; i < 100; i++) {
        cr_assert_eq(intact_machine_input(machine, "x", 1), 1);
        nap(15);
    }
    unsigned most = atomic_load(&synced);
    cr_assert_geq(messages_in_file(), 95, "%u", messages_in_file());
    cr_assert(most >= 1 && most <= 4, "%u", most);
    stop(machine, thread);
}

// Nothing happens in the machine meanwhile.
Test(journal_disk, what_was_typed_is_on_the_disk_after_a_second_of_waiting)
{
    struct intact_machine *machine = record(false, 0);
    pthread_t thread = start(machine);
    intact_machine_input(machine, "x", 1);
    nap(100);
    unsigned early = atomic_load(&synced);
    nap(1100);
    cr_assert_eq(atomic_load(&synced), early + 1);
    cr_assert_eq(messages_in_file(), 1);
    nap(1100);
    cr_assert_eq(atomic_load(&synced), early + 1, "there is nothing new");
    stop(machine, thread);
}

// However far apart its digests are.
Test(journal_disk, what_came_in_is_on_the_disk_a_second_later_while_the_guest_runs)
{
    struct intact_machine *machine = record(true, UINT64_MAX / 4);
    pthread_t thread = start(machine);
    intact_machine_input(machine, "x", 1);
    nap(1500);
    cr_assert_eq(messages_in_file(), 1);
    cr_assert_eq(atomic_load(&synced), 1);
    intact_machine_quit(machine);
    pthread_join(thread, NULL);
    intact_machine_destroy(machine);
    unlink(path);
}
