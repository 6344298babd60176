// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine under a user's hands, for what shows one: intact watch and lessons on the terminal, and a page in a browser (src/web).
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "cli/settings.h"

struct watch_wish {
    const char
        *keys; // done instead of those of the terminal, and then the last screen is printed; NULL: the terminal's
    const char *shot;       // the file that the last screen is written to; NULL: none, or with `keys` standard output
    unsigned width, height; // of the screen, 0: those of the terminal
    bool console;           // it begins with the guest's console, and runs
};

// Makes the machine of the settings, shows it until the user ends it, and destroys it. Returns an exit status, after a line to
// standard error if something was wrong.
int watch_machine(struct settings *settings, const struct watch_wish *wish);
// The same for intact run -display sdl: in a window, which begins with the guest's console, and the machine runs. Returns the exit
// status of a run that has ended.
int watch_in_window(struct settings *settings);

// --- watch_open.c ----------------------------------------------------------------------------------------------------

#define WATCH_HISTORY (UINT64_C(256) << 20) // bytes for the way back, if -snapshots says nothing

struct session;
// 0; or -1 with a line in settings->why: they say what only a run has.
int watch_check(struct settings *settings);
// Makes the machine of the settings, with what a session needs, and opens the session. NULL, with a line in settings->why.
struct intact_machine *watch_open(struct settings *settings, struct session *session);
void watch_close(struct intact_machine *machine, struct session *session);

#endif
