// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Output that is buffered until the end of its line is shown after a short host time anyway: a prompt must be visible
// while the guest polls for the answer. A thread does it, and the guest's run does not depend on it. There is one in a
// process.
#ifndef CLI_LATE_OUTPUT_H
#define CLI_LATE_OUTPUT_H

#include <stdbool.h>
#include <time.h>

#define LATE_OUTPUT_MS 20

// Starts the thread, which calls `flush` LATE_OUTPUT_MS after late_output_note. False: the host has no thread left.
bool late_output_start(void (*flush)(void *owner), void *owner);
// Output has been buffered. Cheap if that is known already; the output must be in the buffer before the call.
void late_output_note(void);
// When what was noted at that time is flushed, of the same clock.
struct timespec late_output_deadline(struct timespec noted);
// Returns when `flush` will not be called any more.
void late_output_stop(void);

#endif
