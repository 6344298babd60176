// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A run that can go back: snapshots that are taken on the way, and the input that came in between them.
//
//     kept:     |          |        |    |   |  | ||      the older, the further apart
//     input:        .   ..     .       .        .
//     run:      first ------------- place ==== frontier   between the two nothing new comes in, and nothing goes out
//
// Before the frontier, which is the furthest moment of the run, input is repeated as it was; what threads post waits until
// the run is there again, and what the guest writes to the outside was written already. From the frontier on the run is
// live, or a replay that goes on with its journal, of whose digests only the last is compared.
//
// Not modelled: going back in a run that is being recorded; a replay of its journal can.
#ifndef MACHINE_TIMELINE_H
#define MACHINE_TIMELINE_H

#include "machine/board/history.h"
#include "machine/replay/checkpoint.h"

#define TIMELINE_INTERVAL UINT64_C(4000000) // instructions between two snapshots
#define TIMELINE_KEPT     512               // snapshots at most

struct intact_machine;

struct timeline_place {
    struct checkpoint checkpoint;
    size_t cursor; // entries that came before
};

struct timeline {
    struct history history; // for board->history
    struct intact_machine *machine;
    struct replay *replay;
    uint64_t bytes; // that the snapshots may take up

    struct timeline_place kept[TIMELINE_KEPT]; // by instructions
    unsigned kept_count;
    uint64_t next_take; // instructions

    struct journal_entry *entries; // the input, in order
    size_t entry_count, entry_room;
    size_t cursor; // the next one to be repeated; entry_count in a live run
    struct loop_moment frontier;
    bool past;              // the run is before it
    bool replays;           // all input is in `entries` from the beginning, that of a journal up to its end
    struct loop_moment end; // of the journal
    bool incomplete;        // the host had no memory for an entry or a snapshot: no way back any more
};

// From here on the run can go back to this place. -ENOMEM; -EBUSY: it is recorded.
int timeline_begin(struct timeline *timeline, struct intact_machine *machine, uint64_t bytes);
void timeline_free(struct timeline *timeline);

// What the snapshots take up, in bytes, and how far the run has been, in instructions.
uint64_t timeline_bytes(const struct timeline *timeline);
uint64_t timeline_end(const struct timeline *timeline);

// Is what comes next a part of the run that was before?
bool timeline_repeats(const struct timeline *timeline);

// Instead of vcpu_run, up to the loop's limit.
enum loop_stop timeline_run(struct timeline *timeline);

#endif
