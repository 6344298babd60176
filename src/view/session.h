// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine under the hands of a user: keys, and what they do. Every face that shows a machine has one, so that all have the
// same keys; a mouse in a window is turned into them.
//
//     session_open(&session, machine, &config, why);
//     session_draw(&session, &grid);
//     while (session_key(&session, read_key()))
//         session_draw(&session, &grid);
//
// A machine needs a history to go back (intact_machine_history).
#ifndef VIEW_SESSION_H
#define VIEW_SESSION_H

#include <intact/machine.h>

#include "view/panes.h"

#define SESSION_KEYS     "snbpgGcjkhliw?q" // and Tab
#define SESSION_BACK_TAB 0x100             // Shift-Tab, as a key; the others are characters

#define SESSION_PRINTED 4096

struct session {
    struct view *view;
    struct panes panes;
    struct intact_exit end; // of the last run
    bool started;           // `end` is of a run
    bool runs;              // `g`: session_run_on goes on with it
    unsigned source;        // the next one that `w` asks for
    char state[INTACT_ERROR_SIZE];
    char printed[SESSION_PRINTED];        // the end of what the guest printed,
    uint64_t printed_at[SESSION_PRINTED]; // and when: so many instructions had been executed
};

// 0; or a negative errno with a line in `why`. session_close allows one that was not opened, if it is all 0.
int session_open(struct session *session, struct intact_machine *machine, const struct intact_machine_config *config,
                 char *why);
void session_close(struct session *session);

// Is it one of SESSION_KEYS?
bool session_knows(char key);
// Does what a key asks for. False: it was `q`.
bool session_key(struct session *session, int key);
// While `runs`: a part of the run. The face looks for keys in between; each ends it.
void session_run_on(struct session *session);
void session_draw(const struct session *session, struct grid *grid);

// A machine that has ended does not go on, for the guest has turned it off, or nothing will happen; ways back lead from there.
bool session_has_ended(const struct session *session);

// What the guest has printed so far, as far as it is kept: `session->printed`, of which so many bytes. What a machine that has gone
// back will print again is not part of it.
size_t session_printed(const struct session *session);

// For the configuration's `serial.write`; the owner is the session.
void session_print(void *session, uint8_t byte);

#endif
