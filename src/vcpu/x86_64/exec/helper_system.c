// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Instructions of the system: control, debug and model-specific registers, descriptor tables, segments, far transfers and
// the fast system calls (SDM vol. 2). The rules are in system/sysreg.h, system/mmu.h and system/segment.h.
//
// Not modelled: performance counters (RDPMC: #GP).
#include "vcpu/loop.h"
#include "vcpu/x86_64/exec/helper_unit.h"
#include "vcpu/x86_64/system/mmu.h"
#include "vcpu/x86_64/system/segment.h"
#include "vcpu/x86_64/system/sysreg.h"

// --- control registers and MSRs ---------------------------------------------------------------------------------------

HELPER(mov_from_cr)
{
    uint64_t value;
    if (!x86_read_cr(cpu, op->x, &value))
        return OP_FAULT;
    put(cpu, op->d, op->s, value);
    return OP_NEXT;
}

HELPER(mov_to_cr)
{
    return done_if(x86_write_cr(cpu, op->x, op->s == 8 ? cpu->r[op->a] : (uint32_t)cpu->r[op->a]));
}

HELPER(mov_from_dr)
{
    uint64_t value;
    if (!x86_read_dr(cpu, op->x, &value))
        return OP_FAULT;
    put(cpu, op->d, op->s, value);
    return OP_NEXT;
}

HELPER(mov_to_dr)
{
    return done_if(x86_write_dr(cpu, op->x, op->s == 8 ? cpu->r[op->a] : (uint32_t)cpu->r[op->a]));
}

HELPER(lmsw)
{
    return done_if(x86_lmsw(cpu, (uint16_t)cpu->r[op->a]));
}

HELPER(smsw)
{
    cpu->r[op->d] = cpu->cr0;
    return OP_NEXT;
}

HELPER(clts)
{
    (void)op;
    return done_if(x86_clts(cpu));
}

HELPER(cpuid)
{
    (void)op;
    uint32_t out[4];
    x86_cpuid(cpu, (uint32_t)cpu->r[X86_RAX], (uint32_t)cpu->r[X86_RCX], out);
    cpu->r[X86_RAX] = out[0];
    cpu->r[X86_RBX] = out[1];
    cpu->r[X86_RCX] = out[2];
    cpu->r[X86_RDX] = out[3];
    return OP_NEXT;
}

HELPER(rdtsc)
{
    (void)op;
    uint64_t value;
    if (!x86_read_tsc(cpu, &value))
        return OP_FAULT;
    cpu->r[X86_RAX] = (uint32_t)value;
    cpu->r[X86_RDX] = value >> 32;
    return OP_NEXT;
}

HELPER(rdtscp)
{
    if (x86_help_rdtsc(cpu, op) == OP_FAULT)
        return OP_FAULT;
    cpu->r[X86_RCX] = (uint32_t)cpu->tsc_aux;
    return OP_NEXT;
}

HELPER(rdpmc)
{
    (void)op;
    return general_protection(cpu);
}

HELPER(rdmsr)
{
    (void)op;
    uint64_t value;
    if (!x86_read_msr(cpu, (uint32_t)cpu->r[X86_RCX], &value))
        return OP_FAULT;
    cpu->r[X86_RAX] = (uint32_t)value;
    cpu->r[X86_RDX] = value >> 32;
    return finish(cpu);
}

HELPER(wrmsr)
{
    (void)op;
    uint64_t value = (cpu->r[X86_RDX] << 32) | (uint32_t)cpu->r[X86_RAX];
    if (!x86_write_msr(cpu, (uint32_t)cpu->r[X86_RCX], value))
        return OP_FAULT;
    if (cpu->vcpu.loop->clock->moved)
        cpu->vcpu.kick |= KICK_CUT;
    return OP_NEXT;
}

HELPER(rdfsbase)
{
    if (!(cpu->cr4 & X86_CR4_FSGSBASE))
        return fault(cpu, X86_UD);
    put(cpu, op->d, op->s == 8 ? 8 : 4, cpu->r[X86_BASE + op->x]);
    return OP_NEXT;
}

