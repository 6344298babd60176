// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for the ops of x86-64. What each means is defined by its function (exec/ops_*.h), which runs where there is no template,
// and where a memory access is not one of plain memory.
#include "vcpu/x86_64/jit/templates.h"

#include "base/bits.h"
#include "vcpu/jit/compile.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/bodies.h"
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops.h"
#include "vcpu/x86_64/jit/vector.h"

// --- two operands ----------------------------------------------------------------------------------------------------

// Operand b: a slot, or EMIT_NONE and op->imm.
static void result(struct compiler *c, const struct op *op, enum emit_alu alu, unsigned bits, bool immediate,
                   bool sets_flags)
{
    unsigned a = use(c, op->a), b = immediate ? EMIT_NONE : use(c, op->b);
    uint64_t value = (uint64_t)op->imm;
    if (sets_flags) {
        enum flags_kind kind = alu == EMIT_ADD ? FLAGS_ADD : alu == EMIT_SUB ? FLAGS_SUB : FLAGS_LOGIC;
        flags_set(c, kind, bits, op->d, op->a, immediate ? EMIT_NONE : op->b, value);
    }
    if (bits >= 32) {
        unsigned d = define(c, op->d);
        if (immediate)
            emit_alu_constant(&c->e, alu, bits, d, a, value);
        else if (alu == EMIT_XOR && a == b)
            emit_constant(&c->e, d, 0);
        else
            emit_alu(&c->e, alu, bits, d, a, b);
        return;
    }
    if (immediate)
        emit_alu_constant(&c->e, alu, 32, EMIT_T0, a, value & bits_low(bits));
    else
        emit_alu(&c->e, alu, 32, EMIT_T0, a, b);
    emit_insert(&c->e, modify(c, op->d), EMIT_T0, bits, 0);
}

static void compare(struct compiler *c, const struct op *op, unsigned bits, bool immediate)
{
    flags_set(c, FLAGS_SUB, bits, EMIT_NONE, op->a, immediate ? EMIT_NONE : op->b, (uint64_t)op->imm);
}

// TEST: the result is in no slot, so it gets a temporary one; that of an operand with itself is there.
static void test(struct compiler *c, const struct op *op, unsigned bits, bool immediate)
{
    if (!immediate && op->a == op->b) {
        flags_set(c, FLAGS_LOGIC, bits, EMIT_NONE, op->a, EMIT_NONE, 0);
        return;
    }
    unsigned a = use(c, op->a), b = immediate ? EMIT_NONE : use(c, op->b), d = define(c, X86_T3);
    if (immediate)
        emit_alu_constant(&c->e, EMIT_AND, bits == 64 ? 64 : 32, d, a, (uint64_t)op->imm);
    else
        emit_alu(&c->e, EMIT_AND, bits == 64 ? 64 : 32, d, a, b);
    flags_set(c, FLAGS_LOGIC, bits, X86_T3, X86_T3, EMIT_NONE, 0);
}

// --- one operand, shifts, multiplication -----------------------------------------------------------------------------

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

// Without flags; `seen` says whether they are needed.
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

// --- moves -----------------------------------------------------------------------------------------------------------

static void move_low(struct compiler *c, const struct op *op, unsigned bits)
{
    unsigned a = use(c, op->a);
    emit_insert(&c->e, modify(c, op->d), a, bits, 0);
}

static void extend(struct compiler *c, const struct op *op, unsigned bits, unsigned from, bool sign)
{
    unsigned a = use(c, op->a);
    emit_extend(&c->e, bits, define(c, op->d), a, from, sign);
}

static void exchange(struct compiler *c, const struct op *op)
{
    unsigned a = modify(c, op->a), b = modify(c, op->b);
    emit_move(&c->e, 64, EMIT_T0, a);
    emit_move(&c->e, 64, a, b);
    emit_move(&c->e, 64, b, EMIT_T0);
}

// --- addresses and memory --------------------------------------------------------------------------------------------

