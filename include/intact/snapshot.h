// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine as it was: in memory, where many snapshots share the pages that are equal, and in files.
//
// A snapshot has the whole state: processors, chips, devices, groups and routes, RAM, what the guest wrote to drives with
// `snapshot` and to flash, characters that wait for the serial port. It does not have what is outside: files of drives that
// the guest writes to directly, the user network's connections, captures, output that was written, and messages of other
// threads that the machine has not taken yet, which come in afterwards.
//
// Threads: the machine's thread, between two runs; -EBUSY from within a callback of a run.
#ifndef INTACT_SNAPSHOT_H
#define INTACT_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include <intact/error.h>
#include <intact/machine.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

struct intact_snapshot;

// Takes a snapshot, in the time that the pages written since the last one need. The first call looks at all RAM that was
// ever written. 0; or a negative errno with a line in `why` (INTACT_ERROR_SIZE bytes, or NULL): -EBUSY, -ENOMEM.
int intact_machine_snapshot(struct intact_machine *machine, struct intact_snapshot **snapshot, char *why);

// Makes the machine what it was, any number of times. The groups that the program made must be those of that moment.
// -EBUSY: within a run, or while the run is recorded or replayed. -ENOMEM; -EINVAL: the snapshot is of another machine, or the
// machine has more or fewer groups now. After an error nothing has changed.
int intact_machine_restore(struct intact_machine *machine, const struct intact_snapshot *snapshot, char *why);

// NULL: nothing. Before the machine is destroyed.
void intact_machine_snapshot_free(struct intact_machine *machine, struct intact_snapshot *snapshot);

// The instructions that had been executed.
uint64_t intact_snapshot_instructions(const struct intact_snapshot *snapshot);

// The bytes of host memory that RAM, flash and drives with `snapshot` in all snapshots of the machine take up, shared pages
// once.
uint64_t intact_machine_snapshot_bytes(const struct intact_machine *machine);

// Writes the machine's state to a file, and makes a machine of the same configuration what it was. A negative errno with a
// line in `why`: file errors; -EBUSY, -ENOMEM; for a load also -EINVAL: it is no such file, damaged, of another version, or
// of another machine, and the line names what is not the same; -EIO: a field is damaged, or has a value that no machine
// reaches. The file is on the disk when the function returns; after a failed write it is as it was before, or there is none;
// a device or a pipe of that name is written to. After a failed load that says "damaged" the machine's state is undefined:
// only intact_machine_destroy may follow.
int intact_machine_save_file(struct intact_machine *machine, const char *file, char *why);
int intact_machine_load_file(struct intact_machine *machine, const char *file, char *why);

// --- Back in time ----------------------------------------------------------------------------------------------------
//
// A machine with a history takes snapshots by itself while it runs, every few million instructions, and keeps what came in
// between them; older ones are thinned out, so that their distances grow with their age. It can then go to any instruction
// since the history was begun. What is run again on the way has no effect outside: no output, no frames; input of other
// threads waits until the run is where it was.

// Begins a history, with at most about `bytes` of host memory for its snapshots. 0; or a negative errno with a line in
// `why`: -EINVAL: it has one, or a drive is written to directly (give `snapshot` or `readonly`), whose contents cannot go
// back; -EBUSY: within a run, or while it is recorded; -ENOMEM. A replay (<intact/replay.h>) with a history is compared with
// the recorded run at its end only.
int intact_machine_history(struct intact_machine *machine, uint64_t bytes, char *why);

// Takes the machine to where all processors had executed `instructions` in all: back, or forward up to where the run had
// been. 0; -ENOENT: there is no history, or it does not reach there; -EBUSY.
int intact_machine_go_to(struct intact_machine *machine, uint64_t instructions, char *why);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
