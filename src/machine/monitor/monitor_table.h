// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The rows of the monitor's table of commands.
#ifndef MACHINE_MONITOR_TABLE_H
#define MACHINE_MONITOR_TABLE_H

#include <stdint.h>

#include "machine/monitor/monitor_commands.h"

#define MONITOR_LINE_ARGUMENT UINT8_MAX

struct monitor_row {
    const char *name, *alias; // of one or two words; another name, or NULL
    const char *arguments;
    uint8_t least, most; // how many of them there may be; MONITOR_LINE_ARGUMENT: one, which is the rest of the line
    const char *in_gdb;  // what a client of gdb's says instead; NULL: this
    const char *about;
    monitor_function *run;
};

// By index from 0 on; NULL behind the last.
const struct monitor_row *monitor_row(unsigned index);

// The command that the text begins with, and what follows its name; NULL: none.
const struct monitor_row *monitor_find(char *text, char **arguments);

#endif
