// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See servers.h.
#include "cli/servers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/console.h"

// A port that the host has chosen is told.
static void tell_port(const char *option, const char *where, unsigned port)
{
    const char *colon = strrchr(where, ':');
    if (port && colon && strtoul(colon + 1, NULL, 10) == 0)
        fprintf(stderr, "intact: %s listens at %.*s:%u\n", option, (int)(colon - where), where, port);
}

static int open_monitor(struct servers_open *open, struct settings *settings, struct intact_machine *machine,
                        unsigned i)
{
    const struct monitor_wish *wish = &settings->monitors[i];
    if (consoles_edit(wish))
        return 0;
    int result = wish->qmp ? intact_qmp_open(machine, wish->where, &open->qmps[i], settings->why)
                           : intact_monitor_open(machine, wish->where, &open->monitors[i], settings->why);
    if (result == 0)
        tell_port(wish->qmp ? "-qmp" : "-monitor", wish->where,
                  wish->qmp ? intact_qmp_port(open->qmps[i]) : intact_monitor_port(open->monitors[i]));
    return result;
}

int servers_open(struct servers_open *open, struct settings *settings, struct intact_machine *machine)
{
    *open = (struct servers_open){ NULL };
    if (settings->gdb && intact_gdb_open(machine, settings->gdb, &open->gdb, settings->why) < 0)
        return -1;
    if (settings->gdb)
        tell_port("-gdb", settings->gdb, intact_gdb_port(open->gdb));
    for (unsigned i = 0; i < settings->monitor_count; i++)
        if (open_monitor(open, settings, machine, i) < 0)
            return -1;
    return 0;
}

void servers_close(struct servers_open *open)
{
    intact_gdb_close(open->gdb);
    for (unsigned i = 0; i < MONITOR_LIMIT; i++) {
        intact_monitor_close(open->monitors[i]);
        intact_qmp_close(open->qmps[i]);
    }
}

// Nobody at standard input has to be told: the monitor is there.
static void tell_waiting(const struct settings *settings, const char *stopped)
{
    for (unsigned i = 0; i < settings->monitor_count; i++)
        if (strcmp(settings->monitors[i].where, "stdio") == 0)
            return;
    if (settings->gdb)
        fprintf(stderr, "intact: %swaits for a debugger at %s\n", stopped, settings->gdb);
    else if (settings->monitor_count)
        fprintf(stderr, "intact: %swaits for cont at %s\n", stopped, settings->monitors[0].where);
    else
        fprintf(stderr, "intact: %swaits for cont in the monitor: Ctrl-a c\r\n", stopped);
}

// A stop without a client waits for one.
struct intact_exit servers_run_machine(const struct settings *settings, struct intact_machine *machine,
                                       bool at_terminal)
{
    char text[256];
    if (!servers_wanted(settings) && !at_terminal)
        return intact_machine_run(machine);
    if (settings->stopped)
        tell_waiting(settings, "");
    struct intact_exit end = intact_machine_serve(machine, settings->stopped);
    while (end.reason == INTACT_BREAK) {
        const char *event = intact_break_event_hit(machine);
        snprintf(text, sizeof text, "stopped by %s after %" PRIu64 " instructions; ",
                 *event                        ? event
                 : end.stop == INTACT_STOP_OFF ? "power off"
                                               : "a breakpoint",
                 end.instructions);
        tell_waiting(settings, text);
        end = intact_machine_serve(machine, true);
    }
    return end;
}
