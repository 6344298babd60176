// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Flags: noted when an op sets them, stored where they are needed.
#include "base/bits.h"
#include "vcpu/jit/parts.h"

bool flags_have_b(const struct flags *flags)
{
    return flags->is_constant || flags->b != EMIT_NONE;
}

unsigned flags_known(const struct flags *flags)
{
    return (flags->a != EMIT_NONE) + flags_have_b(flags) + (flags->r != EMIT_NONE);
}

// As the guest's functions set them (x86_set_arithmetic_flags, a64_set_nzcv). x86: CF if it was less, PF never, which bit 8 makes up for
// where the result is 0. Arm: N if it was less, else C.
static void store_float_aux(struct compiler *c)
{
    struct emit *e = &c->e;
    emit_compare_constant(e, 32, use(c, c->flags.r), 1);
    if (!c->guest->is_borrow) {
        unsigned less = borrow(c);
        emit_constant(e, less, 1 << 16);
        emit_constant(e, EMIT_T0, UINT64_C(3) << 62);
        emit_select(e, EMIT_LO, 64, EMIT_T0, less, EMIT_T0);
        emit_state_store(e, 64, c->guest->aux, EMIT_T0);
        return;
    }
    emit_set(e, EMIT_EQ, EMIT_T0);
    emit_set(e, EMIT_LO, EMIT_T1);
    emit_shift_constant(e, EMIT_SHL, 64, EMIT_T0, EMIT_T0, 8);
    emit_address(e, EMIT_T1, EMIT_T1, EMIT_T1, 1, 0);
    emit_shift_constant(e, EMIT_SHL, 64, EMIT_T1, EMIT_T1, 62);
    emit_alu(e, EMIT_OR, 64, EMIT_T0, EMIT_T0, EMIT_T1);
    emit_state_store(e, 64, c->guest->aux, EMIT_T0);
}

static void store_aux(struct compiler *c)
{
    struct flags *flags = &c->flags;
    bool difference = flags->kind == FLAGS_SUB;
    if (flags->kind == FLAGS_LOGIC) {
        emit_state_store_constant(&c->e, c->guest->aux, 0);
        return;
    }
    if (flags->kind == FLAGS_FLOAT) {
        store_float_aux(c);
        return;
    }
    unsigned a, b = EMIT_NONE;
    if (flags->a != EMIT_NONE) {
        a = use(c, flags->a);
    } else { // a = r - b, or r + b
        unsigned r = use(c, flags->r);
        a = borrow(c);
        if (flags->is_constant)
            emit_alu_constant(&c->e, difference ? EMIT_ADD : EMIT_SUB, 64, a, r, flags->constant);
        else
            emit_alu(&c->e, difference ? EMIT_ADD : EMIT_SUB, 64, a, r, use(c, flags->b));
    }
    if (!flags->is_constant && flags->b != EMIT_NONE) {
        b = use(c, flags->b);
    } else if (!flags->is_constant) { // b = r - a, or a - r
        unsigned r = use(c, flags->r);
        b = borrow(c);
        emit_alu(&c->e, EMIT_SUB, 64, b, difference ? a : r, difference ? r : a);
    }
    emit_aux(&c->e, difference, flags->bits, difference && !c->guest->is_borrow, c->guest->is_borrow, c->guest->aux, a,
             b, flags->constant);
}

static void store_result(struct compiler *c)
{
    struct flags *flags = &c->flags;
    unsigned r = EMIT_T0;
    if (flags->kind == FLAGS_FLOAT) { // 0 if it was equal, else 1
        emit_compare_constant(&c->e, 32, use(c, flags->r), 1);
        emit_set(&c->e, EMIT_NE, EMIT_T0);
        emit_state_store(&c->e, 64, c->guest->result, EMIT_T0);
        return;
    }
    if (flags->r != EMIT_NONE) {
        r = use(c, flags->r);
    } else {
        enum emit_alu alu = flags->kind == FLAGS_SUB ? EMIT_SUB : EMIT_ADD;
        unsigned a = use(c, flags->a);
        if (flags->is_constant)
            emit_alu_constant(&c->e, alu, 64, EMIT_T0, a, flags->constant);
        else
            emit_alu(&c->e, alu, 64, EMIT_T0, a, use(c, flags->b));
    }
    if (flags->bits != 64) {
        emit_extend(&c->e, 64, EMIT_T0, r, flags->bits, true);
        r = EMIT_T0;
    }
    emit_state_store(&c->e, 64, c->guest->result, r);
}

