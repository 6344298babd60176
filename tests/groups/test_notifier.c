// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Notifiers of every kind: as triggers from threads and processes, on masked and disabled sources, as resample.
#define _GNU_SOURCE // syscall

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "groups/group.h"
#include "groups/manager.h"
#include "rig.h"

#ifdef __linux__
#define FIRST_KIND INTACT_IRQ_NOTIFIER_EVENTFD
#else
#define FIRST_KIND INTACT_IRQ_NOTIFIER_PIPE
#endif
#define LAST_KIND INTACT_IRQ_NOTIFIER_CALLBACK
#define A_SECOND  UINT64_C(1000000000)

// Polls until `count` messages have left, or gives up.
static void expect_messages(struct rig *rig, unsigned count)
{
    for (int i = 0; i < 20 && rig->count < count; i++)
        if (intact_irq_manager_wait(rig->manager, A_SECOND / 2))
            intact_irq_manager_poll(rig->manager, 0);
    cr_expect_eq(rig->count, count, "%u messages", rig->count);
}

static void expect_pending(struct rig *rig, struct intact_irq_group *group, uint32_t index)
{
    for (int i = 0; i < 20 && !intact_irq_group_pending(group, index); i++)
        intact_irq_manager_wait(rig->manager, A_SECOND / 2);
    intact_irq_manager_poll(rig->manager, 0);
    cr_expect_eq(intact_irq_group_pending(group, index), 1);
}

Test(notifier, a_signal_of_each_kind_triggers_its_source, .timeout = 120)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    rig_enable(group, 0x40);
    unsigned count = 0;
    for (int kind = FIRST_KIND; kind <= LAST_KIND; kind++) {
        struct intact_irq_notifier *notifier;
        cr_assert_eq(intact_irq_notifier_create((enum intact_irq_notifier_kind)kind, &notifier), INTACT_IRQ_OK);
        cr_assert_eq(intact_irq_group_set_notifier(group, 1, notifier), INTACT_IRQ_OK);
        cr_expect_eq(intact_irq_notifier_signal(notifier), INTACT_IRQ_OK);
        expect_messages(&rig, ++count);
        cr_expect_eq(rig.messages[count - 1].data, 0x41);
        cr_expect_eq(intact_irq_notifier_destroy(notifier), INTACT_IRQ_BUSY);
        cr_expect_eq(intact_irq_group_set_notifier(group, 1, NULL), INTACT_IRQ_OK);
        cr_expect_eq(intact_irq_notifier_destroy(notifier), INTACT_IRQ_OK);
    }
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

static void *signal_a_little_later(void *notifier)
{
    nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    intact_irq_notifier_signal(notifier);
    return NULL;
}

// The library's thread must read the file while the machine thread sleeps.
Test(notifier, a_signal_wakes_the_machine_thread, .timeout = 120)
{
    for (int kind = FIRST_KIND; kind <= LAST_KIND; kind++) {
        struct rig rig;
        struct intact_irq_notifier *notifier;
        pthread_t thread;
        rig_open(&rig);
        struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
        rig_enable(group, 0x40);
        intact_irq_notifier_create((enum intact_irq_notifier_kind)kind, &notifier);
        cr_expect_not(manager_listens(rig.manager));
        cr_assert_eq(intact_irq_group_set_notifier(group, 0, notifier), INTACT_IRQ_OK);
        cr_expect(manager_listens(rig.manager), "a machine that has nothing else to wait for waits for it");
        pthread_create(&thread, NULL, signal_a_little_later, notifier);
        cr_expect(intact_irq_manager_wait(rig.manager, 9 * A_SECOND), "kind %d", kind);
        pthread_join(thread, NULL);
        intact_irq_manager_poll(rig.manager, 0);
        cr_expect_eq(rig.count, 1);
        intact_irq_group_set_notifier(group, 0, NULL);
        cr_expect_not(manager_listens(rig.manager));
        intact_irq_notifier_destroy(notifier);
        intact_irq_manager_destroy_group(rig.manager, group);
        rig_close(&rig);
    }
}

static double cpu_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

