// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for ops of one operand, shifts, bits, carries, multiplication and division (exec/ops_register.h, exec/arith.c).
#ifndef VCPU_X86_64_JIT_OPS_ARITH_H
#define VCPU_X86_64_JIT_OPS_ARITH_H

#include "base/bits.h"
#include "vcpu/jit/compile.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops.h"

static void unary_not(struct compiler *c, const struct op *op, unsigned bits)
{
    unsigned a = use(c, op->a);
    if (bits >= 32) {
        emit_not(&c->e, bits, define(c, op->d), a);
        return;
    }
    emit_not(&c->e, 32, EMIT_T0, a);
    emit_insert(&c->e, modify(c, op->d), EMIT_T0, bits, 0);
}

// The result alone, without flags.
static void shift(struct compiler *c, const struct op *op, enum emit_shift kind, unsigned bits)
{
    unsigned a = use(c, op->a);
    emit_shift_constant(&c->e, kind, bits, define(c, op->d), a, (unsigned)op->imm);
}

// Bit 63 of aux: the last bit that was shifted out; bit 62: that exclusive-or OF (exec/ops_register.h, SHIFT_SIZE).
static void shift_flags(struct compiler *c, const struct op *op, enum emit_shift kind, unsigned bits)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a), n = (unsigned)op->imm, t = EMIT_T0;
    flags_forget(c);
    if (flags_needed(c)) {
        switch (kind) {
        case EMIT_SHL: // the bit out, and the top bit of the result
            emit_shift_constant(e, EMIT_SHL, 64, t, a, 63 - bits + n);
            emit_alu_constant(e, EMIT_AND, 64, t, t, UINT64_C(0xc000000000000000));
            break;
        case EMIT_SHR: // OF is the top bit of the operand
            emit_shift_constant(e, EMIT_SHR, 64, EMIT_T1, a, bits - 1);
            emit_shift_constant(e, EMIT_SHR, 64, t, a, n - 1);
            emit_alu(e, EMIT_XOR, 64, EMIT_T1, EMIT_T1, t);
            emit_shift_constant(e, EMIT_SHL, 64, t, t, 63);
            emit_alu_constant(e, EMIT_AND, 64, EMIT_T1, EMIT_T1, 1);
            emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, EMIT_T1, 62);
            emit_alu(e, EMIT_OR, 64, t, t, EMIT_T1);
            break;
        default: // OF is 0
            emit_shift_constant(e, EMIT_SHL, 64, t, a, 64 - n);
            emit_shift_constant(e, EMIT_SAR, 64, t, t, 1);
            emit_alu_constant(e, EMIT_AND, 64, t, t, UINT64_C(0xc000000000000000));
            break;
        }
        emit_state_store(e, 64, c->guest->aux, t);
    }
    shift(c, op, kind, bits);
    flags_are_result(c, bits, op->d);
}

#define TOP_TWO UINT64_C(0xc000000000000000)

// A rotation by a count: CF and OF change, the other flags stay.
static void rotate(struct compiler *c, const struct op *op, unsigned bits, unsigned count)
{
    struct emit *e = &c->e;
    bool needed = flags_needed(c), left = op->x == X86_ROL;
    if (needed)
        flags_store(c);
    flags_forget(c);
    c->locked = 0;
    unsigned a = use(c, op->a), d = define(c, op->d);
    emit_shift_constant(e, EMIT_ROR, bits, d, a, (left ? bits - count : count) & (bits - 1));
    if (!needed)
        return;
    if (left) { // bit 63: the lowest bit of the result; bit 62: its highest, CF ^ OF
        emit_shift_constant(e, EMIT_SHR, bits, EMIT_T1, d, bits - 1);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, EMIT_T1, 62);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, d, 63);
        emit_alu(e, EMIT_OR, 64, EMIT_T1, EMIT_T1, EMIT_T0);
    } else { // its highest two bits
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, d, 64 - bits);
        emit_alu_constant(e, EMIT_AND, 64, EMIT_T1, EMIT_T1, TOP_TWO);
    }
    emit_state_load(e, 64, EMIT_T0, c->guest->aux);
    emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, EMIT_T0, 2);
    emit_shift_constant(e, EMIT_SHR, 64, EMIT_T0, EMIT_T0, 2);
    emit_alu(e, EMIT_OR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
    emit_state_store(e, 64, c->guest->aux, EMIT_T0);
}

