// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The lint of a machine; <intact/debug.h>, intact_machine_lint.
#ifndef MACHINE_LINT_H
#define MACHINE_LINT_H

#include <intact/lint.h>

#include "machine/machine.h"

// Begins, between two runs; does nothing if it has begun. -EINVAL: the configuration; -ENOMEM.
int machine_lint(struct intact_machine *machine, const struct intact_lint_config *config);
// 0 without one. Between two runs.
size_t machine_lint_each(struct intact_machine *machine,
                         void (*each)(void *owner, const struct intact_lint_finding *finding), void *owner);
void machine_lint_free(struct intact_machine *machine);

#endif
