// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine's state in memory: the fields of its lists, and moments of the histories of its RAM, flash and overlays.
#ifndef MACHINE_REPLAY_CHECKPOINT_H
#define MACHINE_REPLAY_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "machine/replay/replay.h"

struct checkpoint {
    struct ram_moment *ram;
    struct ram_moment **storages; // of replay->storages
    void *fields;
    size_t size;
    uint64_t schema; // a hash of what the fields are
    uint64_t instructions;
    uint32_t calls; // of the manager of groups: their numbers in a journal
};

// Between two instructions. -ENOMEM: nothing was taken.
int checkpoint_take(struct replay *replay, struct checkpoint *checkpoint);
// -EINVAL: the machine has other fields now, as with other groups, and nothing was changed. -ENOMEM: neither.
int checkpoint_restore(struct replay *replay, const struct checkpoint *checkpoint);
void checkpoint_free(struct replay *replay, struct checkpoint *checkpoint);

#endif
