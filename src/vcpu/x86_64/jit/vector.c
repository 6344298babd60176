// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for SSE instructions: ops SIMD, whose rows are in float/simd_table.c. A template is chosen by the function of the row, which
// defines what it does; memory operands are in cpu->scratch, a vector like the registers.
//
// Not modelled: MMX and most of SSE4, which have no templates.
#include "vcpu/x86_64/jit/vector.h"

#include "base/bits.h"
#include "vcpu/jit/compile.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops.h"
#include "vcpu/x86_64/float/simd.h"
#include "vcpu/x86_64/float/simd_ops.h"

_Static_assert(offsetof(struct x86_cpu, scratch) ==
                   offsetof(struct x86_cpu, xmm) + X86_VECTOR_SCRATCH * sizeof(union x86_xmm),
               "a vector");

typedef bool run_function(struct x86_cpu *cpu, void *d, const void *s, unsigned imm);

static const struct x86_simd *row_of(const struct op *op)
{
    unsigned count;
    return &x86_simd_table(&count)[op->disp];
}

static bool has_scratch(const struct op *op)
{
    return op->x & X86_SIMD_OP_SCRATCH;
}

// The vector that is the source, or for a store the destination.
static unsigned vector_rm(const struct op *op)
{
    return has_scratch(op) ? X86_VECTOR_SCRATCH : op->b;
}

static bool is_vector(unsigned operand)
{
    return operand == X86_SIMD_XMM || operand == X86_SIMD_XMM_RM;
}

static unsigned to_vector(const struct op *op, const struct x86_simd *row)
{
    return row->d == X86_SIMD_XMM ? op->d : vector_rm(op);
}

static unsigned from_vector(const struct op *op, const struct x86_simd *row)
{
    return row->s == X86_SIMD_XMM ? op->d : vector_rm(op);
}

// --- lanes -----------------------------------------------------------------------------------------------------------

