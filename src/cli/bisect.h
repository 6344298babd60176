// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// intact replay --bisect FILE: finds the instruction at which two replays of a journal become different.
#ifndef CLI_BISECT_H
#define CLI_BISECT_H

#include <stdbool.h>

#include <intact/replay.h>

// Two processes replay the journal, this program (`self`) and `other`, or itself again. Prints the first instruction after
// which their states differ, and what differs, on standard output. Returns an exit status: 0 they are the same to the end.
int bisect(const char *self, const char *other, const char *file);

// After a replay by this program (`self`), with `options` behind the recorded ones (ended by NULL), was found to be another
// run at `instructions`: two more replays say on standard error whether this program makes the same run twice, or how the
// options change it; and if they differ, after which instruction and in what.
void bisect_again(const char *self, const char *file, char *const *options, uint64_t instructions);

// The part of such a process: goes where standard input says, and answers on what was standard output, which from
// bisect_take_output on is nowhere: the guest's output does not belong there.
bool bisect_take_output(void);
int bisect_answer(struct intact_machine *machine);

#endif
