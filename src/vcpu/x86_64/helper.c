// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The instructions of the system and other rare ones: thin functions from an op to the rooms that know the rules (segment.h,
// interrupt.h, sysreg.h, x87.h, simd.h, fxsave.h).
//
// Not modelled: MONITOR, MWAIT, XSAVE, VMX and SVM instructions (#UD: not advertised); performance counters (RDPMC: #GP).
#include "vcpu/x86_64/helper.h"

#include "vcpu/loop.h"
#include "vcpu/x86_64/fxsave.h"
#include "vcpu/x86_64/interrupt.h"
#include "vcpu/x86_64/mmu.h"
#include "vcpu/x86_64/model.h"
#include "vcpu/x86_64/ops_alu.h"
#include "vcpu/x86_64/port.h"
#include "vcpu/x86_64/segment.h"
#include "vcpu/x86_64/simd.h"
#include "vcpu/x86_64/sysreg.h"
#include "vcpu/x86_64/x87.h"

#define HELPER(name) static enum op_out help_##name(struct x86_cpu *cpu, const struct op *op)

static enum op_out done_if(bool done)
{
    return done ? OP_NEXT : OP_FAULT;
}

static enum op_out leave_if(bool done)
{
    return done ? OP_LEAVE : OP_FAULT;
}

// Done; leave after this instruction if something asked for it meanwhile.
static enum op_out finish(const struct x86_cpu *cpu)
{
    return cpu->vcpu.kick ? OP_FINISH : OP_NEXT;
}

static enum op_out fault(struct x86_cpu *cpu, enum x86_exception vector)
{
    x86_fault(cpu, vector);
    return OP_FAULT;
}

static enum op_out general_protection(struct x86_cpu *cpu)
{
    x86_fault_code(cpu, X86_GP, 0);
    return OP_FAULT;
}

static uint64_t next_of(const struct x86_cpu *cpu, const struct op *op)
{
    return (cpu->r[X86_RIP] + (uint64_t)(int64_t)op->value) & cpu->rip_mask;
}

static bool is_protected(const struct x86_cpu *cpu)
{
    return (cpu->cr0 & X86_CR0_PE) && !(cpu->eflags & X86_VM);
}

static unsigned iopl(const struct x86_cpu *cpu)
{
    return cpu->eflags >> 12 & 3;
}

static void put(struct x86_cpu *cpu, unsigned d, unsigned size, uint64_t value)
{
    if (size == 2)
        put16(cpu, d, (uint16_t)value);
    else
        cpu->r[d] = size == 4 ? (uint32_t)value : value;
}

// Interrupts wait until the instruction after this one is done.
static void cast_shadow(struct x86_cpu *cpu, bool stack_segment)
{
    cpu->shadow = vcpu_executed(&cpu->vcpu) + 1;
    if (stack_segment)
        cpu->shadow_ss = cpu->shadow;
}

// --- exceptions and software interrupts -------------------------------------------------------------------------------

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
    return leave_if(x86_deliver(cpu, X86_DB, X86_EVENT_EXCEPTION, false, 0, next_of(cpu, op)));
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

// --- flags ------------------------------------------------------------------------------------------------------------

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

HELPER(stac)
{
    if (!(cpu->cr4 & X86_CR4_SMAP) || cpu->cpl != 0)
        return fault(cpu, X86_UD);
    cpu->eflags = op->x ? cpu->eflags | X86_AC : cpu->eflags & ~(uint64_t)X86_AC;
    x86_flush(cpu); // what a supervisor may touch has changed
    return OP_NEXT;
}

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
    if (help_rdtsc(cpu, op) == OP_FAULT)
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

// --- the stack outside 64-bit mode, and at other sizes ----------------------------------------------------------------

HELPER(push)
{
    return x86_push(cpu, cpu->r[op->a], op->s) ? finish(cpu) : OP_FAULT;
}

HELPER(pop) // x: look only, RSP stays
{
    uint64_t value, sp = cpu->r[X86_RSP];
    if (!x86_pop(cpu, &value, op->s))
        return OP_FAULT;
    if (op->x)
        cpu->r[X86_RSP] = sp;
    put(cpu, op->d, op->s, value);
    return finish(cpu);
}

