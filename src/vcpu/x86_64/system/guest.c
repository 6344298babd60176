// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The interface of x86-64 for the loop: finds or translates the block at RIP, executes it, and delivers exceptions.
//
// Path: vcpu/loop.c / vcpu/x86_64/system/interrupt.c
//
// Not modelled: 32-bit EIP in 16-bit code segments.
#include "vcpu/guest.h"

#include "vcpu/block.h"
#include "vcpu/chain.h"
#include "vcpu/loop.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/exec.h"
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops.h"
#include "vcpu/x86_64/exec/ops_jump.h"
#include "vcpu/x86_64/front/translate.h"
#include "vcpu/x86_64/jit/templates.h"
#include "vcpu/x86_64/system/debug.h"
#include "vcpu/x86_64/system/interrupt.h"
#include "vcpu/x86_64/system/mmu.h"

static uint64_t linear_rip(const struct x86_cpu *cpu)
{
    uint64_t linear = cpu->r[X86_RIP] + cpu->r[X86_BASE + X86_CS];
    return cpu->mode & X86_MODE_64 ? linear : (uint32_t)linear;
}

// A block whose last instruction continues in another page is valid only while that page is mapped as before.
static bool second_page_matches(struct x86_cpu *cpu, struct block *block, bool *faulted)
{
    uint64_t physical;
    if (block->second == UINT64_MAX)
        return true;
    if (!tlb_fetch(&cpu->vcpu, (linear_rip(cpu) & PAGE_MASK) + PAGE_SIZE, cpu->cpl == 3, &physical)) {
        *faulted = true;
        return false;
    }
    if ((physical & PAGE_MASK) == block->second)
        return true;
    blocks_kill(&cpu->vcpu.loop->blocks, block);
    return false;
}

static bool beyond_limit(const struct x86_cpu *cpu)
{
    return !(cpu->mode & (X86_MODE_64 | X86_MODE_FLAT)) && cpu->r[X86_RIP] > cpu->segment[X86_CS].limit;
}

// The block at RIP, or NULL with cpu->fault set.
static struct block *find_block(struct vcpu *vcpu)
{
    struct x86_cpu *cpu = x86_of(vcpu);
    struct blocks *blocks = &cpu->vcpu.loop->blocks;
    uint64_t physical;
    bool faulted = false;
    if (beyond_limit(cpu)) {
        x86_fault_code(cpu, X86_GP, 0);
        return NULL;
    }
    if (!tlb_fetch(&cpu->vcpu, linear_rip(cpu), cpu->cpl == 3, &physical))
        return NULL;
    struct block *block = blocks_find(blocks, physical, cpu->mode);
    if (!block || !second_page_matches(cpu, block, &faulted)) {
        if (faulted)
            return NULL;
        block = x86_translate_block(cpu, physical);
        if (!block)
            return NULL;
    }
    return block;
}

static uint64_t jump_key(const struct vcpu *vcpu)
{
    return x86_jump_key((const struct x86_cpu *)(const void *)vcpu);
}

static enum op_out execute(struct vcpu *vcpu, const struct op *head)
{
    return x86_execute(x86_of(vcpu), head);
}

// How many instructions of `block`, which begins at RIP, end where RIP wraps or before; at least one, unless that one goes
// beyond the limit of CS.
static unsigned within_segment(const struct x86_cpu *cpu, const struct block *block)
{
    uint64_t limit = cpu->segment[X86_CS].limit, rip = cpu->r[X86_RIP];
    uint64_t last = limit < cpu->rip_mask ? limit : cpu->rip_mask;
    const uint16_t *offsets = block_offsets(block);
    unsigned count = block->count;
    if (likely(rip + block->bytes - 1 <= last))
        return count;
    while (count && rip + offsets[count] - 1 > last)
        count--;
    return count ? count : rip + offsets[1] - 1 <= limit;
}

// With segments, and where RIP wraps at 64 KiB, how far a block may go on depends on the base and limit of CS and on
// RIP itself, which are not part of its key: so blocks run one at a time, without links, and only up to the end of the
// segment.
static enum op_out run_segmented(struct x86_cpu *cpu)
{
    struct vcpu *vcpu = &cpu->vcpu;
    vcpu->unresolved = NULL;
    struct block *block = find_block(vcpu);
    if (!block)
        return OP_FAULT;
    unsigned count = within_segment(cpu, block);
    if (count == 0) {
        x86_fault_code(cpu, X86_GP, 0);
        return OP_FAULT;
    }
    bool whole = count == block->count || vcpu->left <= count;
    int64_t rest = vcpu_keep_back(vcpu, whole ? vcpu->left : count);
    enum op_out out = x86_execute(cpu, block->ops);
    vcpu_give_back(vcpu, rest);
    return out;
}

static enum op_out run_blocks(struct x86_cpu *cpu)
{
    bool flat = (cpu->mode & X86_MODE_FLAT) && (cpu->mode & X86_MODE_32);
    if (unlikely(!flat && !(cpu->mode & X86_MODE_64)))
        return run_segmented(cpu);
    return chain_run(&cpu->vcpu, find_block, jump_key, execute);
}

