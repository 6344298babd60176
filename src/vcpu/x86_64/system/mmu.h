// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Paging (SDM vol. 3 chapter 4): none, 32-bit, PAE and 4-level, all page sizes; accessed and dirty flags; WP, NX, SMEP, SMAP.
#ifndef VCPU_X86_64_MMU_H
#define VCPU_X86_64_MMU_H

#include "vcpu/x86_64/cpu.h"

// struct guest: walk. #PF with its exact error code, #GP (#SS by the caller's choice) for addresses that are not canonical.
bool x86_walk(struct vcpu *cpu, uint64_t address, enum access access, bool user, struct tlb_page *page);

// struct guest: translate.
bool x86_physical_of(struct vcpu *cpu, uint64_t address, uint64_t *physical);

// INVLPG: drops the page with `address`, of any size, also if it is global.
void x86_flush_page(struct x86_cpu *cpu, uint64_t address);

// Drops everything.
void x86_flush(struct x86_cpu *cpu);

// Pin A20M#, inverted: `open` lets address line 20 through (SDM vol. 3, "Address Translation in Real-Address Mode").
void x86_set_a20(struct x86_cpu *cpu, bool open);

// After a load of CR3: its PCID is current, of which with `keep` all is used again that is there, otherwise what is global.
void x86_follow_cr3(struct x86_cpu *cpu, bool keep);

// INVPCID, with its type and descriptor. #GP(0).
bool x86_invalidate_pcid(struct x86_cpu *cpu, uint64_t type, uint64_t pcid, uint64_t address);

// CR3 with PAE paging: loads the four PDPTEs. #GP(0) for reserved bits.
bool x86_load_pdptes(struct x86_cpu *cpu, uint64_t cr3);

#endif
