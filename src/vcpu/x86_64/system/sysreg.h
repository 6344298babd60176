// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Control, debug and model-specific registers, CPUID, TSC, and the fast system calls (SDM vol. 2, vol. 3 chapter 2, vol. 4).
// Every function that can fault returns false with cpu->fault set; privilege is checked here.
#ifndef VCPU_X86_64_SYSREG_H
#define VCPU_X86_64_SYSREG_H

#include "vcpu/x86_64/cpu.h"

bool x86_read_cr(struct x86_cpu *cpu, unsigned number, uint64_t *value);
bool x86_write_cr(struct x86_cpu *cpu, unsigned number, uint64_t value);
bool x86_read_dr(struct x86_cpu *cpu, unsigned number, uint64_t *value);
bool x86_write_dr(struct x86_cpu *cpu, unsigned number, uint64_t value);
bool x86_read_msr(struct x86_cpu *cpu, uint32_t number, uint64_t *value);
bool x86_write_msr(struct x86_cpu *cpu, uint32_t number, uint64_t value);
bool x86_read_tsc(struct x86_cpu *cpu, uint64_t *value); // RDTSC rules (CR4.TSD); 1 tick per ns
void x86_cpuid(struct x86_cpu *cpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
bool x86_lmsw(struct x86_cpu *cpu, uint16_t value);
bool x86_clts(struct x86_cpu *cpu);

// `next`: RIP of the following instruction. `size`: operand size (SYSRET, SYSEXIT: 4 or 8). RIP is set.
bool x86_syscall(struct x86_cpu *cpu, uint64_t next);
bool x86_sysret(struct x86_cpu *cpu, unsigned size);
bool x86_sysenter(struct x86_cpu *cpu);
bool x86_sysexit(struct x86_cpu *cpu, unsigned size);

// IN/OUT permission: IOPL and the TSS bitmap. False: #GP.
bool x86_check_port(struct x86_cpu *cpu, uint16_t port, unsigned size);

// States after reset and after INIT (SDM vol. 3 table 10-1), and the start by SIPI.
void x86_reset(struct x86_cpu *cpu);
void x86_init(struct x86_cpu *cpu);
void x86_start(struct x86_cpu *cpu, uint8_t sipi_vector);

// The CPU state that firmware leaves and kernels expect (MTRRs, caches on): for loaders without firmware.
void x86_leave_firmware(struct x86_cpu *cpu);

#endif
