// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Ctrl-C (SIGINT) during a replay: it stops as by intact_machine_quit, so that the command can say how far it came. A second
// one ends the process.
//
// Threads: the machine's.
#ifndef CLI_STOP_SIGNAL_H
#define CLI_STOP_SIGNAL_H

#include <intact/machine.h>

// Before other threads are made, so that they do not get the signal. Where SIGINT is ignored it stays so.
void stop_signal_start(struct intact_machine *machine);
// Before the machine is destroyed; from here on the signal ends the process.
void stop_signal_end(void);

#endif
