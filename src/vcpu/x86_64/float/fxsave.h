// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// FXSAVE and FXRSTOR (SDM vol. 1, 10.5; vol. 2, FXSAVE): the 512-byte image of the x87, MMX and SSE state.
#ifndef VCPU_X86_64_FXSAVE_H
#define VCPU_X86_64_FXSAVE_H

#include "vcpu/x86_64/cpu.h"

#define X86_FXSAVE_BYTES 512
#define X86_MXCSR_MASK   0xffffu // MXCSR bits that exist; the others fault

// `linear` is the address of the image; `rexw` selects the 64-bit format. False: cpu->fault is set (#UD for CR0.EM, #NM
// for CR0.TS, #GP for an address not aligned to 16 or reserved MXCSR bits, or that of the memory access). FXRSTOR then
// has changed nothing.
bool x86_fxsave(struct x86_cpu *cpu, uint64_t linear, bool rexw);
bool x86_fxrstor(struct x86_cpu *cpu, uint64_t linear, bool rexw);

#endif
