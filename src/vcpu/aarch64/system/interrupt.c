// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Entry to exceptions and the way back (Arm ARM section D1.3), and what a CPU takes at an instruction boundary.
//
//     VBAR_EL1 + 000h  from EL1 with SP_EL0     + 000h  synchronous
//              + 200h  from EL1 with SP_EL1     + 080h  IRQ
//              + 400h  from EL0                 + 100h  FIQ
//                                               + 180h  SError
//
// An interrupt is only entered here; the guest acknowledges it by reading the interrupt controller.
//
// With FEAT_NMI and SCTLR_EL1.NMI set, PSTATE.I and F do not mask an interrupt with superpriority; PSTATE.ALLINT, or
// PSTATE.SP with SCTLR_EL1.SPINTMASK, masks all of them at EL1.
//
// Not modelled: EL2, EL3 and AArch32; SError interrupts.
// Path: vcpu/loop.c / vcpu/aarch64/system/sysreg.c (ICC_ registers), vcpu/tlb.c (GICC)
#include "vcpu/aarch64/system/interrupt.h"

#include "base/why.h"
#include "vcpu/aarch64/system/debug.h"
#include "vcpu/aarch64/system/mmu.h"
#include "vcpu/aarch64/system/model.h"
#include "vcpu/aarch64/system/sysreg.h"
#include "vcpu/loop.h"

bool a64_nmi(const struct a64_cpu *cpu)
{
    return cpu->gic_registers && a64_has_nmi(cpu->model);
}

uint32_t a64_pstate(const struct a64_cpu *cpu)
{
    return a64_nzcv(cpu) | cpu->daif | (cpu->illegal ? A64_IL : 0u) | (cpu->step ? A64_SS : 0u) |
           (cpu->allint ? A64_ALLINT : 0u) | (cpu->el ? A64_EL1 : 0u) | (cpu->el && cpu->spsel ? A64_SPSEL : 0u);
}

void a64_enter(struct a64_cpu *cpu, uint32_t syndrome, enum a64_vector_offset offset)
{
    uint64_t from = cpu->el == 0 ? 0x400 : cpu->spsel ? 0x200 : 0;
    cpu->spsr = a64_pstate(cpu);
    cpu->elr = cpu->r[A64_PC];
    if (offset == A64_VECTOR_SYNC || offset == A64_VECTOR_SERROR)
        cpu->esr = syndrome;
    cpu->daif = A64_DAIF;
    cpu->allint = a64_nmi(cpu) && !(cpu->sctlr & A64_SCTLR_SPINTMASK);
    cpu->illegal = cpu->step = false;
    cpu->el = 1;
    cpu->spsel = true;
    cpu->r[A64_PC] = a64_branch_address(cpu, cpu->vbar + from + offset);
    a64_update_mode(cpu);
}

void a64_deliver_fault(struct a64_cpu *cpu)
{
    if (cpu->fault.has_address)
        cpu->far = cpu->fault.address;
    a64_enter(cpu, cpu->fault.syndrome, A64_VECTOR_SYNC);
}

// --- ERET -------------------------------------------------------------------------------------------------------------

static bool is_legal(const struct a64_cpu *cpu, uint64_t spsr)
{
    (void)cpu;
    unsigned mode = spsr & 0x1f; // M[4:0]: EL0t, EL1t, EL1h
    return mode == 0 || mode == A64_EL1 || mode == (A64_EL1 | A64_SPSEL);
}

void a64_return(struct a64_cpu *cpu)
{
    uint64_t spsr = cpu->spsr, target = cpu->elr;
    cpu->monitor.size = 0;
    cpu->event = true; // an exception return is an event (section D1.6.1)
    a64_set_nzcv(cpu, (uint32_t)spsr);
    cpu->daif = (uint32_t)spsr & A64_DAIF;
    cpu->allint = a64_nmi(cpu) && spsr & A64_ALLINT;
    bool legal = is_legal(cpu, spsr);
    cpu->step = a64_step_after(cpu, spsr, legal && !(spsr & A64_EL1) ? 0 : 1);
    if (legal) {
        cpu->illegal = spsr & A64_IL;
        cpu->el = spsr & A64_EL1 ? 1 : 0;
        cpu->spsel = spsr & A64_SPSEL;
    } else { // EL and SP stay, and the next instruction takes the exception
        cpu->illegal = true;
        a64_mistake(cpu, A64_MISTAKE_RETURN, spsr);
    }
    a64_update_mode(cpu);
    if (unlikely(cpu->stepping))
        cpu->vcpu.kick |= KICK_LOOK;
    cpu->r[A64_PC] = a64_branch_address(cpu, target);
}

