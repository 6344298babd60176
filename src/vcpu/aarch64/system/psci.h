// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Power State Coordination Interface (DEN 0022, version 1.0), answered in place of firmware.
#ifndef VCPU_AARCH64_SYSTEM_PSCI_H
#define VCPU_AARCH64_SYSTEM_PSCI_H

#include "vcpu/aarch64/cpu.h"

// The call that W0 names, by HVC #0; the result is in X0. False: unknown, X0 is unchanged.
bool a64_psci_call(struct a64_cpu *cpu);

#endif
