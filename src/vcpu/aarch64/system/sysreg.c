// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// System registers whose access is more than a field, and MRS and MSR (Arm ARM chapter D17). The rows are in sysreg_table.c.
//
// The interrupt controller's registers and the timers' are behind the CPU port (base/cpu_port.h).
//
// Path: irqchip/arm (ICC_IAR, ICC_EOIR, behind the CPU port) / vcpu/aarch64/system/interrupt.c
#include "vcpu/aarch64/system/sysreg.h"

#include <string.h>

#include "vcpu/aarch64/system/debug.h"
#include "vcpu/aarch64/system/interrupt.h"
#include "vcpu/aarch64/system/mmu.h"
#include "vcpu/aarch64/system/model.h"
#include "vcpu/aarch64/system/sysreg_functions.h"
#include "vcpu/access.h"
#include "vcpu/loop.h"

uint32_t a64_trap_syndrome(unsigned encoding, unsigned rt, bool read)
{
    unsigned op0 = encoding >> 14 & 3, op1 = encoding >> 11 & 7, crn = encoding >> 7 & 15, crm = encoding >> 3 & 15;
    return a64_syndrome(A64_EC_SYSREG,
                        op0 << 20 | (encoding & 7) << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1 | read);
}

bool a64_trap(struct a64_cpu *cpu, unsigned encoding, bool read)
{
    cpu->fault =
        (struct a64_fault){ .syndrome = a64_trap_syndrome(encoding, cpu->vcpu.at ? cpu->vcpu.at->x : 0, read) };
    return false;
}

static bool absent(struct a64_cpu *cpu)
{
    a64_mistake(cpu, A64_MISTAKE_SYSREG, cpu->r[A64_PC]);
    return a64_undefined(cpu);
}

// --- PSTATE -----------------------------------------------------------------------------------------------------------

void a64_write_spsel(struct a64_cpu *cpu, bool sp1)
{
    cpu->spsel = sp1;
    a64_update_mode(cpu);
}

bool a64_read_nzcv(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    (void)encoding;
    *value = a64_nzcv(cpu);
    return true;
}

bool a64_write_nzcv(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    (void)encoding;
    a64_set_nzcv(cpu, (uint32_t)value);
    return true;
}

bool a64_read_daif(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    if (cpu->el == 0 && !(cpu->sctlr & A64_SCTLR_UMA))
        return a64_trap(cpu, encoding, true);
    *value = cpu->daif;
    return true;
}

bool a64_write_daif(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    if (cpu->el == 0 && !(cpu->sctlr & A64_SCTLR_UMA))
        return a64_trap(cpu, encoding, false);
    cpu->daif = (uint32_t)value & A64_DAIF;
    if (unlikely(cpu->mdscr & (A64_MDSCR_SS | A64_MDSCR_MDE)))
        a64_debug_mask_changed(cpu);
    if (cpu->vcpu.pending)
        cpu->vcpu.kick |= KICK_LOOK; // what was unmasked is taken right after
    return true;
}

bool a64_read_allint(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    (void)encoding;
    *value = cpu->allint ? A64_ALLINT : 0;
    return a64_nmi(cpu) || absent(cpu);
}

bool a64_write_allint(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    (void)encoding;
    if (!a64_nmi(cpu))
        return absent(cpu);
    cpu->allint = value & A64_ALLINT;
    if (cpu->vcpu.pending)
        cpu->vcpu.kick |= KICK_LOOK; // what was unmasked is taken right after
    return true;
}

bool a64_read_spsel(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    (void)encoding;
    *value = cpu->spsel;
    return true;
}

bool a64_set_spsel(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    (void)encoding;
    a64_write_spsel(cpu, value & 1);
    return true;
}

bool a64_read_currentel(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    (void)encoding;
    *value = (uint64_t)cpu->el << 2;
    return true;
}

// --- floating point ---------------------------------------------------------------------------------------------------

bool a64_read_fpcr(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    (void)encoding;
    *value = cpu->fpcr;
    return true;
}

bool a64_write_fpcr(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    (void)encoding;
    cpu->fpcr = (uint32_t)value & 0x07c00000; // AHP, DN, FZ, RMode; no trapped exceptions
    return true;
}

bool a64_read_fpsr(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    (void)encoding;
    *value = cpu->fpsr;
    return true;
}

bool a64_write_fpsr(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    (void)encoding;
    cpu->fpsr = (uint32_t)value & 0x0800009f; // QC, IDC, IXC, UFC, OFC, DZC, IOC
    return true;
}

// --- translation and control --------------------------------------------------------------------------------------------

#define SCTLR_WRITABLE                                                                                                 \
    (A64_SCTLR_M | A64_SCTLR_A | A64_SCTLR_C | A64_SCTLR_SA | A64_SCTLR_SA0 | A64_SCTLR_UMA | A64_SCTLR_I |            \
     A64_SCTLR_DZE | A64_SCTLR_UCT | A64_SCTLR_NTWI | A64_SCTLR_NTWE | A64_SCTLR_WXN | A64_SCTLR_UCI)

