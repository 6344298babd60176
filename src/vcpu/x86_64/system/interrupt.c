// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Delivery of interrupts and exceptions (SDM vol. 3 chapter 6), and what a CPU takes at an instruction boundary.
//
//     real mode       IVT entry: IP, CS             push FLAGS, CS, IP
//     protected mode  gate -> code segment          same level: push EFLAGS, CS, EIP [, error]
//                                                   inner level: SS:ESP from the TSS; push SS, ESP first (and GS, FS,
//                                                   DS, ES before those from virtual-8086 mode)
//                     task gate -> task switch
//     64-bit mode     gate -> 64-bit code segment   RSP from the TSS or its IST, aligned to 16; always push SS, RSP,
//                                                   RFLAGS, CS, RIP [, error]
//
// Everything is checked and pushed before a register changes.
//
// Where the manual leaves a choice: the shadow of STI delays an NMI as that of MOV SS does (SDM vol. 3, table 25-3,
// says that STI "may" block NMIs; processors do). A CPU that waits for a SIPI only takes INIT and SIPI; an NMI that
// comes meanwhile stays pending in the local APIC and is taken after the start (SDM vol. 3 section 26.6.2 has it
// blocked, and blocked events are held).
//
// Not modelled: system management mode (an SMI is acknowledged and counted), machine checks, CR4.VME and CR4.PVI.
// Path: vcpu/loop.c / irqchip/x86/lapic.c (EOI)
#include "vcpu/x86_64/system/interrupt.h"

#include <string.h>

#include "base/why.h"
#include "vcpu/loop.h"
#include "vcpu/x86_64/system/protect.h"
#include "vcpu/x86_64/system/segment.h"
#include "vcpu/x86_64/system/sysreg.h"

// RF is stored as the boundary up to which it is set, so that it need not be cleared after every instruction.
uint64_t x86_full_flags(const struct x86_cpu *cpu)
{
    bool resumes = cpu->resume != UINT64_MAX && cpu->resume == vcpu_executed(&cpu->vcpu);
    return x86_flags(cpu) | (resumes ? X86_RF : 0u);
}

// An event to deliver, and its gate and handler.
struct delivery {
    struct x86_cpu *cpu;
    uint8_t vector;
    enum x86_event event;
    bool has_error;
    uint32_t error;
    uint64_t next;
    uint64_t flags; // as pushed
    struct x86_gate gate;
    struct x86_descriptor code;
    bool stays;   // its code segment is the one that is loaded; `code` is not set
    unsigned cpl; // of the handler
};

static bool is_software(enum x86_event event)
{
    return event == X86_EVENT_SOFTWARE || event == X86_EVENT_BREAK;
}

// Error code that names an IDT entry (SDM vol. 3 section 6.13); EXT is added in x86_deliver.
static bool gate_fault(struct delivery *d, enum x86_exception vector)
{
    return x86_fault_code(d->cpu, vector, d->vector * 8u + 2);
}

// --- real mode -------------------------------------------------------------------------------------------------------

static NEVER_INLINE bool deliver_real(struct delivery *d)
{
    struct x86_cpu *cpu = d->cpu;
    uint64_t entry;
    if (d->vector * 4u + 3 > cpu->idt_limit)
        return gate_fault(d, X86_GP);
    if (!x86_load_system(cpu, (uint32_t)(cpu->idt_base + d->vector * 4u), 4, &entry))
        return false;
    struct x86_stack stack = x86_current_stack(cpu);
    if (!x86_stack_push(&stack, d->flags & 0xffff, 2) || !x86_stack_push(&stack, cpu->segment[X86_CS].selector, 2) ||
        !x86_stack_push(&stack, d->next & 0xffff, 2))
        return false;
    if ((entry & 0xffff) > cpu->segment[X86_CS].limit)
        return x86_fault_code(cpu, X86_GP, 0);
    x86_stack_commit(&stack);
    cpu->eflags &= ~(uint64_t)(X86_IF | X86_TF | X86_AC);
    x86_set_real(cpu, X86_CS, (uint16_t)(entry >> 16));
    cpu->r[X86_RIP] = entry & 0xffff;
    cpu->resume = UINT64_MAX;
    return true;
}