// [a + (b << s) + disp], and slot x, into `d`; slots that are always 0 are left out.
static void address(struct compiler *c, const struct op *op, unsigned d, bool indexed, unsigned bits)
{
    struct emit *e = &c->e;
    unsigned a = op->a == X86_ZERO ? EMIT_NONE : use(c, op->a);
    unsigned b = !indexed || op->b == X86_ZERO ? EMIT_NONE : use(c, op->b);
    unsigned x = !indexed || op->x == X86_ZERO ? EMIT_NONE : use(c, op->x);
    emit_address(e, d, a, b, op->s, op->disp);
    if (bits == 32)
        emit_move(e, 32, d, d);
    if (x != EMIT_NONE)
        emit_alu(e, EMIT_ADD, 64, d, d, x);
}

// Without an index and with a displacement alone the scale is no scale.
static void address_of(struct compiler *c, const struct op *op, bool indexed)
{
    struct op plain = *op;
    if (!indexed)
        plain.s = 0;
    address(c, &plain, EMIT_T1, indexed, 64);
}

static void lea(struct compiler *c, const struct op *op, bool indexed, unsigned bits)
{
    struct op plain = *op;
    if (!indexed)
        plain.s = 0;
    address(c, &plain, EMIT_T0, indexed, bits);
    emit_move(&c->e, 64, define(c, op->d), EMIT_T0);
}

static void load(struct compiler *c, const struct op *op, bool indexed, unsigned bits, unsigned size, bool sign,
                 enum emit_access access)
{
    address_of(c, op, indexed);
    struct cold *cold = memory_begin(c, access, size);
    emit_load(&c->e, bits, define(c, op->d), EMIT_T1, 0, size, sign);
    memory_end(c, cold);
}

static void store(struct compiler *c, const struct op *op, bool indexed, unsigned size)
{
    unsigned d = use(c, op->d);
    address_of(c, op, indexed);
    struct cold *cold = memory_begin(c, EMIT_WRITE, size);
    emit_store(&c->e, EMIT_T1, 0, size, d);
    memory_end(c, cold);
}

static void store_value(struct compiler *c, const struct op *op, bool indexed, unsigned size)
{
    address_of(c, op, indexed);
    struct cold *cold = memory_begin(c, EMIT_WRITE, size);
    emit_store_constant(&c->e, EMIT_T1, 0, size, op->value);
    memory_end(c, cold);
}

// `value`: a register; EMIT_NONE: `constant`, or with `of_pc` that many bytes from the start of the block.
static void push(struct compiler *c, unsigned value, uint64_t constant, bool of_pc)
{
    struct emit *e = &c->e;
    unsigned sp = use(c, X86_RSP);
    emit_address(e, EMIT_T1, sp, EMIT_NONE, 0, -8);
    struct cold *cold = memory_begin(c, EMIT_WRITE, 8);
    if (value == EMIT_NONE) {
        value = EMIT_T0;
        if (of_pc)
            emit_alu_constant(e, EMIT_ADD, 64, EMIT_T0, EMIT_PC, constant);
        else
            emit_constant(e, EMIT_T0, constant);
    }
    emit_store(e, EMIT_T1, 0, 8, value);
    sp = modify(c, X86_RSP);
    emit_alu_constant(e, EMIT_SUB, 64, sp, sp, 8);
    memory_end(c, cold);
}

// From the address in slot `from`: RSP is behind it then, and `slot` gets the value, also if it is RSP.
static void pop(struct compiler *c, unsigned slot, unsigned from)
{
    struct emit *e = &c->e;
    unsigned at = use(c, from);
    emit_move(e, 64, EMIT_T1, at);
    struct cold *cold = memory_begin(c, EMIT_READ, 8);
    emit_load(e, 64, EMIT_T0, EMIT_T1, 0, 8, false);
    unsigned sp = define(c, X86_RSP);
    emit_alu_constant(e, EMIT_ADD, 64, sp, at, 8);
    emit_move(e, 64, define(c, slot), EMIT_T0);
    memory_end(c, cold);
}

// 16 bytes or fewer between memory and cpu->scratch.
static void scratch(struct compiler *c, const struct op *op, bool stores)
{
    unsigned from = stores ? vector_use(c, X86_VECTOR_SCRATCH) : EMIT_NONE;
    address_of(c, op, false);
    struct cold *cold = memory_begin_aligned(c, stores ? EMIT_WRITE : EMIT_READ, op->s, op->x ? op->s - 1u : 0);
    if (stores)
        emit_vector_write(&c->e, EMIT_T1, 0, op->s, from);
    else
        emit_vector_read(&c->e, vector_define(c, X86_VECTOR_SCRATCH), EMIT_T1, 0, op->s);
    memory_end(c, cold);
}