// The flags of a shift by the register `count`, which is not 0 and below `bits`: both words are stored. Uses `t`.
static void variable_flags(struct compiler *c, enum emit_shift kind, unsigned bits, unsigned a, unsigned count,
                           unsigned t)
{
    struct emit *e = &c->e;
    emit_alu_constant(e, EMIT_SUB, 32, t, count, 1);
    if (kind == EMIT_SHL) { // the bit out, and the top bit of the result
        emit_shift(e, EMIT_SHL, 64, EMIT_T0, a, t);
        if (bits == 32)
            emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, EMIT_T0, 32);
        emit_alu_constant(e, EMIT_AND, 64, EMIT_T0, EMIT_T0, TOP_TWO);
    } else {
        emit_shift(e, kind, bits, EMIT_T0, a, t); // bit 0 is the bit out
        if (kind == EMIT_SHR) {                   // OF is the top bit of the operand
            emit_shift_constant(e, EMIT_SHR, bits, EMIT_T1, a, bits - 1);
            emit_alu(e, EMIT_XOR, 64, EMIT_T1, EMIT_T1, EMIT_T0);
            emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, EMIT_T1, 63);
            emit_shift_constant(e, EMIT_SHR, 64, EMIT_T1, EMIT_T1, 1);
            emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, EMIT_T0, 63);
            emit_alu(e, EMIT_OR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
        } else { // OF is 0
            emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, EMIT_T0, 63);
            emit_shift_constant(e, EMIT_SAR, 64, EMIT_T0, EMIT_T0, 1);
            emit_alu_constant(e, EMIT_AND, 64, EMIT_T0, EMIT_T0, TOP_TWO);
        }
    }
    emit_state_store(e, 64, c->guest->aux, EMIT_T0);
    emit_shift(e, kind, bits, EMIT_T0, a, count);
    if (bits == 32)
        emit_extend(e, 64, EMIT_T0, EMIT_T0, 32, true);
    emit_state_store(e, 64, c->guest->result, EMIT_T0);
}

// SHIFT: by slot b. A count of 0 changes no flag.
static bool shift_by(struct compiler *c, const struct op *op)
{
    struct emit *e = &c->e;
    static const enum emit_shift kinds[] = {
        [X86_SHL] = EMIT_SHL, [X86_SAL] = EMIT_SHL, [X86_SHR] = EMIT_SHR, [X86_SAR] = EMIT_SAR
    };
    unsigned bits = 8u * op->s;
    uint64_t count;
    bool rotates = op->x == X86_ROL || op->x == X86_ROR, needed = flags_needed(c);
    if (bits < 32 || op->x == X86_RCL || op->x == X86_RCR)
        return false;
    bool known = has_constant(c, op->b, &count) && (count & (bits - 1));
    if (rotates && known) {
        rotate(c, op, bits, count & (bits - 1));
        return true;
    }
    if (rotates && needed)
        return false;
    if (needed)
        flags_store(c);
    flags_forget(c);
    c->locked = 0;
    unsigned a = use(c, op->a), b = use(c, op->b);
    if (rotates) {
        if (op->x == X86_ROL) {
            emit_negate(e, 32, EMIT_T0, b);
            b = EMIT_T0;
        }
        emit_shift(e, EMIT_ROR, bits, EMIT_T0, a, b);
    } else {
        enum emit_shift kind = kinds[op->x];
        if (needed) {
            struct emit_label none = { 0, 0 };
            unsigned n = borrow(c), t = borrow(c);
            emit_alu_constant(e, EMIT_AND, 32, n, b, bits - 1);
            emit_compare_constant(e, 32, n, 0);
            emit_branch(e, EMIT_EQ, &none);
            variable_flags(c, kind, bits, a, n, t);
            emit_label(e, &none);
        }
        emit_shift(e, kind, bits, EMIT_T0, a, b);
    }
    emit_move(e, 64, define(c, op->d), EMIT_T0);
    return true;
}

