// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The header of a journal: lines "name value" that say of which machine it is, so that another one is refused.
//
//     version 0.1.0
//     schema 16 hexadecimal digits       of the list of state: type, processors, devices
//     digest 1000000                     instructions between two of them
//     rtc 1767225600                     config.rtc_date
//     -machine pc, -cpu, -smp, -m, -icount shift=0, -no-hpet, -no-acpi    the machine, as options
//     file -kernel 16 digits SIZE        of each file that the machine reads
//     argument TEXT
#ifndef MACHINE_REPLAY_FACTS_H
#define MACHINE_REPLAY_FACTS_H

#include <stdint.h>

#include "machine/board/board.h"

// The text; the caller frees it. NULL with a line in `error`: a file cannot be read, or no memory is left.
char *facts_write(struct board *board, uint64_t interval, const char *const *arguments, unsigned count,
                  struct error *error);

// Is the text that of this machine? -EINVAL with a line in `error` that names the first difference.
int facts_check(struct board *board, const char *text, struct error *error);

// Is the file that is to be written none that the machine reads? -EINVAL with a line in `error`.
int facts_check_output(struct board *board, const char *path, struct error *error);

// The same for a snapshot, which has what is in memory, but not drives: "version", the machine, and a "file" of each drive.
char *facts_of_snapshot(struct board *board, struct error *error);
int facts_check_snapshot(struct board *board, const char *text, struct error *error);

// The value of the line number `index` of that name, whose end is at `*end`; NULL: there is none.
const char *facts_line(const char *text, const char *name, unsigned index, const char **end);
// The same as a number; `otherwise` where there is none.
uint64_t facts_number(const char *text, const char *name, uint64_t otherwise);

#endif
