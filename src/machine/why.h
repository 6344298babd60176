// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt of a machine does not arrive, by the name of its source; <intact/debug.h>, intact_machine_why.
#ifndef MACHINE_WHY_H
#define MACHINE_WHY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/why.h"
#include "machine/machine.h"

// Begins to watch what becomes of interrupts, for the answers, between two runs; does nothing if it has begun. -ENOMEM.
int machine_why_watch(struct intact_machine *machine);
void machine_why_free(struct intact_machine *machine);

// Between two runs. -EINVAL with a line in `error`: there is no such source.
int machine_why(struct intact_machine *machine, const char *source, intact_why_found *found, void *owner,
                struct error *error);

// The names of sources, in order: lines, devices' parts, groups, the processors' own. False behind the last one.
bool machine_source_at(struct board *board, unsigned index, char *name, size_t size);

#endif