// --- gates -----------------------------------------------------------------------------------------------------------

// An entry of the IDT: 16 bytes in long mode, otherwise 8.
static inline bool load_gate(struct x86_cpu *cpu, uint64_t linear, bool wide, uint64_t words[2])
{
    const void *host = tlb_host(&cpu->vcpu, linear, 16, false, ACCESS_READ);
    if (likely(host && wide)) {
        memcpy(words, host, 16);
        return true;
    }
    words[1] = 0;
    return x86_load_system(cpu, linear, 8, &words[0]) && (!wide || x86_load_system(cpu, linear + 8, 8, &words[1]));
}

static inline bool read_gate(struct delivery *d)
{
    struct x86_cpu *cpu = d->cpu;
    bool wide = x86_long(cpu);
    uint32_t size = wide ? 16 : 8, at = d->vector * size;
    uint64_t words[2];
    if (at + size - 1 > cpu->idt_limit)
        return gate_fault(d, X86_GP);
    if (!load_gate(cpu, x86_wrap(cpu, cpu->idt_base + at), wide, words))
        return false;
    d->gate = x86_gate_of(words[0], words[1] & UINT32_MAX);
    uint16_t attributes = d->gate.attributes;
    uint32_t types = BIT32(X86_TYPE_INTERRUPT) | BIT32(X86_TYPE_TRAP);
    if (!wide)
        types |= BIT32(X86_TYPE_INTERRUPT16) | BIT32(X86_TYPE_TRAP16) | BIT32(X86_TYPE_TASK);
    if ((attributes & X86_ATTR_S) || !(types >> (attributes & X86_ATTR_TYPE) & 1))
        return gate_fault(d, X86_GP);
    if (is_software(d->event) && x86_dpl(attributes) < cpu->cpl)
        return gate_fault(d, X86_GP);
    if (!(attributes & X86_ATTR_P))
        return gate_fault(d, X86_NP);
    return true;
}

static NEVER_INLINE bool read_descriptor(struct delivery *d)
{
    struct x86_cpu *cpu = d->cpu;
    uint16_t selector = d->gate.selector;
    uint32_t error = selector & 0xfffc;
    if (x86_is_null(selector))
        return x86_fault_code(cpu, X86_GP, 0);
    if (!x86_need_descriptor(cpu, selector, X86_GP, &d->code))
        return false;
    uint16_t attributes = d->code.attributes;
    unsigned dpl = x86_dpl(attributes);
    if (!x86_is_code(attributes) || dpl > cpu->cpl)
        return x86_fault_code(cpu, X86_GP, error);
    if (x86_long(cpu) && (attributes & (X86_ATTR_L | X86_ATTR_DB)) != X86_ATTR_L)
        return x86_fault_code(cpu, X86_GP, error);
    if (!(attributes & X86_ATTR_P))
        return x86_fault_code(cpu, X86_NP, error);
    d->cpl = x86_is_conforming(attributes) ? cpu->cpl : dpl;
    if (x86_v86(cpu) && d->cpl != 0)
        return x86_fault_code(cpu, X86_GP, error);
    return x86_check_target(cpu, &d->code, d->gate.offset) && x86_mark_accessed(cpu, &d->code);
}

// The handler's code segment, and with it the level it runs at.
static inline bool read_code(struct delivery *d)
{
    const struct x86_cpu *cpu = d->cpu;
    uint16_t selector = (uint16_t)((d->gate.selector & 0xfffc) | cpu->cpl);
    d->cpl = cpu->cpl;
    d->stays = x86_is_canonical(d->gate.offset) && x86_is_loaded(cpu, X86_CS, selector);
    return likely(d->stays) || read_descriptor(d);
}

static inline void enter_handler(struct delivery *d)
{
    struct x86_cpu *cpu = d->cpu;
    cpu->eflags &= ~(uint64_t)(X86_TF | X86_NT | X86_VM);
    if (!(d->gate.attributes & 1)) // an interrupt gate
        cpu->eflags &= ~(uint64_t)X86_IF;
    cpu->cpl = (uint8_t)d->cpl;
    if (!d->stays)
        x86_set_descriptor(cpu, X86_CS, (uint16_t)((d->gate.selector & 0xfffc) | d->cpl), &d->code);
    cpu->r[X86_RIP] = d->gate.offset;
    cpu->resume = UINT64_MAX;
}

