// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The watcher: one thread in poll() on all notifiers' files.
//
// The list and what is done about an event are under the lock; only the sleep is not. A change of the list rings the
// bell, and events that were polled under the old list are not believed: poll is level-triggered and tells them again.
// So after irq_watch_remove nothing touches the notifier any more, and no write is lost.
// Path: groups/notifier.c / groups/group.c
#include "groups/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "groups/group.h"
#include "groups/notifier.h"

int irq_watch_init(struct irq_watch *watch)
{
    *watch = (struct irq_watch){ .bell = { -1, -1 } };
    return -pthread_mutex_init(&watch->lock, NULL);
}

static void ring(struct irq_watch *watch)
{
    watch->changes++;
    if (!watch->running)
        return;
    ssize_t rung = write(watch->bell[1], "", 1);
    (void)rung; // a full pipe rings already
}

void irq_watch_destroy(struct irq_watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    watch->stop = true;
    ring(watch);
    pthread_mutex_unlock(&watch->lock);
    if (watch->running) {
        pthread_join(watch->thread, NULL);
        close(watch->bell[0]);
        close(watch->bell[1]);
    }
    free(watch->notifiers);
    free(watch->fresh);
    pthread_mutex_destroy(&watch->lock);
}

// --- The thread ------------------------------------------------------------------------------------------------------

// Under the lock. How many entries to poll.
static nfds_t list_files(struct irq_watch *watch, struct pollfd **array)
{
    if (watch->fresh) {
        free(*array);
        *array = watch->fresh;
        watch->fresh = NULL;
    }
    struct pollfd *polled = *array;
    polled[0] = (struct pollfd){ .fd = watch->bell[0], .events = POLLIN };
    for (uint32_t i = 0; i < watch->count; i++)
        polled[i + 1] = (struct pollfd){ .fd = watch->notifiers[i]->read_fd, .events = POLLIN };
    return watch->count + 1;
}

static void hear(struct intact_irq_notifier *notifier)
{
    struct intact_irq_group *group = atomic_load(&notifier->group);
    if (intact_irq_notifier_consume(notifier) && group_notify(group, notifier->index))
        intact_irq_notifier_signal(notifier); // out of memory: the event stays in the file, for another try
}

static void silence_bell(struct irq_watch *watch)
{
    char bytes[64];
    while (read(watch->bell[0], bytes, sizeof(bytes)) > 0)
        continue;
}

static void *watch_files(void *argument)
{
    struct irq_watch *watch = argument;
    struct pollfd *polled = NULL;
    pthread_mutex_lock(&watch->lock);
    while (!watch->stop) {
        nfds_t count = list_files(watch, &polled);
        uint32_t changes = watch->changes;
        pthread_mutex_unlock(&watch->lock);
        int ready = poll(polled, count, -1);
        pthread_mutex_lock(&watch->lock);
        silence_bell(watch);
        if (ready <= 0 || changes != watch->changes)
            continue;
        for (uint32_t i = 0; i < watch->count; i++)
            if (polled[i + 1].revents)
                hear(watch->notifiers[i]);
    }
    pthread_mutex_unlock(&watch->lock);
    free(polled);
    return NULL;
}

// --- The list, under the lock ----------------------------------------------------------------------------------------

static int start(struct irq_watch *watch)
{
    sigset_t all, before;
    if (pipe(watch->bell) < 0)
        return -EMFILE;
    for (int i = 0; i < 2; i++) {
        fcntl(watch->bell[i], F_SETFL, O_NONBLOCK);
        fcntl(watch->bell[i], F_SETFD, FD_CLOEXEC);
    }
    sigfillset(&all); // signals are for the threads of the program
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&watch->thread, NULL, watch_files, watch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    watch->running = !error;
    if (error) {
        close(watch->bell[0]);
        close(watch->bell[1]);
    }
    return -error;
}

// The thread may be asleep in the array it has; it takes the fresh one over when it wakes.
static int make_room(struct irq_watch *watch)
{
    if (watch->count < watch->capacity)
        return 0;
    uint32_t capacity = watch->capacity ? watch->capacity * 2 : 16;
    struct intact_irq_notifier **bigger = realloc(watch->notifiers, capacity * sizeof(*bigger));
    if (!bigger)
        return -ENOMEM;
    watch->notifiers = bigger;
    struct pollfd *fresh = malloc((capacity + 1) * sizeof(*fresh));
    if (!fresh)
        return -ENOMEM;
    free(watch->fresh);
    watch->fresh = fresh;
    watch->capacity = capacity;
    return 0;
}

static int add(struct irq_watch *watch, struct intact_irq_notifier *notifier)
{
    int result = make_room(watch);
    if (!result && !watch->running)
        result = start(watch);
    if (result)
        return result;
    watch->notifiers[watch->count++] = notifier;
    ring(watch);
    return 0;
}

int irq_watch_add(struct irq_watch *watch, struct intact_irq_notifier *notifier)
{
    pthread_mutex_lock(&watch->lock);
    int result = add(watch, notifier);
    pthread_mutex_unlock(&watch->lock);
    return result;
}

void irq_watch_remove(struct irq_watch *watch, struct intact_irq_notifier *notifier)
{
    pthread_mutex_lock(&watch->lock);
    for (uint32_t i = 0; i < watch->count; i++) {
        if (watch->notifiers[i] != notifier)
            continue;
        watch->notifiers[i] = watch->notifiers[--watch->count];
        ring(watch);
        break;
    }
    pthread_mutex_unlock(&watch->lock);
}
