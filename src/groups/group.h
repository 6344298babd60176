// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Inside a group: what was asked for (any thread, under the group's lock) and what is in force (the machine thread's).
//
//     any thread                                     machine thread
//     update, mask, enable ─> requests ── message ─> sources ─ settle ─> route ─> pin, message
//     trigger, notifier ────> posted ──── message ─> pending ─┘
//
// A call on the machine thread does both halves at once. A call from elsewhere changes the request and posts a message
// that carries the new values and the group's version; if the machine thread has meanwhile made a newer change, the
// message is stale and refused, so both halves agree once the inbox is empty.
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
    GROUP_CREATE,    // a = base, b = count, c = type: for a replay, which makes the group
    GROUP_TRIGGER,   // a = index
    GROUP_LEVEL,     // a = index, b = level
    GROUP_CLEAR,     // a = index
    GROUP_SETTINGS,  // a = index | version << 32, b = address, c = data | device << 32
    GROUP_ENABLE,    // a = version << 32
    GROUP_DISABLE,   // a = version << 32
    GROUP_DESTROY,   // b = 1: by the machine thread itself, not for the journal
};
#define GROUP_FLAGS_SHIFT 8

// In force. The machine thread's own, but for the atomics. One cache line, so that a trigger costs the same in a group
// of 1 and of 2048.
#define GROUP_LINE 64

struct group_source {
    _Alignas(GROUP_LINE) struct settings live;
    uint32_t version;                 // of `live`
    atomic_bool pending;              // written by the machine thread
    bool owed;                        // a trigger has not been delivered yet
    bool driven;                      // level: by set_level
    bool asserted;                    // level: by a trigger, until the EOI
    bool again;                       // level: triggered once more while asserted; stays up over one EOI
    atomic_bool posted;               // a trigger message is under way
    atomic_bool level_posted, wanted; // a level message is under way, and which
};

// Asked for. Under the lock.
struct group_request {
    struct settings set;    // committed
    struct settings staged; // by update; differs from `set` only while waiting
    bool waiting;
    bool notifier_owned; // made by intact_irq_group_notifier
    struct intact_irq_notifier *notifier;
};

struct intact_irq_group {
    struct intact_irq_manager *manager;
    struct intact_irq_group *next; // among the buried
    enum intact_irq_type type;
    uint32_t base, length, id;
    // Machine thread.
    struct group_source *sources;
    uint32_t *changed;        // scratch: sources to settle after a commit
    struct route_source wire; // legacy
    bool rewire;              // its pin changed; settle attaches it anew
    struct intact_irq_notifier *resample;
    bool live;        // enabled
    uint32_t version; // of `live`
    // Written by the machine thread alone: load and store, no locked instruction.
    atomic_ullong triggered, delivered, coalesced, dropped, abandoned;
    atomic_ullong posted, joined; // triggers from other threads; those of them that joined one under way
    // Under the lock.
    pthread_mutex_t lock;
    struct group_request *requests;
    uint32_t *waiting;
    uint32_t waiting_count;
    uint32_t asked; // version of the newest request
    atomic_bool enabled;
    atomic_bool level; // legacy: configured as a level source
};

// --- group.c, irq_listen.c, irq_state.c ----------------------------------------------------------------------------

// Arguments were checked. NULL: out of memory.
struct intact_irq_group *group_create(struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t base,
                                      uint32_t count, uint32_t id);
void group_free(struct intact_irq_group *group);
// Lets go of all notifiers, disables, and counts what is pending as abandoned (the machine thread's half by message).
void group_close(struct intact_irq_group *group);
// A notifier was signalled: trigger, enabled or not. Any thread.
int group_notify(struct intact_irq_group *group, uint32_t index);
// A journalled message changes the requests as the call did that made it.
void group_replay(struct intact_irq_group *group, const struct inbox_message *message);
void group_visit(struct intact_irq_group *group, struct visit *v);

// --- irq_source.c: the machine thread's half -------------------------------------------------------------------------

// Delivers what can be delivered now, lowers what must fall. INTACT_IRQ_NO_ROUTE: nobody took it.
int source_settle(struct intact_irq_group *group, uint32_t index);
int source_trigger(struct intact_irq_group *group, uint32_t index);
void source_set_level(struct intact_irq_group *group, uint32_t index, bool level);
void source_clear(struct intact_irq_group *group, uint32_t index);
// Takes over settings; settle afterwards.
void source_configure(struct intact_irq_group *group, uint32_t index, const struct settings *settings,
                      uint32_t version);
void group_go_live(struct intact_irq_group *group, bool live, uint32_t version);
// After a load: the wire is attached as the state says, and no level moves.
void group_attach_quietly(struct intact_irq_group *group);

static inline void group_count(atomic_ullong *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1, memory_order_relaxed);
}

// The channel of the inbox.
bool group_accept(void *manager, struct inbox_message *message);
void group_handle(void *manager, const struct inbox_message *message, uint64_t now);

#endif