// --- ways out --------------------------------------------------------------------------------------------------------

// A target that is not canonical is left to the op that follows; `drop` bytes leave the stack.
static void jump(struct compiler *c, const struct op *op, uint64_t drop)
{
    struct emit *e = &c->e;
    struct emit_label bad = { 0, 0 };
    bool wide = c->block->mode & X86_MODE_64;
    flags_store(c);
    write_back(c);
    c->locked = 0;
    unsigned target = use(c, op->a);
    if (wide) {
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, target, 16);
        emit_shift_constant(e, EMIT_SAR, 64, EMIT_T0, EMIT_T0, 16);
        emit_compare(e, 64, EMIT_T0, target);
        emit_branch(e, EMIT_NE, &bad);
    }
    struct slots slots = c->slots;
    if (drop) {
        emit_alu_constant(e, EMIT_ADD, 64, EMIT_T1, use(c, X86_RSP), drop);
        emit_state_store(e, 64, slot_offset(c, X86_RSP), EMIT_T1);
    }
    emit_move(e, wide ? 64 : 32, EMIT_PC, target);
    leave_by_jump(c, NULL, NATIVE_STOP);
    if (wide) {
        emit_label(e, &bad);
        c->slots = slots;
        c->done = false;
    }
}

static void conditional_move(struct compiler *c, const struct op *op, unsigned bits, enum condition wanted)
{
    unsigned a = use(c, op->a), d = use(c, op->d);
    enum emit_condition host = condition(c, wanted);
    emit_select(&c->e, host, bits, modify(c, op->d), a, d);
}

static void set(struct compiler *c, const struct op *op, enum condition wanted)
{
    unsigned d = modify(c, op->d);
    emit_set(&c->e, condition(c, wanted), EMIT_T0);
    emit_insert(&c->e, d, EMIT_T0, 8, 0);
}

// --- the ops ---------------------------------------------------------------------------------------------------------

// In the order of the guest's encoding.
#define CONDITIONS(X)                                                                                                  \
    X(O, VS)                                                                                                           \
    X(NO, VC)                                                                                                          \
    X(B, LO)                                                                                                           \
    X(NB, HS)                                                                                                          \
    X(Z, EQ)                                                                                                           \
    X(NZ, NE) X(BE, LS) X(NBE, HI) X(S, MI) X(NS, PL) X(P, PE) X(NP, PO) X(L, LT) X(NL, GE) X(LE, LE) X(NLE, GT)

