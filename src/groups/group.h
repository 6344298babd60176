// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The two halves of a group: the settings that were requested (any thread, under the group's lock), and those in force
// (machine thread only).
//
//     any thread                                     machine thread
//     update, mask, enable ─> requests ── message ─> sources ─ settle ─> route ─> pin, message
//     trigger, notifier ────> posted ──── message ─> pending ─┘
//
// A call on the machine thread does both halves at once. A call from elsewhere changes the request and posts a message
// that carries the new values and the group's version; if the machine thread has meanwhile made a newer change, the
// message is stale and refused, so both halves agree once the inbox is empty.
//
// Triggers, levels and the end of a group have inbox nodes of their own: they need no memory when they happen.
//
//     group.c           life; trigger, level, pending, counts       any thread
//     group_request.c   enable, disable, update, mask               any thread, under the lock
//     group_known.c     what the machine thread knows of requests   under the lock
//     group_notifier.c  the notifiers of a group                 any thread
//     group_inbox.c     messages between the two halves
//     source.c          sources in force; settle                  machine thread
//     group_state.c     snapshot and replay                         machine thread
//     name.c            names of sources in traces                  machine thread
//     group_why.c       why a source does not interrupt             machine thread
//
// Path: devices / irqchip/route.c
#ifndef GROUPS_GROUP_H
#define GROUPS_GROUP_H

#include <intact/interrupt.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/inbox.h"
#include "base/visit.h"
#include "groups/manager.h"
#include "irqchip/route.h"

enum { SETTINGS_CONFIGURED = 1, SETTINGS_MASKED = 2, SETTINGS_LEVEL = 4 };

struct settings {
    uint64_t address; // legacy: chip << 32 | pin
    uint32_t data, device;
    uint8_t flags;
};

enum group_message { // kind of an inbox message; SETTINGS carries the flags above it
    GROUP_CREATE,    // a = base, b = count, c = type: for a replay, which creates the group
    GROUP_TRIGGER,   // a = index, b = enum group_posted
    GROUP_LEVEL,     // a = index, b = level
    GROUP_SETTINGS,  // a = index | version << 32, b = address, c = data | device << 32
    GROUP_ENABLE,    // a = version << 32
    GROUP_DISABLE,   // a = version << 32
    GROUP_DESTROY,   // b = 1: by the machine thread itself, not for the journal
    // What the machine thread took of the requests of others within a call of its own (group_known.c): never posted.
    GROUP_SET,     // as SETTINGS, with the number of the call for the version: committed
    GROUP_STAGE,   // the same: staged behind those that wait
    GROUP_UNSTAGE, // a = number << 32: nothing is staged any more
    GROUP_ALLOW,   // a = enabled | number << 32
};
#define GROUP_FLAGS_SHIFT 8

// What the trigger node of a source brings. A clear takes back a trigger that is still in the inbox, and a trigger that
// comes after it is a new one; so the machine thread clears first.
enum group_posted {
    POSTED_NODE = 1,    // the node is in the inbox
    POSTED_TRIGGER = 2, // a trigger
    POSTED_CLEAR = 4,   // drop what is pending before
    POSTED_CLEARED = 8, // a trigger was in the inbox when it was cleared: to be counted as abandoned
};

// A source in force. Used only by the machine thread, except for the atomics. One cache line, so that a trigger costs
// the same in a group of 1 and of 2048.
#define GROUP_LINE 64

struct group_source {
    _Alignas(GROUP_LINE) struct settings live;
    uint32_t version;                 // of `live`
    atomic_bool pending;              // written by the machine thread
    bool undelivered;                 // a trigger has not been delivered yet
    bool driven;                      // level: by set_level
    bool asserted;                    // level: by a trigger, until the EOI
    bool again;                       // level: triggered once more while asserted: it is raised again at the EOI
    atomic_uchar posted;              // enum group_posted
    atomic_bool level_posted, wanted; // the node of a level is in the inbox; the level
};

