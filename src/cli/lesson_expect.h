// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a lesson expects of its guest: the files `expect` and `why` of its folder, whose grammar is in lessons/README.md.
#ifndef CLI_LESSON_EXPECT_H
#define CLI_LESSON_EXPECT_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/machine.h>

#define EXPECT_EVENTS 96
#define EXPECT_FIELDS 8
#define EXPECT_WORDS  24 // of options
#define EXPECT_SAYS   8

enum expect_kind {
    EXPECT_MUST,  // occurs, behind the MUST before it
    EXPECT_NOT,   // does not occur between the MUST before it and the one behind it
    EXPECT_SOME,  // occurs, wherever
    EXPECT_NEVER, // does not occur
};

// How a guest ends.
enum expect_end {
    END_PASSED, // its guest_main returned EXIT_PASSED
    END_FAILED, // EXIT_FAILED
    END_STUCK,  // every processor is halted for ever
    END_LIMIT,  // it did not end within the limit of instructions
    END_OTHER,  // a reset, another exit status
    ENDS,
};
const char *expect_end_name(enum expect_end end);

struct expect_event {
    enum expect_kind kind;
    unsigned line; // of the file
    enum intact_trace_id id;
    unsigned field_count;
    struct {
        char *name, *value;
    } field[EXPECT_FIELDS];
    char *words; // as it stands in the file, "take vector=0x25"
    char *text;  // the sentence; NULL: none
    // Of `why`: what becomes of it in the broken guest.
    bool broken;
};

struct expect {
    char *path;    // of `expect`
    char *track;   // "8259"
    char *machine; // as of -machine
    bool arm;      // its controllers are a GIC
    char *option[EXPECT_WORDS];
    unsigned option_count;
    uint64_t limit; // instructions
    char *hidden;   // a chip whose events --trace leaves out, "ioapic0"; NULL: none
    enum expect_end end;
    struct expect_event event[EXPECT_EVENTS];
    unsigned count;
    // The file `why`; all empty without one.
    char *source;               // what intact why is asked about
    enum expect_end broken_end; // of the broken guest
    char *says[EXPECT_SAYS];    // lines of the answer
    unsigned says_count;
};

// Reads the file `expect`, and `why` unless its path is NULL. -1 with a line in `why` (INTACT_ERROR_SIZE): the file and the line
// that is wrong, and what would be right. expect_free in both cases.
int expect_read(struct expect *expect, const char *path, char *why);
int expect_read_why(struct expect *expect, const char *path, char *why);
void expect_free(struct expect *expect);

// "must", "not", "some", "never"
const char *expect_kind_name(enum expect_kind kind);
// Has it to occur? Otherwise it must not.
bool expect_wants(const struct expect_event *event);

#endif
