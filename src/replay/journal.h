// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The journal of a run: what came in from outside, each with the moment at which the machine took it, and digests of the
// machine's state, so that a replay can prove that it is the same run.
//
//     "intactRR" | format | length | check || text of the header || block || block ...
//     block:       length | stored length | check || zstd of entries
//
// All numbers are little-endian. The header's text has a line for each fact: "name value" (docs/replay.md lists them). Each
// block stands for itself, so a file that was cut short is good up to its last whole block.
//
// An entry is a byte with its kind and, with JOURNAL_LATER, how much later than the last one it is (instructions and turns,
// as LEB128); then:
//
//     MESSAGE  of the inbox: channel and id (LEB128), kind (LEB128), a byte with the lengths of a (low half) and b, one
//              with that of c, and as many bytes of each
//     CHECK    how many digests follow, 1 to 255; the low 12 bits of each, at the next multiples of the interval
//     DIGEST   the same for one digest, with all 64 bits
//     END      why the run ended and its exit status (LEB128), and the digest of its last state (64 bits)
//     WITHIN   as MESSAGE without a moment: what the machine's thread took within a call, whose number is in `a`
//     PARTS    behind a DIGEST or END: sums of that state (parts.h), of those parts where they are not as at the last PARTS
#ifndef REPLAY_JOURNAL_H
#define REPLAY_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/inbox.h"
#include "replay/parts.h"

enum { JOURNAL_FORMAT = 2, JOURNAL_CHECK_BITS = 12 };

enum journal_kind {
    JOURNAL_NOTHING,
    JOURNAL_MESSAGE,
    JOURNAL_CHECK,
    JOURNAL_DIGEST,
    JOURNAL_END,
    JOURNAL_PARTS,
    JOURNAL_WITHIN
};

struct journal_entry {
    enum journal_kind kind;
    uint64_t instructions, turns; // of the moment: MESSAGE, END
    struct inbox_message message; // MESSAGE, WITHIN; `target` is NULL
    uint64_t digest;              // CHECK (JOURNAL_CHECK_BITS), DIGEST, END
    uint32_t reason, status;      // END: the writer's numbers
    const struct parts *parts;    // PARTS; of the reader: until the next PARTS
};

// --- Writing ---------------------------------------------------------------------------------------------------------

struct journal_writer {
    FILE *file;
    uint8_t *block; // entries that are not in the file yet
    size_t used, capacity;
    size_t checks; // where in the block the count of the checks is that were written last; 0: something else came after
    uint64_t instructions, turns; // of the last entry with a moment
    struct parts parts;           // that were written last; 0 at first
    uint64_t written;             // bytes in the file
    uint64_t synced;              // of them are on its disk
    int error;                    // of the first write that failed, a negative errno; nothing is written after it
};

// Makes the file `path`, or empties it. A negative errno with a line in `error`.
int journal_create(struct journal_writer *writer, const char *path, const char *text, struct error *error);
void journal_put(struct journal_writer *writer, const struct journal_entry *entry);
// Brings all entries into the file: a process that is killed does not lose them.
void journal_write(struct journal_writer *writer);
// The same, and the file to its disk: a loss of power does not lose them.
void journal_flush(struct journal_writer *writer);
// Has all that was put been flushed?
bool journal_is_flushed(const struct journal_writer *writer);
// Flushes and closes. 0, or the first error.
int journal_close(struct journal_writer *writer);

// --- Reading ---------------------------------------------------------------------------------------------------------

struct journal_reader {
    FILE *file;
    char *text; // of the header, ends with a 0
    uint8_t *block;
    size_t size, position;        // of `block`
    unsigned checks, checks_read; // left of the last count, and those before them
    uint64_t instructions, turns; // of the last entry with a moment
    struct parts parts;           // the last ones
    bool cut;                     // the file ends within a block, or has something else than a block there
    bool damaged;                 // an entry of a block that is whole by its check makes no sense
};

// Reads the header. -EINVAL with a line in `error`: it is no journal, one of another format, or damaged.
int journal_open(struct journal_reader *reader, const char *path, struct error *error);
// The next entry. False: there is none; `cut` and `damaged` say why.
bool journal_next(struct journal_reader *reader, struct journal_entry *entry);
void journal_free(struct journal_reader *reader);

#endif
