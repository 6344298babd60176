// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Sets the registers of the first processor to the state that the loader returned. The others wait for PSCI's CPU_ON.
#include "machine/virt/virt.h"
#include "vcpu/aarch64/system/sysreg.h"

void virt_start(struct virt *virt, const struct boot_arm64_state *state)
{
    a64_start(virt->cpus[0], state->entry, state->tree);
}
