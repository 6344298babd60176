// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Conditions of the guest as comparisons of the host: from what the flags follow, or from the two words of the state.
#include "vcpu/jit/parts.h"

static enum emit_condition both(bool positive, enum emit_condition yes, enum emit_condition no)
{
    return positive ? yes : no;
}

// T0 = 1 if the result is 0, or'ed with T0.
static void or_zero(struct compiler *c)
{
    emit_state_load(&c->e, 64, EMIT_T1, c->guest->result);
    emit_compare_constant(&c->e, 64, EMIT_T1, 0);
    emit_set(&c->e, EMIT_EQ, EMIT_T1);
    emit_alu(&c->e, EMIT_OR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
    emit_compare_constant(&c->e, 64, EMIT_T0, 0);
}

// From the two words of the state; how they are made up is described in the guest's cpu.h.
static enum emit_condition stored_condition(struct compiler *c, enum condition wanted)
{
    struct emit *e = &c->e;
    unsigned t = EMIT_T0;
    switch (wanted) {
    case IF_EQ:
    case IF_NE:
        emit_state_load(e, 64, t, c->guest->result);
        emit_compare_constant(e, 64, t, 0);
        return wanted == IF_EQ ? EMIT_EQ : EMIT_NE;
    case IF_HS:
    case IF_LO:
        emit_state_load(e, 64, t, c->guest->aux);
        emit_compare_constant(e, 64, t, 0);
        return both((wanted == IF_LO) == c->guest->is_borrow, EMIT_MI, EMIT_PL);
    case IF_HI:
    case IF_LS:
        emit_state_load(e, 64, t, c->guest->aux);
        emit_shift_constant(e, EMIT_SHR, 64, t, t, 63);
        if (!c->guest->is_borrow)
            emit_alu_constant(e, EMIT_XOR, 64, t, t, 1);
        or_zero(c);
        return both(wanted == IF_LS, EMIT_NE, EMIT_EQ);
    case IF_PL:
    case IF_MI:
        emit_state_load(e, 64, t, c->guest->aux);
        emit_shift_constant(e, EMIT_SHL, 64, t, t, 47);
        emit_state_load(e, 64, EMIT_T1, c->guest->result);
        emit_alu(e, EMIT_XOR, 64, t, t, EMIT_T1);
        emit_compare_constant(e, 64, t, 0);
        return wanted == IF_MI ? EMIT_MI : EMIT_PL;
    case IF_VS:
    case IF_VC:
        emit_state_load(e, 64, t, c->guest->aux);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, t, 1);
        emit_alu(e, EMIT_XOR, 64, t, t, EMIT_T1);
        emit_compare_constant(e, 64, t, 0);
        return wanted == IF_VS ? EMIT_MI : EMIT_PL;
    case IF_GE:
    case IF_LT:
    case IF_GT:
    case IF_LE: // N != V: bit 63 of result ^ aux << 47 ^ aux ^ aux << 1
        emit_state_load(e, 64, t, c->guest->aux);
        emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, t, 1);
        emit_alu(e, EMIT_XOR, 64, EMIT_T1, EMIT_T1, t);
        emit_shift_constant(e, EMIT_SHL, 64, t, t, 47);
        emit_alu(e, EMIT_XOR, 64, t, t, EMIT_T1);
        emit_state_load(e, 64, EMIT_T1, c->guest->result);
        emit_alu(e, EMIT_XOR, 64, t, t, EMIT_T1);
        if (wanted == IF_LT || wanted == IF_GE) {
            emit_compare_constant(e, 64, t, 0);
            return wanted == IF_LT ? EMIT_MI : EMIT_PL;
        }
        emit_shift_constant(e, EMIT_SHR, 64, t, t, 63);
        or_zero(c);
        return wanted == IF_LE ? EMIT_NE : EMIT_EQ;
    case IF_PE:
    case IF_PO: // the parity of the low byte of result ^ aux >> 8
        emit_state_load(e, 64, t, c->guest->aux);
        emit_shift_constant(e, EMIT_SHR, 64, t, t, 8);
        emit_state_load(e, 64, EMIT_T1, c->guest->result);
        emit_alu(e, EMIT_XOR, 64, t, t, EMIT_T1);
        for (unsigned n = 4; n; n /= 2) {
            emit_shift_constant(e, EMIT_SHR, 64, EMIT_T1, t, n);
            emit_alu(e, EMIT_XOR, 64, t, t, EMIT_T1);
        }
        emit_test_constant(e, 32, t, 1);
        return wanted == IF_PE ? EMIT_EQ : EMIT_NE;
    }
    return EMIT_EQ;
}

// The conditions of a comparison are those of the host, in the same order.
_Static_assert((int)IF_EQ == EMIT_EQ && (int)IF_HI == EMIT_HI && (int)IF_GT == EMIT_GT && (int)IF_VC == EMIT_VC,
               "order");

