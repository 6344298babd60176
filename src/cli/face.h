// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -display sdl and curses of a machine with a display: its screen in a window or on the terminal while it runs. Keys and the mouse go
// to the guest; nothing else of it reaches the machine.
//
//     this thread                           the machine's thread, another one
//     face: keys, mouse, drawing            servers_run_machine
//         -- intact_machine_look -->            copies what the guest shows
#ifndef CLI_FACE_H
#define CLI_FACE_H

#include <pthread.h>
#include <stdatomic.h>

#include "cli/settings.h"

struct intact_machine;

struct face {
    // On the machine's thread: copies what the guest shows. The others are on the face's thread, `draw` while nobody copies; `step`
    // waits for up to so many ms, and is false when the user ends the machine.
    void (*look)(struct face *face, struct intact_machine *machine);
    void (*draw)(struct face *face);
    bool (*step)(struct face *face, unsigned milliseconds);
    void (*close)(struct face *face);
    void *own;
    struct intact_machine *machine;
    uint8_t escape; // of -echr
    pthread_mutex_t lock;
    bool fresh; // what was copied is not drawn yet
    atomic_bool ended;
};

// Does -display show the guest's screen, instead of the machine's inside?
bool face_is_wanted(const struct settings *settings);

// What it has no use for is refused: -1 with a line in settings->why.
int face_check(struct settings *settings);

// Runs the machine behind the face, as servers_run_machine does. `face` must live as long as the machine. False with a line in
// settings->why: there is no face.
bool face_run(struct face *face, struct settings *settings, struct intact_machine *machine, bool at_terminal,
              struct intact_exit *end);

// The two faces. False with a line in `why`.
bool face_window(struct face *face, char *why);
bool face_curses(struct face *face, char *why);

#endif
