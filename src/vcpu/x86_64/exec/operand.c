// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Operands that need more than a load: 16 bytes through the scratch register, SIMD registers, segmented addresses.
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops.h"
#include "vcpu/x86_64/exec/ops_memory.h"
#include "vcpu/x86_64/float/simd.h"
#include "vcpu/x86_64/system/segment.h"

// Does the op access the stack: directly, or because its address is based on RSP or RBP? For an address that was
// computed before, the base is in slot b, which the plain forms do not use.
static bool is_stack(const struct op *op)
{
    switch (op->code) {
    case X86_OP_PUSH64:
    case X86_OP_PUSHI64:
    case X86_OP_CALL64:
    case X86_OP_POP64:
    case X86_OP_LEAVE64: return true;
    case X86_OP_LDSCRATCH:
    case X86_OP_STSCRATCH: return op->b == X86_RSP;
    default: return op->x == X86_ZERO && (op->a == X86_RSP || op->a == X86_RBP || op->b == X86_RSP);
    }
}

// The result of an access of the op in vcpu.at. A #GP is that of an address in 64-bit mode that is not canonical: through SS it is
// #SS(0) (SDM vol. 3 section 6.15).
static inline enum op_out slow_done(struct x86_cpu *cpu, bool done)
{
    if (unlikely(!done) && cpu->fault.vector == X86_GP && is_stack(cpu->vcpu.at))
        cpu->fault.vector = X86_SS_FAULT;
    return after_slow(&cpu->vcpu, done);
}

NEVER_INLINE enum op_out x86_load_slow(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                       uint64_t *value)
{
    *value = 0;
    cpu->vcpu.at = op;
    return slow_done(cpu, tlb_load_slow(&cpu->vcpu, address, size, cpu->cpl == 3, value));
}

NEVER_INLINE enum op_out x86_store_slow(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                        uint64_t value)
{
    cpu->vcpu.at = op;
    return slow_done(cpu, tlb_store_slow(&cpu->vcpu, address, size, cpu->cpl == 3, value));
}

NEVER_INLINE enum op_out x86_modify_slow(struct x86_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                         uint64_t *value)
{
    *value = 0;
    cpu->vcpu.at = op;
    return slow_done(cpu, tlb_probe(&cpu->vcpu, address, size, cpu->cpl == 3, ACCESS_WRITE) &&
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
    const struct tlb_entry *entry = tlb_slot(&cpu->vcpu, address);
    if (tlb_hit(entry->read, address, op->s)) {
        const uint8_t *host = (const uint8_t *)((uintptr_t)address + entry->addend);
        cpu->scratch.q[0] = bytes_get(host, low);
        cpu->scratch.q[1] = high ? bytes_get(host + 8, high) : 0;
        return OP_NEXT;
    }
    cpu->scratch.q[0] = cpu->scratch.q[1] = 0;
    cpu->vcpu.at = op;
    bool done = (!high || tlb_probe(&cpu->vcpu, address, op->s, cpu->cpl == 3, ACCESS_READ)) &&
                x86_load(cpu, address, low, &cpu->scratch.q[0]) &&
                (!high || x86_load(cpu, address + 8, high, &cpu->scratch.q[1]));
    return slow_done(cpu, done);
}

NEVER_INLINE enum op_out x86_store_scratch(struct x86_cpu *cpu, const struct op *op, uint64_t address)
{
    unsigned low = op->s < 8 ? op->s : 8, high = op->s - low;
    if (!aligned_or_fault(cpu, op, address))
        return OP_FAULT;
    const struct tlb_entry *entry = tlb_slot(&cpu->vcpu, address);
    if (tlb_hit(entry->write, address, op->s)) {
        uint8_t *host = (uint8_t *)((uintptr_t)address + entry->addend);
        bytes_put(host, low, cpu->scratch.q[0]);
        if (high)
            bytes_put(host + 8, high, cpu->scratch.q[1]);
        return OP_NEXT;
    }
    cpu->vcpu.at = op;
    bool done = (!high || tlb_probe(&cpu->vcpu, address, op->s, cpu->cpl == 3, ACCESS_WRITE)) &&
                x86_store(cpu, address, low, cpu->scratch.q[0]) &&
                (!high || x86_store(cpu, address + 8, high, cpu->scratch.q[1]));
    return slow_done(cpu, done);
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
    if (likely(row->d == X86_SIMD_XMM && row->s == X86_SIMD_XMM_RM && !(row->check & X86_CHECK_MMX))) { // most of SSE
        const void *source = op->x & X86_SIMD_OP_SCRATCH ? &cpu->scratch : &cpu->xmm[op->b];
        return row->run(cpu, &cpu->xmm[op->d], source, op->s) ? OP_NEXT : OP_FAULT;
    }
    uint64_t d_value, s_value;
    void *d = simd_operand(cpu, op, row->d, &d_value);
    const void *s = simd_operand(cpu, op, row->s, &s_value);
    if (!row->run(cpu, d, s, op->s))
        return OP_FAULT;
    if (row->d == X86_SIMD_GPR)
        cpu->r[op->d] = op->x & X86_SIMD_OP_W ? d_value : (uint32_t)d_value;
    else if (row->d == X86_SIMD_GPR_RM && !(op->x & X86_SIMD_OP_SCRATCH))
        cpu->r[op->b] = op->x & X86_SIMD_OP_W ? d_value : (uint32_t)d_value;
    if ((row->check & X86_CHECK_MMX) && !(op->x & X86_SIMD_OP_STORES))
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
