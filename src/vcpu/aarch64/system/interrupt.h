// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Entry to exceptions through VBAR_EL1, and the way back (Arm ARM section D1.3).
#ifndef VCPU_AARCH64_SYSTEM_INTERRUPT_H
#define VCPU_AARCH64_SYSTEM_INTERRUPT_H

#include "vcpu/aarch64/cpu.h"

// Offsets in a quarter of the vector table.
enum a64_vector_offset {
    A64_VECTOR_SYNC = 0,
    A64_VECTOR_IRQ = 0x80,
    A64_VECTOR_FIQ = 0x100,
    A64_VECTOR_SERROR = 0x180
};

// Does the CPU have FEAT_NMI? It comes with a GICv3.
bool a64_nmi(const struct a64_cpu *cpu);

// PSTATE as SPSR_EL1 gets it.
uint32_t a64_pstate(const struct a64_cpu *cpu);

// Enters EL1 with PC as the preferred return address. IRQ and FIQ have no syndrome.
void a64_enter(struct a64_cpu *cpu, uint32_t syndrome, enum a64_vector_offset offset);

// Delivers cpu->fault at PC.
void a64_deliver_fault(struct a64_cpu *cpu);

// ERET, with the illegal exception return (section D1.4.1).
void a64_return(struct a64_cpu *cpu);

// struct guest: can_take, why and take_interrupt.
bool a64_can_take(const struct vcpu *cpu);
struct why;
void a64_why(const struct vcpu *cpu, uint32_t pending, struct why *why);
bool a64_take_interrupt(struct vcpu *cpu);

#endif
