// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// AArch64 as the loop sees it: finds or translates the block at PC, executes, delivers what was raised.
//
// Path: vcpu/loop.c / vcpu/aarch64/interrupt.c
#include "vcpu/guest.h"

#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec.h"
#include "vcpu/aarch64/interrupt.h"
#include "vcpu/aarch64/mmu.h"
#include "vcpu/aarch64/ops_jump.h"
#include "vcpu/aarch64/translate.h"
#include "vcpu/block.h"
#include "vcpu/chain.h"
#include "vcpu/loop.h"

// The block at PC, or NULL with cpu->fault set. The order of the checks is that of section D1.3.1.
static struct block *find_block(struct vcpu *vcpu)
{
    struct a64_cpu *cpu = a64_of(vcpu);
    uint64_t physical, pc = cpu->r[A64_PC];
    if (pc & 3) {
        a64_fault_at(cpu, A64_EC_PC, 0, pc);
        return NULL;
    }
    if (!tlb_fetch(vcpu, pc, cpu->el == 0, &physical))
        return NULL;
    if (cpu->illegal) {
        a64_fault(cpu, A64_EC_ILLEGAL, 0);
        return NULL;
    }
    struct block *block = blocks_find(&vcpu->loop->blocks, physical, cpu->mode);
    return block ? block : a64_translate_block(cpu, physical);
}

// EL0 has no SP_EL1, so 3 is nobody's key: a program counter that faults is never found.
static uint64_t jump_key(const struct vcpu *vcpu)
{
    const struct a64_cpu *cpu = (const struct a64_cpu *)(const void *)vcpu;
    return unlikely(cpu->illegal || (cpu->r[A64_PC] & 3)) ? A64_MODE_KEY : a64_jump_key(cpu);
}

static enum op_out execute(struct vcpu *vcpu, const struct op *head)
{
    return a64_execute(a64_of(vcpu), head);
}

// A second fault without an instruction in between takes the time of one: a handler that faults at its own first
// instruction would stop the clock for good, and with it everything that could end the run.
static void deliver_fault(struct a64_cpu *cpu)
{
    a64_deliver_fault(cpu);
    if (unlikely(cpu->faulted == vcpu_executed(&cpu->vcpu)) && cpu->vcpu.left > 0)
        cpu->vcpu.left--;
    cpu->faulted = vcpu_executed(&cpu->vcpu);
}

static void a64_run(struct vcpu *vcpu)
{
    if (chain_run(vcpu, find_block, jump_key, execute) == OP_FAULT)
        deliver_fault(a64_of(vcpu));
}

const struct guest a64_guest = {
    .name = "aarch64",
    .can_take = a64_can_take,
    .take_interrupt = a64_take_interrupt,
    .run = a64_run,
    .walk = a64_walk,
};
