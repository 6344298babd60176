// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A whole PC for the fuzzers.
#ifndef TESTS_FUZZ_PC_RIG_H
#define TESTS_FUZZ_PC_RIG_H

#include "machine/pc/pc.h"
#include "rig.h"

// Its configuration, to be added to.
struct intact_machine_config pc_rig_config(unsigned cpus);
// A PC with `cpus` processors and every device there is; its kernel is a HLT. Aborts on failure.
struct rig pc_rig(unsigned cpus);

#endif