static const struct {
    run_function *run;
    uint8_t kind, lane;
} lanes[] = {
    { sse_pand, EMIT_VAND, 64 },          { sse_por, EMIT_VOR, 64 },
    { sse_pxor, EMIT_VXOR, 64 },          { sse_paddb, EMIT_VADD, 8 },
    { sse_paddw, EMIT_VADD, 16 },         { sse_paddd, EMIT_VADD, 32 },
    { sse_paddq, EMIT_VADD, 64 },         { sse_psubb, EMIT_VSUB, 8 },
    { sse_psubw, EMIT_VSUB, 16 },         { sse_psubd, EMIT_VSUB, 32 },
    { sse_psubq, EMIT_VSUB, 64 },         { sse_paddsb, EMIT_VADDS, 8 },
    { sse_paddsw, EMIT_VADDS, 16 },       { sse_paddusb, EMIT_VADDU, 8 },
    { sse_paddusw, EMIT_VADDU, 16 },      { sse_psubsb, EMIT_VSUBS, 8 },
    { sse_psubsw, EMIT_VSUBS, 16 },       { sse_psubusb, EMIT_VSUBU, 8 },
    { sse_psubusw, EMIT_VSUBU, 16 },      { sse_pcmpeqb, EMIT_VEQ, 8 },
    { sse_pcmpeqw, EMIT_VEQ, 16 },        { sse_pcmpeqd, EMIT_VEQ, 32 },
    { sse_pcmpeqq, EMIT_VEQ, 64 },        { sse_pcmpgtb, EMIT_VGTS, 8 },
    { sse_pcmpgtw, EMIT_VGTS, 16 },       { sse_pcmpgtd, EMIT_VGTS, 32 },
    { sse_pcmpgtq, EMIT_VGTS, 64 },       { sse_pminsb, EMIT_VMINS, 8 },
    { sse_pminsw, EMIT_VMINS, 16 },       { sse_pminsd, EMIT_VMINS, 32 },
    { sse_pminub, EMIT_VMINU, 8 },        { sse_pminuw, EMIT_VMINU, 16 },
    { sse_pminud, EMIT_VMINU, 32 },       { sse_pmaxsb, EMIT_VMAXS, 8 },
    { sse_pmaxsw, EMIT_VMAXS, 16 },       { sse_pmaxsd, EMIT_VMAXS, 32 },
    { sse_pmaxub, EMIT_VMAXU, 8 },        { sse_pmaxuw, EMIT_VMAXU, 16 },
    { sse_pmaxud, EMIT_VMAXU, 32 },       { sse_pavgb, EMIT_VAVGU, 8 },
    { sse_pavgw, EMIT_VAVGU, 16 },        { sse_pmullw, EMIT_VMUL, 16 },
    { sse_pmulld, EMIT_VMUL, 32 },        { sse_pmulhw, EMIT_VMULHS, 16 },
    { sse_pmulhuw, EMIT_VMULHU, 16 },     { sse_pmuludq, EMIT_VMULU, 32 },
    { sse_pmaddwd, EMIT_VMULADD, 16 },    { sse_psadbw, EMIT_VSAD, 8 },
    { sse_punpcklbw, EMIT_VLOW, 8 },      { sse_punpcklwd, EMIT_VLOW, 16 },
    { sse_punpckldq, EMIT_VLOW, 32 },     { sse_punpcklqdq, EMIT_VLOW, 64 },
    { sse_punpckhbw, EMIT_VHIGH, 8 },     { sse_punpckhwd, EMIT_VHIGH, 16 },
    { sse_punpckhdq, EMIT_VHIGH, 32 },    { sse_punpckhqdq, EMIT_VHIGH, 64 },
    { simd_low_to_high, EMIT_VLOW, 64 },  { sse_packsswb, EMIT_VNARROWS, 16 },
    { sse_packssdw, EMIT_VNARROWS, 32 },  { sse_packuswb, EMIT_VNARROWU, 16 },
    { sse_packusdw, EMIT_VNARROWU, 32 },  { sse_psllw, EMIT_VSHL, 16 },
    { sse_pslld, EMIT_VSHL, 32 },         { sse_psllq, EMIT_VSHL, 64 },
    { sse_psrlw, EMIT_VSHR, 16 },         { sse_psrld, EMIT_VSHR, 32 },
    { sse_psrlq, EMIT_VSHR, 64 },         { sse_psraw, EMIT_VSAR, 16 },
    { sse_psrad, EMIT_VSAR, 32 },         { sse_pshufb, EMIT_VLOOKUP, 8 },
    { sse_pabsb, EMIT_VABS, 8 },          { sse_pabsw, EMIT_VABS, 16 },
    { sse_pabsd, EMIT_VABS, 32 },         { sse_psignb, EMIT_VSIGN, 8 },
    { sse_psignw, EMIT_VSIGN, 16 },       { sse_psignd, EMIT_VSIGN, 32 },
    { sse_pmulhrsw, EMIT_VMULROUND, 16 }, { sse_pmaddubsw, EMIT_VMULADDU, 8 },
    { sse_phaddw, EMIT_VADDPAIR, 16 },    { sse_phaddd, EMIT_VADDPAIR, 32 },
    { sse_phsubw, EMIT_VSUBPAIR, 16 },    { sse_phsubd, EMIT_VSUBPAIR, 32 },
};

static bool lane_by_lane(struct compiler *c, const struct op *op, const struct x86_simd *row)
{
    unsigned i = 0;
    while (i < countof(lanes) && lanes[i].run != row->run)
        i++;
    if (i == countof(lanes) || !emit_vector_can((enum emit_vector)lanes[i].kind, lanes[i].lane))
        return false;
    if (row->run == sse_pxor && op->d == vector_rm(op)) {
        emit_vector_zero(&c->e, vector_define(c, op->d));
        return true;
    }
    unsigned d = vector_modify(c, op->d);
    emit_vector(&c->e, (enum emit_vector)lanes[i].kind, lanes[i].lane, d, d, vector_use(c, vector_rm(op)));
    return true;
}

// ~x & y, where x is the destination.
static bool and_not(struct compiler *c, const struct op *op)
{
    unsigned d = vector_modify(c, op->d);
    emit_vector(&c->e, EMIT_VANDN, 64, d, vector_use(c, vector_rm(op)), d);
    return true;
}

// --- shifts by a constant --------------------------------------------------------------------------------------------

static const struct {
    run_function *run;
    uint8_t shift, lane;
} shifts[] = {
    { sse_psllwi, EMIT_SHL, 16 }, { sse_pslldi, EMIT_SHL, 32 }, { sse_psllqi, EMIT_SHL, 64 },
    { sse_psrlwi, EMIT_SHR, 16 }, { sse_psrldi, EMIT_SHR, 32 }, { sse_psrlqi, EMIT_SHR, 64 },
    { sse_psrawi, EMIT_SAR, 16 }, { sse_psradi, EMIT_SAR, 32 },
};

