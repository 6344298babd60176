// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See stop_signal.h. A thread waits for the signal: a handler could not lock the machine's inbox.
#include "cli/stop_signal.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

static struct {
    pthread_mutex_t mutex;
    struct intact_machine *machine; // NULL: it has been told, or has ended
} stop = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_IGN;
}

static sigset_t signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    if (!is_ignored(SIGINT))
        sigaddset(&set, SIGINT);
    if (!is_ignored(SIGTERM))
        sigaddset(&set, SIGTERM);
    return set;
}

// False: the machine has been told before, or has ended.
static bool quit(void)
{
    pthread_mutex_lock(&stop.mutex);
    bool was_running = stop.machine != NULL;
    if (was_running)
        intact_machine_quit(stop.machine);
    stop.machine = NULL;
    pthread_mutex_unlock(&stop.mutex);
    return was_running;
}

// Is it still the first one? timeout(1) sends its signal to the process and then to the group of processes, so it comes twice.
static bool is_echo(const struct timespec *first)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return first->tv_sec && now.tv_sec - first->tv_sec <= 1;
}

// All other threads block the signals.
static void *wait_for_signal(void *unused)
{
    sigset_t set = signals();
    struct timespec first = { 0 };
    int number;
    (void)unused;
    for (;;) {
        if (sigwait(&set, &number) != 0)
            return NULL;
        if (quit())
            clock_gettime(CLOCK_MONOTONIC, &first);
        else if (!is_echo(&first))
            break;
    }
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    return NULL;
}

void stop_signal_start(struct intact_machine *machine)
{
    sigset_t all, set = signals(), before;
    pthread_t thread;
    if (is_ignored(SIGINT) && is_ignored(SIGTERM))
        return;
    stop.machine = machine;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, NULL, wait_for_signal, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!started)
        return;
    pthread_detach(thread);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void stop_signal_end(void)
{
    pthread_mutex_lock(&stop.mutex);
    stop.machine = NULL;
    pthread_mutex_unlock(&stop.mutex);
}
