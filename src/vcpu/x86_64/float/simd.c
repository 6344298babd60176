// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Common parts of MMX and SSE instructions: the checks before, the x87 state after, and MXCSR (SDM vol. 1, 9.5-9.6,
// 10.2; vol. 3, 12.1 and 13.1).
#include "vcpu/x86_64/float/simd.h"

#include <string.h>

#include "vcpu/x86_64/float/fxsave.h"
#include "vcpu/x86_64/float/simd_ops.h"
#include "vcpu/x86_64/float/x87.h"

static bool check_sse(struct x86_cpu *cpu, bool mmx)
{
    if (cpu->cr0 & X86_CR0_EM) {
        return x86_fault(cpu, X86_UD);
    }
    if (!mmx && !(cpu->cr4 & X86_CR4_OSFXSR)) {
        return x86_fault(cpu, X86_UD);
    }
    if (cpu->cr0 & X86_CR0_TS) {
        return x86_fault(cpu, X86_NM);
    }
    return true;
}

bool x86_check_sse(struct x86_cpu *cpu)
{
    return check_sse(cpu, false);
}

bool x86_simd_check(struct x86_cpu *cpu, const struct x86_simd *row)
{
    if (!row->check) {
        return true;
    }
    if (!check_sse(cpu, !(row->check & X86_CHECK_SSE))) {
        return false;
    }
    if (row->check & X86_CHECK_MMX && x86_x87_pending(cpu)) {
        return x86_fault(cpu, X86_MF);
    }
    return true;
}

void x86_simd_done(struct x86_cpu *cpu, const struct x86_simd *row, const void *d)
{
    if (!(row->check & X86_CHECK_MMX)) {
        return;
    }
    cpu->x87.status &= (uint16_t)~0x3800;
    cpu->x87.valid = row->run == simd_emms ? 0 : 0xff;
    for (unsigned i = 0; i < 8; i++) {
        if (d == &cpu->x87.mantissa[i]) {
            cpu->x87.exponent[i] = 0xffff;
        }
    }
}

bool x86_maskmov(struct x86_cpu *cpu, const struct x86_simd *row, const void *d, const void *s, uint64_t linear)
{
    uint8_t data[16], mask[16];
    memcpy(data, d, row->bytes);
    memcpy(mask, s, row->bytes);
    unsigned first = row->bytes, last = 0;
    for (unsigned i = 0; i < row->bytes; i++) {
        if (mask[i] & 0x80) {
            first = first == row->bytes ? i : first;
            last = i;
        }
    }
    if (first == row->bytes) {
        return true;
    }
    // All or nothing: no byte may be stored when a later one faults.
    if (!tlb_probe(&cpu->vcpu, linear + first, last - first + 1, cpu->cpl == 3, ACCESS_WRITE)) {
        return false;
    }
    for (unsigned i = first; i <= last; i++) {
        if (mask[i] & 0x80 && !x86_store(cpu, linear + i, 1, data[i])) {
            return false;
        }
    }
    return true;
}

bool x86_ldmxcsr(struct x86_cpu *cpu, uint32_t value)
{
    if (!x86_check_sse(cpu)) {
        return false;
    }
    if (value & ~X86_MXCSR_MASK) {
        return x86_fault_code(cpu, X86_GP, 0);
    }
    cpu->mxcsr = value;
    return true;
}
