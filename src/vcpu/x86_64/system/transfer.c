// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Far jumps, calls and returns (SDM vol. 3 section 5.8; vol. 2, CALL, JMP, RET).
//
//     selector of  a code segment       directly to it, the level stays
//                  a call gate          its code segment and offset; a call may go to an inner level, with a new stack
//                  a TSS or task gate   task switch (not in long mode)
#include "vcpu/loop.h"
#include "vcpu/x86_64/system/protect.h"
#include "vcpu/x86_64/system/segment.h"

// The state of a transfer: the target code segment, and the old stack.
struct transfer {
    struct x86_cpu *cpu;
    uint16_t selector;
    uint64_t offset;
    unsigned size;
    uint64_t next;
    bool call;
    struct x86_descriptor code;
};

static bool refuse(struct x86_cpu *cpu, enum x86_exception vector, uint16_t selector)
{
    return x86_fault_code(cpu, vector, selector & 0xfffc);
}

static void enter(struct transfer *t, unsigned cpl)
{
    struct x86_cpu *cpu = t->cpu;
    cpu->cpl = (uint8_t)cpl;
    x86_set_descriptor(cpu, X86_CS, (uint16_t)((t->selector & 0xfffc) | cpl), &t->code);
    cpu->r[X86_RIP] = t->offset;
}

static bool push_return(struct transfer *t, struct x86_stack *stack)
{
    return x86_stack_push(stack, t->cpu->segment[X86_CS].selector, t->size) && x86_stack_push(stack, t->next, t->size);
}

// To code of the same level; a call pushes on the stack in use.
static bool transfer_level(struct transfer *t)
{
    struct x86_cpu *cpu = t->cpu;
    struct x86_stack stack = x86_current_stack(cpu);
    if (!x86_check_target(cpu, &t->code, t->offset) || !x86_mark_accessed(cpu, &t->code))
        return false;
    if (t->call) {
        if (!push_return(t, &stack))
            return false;
        x86_stack_commit(&stack);
    }
    enter(t, cpu->cpl);
    return true;
}

static bool transfer_real(struct transfer *t)
{
    struct x86_cpu *cpu = t->cpu;
    struct x86_stack stack = x86_current_stack(cpu);
    if (t->offset > cpu->segment[X86_CS].limit)
        return x86_fault_code(cpu, X86_GP, 0);
    if (t->call && !push_return(t, &stack))
        return false;
    if (t->call)
        x86_stack_commit(&stack);
    x86_set_real(cpu, X86_CS, t->selector);
    cpu->r[X86_RIP] = t->offset;
    return true;
}

static bool transfer_code(struct transfer *t)
{
    struct x86_cpu *cpu = t->cpu;
    uint16_t attributes = t->code.attributes;
    unsigned dpl = x86_dpl(attributes);
    if (x86_is_conforming(attributes) ? dpl > cpu->cpl : ((t->selector & 3u) > cpu->cpl || dpl != cpu->cpl))
        return refuse(cpu, X86_GP, t->selector);
    if (x86_long(cpu) && (attributes & X86_ATTR_L) && (attributes & X86_ATTR_DB))
        return refuse(cpu, X86_GP, t->selector);
    if (!(attributes & X86_ATTR_P))
        return refuse(cpu, X86_NP, t->selector);
    return transfer_level(t);
}

// --- call gates ------------------------------------------------------------------------------------------------------

#define MOST_PARAMETERS 31

// Copies the parameters from the caller's stack, in the same order.
static bool copy_parameters(struct transfer *t, struct x86_stack *to, unsigned count)
{
    uint64_t parameters[MOST_PARAMETERS];
    struct x86_stack from = x86_current_stack(t->cpu);
    for (unsigned i = 0; i < count; i++)
        if (!x86_stack_pop(&from, &parameters[i], t->size))
            return false;
    while (count-- > 0)
        if (!x86_stack_push(to, parameters[count], t->size))
            return false;
    return true;
}

static bool call_inner_long(struct transfer *t, unsigned cpl)
{
    struct x86_cpu *cpu = t->cpu;
    uint64_t sp;
    if (!x86_inner_stack_pointer(cpu, cpl, 0, &sp))
        return false;
    struct x86_stack stack = x86_wide_stack(cpu, sp, cpl);
    if (!x86_stack_push(&stack, cpu->segment[X86_SS].selector, 8) || !x86_stack_push(&stack, cpu->r[X86_RSP], 8) ||
        !push_return(t, &stack))
        return false;
    enter(t, cpl);
    x86_set_segment(cpu, X86_SS, (uint16_t)cpl, 0, 0, (uint16_t)(cpl << 5));
    x86_stack_commit(&stack);
    return true;
}

