// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The inside of a lint: <intact/lint.h>.
#ifndef OBSERVE_LINT_H
#define OBSERVE_LINT_H

#include <intact/lint.h>

#define LINT_FINDINGS 256
#define LINT_SERVED   1024 // interrupts in service at once, at most
#define LINT_CPUS     4096
#define LINT_LEVELS   64

// What the machine knows of the instruction that an event is within.
struct lint_where {
    uint32_t cpu; // INTACT_NO_CPU: none
    uint64_t pc;
    bool has_pc;
    bool real_mode; // x86: vectors below 32 are the BIOS's, for interrupts too
};

struct lint_entry {
    struct intact_lint_finding finding;
    uint64_t number; // with the id: what is counted together
    char name[64];
};

// An interrupt in service.
struct lint_served {
    uint64_t number;
    struct intact_lint_finding first; // as it will be reported
    bool told;
    char name[64];
};

// How often a raise has been taken: those of a level that stays up are one raise.
struct lint_level {
    uint64_t cause, taken;
};

struct intact_lint {
    struct intact_trace_observer observer;
    struct intact_lint_config config;
    // The machine's answer; NULL: chips alone.
    void (*where)(void *owner, const struct intact_trace_event *event, struct lint_where *where);
    void *where_owner;
    struct lint_entry *entries;
    size_t room, count;
    struct lint_served *served;
    size_t served_room, served_count;
    uint64_t due;                       // instructions at which the oldest in service is looked at; UINT64_MAX: none is
    uint64_t now;                       // instructions of the last event
    uint64_t (*accepted)[4];            // x86, of each CPU: vectors that its local APIC has accepted
    uint32_t cpus;                      // that have one
    uint64_t cascade_ended;             // instructions of the last EOI for the slave's pin of the master 8259A, + 1
    uint64_t pic_ended, pic_ended_at;   // the last EOI of a line of an 8259A, and its instructions
    uint64_t dropped_cause, dropped_at; // the last interrupt that was dropped
    struct lint_level levels[LINT_LEVELS]; // by cause
};

// The run is at `instructions` now: what has been in service for too long is reported.
void lint_check(struct intact_lint *lint, uint64_t instructions);

// lint_rows.c
// What a MISTAKE is; INTACT_LINT_IDS: not one that is reported.
enum intact_lint_id lint_of_mistake(const struct intact_trace_event *event);
// What a DROP is, the same.
enum intact_lint_id lint_of_drop(const struct intact_trace_event *event);

#endif
