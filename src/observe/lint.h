// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The inside of a lint: <intact/lint.h>.
#ifndef OBSERVE_LINT_H
#define OBSERVE_LINT_H

#include <intact/lint.h>

#define LINT_FINDINGS   256
#define LINT_OF_KIND    16   // findings of one kind; more are counted with the last
#define LINT_SERVED     1024 // interrupts in service at once, at most
#define LINT_CPUS       4096
#define LINT_LEVELS     64
#define LINT_SUSPICIONS 16
#define LINT_NAME       128
#define LINT_LINES      256

// What the machine knows of the instruction that an event is within.
struct lint_where {
    uint32_t cpu; // INTACT_NO_CPU: none
    uint64_t pc;
    bool has_pc;
    bool real_mode; // x86: vectors below 32 are the BIOS's, for interrupts too
};

// What a machine finds in its chips and devices, beyond the events. NULL in a lint of chips alone. `owner` is that of `where`.
struct lint_machine {
    // An event, after the lint has looked at it.
    void (*hear)(void *owner, const struct intact_trace_event *event);
    // A level is taken again and again: is it of a line that others share, and whose handler has quieted only another? Writes
    // the names.
    bool (*shared)(void *owner, const struct intact_trace_event *event, char *name, size_t size);
    // Is what was suspected still so?
    bool (*holds)(void *owner, enum intact_lint_id id, uint64_t number);
};

struct lint_entry {
    struct intact_lint_finding finding;
    uint64_t number; // with the id: what is counted together
    char name[LINT_NAME];
};

// An interrupt in service.
struct lint_served {
    uint64_t number;
    struct intact_lint_finding first; // as it will be reported
    bool told;
    char name[LINT_NAME];
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
    const struct lint_machine *machine;
    const char *lowered[LINT_LINES]; // by GSI, the machine's: the source that fell last
    uint64_t
        nmi_stacks[LINT_CPUS]; // x86, of each CPU, the machine's: where an NMI found the stack pointer; 0: not known
    struct lint_entry *entries;
    size_t room, count;
    struct lint_entry suspicions[LINT_SUSPICIONS];
    size_t suspicion_count;
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
// The machine was reset: nothing is in service any more.
void lint_reset(struct intact_lint *lint);

// --- lint_note.c -----------------------------------------------------------------------------------------------------

// Where the guest is at an event.
struct lint_where lint_locate(const struct intact_lint *lint, const struct intact_trace_event *event);
// A finding with one occurrence, at `event`.
struct intact_lint_finding lint_describe(const struct intact_lint *lint, const struct intact_trace_event *event,
                                         enum intact_lint_id id, const char *name);
// What raised the interrupt of an event.
void lint_source_name(const struct intact_lint *lint, const struct intact_trace_event *event, char *out, size_t size);
// Keeps a finding, whose `count` is added to those of the same id and number. The name is copied.
void lint_note(struct intact_lint *lint, const struct intact_lint_finding *first, uint64_t number);
// The same, if it still holds a millisecond later, and lint_trust has not taken it back. One that is suspected already stays.
void lint_suspect(struct intact_lint *lint, const struct intact_lint_finding *first, uint64_t number);
void lint_trust(struct intact_lint *lint, enum intact_lint_id id, uint64_t number);
// The time is `time` now; UINT64_MAX: nothing will happen any more.
void lint_confirm(struct intact_lint *lint, uint64_t time);

// --- lint_rows.c -----------------------------------------------------------------------------------------------------

// What a MISTAKE is; INTACT_LINT_IDS: not one that is reported.
enum intact_lint_id lint_of_mistake(const struct intact_trace_event *event);
// What a DROP is, the same.
enum intact_lint_id lint_of_drop(const struct intact_trace_event *event);

#endif
