// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What every vCPU has, whatever its guest: its caches, and the part of its state that the loop uses.
#include "vcpu/vcpu.h"

#include <errno.h>
#include <stdlib.h>

int vcpu_init(struct vcpu *cpu, struct loop *loop, uint32_t index)
{
    *cpu = (struct vcpu){
        .index = index, .loop = loop, .faulted = UINT64_MAX, .stopped_after = UINT64_MAX, .port_page = UINT64_MAX
    };
    cpu->jumps = malloc(JUMP_CACHE_ENTRIES * sizeof *cpu->jumps);
    if (!cpu->jumps || tlb_init(cpu) != 0) {
        vcpu_free(cpu);
        return -ENOMEM;
    }
    tlb_flush(cpu);
    return 0;
}

void vcpu_free(struct vcpu *cpu)
{
    tlb_free(cpu);
    free(cpu->jumps);
}

void vcpu_visit(struct vcpu *cpu, struct visit *v)
{
    VISIT(v, cpu->pending);
    VISIT_BELOW(v, cpu->state, VCPU_STOPPED + 1);
    VISIT(v, cpu->goal);
    VISIT(v, cpu->faulted);
    VISIT(v, cpu->port_page);
}

void vcpu_charge_fault(struct vcpu *cpu, bool always)
{
    if (unlikely(always || cpu->faulted == vcpu_executed(cpu)) && cpu->left > 0)
        cpu->left--;
    cpu->faulted = vcpu_executed(cpu);
}

void vcpu_loaded(struct vcpu *cpu)
{
    cpu->left = 0;
    cpu->at = NULL;
    cpu->stopped_after = UINT64_MAX; // that was in another run
    vcpu_set_state(cpu, (enum vcpu_state)cpu->state);
}
