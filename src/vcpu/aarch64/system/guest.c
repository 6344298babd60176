// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// AArch64 as the loop sees it: finds or translates the block at PC, executes, delivers what was raised.
//
// Path: vcpu/loop.c / vcpu/aarch64/system/interrupt.c
#include "vcpu/guest.h"

#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec/exec.h"
#include "vcpu/aarch64/exec/helper.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/aarch64/exec/ops_jump.h"
#include "vcpu/aarch64/front/translate.h"
#include "vcpu/aarch64/jit/templates.h"
#include "vcpu/aarch64/system/debug.h"
#include "vcpu/aarch64/system/interrupt.h"
#include "vcpu/aarch64/system/mmu.h"
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
    if (unlikely(cpu->mode & A64_MODE_DEBUG) && a64_breaks(cpu, pc))
        return NULL;
    if (cpu->illegal) {
        a64_fault(cpu, A64_EC_ILLEGAL, 0);
        return NULL;
    }
    struct block *block = blocks_find(&vcpu->loop->blocks, physical, cpu->mode);
    return block ? block : a64_translate_block(cpu, physical);
}

// EL0 has no SP_EL1, so no entry has the key 3: a program counter that faults is never found.
static uint64_t jump_key(const struct vcpu *vcpu)
{
    const struct a64_cpu *cpu = (const struct a64_cpu *)(const void *)vcpu;
    return unlikely(cpu->illegal || (cpu->r[A64_PC] & 3)) ? A64_MODE_KEY : a64_jump_key(cpu);
}

static enum op_out execute(struct vcpu *vcpu, const struct op *head)
{
    return a64_execute(a64_of(vcpu), head);
}

// No exception, if a debugger outside the guest stopped before the instruction.
static NEVER_INLINE void deliver_fault(struct a64_cpu *cpu)
{
    if (unlikely(cpu->vcpu.loop->stops.undone)) {
        stops_leave(&cpu->vcpu);
        return;
    }
    a64_deliver_fault(cpu);
    vcpu_charge_fault(&cpu->vcpu, false);
}

// The Software Step exception (section D2.12.3). `done`: the instruction stepped is known, and whether it was a load-exclusive.
static void step_exception(struct a64_cpu *cpu, bool done, bool exclusive)
{
    a64_fault(cpu, cpu->el == 0 ? A64_EC_STEP_LOWER : A64_EC_STEP,
              (done ? BIT32(24) : 0u) | (exclusive ? BIT32(6) : 0u) | 0x22); // ISV, EX, IFSC: debug
    deliver_fault(cpu);
}

// Was the first instruction of the block that ran a load-exclusive?
static bool was_exclusive(const struct a64_cpu *cpu)
{
    const struct block *block = cpu->vcpu.block;
    for (const struct op *op = &block->ops[1]; op < block->ops + block->op_count && op->n == 0; op++)
        if (op->code == A64_OP_HELP)
            return op->disp == A64_HELP_ldxr || op->disp == A64_HELP_ldxp;
    return false;
}

// With software step on: one instruction where PSTATE.SS is set, and the exception where it is not, or not any more.
static void run_single(struct a64_cpu *cpu)
{
    struct vcpu *vcpu = &cpu->vcpu;
    if (!cpu->step) {
        step_exception(cpu, false, false);
        return;
    }
    int64_t rest = vcpu_keep_back(vcpu, 1);
    uint64_t before = vcpu_executed(vcpu);
    enum op_out out = chain_run(vcpu, find_block, jump_key, execute);
    vcpu_give_back(vcpu, rest);
    if (out == OP_FAULT) {
        deliver_fault(cpu);
    } else if (vcpu_executed(vcpu) != before) {
        cpu->step = false;
        if (cpu->stepping && vcpu->state == VCPU_RUNNING)
            step_exception(cpu, true, was_exclusive(cpu));
    }
}

static void a64_run(struct vcpu *vcpu)
{
    if (unlikely(a64_of(vcpu)->stepping)) {
        run_single(a64_of(vcpu));
        return;
    }
    if (chain_run(vcpu, find_block, jump_key, execute) == OP_FAULT)
        deliver_fault(a64_of(vcpu));
}

// The same flags have many forms in `result` and `aux`: which one is there depends on the instruction that set them.
static void a64_normalise(struct vcpu *vcpu)
{
    struct a64_cpu *cpu = a64_of(vcpu);
    a64_set_nzcv(cpu, a64_nzcv(cpu));
}

const struct guest a64_guest = {
    .name = "aarch64",
    .can_take = a64_can_take,
    .why = a64_why,
    .take_interrupt = a64_take_interrupt,
    .run = a64_run,
    .walk = a64_walk,
    .watch = a64_watch,
    .normalise = a64_normalise,
    .watch_changed = a64_watch_changed,
    .watches_before = true,
    .translate = a64_physical_of,
    .jit = &a64_jit,
    .ops = &a64_op_names,
};