static bool shift(struct compiler *c, const struct op *op, const struct x86_simd *row)
{
    unsigned i = 0;
    while (i < countof(shifts) && shifts[i].run != row->run)
        i++;
    if (i == countof(shifts))
        return false;
    unsigned d = vector_modify(c, op->b), count = op->s < shifts[i].lane ? op->s : shifts[i].lane;
    if (count == shifts[i].lane && shifts[i].shift == EMIT_SAR)
        count--; // all bits are the sign
    emit_vector_shift(&c->e, (enum emit_shift)shifts[i].shift, shifts[i].lane, d, d, count);
    return true;
}

// --- moves -----------------------------------------------------------------------------------------------------------

// All of a vector from another, or from memory that it is loaded from now.
static void move_all(struct compiler *c, const struct op *op, const struct x86_simd *row)
{
    unsigned to = to_vector(op, row), from = from_vector(op, row);
    if (from == X86_VECTOR_SCRATCH) {
        vector_rename(c, to, from);
        return;
    }
    unsigned a = vector_use(c, from);
    emit_vector_move(&c->e, vector_define(c, to), a);
    float_copied(c, 32, to, from);
    float_copied(c, 64, to, from);
}

// A general register, or memory that it is loaded from.
static void move_from_general(struct compiler *c, const struct op *op, unsigned bits)
{
    if (has_scratch(op)) {
        vector_rename(c, op->d, X86_VECTOR_SCRATCH);
        return;
    }
    unsigned a = use(c, op->b);
    emit_vector_from(&c->e, bits, vector_define(c, op->d), a);
}

static bool move(struct compiler *c, const struct op *op, const struct x86_simd *row)
{
    struct emit *e = &c->e;
    run_function *run = row->run;
    bool vectors = is_vector(row->d) && is_vector(row->s);
    unsigned bits = run == simd_move4 || run == simd_move4_zero || run == simd_move4_zero8 ? 32 : 64;
    if (run == simd_move16 && vectors) {
        move_all(c, op, row);
    } else if ((run == simd_move4_zero || run == simd_move8_zero) && row->s == X86_SIMD_GPR_RM) {
        move_from_general(c, op, bits);
    } else if ((run == simd_move4_zero || run == simd_move8_zero) && vectors) {
        if (has_scratch(op)) {
            move_all(c, op, row); // the rest of it is 0
            return true;
        }
        unsigned a = vector_use(c, from_vector(op, row));
        emit_vector_low(e, bits, vector_define(c, to_vector(op, row)), a);
    } else if ((run == simd_move4 || run == simd_move8) && vectors) {
        if (op->x & X86_SIMD_OP_STORES) { // no more is stored
            move_all(c, op, row);
            return true;
        }
        unsigned d = vector_modify(c, to_vector(op, row));
        emit_vector_put_low(e, bits, d, vector_use(c, from_vector(op, row)));
        float_copied(c, bits, to_vector(op, row), from_vector(op, row));
    } else if ((run == simd_move4_zero8 || run == simd_move8) && row->d == X86_SIMD_GPR_RM && is_vector(row->s)) {
        if (has_scratch(op)) {
            unsigned a = vector_use(c, op->d);
            emit_vector_move(e, vector_define(c, X86_VECTOR_SCRATCH), a);
            return true;
        }
        unsigned a = vector_use(c, op->d);
        emit_vector_to(e, bits, define(c, op->b), a);
    } else {
        return false;
    }
    return true;
}

// The halves of vectors.
static bool move_half(struct compiler *c, const struct op *op, const struct x86_simd *row)
{
    struct emit *e = &c->e;
    if (row->run == simd_high_to_low) {
        unsigned a = vector_use(c, from_vector(op, row));
        if (op->x & X86_SIMD_OP_STORES) {
            emit_vector(e, EMIT_VHIGH, 64, vector_define(c, X86_VECTOR_SCRATCH), a, a);
            return true;
        }
        unsigned d = vector_modify(c, op->d);
        emit_vector(e, EMIT_VHIGH, 64, EMIT_V0, a, a);
        emit_vector_put_low(e, 64, d, EMIT_V0);
        return true;
    }
    if (row->run == simd_movddup) {
        unsigned a = vector_use(c, from_vector(op, row));
        emit_vector(e, EMIT_VLOW, 64, vector_define(c, op->d), a, a);
        return true;
    }
    return false;
}

