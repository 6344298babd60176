// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine under the hands of a user: keys and clicks, and what they do. Every face that shows a machine has one, so that all have
// the same keys, and what a mouse does can be done by keys, too.
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

#define SESSION_KEYS    "snbpgGcjkhliwoC?q" // and those of keys.h
#define SESSION_PRINTED 16384

struct session {
    struct view *view;
    struct panes panes;
    struct grid *grid;                // that was drawn last
    struct intact_exit end;           // of the last run
    bool started;                     // `end` is of a run
    bool runs;                        // `g`, and the console: session_run_on goes on with it
    bool stale;                       // it has run since the last look
    bool typed;                       // there is input that no run has seen
    bool escape;                      // Ctrl-a came, in the console
    unsigned source;                  // the next one that `w` asks for
    uint64_t host_start, guest_start; // session_pace: when both clocks were together
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
// Does what a key of keys.h asks for, or a click. False: it was `q`.
bool session_key(struct session *session, int key);
// The guest's console is shown, and the machine runs.
void session_console(struct session *session);
// While `runs`: a part of the run. The face looks for keys in between, and draws now and then.
void session_run_on(struct session *session);
// For a face whose keys are a text (keys.h) that goes on with `keys`: more characters for the guest come before it runs on.
bool session_expects(const struct session *session, const char *keys);
// Takes the machine to where all processors had executed `instructions` in all: back, or forward to there or to what ends the run
// before.
void session_go_to(struct session *session, uint64_t instructions);
// How long the face waits before it goes on with a run, in ms, so that a guest at its console is not ahead of the host's clock, of
// which `host` is the time in ns. 0: not at all.
unsigned session_pace(struct session *session, uint64_t host);
// After session_run_on, which does not: looks at the machine, for those who read `view`. session_draw does it by itself.
void session_look(struct session *session);
void session_draw(struct session *session, struct grid *grid);

// A machine that has ended does not go on, for the guest has turned it off, or nothing will happen; ways back lead from there.
bool session_has_ended(const struct session *session);

// What the guest has printed so far, as far as it is kept: `session->printed`, of which so many bytes. What a machine that has gone
// back will print again is not part of it.
size_t session_printed(const struct session *session);

// For the configuration's `serial.write`; the owner is the session.
void session_print(void *session, uint8_t byte);

#endif
