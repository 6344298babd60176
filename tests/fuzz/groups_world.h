// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A manager with groups, notifiers, devices, virtio's notifications and lines for fuzz_groups.c, and a model of what must be delivered: a source
// that was triggered has work until its message is sent or its pending bit is cleared.
#ifndef TESTS_FUZZ_GROUPS_WORLD_H
#define TESTS_FUZZ_GROUPS_WORLD_H

#include <intact/interrupt.h>

enum {
    WORLD_GROUPS = 6,
    WORLD_SOURCES = 8,
    WORLD_NOTIFIERS = 5,
    WORLD_DEVICES = 2,
    WORLD_VIRTIOS = 2,
    WORLD_LINES = 2,
    WORLD_PINS = 8
};

#define WORLD_MSI     UINT32_C(0xfee00000)
#define WORLD_NOWHERE UINT32_C(0x00001000) // an address that no message may have

struct world_notifier {
    struct intact_irq_notifier *notifier;
    bool kept;                 // signalled while nobody listened
    bool resamples;            // of the group `resampled`
    unsigned group, index;     // WORLD_GROUPS: no source listens
    const struct world *world; // for the callback
};

struct world_virtio {
    struct intact_irq_virtio virtio;
    struct intact_irq_status status;
    uint32_t bits; // that `status` must contain
    uint16_t vectors[WORLD_SOURCES];
    unsigned group; // WORLD_GROUPS: none
};

struct world {
    struct intact_irq_manager *manager;
    struct intact_irq_group *groups[WORLD_GROUPS];
    uint8_t instance[WORLD_GROUPS]; // in the data of messages: those of a group that is gone do not count
    bool work[WORLD_GROUPS][WORLD_SOURCES];
    // A clear from another thread is under way: it also forgets what the machine thread triggers until it arrives.
    bool clearing[WORLD_GROUPS][WORLD_SOURCES];
    bool driven[WORLD_GROUPS]; // the level that was set last
    struct world_notifier notifiers[WORLD_NOTIFIERS];
    struct intact_irq_device *devices[WORLD_DEVICES];
    struct world_virtio virtios[WORLD_VIRTIOS];
    struct intact_irq_line lines[WORLD_LINES];
    bool level[2][WORLD_PINS];
    bool deaf;       // nobody takes a message
    uint64_t digest; // of all that left the manager
};

// What a step does. `other`: as a thread that is not the machine's.
enum world_call {
    CALL_CREATE,
    CALL_DESTROY,
    CALL_ENABLE,
    CALL_ENABLE_CONFIGS,
    CALL_DISABLE,
    CALL_UPDATE,
    CALL_STAGE,
    CALL_SET_GSI,
    CALL_FORGET,
    CALL_MASK,
    CALL_UNMASK,
    CALL_TRIGGER,
    CALL_TRIGGER_AGAIN, // as likely as all settings together
    CALL_LEVEL,
    CALL_CLEAR,
    CALL_NOTIFIER_CREATE,
    CALL_NOTIFIER_DESTROY,
    CALL_ATTACH,
    CALL_DETACH,
    CALL_OWN_NOTIFIER,
    CALL_SIGNAL,
    CALL_WRITE,
    CALL_CONSUME,
    CALL_DEVICE_CREATE,
    CALL_DEVICE_DESTROY,
    CALL_DEVICE_MODE,
    CALL_DEVICE_ENABLE,
    CALL_DEVICE_DISABLE,
    CALL_DEVICE_RESET,
    CALL_DEVICE_MESSAGE,
    CALL_DEVICE_MASK,
    CALL_DEVICE_UPDATE,
    CALL_DEVICE_TRIGGER,
    CALL_VIRTIO_BIND,
    CALL_VIRTIO_QUEUE,
    CALL_VIRTIO_CONFIG,
    CALL_VIRTIO_ACKNOWLEDGE,
    CALL_VIRTIO_STATUS,
    CALL_MACHINE, // from here on the machine thread only
    CALL_POLL = CALL_MACHINE,
    CALL_EOI,
    CALL_DEAF,
    CALL_CONNECT,
    CALL_DISCONNECT,
    CALL_LINE,
    CALL_RESAMPLE,
    CALL_COUNT,
};

struct world_step {
    enum world_call call;
    bool other;
    unsigned group, index, notifier, device, line;
    bool flag;
    uint32_t word; // type, mode, GSI, data
    uint32_t count;
    struct intact_irq_config config;
};

void world_open(struct world *world);
// The final state: everything is let out and must arrive; then all is destroyed.
void world_close(struct world *world);
// The result of the call, or 0 where it has none or there is nothing to call.
int world_do(struct world *world, const struct world_step *step);
// With the inbox empty: both halves of each group agree, pending bits are what the model says, and triggers add up.
void world_check(struct world *world);
// The same state, the same counts, the same output?
void world_compare(const struct world *tried, const struct world *twin, const char *when);

#endif