void flags_store(struct compiler *c)
{
    struct flags *flags = &c->flags;
    if (flags->stored)
        return;
    if (!flags->aux_stored)
        store_aux(c);
    store_result(c);
    flags->stored = flags->aux_stored = true;
}

void flags_forget(struct compiler *c)
{
    c->flags = (struct flags){ .kind = FLAGS_STORED, .stored = true, .a = EMIT_NONE, .b = EMIT_NONE, .r = EMIT_NONE };
}

void flags_are_result(struct compiler *c, unsigned bits, unsigned d)
{
    c->flags = (struct flags){
        .kind = FLAGS_ADD, .aux_stored = true, .bits = (uint8_t)bits, .a = EMIT_NONE, .b = EMIT_NONE, .r = (uint8_t)d
    };
}

static uint8_t unless(unsigned slot, unsigned lost)
{
    return slot == lost ? EMIT_NONE : (uint8_t)slot;
}

void flags_set(struct compiler *c, enum flags_kind kind, unsigned bits, unsigned d, unsigned a, unsigned b,
               uint64_t constant)
{
    if (d == c->guest->sink)
        d = EMIT_NONE;
    c->flags = (struct flags){ .kind = kind,
                               .bits = (uint8_t)bits,
                               .a = (uint8_t)a,
                               .b = (uint8_t)b,
                               .r = EMIT_NONE,
                               .is_constant = b == EMIT_NONE,
                               .constant = constant };
    if (kind == FLAGS_LOGIC || kind == FLAGS_FLOAT) {
        c->flags.a = c->flags.b = EMIT_NONE;
        c->flags.r = (uint8_t)(d != EMIT_NONE ? d : a);
        return;
    }
    if (d == EMIT_NONE)
        return;
    if (d == a && d == b) { // nothing of it is left
        store_aux(c);
        c->flags.aux_stored = true;
    }
    c->flags.r = (uint8_t)d;
    c->flags.a = unless(a, d);
    c->flags.b = unless(b, d);
}

// The op at `index` writes these slots: flags that need one are stored first, if they are needed at all.
void flags_guard(struct compiler *c, uint64_t written, unsigned index)
{
    struct flags *flags = &c->flags;
    if (flags->kind == FLAGS_STORED)
        return;
    struct flags rest = *flags;
    if (rest.a != EMIT_NONE && (written >> rest.a & 1))
        rest.a = EMIT_NONE;
    if (rest.b != EMIT_NONE && (written >> rest.b & 1))
        rest.b = EMIT_NONE;
    if (rest.r != EMIT_NONE && (written >> rest.r & 1))
        rest.r = EMIT_NONE;
    bool alone = rest.kind == FLAGS_LOGIC || rest.kind == FLAGS_FLOAT || rest.aux_stored;
    bool enough = alone ? rest.r != EMIT_NONE : flags_known(&rest) >= 2;
    if (enough) {
        *flags = rest;
        return;
    }
    if (c->needed[index - 1])
        flags_store(c);
    flags_forget(c);
}

bool flags_use(const struct flags *flags, unsigned slot)
{
    return flags->a == slot || flags->b == slot || flags->r == slot;
}

bool flags_are_same(const struct flags *a, const struct flags *b)
{
    return a->kind == b->kind && a->stored == b->stored && a->aux_stored == b->aux_stored && a->bits == b->bits &&
           a->a == b->a && a->b == b->b && a->r == b->r && a->is_constant == b->is_constant &&
           a->constant == b->constant;
}

// --- who looks at them ---------------------------------------------------------------------------------------------

static bool leaves(const struct op_row *row)
{
    return row->faults || row->finishes || row->class == OP_JUMP || (row->operands & OP_CPU);
}

void find_needed(const struct jit_guest *guest, const struct block *block, bool *found)
{
    bool needed = true;
    for (unsigned i = block->op_count; i-- > 1;) {
        const struct op_row *row = &guest->rows[block->ops[i].code];
        found[i] = needed;
        bool keeps = guest->keeps(&block->ops[i]);
        if (!keeps && !(guest->flags & ~row->writes))
            needed = false;
        if ((!keeps && (row->reads & guest->flags)) || leaves(row))
            needed = true;
    }
    found[0] = needed;
}

bool flags_needed(const struct compiler *c)
{
    return c->needed[c->op - c->block->ops];
}