static bool emit_op(struct compiler *c, const struct op *op)
{
    switch (op->code) {
#define SIZES(X, NAME, ...)                                                                                            \
    X(NAME, 8, __VA_ARGS__) X(NAME, 16, __VA_ARGS__) X(NAME, 32, __VA_ARGS__) X(NAME, 64, __VA_ARGS__)
#define RESULT(NAME, BITS, ALU)                                                                                        \
    case X86_OP_##NAME##BITS##RR: result(c, op, ALU, BITS, false, true); break;                                        \
    case X86_OP_##NAME##BITS##RI: result(c, op, ALU, BITS, true, true); break;
        SIZES(RESULT, ADD, EMIT_ADD)
        SIZES(RESULT, SUB, EMIT_SUB)
        SIZES(RESULT, AND, EMIT_AND)
        SIZES(RESULT, OR, EMIT_OR)
        SIZES(RESULT, XOR, EMIT_XOR)
#define BARE(NAME, ALU)                                                                                                \
    case X86_OP_##NAME##32RR: result(c, op, ALU, 32, false, false); break;                                             \
    case X86_OP_##NAME##32RI: result(c, op, ALU, 32, true, false); break;                                              \
    case X86_OP_##NAME##64RR: result(c, op, ALU, 64, false, false); break;                                             \
    case X86_OP_##NAME##64RI: result(c, op, ALU, 64, true, false); break;
        BARE(ADDN, EMIT_ADD)
        BARE(SUBN, EMIT_SUB)
        BARE(ANDN, EMIT_AND)
        BARE(ORN, EMIT_OR)
        BARE(XORN, EMIT_XOR)
#define COMPARE(NAME, BITS, HOW)                                                                                       \
    case X86_OP_##NAME##BITS##RR: HOW(c, op, BITS, false); break;                                                      \
    case X86_OP_##NAME##BITS##RI: HOW(c, op, BITS, true); break;
        SIZES(COMPARE, CMP, compare)
        SIZES(COMPARE, TEST, test)
#define STEP(NAME, BITS, UP)                                                                                           \
    case X86_OP_##NAME##BITS: return step(c, op, BITS, UP);
        SIZES(STEP, INC, true)
        SIZES(STEP, DEC, false)
#define NOT(NAME, BITS, ...)                                                                                           \
    case X86_OP_##NAME##BITS: unary_not(c, op, BITS); break;
        SIZES(NOT, NOT, )
#define CARRY(NAME, BITS, DIFFERENCE)                                                                                  \
    case X86_OP_##NAME##BITS##RR: return with_carry(c, op, BITS, DIFFERENCE, false);                                   \
    case X86_OP_##NAME##BITS##RI: return with_carry(c, op, BITS, DIFFERENCE, true);
        SIZES(CARRY, ADC, false)
        SIZES(CARRY, SBB, true)
#define NEGATE(NAME, BITS, ...)                                                                                        \
    case X86_OP_##NAME##BITS: return negate(c, op, BITS);
        SIZES(NEGATE, NEG, )
    case X86_OP_SHIFT: return shift_by(c, op);
    case X86_OP_SHIFTD: return shift_double(c, op);
    case X86_OP_BITTEST: return bit_test(c, op);
    case X86_OP_MULTIPLY: return multiply_wide(c, op);
    case X86_OP_DIVIDE: return divide(c, op);
    case X86_OP_SIGNA: return sign_of_rax(c, op);
    case X86_OP_SHL32: shift_flags(c, op, EMIT_SHL, 32); break;
    case X86_OP_SHL64: shift_flags(c, op, EMIT_SHL, 64); break;
    case X86_OP_SHR32: shift_flags(c, op, EMIT_SHR, 32); break;
    case X86_OP_SHR64: shift_flags(c, op, EMIT_SHR, 64); break;
    case X86_OP_SAR32: shift_flags(c, op, EMIT_SAR, 32); break;
    case X86_OP_SAR64: shift_flags(c, op, EMIT_SAR, 64); break;
    case X86_OP_SHLN32: shift(c, op, EMIT_SHL, 32); break;
    case X86_OP_SHLN64: shift(c, op, EMIT_SHL, 64); break;
    case X86_OP_SHRN32: shift(c, op, EMIT_SHR, 32); break;
    case X86_OP_SHRN64: shift(c, op, EMIT_SHR, 64); break;
    case X86_OP_IMUL32: multiply(c, op, 32); break;
    case X86_OP_IMUL64: multiply(c, op, 64); break;

    case X86_OP_MOV8: move_low(c, op, 8); break;
    case X86_OP_MOV16: move_low(c, op, 16); break;
    case X86_OP_MOV32:
    case X86_OP_MOV64: {
        unsigned a = use(c, op->a);
        emit_move(&c->e, op->code == X86_OP_MOV32 ? 32 : 64, define(c, op->d), a);
        break;
    }
    case X86_OP_MOVI: define_constant(c, op->d, (uint64_t)op->imm); break;
    case X86_OP_GETH: {
        unsigned a = use(c, op->a);
        emit_shift_constant(&c->e, EMIT_SHR, 64, EMIT_T0, a, 8);
        emit_extend(&c->e, 64, define(c, op->d), EMIT_T0, 8, false);
        break;
    }
    case X86_OP_PUTH: {
        unsigned a = use(c, op->a);
        emit_move(&c->e, 64, EMIT_T0, a);
        emit_insert(&c->e, modify(c, op->d), EMIT_T0, 8, 8);
        break;
    }
    case X86_OP_MOVZ8: extend(c, op, 64, 8, false); break;
    case X86_OP_MOVZ16: extend(c, op, 64, 16, false); break;
    case X86_OP_MOVS8_32: extend(c, op, 32, 8, true); break;
    case X86_OP_MOVS8_64: extend(c, op, 64, 8, true); break;
    case X86_OP_MOVS16_32: extend(c, op, 32, 16, true); break;
    case X86_OP_MOVS16_64: extend(c, op, 64, 16, true); break;
    case X86_OP_MOVS32_64: extend(c, op, 64, 32, true); break;
    case X86_OP_BSWAP32:
    case X86_OP_BSWAP64: {
        unsigned a = use(c, op->a);
        emit_swap(&c->e, op->code == X86_OP_BSWAP32 ? 32 : 64, define(c, op->d), a);
        break;
    }
    case X86_OP_XCHG64: exchange(c, op); break;
    case X86_OP_LEA64: lea(c, op, true, 64); break;
    case X86_OP_LEA32: lea(c, op, true, 32); break;
    case X86_OP_LEAD: lea(c, op, false, 64); break;

#define LOADS(X, INDEXED)                                                                                              \
    case X86_OP_LD8##X: load(c, op, INDEXED, 64, 1, false, EMIT_READ); break;                                          \
    case X86_OP_LD16##X: load(c, op, INDEXED, 64, 2, false, EMIT_READ); break;                                         \
    case X86_OP_LD32##X: load(c, op, INDEXED, 32, 4, false, EMIT_READ); break;                                         \
    case X86_OP_LD64##X: load(c, op, INDEXED, 64, 8, false, EMIT_READ); break;                                         \
    case X86_OP_LDS8_32##X: load(c, op, INDEXED, 32, 1, true, EMIT_READ); break;                                       \
    case X86_OP_LDS8_64##X: load(c, op, INDEXED, 64, 1, true, EMIT_READ); break;                                       \
    case X86_OP_LDS16_32##X: load(c, op, INDEXED, 32, 2, true, EMIT_READ); break;                                      \
    case X86_OP_LDS16_64##X: load(c, op, INDEXED, 64, 2, true, EMIT_READ); break;                                      \
    case X86_OP_LDS32_64##X: load(c, op, INDEXED, 64, 4, true, EMIT_READ); break;
        LOADS(, false)
        LOADS(X, true)
    case X86_OP_LDM8: load(c, op, false, 64, 1, false, EMIT_MODIFY); break;
    case X86_OP_LDM16: load(c, op, false, 64, 2, false, EMIT_MODIFY); break;
    case X86_OP_LDM32: load(c, op, false, 32, 4, false, EMIT_MODIFY); break;
    case X86_OP_LDM64: load(c, op, false, 64, 8, false, EMIT_MODIFY); break;
#define STORES(NAME, X, HOW, INDEXED)                                                                                  \
    case X86_OP_##NAME##8##X: HOW(c, op, INDEXED, 1); break;                                                           \
    case X86_OP_##NAME##16##X: HOW(c, op, INDEXED, 2); break;                                                          \
    case X86_OP_##NAME##32##X: HOW(c, op, INDEXED, 4); break;                                                          \
    case X86_OP_##NAME##64##X: HOW(c, op, INDEXED, 8); break;
        STORES(ST, , store, false)
        STORES(ST, X, store, true)
        STORES(STI, , store_value, false)
        STORES(STI, X, store_value, true)
    case X86_OP_PUSH64: push(c, use(c, op->a), 0, false); break;
    case X86_OP_PUSHI64: push(c, EMIT_NONE, (uint64_t)op->imm, false); break;
    case X86_OP_CALL64: push(c, EMIT_NONE, (uint64_t)op->imm, true); break;
    case X86_OP_POP64: pop(c, op->d, X86_RSP); break;
    case X86_OP_LEAVE64: pop(c, X86_RBP, X86_RBP); break;
    case X86_OP_LDSCRATCH:
    case X86_OP_STSCRATCH:
        if (!is_power_of_two(op->s))
            return false;
        scratch(c, op, op->code == X86_OP_STSCRATCH);
        break;

    case X86_OP_EXIT: leave_always(c, op); break;
    case X86_OP_JUMP: jump(c, op, 0); break;
    case X86_OP_RETURN: jump(c, op, (uint64_t)op->imm); break;
    case X86_OP_BRANCH: {
        leave_begin(c);
        emit_compare_constant(&c->e, 64, use(c, op->a), 0);
        leave_if_host(c, EMIT_NE, op);
        break;
    }
#define CONDITION(CC, IF)                                                                                              \
    case X86_OP_J##CC: leave_if(c, IF_##IF, op); break;                                                                \
    case X86_OP_SET##CC: set(c, op, IF_##IF); break;                                                                   \
    case X86_OP_CMOV64##CC: conditional_move(c, op, 64, IF_##IF); break;                                               \
    case X86_OP_CMOV32##CC: conditional_move(c, op, 32, IF_##IF); break;
        CONDITIONS(CONDITION)
    default: return x86_vector_emit(c, op);
    }
    return true;
}

