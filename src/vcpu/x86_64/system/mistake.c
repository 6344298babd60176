// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a guest does that this CPU does not have: counted, and reported to observers.
#include "vcpu/loop.h"
#include "vcpu/x86_64/cpu.h"

static const char *name(unsigned which)
{
    static const char *const names[X86_MISTAKES] = {
        [X86_MISTAKE_MSR_READ] = "msr-read",
        [X86_MISTAKE_MSR_WRITE] = "msr-write",
        [X86_MISTAKE_SMI] = "smi",
        [X86_MISTAKE_SIPI] = "sipi",
    };
    return names[which];
}

void x86_mistake(struct x86_cpu *cpu, enum x86_mistake mistake, uint64_t value)
{
    const struct trace_counters counters = {
        cpu->mistakes, X86_MISTAKES, cpu->vcpu.index, INTACT_CHIP_CPU, NULL, name
    };
    cpu->mistakes[mistake]++;
    if (trace_heard(cpu->vcpu.loop->trace))
        trace_mistake(cpu->vcpu.loop->trace, &counters, mistake, value);
}
