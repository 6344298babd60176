// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -lint: what the guest did wrong, at the end of a run.
#ifndef CLI_LINT_H
#define CLI_LINT_H

#include <intact/debug.h>

#include "cli/settings.h"

// Before the first instruction. -1: an error line.
int lint_begin(struct settings *settings, struct intact_machine *machine);
// Tells on standard error. Returns `status`, or with -lint error STATUS_LINT where there was something, unless `status` says
// that the run failed otherwise.
int lint_tell(const struct settings *settings, struct intact_machine *machine, int status);

#endif