HELPER(wrfsbase)
{
    uint64_t value = op->s == 8 ? cpu->r[op->a] : (uint32_t)cpu->r[op->a];
    if (!(cpu->cr4 & X86_CR4_FSGSBASE))
        return fault(cpu, X86_UD);
    if (!x86_is_canonical(value))
        return general_protection(cpu);
    cpu->r[X86_BASE + op->x] = value;
    return OP_NEXT;
}

HELPER(swapgs)
{
    (void)op;
    if (cpu->cpl != 0)
        return general_protection(cpu);
    uint64_t base = cpu->r[X86_BASE + X86_GS];
    cpu->r[X86_BASE + X86_GS] = cpu->kernel_gs_base;
    cpu->kernel_gs_base = base;
    return OP_NEXT;
}

HELPER(invlpg)
{
    (void)op;
    if (cpu->cpl != 0)
        return general_protection(cpu);
    x86_flush_page(cpu, cpu->r[X86_T0]);
    return OP_NEXT;
}

HELPER(invpcid) // a: type; the descriptor is at T0
{
    uint64_t type = op->s == 8 ? cpu->r[op->a] : (uint32_t)cpu->r[op->a], at = cpu->r[X86_T0], pcid, address;
    if (cpu->cpl != 0)
        return general_protection(cpu);
    return done_if(x86_load(cpu, at, 8, &pcid) &&
                   x86_load(cpu, op->s == 8 ? at + 8 : (uint32_t)(at + 8), 8, &address) &&
                   x86_invalidate_pcid(cpu, type, pcid, address));
}

HELPER(invd) // and WBINVD
{
    (void)op;
    return cpu->cpl != 0 ? general_protection(cpu) : OP_NEXT;
}

// --- descriptor tables ------------------------------------------------------------------------------------------------

static bool load_table(struct x86_cpu *cpu, const struct op *op, uint64_t *base, uint16_t *limit)
{
    uint64_t new_limit, new_base;
    if (cpu->cpl != 0)
        return x86_fault_code(cpu, X86_GP, 0);
    if (!x86_load(cpu, cpu->r[X86_T0], 2, &new_limit) ||
        !x86_load(cpu, cpu->r[X86_T0] + 2, cpu->mode & X86_MODE_64 ? 8 : 4, &new_base))
        return false;
    if (!x86_is_canonical(new_base))
        return x86_fault_code(cpu, X86_GP, 0);
    *limit = (uint16_t)new_limit;
    *base = !(cpu->mode & X86_MODE_64) && op->s == 2 ? new_base & 0xffffff : new_base;
    return true;
}

static bool store_table(struct x86_cpu *cpu, uint64_t base, uint16_t limit)
{
    return x86_store(cpu, cpu->r[X86_T0], 2, limit) &&
           x86_store(cpu, cpu->r[X86_T0] + 2, cpu->mode & X86_MODE_64 ? 8 : 4, base);
}

HELPER(lgdt)
{
    return done_if(load_table(cpu, op, &cpu->gdt_base, &cpu->gdt_limit));
}

HELPER(lidt)
{
    return done_if(load_table(cpu, op, &cpu->idt_base, &cpu->idt_limit));
}

HELPER(sgdt)
{
    (void)op;
    return done_if(store_table(cpu, cpu->gdt_base, cpu->gdt_limit));
}

HELPER(sidt)
{
    (void)op;
    return done_if(store_table(cpu, cpu->idt_base, cpu->idt_limit));
}

HELPER(lldt)
{
    if (!is_protected(cpu))
        return fault(cpu, X86_UD);
    if (cpu->cpl != 0)
        return general_protection(cpu);
    return done_if(x86_load_ldt(cpu, (uint16_t)cpu->r[op->a]));
}

HELPER(ltr)
{
    if (!is_protected(cpu))
        return fault(cpu, X86_UD);
    if (cpu->cpl != 0)
        return general_protection(cpu);
    return done_if(x86_load_task_register(cpu, (uint16_t)cpu->r[op->a]));
}

HELPER(sldt)
{
    if (!is_protected(cpu))
        return fault(cpu, X86_UD);
    cpu->r[op->d] = cpu->segment[X86_LDTR].selector;
    return OP_NEXT;
}

