// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a guest does that this CPU does not have: counted, and reported to observers.
#include "vcpu/aarch64/cpu.h"
#include "vcpu/loop.h"

static const char *name(unsigned which)
{
    static const char *const names[A64_MISTAKES] = {
        [A64_MISTAKE_SYSREG] = "sysreg", [A64_MISTAKE_UNALLOCATED] = "unallocated",
        [A64_MISTAKE_RETURN] = "return", [A64_MISTAKE_PSCI] = "psci",
        [A64_MISTAKE_ABORT] = "abort",
    };
    return names[which];
}

void a64_mistake(struct a64_cpu *cpu, enum a64_mistake mistake, uint64_t value)
{
    const struct trace_counters counters = {
        cpu->mistakes, A64_MISTAKES, cpu->vcpu.index, INTACT_CHIP_CPU, NULL, name
    };
    cpu->mistakes[mistake]++;
    if (trace_heard(cpu->vcpu.loop->trace))
        trace_mistake(cpu->vcpu.loop->trace, &counters, mistake, value);
}
