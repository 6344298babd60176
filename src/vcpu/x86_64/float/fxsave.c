// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// FXSAVE and FXRSTOR (SDM vol. 1, 10.5.1; vol. 2, FXSAVE, tables 3-43 to 3-46).
//
//   0 FCW, FSW, FTW (abridged), FOP   8 FIP, FCS   16 FDP, FDS   24 MXCSR, MXCSR_MASK
//   32 + 16 i  ST(i)                  160 + 16 i  XMMi           416-511 not touched
#include "vcpu/x86_64/float/fxsave.h"

#include <string.h>

#include "vcpu/x86_64/float/simd.h"
#include "vcpu/x86_64/float/x87_unit.h"

#define STORED_BYTES 416
#define QWORDS       (STORED_BYTES / 8)

static bool check(struct x86_cpu *cpu, uint64_t linear)
{
    if (cpu->cr0 & X86_CR0_EM) {
        return x86_fault(cpu, X86_UD);
    }
    if (cpu->cr0 & X86_CR0_TS) {
        return x86_fault(cpu, X86_NM);
    }
    if (linear & 15) {
        return x86_fault_code(cpu, X86_GP, 0);
    }
    return true;
}

// XMM8 to XMM15 exist only in 64-bit mode.
static unsigned xmm_count(const struct x86_cpu *cpu)
{
    return cpu->mode & X86_MODE_64 ? 16 : 8;
}

bool x86_fxsave(struct x86_cpu *cpu, uint64_t linear, bool rexw)
{
    const struct x86_x87 *x87 = &cpu->x87;
    const unsigned count = xmm_count(cpu), qwords = 20 + 2 * count;
    if (!check(cpu, linear) || !tlb_probe(&cpu->vcpu, linear, 8 * qwords, cpu->cpl == 3, ACCESS_WRITE)) {
        return false;
    }
    uint64_t image[QWORDS] = { 0 };
    image[0] =
        (uint64_t)x87->control | (uint64_t)x87->status << 16 | (uint64_t)x87->valid << 32 | (uint64_t)x87->opcode << 48;
    image[1] = rexw ? x87->ip : (uint32_t)x87->ip | (uint64_t)x87->cs << 32;
    image[2] = rexw ? x87->dp : (uint32_t)x87->dp | (uint64_t)x87->ds << 32;
    image[3] = cpu->mxcsr | (uint64_t)X86_MXCSR_MASK << 32;
    for (unsigned i = 0; i < 8; i++) {
        const unsigned physical = (x86_x87_top(cpu) + i) & 7;
        image[4 + 2 * i] = x87->mantissa[physical];
        image[5 + 2 * i] = x87->exponent[physical];
    }
    for (unsigned i = 0; i < count; i++) {
        image[20 + 2 * i] = cpu->xmm[i].q[0];
        image[21 + 2 * i] = cpu->xmm[i].q[1];
    }
    void *host = tlb_host(&cpu->vcpu, linear, 8 * qwords, cpu->cpl == 3, ACCESS_WRITE);
    if (likely(host)) { // plain RAM in one page
        memcpy(host, image, 8 * qwords);
        return true;
    }
    for (unsigned i = 0; i < qwords; i++) {
        if (!x86_store(cpu, linear + 8 * i, 8, image[i])) {
            return false;
        }
    }
    return true;
}

static bool load_image(struct x86_cpu *cpu, uint64_t linear, uint64_t *image, unsigned qwords)
{
    const void *host = tlb_host(&cpu->vcpu, linear, 8 * qwords, cpu->cpl == 3, ACCESS_READ);
    if (likely(host)) {
        memcpy(image, host, 8 * qwords);
        return true;
    }
    for (unsigned i = 0; i < qwords; i++) {
        if (!x86_load(cpu, linear + 8 * i, 8, &image[i])) {
            return false;
        }
    }
    return true;
}

static void enter_x87(struct x86_cpu *cpu, const uint64_t *image, bool rexw)
{
    struct x86_x87 *x87 = &cpu->x87;
    x87->control = (uint16_t)((image[0] & 0x1f3f) | 0x40);
    x87->status = (uint16_t)(image[0] >> 16);
    x87->valid = (uint8_t)(image[0] >> 32);
    x87->opcode = image[0] >> 48 & 0x7ff;
    x87->ip = rexw ? image[1] : (uint32_t)image[1];
    x87->cs = rexw ? 0 : (uint16_t)(image[1] >> 32);
    x87->dp = rexw ? image[2] : (uint32_t)image[2];
    x87->ds = rexw ? 0 : (uint16_t)(image[2] >> 32);
    for (unsigned i = 0; i < 8; i++) {
        const unsigned physical = (x86_x87_top(cpu) + i) & 7;
        x87->mantissa[physical] = image[4 + 2 * i];
        x87->exponent[physical] = (uint16_t)image[5 + 2 * i];
    }
    x87_update_pending(cpu);
}

bool x86_fxrstor(struct x86_cpu *cpu, uint64_t linear, bool rexw)
{
    uint64_t image[QWORDS];
    if (!check(cpu, linear) || !load_image(cpu, linear, image, 20 + 2 * xmm_count(cpu))) {
        return false;
    }
    if ((uint32_t)image[3] & ~X86_MXCSR_MASK) {
        return x86_fault_code(cpu, X86_GP, 0);
    }
    cpu->mxcsr = (uint32_t)image[3];
    enter_x87(cpu, image, rexw);
    for (unsigned i = 0; i < xmm_count(cpu); i++) {
        cpu->xmm[i].q[0] = image[20 + 2 * i];
        cpu->xmm[i].q[1] = image[21 + 2 * i];
    }
    return true;
}