// --- what is taken at a boundary --------------------------------------------------------------------------------------

// With SCTLR_EL1.NMI: every interrupt is masked. EL0 has no such mask.
static bool masks_all(const struct a64_cpu *cpu)
{
    return cpu->el == 1 && (cpu->allint || (cpu->spsel && cpu->sctlr & A64_SCTLR_SPINTMASK));
}

// What of the pending word the CPU would take now; 0: nothing.
static uint32_t choose(const struct a64_cpu *cpu)
{
    uint32_t pending = cpu->vcpu.pending, masked = cpu->daif;
    if (cpu->vcpu.state == VCPU_STOPPED)
        return 0;
    if (unlikely(cpu->sctlr & A64_SCTLR_NMI)) {
        if (masks_all(cpu))
            return 0;
        masked &= pending & PENDING_NMI ? ~(uint32_t)(A64_I | A64_F) : UINT32_MAX;
    }
    if ((pending & PENDING_FIQ) && !(masked & A64_F))
        return PENDING_FIQ;
    if ((pending & PENDING_IRQ) && !(masked & A64_I))
        return PENDING_IRQ;
    return 0;
}

// WFI ends for interrupts that are masked, too; WFE does not (section D1.6).
static bool wakes(const struct a64_cpu *cpu)
{
    return cpu->vcpu.state == VCPU_HALTED && !cpu->waits_event && (cpu->vcpu.pending & (PENDING_IRQ | PENDING_FIQ));
}

bool a64_can_take(const struct vcpu *vcpu)
{
    const struct a64_cpu *cpu = (const struct a64_cpu *)(const void *)vcpu;
    return choose(cpu) != 0 || wakes(cpu);
}

void a64_why(const struct vcpu *vcpu, uint32_t pending, struct why *why)
{
    const struct a64_cpu *cpu = (const struct a64_cpu *)(const void *)vcpu;
    bool nmis = cpu->sctlr & A64_SCTLR_NMI, superior = nmis && pending & PENDING_NMI;
    uint64_t pc = cpu->r[A64_PC];
    unsigned gates = why->gates;
    if (vcpu->state == VCPU_STOPPED)
        WHY(why, INTACT_WHY_CPU_OFF, vcpu->index);
    if (nmis && masks_all(cpu))
        WHY(why, INTACT_WHY_CPU_MASKS_ALL, vcpu->index, !cpu->allint, pc);
    if (pending & PENDING_IRQ && cpu->daif & A64_I && !superior)
        WHY(why, INTACT_WHY_CPU_MASKS, vcpu->index, 0, pc);
    if (pending & PENDING_FIQ && cpu->daif & A64_F && !superior)
        WHY(why, INTACT_WHY_CPU_MASKS, vcpu->index, 1, pc);
    if (why->gates == gates)
        WHY(why, INTACT_WHY_CPU_TAKES, vcpu->index, pc);
}

bool a64_take_interrupt(struct vcpu *vcpu)
{
    struct a64_cpu *cpu = a64_of(vcpu);
    uint32_t which = choose(cpu);
    bool woken = wakes(cpu);
    if (!which && !woken)
        return false;
    if (vcpu->state == VCPU_HALTED)
        vcpu_set_state(vcpu, VCPU_RUNNING);
    if (!which)
        return true;
    TRACE(vcpu->loop->trace, TRACE_TAKE, vcpu->index, which, cpu->r[A64_PC], 0);
    a64_enter(cpu, 0, which == PENDING_FIQ ? A64_VECTOR_FIQ : A64_VECTOR_IRQ);
    return true;
}
