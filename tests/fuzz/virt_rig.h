// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A whole `virt` machine for the fuzzers.
#ifndef TESTS_FUZZ_VIRT_RIG_H
#define TESTS_FUZZ_VIRT_RIG_H

#include "machine/virt.h"
#include "rig.h"

// `gic` is 2 or 3; its kernel is a WFI. Aborts on failure.
struct rig virt_rig(unsigned cpus, unsigned gic, bool its);

#endif
