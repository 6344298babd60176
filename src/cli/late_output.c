// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See late_output.h. Needs only POSIX threads.
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#else
#define _DEFAULT_SOURCE
#endif
#include "cli/late_output.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

static struct {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    void (*flush)(void *owner);
    void *owner;
    bool running, stopping; // `stopping` under the mutex
    atomic_bool noted;      // set by late_output_note, cleared by the thread before it flushes
} late = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

// With the mutex held: waits until `until`, or until late_output_stop.
static void wait_until(const struct timespec *until)
{
    while (!late.stopping && pthread_cond_timedwait(&late.changed, &late.mutex, until) == 0)
        continue;
}

struct timespec late_output_deadline(struct timespec noted)
{
    noted.tv_nsec += LATE_OUTPUT_MS * 1000000L;
    noted.tv_sec += noted.tv_nsec / 1000000000L;
    noted.tv_nsec %= 1000000000L;
    return noted;
}

static void *run(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&late.mutex);
    while (!late.stopping) {
        if (!atomic_load(&late.noted)) {
            pthread_cond_wait(&late.changed, &late.mutex);
            continue;
        }
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until); // what pthread_cond_timedwait counts by
        until = late_output_deadline(until);
        wait_until(&until);
        atomic_store(&late.noted, false);
        late.flush(late.owner);
    }
    pthread_mutex_unlock(&late.mutex);
    return NULL;
}

// The machine's thread gets the signals, as in host_terminal.c.
bool late_output_start(void (*flush)(void *owner), void *owner)
{
    sigset_t all, before;
    late.flush = flush;
    late.owner = owner;
    late.stopping = false;
    atomic_store(&late.noted, false);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    late.running = pthread_create(&late.thread, NULL, run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return late.running;
}

// The mutex may be held as long as a flush takes, so it is only locked by the first note after a flush.
void late_output_note(void)
{
    if (!late.running || atomic_load_explicit(&late.noted, memory_order_relaxed) || atomic_exchange(&late.noted, true))
        return;
    pthread_mutex_lock(&late.mutex);
    pthread_cond_signal(&late.changed);
    pthread_mutex_unlock(&late.mutex);
}

void late_output_stop(void)
{
    if (!late.running)
        return;
    pthread_mutex_lock(&late.mutex);
    late.stopping = true;
    pthread_cond_signal(&late.changed);
    pthread_mutex_unlock(&late.mutex);
    pthread_join(late.thread, NULL);
    late.running = false;
}
