// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for register-to-register ops, as exec/ops_register.h defines them.
#ifndef VCPU_AARCH64_JIT_OPS_REGISTER_H
#define VCPU_AARCH64_JIT_OPS_REGISTER_H

#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/jit/compile.h"

// --- two operands ----------------------------------------------------------------------------------------------------

static void result(struct compiler *c, const struct op *op, enum emit_alu alu, unsigned bits, bool immediate,
                   bool sets_flags)
{
    unsigned a = use(c, op->a), b = immediate ? EMIT_NONE : use(c, op->b);
    uint64_t value = (uint64_t)op->imm;
    bool logic = alu != EMIT_ADD && alu != EMIT_SUB;
    if (sets_flags && !logic) {
        flags_set(c, alu == EMIT_ADD ? FLAGS_ADD : FLAGS_SUB, bits, op->d, op->a, immediate ? EMIT_NONE : op->b, value);
        if (op->d == A64_SINK)
            return; // a comparison
    }
    // The result of a test has no register of the guest's, so it gets a temporary one.
    unsigned to = sets_flags && op->d == A64_SINK ? A64_T3 : op->d;
    unsigned d = define(c, to);
    if (immediate)
        emit_alu_constant(&c->e, alu, bits, d, a, value);
    else if (alu == EMIT_OR && op->a == A64_ZERO)
        emit_move(&c->e, bits, d, b);
    else
        emit_alu(&c->e, alu, bits, d, a, b);
    if (sets_flags && logic)
        flags_set(c, FLAGS_LOGIC, bits, to, to, EMIT_NONE, 0);
}

// a OP (b << s)
static void shifted(struct compiler *c, const struct op *op, enum emit_alu alu, unsigned bits)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a), b = use(c, op->b), d;
    if (alu == EMIT_ADD && bits == 64 && op->s <= 3) {
        d = define(c, op->d);
        emit_address(e, d, a, b, op->s, 0);
        return;
    }
    emit_shift_constant(e, EMIT_SHL, bits, EMIT_T0, b, op->s);
    d = define(c, op->d);
    emit_alu(e, alu, bits, d, a, EMIT_T0);
}

// --- shifts and fields -----------------------------------------------------------------------------------------------

static void shift(struct compiler *c, const struct op *op, enum emit_shift kind, unsigned bits)
{
    unsigned a = use(c, op->a);
    emit_shift_constant(&c->e, kind, bits, define(c, op->d), a, op->s);
}

static void shift_by(struct compiler *c, const struct op *op, enum emit_shift kind, unsigned bits)
{
    unsigned a = use(c, op->a), b = use(c, op->b);
    emit_shift(&c->e, kind, bits, EMIT_T0, a, b);
    emit_move(&c->e, 64, define(c, op->d), EMIT_T0);
}

static void field(struct compiler *c, const struct op *op)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a), d;
    uint64_t mask = (uint64_t)op->imm;
    switch (op->code) {
    case A64_OP_UBF:
        d = define(c, op->d);
        emit_shift_constant(e, EMIT_SHR, 64, d, a, op->s);
        emit_alu_constant(e, EMIT_AND, 64, d, d, mask);
        break;
    case A64_OP_UBFZ:
        d = define(c, op->d);
        emit_alu_constant(e, EMIT_AND, 64, d, a, mask);
        emit_shift_constant(e, EMIT_SHL, 64, d, d, op->s);
        break;
    case A64_OP_SBF32:
    case A64_OP_SBF64:
        d = define(c, op->d);
        emit_shift_constant(e, EMIT_SHL, 64, d, a, op->s);
        emit_shift_constant(e, EMIT_SAR, 64, d, d, op->x);
        if (op->code == A64_OP_SBF32)
            emit_move(e, 32, d, d);
        break;
    default: { // BFM: the bits of the mask from a rotated, the others from b
        unsigned bits = op->code == A64_OP_BFM32 ? 32 : 64, b = use(c, op->b);
        emit_shift_constant(e, EMIT_ROR, bits, EMIT_T0, a, op->s);
        emit_alu_constant(e, EMIT_AND, bits, EMIT_T0, EMIT_T0, mask);
        emit_alu_constant(e, EMIT_AND, bits, EMIT_T1, b, ~mask);
        emit_alu(e, EMIT_OR, bits, define(c, op->d), EMIT_T0, EMIT_T1);
        break;
    }
    }
}

static void extract(struct compiler *c, const struct op *op, unsigned bits)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a), b = use(c, op->b);
    if (bits == 64) {
        emit_shift_constant(e, EMIT_SHR, 64, EMIT_T0, b, op->s);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, a, 64u - op->s);
        emit_alu(e, EMIT_OR, 64, define(c, op->d), EMIT_T0, EMIT_T1);
        return;
    }
    emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, a, 32);
    emit_move(e, 32, EMIT_T1, b);
    emit_alu(e, EMIT_OR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
    emit_shift_constant(e, EMIT_SHR, 64, EMIT_T0, EMIT_T0, op->s);
    emit_move(e, 32, define(c, op->d), EMIT_T0);
}

// Extended from op->x (ExtendReg) or 32 bits, then shifted.
static void extend(struct compiler *c, const struct op *op, unsigned from, bool sign)
{
    unsigned a = use(c, op->a), d = define(c, op->d);
    if (from == 64)
        emit_move(&c->e, 64, d, a);
    else
        emit_extend(&c->e, 64, d, a, from, sign);
    if (op->s)
        emit_shift_constant(&c->e, EMIT_SHL, 64, d, d, op->s);
}

