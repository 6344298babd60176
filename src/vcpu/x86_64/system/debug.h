// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The breakpoints of DR0 to DR3: on instruction fetches, data accesses and ports (SDM vol. 3 sections 17.2 and 17.3).
#ifndef VCPU_X86_64_DEBUG_H
#define VCPU_X86_64_DEBUG_H

#include "vcpu/x86_64/cpu.h"

static inline bool x86_has_breakpoints(const struct x86_cpu *cpu)
{
    return cpu->dr[7] & X86_DR7_ENABLED;
}

// Bits of DR6: breakpoints on the instruction at `linear`, before it runs. RF and the shadow of MOV SS suppress them.
uint32_t x86_code_breakpoints(const struct x86_cpu *cpu, uint64_t linear);

// Must breakpoints be checked before each instruction, because there is one in this page?
bool x86_steps(const struct x86_cpu *cpu);

// Is there a data breakpoint in the 4 KiB page at `page`?
bool x86_watches_page(const struct x86_cpu *cpu, uint64_t page);

// struct guest: watch_changed.
void x86_watch_changed(struct vcpu *cpu);

// struct guest: watch. Notes the data breakpoints that an access meets; they trap after the instruction.
bool x86_watch(struct vcpu *vcpu, uint64_t address, unsigned size, enum access access, bool user);

// The same for an access to ports, which requires CR4.DE.
void x86_watch_port(struct x86_cpu *cpu, uint16_t port, unsigned size);

// DR0 to DR3 or DR7 have changed; `before`: DR7 as it was.
void x86_breakpoints_changed(struct x86_cpu *cpu, uint64_t before);

#endif