// d = d shifted, filled from a; flags only where they are not needed.
static bool shift_double(struct compiler *c, const struct op *op)
{
    struct emit *e = &c->e;
    unsigned bits = 8u * op->s;
    uint64_t count;
    if (bits < 32 || flags_needed(c) || !has_constant(c, op->b, &count) || !(count & (bits - 1)))
        return false;
    count &= bits - 1;
    unsigned a = use(c, op->a), d = modify(c, op->d);
    emit_shift_constant(e, op->x ? EMIT_SHL : EMIT_SHR, bits, EMIT_T0, a, (unsigned)(bits - count));
    emit_shift_constant(e, op->x ? EMIT_SHR : EMIT_SHL, bits, d, d, (unsigned)count);
    emit_alu(e, EMIT_OR, bits, d, d, EMIT_T0);
    return true;
}

// BT, BTS, BTR, BTC: CF is the bit, the other flags stay.
static bool bit_test(struct compiler *c, const struct op *op)
{
    struct emit *e = &c->e;
    unsigned bits = 8u * op->s;
    bool needed = flags_needed(c);
    if (bits < 32)
        return false;
    if (needed)
        flags_store(c);
    flags_forget(c);
    c->locked = 0;
    unsigned a = use(c, op->a), b = use(c, op->b);
    if (needed) {
        unsigned bit = borrow(c);
        emit_shift(e, EMIT_SHR, bits, bit, a, b);
        emit_alu_constant(e, EMIT_AND, 32, bit, bit, 1);
        emit_state_load(e, 64, EMIT_T0, c->guest->aux);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, EMIT_T0, 1); // OF is bit 63 of aux ^ aux << 1
        emit_alu(e, EMIT_XOR, 64, EMIT_T1, EMIT_T1, EMIT_T0);
        emit_shift_constant(e, EMIT_SHR, 64, EMIT_T1, EMIT_T1, 63);
        emit_alu(e, EMIT_XOR, 64, EMIT_T1, EMIT_T1, bit);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, EMIT_T1, 62);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, EMIT_T0, 2);
        emit_shift_constant(e, EMIT_SHR, 64, EMIT_T0, EMIT_T0, 2);
        emit_alu(e, EMIT_OR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
        emit_shift_constant(e, EMIT_SHL, 64, bit, bit, 63);
        emit_alu(e, EMIT_OR, 64, EMIT_T0, EMIT_T0, bit);
        emit_state_store(e, 64, c->guest->aux, EMIT_T0);
    }
    if (op->x == X86_BT)
        return true;
    emit_constant(e, EMIT_T0, 1);
    emit_shift(e, EMIT_SHL, bits, EMIT_T0, EMIT_T0, b);
    if (op->x == X86_BTR)
        emit_not(e, bits, EMIT_T0, EMIT_T0);
    enum emit_alu alu = op->x == X86_BTS ? EMIT_OR : op->x == X86_BTR ? EMIT_AND : EMIT_XOR;
    emit_alu(e, alu, bits, define(c, op->d), a, EMIT_T0);
    return true;
}