// --- 64-bit ----------------------------------------------------------------------------------------------------------

static bool push_error(struct delivery *d, uint64_t *sp)
{
    struct x86_stack stack = x86_wide_stack(d->cpu, *sp, d->cpl);
    bool done = x86_stack_push(&stack, d->error, 8);
    *sp = stack.sp;
    return done;
}

static inline bool deliver_long(struct delivery *d)
{
    struct x86_cpu *cpu = d->cpu;
    unsigned ist = d->gate.count & 7;
    bool inner = d->cpl != cpu->cpl;
    uint64_t sp = cpu->r[X86_RSP];
    if (!x86_is_64(cpu))
        sp &= x86_stack_mask(cpu);
    if ((inner || ist) && !x86_inner_stack_pointer(cpu, d->cpl, ist, &sp))
        return false;
    sp &= ~UINT64_C(15);
    const struct x86_frame frame = {
        d->next, cpu->segment[X86_CS].selector, d->flags, cpu->r[X86_RSP], cpu->segment[X86_SS].selector,
    };
    if (!x86_push_frame(cpu, sp, d->cpl, &frame))
        return false;
    sp -= sizeof frame;
    if (d->has_error && !push_error(d, &sp))
        return false;
    enter_handler(d);
    if (inner)
        x86_set_segment(cpu, X86_SS, (uint16_t)d->cpl, 0, 0, (uint16_t)(d->cpl << 5));
    cpu->r[X86_RSP] = sp;
    return true;
}

// --- 16- and 32-bit gates --------------------------------------------------------------------------------------------

static bool push_frame(struct delivery *d, struct x86_stack *stack, unsigned size)
{
    return x86_stack_push(stack, d->flags, size) && x86_stack_push(stack, d->cpu->segment[X86_CS].selector, size) &&
           x86_stack_push(stack, d->next, size) && (!d->has_error || x86_stack_push(stack, d->error, size));
}

static bool push_v86_segments(struct x86_cpu *cpu, struct x86_stack *stack, unsigned size)
{
    static const enum x86_segment segments[] = { X86_GS, X86_FS, X86_DS, X86_ES };
    for (unsigned i = 0; i < countof(segments); i++)
        if (!x86_stack_push(stack, cpu->segment[segments[i]].selector, size))
            return false;
    return true;
}

static bool deliver_inner(struct delivery *d, unsigned size)
{
    struct x86_cpu *cpu = d->cpu;
    struct x86_descriptor ss;
    uint16_t selector;
    uint64_t sp;
    bool v86 = x86_v86(cpu);
    if (!x86_inner_stack(cpu, d->cpl, &selector, &sp) || !x86_check_stack_segment(cpu, selector, d->cpl, X86_TS, &ss))
        return false;
    struct x86_stack stack = x86_other_stack(cpu, selector, &ss, sp, d->cpl);
    if ((v86 && !push_v86_segments(cpu, &stack, size)) ||
        !x86_stack_push(&stack, cpu->segment[X86_SS].selector, size) ||
        !x86_stack_push(&stack, cpu->r[X86_RSP], size) || !push_frame(d, &stack, size))
        return false;
    enter_handler(d);
    x86_set_descriptor(cpu, X86_SS, selector, &ss);
    x86_stack_commit(&stack);
    if (v86) {
        x86_set_null(cpu, X86_ES, 0);
        x86_set_null(cpu, X86_DS, 0);
        x86_set_null(cpu, X86_FS, 0);
        x86_set_null(cpu, X86_GS, 0);
    }
    return true;
}

static NEVER_INLINE bool deliver_legacy(struct delivery *d)
{
    struct x86_cpu *cpu = d->cpu;
    unsigned size = d->gate.attributes & 8 ? 4 : 2;
    if (size == 2)
        d->gate.offset &= 0xffff;
    if (d->cpl != cpu->cpl)
        return deliver_inner(d, size);
    struct x86_stack stack = x86_current_stack(cpu);
    if (!push_frame(d, &stack, size))
        return false;
    enter_handler(d);
    x86_stack_commit(&stack);
    return true;
}

