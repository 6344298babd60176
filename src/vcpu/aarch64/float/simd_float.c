// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Floating point on vectors, and the scalar forms that are encoded like them (Arm ARM section C4.1.96): the opcodes
// that are not integers in each class. Bit 22 is set for doubles and clear for singles; bit 23 belongs to the opcode.
//
// Not modelled: half-precision arithmetic (Armv8.2).
#include "vcpu/aarch64/float/fp.h"
#include "vcpu/aarch64/float/simd_ops.h"

static uint64_t get(const union a64_vector *v, bool is_double, unsigned i)
{
    return is_double ? v->d[i] : v->s[i];
}

static void set(union a64_vector *v, bool is_double, unsigned i, uint64_t value)
{
    if (is_double)
        v->d[i] = value;
    else
        v->s[i] = (uint32_t)value;
}

// All lanes: x of Rn, y of the second operand, z of Rd before; `u` is the unit.
#define LANES(name, expression)                                                                                        \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        const bool is_double = a64_bit(word, 22);                                                                      \
        const unsigned bytes = is_double ? 8 : 4, count = simd_width(word, bytes) / bytes;                             \
        struct fp_unit unit = fp_begin(cpu, is_double), *u = &unit;                                                    \
        const union a64_vector n = cpu->v[SIMD_RN(word)], m = simd_second(cpu, word, bytes);                           \
        const union a64_vector old = cpu->v[SIMD_RD(word)];                                                            \
        union a64_vector d = { .d = { 0, 0 } };                                                                        \
        for (unsigned i = 0; i < count; i++) {                                                                         \
            const uint64_t x = get(&n, is_double, i), y = get(&m, is_double, i), z = get(&old, is_double, i);          \
            (void)y, (void)z;                                                                                          \
            set(&d, is_double, i, (expression));                                                                       \
        }                                                                                                              \
        cpu->v[SIMD_RD(word)] = d;                                                                                     \
        fp_end(cpu, u);                                                                                                \
    }

// Pairs of adjacent elements of Rn, then of Rm; the scalar form has those of Rn alone.
#define PAIRS(name, expression)                                                                                        \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        const bool is_double = a64_bit(word, 22);                                                                      \
        const unsigned bytes = is_double ? 8 : 4, count = simd_width(word, bytes) / bytes;                             \
        struct fp_unit unit = fp_begin(cpu, is_double), *u = &unit;                                                    \
        const union a64_vector n = cpu->v[SIMD_RN(word)], m = cpu->v[SIMD_RM(word)];                                   \
        union a64_vector d = { .d = { 0, 0 } };                                                                        \
        for (unsigned i = 0; i < count; i++) {                                                                         \
            const union a64_vector *v = 2 * i < count || simd_is_scalar(word) ? &n : &m;                               \
            const unsigned at = simd_is_scalar(word) ? 0 : 2 * i % count;                                              \
            const uint64_t x = get(v, is_double, at), y = get(v, is_double, at + 1);                                   \
            set(&d, is_double, i, (expression));                                                                       \
        }                                                                                                              \
        cpu->v[SIMD_RD(word)] = d;                                                                                     \
        fp_end(cpu, u);                                                                                                \
    }

// Four singles to one, in the order that the architecture has (Reduce: halves first).
#define ACROSS(name, function)                                                                                         \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        struct fp_unit unit = fp_begin(cpu, false);                                                                    \
        const union a64_vector n = cpu->v[SIMD_RN(word)];                                                              \
        const uint64_t low = function(&unit, n.s[0], n.s[1]), high = function(&unit, n.s[2], n.s[3]);                  \
        cpu->v[SIMD_RD(word)] = (union a64_vector){ .d = { function(&unit, low, high), 0 } };                          \
        fp_end(cpu, &unit);                                                                                            \
    }

// --- three registers -------------------------------------------------------------------------------------------------

LANES(fadd, fp_add(u, x, y))
LANES(fsub, fp_sub(u, x, y))
LANES(fmul, fp_mul(u, x, y))
LANES(fdiv, fp_div(u, x, y))
LANES(fmulx, fp_mulx(u, x, y))
LANES(fabd, fp_abd(u, x, y))
LANES(fmla, fp_muladd(u, z, x, y))
LANES(fmls, fp_muladd(u, z, x ^ fp_sign(u), y))
LANES(fmax_, fp_max(u, x, y))
LANES(fmin_, fp_min(u, x, y))
LANES(fmaxnm, fp_maxnm(u, x, y))
LANES(fminnm, fp_minnm(u, x, y))
LANES(frecps, fp_recps(u, x, y))
LANES(frsqrts, fp_rsqrts(u, x, y))
PAIRS(faddp, fp_add(u, x, y))
PAIRS(fmaxp, fp_max(u, x, y))
PAIRS(fminp, fp_min(u, x, y))
PAIRS(fmaxnmp, fp_maxnm(u, x, y))
PAIRS(fminnmp, fp_minnm(u, x, y))
ACROSS(fmaxv, fp_max)
ACROSS(fminv, fp_min)
ACROSS(fmaxnmv, fp_maxnm)
ACROSS(fminnmv, fp_minnm)