// ADC and SBB. The carries: (a & b) | ((a | b) & ~r), of a difference (~a & b) | ((~a | b) & r).
static bool with_carry(struct compiler *c, const struct op *op, unsigned bits, bool difference, bool immediate)
{
    struct emit *e = &c->e;
    if (bits < 32)
        return false;
    bool needed = flags_needed(c);
    flags_store(c);
    flags_forget(c);
    c->locked = 0;
    unsigned a = use(c, op->a), b, r = borrow(c);
    if (immediate)
        emit_constant(e, b = borrow(c), (uint64_t)op->imm);
    else
        b = use(c, op->b);
    emit_state_load(e, 64, EMIT_T0, c->guest->aux);
    emit_shift_constant(e, EMIT_SHR, 64, EMIT_T0, EMIT_T0, 63);
    emit_alu(e, difference ? EMIT_SUB : EMIT_ADD, bits, r, a, b);
    emit_alu(e, difference ? EMIT_SUB : EMIT_ADD, bits, r, r, EMIT_T0);
    if (needed) {
        unsigned first = a, third = r;
        if (difference)
            emit_not(e, 64, first = borrow(c), a);
        emit_alu(e, EMIT_OR, 64, EMIT_T0, first, b);
        if (!difference) {
            emit_not(e, 64, EMIT_T1, r);
            third = EMIT_T1;
        }
        emit_alu(e, EMIT_AND, 64, EMIT_T0, EMIT_T0, third);
        emit_alu(e, EMIT_AND, 64, EMIT_T1, first, b);
        emit_alu(e, EMIT_OR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
        emit_alu_constant(e, EMIT_AND, 64, EMIT_T1, EMIT_T0, 8);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, EMIT_T0, 64 - bits);
        emit_alu_constant(e, EMIT_AND, 64, EMIT_T0, EMIT_T0, TOP_TWO);
        emit_alu(e, EMIT_OR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
        emit_state_store(e, 64, c->guest->aux, EMIT_T0);
    }
    emit_move(e, 64, define(c, op->d), r);
    flags_are_result(c, bits, op->d);
    return true;
}

static bool negate(struct compiler *c, const struct op *op, unsigned bits)
{
    if (bits < 32)
        return false;
    unsigned a = use(c, op->a);
    flags_set(c, FLAGS_SUB, bits, op->d, X86_ZERO, op->a, 0);
    emit_negate(&c->e, bits, define(c, op->d), a);
    return true;
}

// rDX:rAX = rAX * a. CF and OF: the upper half is not the sign, or not 0.
static bool multiply_wide(struct compiler *c, const struct op *op)
{
    struct emit *e = &c->e;
    unsigned bits = 8u * op->s;
    bool sign = op->x, needed = flags_needed(c);
    if (bits < 32)
        return false;
    flags_forget(c);
    unsigned a = use(c, op->a), rax = use(c, X86_RAX), low = borrow(c), high = borrow(c);
    if (bits == 64) {
        emit_multiply_high(e, sign, EMIT_T1, rax, a);
        emit_move(e, 64, high, EMIT_T1);
        emit_multiply(e, 64, low, rax, a);
    } else {
        emit_extend(e, 64, EMIT_T0, rax, 32, sign);
        emit_extend(e, 64, EMIT_T1, a, 32, sign);
        emit_multiply(e, 64, low, EMIT_T0, EMIT_T1);
        emit_shift_constant(e, EMIT_SHR, 64, high, low, 32);
        emit_move(e, 32, low, low);
    }
    if (needed) {
        if (sign)
            emit_shift_constant(e, EMIT_SAR, bits, EMIT_T0, low, bits - 1);
        else
            emit_constant(e, EMIT_T0, 0);
        emit_compare(e, bits, EMIT_T0, high);
        emit_set(e, EMIT_NE, EMIT_T0);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, EMIT_T0, 63);
        emit_state_store(e, 64, c->guest->aux, EMIT_T0);
    }
    emit_move(e, 64, define(c, X86_RAX), low);
    emit_move(e, 64, define(c, X86_RDX), high);
    flags_are_result(c, bits, X86_RAX);
    return true;
}

// rDX:rAX divided by a, where the dividend is no wider than the divisor; else, and where it faults, the function does it.
static bool divide(struct compiler *c, const struct op *op)
{
    struct emit *e = &c->e;
    unsigned bits = 8u * op->s;
    bool sign = op->x;
    if (bits < 32)
        return false;
    unsigned a = use(c, op->a), rax = use(c, X86_RAX), rdx = use(c, X86_RDX), by = borrow(c), n = borrow(c),
             q = borrow(c);
    struct cold *cold = body_if(c);
    if (bits == 64)
        emit_move(e, 64, by, a);
    else
        emit_extend(e, 64, by, a, 32, sign);
    emit_compare_constant(e, 64, by, 0);
    emit_branch(e, EMIT_EQ, &cold->from);
    if (sign) { // the upper half is the sign of the lower; dividing by -1 may overflow
        emit_shift_constant(e, EMIT_SAR, bits, EMIT_T0, rax, bits - 1);
        emit_compare(e, bits, EMIT_T0, rdx);
        emit_branch(e, EMIT_NE, &cold->from);
        emit_compare_constant(e, 64, by, UINT64_MAX);
        emit_branch(e, EMIT_EQ, &cold->from);
        if (bits == 64)
            emit_move(e, 64, n, rax);
        else
            emit_extend(e, 64, n, rax, 32, true);
    } else if (bits == 64) {
        emit_compare_constant(e, 64, rdx, 0);
        emit_branch(e, EMIT_NE, &cold->from);
        emit_move(e, 64, n, rax);
    } else { // the quotient has 32 bits if the upper half is below the divisor
        emit_move(e, 32, n, rdx);
        emit_compare(e, 32, n, by);
        emit_branch(e, EMIT_HS, &cold->from);
        emit_shift_constant(e, EMIT_SHL, 64, n, n, 32);
        emit_move(e, 32, EMIT_T0, rax);
        emit_alu(e, EMIT_OR, 64, n, n, EMIT_T0);
    }
    emit_divide(e, sign, 64, q, n, by);
    emit_multiply(e, 64, EMIT_T0, q, by);
    emit_alu(e, EMIT_SUB, 64, EMIT_T0, n, EMIT_T0);
    emit_move(e, bits, define(c, X86_RAX), q);
    emit_move(e, bits, define(c, X86_RDX), EMIT_T0);
    memory_end(c, cold);
    return true;
}