void a64_tell_nmi(struct a64_cpu *cpu)
{
    const struct cpu_port *port = &cpu->vcpu.loop->port;
    if (port->write)
        port->write(port->owner, cpu->vcpu.index, PORT_REGISTER, PORT_SCTLR_NMI, 8, (cpu->sctlr & A64_SCTLR_NMI) != 0,
                    vcpu_now(&cpu->vcpu));
}

bool a64_write_sctlr(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    (void)encoding;
    uint64_t old = cpu->sctlr, nmi = a64_nmi(cpu) ? A64_SCTLR_NMI | A64_SCTLR_SPINTMASK : 0;
    cpu->sctlr = bits_merge(old, value, SCTLR_WRITABLE | nmi);
    if ((cpu->sctlr ^ old) & nmi) {
        a64_tell_nmi(cpu);
        cpu->vcpu.kick |= KICK_LOOK; // the mask may have changed
    }
    if ((cpu->sctlr ^ old) & (A64_SCTLR_M | A64_SCTLR_A | A64_SCTLR_SA | A64_SCTLR_SA0 | A64_SCTLR_WXN))
        a64_flush(cpu);
    a64_update_mode(cpu);
    return true;
}

bool a64_write_cpacr(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    (void)encoding;
    uint64_t old = cpu->cpacr;
    cpu->cpacr = value & (UINT64_C(3) << 20);
    if (cpu->cpacr != old)
        a64_flush(cpu); // blocks of the jump cache have FPEN built in
    a64_update_mode(cpu);
    return true;
}

// All of Armv8.0: T0SZ, EPD0, IRGN0, ORGN0, SH0, TG0, the same for TTBR1_EL1 with A1, IPS, AS, TBI0, TBI1. What came later (HA,
// HD, HPD0, ...) is RES0, as ID_AA64MMFR1_EL1 says.
#define TCR_WRITABLE UINT64_C(0x77ffffffbf)

bool a64_write_tcr(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    (void)encoding;
    value &= TCR_WRITABLE;
    if (value == cpu->tcr)
        return true;
    cpu->tcr = value;
    a64_flush(cpu);
    return true;
}

// Another ASID, in the register that TCR_EL1.A1 names, changes the address space. The tables of the upper half may only change
// together with a TLBI. Bit 0 is RES0 without FEAT_TTCNP.
bool a64_write_ttbr(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    bool upper = encoding & 1;
    value &= ~UINT64_C(1);
    uint64_t *ttbr = upper ? &cpu->ttbr1 : &cpu->ttbr0, changed = *ttbr ^ value;
    *ttbr = value;
    if (upper && (changed & bits_low(48)))
        a64_flush(cpu);
    else
        a64_follow_asid(cpu);
    return true;
}

// --- identity ---------------------------------------------------------------------------------------------------------

// The whole space CRm 1-7 of op1 0, CRn 0; what is unallocated reads as zero.
bool a64_read_id(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    const struct a64_model *model = cpu->model;
    switch (encoding) {
    case A64_SYSREG(3, 0, 0, 4, 0): *value = model->pfr0 | (cpu->gic_registers ? UINT64_C(1) << 24 : 0); break;
    case A64_SYSREG(3, 0, 0, 4, 1): *value = a64_nmi(cpu) ? model->pfr1 : 0; break;
    case A64_SYSREG(3, 0, 0, 5, 0): *value = model->dfr0; break;
    case A64_SYSREG(3, 0, 0, 6, 0): *value = model->isar0; break;
    case A64_SYSREG(3, 0, 0, 7, 0): *value = model->mmfr0; break;
    default: *value = 0; break;
    }
    return true;
}

bool a64_read_midr(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    (void)encoding;
    *value = cpu->model->midr;
    return true;
}

bool a64_read_mpidr(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    (void)encoding;
    *value = cpu->mpidr | BIT64(31);
    return true;
}

bool a64_read_ctr(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    if (cpu->el == 0 && !(cpu->sctlr & A64_SCTLR_UCT))
        return a64_trap(cpu, encoding, true);
    *value = cpu->model->ctr;
    return true;
}

bool a64_read_dczid(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    (void)encoding;
    bool prohibited = cpu->el == 0 && !(cpu->sctlr & A64_SCTLR_DZE);
    *value = bits_lowest(A64_ZVA_BYTES / 4) | (prohibited ? 16u : 0u);
    return true;
}

bool a64_read_clidr(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    (void)encoding;
    *value = cpu->model->clidr;
    return true;
}

bool a64_read_ccsidr(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    (void)encoding;
    unsigned selected = cpu->csselr & 15;
    *value = selected < countof(cpu->model->ccsidr) ? cpu->model->ccsidr[selected] : 0;
    return true;
}

