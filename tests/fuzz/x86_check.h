// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What must hold of a PC's interrupt controllers whatever a guest did.
#ifndef TESTS_FUZZ_X86_CHECK_H
#define TESTS_FUZZ_X86_CHECK_H

#include "pc_rig.h"

// Deriving every output once more changes nothing.
void x86_check_settled(struct pc *pc);

#endif
