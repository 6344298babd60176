// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The same run again: recording to a journal, replay from it, and the digest that proves it.
//
// A machine without input runs the same way every time by itself. What comes from outside (intact_machine_input and the
// other functions of <intact/machine.h> for any thread, notifiers, triggers and settings of groups from other threads, host
// time while it is paced) is in the journal, with the moment at which the machine took it. What the program does on the
// machine's thread, in callbacks or between two runs, is not: it is to be done again in a replay. So are groups that the
// program made; a group that another thread made is made by the replay.
//
// docs/replay.md describes the format of a journal.
//
// Threads: the machine's thread, between two runs, unless a function says otherwise. A struct intact_journal belongs to one
// thread at a time.
#ifndef INTACT_REPLAY_H
#define INTACT_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/error.h>
#include <intact/machine.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

// --- Digest ----------------------------------------------------------------------------------------------------------

// The digest of the machine's whole state: registers of the processors, chips, devices, groups, RAM; not the contents of
// drives and flash. Two runs with the same digest at the same instruction are, but for accidents of 1 in 2^64, in the same
// state; the value is the same on every host. The first call looks at all RAM that was ever written, later ones at what was
// written since. 0; -EBUSY from within a callback of a run; -ENOMEM.
int intact_machine_digest(struct intact_machine *machine, uint64_t *digest);

// The state that the digest is of, as text: calls `line` with the path and the value of each field that is not 0
// ("cpu0/cr3", "0000000001fb0000"), and "ram/" with the address of each page of RAM that is not zeros and the hash of its
// contents; in an order that does not change. 0; -EBUSY.
int intact_machine_describe(struct intact_machine *machine,
                            void (*line)(void *owner, const char *path, const char *value), void *owner);

// --- Recording -------------------------------------------------------------------------------------------------------

struct intact_recording {
    size_t size;      // of this structure: intact_recording_init sets it
    const char *file; // the journal, which is made, or emptied
    uint64_t digest;  // instructions between two digests in the journal, 0: only that of the end
    // Texts that the journal keeps for intact_journal_argument: the command records its options. No text has a newline.
    const char *const *arguments;
    unsigned argument_count;
};

// A digest every million instructions, no arguments, no file.
void intact_recording_defaults(struct intact_recording *recording, size_t size);
static inline void intact_recording_init(struct intact_recording *recording)
{
    intact_recording_defaults(recording, sizeof *recording);
}

// Records the run of a machine that has not run yet. 0; or a negative errno with a line in `why` (INTACT_ERROR_SIZE bytes,
// or NULL): -EINVAL; -EBUSY: it has run, has a history (<intact/snapshot.h>), or is being recorded or replayed; file errors;
// -ENOMEM. The strings of `recording` are not used any more afterwards.
//
// The journal is written and brought to the disk at least every second, and written before the machine waits for input; a
// process that is killed loses no more.
int intact_machine_record(struct intact_machine *machine, const struct intact_recording *recording, char *why);

// Ends the recording: the journal gets how the run ended, and is closed. intact_machine_destroy does it too, but cannot
// report an error. 0; -EINVAL: nothing is being recorded; or the first error of a write (a full disk), after which nothing
// was written: a replay goes as far as the journal does.
int intact_machine_record_end(struct intact_machine *machine, char *why);

// --- Replay ----------------------------------------------------------------------------------------------------------

struct intact_journal;

// Opens a journal. 0; or a negative errno with a line in `why`: file errors; -EINVAL: it is no journal, a damaged one, or
// one of another format; -ENOMEM.
int intact_journal_open(const char *file, struct intact_journal **journal, char *why);
// NULL: nothing. Also after intact_machine_replay.
void intact_journal_close(struct intact_journal *journal);

// The arguments of the recording, by index from 0; NULL after the last.
const char *intact_journal_argument(const struct intact_journal *journal, unsigned index);

// Prepares the configuration of the machine that is to replay it, which is otherwise that of the recorded one: the recorded
// date of the real-time clock; no pacing; drives are not changed (as with `snapshot`); no network is opened. To be called
// before intact_machine_create; `config` and the drives and networks in it are changed.
void intact_journal_prepare(const struct intact_journal *journal, struct intact_machine_config *config);

// Replays the journal in a machine that has not run yet. A journal that was opened serves one replay: -EINVAL for a second.
// intact_machine_run then ends as the recorded run did, and with INTACT_QUIT if it is called once more; or
//
//     INTACT_DIVERGED     its state was not the recorded one at a digest, or it took its input elsewhere:
//                         intact_machine_error says between which instructions, and what differs. To find that it may have
//                         gone on, without output, for at most 512 million instructions
//     INTACT_JOURNAL_END  the journal ends before the recorded run did: the recording was killed, or its disk was full
//
// Input from other threads is dropped meanwhile, but intact_machine_quit works. 0; or a negative errno with a line in `why`
// that names what is not as it was: -EINVAL for another version, machine, file or drive; -EBUSY as for a recording; -ENOMEM.
int intact_machine_replay(struct intact_machine *machine, struct intact_journal *journal, char *why);

// Has the replay come to the end of the recorded run, in the same state? False before that, also if intact_machine_quit or a
// debugger has stopped it. `compared` (NULL: not wanted) becomes the instructions at the last digest that was the recorded
// one; 0: there was none yet.
bool intact_machine_replayed(const struct intact_machine *machine, uint64_t *compared);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