// CWD, CDQ, CQO.
static bool sign_of_rax(struct compiler *c, const struct op *op)
{
    if (op->s == 2)
        return false;
    unsigned a = use(c, X86_RAX), d = define(c, X86_RDX);
    emit_shift_constant(&c->e, EMIT_SAR, 8u * op->s, d, a, 8u * op->s - 1);
    return true;
}

// CF and OF: the product does not fit.
static void multiply(struct compiler *c, const struct op *op, unsigned bits)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a), b = use(c, op->b);
    bool needed = flags_needed(c);
    flags_forget(c);
    if (needed && bits == 64) { // the upper half is the sign of the lower
        unsigned low = borrow(c);
        emit_multiply(e, 64, low, a, b);
        emit_multiply_high(e, true, EMIT_T1, a, b);
        emit_shift_constant(e, EMIT_SAR, 64, EMIT_T0, low, 63);
        emit_compare(e, 64, EMIT_T0, EMIT_T1);
        emit_set(e, EMIT_NE, EMIT_T0);
    } else if (needed) {
        emit_extend(e, 64, EMIT_T0, a, bits, true);
        emit_extend(e, 64, EMIT_T1, b, bits, true);
        emit_multiply(e, 64, EMIT_T0, EMIT_T0, EMIT_T1);
        emit_extend(e, 64, EMIT_T1, EMIT_T0, bits, true);
        emit_compare(e, 64, EMIT_T0, EMIT_T1);
        emit_set(e, EMIT_NE, EMIT_T0);
    }
    if (needed) { // CF is bit 63, CF ^ OF is 0
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, EMIT_T0, 63);
        emit_state_store(e, 64, c->guest->aux, EMIT_T0);
    }
    emit_multiply(e, bits, define(c, op->d), a, b);
    flags_are_result(c, bits, op->d);
}

// INC and DEC keep CF: bit 63 of aux stays; bit 62 is CF ^ OF, where OF is a result of 80h.. or 7fh..
static bool step(struct compiler *c, const struct op *op, unsigned bits, bool up)
{
    struct emit *e = &c->e;
    if (bits < 32)
        return false;
    bool needed = flags_needed(c);
    if (needed) {
        flags_store(c);
        c->locked = 0;
    }
    unsigned a = use(c, op->a), d = define(c, op->d);
    emit_alu_constant(e, up ? EMIT_ADD : EMIT_SUB, bits, d, a, 1);
    flags_forget(c);
    if (needed) {
        emit_state_load(e, 64, EMIT_T0, c->guest->aux);
        emit_shift_constant(e, EMIT_SAR, 64, EMIT_T0, EMIT_T0, 1); // CF in bits 63 and 62
        emit_alu_constant(e, EMIT_AND, 64, EMIT_T0, EMIT_T0, UINT64_C(0xc000000000000000));
        uint64_t top = UINT64_C(1) << (bits - 1);
        if (up)
            emit_constant(e, EMIT_T1, top);
        else
            emit_constant(e, EMIT_T1, top - 1);
        emit_compare(e, bits, d, EMIT_T1);
        emit_set(e, EMIT_EQ, EMIT_T1); // OF
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, EMIT_T1, 62);
        emit_alu(e, EMIT_XOR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
        if (up) // AF: the low digit has become 0, or Fh
            emit_test_constant(e, 32, d, 15);
        else {
            emit_not(e, 32, EMIT_T1, d);
            emit_test_constant(e, 32, EMIT_T1, 15);
        }
        emit_set(e, EMIT_EQ, EMIT_T1);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, EMIT_T1, 3);
        emit_alu(e, EMIT_OR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
        emit_state_store(e, 64, c->guest->aux, EMIT_T0);
    }
    flags_are_result(c, bits, op->d);
    return true;
}

#endif
