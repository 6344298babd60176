// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Ctrl-C (SIGINT) and SIGTERM while a run is recorded or repeated, or a trace or the log of -D is written: the run stops as by
// intact_machine_quit, so that the command can say how far it came, and write the rest. Another one ends the process, if two
// seconds have passed.
//
// Threads: the machine's.
#ifndef CLI_STOP_SIGNAL_H
#define CLI_STOP_SIGNAL_H

#include <intact/machine.h>

// Before other threads are made, so that they do not get the signals. One that is ignored stays so.
void stop_signal_start(struct intact_machine *machine);
// Before the machine is destroyed; from here on a signal ends the process.
void stop_signal_end(void);

#endif