// --- the architecture ------------------------------------------------------------------------------------------------

static bool compiles(uint32_t mode)
{
    return (mode & X86_MODE_64) || ((mode & X86_MODE_FLAT) && (mode & X86_MODE_32));
}

static unsigned pc_bits(uint32_t mode)
{
    return mode & X86_MODE_64 ? 64 : 32;
}

static uint64_t key(uint32_t mode)
{
    return (uint64_t)mode << 56;
}

static uint64_t written(const struct op *op, const struct op_row *row)
{
    if (op->code == X86_OP_SIMD || op->code == X86_OP_HELP)
        return x86_vector_written(op);
    if (op->code == X86_OP_LDSCRATCH || op->code == X86_OP_STSCRATCH)
        return 0;
    if (row->operands & OP_CPU)
        return UINT64_MAX;
    return (row->operands & OP_TO_D ? BIT64(op->d) : 0) | (row->operands & OP_TO_X ? BIT64(op->x) : 0) |
           (row->operands & X86_TO_A ? BIT64(op->a) : 0) | (row->operands & X86_TO_B ? BIT64(op->b) : 0) |
           (row->operands & X86_TO_RAX ? BIT64(X86_RAX) : 0) | (row->operands & X86_TO_RDX ? BIT64(X86_RDX) : 0) |
           (row->operands & (uint32_t)X86_STACK ? BIT64(X86_RSP) : 0);
}