HELPER(str)
{
    if (!is_protected(cpu))
        return fault(cpu, X86_UD);
    cpu->r[op->d] = cpu->segment[X86_TR].selector;
    return OP_NEXT;
}

static enum op_out load_rights(struct x86_cpu *cpu, const struct op *op,
                               bool (*get)(struct x86_cpu *cpu, uint16_t selector, uint32_t *value))
{
    uint32_t value = 0;
    if (!is_protected(cpu))
        return fault(cpu, X86_UD);
    if (!get(cpu, (uint16_t)cpu->r[op->a], &value))
        return OP_FAULT;
    if (x86_zf(cpu))
        put(cpu, op->d, op->s, value);
    return OP_NEXT;
}

HELPER(lar)
{
    return load_rights(cpu, op, x86_lar);
}

HELPER(lsl)
{
    return load_rights(cpu, op, x86_lsl);
}

HELPER(verr)
{
    return !is_protected(cpu) ? fault(cpu, X86_UD) : done_if(x86_verify(cpu, (uint16_t)cpu->r[op->a], false));
}

HELPER(verw)
{
    return !is_protected(cpu) ? fault(cpu, X86_UD) : done_if(x86_verify(cpu, (uint16_t)cpu->r[op->a], true));
}

HELPER(arpl)
{
    if (!is_protected(cpu))
        return fault(cpu, X86_UD);
    uint64_t rpl = cpu->r[op->a] & 3, flags = x86_arithmetic_flags(cpu) & ~(uint64_t)X86_ZF;
    if ((cpu->r[op->d] & 3) < rpl) {
        cpu->r[op->d] = (cpu->r[op->d] & ~UINT64_C(3)) | rpl;
        flags |= X86_ZF;
    }
    x86_set_arithmetic_flags(cpu, flags);
    return OP_NEXT;
}

// --- segments and far transfers ---------------------------------------------------------------------------------------

HELPER(read_segment)
{
    cpu->r[op->d] = cpu->segment[op->x].selector;
    return OP_NEXT;
}

HELPER(load_segment) // s: bytes it came from on the stack, which are popped now, or 0
{
    uint64_t sp = cpu->r[X86_RSP], mask = x86_stack_mask(cpu);
    if (!x86_load_segment(cpu, (enum x86_segment)op->x, (uint16_t)cpu->r[op->a]))
        return OP_FAULT;
    if (op->s)
        cpu->r[X86_RSP] = bits_merge(sp, sp + op->s, mask);
    if (op->x == X86_SS)
        cast_shadow(cpu, true);
    return OP_NEXT;
}

HELPER(load_far)
{
    if (!x86_load_segment(cpu, (enum x86_segment)op->x, (uint16_t)cpu->r[op->b]))
        return OP_FAULT;
    put(cpu, op->d, op->s, cpu->r[op->a]);
    if (op->x == X86_SS)
        cast_shadow(cpu, true);
    return OP_NEXT;
}

static uint64_t far_offset(const struct x86_cpu *cpu, const struct op *op)
{
    return cpu->r[op->a] & bits_low(8u * op->s);
}

HELPER(far_jump)
{
    return leave_if(x86_far_jump(cpu, (uint16_t)cpu->r[op->b], far_offset(cpu, op), op->s, next_of(cpu, op)));
}

HELPER(far_call)
{
    return leave_if(x86_far_call(cpu, (uint16_t)cpu->r[op->b], far_offset(cpu, op), op->s, next_of(cpu, op)));
}

HELPER(far_return)
{
    return leave_if(x86_far_return(cpu, op->s, (uint16_t)op->value));
}

HELPER(syscall)
{
    return leave_if(x86_syscall(cpu, next_of(cpu, op)));
}

HELPER(sysret)
{
    return leave_if(x86_sysret(cpu, op->s == 8 ? 8 : 4));
}

HELPER(sysenter)
{
    (void)op;
    return leave_if(x86_sysenter(cpu));
}

HELPER(sysexit)
{
    return leave_if(x86_sysexit(cpu, op->s == 8 ? 8 : 4));
}