static bool permute(struct compiler *c, const struct op *op, const struct x86_simd *row)
{
    struct emit *e = &c->e;
    run_function *run = row->run;
    if (run == sse_pshufd || run == sse_pshuflw || run == sse_pshufhw || run == simd_movsldup || run == simd_movshdup) {
        unsigned a = vector_use(c, vector_rm(op)), d = vector_define(c, op->d);
        if (run == sse_pshuflw || run == sse_pshufhw)
            emit_vector_order16(e, run == sse_pshufhw, d, a, op->s);
        else
            emit_vector_pick(e, d, a, a, run == sse_pshufd ? op->s : run == simd_movsldup ? 0xa0 : 0xf5);
    } else if (run == sse_shufps || run == sse_shufpd) {
        unsigned d = vector_modify(c, op->d), a = vector_use(c, vector_rm(op)), i = op->s;
        unsigned order = run == sse_shufps ? i : (i & 1 ? 0xe : 4u) | (i & 2 ? 0xe0 : 0x40u);
        emit_vector_pick(e, d, d, a, order);
    } else if (run == sse_psrldq || run == sse_pslldq) {
        unsigned d = vector_modify(c, op->b), n = op->s < 16 ? op->s : 16;
        if (run == sse_psrldq)
            emit_vector_extract(e, d, d, EMIT_NONE, n);
        else
            emit_vector_extract(e, d, EMIT_NONE, d, 16 - n);
    } else if (run == sse_palignr && op->s <= 16) {
        unsigned d = vector_modify(c, op->d), a = vector_use(c, vector_rm(op));
        if (!emit_vector_can_extract(a, d))
            return false;
        emit_vector_extract(e, d, a, d, op->s);
    } else {
        return false;
    }
    return true;
}

// The signs of lanes into a general register, and an element of 16 bits.
static bool to_general(struct compiler *c, const struct op *op, const struct x86_simd *row)
{
    unsigned lane = row->run == sse_pmovmskb ? 8 : row->run == sse_movmskps ? 32 : row->run == sse_movmskpd ? 64 : 0;
    if (!lane)
        return false;
    unsigned a = vector_use(c, op->b);
    emit_vector_signs(&c->e, lane, define(c, op->d), a);
    return true;
}

// --- numbers ---------------------------------------------------------------------------------------------------------

// The host may compute what is rounded: to nearest, and MXCSR.PE is set and masked. Else the body runs.
static void expect_rounding(struct compiler *c, struct cold *cold)
{
    struct emit *e = &c->e;
    enum { PE = 1 << 5, PM = 1 << 12, RC = 3 << 13 };
    emit_state_load(e, 32, EMIT_T0, offsetof(struct x86_cpu, mxcsr));
    emit_alu_constant(e, EMIT_AND, 32, EMIT_T0, EMIT_T0, PE | PM | RC);
    emit_compare_constant(e, 32, EMIT_T0, PE | PM);
    emit_branch(e, EMIT_NE, &cold->from);
}

// What is in V0 becomes lane 0 of a vector.
static void set_low(struct compiler *c, struct cold *cold, unsigned bits, unsigned vector)
{
    emit_vector_put_low(&c->e, bits, vector_modify(c, vector), EMIT_V0);
    float_is_usual(c, bits, vector);
    memory_end(c, cold);
}

static const struct {
    run_function *run;
    uint8_t kind, bits;
} scalars[] = {
    { sse_addss, EMIT_FADD, 32 },   { sse_addsd, EMIT_FADD, 64 }, { sse_subss, EMIT_FSUB, 32 },
    { sse_subsd, EMIT_FSUB, 64 },   { sse_mulss, EMIT_FMUL, 32 }, { sse_mulsd, EMIT_FMUL, 64 },
    { sse_divss, EMIT_FDIV, 32 },   { sse_divsd, EMIT_FDIV, 64 }, { sse_sqrtss, EMIT_FSQRT, 32 },
    { sse_sqrtsd, EMIT_FSQRT, 64 },
};

