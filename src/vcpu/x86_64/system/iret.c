// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IRET (SDM vol. 2, IRET/IRETD/IRETQ): to the same level, to an outer one, to virtual-8086 mode, to the task before.
//
//     popped: IP, CS, FLAGS; to an outer level, and always from 64-bit mode: SP, SS; to virtual-8086 mode also ES, DS,
//     FS, GS
//
// Path: vcpu/x86_64/system/interrupt.c / the interrupted program
#include "vcpu/loop.h"
#include "vcpu/x86_64/system/interrupt.h"
#include "vcpu/x86_64/system/protect.h"
#include "vcpu/x86_64/system/segment.h"

#define FLAGS_ALWAYS (X86_ARITHMETIC | X86_TF | X86_DF | X86_NT)

// Flags that may change at this privilege and operand size; RF is apart.
static void set_flags(struct x86_cpu *cpu, uint64_t flags, uint64_t mask, unsigned size)
{
    if (size != 2)
        mask |= X86_AC | X86_ID;
    x86_set_flags(cpu, bits_merge(cpu->eflags, flags, mask)); // the arithmetic ones are in each mask
    // The boundary after this instruction is the one before the next, which runs with RF.
    cpu->resume = size != 2 && (flags & X86_RF) ? vcpu_executed(&cpu->vcpu) + 1 : UINT64_MAX;
}

struct frame {
    struct x86_frame words;
    struct x86_stack stack; // unused if all five words have been popped
    unsigned size;
    bool whole; // they have
};

static bool pop_frame(struct x86_cpu *cpu, struct frame *frame, unsigned size)
{
    struct x86_frame *words = &frame->words;
    frame->size = size;
    frame->whole = false;
    frame->stack = x86_current_stack(cpu);
    return x86_stack_pop(&frame->stack, &words->ip, size) && x86_stack_pop(&frame->stack, &words->cs, size) &&
           x86_stack_pop(&frame->stack, &words->flags, size);
}

static bool pop_outer(struct frame *frame)
{
    if (frame->whole)
        return true;
    return x86_stack_pop(&frame->stack, &frame->words.sp, frame->size) &&
           x86_stack_pop(&frame->stack, &frame->words.ss, frame->size);
}

// Real mode, and virtual-8086 mode with IOPL 3 (where IOPL stays).
static bool return_real(struct x86_cpu *cpu, unsigned size)
{
    struct frame frame;
    bool v86 = x86_v86(cpu);
    if (v86 && (cpu->eflags & X86_IOPL) != X86_IOPL)
        return x86_fault_code(cpu, X86_GP, 0);
    if (!pop_frame(cpu, &frame, size))
        return false;
    if (frame.words.ip > cpu->segment[X86_CS].limit)
        return x86_fault_code(cpu, X86_GP, 0);
    x86_stack_commit(&frame.stack);
    x86_set_real(cpu, X86_CS, (uint16_t)frame.words.cs);
    cpu->r[X86_RIP] = frame.words.ip;
    set_flags(cpu, frame.words.flags, FLAGS_ALWAYS | X86_IF | (v86 ? 0u : X86_IOPL), size);
    return true;
}

static bool return_v86(struct x86_cpu *cpu, struct frame *frame)
{
    static const enum x86_segment segments[] = { X86_ES, X86_DS, X86_FS, X86_GS };
    uint64_t selectors[countof(segments)];
    if (!pop_outer(frame))
        return false;
    for (unsigned i = 0; i < countof(segments); i++)
        if (!x86_stack_pop(&frame->stack, &selectors[i], 4))
            return false;
    if (frame->words.ip > 0xffff)
        return x86_fault_code(cpu, X86_GP, 0);
    set_flags(cpu, frame->words.flags, FLAGS_ALWAYS | X86_IF | X86_IOPL | X86_VM | X86_VIF | X86_VIP, 4);
    cpu->cpl = 3;
    x86_set_real(cpu, X86_CS, (uint16_t)frame->words.cs);
    x86_set_real(cpu, X86_SS, (uint16_t)frame->words.ss);
    for (unsigned i = 0; i < countof(segments); i++)
        x86_set_real(cpu, segments[i], (uint16_t)selectors[i]);
    cpu->r[X86_RIP] = frame->words.ip;
    cpu->r[X86_RSP] = frame->words.sp;
    return true;
}