Test(notifier, while_nobody_signals_nobody_runs, .timeout = 120)
{
    struct rig rig;
    struct intact_irq_notifier *notifier;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 8);
    for (uint32_t i = 0; i < 8; i++) // each wakes the thread that reads the files
        cr_assert_eq(intact_irq_group_notifier(group, i, &notifier), INTACT_IRQ_OK);
    double before = cpu_seconds();
    intact_irq_manager_wait(rig.manager, A_SECOND / 2);
    cr_expect_lt(cpu_seconds() - before, 0.1);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(notifier, each_kind_is_signalled_and_consumed_once)
{
    for (int kind = FIRST_KIND; kind <= LAST_KIND; kind++) {
        struct intact_irq_notifier *notifier;
        cr_assert_eq(intact_irq_notifier_create((enum intact_irq_notifier_kind)kind, &notifier), INTACT_IRQ_OK);
        bool file = kind != INTACT_IRQ_NOTIFIER_CALLBACK;
        cr_expect_eq(intact_irq_notifier_read_fd(notifier) >= 0, file);
        cr_expect_eq(intact_irq_notifier_write_fd(notifier) >= 0, file);
        cr_expect_not(intact_irq_notifier_consume(notifier));
        for (int i = 0; i < 20000; i++) // more than a pipe holds
            cr_assert_eq(intact_irq_notifier_signal(notifier), INTACT_IRQ_OK);
        cr_expect(intact_irq_notifier_consume(notifier));
        cr_expect_not(intact_irq_notifier_consume(notifier), "one event, however often it was signalled");
        cr_expect_eq(intact_irq_notifier_destroy(notifier), INTACT_IRQ_OK);
    }
}

Test(notifier, an_unknown_kind_is_refused)
{
    struct intact_irq_notifier *notifier;
    cr_expect_eq(intact_irq_notifier_create((enum intact_irq_notifier_kind)9, &notifier), INTACT_IRQ_INVALID);
}

Test(notifier, a_masked_source_is_pending_however_it_was_triggered, .timeout = 120)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    rig_enable(group, 0x40);
    for (int kind = FIRST_KIND; kind <= LAST_KIND; kind++) {
        struct intact_irq_notifier *notifier;
        cr_assert_eq(intact_irq_notifier_create((enum intact_irq_notifier_kind)kind, &notifier), INTACT_IRQ_OK);
        intact_irq_group_set_notifier(group, 0, notifier);
        intact_irq_group_mask(group, 0);
        intact_irq_notifier_signal(notifier);
        expect_pending(&rig, group, 0);
        unsigned before = rig.count;
        intact_irq_group_unmask(group, 0);
        cr_expect_eq(rig.count, before + 1);
        intact_irq_group_set_notifier(group, 0, NULL);
        intact_irq_notifier_destroy(notifier);
    }
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(notifier, a_signal_before_enable_comes_with_the_new_configuration, .timeout = 120)
{
    struct rig rig;
    struct intact_irq_notifier *notifier;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    cr_assert_eq(intact_irq_group_notifier(group, 0, &notifier), INTACT_IRQ_OK);
    intact_irq_notifier_signal(notifier);
    expect_pending(&rig, group, 0);
    cr_expect_eq(rig.count, 0);
    rig_enable(group, 0x88);
    cr_assert_eq(rig.count, 1);
    cr_expect_eq(rig.messages[0].data, 0x88);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(notifier, a_signal_before_the_notifier_was_attached_counts, .timeout = 120)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    rig_enable(group, 0x40);
    unsigned count = 0;
    for (int kind = FIRST_KIND; kind <= LAST_KIND; kind++) {
        struct intact_irq_notifier *notifier;
        intact_irq_notifier_create((enum intact_irq_notifier_kind)kind, &notifier);
        intact_irq_notifier_signal(notifier);
        intact_irq_group_set_notifier(group, 0, notifier);
        expect_messages(&rig, ++count);
        intact_irq_group_set_notifier(group, 0, NULL);
        intact_irq_notifier_destroy(notifier);
    }
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(notifier, a_group_makes_one_notifier_per_source_and_keeps_it, .timeout = 120)
{
    struct rig rig;
    struct intact_irq_notifier *a, *b, *again;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 40);
    rig_enable(group, 0);
    cr_assert_eq(intact_irq_group_notifier(group, 0, &a), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_group_notifier(group, 39, &b), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_group_notifier(group, 0, &again), INTACT_IRQ_OK);
    cr_expect_eq(a, again);
    cr_expect_neq(a, b);
    for (uint32_t i = 0; i < 40; i++)
        cr_assert_eq(intact_irq_group_notifier(group, i, &again), INTACT_IRQ_OK, "more than the watcher's first list");
    intact_irq_notifier_signal(b);
    expect_messages(&rig, 1);
    cr_expect_eq(rig.messages[0].data, 39);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(notifier, one_notifier_serves_one_source_and_a_refusal_changes_nothing, .timeout = 120)
{
    struct rig rig;
    struct intact_irq_notifier *first, *second;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    rig_enable(group, 0x40);
    intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_PIPE, &first);
    intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_PIPE, &second);
    cr_expect_eq(intact_irq_group_set_notifier(group, 0, first), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_set_notifier(group, 0, first), INTACT_IRQ_OK, "it is there already");
    cr_expect_eq(intact_irq_group_set_notifier(group, 1, second), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_set_notifier(group, 1, first), INTACT_IRQ_BUSY);
    intact_irq_notifier_signal(second);
    expect_messages(&rig, 1);
    cr_expect_eq(rig.messages[0].data, 0x41);
    intact_irq_manager_destroy_group(rig.manager, group);
    cr_expect_eq(intact_irq_notifier_destroy(first), INTACT_IRQ_OK, "the group has let go of them");
    cr_expect_eq(intact_irq_notifier_destroy(second), INTACT_IRQ_OK);
    rig_close(&rig);
}

