// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Sets the registers of the first processor to the state that the loader returned. The others wait for PSCI's CPU_ON, which says
// where they start.
#include "machine/virt/virt.h"
#include "vcpu/aarch64/system/sysreg.h"

void virt_start(struct virt *virt, const struct boot_arm64_state *state)
{
    a64_start(virt->cpus[0], state->entry, state->tree);
}

int virt_start_at(struct board *board, uint32_t cpu, uint64_t address)
{
    struct a64_cpu *processor = virt_of(board)->cpus[cpu];
    if (cpu == 0) {
        a64_start(processor, address, 0);
        return 0;
    }
    a64_reset(processor);
    processor->r[A64_PC] = address;
    return 0;
}
