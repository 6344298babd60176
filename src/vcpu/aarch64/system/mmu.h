// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Translation of addresses at EL1&0, stage 1 (Arm ARM chapter D8): granules of 4, 16 and 64 KiB.
#ifndef VCPU_AARCH64_SYSTEM_MMU_H
#define VCPU_AARCH64_SYSTEM_MMU_H

#include "vcpu/aarch64/cpu.h"

// Fault status codes (ESR_EL1.ISS, DFSC and IFSC); those of a level have it in bits 1:0.
enum {
    A64_FSC_ADDRESS_SIZE = 0x00,
    A64_FSC_TRANSLATION = 0x04,
    A64_FSC_ACCESS_FLAG = 0x08,
    A64_FSC_PERMISSION = 0x0c,
    A64_FSC_EXTERNAL = 0x10,
    A64_FSC_EXTERNAL_WALK = 0x14,
    A64_FSC_ALIGNMENT = 0x21,
};

// What a walk finds.
struct a64_walk {
    uint64_t physical;    // of the address, also where the access flag alone is missing
    unsigned fault;       // A64_FSC_ code with level, if it failed
    unsigned shift;       // log2 of the page or block
    uint8_t attributes;   // of the memory, as MAIR_EL1 has them
    uint8_t shareability; // SH of the descriptor
    bool read, write;     // what the privilege asked for may do
    bool private;         // belongs to one ASID (nG)
};

// Walks without touching the TLB and without an exception. False: `fault` says why.
bool a64_translate(struct a64_cpu *cpu, uint64_t address, enum access access, bool user, struct a64_walk *walk);

// struct guest: translate.
bool a64_physical_of(struct vcpu *cpu, uint64_t address, uint64_t *physical);

// struct guest: walk. Records the exact abort.
bool a64_walk(struct vcpu *cpu, uint64_t address, enum access access, bool user, struct tlb_page *page);

// Records a data abort with this status code at `address`. `iss`: more bits of the syndrome (WnR, CM).
bool a64_data_abort(struct a64_cpu *cpu, uint64_t address, unsigned status, uint32_t iss);

// The address that a branch to `target` goes to: without its tag where TCR_EL1.TBI says so.
uint64_t a64_branch_address(const struct a64_cpu *cpu, uint64_t target);

// TLBI for one CPU: everything; what is private to the ASID in the operand; the page with its address, if it is global or
// private to its ASID or, with `all`, to any.
void a64_flush(struct a64_cpu *cpu);
void a64_flush_asid(struct a64_cpu *cpu, uint64_t operand);
void a64_flush_address(struct a64_cpu *cpu, uint64_t operand, bool all);

// The ASID may have changed: in a TTBR.
void a64_follow_asid(struct a64_cpu *cpu);

#endif