Test(notifier, another_process_can_write_it, .timeout = 120)
{
    struct rig rig;
    struct intact_irq_notifier *notifier;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    rig_enable(group, 0x40);
    unsigned count = 0;
    for (int kind = FIRST_KIND; kind < LAST_KIND; kind++) {
        intact_irq_notifier_create((enum intact_irq_notifier_kind)kind, &notifier);
        intact_irq_group_set_notifier(group, 0, notifier);
        pid_t child = fork();
        if (!child) {
            uint64_t one = 1;
            _exit(write(intact_irq_notifier_write_fd(notifier), &one, sizeof one) != sizeof one);
        }
        int status = -1;
        waitpid(child, &status, 0);
        cr_expect_eq(status, 0);
        expect_messages(&rig, ++count);
        intact_irq_group_set_notifier(group, 0, NULL);
        intact_irq_notifier_destroy(notifier);
    }
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(notifier, a_level_source_written_through_a_notifier_waits_for_its_eoi, .timeout = 120)
{
    struct rig rig;
    struct intact_irq_notifier *trigger, *resample;
    rig_open(&rig);
    struct intact_irq_group *group = rig_legacy(&rig, true);
    intact_irq_group_notifier(group, 0, &trigger);
    intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_PIPE, &resample);
    cr_expect_eq(intact_irq_group_set_resample(group, 0, resample), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_set_notifier(group, 0, resample), INTACT_IRQ_BUSY, "it has its task");
    cr_expect_eq(intact_irq_notifier_destroy(resample), INTACT_IRQ_BUSY);
    intact_irq_notifier_signal(trigger);
    for (int i = 0; i < 20 && !rig.level[0][10]; i++) {
        intact_irq_manager_wait(rig.manager, A_SECOND / 2);
        intact_irq_manager_poll(rig.manager, 0);
    }
    cr_expect(rig.level[0][10], "the wire, not a message past the chip's remote IRR");
    cr_expect_eq(rig.count, 0);
    cr_expect_not(intact_irq_notifier_consume(resample));
    intact_irq_manager_eoi(rig.manager, 0, 10);
    cr_expect_not(rig.level[0][10]);
    struct pollfd file = { .fd = intact_irq_notifier_read_fd(resample), .events = POLLIN };
    cr_expect_eq(poll(&file, 1, 0), 1, "whoever waits on the file hears of the EOI");
    cr_expect(intact_irq_notifier_consume(resample));
    intact_irq_manager_destroy_group(rig.manager, group);
    intact_irq_notifier_destroy(resample);
    rig_close(&rig);
}