#define TRUTH(condition) ((condition) ? ~UINT64_C(0) : 0)
#define ABS(value)       ((value) & ~fp_sign(u))
LANES(fcmeq, TRUTH(fp_compare(u, x, y, false) == 0))
LANES(fcmge, TRUTH((fp_compare(u, x, y, true) & 2) == 0))
LANES(fcmgt, TRUTH(fp_compare(u, x, y, true) == 1))
LANES(facge, TRUTH((fp_compare(u, ABS(x), ABS(y), true) & 2) == 0))
LANES(facgt, TRUTH(fp_compare(u, ABS(x), ABS(y), true) == 1))

// --- one register ----------------------------------------------------------------------------------------------------

LANES(fcmeq0, TRUTH(fp_compare(u, x, 0, false) == 0))
LANES(fcmge0, TRUTH((fp_compare(u, x, 0, true) & 2) == 0))
LANES(fcmgt0, TRUTH(fp_compare(u, x, 0, true) == 1))
LANES(fcmle0, TRUTH((fp_compare(u, 0, x, true) & 2) == 0))
LANES(fcmlt0, TRUTH(fp_compare(u, 0, x, true) == 1))
LANES(fabs_, ABS(x))
LANES(fneg, x ^ fp_sign(u))
LANES(fsqrt, fp_sqrt(u, x))
LANES(frintn, fp_round_integral(u, x, NUMBER_NEAREST, false))
LANES(frintp, fp_round_integral(u, x, NUMBER_UP, false))
LANES(frintm, fp_round_integral(u, x, NUMBER_DOWN, false))
LANES(frintz, fp_round_integral(u, x, NUMBER_CHOP, false))
LANES(frinta, fp_round_integral(u, x, NUMBER_AWAY, false))
LANES(frintx, fp_round_integral(u, x, u->context.rounding, true))
LANES(frinti, fp_round_integral(u, x, u->context.rounding, false))
LANES(frecpe, fp_recip_estimate(u, x))
LANES(frsqrte, fp_rsqrt_estimate(u, x))
LANES(frecpx, fp_recip_exponent(u, x))
LANES(urecpe, fp_unsigned_recip_estimate((uint32_t)x))
LANES(ursqrte, fp_unsigned_rsqrt_estimate((uint32_t)x))

