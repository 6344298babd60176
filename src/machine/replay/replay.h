// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The runs of one machine: recorded to a journal, or repeated from one; and the digest of its state.
//
//     record:  inbox --> journal        at each interval: digest --> journal
//     repeat:  journal --> inbox        at each interval: digest == journal?
//
// A run is cut at the moments of the journal (struct loop_moment), which does not change it. Nothing else is recorded: what
// is inside the machine, files of drives too, follows from its state.
//
// Path: src/base/inbox.h / src/vcpu/loop.c
#ifndef MACHINE_REPLAY_REPLAY_H
#define MACHINE_REPLAY_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/board/board.h"
#include "replay/digest.h"
#include "replay/journal.h"
#include "replay/ram_history.h"

#define REPLAY_INTERVAL UINT64_C(1000000) // instructions between two digests, unless another interval is asked for

struct storage;

// Moments of a flash bank or of a drive's overlay.
struct replay_storage {
    struct storage *storage;
    struct ram_history history;
};

enum replay_mode { REPLAY_OFF, REPLAY_RECORDS, REPLAY_REPEATS };

// How a repeated run came to its end.
enum replay_outcome {
    REPLAY_GOES_ON,
    REPLAY_SAME,     // as the recorded one, with the same digest
    REPLAY_DIVERGED, // replay->board->error says from where on
    REPLAY_CUT,      // the journal ends before the recorded run did
};

struct replay {
    struct board *board;
    struct digest digest;
    struct ram_history history;
    bool has_digest, has_history;
    struct replay_storage *storages; // with the history: of all devices, in the order of the board's list
    unsigned storage_count;

    enum replay_mode mode;
    uint64_t interval;   // instructions between two digests; 0: none
    uint64_t next_check; // instructions
    uint64_t checks;     // that were made

    // Recording.
    struct journal_writer writer;
    uint64_t flushed;    // the host's clock at the last flush
    uint64_t next_flush; // instructions, when it is looked at again

    // Repeating.
    struct journal_reader reader;
    struct journal_entry next;    // not done yet, no WITHIN
    struct journal_entry *within; // WITHIN entries before `next`, of which `within_taken` are done
    size_t within_count, within_room, within_taken;
    enum replay_outcome outcome;
    uint64_t agreed;                 // instructions at the last digest that was the recorded one
    bool differs;                    // from there on; it goes on to where the journal says in which parts
    struct journal_entry last_input; // kind JOURNAL_NOTHING: none yet
};

void replay_init(struct replay *replay, struct board *board);
// Ends a recording first.
void replay_free(struct replay *replay);

// Makes the history of RAM and of the devices' storage, unless it is there. -ENOMEM.
int replay_want_history(struct replay *replay);
// Bytes of host memory that the histories take up.
uint64_t replay_history_bytes(const struct replay *replay);
// Tells the digest and the history which pages were written since the last call.
void replay_gather(struct replay *replay);
// A page of RAM has been changed by a restore; `replay` is the struct replay.
void replay_page_changed(void *replay, uint64_t page);

// The digest of the whole state, between two instructions. -ENOMEM.
int replay_digest(struct replay *replay, uint64_t *value);

// Both before the machine's first instruction. A negative errno with a line in `error`.
int replay_record(struct replay *replay, const char *path, const char *text, uint64_t interval, struct error *error);
// Takes over the reader.
int replay_repeat(struct replay *replay, struct journal_reader *reader, uint64_t interval, struct error *error);

// Instead of vcpu_run.
enum loop_stop replay_run(struct replay *replay);

// The machine has ended: was it the same run? `stopped`: by the program, or its limit.
void replay_ended(struct replay *replay, bool stopped);

// The recording is over: `reason` and `status` are those of its last run. 0, or the error of a write.
int replay_end(struct replay *replay, uint32_t reason, uint32_t status);

#endif