bool a64_read_isr(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    (void)encoding;
    uint32_t pending = cpu->vcpu.pending, shown = 0;
    shown |= pending & PENDING_IRQ ? A64_I : 0u;
    shown |= pending & PENDING_FIQ ? A64_F : 0u;
    if (pending & PENDING_NMI) // IS and FS
        shown |= shown << 3;
    *value = shown;
    return true;
}

// --- counter, timers and interrupt controller -----------------------------------------------------------------------------

// CNTKCTL_EL1 lets EL0 have the counters (bits 0 physical, 1 virtual) and timers (bits 9 physical, 8 virtual).
static bool timer_allowed(const struct a64_cpu *cpu, unsigned encoding)
{
    if (cpu->el != 0)
        return true;
    switch (encoding) {
    case A64_SYSREG(3, 3, 14, 0, 0): return cpu->cntkctl & 3;
    case A64_SYSREG(3, 3, 14, 0, 1): return cpu->cntkctl & BIT32(0);
    case A64_SYSREG(3, 3, 14, 0, 2): return cpu->cntkctl & BIT32(1);
    default: return cpu->cntkctl & ((encoding >> 3 & 15) == 2 ? BIT32(9) : BIT32(8));
    }
}

bool a64_read_counter(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    if (!timer_allowed(cpu, encoding))
        return a64_trap(cpu, encoding, true);
    *value = encoding == A64_SYSREG(3, 3, 14, 0, 0) ? cpu->cntfrq : vcpu_now(&cpu->vcpu) / A64_COUNTER_NS;
    return true;
}

// The result of an access to the port; a deadline that moved ends the slice.
static bool port_done(struct a64_cpu *cpu, enum port_result result)
{
    if (cpu->vcpu.loop->clock->moved)
        cpu->vcpu.kick |= KICK_CUT;
    return result == PORT_DONE || absent(cpu);
}

bool a64_read_port(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    const struct cpu_port *port = &cpu->vcpu.loop->port;
    if (!port->read)
        return absent(cpu);
    return port_done(cpu,
                     port->read(port->owner, cpu->vcpu.index, PORT_REGISTER, encoding, 8, value, vcpu_now(&cpu->vcpu)));
}

bool a64_write_port(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    const struct cpu_port *port = &cpu->vcpu.loop->port;
    if (!port->write)
        return absent(cpu);
    return port_done(
        cpu, port->write(port->owner, cpu->vcpu.index, PORT_REGISTER, encoding, 8, value, vcpu_now(&cpu->vcpu)));
}

bool a64_read_timer(struct a64_cpu *cpu, unsigned encoding, uint64_t *value)
{
    return timer_allowed(cpu, encoding) ? a64_read_port(cpu, encoding, value) : a64_trap(cpu, encoding, true);
}

bool a64_write_timer(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    return timer_allowed(cpu, encoding) ? a64_write_port(cpu, encoding, value) : a64_trap(cpu, encoding, false);
}

// --- MRS and MSR --------------------------------------------------------------------------------------------------------

// The field of a row and of the register within it.
static uint64_t *field_of(struct a64_cpu *cpu, const struct a64_sysreg *row, unsigned encoding)
{
    unsigned index = row->stride ? (encoding - row->encoding) / row->stride : 0;
    return (uint64_t *)(void *)((char *)cpu + row->field) + index;
}

static const struct a64_sysreg *row_of(const struct op *op)
{
    return (const struct a64_sysreg *)(uintptr_t)op->imm;
}

NEVER_INLINE enum op_out a64_op_mrs(struct a64_cpu *cpu, const struct op *op)
{
    const struct a64_sysreg *row = row_of(op);
    unsigned encoding = op->a | (unsigned)op->b << 8;
    uint64_t value = 0;
    if (row->read ? !row->read(cpu, encoding, &value) : false)
        return OP_FAULT;
    if (!row->read && row->field)
        value = *field_of(cpu, row, encoding);
    else if (!row->read)
        value = row->reset;
    cpu->r[op->d] = value;
    return after_slow(&cpu->vcpu, true);
}

NEVER_INLINE enum op_out a64_op_msr(struct a64_cpu *cpu, const struct op *op)
{
    const struct a64_sysreg *row = row_of(op);
    unsigned encoding = op->a | (unsigned)op->b << 8;
    uint64_t value = cpu->r[op->d];
    if (row->write)
        return after_slow(&cpu->vcpu, row->write(cpu, encoding, value));
    if (row->field) {
        uint64_t *field = field_of(cpu, row, encoding);
        *field = bits_merge(*field, value, row->mask);
    }
    return OP_NEXT;
}

const struct a64_sysreg *a64_sysreg_find(unsigned encoding)
{
    for (unsigned i = 0; i < a64_sysreg_count; i++) {
        const struct a64_sysreg *row = &a64_sysregs[i];
        unsigned distance = encoding - row->encoding, stride = row->stride ? row->stride : 1;
        unsigned count = row->count ? row->count : 1;
        if (encoding >= row->encoding && distance % stride == 0 && distance / stride < count)
            return row;
    }
    return NULL;
}
