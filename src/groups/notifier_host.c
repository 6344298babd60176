// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The files of notifiers: an eventfd (Linux) or a pipe, both non-blocking and closed on exec; and names for threads.
//
// A full file means that the event is there already, so a write that fails for that reason is a success.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#include <sys/prctl.h>
#endif

#include "groups/notifier.h"

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

int notifier_open(struct intact_irq_notifier *notifier)
{
    switch (notifier->kind) {
    case INTACT_IRQ_NOTIFIER_EVENTFD: return open_eventfd(notifier);
    case INTACT_IRQ_NOTIFIER_PIPE: return open_pipe(notifier);
    case INTACT_IRQ_NOTIFIER_CALLBACK: return INTACT_IRQ_OK;
    default: return INTACT_IRQ_INVALID;
    }
}

enum intact_irq_notifier_kind notifier_best_kind(void)
{
    return BEST_KIND;
}

void notifier_close(struct intact_irq_notifier *notifier)
{
    if (notifier->read_fd >= 0)
        close(notifier->read_fd);
    if (notifier->write_fd >= 0 && notifier->write_fd != notifier->read_fd)
        close(notifier->write_fd);
}

int notifier_write(struct intact_irq_notifier *notifier)
{
    uint64_t one = 1; // an eventfd takes 8 bytes; for a pipe any number is an event
    ssize_t written;
    do
        written = write(notifier->write_fd, &one, sizeof one);
    while (written < 0 && errno == EINTR);
    return written < 0 && errno != EAGAIN && errno != EWOULDBLOCK ? INTACT_IRQ_INVALID : INTACT_IRQ_OK;
}

bool notifier_read(struct intact_irq_notifier *notifier)
{
    uint64_t bytes[32];
    bool signalled = false;
    for (;;) {
        ssize_t got = read(notifier->read_fd, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return signalled;
        signalled = true;
    }
}

void notifier_name_thread(void)
{
#ifdef __linux__
    prctl(PR_SET_NAME, "intact-notifier", 0, 0, 0);
#endif
}