// Settings that were requested. Under the lock.
struct group_request {
    struct settings set;    // committed
    struct settings staged; // by update; differs from `set` only while waiting
    bool waiting;
    struct intact_irq_notifier *notifier; // attached to the source
    struct intact_irq_notifier *own;      // made by intact_irq_group_notifier; it lives as long as the group
};

struct intact_irq_group {
    struct intact_irq_manager *manager;
    struct intact_irq_group *next_retired, **retired_link;
    struct intact_irq_group *next_known, **known_link; // in the order in which the machine thread got to know them
    enum intact_irq_type type;
    uint32_t base, length, id;
    // Machine thread.
    struct group_source *sources;
    uint32_t *changed;        // scratch: sources to settle after a commit
    struct route_source wire; // legacy
    char *name;               // NULL: none
    const char **names;       // of the sources, made when first needed; owned by the trace; NULL: none yet
    bool rewire;              // its pin changed; settle attaches it anew
    bool live;                // enabled
    uint32_t version;         // of `live`
    // Written by the machine thread alone: load and store, no locked instruction.
    atomic_ullong triggered, delivered, coalesced, dropped, abandoned;
    atomic_ullong posted, joined; // triggers from other threads; those of them that joined one in the inbox
    // Inbox nodes of the group's own: a trigger of each source, a level (legacy), the end.
    struct inbox_node *triggers, level_node, end_node;
    // Signalled at the EOI of a level, by the machine thread under this lock, so that a thread that has detached it
    // knows that it is no longer being signalled. Recursive, because a callback may lead here again.
    pthread_mutex_t resample_lock;
    _Atomic(struct intact_irq_notifier *) resample;
    // Under the lock.
    pthread_mutex_t lock;
    struct group_request *requests;
    uint32_t *waiting;
    uint32_t waiting_count;
    uint32_t asked; // version of the newest request
    atomic_bool enabled;
    atomic_bool level; // legacy: configured as a level source
    // Requests as the machine thread knows them, while `foreign`.
    struct group_known *known;
    atomic_bool foreign; // another thread has changed them since the machine thread took them
};

static inline void group_count(atomic_ullong *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1, memory_order_relaxed);
}

static inline bool group_on_machine(const struct intact_irq_group *group)
{
    return inbox_is_machine(group->manager->inbox);
}

// --- group_why.c: machine thread -------------------------------------------------------------------------------------

struct why;

// Where source `index`, which the findings call `name`, is raised; nothing if it is not. And what holds it back.
void group_why_raised(const struct intact_irq_group *group, uint32_t index, const char *name, struct why *why);
void group_why(const struct intact_irq_group *group, uint32_t index, const char *name, struct why *why);
// A message leaves nothing at its source, whether it arrived or was lost: that there is none says less than what is behind.
void group_why_idle(const struct intact_irq_group *group, uint32_t index, const char *name, struct why *why);
// The source that is called `name` in traces. False: there is none.
bool group_find_source(const struct intact_irq_manager *manager, const char *name, struct intact_irq_group **group,
                       uint32_t *index);

// --- name.c ----------------------------------------------------------------------------------------------------------

// What the source is called in traces; NULL: it has no name. Machine thread, with an observer.
const char *group_source_name(struct intact_irq_group *group, uint32_t index);
void group_free_names(struct intact_irq_group *group);

// --- group.c ---------------------------------------------------------------------------------------------------------

// The arguments have been checked. NULL: out of memory.
struct intact_irq_group *group_create(struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t base,
                                      uint32_t count, uint32_t id);
void group_free(struct intact_irq_group *group);
// No thread will use the group any more. On the machine thread it is disabled at once, else by its last message.
void group_close(struct intact_irq_group *group);
// A trigger from a notifier, accepted whether the group is enabled or not. Any thread but the machine's.
void group_post_trigger(struct intact_irq_group *group, uint32_t index);
// The same on the machine thread.
int group_take_trigger(struct intact_irq_group *group, uint32_t index);