Test(notifier, a_host_without_files_is_told_and_nothing_changes)
{
    struct rig rig;
    struct intact_irq_notifier *notifier = NULL, *early;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    struct rlimit limit, none;
    cr_assert_eq(intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_PIPE, &early), INTACT_IRQ_OK);
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    int lowest = dup(0);
    close(lowest);
    none.rlim_cur = (rlim_t)lowest;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    int pipe_result = intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_PIPE, &notifier);
    int best_result = intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_BEST, &notifier);
    int group_result = intact_irq_group_notifier(group, 0, &notifier);
    int early_result = intact_irq_group_set_notifier(group, 0, early); // the thread that reads it needs a pipe
    setrlimit(RLIMIT_NOFILE, &limit);
    cr_expect_eq(pipe_result, INTACT_IRQ_OUT_OF_FILES);
    cr_expect_eq(best_result, INTACT_IRQ_OUT_OF_FILES);
    cr_expect_eq(group_result, INTACT_IRQ_OUT_OF_FILES);
    cr_expect_eq(early_result, INTACT_IRQ_OUT_OF_FILES);
    cr_expect_eq(intact_irq_notifier_destroy(early), INTACT_IRQ_OK, "it was given back");
    cr_expect_eq(intact_irq_group_notifier(group, 0, &notifier), INTACT_IRQ_OK, "it works when there are files again");
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(notifier, its_file_may_be_the_first_of_the_process)
{
    struct intact_irq_notifier *notifier = NULL;
    int kept = dup(0);
    close(0);
    int result = intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_BEST, &notifier);
    int fd = result ? -1 : intact_irq_notifier_read_fd(notifier);
    if (!result)
        intact_irq_notifier_destroy(notifier);
    if (kept >= 0) {
        dup2(kept, 0);
        close(kept);
    }
    cr_assert_eq(result, INTACT_IRQ_OK);
    cr_assert_eq(fd, 0);
}

Test(notifier, a_callback_has_no_file_and_starts_no_thread)
{
    struct rig rig;
    struct intact_irq_notifier *notifier = NULL;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    cr_assert_eq(intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_CALLBACK, &notifier), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_group_set_notifier(group, 0, notifier), INTACT_IRQ_OK);
    cr_expect_eq(rig.manager->watch.count, 0);
    cr_expect_not(rig.manager->watch.running);
    intact_irq_manager_destroy_group(rig.manager, group);
    cr_expect_eq(intact_irq_notifier_destroy(notifier), INTACT_IRQ_OK);
    rig_close(&rig);
}

// --- What was signalled before a poll --------------------------------------------------------------------------------

// Another process writes the file: for a pipe any bytes are an event, an eventfd takes 8.
static void write_file(const struct intact_irq_notifier *notifier)
{
    uint64_t one = 1;
    cr_assert_eq(write(intact_irq_notifier_write_fd(notifier), &one, sizeof one), (ssize_t)sizeof one);
}

Test(notifier, what_was_signalled_before_a_poll_is_delivered_by_it, .timeout = 120)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 2);
    rig_enable(group, 0x40);
    unsigned count = 0;
    for (int kind = FIRST_KIND; kind <= LAST_KIND; kind++) {
        struct intact_irq_notifier *notifier;
        bool file = kind != INTACT_IRQ_NOTIFIER_CALLBACK;
        cr_assert_eq(intact_irq_notifier_create((enum intact_irq_notifier_kind)kind, &notifier), INTACT_IRQ_OK);
        cr_assert_eq(intact_irq_group_set_notifier(group, 1, notifier), INTACT_IRQ_OK);
        for (int i = 0; i < 1000; i++) {
            cr_assert_eq(intact_irq_notifier_signal(notifier), INTACT_IRQ_OK);
            cr_assert(rig.count == count + !file && intact_irq_group_pending(group, 1) == file);
            intact_irq_manager_poll(rig.manager, 0);
            cr_assert_eq(rig.count, ++count, "signal %d of kind %d", i, kind);
            if (!file)
                continue;
            write_file(notifier);
            intact_irq_manager_poll(rig.manager, 0);
            cr_assert_eq(rig.count, ++count, "write %d of kind %d", i, kind);
            write_file(notifier);
            cr_assert(intact_irq_manager_wait(rig.manager, 0), "write %d of kind %d: a wait sees it too", i, kind);
            intact_irq_manager_poll(rig.manager, 0);
            cr_assert_eq(rig.count, ++count);
        }
        intact_irq_group_set_notifier(group, 1, NULL);
        intact_irq_notifier_destroy(notifier);
    }
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