static bool call_inner(struct transfer *t, unsigned cpl, unsigned parameters)
{
    struct x86_cpu *cpu = t->cpu;
    struct x86_descriptor ss;
    uint16_t selector;
    uint64_t sp;
    if (!x86_check_target(cpu, &t->code, t->offset) || !x86_mark_accessed(cpu, &t->code))
        return false;
    if (x86_long(cpu))
        return call_inner_long(t, cpl);
    if (!x86_inner_stack(cpu, cpl, &selector, &sp) || !x86_check_stack_segment(cpu, selector, cpl, X86_TS, &ss))
        return false;
    struct x86_stack stack = x86_other_stack(cpu, selector, &ss, sp, cpl);
    if (!x86_stack_push(&stack, cpu->segment[X86_SS].selector, t->size) ||
        !x86_stack_push(&stack, cpu->r[X86_RSP], t->size) || !copy_parameters(t, &stack, parameters) ||
        !push_return(t, &stack))
        return false;
    enter(t, cpl);
    x86_set_descriptor(cpu, X86_SS, selector, &ss);
    x86_stack_commit(&stack);
    return true;
}

// CPL and RPL must not be greater than the DPL of the gate.
static bool check_gate(struct transfer *t, const struct x86_descriptor *gate)
{
    unsigned dpl = x86_dpl(gate->attributes);
    if (dpl < t->cpu->cpl || dpl < (t->selector & 3u))
        return refuse(t->cpu, X86_GP, t->selector);
    if (!(gate->attributes & X86_ATTR_P))
        return refuse(t->cpu, X86_NP, t->selector);
    return true;
}

static bool read_upper_half(struct transfer *t, const struct x86_descriptor *d, uint64_t *high)
{
    struct x86_descriptor extended = *d;
    *high = 0;
    if (!x86_long(t->cpu))
        return true;
    return x86_extend_descriptor(t->cpu, t->selector, X86_GP, &extended) &&
           x86_load_system(t->cpu, d->address + 8, 4, high);
}

static bool through_call_gate(struct transfer *t, const struct x86_descriptor *d)
{
    struct x86_cpu *cpu = t->cpu;
    uint64_t high;
    if (!check_gate(t, d) || !read_upper_half(t, d, &high))
        return false;
    struct x86_gate gate = x86_gate_of(d->raw, high);
    t->size = x86_long(cpu) ? 8 : gate.attributes & 8 ? 4 : 2;
    t->offset = t->size == 2 ? gate.offset & 0xffff : gate.offset;
    t->selector = gate.selector;
    if (x86_is_null(gate.selector))
        return x86_fault_code(cpu, X86_GP, 0);
    if (!x86_need_descriptor(cpu, gate.selector, X86_GP, &t->code))
        return false;
    uint16_t attributes = t->code.attributes;
    unsigned dpl = x86_dpl(attributes);
    bool inner = !x86_is_conforming(attributes) && dpl < cpu->cpl;
    if (!x86_is_code(attributes) || dpl > cpu->cpl || (inner && !t->call) ||
        (x86_long(cpu) && (attributes & (X86_ATTR_L | X86_ATTR_DB)) != X86_ATTR_L))
        return refuse(cpu, X86_GP, gate.selector);
    if (!(attributes & X86_ATTR_P))
        return refuse(cpu, X86_NP, gate.selector);
    return inner ? call_inner(t, dpl, gate.count) : transfer_level(t);
}

static bool through_system_segment(struct transfer *t, const struct x86_descriptor *d)
{
    struct x86_cpu *cpu = t->cpu;
    unsigned type = d->attributes & X86_ATTR_TYPE;
    enum x86_task_switch why = t->call ? X86_TASK_CALL : X86_TASK_JUMP;
    if (type == X86_TYPE_CALL || (type == X86_TYPE_CALL16 && !x86_long(cpu)))
        return through_call_gate(t, d);
    if (x86_long(cpu))
        return refuse(cpu, X86_GP, t->selector);
    if (type == X86_TYPE_TASK)
        return check_gate(t, d) &&
               x86_switch_task(cpu, x86_gate_of(d->raw, 0).selector, why, t->next, x86_full_flags(cpu), false, 0);
    if (type != X86_TYPE_TSS && type != X86_TYPE_TSS16)
        return refuse(cpu, X86_GP, t->selector);
    return check_gate(t, d) && x86_switch_task(cpu, t->selector, why, t->next, x86_full_flags(cpu), false, 0);
}

static bool transfer(struct transfer *t)
{
    struct x86_cpu *cpu = t->cpu;
    t->offset &= x86_operand_mask(t->size);
    if (!x86_protected(cpu))
        return transfer_real(t);
    if (x86_is_null(t->selector))
        return x86_fault_code(cpu, X86_GP, 0);
    if (!x86_need_descriptor(cpu, t->selector, X86_GP, &t->code))
        return false;
    if (x86_is_code(t->code.attributes))
        return transfer_code(t);
    if (t->code.attributes & X86_ATTR_S)
        return refuse(cpu, X86_GP, t->selector);
    struct x86_descriptor system = t->code;
    return through_system_segment(t, &system);
}

