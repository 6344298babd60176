// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Compares the events of a run with what a lesson expects, as they come.
//
//     struct match match;
//     match_begin(&match, &expect);
//     ... match_event(&match, &event) for each, in the order in which they happened
//     match_end(&match);
//
// An event is compared as the JSON of a trace (docs/tracing.md): the fields of a line of `expect` are those of that object.
#ifndef CLI_LESSON_MATCH_H
#define CLI_LESSON_MATCH_H

#include "cli/lesson_expect.h"
#include "observe/event_text.h"
#include "observe/export.h"

struct match_state {
    bool occurred;              // MUST and SOME: fulfilled; NOT and NEVER: it did occur where it must not
    uint64_t instructions;      // when it occurred first
    char text[EVENT_TEXT_SIZE]; // of NOT and NEVER: the event in words
};

struct match {
    const struct expect *expect;
    uint64_t wanted; // INTACT_TRACE_BIT of the events that are expected, in either way
    unsigned next;   // index of the MUST that is waited for; `count` of the expectations: none
    struct match_state state[EXPECT_EVENTS];
    // Accesses are too many to look at all: the addresses that expectations name. `any_address`: one names none.
    uint64_t address[EXPECT_EVENTS];
    unsigned address_count;
    bool any_address;
    // An event as JSON.
    struct export *export;
    FILE *file;
    char *text;
    size_t size;
    bool failed; // the host has no memory left
};

// 0 or -ENOMEM; match_end in both cases.
int match_begin(struct match *match, const struct expect *expect);
// True: it fulfils an expectation, or breaks one.
bool match_event(struct match *match, const struct intact_trace_event *event);
// Nothing of `state` changes. 0, or -ENOMEM: the comparison is not complete.
int match_end(struct match *match);

// Is the expectation fulfilled? For NOT and NEVER: so far.
bool match_holds(const struct match *match, unsigned index);

#endif