Test(notifier, a_notifier_that_the_group_made_lives_as_long_as_the_group, .timeout = 120)
{
    struct rig rig;
    struct intact_irq_notifier *own, *mine, *again;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    rig_enable(group, 0x40);
    intact_irq_group_notifier(group, 0, &own);
    intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_CALLBACK, &mine);
    cr_expect_eq(intact_irq_group_set_notifier(group, 0, mine), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_notifier_signal(own), INTACT_IRQ_OK, "the program still holds it");
    intact_irq_manager_poll(rig.manager, 0);
    cr_expect_eq(rig.count, 0, "nobody listens to it");
    cr_expect_eq(intact_irq_group_set_notifier(group, 0, NULL), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_group_notifier(group, 0, &again), INTACT_IRQ_OK);
    cr_expect_eq(own, again);
    intact_irq_manager_poll(rig.manager, 0);
    cr_expect_eq(rig.count, 1, "what it was signalled before counts");
    cr_expect_eq(intact_irq_notifier_destroy(mine), INTACT_IRQ_OK);
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}

// --- Other threads: no pointer to a destroyed group or notifier is left ----------------------------------------------

struct scene {
    struct rig rig;
    struct intact_irq_group *group, *other;
    struct intact_irq_notifier *notifier;
    atomic_int inside, done;
    pthread_barrier_t round;
};

static void nap(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

static void *destroy_group_and_notifier(void *argument)
{
    struct scene *scene = argument;
    intact_irq_manager_destroy_group(scene->rig.manager, scene->group);
    cr_expect_eq(intact_irq_notifier_destroy(scene->notifier), INTACT_IRQ_OK, "nobody uses it any more");
    atomic_store(&scene->done, 1);
    return NULL;
}

// The sanitizer sees a notifier that is signalled after its end.
Test(notifier, a_resample_notifier_is_forgotten_when_its_group_is_destroyed_elsewhere, .timeout = 120)
{
    struct scene scene = { .done = 0 };
    pthread_t thread;
    rig_open(&scene.rig);
    scene.group = rig_legacy(&scene.rig, true);
    intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_PIPE, &scene.notifier);
    intact_irq_group_set_resample(scene.group, 0, scene.notifier);
    intact_irq_group_trigger(scene.group, 0);
    pthread_create(&thread, NULL, destroy_group_and_notifier, &scene);
    pthread_join(thread, NULL);
    intact_irq_manager_eoi(scene.rig.manager, 0, 10); // before the drain: the wire still points to the group
    rig_close(&scene.rig);
}

static void count_call(void *owner)
{
    struct scene *scene = owner;
    atomic_fetch_add(&scene->inside, 1);
}

static void *destroy_group_alone(void *argument)
{
    struct scene *scene = argument;
    intact_irq_manager_destroy_group(scene->rig.manager, scene->group);
    return NULL;
}

Test(notifier, an_eoi_after_its_group_is_destroyed_elsewhere_signals_no_resample_notifier, .timeout = 120)
{
    struct scene scene = { .done = 0 };
    pthread_t thread;
    rig_open(&scene.rig);
    scene.group = rig_legacy(&scene.rig, true);
    intact_irq_notifier_create_callback(count_call, &scene, &scene.notifier);
    intact_irq_group_set_resample(scene.group, 0, scene.notifier);
    intact_irq_group_trigger(scene.group, 0);
    intact_irq_manager_eoi(scene.rig.manager, 0, 10);
    cr_expect_eq(atomic_load(&scene.inside), 1);
    pthread_create(&thread, NULL, destroy_group_alone, &scene);
    pthread_join(thread, NULL);
    intact_irq_manager_eoi(scene.rig.manager, 0, 10);
    cr_expect_eq(atomic_load(&scene.inside), 1, "the program may have destroyed it");
    cr_expect_eq(intact_irq_notifier_destroy(scene.notifier), INTACT_IRQ_OK);
    rig_close(&scene.rig);
}

