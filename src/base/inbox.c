// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The inbox: a list to which many threads add messages, and from which one thread takes all of them at once.
//
// Posters are serialised by a mutex, so the order of the list is the order of posting and only one of them at a time
// pops spare nodes (a lock-free stack with one popper has no ABA problem). The machine thread takes `arrived` and
// returns `spare` with atomic operations only. Nodes live in chunks that are freed with the inbox, so the memory in use
// is that of the largest number of messages that ever waited at once.
#include "base/inbox.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/bits.h"

#define CHUNK_NODES 64

struct inbox_chunk {
    struct inbox_chunk *next;
    struct inbox_node nodes[CHUNK_NODES];
};

// The address of this variable identifies the thread, as long as it exists.
static _Thread_local char this_thread;

// macOS cannot time a condition by the monotonic clock; there, setting the wall clock changes the length of one sleep.
#ifdef __APPLE__
#define WAIT_CLOCK CLOCK_REALTIME
#else
#define WAIT_CLOCK CLOCK_MONOTONIC
#endif

static int init_wake(pthread_cond_t *wake)
{
    pthread_condattr_t attributes;
    int error = pthread_condattr_init(&attributes);
    if (error)
        return error;
#ifndef __APPLE__
    error = pthread_condattr_setclock(&attributes, WAIT_CLOCK);
#endif
    if (!error)
        error = pthread_cond_init(wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return error;
}

int inbox_init(struct inbox *inbox)
{
    *inbox = (struct inbox){ .channel_count = 0 };
    atomic_init(&inbox->arrived, NULL);
    atomic_init(&inbox->spare, NULL);
    inbox_adopt(inbox);
    int error = pthread_mutex_init(&inbox->lock, NULL);
    if (error)
        return -error;
    error = init_wake(&inbox->wake);
    if (error)
        pthread_mutex_destroy(&inbox->lock);
    return -error;
}

void inbox_destroy(struct inbox *inbox)
{
    while (inbox->chunks) {
        struct inbox_chunk *next = inbox->chunks->next;
        free(inbox->chunks);
        inbox->chunks = next;
    }
    pthread_cond_destroy(&inbox->wake);
    pthread_mutex_destroy(&inbox->lock);
}

int inbox_register(struct inbox *inbox, const struct inbox_channel *channel)
{
    if (inbox->channel_count == INBOX_CHANNEL_LIMIT)
        return -ENOSPC;
    inbox->channels[inbox->channel_count] = *channel;
    return (int)inbox->channel_count++;
}

void inbox_adopt(struct inbox *inbox)
{
    atomic_store_explicit(&inbox->machine, (uintptr_t)&this_thread, memory_order_relaxed);
}

bool inbox_is_machine(const struct inbox *inbox)
{
    return atomic_load_explicit(&inbox->machine, memory_order_relaxed) == (uintptr_t)&this_thread;
}

// --- Posting, under the lock ---------------------------------------------------------------------------------------

static bool refill(struct inbox *inbox)
{
    inbox->free = atomic_exchange_explicit(&inbox->spare, NULL, memory_order_acquire);
    if (inbox->free)
        return true;
    struct inbox_chunk *chunk = malloc(sizeof *chunk);
    if (!chunk)
        return false;
    chunk->next = inbox->chunks;
    inbox->chunks = chunk;
    for (unsigned i = 0; i < CHUNK_NODES; i++)
        chunk->nodes[i].next = i + 1 < CHUNK_NODES ? &chunk->nodes[i + 1] : NULL;
    inbox->free = chunk->nodes;
    return true;
}

static struct inbox_node *take_node(struct inbox *inbox)
{
    if (!inbox->free && !refill(inbox))
        return NULL;
    struct inbox_node *node = inbox->free;
    inbox->free = node->next;
    return node;
}

static void give_back(struct inbox *inbox, struct inbox_node *newest)
{
    while (newest) {
        struct inbox_node *next = newest->next;
        newest->next = inbox->free;
        inbox->free = newest;
        newest = next;
    }
}

// Only the machine thread changes `arrived` meanwhile, and only to NULL.
static void link_in(struct inbox *inbox, struct inbox_node *newest, struct inbox_node *oldest)
{
    oldest->next = atomic_load_explicit(&inbox->arrived, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&inbox->arrived, &oldest->next, newest, memory_order_release,
                                                  memory_order_relaxed))
        continue;
    if (inbox->waiting)
        pthread_cond_signal(&inbox->wake);
}

static int push(struct inbox *inbox, const struct inbox_message *messages, size_t count)
{
    struct inbox_node *newest = NULL, *oldest = NULL;
    for (size_t i = 0; i < count; i++) {
        struct inbox_node *node = take_node(inbox);
        if (!node) {
            give_back(inbox, newest);
            return -ENOMEM;
        }
        node->message = messages[i];
        node->owned = false;
        node->next = newest;
        newest = node;
        oldest = oldest ? oldest : node;
    }
    if (newest)
        link_in(inbox, newest, oldest);
    return 0;
}

