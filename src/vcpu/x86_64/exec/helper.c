// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Instructions that are done by a function call: exceptions and software interrupts, flags, ports and halting, the x87
// and SSE state; small functions that call the files with the rules. Their table is at the end.
//
// Not modelled: MONITOR, MWAIT, XSAVE, VMX and SVM instructions (#UD: not advertised).
#include "vcpu/x86_64/exec/helper.h"

#include "vcpu/loop.h"
#include "vcpu/x86_64/exec/helper_unit.h"
#include "vcpu/x86_64/float/fxsave.h"
#include "vcpu/x86_64/float/simd.h"
#include "vcpu/x86_64/float/x87.h"
#include "vcpu/x86_64/system/interrupt.h"
#include "vcpu/x86_64/system/model.h"
#include "vcpu/x86_64/system/port.h"
#include "vcpu/x86_64/system/segment.h"
#include "vcpu/x86_64/system/sysreg.h"

// --- a debugger outside the guest ------------------------------------------------------------------------------------

// A string instruction that goes on after an iteration has been stopped before its first one.
NEVER_INLINE enum op_out x86_op_stop(struct x86_cpu *cpu, const struct op *op)
{
    cpu->vcpu.at = op;
    uint64_t rip = (cpu->r[X86_RIP] + (uint64_t)(int64_t)op->disp) & cpu->rip_mask;
    uint64_t linear = rip + cpu->r[X86_BASE + X86_CS];
    const struct op *first = op[1].code == X86_OP_WATCH ? op + 2 : op + 1;
    bool goes_on = first->code == X86_OP_STRING && first->b && vcpu_executed(&cpu->vcpu) == cpu->resume;
    if (!(cpu->mode & X86_MODE_64))
        linear = (uint32_t)linear;
    return !goes_on && stops_before(&cpu->vcpu, linear) ? OP_FAULT : OP_NEXT;
}

// --- exceptions and software interrupts ------------------------------------------------------------------------------

HELPER(ud)
{
    (void)op;
    return fault(cpu, X86_UD);
}

HELPER(gp)
{
    (void)op;
    return general_protection(cpu);
}

HELPER(int_n)
{
    if ((cpu->eflags & X86_VM) && iopl(cpu) < 3)
        return general_protection(cpu);
    return leave_if(x86_deliver(cpu, op->x, X86_EVENT_SOFTWARE, false, 0, next_of(cpu, op)));
}

HELPER(int3)
{
    return leave_if(x86_deliver(cpu, X86_BP, X86_EVENT_BREAK, false, 0, next_of(cpu, op)));
}

HELPER(into)
{
    if (!x86_of_flag(cpu))
        return OP_NEXT;
    return leave_if(x86_deliver(cpu, X86_OFLOW, X86_EVENT_BREAK, false, 0, next_of(cpu, op)));
}

HELPER(icebp)
{
    return leave_if(x86_deliver(cpu, X86_DB, X86_EVENT_DEBUG, false, 0, next_of(cpu, op)));
}

HELPER(iret)
{
    return leave_if(x86_iret(cpu, op->s));
}

HELPER(bound)
{
    uint64_t low, high;
    unsigned bits = 8u * op->s;
    if (!x86_load(cpu, cpu->r[X86_T0], op->s, &low) || !x86_load(cpu, cpu->r[X86_T0] + op->s, op->s, &high))
        return OP_FAULT;
    int64_t index = bits_sign(cpu->r[op->a], bits);
    return index < bits_sign(low, bits) || index > bits_sign(high, bits) ? fault(cpu, X86_BR) : OP_NEXT;
}

// --- flags -----------------------------------------------------------------------------------------------------------

HELPER(cli)
{
    (void)op;
    if ((cpu->cr0 & X86_CR0_PE) && cpu->cpl > iopl(cpu))
        return general_protection(cpu);
    cpu->eflags &= ~(uint64_t)X86_IF;
    return OP_NEXT;
}

HELPER(sti)
{
    (void)op;
    if ((cpu->cr0 & X86_CR0_PE) && cpu->cpl > iopl(cpu))
        return general_protection(cpu);
    if (!(cpu->eflags & X86_IF))
        cast_shadow(cpu, false);
    cpu->eflags |= X86_IF;
    return OP_NEXT;
}

HELPER(pushf)
{
    if ((cpu->eflags & X86_VM) && iopl(cpu) < 3)
        return general_protection(cpu);
    return x86_push(cpu, x86_flags(cpu) & ~(uint64_t)(X86_VM | X86_RF), op->s) ? finish(cpu) : OP_FAULT;
}

HELPER(popf)
{
    uint64_t value, mask = X86_ARITHMETIC | X86_TF | X86_DF | X86_NT | X86_AC | X86_ID;
    if ((cpu->eflags & X86_VM) && iopl(cpu) < 3)
        return general_protection(cpu);
    if (!x86_pop(cpu, &value, op->s))
        return OP_FAULT;
    if (cpu->cpl == 0)
        mask |= X86_IOPL;
    if (!(cpu->cr0 & X86_CR0_PE) || cpu->cpl <= iopl(cpu))
        mask |= X86_IF;
    if (op->s == 2)
        mask &= 0xffff;
    x86_set_flags(cpu, bits_merge(x86_flags(cpu), value, mask) & ~(uint64_t)X86_RF);
    return OP_NEXT;
}

