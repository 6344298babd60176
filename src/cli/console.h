// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where the guest's output goes and its input comes from.
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include <stdio.h>

#include "cli/settings.h"

struct output {
    FILE *file;    // NULL: nowhere
    bool owned;    // opened by us
    bool live;     // a terminal: every character at once
    unsigned held; // characters since the last flush of the machine's thread
};

struct consoles {
    struct output serial, debugcon, devices[CHARDEV_LIMIT];
    bool reads, escapes; // standard input goes to the guest; Ctrl-a is the escape key
    bool escape_seen;    // Ctrl-a came
    struct intact_machine *machine;
};

// Opens what the settings name and puts it into the configuration. -1: settings->why says what failed.
int consoles_open(struct consoles *consoles, struct settings *settings);
// From here on the terminal belongs to the guest, until consoles_close.
void consoles_start(struct consoles *consoles, struct intact_machine *machine);
void consoles_close(struct consoles *consoles);

// Characters from standard input: those for the guest are moved to the start of `data`, and their number is returned.
// *quit is set for Ctrl-a x. With the escape key only.
size_t console_filter(struct consoles *consoles, uint8_t *data, size_t size, bool *quit);

#endif
