// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Numbers in templates: where the host's arithmetic gives a guest's bits and can raise no flag that the guest would see. That is so
// for operands that are zero or normal and results that are normal, if the guest rounds to nearest and its flag of inexact results is
// set already. So exponents are looked at, of operands only if nothing is known about them from before.
//
// An op that finds another number runs its body, and comes back if that left what is expected of the vectors; otherwise the
// interpreter goes on behind it.
#include "base/bits.h"
#include "vcpu/jit/compile.h"

#if defined(EMIT_X86_64) || defined(EMIT_ARM64)

static unsigned fraction(unsigned bits)
{
    return bits == 64 ? 52 : 23;
}

static unsigned most(unsigned bits) // the largest exponent of a number
{
    return bits == 64 ? 0x7fe : 0xfe;
}

static uint32_t *usual(struct compiler *c, unsigned bits)
{
    return &c->usual[bits == 64];
}

void float_is_usual(struct compiler *c, unsigned bits, unsigned vector)
{
    *usual(c, bits) |= BIT32(vector);
}

void float_copied(struct compiler *c, unsigned bits, unsigned to, unsigned from)
{
    uint32_t known = *usual(c, bits) >> from & 1;
    *usual(c, bits) = (*usual(c, bits) & ~BIT32(to)) | known << to;
}

// Is the exponent in T0, without its sign from bit 1 on, one of a finite number, from `least` on? Else goes there.
static void expect(struct compiler *c, unsigned bits, unsigned least, struct emit_label *else_to)
{
    struct emit *e = &c->e;
    emit_shift_constant(e, EMIT_SHR, bits, EMIT_T0, EMIT_T0, fraction(bits) + 1);
    if (least)
        emit_alu_constant(e, EMIT_SUB, 32, EMIT_T0, EMIT_T0, least);
    emit_compare_constant(e, 32, EMIT_T0, most(bits) - least);
    emit_branch(e, EMIT_HI, else_to);
}

static void take(struct compiler *c, unsigned bits, unsigned reg)
{
    emit_vector_to(&c->e, bits, EMIT_T0, reg);
    emit_shift_constant(&c->e, EMIT_SHL, bits, EMIT_T0, EMIT_T0, 1);
}

static void check(struct compiler *c, struct cold *cold, unsigned bits, unsigned reg, unsigned least, bool is_product)
{
    unsigned i = cold->zero_count++;
    cold->bits = (uint8_t)bits;
    cold->zeros[i].vector = (uint8_t)reg;
    cold->zeros[i].is_product = is_product;
    cold->zeros[i].from = cold->zeros[i].back = (struct emit_label){ 0, 0 };
    take(c, bits, reg);
    expect(c, bits, least, &cold->zeros[i].from);
    emit_label(&c->e, &cold->zeros[i].back);
}

void float_operand(struct compiler *c, struct cold *cold, unsigned bits, unsigned vector, unsigned reg)
{
    if (*usual(c, bits) >> vector & 1)
        return;
    check(c, cold, bits, reg, 1, false);
    cold->usual |= BIT32(vector);
    float_is_usual(c, bits, vector);
}

void float_expect(struct compiler *c, struct cold *cold, unsigned bits, unsigned reg, bool is_sum, unsigned factor,
                  unsigned other)
{
    cold->factors[0] = (uint8_t)factor;
    cold->factors[1] = (uint8_t)other;
    check(c, cold, bits, reg, is_sum ? 0 : 2, !is_sum);
}

void float_result(struct compiler *c, struct cold *cold, unsigned bits, unsigned vector, unsigned reg, bool is_sum,
                  unsigned factor, unsigned other)
{
    cold->factors[0] = (uint8_t)factor;
    cold->factors[1] = (uint8_t)other;
    check(c, cold, bits, reg, is_sum ? 1 : 2, !is_sum);
    cold->usual |= BIT32(vector);
}

void float_lanes(struct compiler *c, struct cold *cold, unsigned bits, unsigned reg, unsigned least, bool or_zero)
{
    struct emit *e = &c->e;
    for (unsigned i = 0; i < 128 / bits; i++) {
        struct emit_label zero = { 0, 0 };
        if (i)
            emit_vector_extract(e, EMIT_V1, reg, EMIT_NONE, i * bits / 8);
        take(c, bits, i ? EMIT_V1 : reg);
        if (or_zero) {
            emit_compare_constant(e, bits, EMIT_T0, 0);
            emit_branch(e, EMIT_EQ, &zero);
        }
        expect(c, bits, least, &cold->from);
        emit_label(e, &zero);
    }
}

void float_before(struct compiler *c, struct cold *cold)
{
    struct emit *e = &c->e;
    for (unsigned i = 0; i < cold->zero_count; i++) {
        emit_label(e, &cold->zeros[i].from);
        take(c, cold->bits, cold->zeros[i].vector);
        emit_compare_constant(e, cold->bits, EMIT_T0, 0);
        if (!cold->zeros[i].is_product) {
            emit_branch(e, EMIT_EQ, &cold->zeros[i].back);
        } else {
            emit_branch(e, EMIT_NE, &cold->from);
            for (unsigned k = 0; k < 2 && cold->factors[k] != EMIT_NONE; k++) {
                take(c, cold->bits, cold->factors[k]);
                emit_compare_constant(e, cold->bits, EMIT_T0, 0);
                emit_branch(e, EMIT_EQ, &cold->zeros[i].back);
            }
        }
        if (i + 1u < cold->zero_count)
            emit_jump(e, &cold->from);
    }
}

void float_after(struct compiler *c, struct cold *cold, struct emit_label *unusual)
{
    struct emit *e = &c->e;
    for (uint32_t rest = cold->usual; rest; rest &= rest - 1) {
        struct emit_label zero = { 0, 0 };
        emit_state_load(e, cold->bits, EMIT_T0, c->guest->vectors + 16 * bits_lowest(rest));
        emit_shift_constant(e, EMIT_SHL, cold->bits, EMIT_T0, EMIT_T0, 1);
        emit_compare_constant(e, cold->bits, EMIT_T0, 0);
        emit_branch(e, EMIT_EQ, &zero);
        expect(c, cold->bits, 1, unusual);
        emit_label(e, &zero);
    }
}

#endif
