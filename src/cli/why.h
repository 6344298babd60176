// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive, as the command says it.
#ifndef CLI_WHY_H
#define CLI_WHY_H

#include <intact/debug.h>
#include <stdio.h>

// Prints the findings about `source`, a line each. -1 with a line in `why`: there is no such source.
int why_tell(struct intact_machine *machine, const char *source, FILE *file, char *why);

// Prints a line for each source that has raised an interrupt which does not arrive: its first gate. Those that the
// guest has masked at their pin come last, since it may not want them.
void why_tell_waiting(struct intact_machine *machine, FILE *file);

#endif
