// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine on the terminal, for the commands that show one: intact watch, and lessons.
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "cli/settings.h"

struct watch_wish {
    const char
        *keys; // done instead of those of the terminal, and then the last screen is printed; NULL: the terminal's
    const char *shot;       // the file that the last screen is written to; NULL: none, or with `keys` standard output
    unsigned width, height; // of the screen, 0: those of the terminal
};

// Makes the machine of the settings, shows it until the user ends it, and destroys it. Returns an exit status, after a line to
// standard error if something was wrong.
int watch_machine(struct settings *settings, const struct watch_wish *wish);

#endif
