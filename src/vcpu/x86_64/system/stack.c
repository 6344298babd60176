// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Stacks: the current one, and those in a TSS for an inner privilege level (SDM vol. 3 sections 6.12 and 6.14).
//
// A transfer pushes its frame through a `struct x86_stack` first and commits the pointer last, so that a fault in the
// middle leaves every register as it was.
#include "vcpu/x86_64/system/protect.h"
#include "vcpu/x86_64/system/segment.h"

uint64_t x86_stack_mask(const struct x86_cpu *cpu)
{
    if (x86_is_64(cpu))
        return UINT64_MAX;
    return cpu->segment[X86_SS].attributes & X86_ATTR_DB ? UINT32_MAX : 0xffff;
}

void x86_set_sp(struct x86_cpu *cpu, uint64_t value)
{
    uint64_t mask = x86_stack_mask(cpu);
    // A write of 32 bits clears the upper half, as that of every register does.
    cpu->r[X86_RSP] = mask == UINT32_MAX ? (uint32_t)value : bits_merge(cpu->r[X86_RSP], value, mask);
}

struct x86_stack x86_current_stack(struct x86_cpu *cpu)
{
    uint64_t mask = x86_stack_mask(cpu);
    bool wide = x86_is_64(cpu);
    return (struct x86_stack){
        .cpu = cpu,
        .base = wide ? 0 : cpu->r[X86_BASE + X86_SS],
        .mask = mask,
        .sp = cpu->r[X86_RSP] & mask,
        .limit = cpu->segment[X86_SS].limit,
        .attributes = cpu->segment[X86_SS].attributes,
        .wide = wide,
        .user = cpu->cpl == 3,
    };
}

struct x86_stack x86_other_stack(struct x86_cpu *cpu, uint16_t selector, const struct x86_descriptor *d, uint64_t sp,
                                 unsigned cpl)
{
    uint64_t mask = d->attributes & X86_ATTR_DB ? UINT32_MAX : 0xffff;
    return (struct x86_stack){
        .cpu = cpu,
        .base = d->base,
        .mask = mask,
        .sp = sp & mask,
        .limit = d->limit,
        .attributes = d->attributes,
        .user = cpl == 3,
        .error = selector & 0xfffc,
    };
}

struct x86_stack x86_wide_stack(struct x86_cpu *cpu, uint64_t sp, unsigned cpl)
{
    return (struct x86_stack){ .cpu = cpu, .mask = UINT64_MAX, .sp = sp, .wide = true, .user = cpl == 3 };
}

// Linear address of `size` bytes at `sp`, or #SS.
static bool locate(const struct x86_stack *stack, uint64_t sp, unsigned size, uint64_t *linear)
{
    struct x86_cpu *cpu = stack->cpu;
    if (stack->wide) {
        *linear = sp;
        return (x86_is_canonical(sp) && x86_is_canonical(sp + size - 1)) ||
               x86_fault_code(cpu, X86_SS_FAULT, stack->error);
    }
    uint64_t last = sp + size - 1;
    bool down = (stack->attributes & 4) && !x86_is_code(stack->attributes);
    uint64_t top = stack->attributes & X86_ATTR_DB ? UINT32_MAX : 0xffff;
    if (!(stack->attributes & X86_ATTR_P) || (down ? sp <= stack->limit || last > top : last > stack->limit))
        return x86_fault_code(cpu, X86_SS_FAULT, stack->error);
    *linear = (uint32_t)(stack->base + sp);
    return true;
}

bool x86_stack_push(struct x86_stack *stack, uint64_t value, unsigned size)
{
    uint64_t sp = (stack->sp - size) & stack->mask, linear;
    if (!locate(stack, sp, size, &linear) || !tlb_store(&stack->cpu->vcpu, linear, size, stack->user, value))
        return false;
    stack->sp = sp;
    return true;
}

bool x86_stack_pop(struct x86_stack *stack, uint64_t *value, unsigned size)
{
    uint64_t linear;
    if (!locate(stack, stack->sp, size, &linear) || !tlb_load(&stack->cpu->vcpu, linear, size, stack->user, value))
        return false;
    stack->sp = (stack->sp + size) & stack->mask;
    return true;
}

bool x86_push_frame_slow(struct x86_cpu *cpu, uint64_t top, unsigned cpl, const struct x86_frame *frame)
{
    struct x86_stack stack = x86_wide_stack(cpu, top, cpl);
    return x86_stack_push(&stack, frame->ss, 8) && x86_stack_push(&stack, frame->sp, 8) &&
           x86_stack_push(&stack, frame->flags, 8) && x86_stack_push(&stack, frame->cs, 8) &&
           x86_stack_push(&stack, frame->ip, 8);
}

bool x86_pop_frame_slow(struct x86_cpu *cpu, struct x86_frame *frame)
{
    struct x86_stack stack = x86_current_stack(cpu);
    return x86_stack_pop(&stack, &frame->ip, 8) && x86_stack_pop(&stack, &frame->cs, 8) &&
           x86_stack_pop(&stack, &frame->flags, 8) && x86_stack_pop(&stack, &frame->sp, 8) &&
           x86_stack_pop(&stack, &frame->ss, 8);
}

void x86_stack_commit(const struct x86_stack *stack)
{
    x86_set_sp(stack->cpu, stack->sp);
}

bool x86_push(struct x86_cpu *cpu, uint64_t value, unsigned size)
{
    struct x86_stack stack = x86_current_stack(cpu);
    if (!x86_stack_push(&stack, value, size))
        return false;
    x86_stack_commit(&stack);
    return true;
}

bool x86_pop(struct x86_cpu *cpu, uint64_t *value, unsigned size)
{
    struct x86_stack stack = x86_current_stack(cpu);
    if (!x86_stack_pop(&stack, value, size))
        return false;
    x86_stack_commit(&stack);
    return true;
}

// --- stacks of inner levels ------------------------------------------------------------------------------------------

// One field of the current TSS; beyond its limit is #TS(TR).
static bool tss_field(struct x86_cpu *cpu, uint32_t offset, unsigned size, uint64_t *value)
{
    if (offset + size - 1 > cpu->segment[X86_TR].limit)
        return x86_fault_code(cpu, X86_TS, cpu->segment[X86_TR].selector & 0xfffc);
    return x86_load_system(cpu, x86_wrap(cpu, cpu->r[X86_BASE + X86_TR] + offset), size, value);
}

bool x86_inner_stack(struct x86_cpu *cpu, unsigned cpl, uint16_t *selector, uint64_t *sp)
{
    uint64_t ss;
    bool narrow = (cpu->segment[X86_TR].attributes & X86_ATTR_TYPE & ~2) == X86_TYPE_TSS16;
    uint32_t at = narrow ? 2 + cpl * 4 : 4 + cpl * 8;
    unsigned size = narrow ? 2 : 4;
    if (!tss_field(cpu, at, size, sp) || !tss_field(cpu, at + size, 2, &ss))
        return false;
    *selector = (uint16_t)ss;
    return true;
}

bool x86_inner_stack_pointer(struct x86_cpu *cpu, unsigned cpl, unsigned ist, uint64_t *sp)
{
    return tss_field(cpu, ist ? 36 + (ist - 1) * 8 : 4 + cpl * 8, 8, sp);
}