bool x86_far_jump(struct x86_cpu *cpu, uint16_t selector, uint64_t offset, unsigned size, uint64_t next)
{
    struct transfer t = { .cpu = cpu, .selector = selector, .offset = offset, .size = size, .next = next };
    return transfer(&t);
}

bool x86_far_call(struct x86_cpu *cpu, uint16_t selector, uint64_t offset, unsigned size, uint64_t next)
{
    struct transfer t = {
        .cpu = cpu, .selector = selector, .offset = offset, .size = size, .next = next, .call = true
    };
    return transfer(&t);
}

// --- far returns -----------------------------------------------------------------------------------------------------

bool x86_check_return_code(struct x86_cpu *cpu, uint16_t selector, uint64_t ip, struct x86_descriptor *d)
{
    unsigned rpl = selector & 3;
    if (x86_is_null(selector))
        return x86_fault_code(cpu, X86_GP, 0);
    if (!x86_need_descriptor(cpu, selector, X86_GP, d))
        return false;
    unsigned dpl = x86_dpl(d->attributes);
    if (!x86_is_code(d->attributes) || rpl < cpu->cpl || (x86_is_conforming(d->attributes) ? dpl > rpl : dpl != rpl) ||
        (x86_long(cpu) && (d->attributes & X86_ATTR_L) && (d->attributes & X86_ATTR_DB)))
        return refuse(cpu, X86_GP, selector);
    if (!(d->attributes & X86_ATTR_P))
        return refuse(cpu, X86_NP, selector);
    return x86_check_target(cpu, d, ip) && x86_mark_accessed(cpu, d);
}

bool x86_check_return_stack(struct x86_cpu *cpu, uint16_t selector, unsigned cpl, const struct x86_descriptor *code,
                            struct x86_descriptor *d)
{
    if (x86_is_null(selector) && x86_long(cpu) && (code->attributes & X86_ATTR_L) && cpl != 3 &&
        (selector & 3) == cpl) {
        *d = (struct x86_descriptor){ .attributes = (uint16_t)(cpl << 5) };
        return true;
    }
    return x86_check_stack_segment(cpu, selector, cpl, X86_GP, d);
}

static bool return_outer(struct x86_cpu *cpu, struct x86_stack *stack, uint16_t selector, uint64_t ip, unsigned size,
                         uint16_t pop_bytes)
{
    struct x86_descriptor code, ss;
    uint64_t sp, stack_selector;
    unsigned cpl = selector & 3;
    if (!x86_check_return_code(cpu, selector, ip, &code) || !x86_stack_pop(stack, &sp, size) ||
        !x86_stack_pop(stack, &stack_selector, size) ||
        !x86_check_return_stack(cpu, (uint16_t)stack_selector, cpl, &code, &ss))
        return false;
    cpu->cpl = (uint8_t)cpl;
    x86_set_descriptor(cpu, X86_CS, selector, &code);
    x86_set_descriptor(cpu, X86_SS, (uint16_t)stack_selector, &ss);
    x86_set_sp(cpu, sp + pop_bytes);
    cpu->r[X86_RIP] = ip;
    x86_drop_inner_segments(cpu);
    return true;
}

bool x86_far_return(struct x86_cpu *cpu, unsigned size, uint16_t pop_bytes)
{
    struct x86_stack stack = x86_current_stack(cpu);
    struct x86_descriptor code;
    uint64_t ip, cs;
    if (!x86_stack_pop(&stack, &ip, size) || !x86_stack_pop(&stack, &cs, size))
        return false;
    stack.sp = (stack.sp + pop_bytes) & stack.mask;
    if (!x86_protected(cpu)) {
        if (ip > cpu->segment[X86_CS].limit)
            return x86_fault_code(cpu, X86_GP, 0);
        x86_stack_commit(&stack);
        x86_set_real(cpu, X86_CS, (uint16_t)cs);
        cpu->r[X86_RIP] = ip;
        return true;
    }
    if (!x86_is_null((uint16_t)cs) && (cs & 3) > cpu->cpl)
        return return_outer(cpu, &stack, (uint16_t)cs, ip, size, pop_bytes);
    if (!x86_check_return_code(cpu, (uint16_t)cs, ip, &code))
        return false;
    x86_stack_commit(&stack);
    x86_set_descriptor(cpu, X86_CS, (uint16_t)cs, &code);
    cpu->r[X86_RIP] = ip;
    return true;
}
