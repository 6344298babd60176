// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A whole PC for the fuzzers: made without a file, and one list of all its state.
#ifndef TESTS_FUZZ_PC_RIG_H
#define TESTS_FUZZ_PC_RIG_H

#include "base/visit.h"
#include "machine/pc.h"

#define PC_RIG_RAM (UINT64_C(4) << 20)

// A PC with `cpus` processors and every device there is; its kernel is a HLT. Aborts on failure.
struct pc *pc_rig_new(unsigned cpus);
void pc_rig_free(struct pc *pc);

// A snapshot of all but RAM in memory; pc_rig_differs names the first field of the machine that is not as saved, or gives NULL.
struct visit_save pc_rig_save(struct pc *pc);
void pc_rig_load(struct pc *pc, const struct visit_save *save);
const char *pc_rig_differs(struct pc *pc, const struct visit_save *save);

#endif