static bool return_task(struct x86_cpu *cpu)
{
    uint64_t link;
    if (x86_long(cpu))
        return x86_fault_code(cpu, X86_GP, 0);
    if (!x86_load_system(cpu, x86_wrap(cpu, cpu->r[X86_BASE + X86_TR]), 2, &link))
        return false;
    return x86_switch_task(cpu, (uint16_t)link, X86_TASK_IRET, x86_after(cpu), x86_full_flags(cpu), false, 0);
}

static uint64_t changeable(const struct x86_cpu *cpu, unsigned size)
{
    uint64_t mask = FLAGS_ALWAYS;
    if (cpu->cpl <= (cpu->eflags & X86_IOPL) >> 12)
        mask |= X86_IF;
    if (cpu->cpl == 0)
        mask |= size == 2 ? X86_IOPL : X86_IOPL | X86_VIF | X86_VIP;
    return mask;
}

static NEVER_INLINE bool return_protected(struct x86_cpu *cpu, struct frame *frame)
{
    const struct x86_frame *words = &frame->words;
    struct x86_descriptor code, ss;
    unsigned cpl = words->cs & 3;
    bool outer = cpl != cpu->cpl, pops = outer || x86_is_64(cpu);
    if (!x86_check_return_code(cpu, (uint16_t)words->cs, words->ip, &code))
        return false;
    if (pops && (!pop_outer(frame) || !x86_check_return_stack(cpu, (uint16_t)words->ss, cpl, &code, &ss)))
        return false;

    set_flags(cpu, words->flags, changeable(cpu, frame->size), frame->size);
    if (!pops)
        x86_stack_commit(&frame->stack);
    cpu->cpl = (uint8_t)cpl;
    x86_set_descriptor(cpu, X86_CS, (uint16_t)words->cs, &code);
    cpu->r[X86_RIP] = words->ip;
    if (pops) {
        x86_set_descriptor(cpu, X86_SS, (uint16_t)words->ss, &ss);
        x86_set_sp(cpu, words->sp);
    }
    if (outer)
        x86_drop_inner_segments(cpu);
    return true;
}

// From 64-bit mode IRETQ always pops all five words. Most return to the segments that are loaded: 64-bit code of the same level,
// as from most interrupts of a kernel.
static bool return_long(struct x86_cpu *cpu)
{
    struct frame frame;
    const struct x86_frame *words = &frame.words;
    if (!x86_pop_frame(cpu, &frame.words))
        return false;
    if (likely(x86_is_canonical(words->ip) && x86_is_loaded(cpu, X86_CS, (uint16_t)words->cs) &&
               x86_is_loaded(cpu, X86_SS, (uint16_t)words->ss))) {
        set_flags(cpu, words->flags, changeable(cpu, 8), 8);
        cpu->r[X86_RIP] = words->ip;
        cpu->r[X86_RSP] = words->sp;
        return true;
    }
    frame.size = 8;
    frame.whole = true;
    return return_protected(cpu, &frame);
}

static NEVER_INLINE bool return_narrow(struct x86_cpu *cpu, unsigned size)
{
    struct frame frame;
    if (!pop_frame(cpu, &frame, size))
        return false;
    if (size == 4 && (frame.words.flags & X86_VM) && cpu->cpl == 0 && !x86_long(cpu))
        return return_v86(cpu, &frame);
    return return_protected(cpu, &frame);
}

bool x86_iret(struct x86_cpu *cpu, unsigned size)
{
    cpu->nmi_blocked = false; // even if it faults (SDM vol. 3 section 6.7.1)
    if (!x86_protected(cpu))
        return return_real(cpu, size);
    if (cpu->eflags & X86_NT)
        return return_task(cpu);
    return size == 8 && x86_is_64(cpu) ? return_long(cpu) : return_narrow(cpu, size);
}
