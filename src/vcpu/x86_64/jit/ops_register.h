// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for register-to-register ops, as exec/ops_register.h defines them: two operands, moves, conditions.
#ifndef VCPU_X86_64_JIT_OPS_REGISTER_H
#define VCPU_X86_64_JIT_OPS_REGISTER_H

#include "vcpu/jit/compile.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/ops.h"

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

#endif