HELPER(stac) // and CLAC; pages that AC guards are never in the TLB (system/mmu.c)
{
    if (!(cpu->model->leaf_7_ebx & X86_7B_SMAP) || cpu->cpl != 0)
        return fault(cpu, X86_UD);
    cpu->eflags = op->x ? cpu->eflags | X86_AC : cpu->eflags & ~(uint64_t)X86_AC;
    return OP_NEXT;
}

// --- ports, halting --------------------------------------------------------------------------------------------------

HELPER(in)
{
    uint16_t port = (uint16_t)cpu->r[op->a];
    if (!x86_check_port(cpu, port, op->s))
        return OP_FAULT;
    uint64_t value = x86_port_read(cpu, port, op->s);
    if (op->s == 1)
        put8(cpu, X86_RAX, (uint8_t)value);
    else
        put(cpu, X86_RAX, op->s, value);
    return finish(cpu);
}

HELPER(out)
{
    uint16_t port = (uint16_t)cpu->r[op->a];
    if (!x86_check_port(cpu, port, op->s))
        return OP_FAULT;
    x86_port_write(cpu, port, op->s, cpu->r[X86_RAX]);
    return finish(cpu);
}

HELPER(hlt)
{
    (void)op;
    if (cpu->cpl != 0)
        return general_protection(cpu);
    vcpu_set_state(&cpu->vcpu, VCPU_HALTED);
    return OP_NEXT;
}

HELPER(pause) // the guest waits in a loop: let the other vCPUs run
{
    (void)op;
    if (cpu->vcpu.loop->running > 1)
        cpu->vcpu.kick |= KICK_CUT;
    return OP_NEXT;
}

// --- x87, SSE state --------------------------------------------------------------------------------------------------

HELPER(x87)
{
    struct x86_x87_operand operand = {
        .linear = cpu->r[X86_T0],
        .offset = cpu->r[X86_T0] - cpu->r[X86_BASE + op->b],
        .ip = cpu->r[X86_RIP] + block_offsets(cpu->vcpu.block)[op->n],
        .selector = cpu->segment[op->b].selector,
        .size = op->s,
    };
    return x86_x87(cpu, op->d, op->x, &operand) ? finish(cpu) : OP_FAULT;
}

HELPER(fwait)
{
    (void)op;
    return done_if(x86_fwait(cpu));
}

static const struct x86_simd *simd_row(const struct op *op)
{
    unsigned count;
    return &x86_simd_table(&count)[op->value];
}

HELPER(simd_check)
{
    return done_if(x86_simd_check(cpu, simd_row(op)));
}

HELPER(simd_stored)
{
    x86_simd_done(cpu, simd_row(op), NULL);
    return OP_NEXT;
}

HELPER(maskmov)
{
    const struct x86_simd *row = simd_row(op);
    bool mmx = row->check & X86_CHECK_MMX;
    const void *d = mmx ? (void *)&cpu->x87.mantissa[op->d & 7] : &cpu->xmm[op->d];
    const void *s = mmx ? (void *)&cpu->x87.mantissa[op->a & 7] : &cpu->xmm[op->a];
    if (!x86_maskmov(cpu, row, d, s, cpu->r[X86_T0]))
        return OP_FAULT;
    x86_simd_done(cpu, row, NULL);
    return finish(cpu);
}

HELPER(fxsave)
{
    return x86_fxsave(cpu, cpu->r[X86_T0], op->x) ? finish(cpu) : OP_FAULT;
}

HELPER(fxrstor)
{
    return x86_fxrstor(cpu, cpu->r[X86_T0], op->x) ? finish(cpu) : OP_FAULT;
}

HELPER(ldmxcsr)
{
    (void)op;
    uint64_t value;
    if (!x86_check_sse(cpu) || !x86_load(cpu, cpu->r[X86_T0], 4, &value) || !x86_ldmxcsr(cpu, (uint32_t)value))
        return OP_FAULT;
    return finish(cpu);
}

HELPER(stmxcsr)
{
    (void)op;
    if (!x86_check_sse(cpu) || !x86_store(cpu, cpu->r[X86_T0], 4, cpu->mxcsr))
        return OP_FAULT;
    return finish(cpu);
}

// --- the table -------------------------------------------------------------------------------------------------------

#define HELPER_ROW(name, ...) [X86_HELP_##name] = OP_ROW(name, __VA_ARGS__),
const struct op_row x86_helper_rows[X86_HELPER_COUNT] = { X86_HELPERS(HELPER_ROW) };

#define HELPER_ENTRY(name, ...) [X86_HELP_##name] = x86_help_##name,
enum op_out (*const x86_helpers[X86_HELPER_COUNT])(struct x86_cpu *cpu,
                                                   const struct op *op) = { X86_HELPERS(HELPER_ENTRY) };