static void slow_callback(void *owner)
{
    struct scene *scene = owner;
    atomic_store(&scene->inside, 1);
    nap();
    cr_expect_eq(atomic_load(&scene->done), 0, "what it uses is still there");
    nap();
}

static void *destroy_during_callback(void *argument)
{
    struct scene *scene = argument;
    while (!atomic_load(&scene->inside))
        sched_yield();
    return destroy_group_and_notifier(scene);
}

Test(notifier, a_group_is_not_gone_while_its_resample_callback_runs, .timeout = 120)
{
    struct scene scene = { .done = 0 };
    pthread_t thread;
    rig_open(&scene.rig);
    scene.group = rig_legacy(&scene.rig, true);
    intact_irq_notifier_create_callback(slow_callback, &scene, &scene.notifier);
    intact_irq_group_set_resample(scene.group, 0, scene.notifier);
    intact_irq_group_trigger(scene.group, 0);
    pthread_create(&thread, NULL, destroy_during_callback, &scene);
    intact_irq_manager_eoi(scene.rig.manager, 0, 10);
    pthread_join(thread, NULL);
    cr_expect_eq(atomic_load(&scene.inside), 1);
    rig_close(&scene.rig);
}

static void resample_no_more(void *owner)
{
    struct scene *scene = owner;
    intact_irq_group_set_level(scene->group, 0, true);
    cr_expect_eq(intact_irq_group_set_resample(scene->group, 0, NULL), INTACT_IRQ_OK);
    scene->done = 1;
}

Test(notifier, a_resample_callback_may_take_itself_away, .timeout = 120)
{
    struct scene scene = { .done = 0 };
    rig_open(&scene.rig);
    scene.group = rig_legacy(&scene.rig, true);
    intact_irq_notifier_create_callback(resample_no_more, &scene, &scene.notifier);
    intact_irq_group_set_resample(scene.group, 0, scene.notifier);
    intact_irq_group_trigger(scene.group, 0);
    intact_irq_manager_eoi(scene.rig.manager, 0, 10);
    cr_expect_eq(atomic_load(&scene.done), 1);
    cr_expect(scene.rig.level[0][10]);
    cr_expect_eq(intact_irq_notifier_destroy(scene.notifier), INTACT_IRQ_OK);
    intact_irq_manager_destroy_group(scene.rig.manager, scene.group);
    rig_close(&scene.rig);
}

static void *signal_once(void *argument)
{
    const struct scene *scene = argument;
    intact_irq_notifier_signal(scene->notifier);
    return NULL;
}

static void *move_and_destroy(void *argument)
{
    struct scene *scene = argument;
    intact_irq_group_set_notifier(scene->group, 7, NULL);
    atomic_store(&scene->done, 1);
    intact_irq_group_set_notifier(scene->other, 0, scene->notifier);
    intact_irq_manager_destroy_group(scene->rig.manager, scene->group);
    return NULL;
}

// A signal is held back where it has found the source and not reached the inbox yet, while its notifier goes to the
// shorter group and its group ends. The second notifier keeps the first one's end from waking the machine thread, for
// which it would wait for the inbox too.
Test(notifier, a_signal_under_way_keeps_its_source_until_it_is_in_the_inbox, .timeout = 120)
{
    for (int kind = FIRST_KIND; kind <= LAST_KIND; kind++) {
        struct scene scene = { .done = 0 };
        struct intact_irq_counts counts;
        struct intact_irq_notifier *second;
        pthread_t signaller, mover;
        rig_open(&scene.rig);
        scene.group = rig_group(&scene.rig, INTACT_IRQ_MSIX, 2048);
        scene.other = rig_group(&scene.rig, INTACT_IRQ_MSIX, 1);
        rig_enable(scene.group, 0x40);
        rig_enable(scene.other, 0x20);
        intact_irq_notifier_create((enum intact_irq_notifier_kind)kind, &scene.notifier);
        intact_irq_group_set_notifier(scene.group, 7, scene.notifier);
        cr_assert_eq(intact_irq_group_notifier(scene.other, 0, &second), INTACT_IRQ_OK);
        pthread_mutex_lock(&scene.rig.manager->inbox->lock);
        pthread_create(&signaller, NULL, signal_once, &scene);
        while (!atomic_load(&scene.group->sources[7].posted))
            sched_yield();
        pthread_create(&mover, NULL, move_and_destroy, &scene);
        nap();
        cr_expect_eq(atomic_load(&scene.done), 0, "the source is in use");
        pthread_mutex_unlock(&scene.rig.manager->inbox->lock);
        pthread_join(signaller, NULL);
        pthread_join(mover, NULL);
        intact_irq_manager_poll(scene.rig.manager, 0);
        cr_expect_eq(scene.rig.count, 1);
        cr_expect_eq(scene.rig.messages[0].data, 0x47);
        cr_expect_eq(intact_irq_notifier_signal(scene.notifier), INTACT_IRQ_OK);
        intact_irq_manager_poll(scene.rig.manager, 0);
        cr_expect_eq(scene.rig.messages[1].data, 0x20);
        intact_irq_manager_counts(scene.rig.manager, &counts);
        cr_expect(counts.triggered == 2 && counts.delivered == 2);
        intact_irq_manager_destroy_group(scene.rig.manager, scene.other);
        intact_irq_notifier_destroy(scene.notifier);
        rig_close(&scene.rig);
    }
}

