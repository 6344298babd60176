// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Notifiers of every kind: as triggers from threads and processes, on masked and disabled sources, as resample.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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

Test(notifier, a_signal_of_each_kind_triggers_its_source, .timeout = 60)
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

Test(notifier, a_masked_source_is_pending_however_it_was_triggered, .timeout = 60)
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

Test(notifier, a_signal_before_enable_comes_with_the_new_configuration, .timeout = 60)
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

Test(notifier, a_signal_before_the_notifier_was_attached_counts, .timeout = 60)
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

Test(notifier, a_group_makes_one_notifier_per_source_and_keeps_it, .timeout = 60)
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

Test(notifier, one_notifier_serves_one_source_and_a_refusal_changes_nothing, .timeout = 60)
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

Test(notifier, another_process_can_write_it, .timeout = 60)
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
            _exit(write(intact_irq_notifier_write_fd(notifier), &one, sizeof(one)) != sizeof(one));
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

Test(notifier, a_level_source_written_through_a_notifier_waits_for_its_eoi, .timeout = 60)
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
    struct intact_irq_notifier *notifier = NULL;
    rig_open(&rig);
    struct intact_irq_group *group = rig_group(&rig, INTACT_IRQ_MSIX, 1);
    struct rlimit limit, none;
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    int lowest = dup(0);
    close(lowest);
    none.rlim_cur = (rlim_t)lowest;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    int pipe_result = intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_PIPE, &notifier);
    int best_result = intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_BEST, &notifier);
    int group_result = intact_irq_group_notifier(group, 0, &notifier);
    setrlimit(RLIMIT_NOFILE, &limit);
    cr_expect_eq(pipe_result, INTACT_IRQ_OUT_OF_FILES);
    cr_expect_eq(best_result, INTACT_IRQ_OUT_OF_FILES);
    cr_expect_eq(group_result, INTACT_IRQ_OUT_OF_FILES);
    cr_expect_eq(intact_irq_group_notifier(group, 0, &notifier), INTACT_IRQ_OK, "it works when there are files again");
    intact_irq_manager_destroy_group(rig.manager, group);
    rig_close(&rig);
}
