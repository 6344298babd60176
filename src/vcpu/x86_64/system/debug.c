// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The breakpoints of DR0 to DR3 (SDM vol. 3 sections 17.2 and 17.3).
//
//     R/W 00  instruction fetch   a fault before the instruction; ignored while RF is set and after MOV SS and POP SS
//         01  data writes         traps after the instruction, an iteration of a string instruction too; behind MOV SS
//         11  data reads, writes  and POP SS after the one that follows
//         10  ports, with CR4.DE  the same; without DE the encoding is undefined and meets nothing
//
// Without breakpoints none of this costs time: instruction breakpoints make x86_run step, and pages with data
// breakpoints are kept out of the fast path of the TLB.
//
// Where the manual leaves a choice: B0 to B3 of DR6 are set only for enabled breakpoints; a breakpoint on an
// instruction fetch has a length of one byte for any LEN; accesses of the processor itself (descriptor tables, TSS,
// stacks of handlers) meet data breakpoints as those of instructions do, walks of page tables do not; a faulting
// instruction meets none.
//
// Not modelled: branch trace (DEBUGCTL.BTF), RTM.
#include "vcpu/x86_64/system/debug.h"

#include "vcpu/loop.h"
#include "vcpu/x86_64/system/mmu.h"

enum { ON_FETCH, ON_WRITE, ON_PORT, ON_ACCESS }; // R/W fields

static unsigned kind_of(const struct x86_cpu *cpu, unsigned n)
{
    return cpu->dr[7] >> (16 + 4 * n) & 3;
}

static bool is_enabled(const struct x86_cpu *cpu, unsigned n)
{
    return cpu->dr[7] >> (2 * n) & 3;
}

static unsigned length_of(const struct x86_cpu *cpu, unsigned n)
{
    static const uint8_t lengths[4] = { 1, 2, 8, 4 };
    return lengths[cpu->dr[7] >> (18 + 4 * n) & 3];
}

// Breakpoints are aligned to their length: the low bits of the address are ignored.
static bool overlaps(const struct x86_cpu *cpu, unsigned n, uint64_t address, uint64_t size)
{
    uint64_t length = length_of(cpu, n), first = cpu->dr[n] & ~(length - 1);
    return first - address < size || address - first < length;
}

uint32_t x86_code_breakpoints(const struct x86_cpu *cpu, uint64_t linear)
{
    uint64_t executed = vcpu_executed(&cpu->vcpu);
    uint32_t met = 0;
    if (executed == cpu->resume || executed == cpu->shadow_ss)
        return 0;
    for (unsigned n = 0; n < 4; n++)
        if (is_enabled(cpu, n) && kind_of(cpu, n) == ON_FETCH && cpu->dr[n] == linear)
            met |= BIT32(n);
    return met;
}

bool x86_steps(const struct x86_cpu *cpu)
{
    for (unsigned n = 0; n < 4; n++)
        if (is_enabled(cpu, n) && kind_of(cpu, n) == ON_FETCH)
            return true;
    return false;
}

static bool is_on_data(const struct x86_cpu *cpu, unsigned n, enum access access)
{
    unsigned kind = kind_of(cpu, n);
    return is_enabled(cpu, n) && (kind == ON_ACCESS || (kind == ON_WRITE && access == ACCESS_WRITE));
}

bool x86_watches_page(const struct x86_cpu *cpu, uint64_t page)
{
    for (unsigned n = 0; n < 4; n++)
        if (is_on_data(cpu, n, ACCESS_WRITE) && overlaps(cpu, n, page & PAGE_MASK, PAGE_SIZE))
            return true;
    return false;
}

static bool page_watched(struct vcpu *cpu, uint64_t page)
{
    return x86_watches_page(x86_of(cpu), page) || stops_watch_page(&cpu->loop->stops, page);
}

void x86_watch_changed(struct vcpu *cpu)
{
    tlb_mark_watched(cpu, page_watched);
}

static void note(struct x86_cpu *cpu, unsigned n)
{
    cpu->traps |= BIT32(n);
    cpu->vcpu.kick |= KICK_LOOK; // the block is left after this instruction
}

bool x86_watch(struct vcpu *vcpu, uint64_t address, unsigned size, enum access access, bool user)
{
    struct x86_cpu *cpu = x86_of(vcpu);
    (void)user;
    if (vcpu->loop->stops.watchpoints)
        stops_access(vcpu, 0, address, size, access); // the run ends after the instruction
    for (unsigned n = 0; n < 4; n++)
        if (is_on_data(cpu, n, access) && overlaps(cpu, n, address, size))
            note(cpu, n);
    return true;
}

void x86_watch_port(struct x86_cpu *cpu, uint16_t port, unsigned size)
{
    if (!(cpu->cr4 & X86_CR4_DE))
        return;
    for (unsigned n = 0; n < 4; n++)
        if (is_enabled(cpu, n) && kind_of(cpu, n) == ON_PORT && overlaps(cpu, n, port, size))
            note(cpu, n);
}

void x86_breakpoints_changed(struct x86_cpu *cpu, uint64_t before)
{
    if ((before | cpu->dr[7]) & X86_DR7_ENABLED)
        x86_flush(cpu); // pages become watched, or are no longer
}
