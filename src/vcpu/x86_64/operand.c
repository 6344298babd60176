// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Operands that take more than a load: 16 bytes through the scratch register, SIMD registers, segmented addresses.
#include <string.h>

#include "vcpu/x86_64/helper.h"
#include "vcpu/x86_64/ops_memory.h"
#include "vcpu/x86_64/segment.h"
#include "vcpu/x86_64/simd.h"

NEVER_INLINE enum op_out x86_load_slow(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                       uint64_t *value)
{
    *value = 0;
    cpu->vcpu.at = op;
    return after_slow(&cpu->vcpu, tlb_load_slow(&cpu->vcpu, address, size, cpu->cpl == 3, value));
}

NEVER_INLINE enum op_out x86_store_slow(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                        uint64_t value)
{
    cpu->vcpu.at = op;
    return after_slow(&cpu->vcpu, tlb_store_slow(&cpu->vcpu, address, size, cpu->cpl == 3, value));
}

NEVER_INLINE enum op_out x86_modify_slow(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                         uint64_t *value)
{
    *value = 0;
    cpu->vcpu.at = op;
    return after_slow(&cpu->vcpu, tlb_probe(&cpu->vcpu, address, size, cpu->cpl == 3, ACCESS_WRITE) &&
                                      tlb_load_slow(&cpu->vcpu, address, size, cpu->cpl == 3, value));
}

static bool aligned_or_fault(struct x86_cpu *cpu, const struct op *op, uint64_t address)
{
    return !op->x || address % op->s == 0 || x86_fault_code(cpu, X86_GP, 0);
}

NEVER_INLINE enum op_out x86_load_scratch(struct x86_cpu *cpu, const struct op *op, uint64_t address)
{
    unsigned low = op->s < 8 ? op->s : 8, high = op->s - low;
    if (!aligned_or_fault(cpu, op, address))
        return OP_FAULT;
    const void *host = tlb_host(&cpu->vcpu, address, op->s, cpu->cpl == 3, ACCESS_READ);
    cpu->scratch.q[0] = cpu->scratch.q[1] = 0;
    if (likely(host)) {
        memcpy(&cpu->scratch, host, op->s);
        return OP_NEXT;
    }
    cpu->vcpu.at = op;
    if (high && !tlb_probe(&cpu->vcpu, address, op->s, cpu->cpl == 3, ACCESS_READ))
        return OP_FAULT;
    return after_slow(&cpu->vcpu, x86_load(cpu, address, low, &cpu->scratch.q[0]) &&
                                      (!high || x86_load(cpu, address + 8, high, &cpu->scratch.q[1])));
}

NEVER_INLINE enum op_out x86_store_scratch(struct x86_cpu *cpu, const struct op *op, uint64_t address)
{
    unsigned low = op->s < 8 ? op->s : 8, high = op->s - low;
    if (!aligned_or_fault(cpu, op, address))
        return OP_FAULT;
    void *host = tlb_host(&cpu->vcpu, address, op->s, cpu->cpl == 3, ACCESS_WRITE);
    if (likely(host)) {
        memcpy(host, &cpu->scratch, op->s);
        return OP_NEXT;
    }
    cpu->vcpu.at = op;
    if (high && !tlb_probe(&cpu->vcpu, address, op->s, cpu->cpl == 3, ACCESS_WRITE))
        return OP_FAULT;
    return after_slow(&cpu->vcpu, x86_store(cpu, address, low, cpu->scratch.q[0]) &&
                                      (!high || x86_store(cpu, address + 8, high, cpu->scratch.q[1])));
}

// The memory of one operand: a register, `temporary` for a general register, or the scratch register.
static void *simd_operand(struct x86_cpu *cpu, const struct op *op, unsigned kind, uint64_t *temporary)
{
    bool scratch = op->x & X86_SIMD_OP_SCRATCH;
    switch ((enum x86_simd_operand)kind) {
    case X86_SIMD_XMM: return &cpu->xmm[op->d];
    case X86_SIMD_MMX: return &cpu->x87.mantissa[op->d & 7];
    case X86_SIMD_GPR: *temporary = cpu->r[op->d]; return temporary;
    case X86_SIMD_XMM_RM: return scratch ? &cpu->scratch : &cpu->xmm[op->b];
    case X86_SIMD_MMX_RM: return scratch ? (void *)&cpu->scratch : &cpu->x87.mantissa[op->b & 7];
    case X86_SIMD_GPR_RM:
        if (scratch)
            return &cpu->scratch;
        *temporary = cpu->r[op->b];
        return temporary;
    case X86_SIMD_NONE: break;
    }
    *temporary = 0;
    return temporary;
}

NEVER_INLINE enum op_out x86_op_simd(struct x86_cpu *cpu, const struct op *op)
{
    unsigned count;
    const struct x86_simd *row = &x86_simd_table(&count)[op->disp];
    uint64_t d_value, s_value;
    void *d = simd_operand(cpu, op, row->d, &d_value);
    const void *s = simd_operand(cpu, op, row->s, &s_value);
    if (!row->run(cpu, d, s, op->s))
        return OP_FAULT;
    if (row->d == X86_SIMD_GPR)
        cpu->r[op->d] = op->x & X86_SIMD_OP_W ? d_value : (uint32_t)d_value;
    else if (row->d == X86_SIMD_GPR_RM && !(op->x & X86_SIMD_OP_SCRATCH))
        cpu->r[op->b] = op->x & X86_SIMD_OP_W ? d_value : (uint32_t)d_value;
    if (row->check & X86_CHECK_MMX)
        x86_simd_done(cpu, row, d);
    return OP_NEXT;
}

NEVER_INLINE enum op_out x86_op_linear(struct x86_cpu *cpu, const struct op *op)
{
    uint64_t address;
    if (!x86_linear(cpu, (enum x86_segment)op->b, cpu->r[op->a], op->s, (enum access)op->x, &address))
        return OP_FAULT;
    cpu->r[op->d] = address;
    return OP_NEXT;
}