static void move_keep(struct compiler *c, const struct op *op, unsigned bits)
{
    unsigned a = use(c, op->a), d = define(c, op->d);
    emit_alu_constant(&c->e, EMIT_AND, 64, d, a, ~(UINT64_C(0xffff) << op->s));
    emit_alu_constant(&c->e, EMIT_OR, 64, d, d, (uint64_t)op->imm);
    if (bits == 32)
        emit_move(&c->e, 32, d, d);
}

// --- multiplication, bits --------------------------------------------------------------------------------------------

static void multiply(struct compiler *c, const struct op *op, enum emit_alu alu, unsigned bits, int extends)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a), b = use(c, op->b), x = use(c, op->x);
    if (extends) {
        emit_extend(e, 64, EMIT_T0, a, 32, extends < 0);
        emit_extend(e, 64, EMIT_T1, b, 32, extends < 0);
        emit_multiply(e, 64, EMIT_T0, EMIT_T0, EMIT_T1);
    } else {
        emit_multiply(e, bits, EMIT_T0, a, b);
    }
    unsigned d = define(c, op->d);
    if (op->x == A64_ZERO && alu == EMIT_ADD)
        emit_move(e, bits, d, EMIT_T0);
    else
        emit_alu(e, alu, bits, d, x, EMIT_T0);
}

static void multiply_high(struct compiler *c, const struct op *op, bool sign)
{
    unsigned a = use(c, op->a), b = use(c, op->b);
    emit_multiply_high(&c->e, sign, EMIT_T1, a, b);
    emit_move(&c->e, 64, define(c, op->d), EMIT_T1);
}

// A divisor of 0 gives 0. With signs, one of -1 negates: the host's division of the smallest number would trap.
static void divide(struct compiler *c, const struct op *op, unsigned bits, bool sign)
{
    struct emit *e = &c->e;
    struct emit_label zero = { 0, 0 }, minus = { 0, 0 }, done = { 0, 0 };
    unsigned a = use(c, op->a), b = use(c, op->b);
    emit_compare_constant(e, bits, b, 0);
    emit_branch(e, EMIT_EQ, &zero);
    if (sign) {
        emit_compare_constant(e, bits, b, UINT64_MAX);
        emit_branch(e, EMIT_EQ, &minus);
    }
    emit_divide(e, sign, bits, EMIT_T1, a, b);
    emit_jump(e, &done);
    if (sign) {
        emit_label(e, &minus);
        emit_negate(e, bits, EMIT_T1, a);
        emit_jump(e, &done);
    }
    emit_label(e, &zero);
    emit_constant(e, EMIT_T1, 0);
    emit_label(e, &done);
    emit_move(e, 64, define(c, op->d), EMIT_T1);
}

static void swap(struct compiler *c, const struct op *op, unsigned bits)
{
    unsigned a = use(c, op->a);
    emit_swap(&c->e, bits, define(c, op->d), a);
}

static void count_zeros(struct compiler *c, const struct op *op, unsigned bits)
{
    unsigned a = use(c, op->a);
    emit_count_zeros(&c->e, bits, define(c, op->d), a);
}

// --- conditions ------------------------------------------------------------------------------------------------------

enum other { AS_IS, PLUS_ONE, INVERTED, NEGATED }; // operand b, where the condition does not hold

static void conditional(struct compiler *c, const struct op *op, unsigned bits, enum other other, enum condition wanted)
{
    struct emit *e = &c->e;
    unsigned a = use(c, op->a), b = use(c, op->b);
    if (other != AS_IS) {
        unsigned t = borrow(c);
        if (other == PLUS_ONE)
            emit_alu_constant(e, EMIT_ADD, bits, t, b, 1);
        else if (other == INVERTED)
            emit_not(e, bits, t, b);
        else
            emit_negate(e, bits, t, b);
        b = t;
    }
    enum emit_condition host = condition(c, wanted);
    emit_select(e, host, bits, define(c, op->d), a, b);
}

// CCMP: the comparison if the condition holds, else the flags given. Both ways store them.
static void conditional_compare(struct compiler *c, const struct op *op)
{
    struct emit *e = &c->e;
    struct emit_label no = { 0, 0 }, done = { 0, 0 };
    // In the order of the guest's encoding.
    static const uint8_t conditions[14] = { IF_EQ, IF_NE, IF_HS, IF_LO, IF_MI, IF_PL, IF_VS,
                                            IF_VC, IF_HI, IF_LS, IF_GE, IF_LT, IF_GT, IF_LE };
    unsigned a = use(c, op->a), bits = op->d & 1 ? 64 : 32;
    unsigned b = op->b == A64_ZERO ? EMIT_NONE : use(c, op->b);
    // Both ways have the same slots in registers: what follows the branch takes no other.
    (void)a, (void)b;
    if (op->x < 14) {
        enum emit_condition host = condition(c, (enum condition)conditions[op->x]);
        emit_branch(e, (enum emit_condition)(host ^ 1), &no);
    }
    flags_set(c, op->d & 2 ? FLAGS_ADD : FLAGS_SUB, bits, EMIT_NONE, op->a, op->b == A64_ZERO ? EMIT_NONE : op->b,
              (uint64_t)op->imm);
    flags_store(c);
    if (op->x < 14) {
        bool n = op->s & 8, z = op->s & 4, carry = op->s & 2, v = op->s & 1;
        emit_jump(e, &done);
        emit_label(e, &no);
        emit_state_store_constant(e, c->guest->result, z ? 0 : 1); // as a64_set_nzcv
        emit_constant(e, EMIT_T0, (uint64_t)carry << 63 | (uint64_t)(carry ^ v) << 62 | (uint64_t)n << 16);
        emit_state_store(e, 64, c->guest->aux, EMIT_T0);
        emit_label(e, &done);
    }
    flags_forget(c);
}

#endif
