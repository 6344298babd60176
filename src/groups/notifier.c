// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Notifiers: an event that can be handed to another component or process. The one file that knows what the host offers:
// eventfd (Linux) or a pipe, both non-blocking and closed on exec.
//
// A file that is full says that the event is there already, so a failed write of that kind is success.
// Path: any thread or process / groups/watch.c
#include "groups/notifier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
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
    struct intact_irq_notifier *made = calloc(1, sizeof(*made));
    if (!made)
        return INTACT_IRQ_NO_MEMORY;
    made->kind = kind == INTACT_IRQ_NOTIFIER_BEST ? BEST_KIND : kind;
    made->read_fd = made->write_fd = -1;
    int result = open_files(made);
    if (result)
        free(made);
    else
        *notifier = made;
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
    free(notifier);
    return INTACT_IRQ_OK;
}

static int signal_callback(struct intact_irq_notifier *notifier)
{
    struct intact_irq_group *group = atomic_load(&notifier->group);
    if (group)
        return group_notify(group, notifier->index);
    atomic_store(&notifier->signalled, true);
    if (notifier->callback)
        notifier->callback(notifier->owner);
    return INTACT_IRQ_OK;
}

int intact_irq_notifier_signal(struct intact_irq_notifier *notifier)
{
    uint64_t one = 1; // an eventfd takes 8 bytes; for a pipe any number is an event
    if (notifier->kind == INTACT_IRQ_NOTIFIER_CALLBACK)
        return signal_callback(notifier);
    ssize_t written;
    do
        written = write(notifier->write_fd, &one, sizeof(one));
    while (written < 0 && errno == EINTR);
    return written < 0 && errno != EAGAIN && errno != EWOULDBLOCK ? INTACT_IRQ_INVALID : INTACT_IRQ_OK;
}

bool intact_irq_notifier_consume(struct intact_irq_notifier *notifier)
{
    uint64_t bytes[32];
    bool signalled = false;
    if (notifier->kind == INTACT_IRQ_NOTIFIER_CALLBACK)
        return atomic_exchange(&notifier->signalled, false);
    for (;;) {
        ssize_t got = read(notifier->read_fd, bytes, sizeof(bytes));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return signalled;
        signalled = true;
    }
}

int intact_irq_notifier_write_fd(const struct intact_irq_notifier *notifier)
{
    return notifier->write_fd;
}

int intact_irq_notifier_read_fd(const struct intact_irq_notifier *notifier)
{
    return notifier->read_fd;
}
