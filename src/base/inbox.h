// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Everything from outside the machine enters here: console bytes, notifier writes, triggers and settings from other
// host threads, host time. Messages wait in the order of their arrival until the block loop, on the machine's thread,
// drains them at one place. There they get a time stamp and pass the journal hook, so the inbox makes the library
// thread-safe and is also where a replay log can be recorded.
//
//     any thread -- inbox_post --> [ m4 m3 m2 m1 ] -- inbox_drain --> accept, journal, handle   (machine thread)
//
// Posting takes a lock shared by the posting threads and may allocate; it never waits for the machine. Draining takes
// no lock and allocates nothing: the whole list is taken with one atomic exchange, and its nodes are returned with
// another.
#ifndef BASE_INBOX_H
#define BASE_INBOX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INBOX_CHANNEL_LIMIT 64

// A message is plain data: the journal writes channel, kind, id, a, b and c, and a replay passes them in again.
struct inbox_message {
    uint16_t channel; // from inbox_register
    uint16_t kind;    // the channel's own enum
    uint32_t id;      // identifies the target in a journal (a group's number); defined by the channel
    void *target;     // the target in this process; not journalled
    uint64_t a, b, c;
};

struct inbox_channel {
    const char *name; // in journals and traces
    // Called on the machine thread just before the journal. It may complete the message (the level of a line as it is
    // now) and returns whether there is still something to do; false: not journalled, not handled. May be NULL.
    bool (*accept)(void *owner, struct inbox_message *message);
    void (*handle)(void *owner, const struct inbox_message *message, uint64_t now);
    void *owner;
    bool about_run; // its messages are about the run, not for the guest: they are handled during a replay as well
};

struct inbox_node {
    struct inbox_node *next;
    bool owned; // by the caller of inbox_post_node
    struct inbox_message message;
};

struct inbox_chunk;

struct inbox {
    _Atomic(struct inbox_node *) arrived; // newest first
    _Atomic(struct inbox_node *) spare;
    atomic_uintptr_t machine; // the thread that drains
    bool waiting, woken;      // under the lock
    pthread_mutex_t lock;     // taken by posting threads, and by a machine that sleeps
    pthread_cond_t wake;
    struct inbox_node *free; // for posting, under the lock
    struct inbox_chunk *chunks;
    struct inbox_channel channels[INBOX_CHANNEL_LIMIT];
    unsigned channel_count;
    uint64_t drained; // messages handled since inbox_init
    // Called for each message that is about to be handled, with the time and the count of instructions of the drain.
    void (*journal)(void *owner, const struct inbox_message *message, uint64_t now, uint64_t instructions);
    // Called for what the machine thread takes of other threads within a call of its own, which is no message of theirs.
    void (*within)(void *owner, const struct inbox_message *message);
    void *journal_owner;
    // Not NULL: that comes from a journal. `message` has the channel, the id and, in the high half of `a`, the number of the
    // call; if the next one in the journal has the same, it is taken from there. False: it has not.
    bool (*repeat_within)(void *owner, struct inbox_message *message);
    void *repeat_owner;
    bool holds; // for now messages for the guest wait: they are drained when this is false again
    struct inbox_node *held, *held_last; // those, oldest first
    bool repeats; // input comes from a journal (inbox_replay): what threads post passes accept, and is dropped
};

// The calling thread becomes the machine thread. -ENOMEM or another negative errno: the host has no mutex left.
int inbox_init(struct inbox *inbox);
// No thread may post any more. Messages still waiting are dropped.
void inbox_destroy(struct inbox *inbox);

// Adds a channel and returns its number (the order of registration, so the same in every run), or -ENOSPC. Call it
// before other threads use the inbox.
int inbox_register(struct inbox *inbox, const struct inbox_channel *channel);

// The calling thread is the one that drains from now on. Call it when the machine's loop starts in a thread of its own.
void inbox_adopt(struct inbox *inbox);
// Is the caller the machine thread? One load and one comparison.
bool inbox_is_machine(const struct inbox *inbox);

// Any thread. Copies `count` messages in; they are drained together, in order, with nothing between them.
// -ENOMEM: nothing was posted.
int inbox_post(struct inbox *inbox, const struct inbox_message *messages, size_t count);

// Any thread. Posts the message of a node that belongs to the caller: it needs no memory and cannot fail. The inbox
// uses the node until its message is passed to accept or handle; from then on it may be posted again, or freed.
void inbox_post_node(struct inbox *inbox, struct inbox_node *node);

// Is nothing waiting that inbox_drain would take? One relaxed load, and more only after a hold, for each round of the
// loop. Machine thread.
static inline bool inbox_empty(const struct inbox *inbox)
{
    return atomic_load_explicit(&inbox->arrived, memory_order_relaxed) == NULL && (!inbox->held || inbox->holds);
}

// Machine thread. Handles all that had arrived when it was called, oldest first; what handlers post waits for the next
// drain. `now` in ns and `instructions` executed are the time stamp of every message. Returns how many were handled.
unsigned inbox_drain(struct inbox *inbox, uint64_t now, uint64_t instructions);

// Can a journalled message be handled? It may be of another machine, or made to do harm.
static inline bool inbox_can_replay(const struct inbox *inbox, const struct inbox_message *message)
{
    return message->channel < inbox->channel_count && inbox->channels[message->channel].handle;
}

// Machine thread. Handles one journalled message again, without accept and without journal; inbox_can_replay says
// whether it can be. `message->target` may be NULL: the channel finds it by `id`.
void inbox_replay(struct inbox *inbox, const struct inbox_message *message, uint64_t now);

// Machine thread, within a call: see `within` and `repeat_within`.
static inline void inbox_note_within(struct inbox *inbox, const struct inbox_message *message)
{
    if (inbox->within)
        inbox->within(inbox->journal_owner, message);
}
static inline bool inbox_repeat_within(struct inbox *inbox, struct inbox_message *message)
{
    return inbox->repeat_within(inbox->repeat_owner, message);
}
// Are they of the same call?
static inline bool inbox_same_call(const struct inbox_message *a, const struct inbox_message *b)
{
    return a->channel == b->channel && a->id == b->id && a->a >> 32 == b->a >> 32;
}

// Machine thread, idle. Sleeps until something arrives or `timeout_ns` of host time passed (UINT64_MAX: for ever), and
// returns whether something is there. Host time decides only how long we sleep, never what the guest sees.
bool inbox_wait(struct inbox *inbox, uint64_t timeout_ns);

// The same, for who has to tell a timeout from inbox_wake.
enum inbox_end { INBOX_TIMEOUT, INBOX_WOKEN, INBOX_MESSAGE };
enum inbox_end inbox_sleep(struct inbox *inbox, uint64_t timeout_ns);
// Any thread. Ends a wait although no message came (the loop then checks its stop flag).
void inbox_wake(struct inbox *inbox);

#endif
