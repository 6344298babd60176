// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A debugger's ways back, by a history that reaches any instruction (machine/board/history.h).
#ifndef MACHINE_BACK_H
#define MACHINE_BACK_H

#include <intact/machine.h>

struct stop_event;

// To the place where all processors have executed `instructions` in all. What stops a run is passed on the way,
// and stops at the place again. False: the history does not reach there, and the machine is as it was.
bool back_go_to(struct intact_machine *machine, uint64_t instructions);

// To the place before the last instruction of processor `cpu`. False: it has executed none since the history began, and
// the machine is at its beginning.
bool back_step(struct intact_machine *machine, unsigned cpu);

// To the last place before this one where a breakpoint, watchpoint or event stopped the run, or would have: *end is the
// stop. False: there is none, and the machine is where it was, or (back_continue) at the beginning of its history.
bool back_to_stop(struct intact_machine *machine, struct intact_exit *end);
bool back_continue(struct intact_machine *machine, struct intact_exit *end);

// To where `event` came last before this place; *end is the stop. -ENOENT: it has not come since the history began, and the
// machine is where it was. -ENOMEM.
int back_to_event(struct intact_machine *machine, const struct stop_event *event, struct intact_exit *end);

#endif