HELPER(near_call)
{
    return x86_push(cpu, next_of(cpu, op), op->s) ? finish(cpu) : OP_FAULT;
}

HELPER(near_return) // value: bytes of parameters to drop
{
    uint64_t value;
    if (!x86_pop(cpu, &value, op->s))
        return OP_FAULT;
    if (op->value)
        x86_set_sp(cpu, cpu->r[X86_RSP] + (uint32_t)op->value);
    cpu->r[op->d] = value;
    return finish(cpu);
}

HELPER(pusha)
{
    uint64_t sp = cpu->r[X86_RSP];
    for (unsigned i = X86_RAX; i <= X86_RDI; i++) {
        if (!x86_push(cpu, i == X86_RSP ? sp : cpu->r[i], op->s)) {
            cpu->r[X86_RSP] = sp;
            return OP_FAULT;
        }
    }
    return finish(cpu);
}

HELPER(popa)
{
    uint64_t sp = cpu->r[X86_RSP], values[8];
    for (unsigned i = 8; i-- > 0;) {
        if (!x86_pop(cpu, &values[i], op->s)) {
            cpu->r[X86_RSP] = sp;
            return OP_FAULT;
        }
    }
    for (unsigned i = 0; i < 8; i++)
        if (i != X86_RSP)
            put(cpu, i, op->s, values[i]);
    return finish(cpu);
}

// SDM vol. 2, ENTER: x is the nesting level, T1 the bytes of local variables.
HELPER(enter)
{
    uint64_t sp = cpu->r[X86_RSP], frame = cpu->r[X86_RBP], value;
    unsigned level = op->x;
    bool done = x86_push(cpu, frame, op->s);
    uint64_t top = cpu->r[X86_RSP];
    for (unsigned i = 1; done && i < level; i++) {
        frame -= op->s;
        uint64_t at = frame & x86_stack_mask(cpu);
        done = ((cpu->mode & X86_MODE_64) || x86_linear(cpu, X86_SS, at, op->s, ACCESS_READ, &at)) &&
               x86_load(cpu, at, op->s, &value) && x86_push(cpu, value, op->s);
    }
    if (done && level)
        done = x86_push(cpu, top, op->s);
    if (!done) {
        cpu->r[X86_RSP] = sp;
        return OP_FAULT;
    }
    x86_set_sp(cpu, cpu->r[X86_RSP] - cpu->r[X86_T1]);
    put(cpu, X86_RBP, op->s, top);
    return finish(cpu);
}

HELPER(leave)
{
    uint64_t sp = cpu->r[X86_RSP], value;
    x86_set_sp(cpu, cpu->r[X86_RBP]);
    if (!x86_pop(cpu, &value, op->s)) {
        cpu->r[X86_RSP] = sp;
        return OP_FAULT;
    }
    put(cpu, X86_RBP, op->s, value);
    return finish(cpu);
}

// LOOPNE, LOOPE, LOOP, JCXZ (x = 0 to 3): d = whether it jumps; s: address size.
HELPER(count_cx)
{
    uint64_t mask = bits_low(8u * op->s), count = cpu->r[X86_RCX] & mask;
    if (op->x == 3) {
        cpu->r[op->d] = count == 0;
        return OP_NEXT;
    }
    count = (count - 1) & mask;
    put(cpu, X86_RCX, op->s, count);
    cpu->r[op->d] = count != 0 && (op->x == 2 || x86_zf(cpu) == (op->x == 1));
    return OP_NEXT;
}

// --- ports, halting ---------------------------------------------------------------------------------------------------

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

HELPER(pause) // somebody spins: let the others run
{
    (void)op;
    if (cpu->vcpu.loop->running > 1)
        cpu->vcpu.kick |= KICK_CUT;
    return OP_NEXT;
}

// --- decimal ----------------------------------------------------------------------------------------------------------

static enum op_out decimal_adjust(struct x86_cpu *cpu, bool subtract) // DAA, DAS
{
    uint8_t old = (uint8_t)cpu->r[X86_RAX], al = old;
    bool carry = x86_cf(cpu), cf = false, af = false;
    if ((al & 15) > 9 || x86_af(cpu)) {
        cf = carry || (subtract ? al < 6 : al > 0xf9);
        al = (uint8_t)(subtract ? al - 6 : al + 6);
        af = true;
    }
    if (old > 0x99 || carry) {
        al = (uint8_t)(subtract ? al - 0x60 : al + 0x60);
        cf = true;
    }
    put8(cpu, X86_RAX, al);
    flags_set(cpu, 8, al, cf, false, af);
    return OP_NEXT;
}

