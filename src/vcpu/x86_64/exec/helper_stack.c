// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The stack in 16- and 32-bit code and at operand sizes other than its own, decimal arithmetic, and the wide forms of
// CMPXCHG: user instructions that are too rare, or too long, for an op of their own (SDM vol. 2).
#include "vcpu/x86_64/exec/helper_unit.h"
#include "vcpu/x86_64/system/segment.h"

// --- the stack outside 64-bit mode, and at other sizes ---------------------------------------------------------------

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

// --- decimal ---------------------------------------------------------------------------------------------------------

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

// --- wide compare and exchange ---------------------------------------------------------------------------------------

static void set_zf(struct x86_cpu *cpu, bool zf)
{
    uint64_t flags = x86_arithmetic_flags(cpu);
    x86_set_arithmetic_flags(cpu, zf ? flags | X86_ZF : flags & ~(uint64_t)X86_ZF);
}

static enum op_out compare_exchange_wide(struct x86_cpu *cpu, unsigned half)
{
    uint64_t address = cpu->r[X86_T0], low, high, mask = bits_low(8 * half);
    if (!tlb_probe(&cpu->vcpu, address, 2 * half, cpu->cpl == 3, ACCESS_WRITE) || !x86_load(cpu, address, half, &low) ||
        !x86_load(cpu, address + half, half, &high))
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
