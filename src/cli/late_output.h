// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Output that is held back for its line to end is shown after a moment of the host's time all the same: a prompt must be
// seen while the guest polls for the answer. A thread does it, and the guest's run does not depend on it. One to a process.
#ifndef CLI_LATE_OUTPUT_H
#define CLI_LATE_OUTPUT_H

#include <stdbool.h>

#define LATE_OUTPUT_MS 20

// Starts the thread, which calls `flush` LATE_OUTPUT_MS after late_output_note. False: the host has no thread left.
bool late_output_start(void (*flush)(void *owner), void *owner);
// Something is held back. Cheap where that is known already; the caller's data must be in place before.
void late_output_note(void);
// Returns when `flush` will not be called any more.
void late_output_stop(void);

#endif