static bool deliver_protected(struct delivery *d)
{
    struct x86_cpu *cpu = d->cpu;
    if (d->event == X86_EVENT_SOFTWARE && x86_v86(cpu) && (cpu->eflags & X86_IOPL) != X86_IOPL)
        return x86_fault_code(cpu, X86_GP, 0);
    if (!read_gate(d))
        return false;
    if ((d->gate.attributes & X86_ATTR_TYPE) == X86_TYPE_TASK)
        return x86_switch_task(cpu, d->gate.selector, X86_TASK_GATE, d->next, d->flags, d->has_error, d->error);
    if (!(d->gate.attributes & 8)) // a 16-bit gate
        d->gate.offset &= 0xffff;
    if (!read_code(d))
        return false;
    return x86_long(cpu) ? deliver_long(d) : deliver_legacy(d);
}

// Faults push RF as set, so that the instruction breakpoint that may be on the same instruction is not met again after
// the return (SDM vol. 3 section 17.3.1.1); #DB for general detect is one. Everything else pushes RF as it is: traps,
// instruction breakpoints, interrupts, and #DF, which is an abort.
static bool sets_rf(uint8_t vector, enum x86_event event)
{
    return event == X86_EVENT_EXCEPTION && vector != X86_DOUBLE;
}

bool x86_deliver(struct x86_cpu *cpu, uint8_t vector, enum x86_event event, bool has_error, uint32_t error,
                 uint64_t next)
{
    struct delivery d; // the rest is set on the way
    d.cpu = cpu;
    d.vector = vector;
    d.event = event;
    d.has_error = has_error;
    d.error = error;
    d.next = next;
    d.flags = x86_full_flags(cpu) | (sets_rf(vector, event) ? X86_RF : 0u);
    if (vector == X86_DB && !is_software(event))
        cpu->dr[7] &= ~(uint64_t)X86_DR7_GD; // so that the handler can access the debug registers
    bool done = cpu->cr0 & X86_CR0_PE ? deliver_protected(&d) : deliver_real(&d);
    // EXT: the fault came while something external to the program was delivered.
    if (!done && !is_software(event) && cpu->fault.has_error && cpu->fault.vector != X86_PAGE)
        cpu->fault.error |= 1;
    return done;
}

// --- faults while delivering -----------------------------------------------------------------------------------------

enum fault_class { BENIGN, CONTRIBUTORY, PAGE }; // SDM vol. 3 table 6-4

static enum fault_class class_of(uint8_t vector)
{
    switch (vector) {
    case X86_DE:
    case X86_TS:
    case X86_NP:
    case X86_SS_FAULT:
    case X86_GP: return CONTRIBUTORY;
    case X86_PAGE: return PAGE;
    default: return BENIGN;
    }
}

void x86_shut_down(struct x86_cpu *cpu)
{
    cpu->shutdown = true;
    vcpu_set_state(&cpu->vcpu, VCPU_STOPPED);
    loop_stop(cpu->vcpu.loop, LOOP_RESET, 0);
}

// Delivers cpu->fault, which occurred during the delivery of an event of class `first`, until one delivery succeeds
// (table 6-5).
static void deliver_faults(struct x86_cpu *cpu, enum fault_class first, bool doubled)
{
    for (;;) {
        struct x86_fault fault = cpu->fault;
        enum fault_class second = class_of(fault.vector);
        if (fault.vector == X86_PAGE)
            cpu->cr2 = fault.address;
        if (doubled) {
            x86_shut_down(cpu);
            return;
        }
        if ((first == CONTRIBUTORY && second == CONTRIBUTORY) || (first == PAGE && second != BENIGN)) {
            fault = (struct x86_fault){ .vector = X86_DOUBLE, .has_error = true };
            doubled = true;
        }
        enum x86_event event = fault.keeps_rf ? X86_EVENT_DEBUG : X86_EVENT_EXCEPTION;
        if (x86_deliver(cpu, fault.vector, event, fault.has_error, fault.error, cpu->r[X86_RIP]))
            return;
        first = second;
    }
}

