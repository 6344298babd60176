// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where the guest's output goes and its input comes from.
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include <stdio.h>

#include "cli/char_lines.h"
#include "cli/keys.h"
#include "cli/monitor_terminal.h"
#include "cli/settings.h"

enum { CONSOLES_PORTS = 4 };

struct output {
    const struct stream *stream;
    FILE *log; // it goes there as well as to `inner`; NULL: only to its own place
    struct intact_console inner;
    FILE *file;    // NULL: nowhere, or a line
    bool owned;    // opened by us
    bool live;     // a terminal: every character at once
    unsigned held; // characters since the last flush of the machine's thread
    bool lost;     // something could not be written, and that was said
};

struct consoles {
    struct output serial, debugcon, devices[CHARDEV_LIMIT];
    struct char_lines lines;
    bool reads;                        // standard input goes to the guest: to the port in focus
    const char *ports[CONSOLES_PORTS]; // as of intact_machine_chardev_input
    unsigned port_count, focus;
    struct keys keys;
    struct intact_machine *machine;
    struct monitor_terminal *monitor; // at the terminal, alone or behind Ctrl-a c; NULL: none
};

// Opens what the settings name and puts it into the configuration. -1: settings->why says what failed.
int consoles_open(struct consoles *consoles, struct settings *settings);
// Opens the lines of monitors that need one: `where` of each becomes its end. -1: settings->why says what failed.
int consoles_lead(struct consoles *consoles, struct settings *settings);
// Is it a monitor at a terminal, whose lines are edited, so that consoles_monitor opens it?
bool consoles_edit(const struct monitor_wish *wish);
// Is there to be one behind Ctrl-a c, on the terminal of the serial port?
bool consoles_share(const struct settings *settings);
// Opens a monitor at the terminal where there is to be one. -1: settings->why says what failed.
int consoles_monitor(struct consoles *consoles, struct intact_machine *machine, struct settings *settings);
// From here on the terminal belongs to the guest, until consoles_close. Waits for clients where options say so. -1: settings->why
// says what failed.
int consoles_start(struct consoles *consoles, struct intact_machine *machine, struct settings *settings);
// False: not all that the guest printed could be written, which standard error was told.
bool consoles_close(struct consoles *consoles);

#endif