// A number above 0 has a root that is usual.
static void square_root(struct compiler *c, const struct op *op, unsigned bits)
{
    struct emit *e = &c->e;
    unsigned a = vector_use(c, vector_rm(op)), fraction = bits == 64 ? 52 : 23;
    (void)vector_use(c, op->d);
    struct cold *cold = body_if(c);
    expect_rounding(c, cold);
    emit_vector_to(e, bits, EMIT_T0, a);
    emit_shift_constant(e, EMIT_SHR, bits, EMIT_T0, EMIT_T0, fraction); // with its sign
    emit_alu_constant(e, EMIT_SUB, 32, EMIT_T0, EMIT_T0, 1);
    emit_compare_constant(e, 32, EMIT_T0, bits == 64 ? 0x7fd : 0xfd);
    emit_branch(e, EMIT_HI, &cold->from);
    emit_float(e, EMIT_FSQRT, bits, false, EMIT_V0, EMIT_V0, a);
    cold->bits = (uint8_t)bits;
    cold->usual |= BIT32(op->d);
    set_low(c, cold, bits, op->d);
}

static bool arithmetic(struct compiler *c, const struct op *op, const struct x86_simd *row)
{
    unsigned i = 0, s = vector_rm(op);
    while (i < countof(scalars) && scalars[i].run != row->run)
        i++;
    if (i == countof(scalars))
        return false;
    unsigned bits = scalars[i].bits;
    enum emit_float kind = (enum emit_float)scalars[i].kind;
    if (kind == EMIT_FSQRT) {
        square_root(c, op, bits);
        return true;
    }
    unsigned a = vector_use(c, op->d), b = vector_use(c, s);
    struct cold *cold = body_if(c);
    expect_rounding(c, cold);
    float_operand(c, cold, bits, op->d, a);
    float_operand(c, cold, bits, s, b);
    emit_float(&c->e, kind, bits, true, EMIT_V0, a, b);
    if (kind == EMIT_FMUL || kind == EMIT_FDIV)
        float_result(c, cold, bits, op->d, EMIT_V0, false, a, kind == EMIT_FMUL ? b : EMIT_NONE);
    else
        float_result(c, cold, bits, op->d, EMIT_V0, true, EMIT_NONE, EMIT_NONE);
    emit_vector_move(&c->e, vector_modify(c, op->d), EMIT_V0);
    float_is_usual(c, bits, op->d);
    memory_end(c, cold);
    return true;
}

static bool packed(struct compiler *c, const struct op *op, const struct x86_simd *row)
{
    static const struct {
        run_function *run;
        uint8_t kind, bits;
    } rows[] = {
        { sse_addps, EMIT_FADD, 32 }, { sse_addpd, EMIT_FADD, 64 }, { sse_subps, EMIT_FSUB, 32 },
        { sse_subpd, EMIT_FSUB, 64 }, { sse_mulps, EMIT_FMUL, 32 }, { sse_mulpd, EMIT_FMUL, 64 },
        { sse_divps, EMIT_FDIV, 32 }, { sse_divpd, EMIT_FDIV, 64 },
    };
    unsigned i = 0;
    while (i < countof(rows) && rows[i].run != row->run)
        i++;
    if (i == countof(rows))
        return false;
    unsigned bits = rows[i].bits, a = vector_use(c, op->d), b = vector_use(c, vector_rm(op));
    bool is_sum = rows[i].kind == EMIT_FADD || rows[i].kind == EMIT_FSUB;
    struct cold *cold = body_if(c);
    expect_rounding(c, cold);
    float_lanes(c, cold, bits, a, 1, true);
    float_lanes(c, cold, bits, b, 1, true);
    emit_float_lanes(&c->e, (enum emit_float)rows[i].kind, bits, EMIT_V0, a, b);
    float_lanes(c, cold, bits, EMIT_V0, is_sum ? 1 : 2, is_sum);
    emit_vector_move(&c->e, vector_modify(c, op->d), EMIT_V0);
    memory_end(c, cold);
    return true;
}

// COMISD and UCOMISD differ in quiet NaNs, after which the interpreter goes on. So it does after denormal numbers.
static void compare(struct compiler *c, const struct op *op, unsigned bits)
{
    struct emit *e = &c->e;
    unsigned s = vector_rm(op), a = vector_use(c, op->d), b = vector_use(c, s);
    struct cold *cold = body_if(c);
    cold->returns_no_more = true;
    float_operand(c, cold, bits, op->d, a);
    float_operand(c, cold, bits, s, b);
    unsigned order = define(c, X86_T3);
    emit_float_compare(e, bits, a, b, &cold->from);
    emit_set(e, EMIT_HI, EMIT_T0);
    emit_set(e, EMIT_HS, EMIT_T1);
    emit_alu(e, EMIT_ADD, 64, order, EMIT_T0, EMIT_T1);
    flags_set(c, FLAGS_FLOAT, 32, X86_T3, X86_T3, EMIT_NONE, 0);
}

