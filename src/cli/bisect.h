// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// intact replay --bisect FILE: finds the instruction at which two replays of a journal become different.
#ifndef CLI_BISECT_H
#define CLI_BISECT_H

#include <stdbool.h>

#include <intact/replay.h>

// Two processes replay the journal, this program (`self`) and `other`, or itself again. Prints the first instruction after
// which their states differ, and what differs, on standard output. Returns an exit status: 0 they are the same to the end.
int bisect(const char *self, const char *other, const char *file);

// The part of such a process: goes where standard input says, and answers on what was standard output, which from
// bisect_take_output on is nowhere: the guest's output does not belong there.
bool bisect_take_output(void);
int bisect_answer(struct intact_machine *machine);

#endif
