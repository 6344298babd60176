// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What became of the interrupts of each source so far: an observer that counts, for the answers of why.
//
// Memory: an entry for each name of a source.
#ifndef OBSERVE_PAST_H
#define OBSERVE_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/trace.h>

#include "base/why.h"
#include "observe/name_table.h"

struct past_source {
    uint64_t raises, merged, dropped, taken, ended;
    uint64_t raised_at, dropped_at, taken_at, ended_at; // instructions, of the last one
    uint64_t pc;                                        // where it was taken last
    uint32_t cpu;                                       // by whom
};

struct past {
    struct intact_trace_observer observer; // to be added to a trace
    struct name_table names;
    struct past_source *sources; // by the number of the name
    size_t count, room;          // names from `count` on have none: the host had no memory
    uint64_t begun;              // instructions at which watching began
    uint64_t last_cause;
    uint64_t now; // instructions of the last event
    bool arm;
};

// An observer that was not added yet.
void past_init(struct past *past, bool arm, uint64_t instructions);
void past_free(struct past *past);
// The machine is at so many instructions. If that is before what was counted it went back, or was loaded: what was counted is
// forgotten, and watching begins here.
void past_at(struct past *past, uint64_t instructions);
// What is known of a source; NULL: nothing has come from it.
const struct past_source *past_find(const struct past *past, const char *source);

// Reports what became of the raises of `source`.
void past_why(const struct past *past, const char *source, struct why *why);

#endif