enum { ATTACH_ROUNDS = 3000 };

static void *signal_each_round(void *argument)
{
    struct scene *scene = argument;
    for (int i = 0; i < ATTACH_ROUNDS; i++) {
        pthread_barrier_wait(&scene->round);
        intact_irq_notifier_signal(scene->notifier);
        pthread_barrier_wait(&scene->round);
    }
    return NULL;
}

Test(notifier, a_signal_while_its_notifier_is_attached_or_detached_is_a_trigger, .timeout = 120)
{
    for (int kind = FIRST_KIND; kind <= LAST_KIND; kind++) {
        struct scene scene = { .done = 0 };
        pthread_t thread;
        rig_open(&scene.rig);
        scene.group = rig_group(&scene.rig, INTACT_IRQ_MSIX, 2);
        rig_enable(scene.group, 0x40);
        intact_irq_notifier_create((enum intact_irq_notifier_kind)kind, &scene.notifier);
        pthread_barrier_init(&scene.round, NULL, 2);
        pthread_create(&thread, NULL, signal_each_round, &scene);
        for (unsigned i = 0; i < ATTACH_ROUNDS; i++) {
            pthread_barrier_wait(&scene.round);
            cr_assert_eq(intact_irq_group_set_notifier(scene.group, i / 2 % 2, i % 2 ? NULL : scene.notifier), 0);
            pthread_barrier_wait(&scene.round);
            intact_irq_group_set_notifier(scene.group, i / 2 % 2, scene.notifier); // after a detach the event was kept
            intact_irq_manager_poll(scene.rig.manager, 0);
            cr_assert_eq(scene.rig.count, i + 1, "round %u of kind %d", i, kind);
            if (i % 2)
                intact_irq_group_set_notifier(scene.group, i / 2 % 2, NULL);
        }
        pthread_join(thread, NULL);
        intact_irq_manager_destroy_group(scene.rig.manager, scene.group);
        intact_irq_notifier_destroy(scene.notifier);
        rig_close(&scene.rig);
    }
}

// A write to the file that the thread has not read yet, when the notifier is detached.
Test(notifier, a_write_before_a_detach_is_a_trigger, .timeout = 120)
{
    for (int kind = FIRST_KIND; kind < LAST_KIND; kind++) {
        const uint64_t one = 1;
        struct intact_irq_notifier *notifier;
        struct rig rig;
        rig_open(&rig);
        struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
        rig_enable(group, 0x40);
        intact_irq_notifier_create((enum intact_irq_notifier_kind)kind, &notifier);
        for (unsigned i = 0; i < ATTACH_ROUNDS / 10; i++) {
            cr_assert_eq(intact_irq_group_set_notifier(group, 0, notifier), 0);
            cr_assert_eq(write(intact_irq_notifier_write_fd(notifier), &one, sizeof one), (ssize_t)sizeof one);
            cr_assert_eq(intact_irq_group_set_notifier(group, 0, NULL), 0);
            intact_irq_manager_poll(rig.manager, 0);
            cr_assert_eq(rig.count, i + 1, "round %u of kind %d", i, kind);
        }
        intact_irq_manager_destroy_group(rig.manager, group);
        intact_irq_notifier_destroy(notifier);
        rig_close(&rig);
    }
}

