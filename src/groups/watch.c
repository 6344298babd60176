// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The thread that reads notifiers: in poll() on all their files.
//
// The list is used and events are handled under the lock; only the sleep is not. A change of the list wakes the thread,
// and events that were polled with the old list are ignored: poll is level-triggered and reports them again. So after
// watch_remove the thread does not access the notifier any more, and no write is lost.
// Path: groups/notifier.c / groups/group.c
#include "groups/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/quiet_thread.h"
#include "groups/group.h"
#include "groups/notifier.h"

int watch_init(struct watch *watch)
{
    *watch = (struct watch){ .wake = { -1, -1 } };
    return -pthread_mutex_init(&watch->lock, NULL);
}

static void wake_thread(struct watch *watch)
{
    watch->changes++;
    if (!watch->running)
        return;
    ssize_t written = write(watch->wake[1], "", 1);
    (void)written; // a full pipe wakes it already
}

void watch_destroy(struct watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    watch->stop = true;
    wake_thread(watch);
    pthread_mutex_unlock(&watch->lock);
    if (watch->running) {
        pthread_join(watch->thread, NULL);
        close(watch->wake[0]);
        close(watch->wake[1]);
    }
    free(watch->notifiers);
    free(watch->sweep);
    free(watch->bigger);
    pthread_mutex_destroy(&watch->lock);
}

// --- The thread ------------------------------------------------------------------------------------------------------

// Under the lock, as all here but the sleep.
static void list_files(const struct watch *watch, struct pollfd *polled)
{
    for (uint32_t i = 0; i < watch->count; i++)
        polled[i] = (struct pollfd){ .fd = watch->notifiers[i]->read_fd, .events = POLLIN };
}

static void take_events(const struct watch *watch, const struct pollfd *polled)
{
    for (uint32_t i = 0; i < watch->count; i++)
        if (polled[i].revents)
            notifier_poll_file(watch->notifiers[i]);
}

// The first entry is the pipe that wakes the thread. How many there are.
static nfds_t list_all(struct watch *watch, struct pollfd **array)
{
    if (watch->bigger) {
        free(*array);
        *array = watch->bigger;
        watch->bigger = NULL;
    }
    (*array)[0] = (struct pollfd){ .fd = watch->wake[0], .events = POLLIN };
    list_files(watch, *array + 1);
    return watch->count + 1;
}

static void drain_wake(struct watch *watch)
{
    char bytes[64];
    while (read(watch->wake[0], bytes, sizeof bytes) > 0)
        continue;
}

static void *watch_files(void *argument)
{
    struct watch *watch = argument;
    struct pollfd *polled = NULL;
    notifier_name_thread();
    pthread_mutex_lock(&watch->lock);
    while (!watch->stop) {
        nfds_t count = list_all(watch, &polled);
        uint32_t changes = watch->changes;
        pthread_mutex_unlock(&watch->lock);
        int ready = poll(polled, count, -1);
        pthread_mutex_lock(&watch->lock);
        drain_wake(watch);
        if (ready > 0 && changes == watch->changes)
            take_events(watch, polled + 1);
    }
    pthread_mutex_unlock(&watch->lock);
    free(polled);
    return NULL;
}

// --- The list, under the lock ----------------------------------------------------------------------------------------

static int start(struct watch *watch)
{
    if (pipe(watch->wake) < 0)
        return -EMFILE;
    for (int i = 0; i < 2; i++) {
        fcntl(watch->wake[i], F_SETFL, O_NONBLOCK);
        fcntl(watch->wake[i], F_SETFD, FD_CLOEXEC);
    }
    int error = quiet_thread_start(&watch->thread, watch_files, watch);
    watch->running = !error;
    if (error) {
        close(watch->wake[0]);
        close(watch->wake[1]);
    }
    return -error;
}

static bool grow(void *array, uint32_t count, size_t size)
{
    void **place = array, *bigger = realloc(*place, count * size);
    if (bigger)
        *place = bigger;
    return bigger;
}

// The thread may be asleep in poll() with its array; it takes the bigger one when it wakes.
static int make_room(struct watch *watch)
{
    if (watch->count < watch->capacity)
        return 0;
    uint32_t capacity = watch->capacity ? watch->capacity * 2 : 16;
    if (!grow(&watch->notifiers, capacity, sizeof(struct intact_irq_notifier *)) ||
        !grow(&watch->sweep, capacity, sizeof(struct pollfd)) ||
        !grow(&watch->bigger, capacity + 1, sizeof(struct pollfd)))
        return -ENOMEM;
    watch->capacity = capacity;
    return 0;
}

static int add(struct watch *watch, struct intact_irq_notifier *notifier)
{
    int result = make_room(watch);
    if (!result && !watch->running)
        result = start(watch);
    if (result)
        return result;
    watch->notifiers[watch->count] = notifier;
    atomic_fetch_add(&watch->count, 1);
    wake_thread(watch);
    return 0;
}

int watch_add(struct watch *watch, struct intact_irq_notifier *notifier)
{
    pthread_mutex_lock(&watch->lock);
    int result = add(watch, notifier);
    pthread_mutex_unlock(&watch->lock);
    return result;
}

void watch_remove(struct watch *watch, struct intact_irq_notifier *notifier)
{
    pthread_mutex_lock(&watch->lock);
    for (uint32_t i = 0; i < watch->count; i++) {
        if (watch->notifiers[i] != notifier)
            continue;
        watch->notifiers[i] = watch->notifiers[watch->count - 1];
        atomic_fetch_sub(&watch->count, 1);
        wake_thread(watch);
        break;
    }
    pthread_mutex_unlock(&watch->lock);
}

// --- The machine thread ----------------------------------------------------------------------------------------------

void watch_sweep(struct watch *watch)
{
    if (!atomic_load_explicit(&watch->count, memory_order_relaxed))
        return;
    pthread_mutex_lock(&watch->lock);
    list_files(watch, watch->sweep);
    if (poll(watch->sweep, watch->count, 0) > 0)
        take_events(watch, watch->sweep);
    pthread_mutex_unlock(&watch->lock);
}