static enum op_out ascii_adjust(struct x86_cpu *cpu, bool subtract) // AAA, AAS
{
    uint16_t ax = (uint16_t)cpu->r[X86_RAX];
    bool adjust = (ax & 15) > 9 || x86_af(cpu);
    if (adjust)
        ax = (uint16_t)(subtract ? ax - 0x106 : ax + 0x106);
    put16(cpu, X86_RAX, ax & 0xff0f);
    flags_set(cpu, 8, ax & 15, adjust, false, adjust);
    return OP_NEXT;
}

HELPER(bcd) // x: opcode; s: base of AAM and AAD
{
    uint8_t al = (uint8_t)cpu->r[X86_RAX], ah = (uint8_t)(cpu->r[X86_RAX] >> 8);
    switch (op->x) {
    case 0x27: return decimal_adjust(cpu, false);
    case 0x2f: return decimal_adjust(cpu, true);
    case 0x37: return ascii_adjust(cpu, false);
    case 0x3f: return ascii_adjust(cpu, true);
    case 0xd4:
        if (op->s == 0)
            return fault(cpu, X86_DE);
        put16(cpu, X86_RAX, (uint16_t)(al / op->s << 8 | al % op->s));
        flags_logic(cpu, 8, cpu->r[X86_RAX] & 0xff);
        return OP_NEXT;
    default:
        put16(cpu, X86_RAX, (uint8_t)(al + ah * op->s));
        flags_logic(cpu, 8, cpu->r[X86_RAX] & 0xff);
        return OP_NEXT;
    }
}

// --- wide compare and exchange ----------------------------------------------------------------------------------------

static void set_zf(struct x86_cpu *cpu, bool zf)
{
    uint64_t flags = x86_arithmetic_flags(cpu);
    x86_set_arithmetic_flags(cpu, zf ? flags | X86_ZF : flags & ~(uint64_t)X86_ZF);
}

static enum op_out compare_exchange_wide(struct x86_cpu *cpu, unsigned half)
{
    uint64_t address = cpu->r[X86_T0], low, high, mask = bits_low(8 * half);
    if (!tlb_probe(&cpu->vcpu, address, 2 * half, cpu->cpl == 3, ACCESS_WRITE) ||
        !x86_load(cpu, address, half, &low) || !x86_load(cpu, address + half, half, &high))
        return OP_FAULT;
    bool same = low == (cpu->r[X86_RAX] & mask) && high == (cpu->r[X86_RDX] & mask);
    x86_store(cpu, address, half, same ? cpu->r[X86_RBX] : low);
    x86_store(cpu, address + half, half, same ? cpu->r[X86_RCX] : high);
    if (!same) {
        cpu->r[X86_RAX] = low;
        cpu->r[X86_RDX] = high;
    }
    set_zf(cpu, same);
    return finish(cpu);
}

HELPER(cmpxchg8b)
{
    (void)op;
    return compare_exchange_wide(cpu, 4);
}

HELPER(cmpxchg16b)
{
    (void)op;
    return cpu->r[X86_T0] & 15 ? general_protection(cpu) : compare_exchange_wide(cpu, 8);
}

// --- x87, SSE state ---------------------------------------------------------------------------------------------------

HELPER(x87)
{
    struct x86_x87_operand operand = {
        .linear = cpu->r[X86_T0],
        .offset = cpu->r[X86_T0] - cpu->r[X86_BASE + op->b],
        .ip = cpu->r[X86_RIP] + cpu->vcpu.block->offsets[op->n],
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

// --- the table --------------------------------------------------------------------------------------------------------

#define HELPER_ENTRY(name) [X86_HELP_##name] = help_##name,
enum op_out (*const x86_helpers[X86_HELPER_COUNT])(struct x86_cpu *cpu, const struct op *op) = {
    X86_HELPERS(HELPER_ENTRY)
};