// CF, or the flags that a count of 0 or a rotation leaves. RCL and RCR take CF in.
static bool keeps(const struct op *op)
{
    switch (op->code) {
    case X86_OP_SHIFT: return op->x != X86_RCL && op->x != X86_RCR;
    case X86_OP_INC8:
    case X86_OP_INC16:
    case X86_OP_INC32:
    case X86_OP_INC64:
    case X86_OP_DEC8:
    case X86_OP_DEC16:
    case X86_OP_DEC32:
    case X86_OP_DEC64:
    case X86_OP_SHIFTD:
    case X86_OP_BITTEST: return true;
    default: return false;
    }
}

static bool is_pure(const struct op *op)
{
    return op->code == X86_OP_LEAVE64 || op->code == X86_OP_LDSCRATCH || op->code == X86_OP_STSCRATCH ||
           op->code == X86_OP_SIMD || op->code == X86_OP_LINEAR ||
           (op->code == X86_OP_HELP && op->disp == X86_HELP_simd_check);
}

static const char *const names[X86_SLOTS] = {
    "RAX", "RCX", "RDX",     "RBX",     "RSP",     "RBP",     "RSI",     "RDI",     "R8",       "R9",
    "R10", "R11", "R12",     "R13",     "R14",     "R15",     "RIP",     "zero",    "T0",       "T1",
    "T2",  "T3",  "ES base", "CS base", "SS base", "DS base", "FS base", "GS base", "LDT base", "TR base",
};

const struct jit_guest x86_jit = {
    .rows = x86_ops,
    .op_count = X86_OP_COUNT,
    .bodies = x86_bodies,
    .size = sizeof(struct x86_cpu),
    .registers = offsetof(struct x86_cpu, r),
    .slots = X86_SLOTS,
    .names = names,
    .vectors = offsetof(struct x86_cpu, xmm),
    .vector_count = 16,
    .vector_name = "XMM",
    .result = offsetof(struct x86_cpu, result),
    .aux = offsetof(struct x86_cpu, aux),
    .pc = X86_RIP,
    .sink = EMIT_NONE,
    .temps = X86_T0,
    .temps_end = X86_T3 + 1,
    .flags = X86_ARITHMETIC,
    .vector_temp = X86_VECTOR_SCRATCH,
    .is_borrow = true,
    .compiles = compiles,
    .pc_bits = pc_bits,
    .key = key,
    .written = written,
    .keeps = keeps,
    .is_pure = is_pure,
    .emit = emit_op,
};
