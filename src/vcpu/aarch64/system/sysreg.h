// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// System registers (Arm ARM chapter D17), one row for each or for a run of equal ones.
#ifndef VCPU_AARCH64_SYSTEM_SYSREG_H
#define VCPU_AARCH64_SYSTEM_SYSREG_H

#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/system/debug.h"

// op0:op1:CRn:CRm:op2, as in an instruction's bits 20:5 and as the CPU port names registers.
#define A64_SYSREG(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

enum { // access
    A64_EL0_READ = 1 << 0,
    A64_EL0_WRITE = 1 << 1,
    A64_EL1_READ = 1 << 2,
    A64_EL1_WRITE = 1 << 3,
    A64_PLAIN = 1 << 4,      // all 64 bits of a field, without a check other than the level
    A64_ENDS_BLOCK = 1 << 5, // a write can change how the next instruction is executed
    A64_NEEDS_FP = 1 << 6,
    A64_EL0 = A64_EL0_READ | A64_EL0_WRITE,
    A64_EL1_ONLY = A64_EL1_READ | A64_EL1_WRITE,
    A64_ALL = A64_EL0 | A64_EL1_ONLY,
};

struct a64_sysreg {
    const char *name;
    uint16_t encoding; // of the first
    uint16_t stride;   // from one encoding to the next
    uint8_t count;     // 0 counts as 1
    uint8_t access;
    uint16_t field; // offset in struct a64_cpu of a uint64_t, or of the first of an array
    uint64_t reset;
    uint64_t mask; // bits that a write can change
    // Where a field is not enough. False: cpu->fault is set. `encoding` names the register within the row.
    bool (*read)(struct a64_cpu *cpu, unsigned encoding, uint64_t *value);
    bool (*write)(struct a64_cpu *cpu, unsigned encoding, uint64_t value);
};

extern const struct a64_sysreg a64_sysregs[]; // sorted by encoding
extern const unsigned a64_sysreg_count;

// The row that holds `encoding`, or NULL.
const struct a64_sysreg *a64_sysreg_find(unsigned encoding);

// MRS and MSR: a, b: encoding; d: slot; x: Rt; imm: the row.
enum op_out a64_op_mrs(struct a64_cpu *cpu, const struct op *op);
enum op_out a64_op_msr(struct a64_cpu *cpu, const struct op *op);

// ESR_EL1 for a trapped MSR, MRS or system instruction (EC 18h).
uint32_t a64_trap_syndrome(unsigned encoding, unsigned rt, bool read);

// The ISS of a trap of the access being made, for a read or write function.
bool a64_trap(struct a64_cpu *cpu, unsigned encoding, bool read);

// PSTATE, CPACR_EL1, SCTLR_EL1 and what enables debug exceptions, into the mode bits and the TLB's table.
static inline void a64_update_mode(struct a64_cpu *cpu)
{
    bool user = cpu->el == 0;
    unsigned fpen = (unsigned)bits_get(cpu->cpacr, 21, 20);
    uint32_t mode = user ? A64_MODE_USER : cpu->spsel ? A64_MODE_SP1 : 0u;
    if (user ? fpen == 3 : fpen & 1)
        mode |= A64_MODE_FP;
    if (cpu->sctlr & (user ? A64_SCTLR_SA0 : A64_SCTLR_SA))
        mode |= A64_MODE_SA;
    if (cpu->sctlr & A64_SCTLR_A)
        mode |= A64_MODE_ALIGN;
    cpu->mode = mode;
    cpu->stepping = false;
    if (unlikely(cpu->debugging))
        a64_debug_update_mode(cpu);
    tlb_select(&cpu->vcpu, user);
}

// Tells the interrupt controller SCTLR_EL1.NMI.
void a64_tell_nmi(struct a64_cpu *cpu);

// PSTATE.SPSel.
void a64_write_spsel(struct a64_cpu *cpu, bool sp1);

// The state after reset (section D1.3.3), and a start by PSCI CPU_ON: at EL1, `context` in X0.
void a64_reset(struct a64_cpu *cpu);
void a64_start(struct a64_cpu *cpu, uint64_t entry, uint64_t context);

#endif
