// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The command's servers for debuggers: -gdb, -monitor, -qmp, -mon.
#ifndef CLI_SERVERS_H
#define CLI_SERVERS_H

#include <intact/debug.h>

#include "cli/settings.h"

struct servers_open {
    struct intact_gdb *gdb;
    struct intact_monitor *monitors[MONITOR_LIMIT];
    struct intact_qmp *qmps[MONITOR_LIMIT];
};

// All but a monitor of consoles_monitor. -1 with the line of an error; servers_close closes those that were opened.
int servers_open(struct servers_open *open, struct settings *settings, struct intact_machine *machine);
// Runs the machine to its end, for its servers or alone; `at_terminal`: there is a monitor of consoles_monitor.
struct intact_exit servers_run_machine(const struct settings *settings, struct intact_machine *machine,
                                       bool at_terminal);
void servers_close(struct servers_open *open);

#endif
