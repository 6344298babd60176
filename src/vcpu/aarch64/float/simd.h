// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The interface between the translator and data processing on floating-point and vector registers (Arm ARM chapter C7).
#ifndef VCPU_AARCH64_FLOAT_SIMD_H
#define VCPU_AARCH64_FLOAT_SIMD_H

#include "vcpu/aarch64/cpu.h"

// Executes one instruction on cpu->v, cpu->r (through a64_target: 31 is XZR), the flags, FPCR and FPSR. It cannot
// fault: access to the registers is checked by the translator, and trapped floating-point exceptions are not
// implemented.
typedef void a64_simd_function(struct a64_cpu *cpu, uint32_t word);

// What executes `word`, which lies in the encoding space of op0 = x111 (section C4.1), or NULL: unallocated.
a64_simd_function *a64_simd_find(uint32_t word);

#endif