int inbox_post(struct inbox *inbox, const struct inbox_message *messages, size_t count)
{
    pthread_mutex_lock(&inbox->lock);
    int result = push(inbox, messages, count);
    pthread_mutex_unlock(&inbox->lock);
    return result;
}

void inbox_post_node(struct inbox *inbox, struct inbox_node *node)
{
    pthread_mutex_lock(&inbox->lock);
    node->owned = true;
    link_in(inbox, node, node);
    pthread_mutex_unlock(&inbox->lock);
}

// --- Draining ------------------------------------------------------------------------------------------------------

static struct inbox_node *take_oldest_first(struct inbox *inbox)
{
    struct inbox_node *node = atomic_exchange_explicit(&inbox->arrived, NULL, memory_order_acquire);
    struct inbox_node *oldest = NULL;
    while (node) {
        struct inbox_node *next = node->next;
        node->next = oldest;
        oldest = node;
        node = next;
    }
    return oldest;
}

static void release(struct inbox *inbox, struct inbox_node *first, struct inbox_node *last)
{
    last->next = atomic_load_explicit(&inbox->spare, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&inbox->spare, &last->next, first, memory_order_release,
                                                  memory_order_relaxed))
        continue;
}

static bool deliver(struct inbox *inbox, struct inbox_message *message, uint64_t now, uint64_t instructions)
{
    const struct inbox_channel *channel = &inbox->channels[message->channel];
    if (channel->accept && !channel->accept(channel->owner, message))
        return false;
    if (inbox->repeats && !channel->about_run)
        return false;
    if (inbox->journal)
        inbox->journal(inbox->journal_owner, message, now, instructions);
    channel->handle(channel->owner, message, now);
    inbox->drained++;
    return true;
}

static void hold(struct inbox *inbox, struct inbox_node *node)
{
    node->next = NULL;
    if (inbox->held)
        inbox->held_last->next = node;
    else
        inbox->held = node;
    inbox->held_last = node;
}

// What waits, oldest first: what was held, and what has arrived since.
static struct inbox_node *take_waiting(struct inbox *inbox)
{
    struct inbox_node *arrived = take_oldest_first(inbox), *held = inbox->held;
    if (inbox->holds || !held)
        return arrived;
    inbox->held_last->next = arrived;
    inbox->held = inbox->held_last = NULL;
    return held;
}

// A node that belongs to the caller is not accessed after its message was passed to accept or handle.
unsigned inbox_drain(struct inbox *inbox, uint64_t now, uint64_t instructions)
{
    struct inbox_node *node = take_waiting(inbox), *done = NULL, *last = NULL;
    unsigned handled = 0;
    while (node) {
        struct inbox_node *next = node->next;
        if (inbox->holds && !inbox->channels[node->message.channel].about_run) {
            hold(inbox, node);
            node = next;
            continue;
        }
        struct inbox_message message = node->message;
        if (!node->owned) {
            node->next = done;
            done = node;
            last = last ? last : node;
        }
        handled += deliver(inbox, &message, now, instructions);
        node = next;
    }
    if (done)
        release(inbox, done, last);
    return handled;
}

void inbox_replay(struct inbox *inbox, const struct inbox_message *message, uint64_t now)
{
    const struct inbox_channel *channel = &inbox->channels[message->channel];
    channel->handle(channel->owner, message, now);
    inbox->drained++;
}

// --- Sleeping ------------------------------------------------------------------------------------------------------

#define NS_PER_S UINT64_C(1000000000)

static struct timespec deadline_in(uint64_t timeout_ns)
{
    struct timespec at;
    clock_gettime(WAIT_CLOCK, &at);
    uint64_t ns = (uint64_t)at.tv_nsec + timeout_ns % NS_PER_S;
    at.tv_sec += (time_t)(timeout_ns / NS_PER_S + ns / NS_PER_S);
    at.tv_nsec = (long)(ns % NS_PER_S);
    return at;
}

enum inbox_end inbox_sleep(struct inbox *inbox, uint64_t timeout_ns)
{
    struct timespec deadline = timeout_ns == UINT64_MAX ? (struct timespec){ 0 } : deadline_in(timeout_ns);
    int error = 0;
    pthread_mutex_lock(&inbox->lock);
    inbox->waiting = true;
    while (inbox_empty(inbox) && !inbox->woken && !error)
        error = timeout_ns == UINT64_MAX ? pthread_cond_wait(&inbox->wake, &inbox->lock)
                                         : pthread_cond_timedwait(&inbox->wake, &inbox->lock, &deadline);
    bool woken = inbox->woken;
    inbox->waiting = inbox->woken = false;
    pthread_mutex_unlock(&inbox->lock);
    return !inbox_empty(inbox) ? INBOX_MESSAGE : woken ? INBOX_WOKEN : INBOX_TIMEOUT;
}

bool inbox_wait(struct inbox *inbox, uint64_t timeout_ns)
{
    return inbox_sleep(inbox, timeout_ns) == INBOX_MESSAGE;
}

void inbox_wake(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->woken = true;
    pthread_cond_signal(&inbox->wake);
    pthread_mutex_unlock(&inbox->lock);
}
