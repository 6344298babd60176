// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Delivery of interrupts and exceptions through the IVT or IDT, and IRET (SDM vol. 3 chapter 6).
#ifndef VCPU_X86_64_INTERRUPT_H
#define VCPU_X86_64_INTERRUPT_H

#include "vcpu/x86_64/cpu.h"

enum x86_event {
    X86_EVENT_HARDWARE,  // INTR, NMI: returns to RIP
    X86_EVENT_EXCEPTION, // a fault: returns to RIP, with RF set
    X86_EVENT_DEBUG,     // #DB that is a trap or an instruction breakpoint: returns to RIP, with RF as it is
    X86_EVENT_SOFTWARE,  // INT n: checks the gate's DPL; returns to `next`
    X86_EVENT_BREAK,     // INT3, INTO: the same, with the vector as an exception's
};

// Delivers `vector`. `next` is the return address pushed. False: delivery faulted, cpu->fault says how.
bool x86_deliver(struct x86_cpu *cpu, uint8_t vector, enum x86_event event, bool has_error, uint32_t error,
                 uint64_t next);

// Delivers cpu->fault at RIP, with double fault and triple fault (shutdown: loop_stop with LOOP_RESET) if delivery faults.
void x86_deliver_fault(struct x86_cpu *cpu);

// IRET of operand size 2, 4 or 8; unblocks NMI.
bool x86_iret(struct x86_cpu *cpu, unsigned size);

// struct guest: can_take, why and take_interrupt.
bool x86_can_take(const struct vcpu *cpu);
struct why;
void x86_why(const struct vcpu *cpu, uint32_t pending, struct why *why);
bool x86_take_interrupt(struct vcpu *cpu);

#endif