// --- group_request.c -------------------------------------------------------------------------------------------------

// Stages a source as one that was never configured.
void group_stage_unconfigured(struct intact_irq_group *group, uint32_t index, bool masked);

// Stages settings for a source. Under the lock.
void group_stage(struct intact_irq_group *group, uint32_t index, const struct settings *settings);
// Drops what is staged. Under the lock.
void group_unstage(struct intact_irq_group *group);

// --- group_known.c ---------------------------------------------------------------------------------------------------

// NULL: no memory.
struct group_known *group_known_create(uint32_t length);
void group_known_free(struct group_known *known);
// Another thread is about to change the requests. Under the lock.
void group_touch(struct intact_irq_group *group);
// The machine thread is about to use the requests: once for each call, whatever it finds. Under the lock.
void group_take(struct intact_irq_group *group);
// The same without the lock.
void group_take_alone(struct intact_irq_group *group);
// The machine thread has handled a message of another one.
void group_know(struct intact_irq_group *group, const struct inbox_message *message);

// --- group_notifier.c ------------------------------------------------------------------------------------------------

// Detaches all notifiers.
void group_release_notifiers(struct intact_irq_group *group);
// Machine thread: a chip ended the interrupt.
void group_resample(struct intact_irq_group *group);

// --- group_inbox.c ---------------------------------------------------------------------------------------------------

struct inbox_message group_message(struct intact_irq_group *group, uint32_t kind, uint64_t a, uint64_t b, uint64_t c);
struct inbox_message group_settings_message(struct intact_irq_group *group, uint32_t index, uint32_t version,
                                            const struct settings *settings);
// Those of such a message.
struct settings group_settings_of(const struct inbox_message *message);
// NO_MEMORY.
int group_post(struct intact_irq_group *group, uint32_t kind, uint64_t a, uint64_t b);
// The channel of the inbox.
bool group_accept(void *manager, struct inbox_message *message);
void group_handle(void *manager, const struct inbox_message *message, uint64_t now);

// --- group_state.c ---------------------------------------------------------------------------------------------------

// With no_requests, of the machine thread's half alone.
void group_visit(struct intact_irq_group *group, struct visit *v);
// After a load.
void group_loaded(struct intact_irq_group *group);
// Can a journal have this message for this group? It may be damaged, or not ours.
bool group_is_possible(const struct intact_irq_group *group, const struct inbox_message *message);
// A journalled message changes the requests as the original call did.
void group_replay(struct intact_irq_group *group, const struct inbox_message *message);
// The same for one of those that the machine thread took within a call. Under the lock.
void group_change_request(struct intact_irq_group *group, const struct inbox_message *message);

// --- source.c: the machine thread's half -----------------------------------------------------------------------------

// Delivers a trigger that can be delivered now, lowers a level that must fall. INTACT_IRQ_NO_ROUTE: no receiver.
int source_settle(struct intact_irq_group *group, uint32_t index);
int source_trigger(struct intact_irq_group *group, uint32_t index);
void source_set_level(struct intact_irq_group *group, uint32_t index, bool level);
void source_clear(struct intact_irq_group *group, uint32_t index);
// Is it enabled and unmasked?
bool source_is_open(const struct intact_irq_group *group, const struct group_source *source);
// Stores new settings; settle afterwards.
void source_configure(struct intact_irq_group *group, uint32_t index, const struct settings *settings,
                      uint32_t version);
// All sources: the group is enabled or disabled.
void source_set_live(struct intact_irq_group *group, bool live, uint32_t version);
// All sources: disabled, and what is pending is abandoned.
void source_end(struct intact_irq_group *group);
// The wire is attached as the state says, without a change of its level.
void source_attach_quietly(struct intact_irq_group *group);

#endif