#define TO_INTEGER(name, mode)                                                                                         \
    LANES(name##s, fp_to_fixed(u, x, mode, 8 * bytes, 0, false))                                                       \
    LANES(name##u, fp_to_fixed(u, x, mode, 8 * bytes, 0, true))
TO_INTEGER(fcvtn, NUMBER_NEAREST)
TO_INTEGER(fcvtp, NUMBER_UP)
TO_INTEGER(fcvtm, NUMBER_DOWN)
TO_INTEGER(fcvtz, NUMBER_CHOP)
TO_INTEGER(fcvta, NUMBER_AWAY)
LANES(scvtf, fp_from_fixed(u, x, 8 * bytes, 0, false))
LANES(ucvtf, fp_from_fixed(u, x, 8 * bytes, 0, true))

// --- between formats: 32 and 64 bits if bit 22 is set, else 16 and 32 ------------------------------------------------

static void narrow(struct a64_cpu *cpu, uint32_t word, bool odd)
{
    const unsigned from = a64_bit(word, 22) ? 64 : 32;
    const unsigned first = SIMD_Q(word) && !simd_is_scalar(word) ? 128 / from : 0;
    const union a64_vector n = cpu->v[SIMD_RN(word)];
    union a64_vector d = { .d = { first ? cpu->v[SIMD_RD(word)].d[0] : 0, 0 } };
    struct fp_unit unit = fp_begin(cpu, false);
    const unsigned rounding = odd ? NUMBER_ODD : unit.context.rounding;
    for (unsigned i = 0; i < (simd_is_scalar(word) ? 1 : 128 / from); i++) {
        if (from == 64)
            d.s[first + i] = (uint32_t)fp_convert(&unit, n.d[i], 64, 32, rounding);
        else
            d.h[first + i] = (uint16_t)fp_convert(&unit, n.s[i], 32, 16, rounding);
    }
    cpu->v[SIMD_RD(word)] = d;
    fp_end(cpu, &unit);
}

static void fcvt_narrow(struct a64_cpu *cpu, uint32_t word) // FCVTN
{
    narrow(cpu, word, false);
}

static void fcvtxn(struct a64_cpu *cpu, uint32_t word)
{
    narrow(cpu, word, true);
}

static void fcvtl(struct a64_cpu *cpu, uint32_t word)
{
    const union a64_vector n = cpu->v[SIMD_RN(word)];
    union a64_vector d = { .d = { 0, 0 } };
    struct fp_unit unit = fp_begin(cpu, false);
    for (unsigned i = 0; i < (a64_bit(word, 22) ? 2 : 4); i++) {
        if (a64_bit(word, 22))
            d.d[i] = fp_convert(&unit, n.s[2 * SIMD_Q(word) + i], 32, 64, unit.context.rounding);
        else
            d.s[i] = (uint32_t)fp_convert(&unit, n.h[4 * SIMD_Q(word) + i], 16, 32, unit.context.rounding);
    }
    cpu->v[SIMD_RD(word)] = d;
    fp_end(cpu, &unit);
}

// --- fixed point: the size of the element and the bits below the point are in immh:immb ------------------------------

#define FIXED(name, expression)                                                                                        \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        const unsigned bits = a64_bit(word, 22) ? 64 : 32, count = simd_width(word, bits / 8) / (bits / 8);            \
        struct fp_unit unit = fp_begin(cpu, bits == 64), *u = &unit;                                                   \
        const union a64_vector n = cpu->v[SIMD_RN(word)];                                                              \
        union a64_vector d = { .d = { 0, 0 } };                                                                        \
        for (unsigned i = 0; i < count; i++) {                                                                         \
            const uint64_t x = get(&n, bits == 64, i);                                                                 \
            set(&d, bits == 64, i, (expression));                                                                      \
        }                                                                                                              \
        cpu->v[SIMD_RD(word)] = d;                                                                                     \
        fp_end(cpu, u);                                                                                                \
    }

FIXED(scvtf_fixed, fp_from_fixed(u, x, bits, SIMD_RIGHT, false))
FIXED(ucvtf_fixed, fp_from_fixed(u, x, bits, SIMD_RIGHT, true))
FIXED(fcvtzs_fixed, fp_to_fixed(u, x, NUMBER_CHOP, bits, SIMD_RIGHT, false))
FIXED(fcvtzu_fixed, fp_to_fixed(u, x, NUMBER_CHOP, bits, SIMD_RIGHT, true))

// --- tables: by size, whose upper bit is one of the opcode -----------------------------------------------------------

#define LOW(name)                                                                                                      \
    {                                                                                                                  \
        name, name, NULL, NULL                                                                                         \
    }
#define HIGH(name)                                                                                                     \
    {                                                                                                                  \
        NULL, NULL, name, name                                                                                         \
    }
#define TWO(low, high)                                                                                                 \
    {                                                                                                                  \
        low, low, high, high                                                                                           \
    }
#define BOTH(low, high)                                                                                                \
    {                                                                                                                  \
        .run = TWO(low, high), .scalar = 15, .whole = 10                                                               \
    }
#define VECTOR .whole = 10

// By U:opcode, from opcode 11000.
static const struct a64_simd_row same[16] = {
    [0x0] = { .run = TWO(fmaxnm, fminnm), VECTOR },
    [0x1] = { .run = TWO(fmla, fmls), VECTOR },
    [0x2] = { .run = TWO(fadd, fsub), VECTOR },
    [0x3] = { .run = LOW(fmulx), .scalar = 3, VECTOR },
    [0x4] = { .run = LOW(fcmeq), .scalar = 3, VECTOR },
    [0x6] = { .run = TWO(fmax_, fmin_), VECTOR },
    [0x7] = BOTH(frecps, frsqrts),
    [0x8] = { .run = TWO(fmaxnmp, fminnmp), VECTOR },
    [0xa] = { .run = TWO(faddp, fabd), .scalar = 12, VECTOR },
    [0xb] = { .run = LOW(fmul), VECTOR },
    [0xc] = BOTH(fcmge, fcmgt),
    [0xd] = BOTH(facge, facgt),
    [0xe] = { .run = TWO(fmaxp, fminp), VECTOR },
    [0xf] = { .run = LOW(fdiv), VECTOR },
};

// By U:opcode.
static const struct a64_simd_row misc[64] = {
    [0x0c] = { .run = HIGH(fcmgt0), .scalar = 12, VECTOR },
    [0x0d] = { .run = HIGH(fcmeq0), .scalar = 12, VECTOR },
    [0x0e] = { .run = HIGH(fcmlt0), .scalar = 12, VECTOR },
    [0x0f] = { .run = HIGH(fabs_), VECTOR },
    [0x16] = { .run = LOW(fcvt_narrow) },
    [0x17] = { .run = LOW(fcvtl) },
    [0x18] = { .run = TWO(frintn, frintp), VECTOR },
    [0x19] = { .run = TWO(frintm, frintz), VECTOR },
    [0x1a] = BOTH(fcvtns, fcvtps),
    [0x1b] = BOTH(fcvtms, fcvtzs),
    [0x1c] = { .run = { fcvtas, fcvtas, urecpe, NULL }, .scalar = 3, VECTOR },
    [0x1d] = BOTH(scvtf, frecpe),
    [0x1f] = { .run = HIGH(frecpx), .scalar = 12, .no_vector = 1 },
    [0x2c] = { .run = HIGH(fcmge0), .scalar = 12, VECTOR },
    [0x2d] = { .run = HIGH(fcmle0), .scalar = 12, VECTOR },
    [0x2f] = { .run = HIGH(fneg), VECTOR },
    [0x36] = { .run = { NULL, fcvtxn, NULL, NULL }, .scalar = 2 },
    [0x38] = { .run = LOW(frinta), VECTOR },
    [0x39] = { .run = TWO(frintx, frinti), VECTOR },
    [0x3a] = BOTH(fcvtnu, fcvtpu),
    [0x3b] = BOTH(fcvtmu, fcvtzu),
    [0x3c] = { .run = { fcvtau, fcvtau, ursqrte, NULL }, .scalar = 3, VECTOR },
    [0x3d] = BOTH(ucvtf, frsqrte),
    [0x3f] = { .run = HIGH(fsqrt), VECTOR },
};

a64_simd_function *a64_simd_float_same(uint32_t word)
{
    return simd_pick(&same[a64_bit(word, 29) << 3 | a64_field(word, 13, 11)], a64_field(word, 23, 22), word);
}

a64_simd_function *a64_simd_float_misc(uint32_t word)
{
    return simd_pick(&misc[a64_bit(word, 29) << 5 | a64_field(word, 16, 12)], a64_field(word, 23, 22), word);
}

a64_simd_function *a64_simd_float_across(uint32_t word)
{
    if (!a64_bit(word, 29) || !SIMD_Q(word) || a64_bit(word, 22))
        return NULL;
    switch (a64_field(word, 16, 12)) {
    case 0x0c: return a64_bit(word, 23) ? fminnmv : fmaxnmv;
    case 0x0f: return a64_bit(word, 23) ? fminv : fmaxv;
    default: return NULL;
    }
}

a64_simd_function *a64_simd_float_pairwise(uint32_t word)
{
    bool high = a64_bit(word, 23);
    switch (a64_field(word, 16, 12)) {
    case 0x0c: return high ? fminnmp : fmaxnmp;
    case 0x0d: return high ? NULL : faddp;
    case 0x0f: return high ? fminp : fmaxp;
    default: return NULL;
    }
}

a64_simd_function *a64_simd_float_shift(uint32_t word)
{
    unsigned opcode = a64_field(word, 15, 11), immh = a64_field(word, 22, 19);
    if (immh < 4 || (opcode != 0x1c && opcode != 0x1f) || (immh >= 8 && !SIMD_Q(word)))
        return NULL;
    if (opcode == 0x1c)
        return a64_bit(word, 29) ? ucvtf_fixed : scvtf_fixed;
    return a64_bit(word, 29) ? fcvtzu_fixed : fcvtzs_fixed;
}

// FMLA, FMLS, FMUL, FMULX; the caller has checked size and L.
a64_simd_function *a64_simd_float_element(uint32_t word)
{
    unsigned opcode = a64_field(word, 15, 12);
    if (a64_field(word, 23, 22) == 3 && !SIMD_Q(word))
        return NULL;
    if (a64_bit(word, 29))
        return opcode == 9 ? fmulx : NULL;
    return opcode == 1 ? fmla : opcode == 5 ? fmls : opcode == 9 ? fmul : NULL;
}