// MIN and MAX: the source, unless the destination is really less or greater.
static void extreme(struct compiler *c, const struct op *op, unsigned bits, enum emit_condition wanted)
{
    struct emit *e = &c->e;
    struct emit_label keep = { 0, 0 };
    unsigned s = vector_rm(op), a = vector_use(c, op->d), b = vector_use(c, s);
    struct cold *cold = body_if(c);
    float_operand(c, cold, bits, op->d, a);
    float_operand(c, cold, bits, s, b);
    cold->usual |= BIT32(op->d);
    emit_float_compare(e, bits, a, b, &cold->from);
    emit_vector_move(e, EMIT_V0, a);
    emit_branch(e, wanted, &keep);
    emit_vector_move(e, EMIT_V0, b);
    emit_label(e, &keep);
    set_low(c, cold, bits, op->d);
}

// CMPSD: a mask.
static bool predicate(struct compiler *c, const struct op *op, unsigned bits)
{
    static const uint8_t conditions[8] = { EMIT_EQ, EMIT_LO, EMIT_LS, 0, EMIT_NE, EMIT_HS, EMIT_HI, 0 };
    struct emit *e = &c->e;
    unsigned s = vector_rm(op), kind = op->s & 7;
    if ((kind & 3) == 3) // whether one is a NaN
        return false;
    unsigned a = vector_use(c, op->d), b = vector_use(c, s);
    struct cold *cold = body_if(c);
    cold->bits = (uint8_t)bits;
    float_operand(c, cold, bits, op->d, a);
    float_operand(c, cold, bits, s, b);
    cold->usual &= ~BIT32(op->d); // that it was usual is of no more use
    emit_float_compare(e, bits, a, b, &cold->from);
    emit_set(e, (enum emit_condition)conditions[kind], EMIT_T0);
    emit_negate(e, bits, EMIT_T0, EMIT_T0);
    emit_vector_from(e, bits, EMIT_V0, EMIT_T0);
    emit_vector_put_low(e, bits, vector_modify(c, op->d), EMIT_V0);
    memory_end(c, cold);
    return true;
}

// Integers become numbers; all of 32 bits are doubles.
static void from_integer(struct compiler *c, const struct op *op, unsigned bits, unsigned from_bits)
{
    struct emit *e = &c->e;
    unsigned vector = has_scratch(op) ? vector_use(c, X86_VECTOR_SCRATCH) : 0;
    unsigned a = has_scratch(op) ? EMIT_T0 : use(c, op->b);
    (void)vector_use(c, op->d);
    struct cold *cold = body_if(c);
    cold->bits = (uint8_t)bits;
    if (bits != 64 || from_bits != 32)
        expect_rounding(c, cold);
    if (has_scratch(op))
        emit_vector_to(e, from_bits, EMIT_T0, vector);
    emit_float_from_int(e, bits, EMIT_V0, from_bits, a);
    set_low(c, cold, bits, op->d);
}

static void to_integer(struct compiler *c, const struct op *op, unsigned to_bits, unsigned bits, bool truncates)
{
    unsigned a = vector_use(c, vector_rm(op));
    struct cold *cold = body_if(c);
    expect_rounding(c, cold);
    emit_float_to_int(&c->e, to_bits, EMIT_T0, bits, a, truncates, &cold->from);
    emit_move(&c->e, 64, define(c, op->d), EMIT_T0);
    memory_end(c, cold);
}

// Between the formats: doubles may be too small or too large.
static void convert(struct compiler *c, const struct op *op, unsigned bits)
{
    unsigned s = vector_rm(op), a = vector_use(c, s);
    (void)vector_use(c, op->d);
    struct cold *cold = body_if(c);
    if (bits == 64) {
        float_operand(c, cold, 32, s, a);
        emit_float_convert(&c->e, 64, EMIT_V0, a);
        if (s == op->d)
            cold->usual = 0;
    } else {
        expect_rounding(c, cold);
        emit_float_convert(&c->e, 32, EMIT_V0, a);
        float_result(c, cold, 32, op->d, EMIT_V0, false, EMIT_NONE, EMIT_NONE);
    }
    emit_vector_put_low(&c->e, bits, vector_modify(c, op->d), EMIT_V0);
    if (bits == 32)
        float_is_usual(c, 32, op->d);
    memory_end(c, cold);
}

