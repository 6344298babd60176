// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -screendump-at N:FILE: the guest's picture when all processors have executed N instructions.
#ifndef CLI_SCREENDUMP_H
#define CLI_SCREENDUMP_H

#include "cli/settings.h"

struct intact_machine;

// Before the run. -1 with a line in settings->why.
int screendumps_begin(struct settings *settings, struct intact_machine *machine);
// After it: `status`, or that of a picture that could not be written.
int screendumps_end(const struct settings *settings, int status);

#endif