static void *change_notifier(void *argument)
{
    struct scene *scene = argument;
    intact_irq_group_set_notifier(scene->group, 0, scene->notifier);
    atomic_store(&scene->done, 1);
    return NULL;
}

static void *ask_for_notifier(void *argument)
{
    struct scene *scene = argument;
    struct intact_irq_notifier *own;
    intact_irq_group_notifier(scene->group, 1, &own);
    atomic_store(&scene->done, 1);
    return NULL;
}

static void *end_group(void *argument)
{
    struct scene *scene = argument;
    intact_irq_manager_destroy_group(scene->rig.manager, scene->group);
    atomic_store(&scene->done, 1);
    return NULL;
}

// Two threads that change the notifiers of one group do so one after the other.
Test(notifier, each_change_of_a_groups_notifiers_waits_for_its_lock, .timeout = 120)
{
    void *(*const changes[])(void *) = { change_notifier, ask_for_notifier, end_group };
    struct scene scene = { .done = 0 };
    rig_open(&scene.rig);
    scene.group = rig_group(&scene.rig, INTACT_IRQ_MSIX, 2);
    intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_CALLBACK, &scene.notifier);
    for (unsigned i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        pthread_t thread;
        atomic_store(&scene.done, 0);
        struct intact_irq_group *group = scene.group;
        pthread_mutex_lock(&group->lock);
        pthread_create(&thread, NULL, changes[i], &scene);
        nap();
        cr_expect_eq(atomic_load(&scene.done), 0, "change %u", i);
        pthread_mutex_unlock(&group->lock);
        pthread_join(thread, NULL);
    }
    intact_irq_notifier_destroy(scene.notifier);
    rig_close(&scene.rig);
}

Test(notifier, the_notifier_that_the_group_made_is_closed_at_its_end, .timeout = 120)
{
    struct intact_irq_notifier *own;
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    intact_irq_group_notifier(group, 0, &own);
    int read_fd = intact_irq_notifier_read_fd(own), write_fd = intact_irq_notifier_write_fd(own);
    cr_assert(fcntl(read_fd, F_GETFD) >= 0 && fcntl(write_fd, F_GETFD) >= 0);
    intact_irq_manager_destroy_group(rig.manager, group);
    cr_expect(fcntl(read_fd, F_GETFD) < 0 && fcntl(write_fd, F_GETFD) < 0);
    rig_close(&rig);
}

// --- Descriptors -----------------------------------------------------------------------------------------------------

#ifdef __linux__

static unsigned closed[1024];

// In place of the library's: it counts.
int close(int fd)
{
    if (fd >= 0 && fd < 1024)
        closed[fd]++;
    return (int)syscall(SYS_close, fd);
}

Test(notifier, each_descriptor_is_closed_once)
{
    for (int kind = FIRST_KIND; kind <= LAST_KIND; kind++) {
        struct intact_irq_notifier *notifier;
        cr_assert_eq(intact_irq_notifier_create((enum intact_irq_notifier_kind)kind, &notifier), INTACT_IRQ_OK);
        int read_fd = intact_irq_notifier_read_fd(notifier), write_fd = intact_irq_notifier_write_fd(notifier);
        memset(closed, 0, sizeof closed);
        cr_expect_eq(intact_irq_notifier_destroy(notifier), INTACT_IRQ_OK);
        unsigned sum = 0;
        for (unsigned i = 0; i < 1024; i++)
            sum += closed[i];
        cr_expect_eq(sum, kind == INTACT_IRQ_NOTIFIER_CALLBACK ? 0 : kind == INTACT_IRQ_NOTIFIER_PIPE ? 2 : 1);
        cr_expect(read_fd < 0 || (closed[read_fd] == 1 && closed[write_fd] == 1));
        cr_expect(read_fd < 0 || (fcntl(read_fd, F_GETFD) < 0 && fcntl(write_fd, F_GETFD) < 0));
    }
}

#endif