static bool number(struct compiler *c, const struct op *op, const struct x86_simd *row)
{
    run_function *run = row->run;
    unsigned wide = op->x & X86_SIMD_OP_W ? 64 : 32;
    if (run == sse_comiss || run == sse_ucomiss || run == sse_comisd || run == sse_ucomisd)
        compare(c, op, run == sse_comiss || run == sse_ucomiss ? 32 : 64);
    else if (run == sse_minss || run == sse_minsd)
        extreme(c, op, run == sse_minss ? 32 : 64, EMIT_LO);
    else if (run == sse_maxss || run == sse_maxsd)
        extreme(c, op, run == sse_maxss ? 32 : 64, EMIT_HI);
    else if (run == sse_cmpss || run == sse_cmpsd)
        return predicate(c, op, run == sse_cmpss ? 32 : 64);
    else if (run == sse_cvtsi2ss || run == sse_cvtsi2ss64)
        from_integer(c, op, 32, wide);
    else if (run == sse_cvtsi2sd || run == sse_cvtsi2sd64)
        from_integer(c, op, 64, wide);
    else if (run == sse_cvttss2si || run == sse_cvttss2si64 || run == sse_cvtss2si || run == sse_cvtss2si64)
        to_integer(c, op, wide, 32, run == sse_cvttss2si || run == sse_cvttss2si64);
    else if (run == sse_cvttsd2si || run == sse_cvttsd2si64 || run == sse_cvtsd2si || run == sse_cvtsd2si64)
        to_integer(c, op, wide, 64, run == sse_cvttsd2si || run == sse_cvttsd2si64);
    else if (run == sse_cvtss2sd || run == sse_cvtsd2ss)
        convert(c, op, run == sse_cvtss2sd ? 64 : 32);
    else
        return false;
    return true;
}

// --- the ops ---------------------------------------------------------------------------------------------------------

static bool emit_row(struct compiler *c, const struct op *op, const struct x86_simd *row)
{
    if (row->check & X86_CHECK_MMX)
        return false;
    return move(c, op, row) || move_half(c, op, row) || permute(c, op, row) || shift(c, op, row) ||
           to_general(c, op, row) ||
           (row->d == X86_SIMD_XMM && row->s == X86_SIMD_XMM_RM && lane_by_lane(c, op, row)) ||
           (row->run == sse_pandn && and_not(c, op)) || arithmetic(c, op, row) || packed(c, op, row) ||
           number(c, op, row);
}

// As x86_simd_check for a row that needs SSE alone.
static bool emit_check(struct compiler *c, const struct x86_simd *row)
{
    struct emit *e = &c->e;
    if (row->check != X86_CHECK_SSE)
        return false;
    struct cold *cold = body_if(c);
    emit_state_load(e, 32, EMIT_T0, offsetof(struct x86_cpu, cr0));
    emit_test_constant(e, 32, EMIT_T0, X86_CR0_EM | X86_CR0_TS);
    emit_branch(e, EMIT_NE, &cold->from);
    emit_state_load(e, 32, EMIT_T0, offsetof(struct x86_cpu, cr4));
    emit_test_constant(e, 32, EMIT_T0, X86_CR4_OSFXSR);
    emit_branch(e, EMIT_EQ, &cold->from);
    memory_end(c, cold);
    return true;
}

static const struct x86_simd *row_of_check(const struct op *op)
{
    unsigned count;
    return &x86_simd_table(&count)[op->value];
}

bool x86_vector_emit(struct compiler *c, const struct op *op)
{
    if (op->code == X86_OP_SIMD)
        return emit_row(c, op, row_of(op));
    if (op->code == X86_OP_HELP && op->disp == X86_HELP_simd_check)
        return emit_check(c, row_of_check(op));
    return false;
}

uint64_t x86_vector_written(const struct op *op)
{
    if (op->code == X86_OP_HELP)
        return op->disp == X86_HELP_simd_check ? 0 : UINT64_MAX;
    const struct x86_simd *row = row_of(op);
    if (row->map == 3 && row->opcode >= 0x60 && row->opcode <= 0x63)
        return BIT64(X86_RCX); // comparisons of strings
    if (row->d == X86_SIMD_GPR)
        return BIT64(op->d);
    return row->d == X86_SIMD_GPR_RM && !has_scratch(op) ? BIT64(op->b) : 0;
}
