// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -daemonize: the command goes on in the background, as soon as its machine can run; what is wrong until then is still said, and is
// the status of the command that was started.
#ifndef CLI_DAEMON_H
#define CLI_DAEMON_H

#include <stdbool.h>

// True in the process that goes on. False in that which was started, when the other one is ready or has ended, with the status to
// end with; also when there can be no other process, with errno and *status -1.
bool daemon_start(int *status);

// The machine is about to run: lets the first process end, and leaves the terminal. Without daemon_start nothing.
void daemon_ready(void);

#endif
