// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The one door for everything from outside: console bytes, notifier writes, triggers and settings from other host
// threads, host time. Messages wait here in the order of their arrival until the block loop, on the machine's own
// thread, drains them at one place of its round. There they get their stamp and pass the journal hook, so that this
// door is both the thread safety of the library and the replay log.
//
//     any thread -- inbox_post --> [ m4 m3 m2 m1 ] -- inbox_drain --> accept, journal, handle   (machine thread)
//
// Posting takes a lock among the posters and may allocate; it never waits for the machine. Draining takes no lock and
// allocates nothing: the whole list is taken by one exchange and its nodes go back to the posters by another.
#ifndef BASE_INBOX_H
#define BASE_INBOX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INBOX_CHANNEL_LIMIT 64

// A message is a value: the journal writes channel, kind, id, a, b and c, and a replay hands them in again.
struct inbox_message {
    uint16_t channel; // from inbox_register
    uint16_t kind;    // the channel's own enum
    uint32_t id;      // names the target in a journal (a group's number); the channel's own
    void *target;     // the same in this process; not journalled
    uint64_t a, b, c;
};

struct inbox_channel {
    const char *name; // in journals and traces
    // Called on the machine thread just before the journal. It may complete the message (the level of a line as it is
    // now) and answers whether there is still something to do; false: not journalled, not handled. May be NULL.
    bool (*accept)(void *owner, struct inbox_message *message);
    void (*handle)(void *owner, const struct inbox_message *message, uint64_t now);
    void *owner;
};

struct inbox_node {
    struct inbox_node *next;
    bool owned; // by whoever posted it with inbox_post_node
    struct inbox_message message;
};

struct inbox_chunk;

struct inbox {
    _Atomic(struct inbox_node *) arrived; // newest first
    _Atomic(struct inbox_node *) spare;
    atomic_uintptr_t machine; // which thread drains
    bool waiting, woken;      // under the lock
    pthread_mutex_t lock;     // among the posters, and for a machine that sleeps
    pthread_cond_t wake;
    struct inbox_node *free; // the posters', under the lock
    struct inbox_chunk *chunks;
    struct inbox_channel channels[INBOX_CHANNEL_LIMIT];
    unsigned channel_count;
    uint64_t drained; // messages handled since inbox_init
    // Called for each message that is about to be handled, with the time and the count of instructions of the drain.
    void (*journal)(void *owner, const struct inbox_message *message, uint64_t now, uint64_t instructions);
    void *journal_owner;
};

// The calling thread becomes the machine thread. -ENOMEM or another negative errno: the host has no mutex left.
int inbox_init(struct inbox *inbox);
// Nobody may post any more. Messages still waiting are dropped.
void inbox_destroy(struct inbox *inbox);

// Adds a channel and returns its number (the order of registration, so the same in every run), or -ENOSPC. Before any
// other thread knows the inbox.
int inbox_register(struct inbox *inbox, const struct inbox_channel *channel);

// The calling thread is the one that drains from now on. Call it when the machine's loop starts in a thread of its own.
void inbox_adopt(struct inbox *inbox);
// Is the caller the machine thread? One load and one comparison.
bool inbox_is_machine(const struct inbox *inbox);

// Any thread. Copies `count` messages in; they are drained together, in order, with nothing between them.
// -ENOMEM: nothing was posted.
int inbox_post(struct inbox *inbox, const struct inbox_message *messages, size_t count);

// Any thread. The message of a node that the caller keeps is posted: it needs no memory and cannot fail. Until its message
// comes to accept or handle, the node is the inbox's; from then on it may be posted again, or be gone.
void inbox_post_node(struct inbox *inbox, struct inbox_node *node);

// Is nothing waiting? One relaxed load: for the loop's round.
static inline bool inbox_empty(const struct inbox *inbox)
{
    return atomic_load_explicit(&inbox->arrived, memory_order_relaxed) == NULL;
}

// Machine thread. Handles all that had arrived when it was called, oldest first; what handlers post waits for the next
// drain. `now` in ns and `instructions` executed are the stamp of every message. Returns how many were handled.
unsigned inbox_drain(struct inbox *inbox, uint64_t now, uint64_t instructions);

// Machine thread. Hands one journalled message in again, without accept and without journal. `message->target` may be
// NULL: the channel finds it by `id`.
void inbox_replay(struct inbox *inbox, const struct inbox_message *message, uint64_t now);

// Machine thread, idle. Sleeps until something arrives or `timeout_ns` of host time passed (UINT64_MAX: for ever), and
// returns whether something is there. Host time decides only how long we sleep, never what the guest sees.
bool inbox_wait(struct inbox *inbox, uint64_t timeout_ns);
// Any thread. Ends a wait with nothing there (the loop looks at its stop flag).
void inbox_wake(struct inbox *inbox);

#endif