// Software interrupts and SYSCALL that clear TF do not trap; other instructions that clear it (POPF, IRET) still trap
// (SDM vol. 3 section 18.3.1.4).
static bool clears_trap(const struct x86_cpu *cpu)
{
    const struct op *op = &cpu->vcpu.block->ops[1]; // of the one instruction that ran
    while (op->code == X86_OP_STOP || op->code == X86_OP_WATCH)
        op++;
    if ((cpu->eflags & X86_TF) || op->code != X86_OP_HELP)
        return false;
    return op->disp == X86_HELP_int_n || op->disp == X86_HELP_int3 || op->disp == X86_HELP_into ||
           op->disp == X86_HELP_icebp || op->disp == X86_HELP_syscall;
}

// Between two instructions: the debug traps of the previous instructions. MOV SS and POP SS delay them for one
// instruction (SDM vol. 3 section 6.8.3).
static bool deliver_traps(struct x86_cpu *cpu)
{
    if (vcpu_executed(&cpu->vcpu) == cpu->shadow_ss)
        return false;
    if (cpu->vcpu.state == VCPU_HALTED)
        vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    x86_fault_debug(cpu, cpu->traps);
    cpu->traps = 0;
    x86_deliver_fault(cpu);
    return true;
}

// There is no exception, if a debugger outside the guest stopped before the instruction.
// A shutdown takes time as well: otherwise a machine that resets again and again would stop the clock.
static NEVER_INLINE void deliver_fault(struct x86_cpu *cpu)
{
    if (unlikely(cpu->vcpu.loop->stops.undone)) {
        stops_leave(&cpu->vcpu);
        return;
    }
    x86_deliver_fault(cpu);
    vcpu_charge_fault(&cpu->vcpu, cpu->shutdown);
}

// Delivers what remains after run_blocks returned `out`. An instruction that faults has no data breakpoints; `held` are
// the traps of the previous one.
static void after_run(struct x86_cpu *cpu, enum op_out out, uint32_t held)
{
    if (out == OP_FAULT) {
        cpu->traps = held;
        deliver_fault(cpu);
    } else if (unlikely(cpu->traps)) {
        deliver_traps(cpu);
    }
}

// Runs one instruction: when a trap follows it, or when interrupts wait for its end (the shadow of STI; a handler that an
// interrupt has just entered with IF set, and there is another).
static void run_single(struct x86_cpu *cpu)
{
    struct vcpu *vcpu = &cpu->vcpu;
    bool trap = cpu->eflags & X86_TF;
    uint32_t held = cpu->traps;
    int64_t rest = vcpu_keep_back(vcpu, 1);
    uint64_t before = vcpu_executed(vcpu);
    enum op_out out = run_blocks(cpu);
    vcpu_give_back(vcpu, rest);
    if (out != OP_FAULT && trap && vcpu_executed(vcpu) != before && vcpu_executed(vcpu) != cpu->shadow_ss &&
        !clears_trap(cpu))
        cpu->traps |= X86_DR6_BS;
    after_run(cpu, out, held);
}

// TF is set, or what is pending may be taken after the next instruction.
static inline bool ends_after_one(struct x86_cpu *cpu)
{
    struct vcpu *vcpu = &cpu->vcpu;
    return (cpu->eflags & X86_TF) || (vcpu->pending && (vcpu_executed(vcpu) == cpu->shadow || x86_can_take(vcpu)));
}

// A breakpoint on the instruction at RIP is a fault, before a fault of its fetch.
static bool stopped_by_breakpoint(struct x86_cpu *cpu)
{
    uint32_t met = x86_code_breakpoints(cpu, linear_rip(cpu));
    if (!met)
        return false;
    x86_fault_debug(cpu, met);
    deliver_fault(cpu);
    return true;
}

// With breakpoints, or traps that wait: the instruction at RIP may not run at all, or alone.
static NEVER_INLINE void run_debugged(struct x86_cpu *cpu)
{
    if (cpu->traps && deliver_traps(cpu))
        return;
    bool steps = x86_has_breakpoints(cpu) && x86_steps(cpu);
    if (steps && stopped_by_breakpoint(cpu))
        return;
    if (steps || cpu->traps || ends_after_one(cpu))
        run_single(cpu);
    else
        after_run(cpu, run_blocks(cpu), 0);
}

static void x86_run(struct vcpu *vcpu)
{
    struct x86_cpu *cpu = x86_of(vcpu);
    cpu->rip_mask = cpu->mode & X86_MODE_64 ? UINT64_MAX : cpu->mode & X86_MODE_32 ? UINT32_MAX : UINT16_MAX;
    if (unlikely(cpu->traps || x86_has_breakpoints(cpu)))
        run_debugged(cpu);
    else if (unlikely(ends_after_one(cpu)))
        run_single(cpu);
    else if (run_blocks(cpu) == OP_FAULT)
        deliver_fault(cpu);
}

// The same flags have many forms in `result` and `aux`: which one is there depends on the instruction that set them. A
// boundary in the past means nothing any more, and its number depends on where slices ended.
static void x86_normalise(struct vcpu *vcpu)
{
    struct x86_cpu *cpu = x86_of(vcpu);
    x86_set_flags(cpu, x86_flags(cpu));
    if (cpu->resume != vcpu_executed(vcpu))
        cpu->resume = UINT64_MAX;
}

const struct guest x86_guest = {
    .name = "x86_64",
    .can_take = x86_can_take,
    .why = x86_why,
    .take_interrupt = x86_take_interrupt,
    .run = x86_run,
    .walk = x86_walk,
    .watch = x86_watch,
    .normalise = x86_normalise,
    .watch_changed = x86_watch_changed,
    .translate = x86_physical_of,
    .jit = &x86_jit,
    .ops = &x86_op_names,
};