void x86_deliver_fault(struct x86_cpu *cpu)
{
    deliver_faults(cpu, BENIGN, false);
}

static inline void deliver_external(struct x86_cpu *cpu, uint8_t vector)
{
    uint64_t rip = cpu->r[X86_RIP];
    TRACE(cpu->vcpu.loop->trace, TRACE_TAKE, cpu->vcpu.index, vector, rip, 0);
    if (cpu->vcpu.state == VCPU_HALTED)
        vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    if (!x86_deliver(cpu, vector, X86_EVENT_HARDWARE, false, 0, rip))
        deliver_faults(cpu, BENIGN, false);
}

// --- what is taken at a boundary -------------------------------------------------------------------------------------

// The bit of the pending word that the CPU would take now, in the order of SDM vol. 3 table 6-2; 0: none.
static uint32_t choose(const struct x86_cpu *cpu)
{
    uint32_t pending = cpu->vcpu.pending;
    uint64_t executed;
    if (pending & (PENDING_INIT | PENDING_SIPI))
        return pending & PENDING_INIT ? PENDING_INIT : PENDING_SIPI;
    if (cpu->vcpu.state == VCPU_STOPPED)
        return 0;
    if (pending & PENDING_SMI)
        return PENDING_SMI;
    executed = vcpu_executed(&cpu->vcpu);
    if (executed == cpu->shadow || executed == cpu->shadow_ss)
        return 0;
    if ((pending & PENDING_NMI) && !cpu->nmi_blocked)
        return PENDING_NMI;
    if ((pending & PENDING_INTR) && (cpu->eflags & X86_IF))
        return PENDING_INTR;
    return 0;
}

bool x86_can_take(const struct vcpu *vcpu)
{
    return choose((const struct x86_cpu *)(const void *)vcpu) != 0;
}

void x86_why(const struct vcpu *vcpu, uint32_t pending, struct why *why)
{
    const struct x86_cpu *cpu = (const struct x86_cpu *)(const void *)vcpu;
    uint64_t executed = vcpu_executed(vcpu);
    uint32_t index = vcpu->index;
    unsigned gates = why->gates;
    if (vcpu->state == VCPU_STOPPED && !(pending & (PENDING_INIT | PENDING_SIPI)))
        WHY(why, INTACT_WHY_CPU_WAITS_SIPI, index);
    if (pending & (PENDING_INTR | PENDING_NMI) && (executed == cpu->shadow || executed == cpu->shadow_ss))
        WHY(why, INTACT_WHY_CPU_SHADOW, index, executed == cpu->shadow_ss);
    if (pending & PENDING_NMI && cpu->nmi_blocked)
        WHY(why, INTACT_WHY_CPU_NMI_BLOCKED, index);
    if (pending & PENDING_INTR && !(cpu->eflags & X86_IF))
        WHY(why, INTACT_WHY_CPU_INTERRUPTS_OFF, index, (uint32_t)x86_full_flags(cpu), cpu->r[X86_RIP]);
    if (why->gates == gates)
        WHY(why, INTACT_WHY_CPU_TAKES, index, cpu->r[X86_RIP]);
}

bool x86_take_interrupt(struct vcpu *vcpu)
{
    struct x86_cpu *cpu = x86_of(vcpu);
    const struct cpu_port *port = &vcpu->loop->port;
    uint32_t which = choose(cpu);
    if (!which)
        return false;
    int vector = port->acknowledge(port->owner, vcpu->index, which, vcpu_now(vcpu));
    if (vector < 0)
        return false;
    switch (which) {
    case PENDING_INIT: x86_init(cpu); return true;
    case PENDING_SIPI:
        if (vcpu->state != VCPU_STOPPED || cpu->shutdown) {
            x86_mistake(cpu, X86_MISTAKE_SIPI, (uint64_t)vector);
            return false;
        }
        x86_start(cpu, (uint8_t)vector);
        return true;
    case PENDING_SMI: x86_mistake(cpu, X86_MISTAKE_SMI, 0); return false;
    case PENDING_NMI:
        cpu->nmi_blocked = true;
        deliver_external(cpu, 2);
        return true;
    default: deliver_external(cpu, (uint8_t)vector); return true;
    }
}
