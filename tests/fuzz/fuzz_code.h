// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random code in a whole machine that has one processor. The family makes the program; fuzz_code.c, which also has the
// case, runs it in several ways that must not make a difference.
#ifndef TESTS_FUZZ_FUZZ_CODE_H
#define TESTS_FUZZ_FUZZ_CODE_H

#include "debug/registers.h"
#include "fuzz.h"
#include "rig.h"

enum { CODE_VARIANTS = 3 }; // of a machine (gic-version); each keeps its own rigs

struct code_family {
    unsigned variants; // 1 to CODE_VARIANTS
    struct rig (*make)(unsigned variant);
    // Memory, registers and timers of a fresh machine.
    void (*program)(struct fuzz *fuzz, const struct rig *rig);
    const struct debug_family *debug;
    // Where the processor is, for --trace.
    void (*tell)(const struct fuzz *fuzz, const struct rig *rig);
};

extern const struct code_family code_family;

#endif
