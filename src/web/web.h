// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a page in a browser can do with a lesson's machine: the exports of the WebAssembly module, which site/machine calls. There is one
// machine at a time, under a session (view/session.h), as with intact lesson --watch; docs/browser.md.
//
// Texts that are returned are valid until the next call of any function here. An `int` is -1, and a text NULL, where something is
// wrong; web_error then says what.
#ifndef WEB_WEB_H
#define WEB_WEB_H

// Where the folders of the lessons are. Before everything else.
void web_begin(const char *folder);
// A line, without an end of line.
const char *web_error(void);

// All lessons as JSON: a list of objects with number, name, title, gist, track, machine and hasBroken.
const char *web_lessons(void);
// Makes the machine of a lesson, a number or a name, and stands before its first instruction. `variant`: "given" or "broken". The
// machine that was there is destroyed. 0.
int web_open(const char *lesson, const char *variant);
// Runs the lesson's guest in a machine of its own, to its end: what intact lesson --json prints.
const char *web_check(const char *lesson, const char *variant);

// --- The open machine; without one these return NULL, or do nothing ---------------------------------------------------

// The session does what the key asks for: a number of view/keys.h.
void web_key(int key);
// Goes on with a run that the key `g` began, by a portion. Does it run still?
int web_run_on(void);
// To where so many instructions had been executed, back or forward. A double holds every count below 2^53.
void web_go_to(double instructions);
// What is to be seen, as JSON (view/view_json.h).
const char *web_model(void);
// The names of the interrupts' sources, a line each.
const char *web_sources(void);
// Why the interrupt of one of them does not arrive: a line for each finding, as the JSON of intact lesson has them, but "idle"
// instead of "gate" where the source requests nothing now.
const char *web_why(const char *source);

#endif
