// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Notifiers: an event that can be passed to another component or process. Only this file depends on the host: eventfd
// (Linux) or a pipe, both non-blocking and closed on exec, and names for threads.
//
//     signal ── no source listens: the file, or a flag ── consume
//            └─ a source listens: a trigger, in the inbox; CALLBACK on the machine thread: at once
//     a write to the file by a process ── watch.c ──── inbox
//
// The attached source is read and changed under the notifier's lock, and another thread that signals holds the lock
// until its trigger is in the inbox: once a source is detached, no signal uses its group any more. The machine thread
// releases the lock before it triggers, since a trigger may use the notifier again; only that thread frees groups.
//
// A full file means that the event is there already, so a write that fails for that reason is a success.
// Path: any thread or process / groups/watch.c, groups/group.c
#include "groups/notifier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/prctl.h>
#endif

#include "groups/group.h"

#ifdef __linux__
#define BEST_KIND INTACT_IRQ_NOTIFIER_EVENTFD

static int open_eventfd(struct intact_irq_notifier *notifier)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    notifier->read_fd = notifier->write_fd = fd;
    return fd < 0 ? INTACT_IRQ_OUT_OF_FILES : INTACT_IRQ_OK;
}
#else
#define BEST_KIND INTACT_IRQ_NOTIFIER_PIPE

static int open_eventfd(struct intact_irq_notifier *notifier)
{
    (void)notifier;
    return INTACT_IRQ_INVALID;
}
#endif

static int open_pipe(struct intact_irq_notifier *notifier)
{
    int ends[2];
    if (pipe(ends) < 0)
        return INTACT_IRQ_OUT_OF_FILES;
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    notifier->read_fd = ends[0];
    notifier->write_fd = ends[1];
    return INTACT_IRQ_OK;
}

static int open_files(struct intact_irq_notifier *notifier)
{
    switch (notifier->kind) {
    case INTACT_IRQ_NOTIFIER_EVENTFD: return open_eventfd(notifier);
    case INTACT_IRQ_NOTIFIER_PIPE: return open_pipe(notifier);
    case INTACT_IRQ_NOTIFIER_CALLBACK: return INTACT_IRQ_OK;
    default: return INTACT_IRQ_INVALID;
    }
}

int intact_irq_notifier_create(enum intact_irq_notifier_kind kind, struct intact_irq_notifier **notifier)
{
    struct intact_irq_notifier *made = calloc(1, sizeof *made);
    if (!made)
        return INTACT_IRQ_NO_MEMORY;
    made->kind = kind == INTACT_IRQ_NOTIFIER_BEST ? BEST_KIND : kind;
    made->read_fd = made->write_fd = -1;
    if (pthread_mutex_init(&made->lock, NULL)) {
        free(made);
        return INTACT_IRQ_NO_MEMORY;
    }
    int result = open_files(made);
    if (result) {
        pthread_mutex_destroy(&made->lock);
        free(made);
    } else {
        *notifier = made;
    }
    return result;
}

int intact_irq_notifier_create_callback(void (*signalled)(void *owner), void *owner,
                                        struct intact_irq_notifier **notifier)
{
    int result = intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_CALLBACK, notifier);
    if (!result) {
        (*notifier)->callback = signalled;
        (*notifier)->owner = owner;
    }
    return result;
}

int intact_irq_notifier_destroy(struct intact_irq_notifier *notifier)
{
    if (atomic_load(&notifier->users))
        return INTACT_IRQ_BUSY;
    if (notifier->read_fd >= 0)
        close(notifier->read_fd);
    if (notifier->write_fd >= 0 && notifier->write_fd != notifier->read_fd)
        close(notifier->write_fd);
    pthread_mutex_destroy(&notifier->lock);
    free(notifier);
    return INTACT_IRQ_OK;
}

// --- The event, under the lock ---------------------------------------------------------------------------------------

static int keep_event(struct intact_irq_notifier *notifier)
{
    uint64_t one = 1; // an eventfd takes 8 bytes; for a pipe any number is an event
    ssize_t written;
    notifier->signalled = true;
    if (notifier->write_fd < 0)
        return INTACT_IRQ_OK;
    do
        written = write(notifier->write_fd, &one, sizeof one);
    while (written < 0 && errno == EINTR);
    return written < 0 && errno != EAGAIN && errno != EWOULDBLOCK ? INTACT_IRQ_INVALID : INTACT_IRQ_OK;
}

static bool take_event(struct intact_irq_notifier *notifier)
{
    uint64_t bytes[32];
    bool signalled = notifier->read_fd < 0 && notifier->signalled;
    notifier->signalled = false;
    while (notifier->read_fd >= 0) {
        ssize_t got = read(notifier->read_fd, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        signalled = true;
    }
    return signalled;
}

int intact_irq_notifier_signal(struct intact_irq_notifier *notifier)
{
    int result = INTACT_IRQ_OK;
    pthread_mutex_lock(&notifier->lock);
    struct intact_irq_group *group = notifier->group;
    uint32_t index = notifier->index;
    bool now = group && notifier->read_fd < 0 && group_on_machine(group);
    if (!group)
        result = keep_event(notifier);
    else if (!now)
        group_post_trigger(group, index);
    pthread_mutex_unlock(&notifier->lock);
    if (now)
        return group_take_trigger(group, index);
    if (!group && notifier->callback)
        notifier->callback(notifier->owner);
    return result;
}

bool intact_irq_notifier_consume(struct intact_irq_notifier *notifier)
{
    pthread_mutex_lock(&notifier->lock);
    bool signalled = take_event(notifier);
    pthread_mutex_unlock(&notifier->lock);
    return signalled;
}

// --- The attached source ---------------------------------------------------------------------------------------------

bool notifier_take(struct intact_irq_notifier *notifier)
{
    unsigned nobody = 0;
    return atomic_compare_exchange_strong(&notifier->users, &nobody, 1);
}

void notifier_give_back(struct intact_irq_notifier *notifier)
{
    atomic_store(&notifier->users, 0);
}

void notifier_listen(struct intact_irq_notifier *notifier, struct intact_irq_group *group, uint32_t index)
{
    pthread_mutex_lock(&notifier->lock);
    if (notifier->group && take_event(notifier))
        group_post_trigger(notifier->group, notifier->index);
    notifier->group = group;
    notifier->index = index;
    if (group && take_event(notifier))
        group_post_trigger(group, index);
    pthread_mutex_unlock(&notifier->lock);
}

void notifier_poll_file(struct intact_irq_notifier *notifier)
{
    pthread_mutex_lock(&notifier->lock);
    if (notifier->group && take_event(notifier))
        group_post_trigger(notifier->group, notifier->index);
    pthread_mutex_unlock(&notifier->lock);
}

// --- The host --------------------------------------------------------------------------------------------------------

void notifier_name_thread(void)
{
#ifdef __linux__
    prctl(PR_SET_NAME, "intact-notifier", 0, 0, 0);
#endif
}

int intact_irq_notifier_write_fd(const struct intact_irq_notifier *notifier)
{
    return notifier->write_fd;
}

int intact_irq_notifier_read_fd(const struct intact_irq_notifier *notifier)
{
    return notifier->read_fd;
}