static bool of_difference(struct compiler *c, enum condition wanted)
{
    struct flags *flags = &c->flags;
    if (wanted > IF_VC || flags_known(flags) < 2)
        return false;
    if (flags->r != EMIT_NONE && (wanted == IF_EQ || wanted == IF_NE)) {
        emit_compare_constant(&c->e, flags->bits, use(c, flags->r), 0);
        return true;
    }
    if (flags->a == EMIT_NONE) { // a = r + b
        unsigned r = use(c, flags->r);
        if (flags->is_constant)
            emit_alu_constant(&c->e, EMIT_ADD, 64, EMIT_T0, r, flags->constant);
        else
            emit_alu(&c->e, EMIT_ADD, 64, EMIT_T0, r, use(c, flags->b));
    } else if (!flags_have_b(flags)) { // b = a - r
        unsigned r = use(c, flags->r), a = use(c, flags->a);
        emit_alu(&c->e, EMIT_SUB, 64, EMIT_T0, a, r);
        emit_compare(&c->e, flags->bits, a, EMIT_T0);
        return true;
    }
    unsigned a = flags->a == EMIT_NONE ? EMIT_T0 : use(c, flags->a);
    if (flags->is_constant)
        emit_compare_constant(&c->e, flags->bits, a, flags->constant);
    else
        emit_compare(&c->e, flags->bits, a, use(c, flags->b));
    return true;
}

// What follows from the result alone, also where a carry and an overflow are known to be 0 (FLAGS_LOGIC).
static bool of_result(struct compiler *c, enum condition wanted, enum emit_condition *found)
{
    struct flags *flags = &c->flags;
    bool logic = flags->kind == FLAGS_LOGIC;
    if (flags->r == EMIT_NONE)
        return false;
    switch (wanted) {
    case IF_EQ:
    case IF_NE:
    case IF_MI:
    case IF_PL: *found = (enum emit_condition)wanted; break;
    case IF_LT: *found = EMIT_MI; break;
    case IF_GE: *found = EMIT_PL; break;
    case IF_LE:
    case IF_GT: *found = (enum emit_condition)wanted; break;
    case IF_LS: *found = EMIT_EQ; break;
    case IF_HI: *found = EMIT_NE; break;
    default: return false;
    }
    bool needs_logic = wanted != IF_EQ && wanted != IF_NE && wanted != IF_MI && wanted != IF_PL;
    if ((needs_logic && !logic) || ((wanted == IF_LS || wanted == IF_HI) && !c->guest->is_borrow))
        return false;
    emit_compare_constant(&c->e, flags->bits, use(c, flags->r), 0);
    return true;
}

// The carry of a sum: the result is below an operand.
static bool of_carry(struct compiler *c, enum condition wanted, enum emit_condition *found)
{
    struct flags *flags = &c->flags;
    if (flags->kind != FLAGS_ADD || flags->r == EMIT_NONE || (wanted != IF_LO && wanted != IF_HS) || flags->aux_stored)
        return false;
    unsigned r = use(c, flags->r);
    if (flags->a != EMIT_NONE)
        emit_compare(&c->e, flags->bits, r, use(c, flags->a));
    else if (flags->is_constant)
        emit_compare_constant(&c->e, flags->bits, r, flags->constant);
    else
        emit_compare(&c->e, flags->bits, r, use(c, flags->b));
    *found = both((wanted == IF_LO) == c->guest->is_borrow, EMIT_LO, EMIT_HS);
    return true;
}

// On Arm they are as after a comparison of 0, 1 or 2 with 1. On x86 SF, OF and PF are 0: what depends on them alone is always so, or
// never.
static enum emit_condition of_float(struct compiler *c, enum condition wanted)
{
    unsigned r = use(c, c->flags.r);
    if (!c->guest->is_borrow) {
        emit_compare_constant(&c->e, 32, r, 1);
        return (enum emit_condition)wanted;
    }
    switch (wanted) {
    case IF_LE:
    case IF_GT: wanted = wanted == IF_LE ? IF_EQ : IF_NE; // falls through
    case IF_EQ:
    case IF_NE:
    case IF_LO:
    case IF_HS:
    case IF_LS:
    case IF_HI: emit_compare_constant(&c->e, 32, r, 1); return (enum emit_condition)wanted;
    default:
        emit_compare_constant(&c->e, 32, r, 3);
        return both(wanted == IF_MI || wanted == IF_VS || wanted == IF_LT || wanted == IF_PE, EMIT_EQ, EMIT_NE);
    }
}

enum emit_condition condition(struct compiler *c, enum condition wanted)
{
    enum emit_condition found = (enum emit_condition)wanted;
    if (c->flags.kind == FLAGS_FLOAT)
        return of_float(c, wanted);
    if (c->flags.kind == FLAGS_SUB && !(c->flags.aux_stored && flags_known(&c->flags) < 2) && of_difference(c, wanted))
        return found;
    if (c->flags.kind != FLAGS_STORED && (of_result(c, wanted, &found) || of_carry(c, wanted, &found)))
        return found;
    flags_store(c);
    return stored_condition(c, wanted);
}
