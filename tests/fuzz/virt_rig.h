// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A whole `virt` machine for the fuzzers.
#ifndef TESTS_FUZZ_VIRT_RIG_H
#define TESTS_FUZZ_VIRT_RIG_H

#include "machine/virt/virt.h"
#include "rig.h"

// Its configuration, to be added to.
struct intact_machine_config virt_rig_config(unsigned cpus, unsigned gic, bool its);
// `gic` is 2 or 3; its kernel is a WFI. Aborts on failure.
struct rig virt_rig(unsigned cpus, unsigned gic, bool its);

#endif
