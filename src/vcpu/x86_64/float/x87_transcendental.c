// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// FSIN, FCOS, FSINCOS, FPTAN, FPATAN, F2XM1, FYL2X and FYL2XP1 by MPFR (SDM vol. 1, 8.3.7 to 8.3.10; vol. 2).
//
// A result is computed to 256 bits, cut to 128 with a sticky bit, and rounded once, so it is the correctly rounded one;
// a processor promises an error below one unit of the last place. Angles are reduced by the 66-bit pi of processors
// (SDM vol. 1, 8.3.8), which makes a difference near its multiples.
#include <stdint.h>

#include <mpfr.h> // with the functions for uintmax_t, as stdint.h comes before

#include "base/bits.h"
#include "vcpu/x86_64/float/x87_unit.h"

#define PRECISION 256
#define LIMBS     (PRECISION / 64)

_Static_assert(sizeof(mp_limb_t) == 8, "the code below takes limbs of 64 bits");

// An MPFR number with its digits in the same struct, so that nothing is allocated.
struct real {
    mpfr_t value;
    mp_limb_t limbs[LIMBS];
    bool inexact; // bits were lost in computing it
};

static void real_init(struct real *r)
{
    mpfr_custom_init(r->limbs, PRECISION);
    mpfr_custom_init_set(r->value, MPFR_ZERO_KIND, 0, PRECISION, r->limbs);
    r->inexact = false;
}

static void real_set(struct real *r, struct number n)
{
    real_init(r);
    switch (n.kind) {
    case NUMBER_ZERO: mpfr_set_zero(r->value, n.sign ? -1 : 1); break;
    case NUMBER_INFINITE: mpfr_set_inf(r->value, n.sign ? -1 : 1); break;
    default:
        mpfr_set_uj_2exp(r->value, n.mantissa, n.exponent - 63, MPFR_RNDN);
        mpfr_setsign(r->value, r->value, n.sign, MPFR_RNDN);
        break;
    }
}

static struct number real_get(struct number_context *context, const struct real *r)
{
    const bool sign = mpfr_signbit(r->value);
    if (mpfr_zero_p(r->value)) {
        return (struct number){ .kind = NUMBER_ZERO, .sign = sign };
    }
    if (!mpfr_regular_p(r->value)) {
        return (struct number){ .kind = NUMBER_INFINITE, .sign = sign };
    }
    uint128 m = (uint128)r->limbs[LIMBS - 1] << 64 | r->limbs[LIMBS - 2];
    bool lost = r->inexact;
    for (unsigned i = 0; i < LIMBS - 2; i++) {
        lost |= r->limbs[i] != 0;
    }
    return number_round(context, sign, (int32_t)mpfr_get_exp(r->value) - 1, m | lost);
}

static struct number signed_zero(bool sign)
{
    return (struct number){ .kind = NUMBER_ZERO, .sign = sign };
}

static struct number signed_infinity(bool sign)
{
    return (struct number){ .kind = NUMBER_INFINITE, .sign = sign };
}

// --- angles ----------------------------------------------------------------------------------------------------------

// r = x - quadrant * pi / 2, |r| at most pi / 4; gives the quadrant modulo 4.
static unsigned reduce(struct real *r, struct number x)
{
    struct real half_pi, q;
    real_set(r, x);
    real_init(&half_pi);
    real_init(&q);
    // 4 * 0.C90FDAA2 2168C234 C hexadecimal, halved: C90FDAA22168C234Ch * 2^-67.
    mpfr_set_uj(half_pi.value, UINT64_C(0xc90fdaa22168c234), MPFR_RNDN);
    mpfr_mul_2ui(half_pi.value, half_pi.value, 4, MPFR_RNDN);
    mpfr_add_ui(half_pi.value, half_pi.value, 0xc, MPFR_RNDN);
    mpfr_div_2ui(half_pi.value, half_pi.value, 67, MPFR_RNDN);
    mpfr_div(q.value, r->value, half_pi.value, MPFR_RNDN);
    mpfr_rint(q.value, q.value, MPFR_RNDN);
    // The product has at most 130 bits: exact, as is the difference.
    mpfr_mul(half_pi.value, half_pi.value, q.value, MPFR_RNDN);
    mpfr_sub(r->value, r->value, half_pi.value, MPFR_RNDN);
    mpfr_abs(half_pi.value, q.value, MPFR_RNDN);
    unsigned quadrant = (unsigned)mpfr_get_uj(half_pi.value, MPFR_RNDN) & 3;
    return mpfr_signbit(q.value) ? (4 - quadrant) & 3 : quadrant;
}

static struct number sine(struct x87_unit *unit, struct number x, unsigned quadrant_shift)
{
    if (x.kind == NUMBER_ZERO) {
        return quadrant_shift ? number_from_int(1) : x;
    }
    struct real r;
    const unsigned quadrant = (reduce(&r, x) + quadrant_shift) & 3;
    r.inexact = quadrant & 1 ? mpfr_cos(r.value, r.value, MPFR_RNDZ) : mpfr_sin(r.value, r.value, MPFR_RNDZ);
    if (quadrant & 2) {
        mpfr_neg(r.value, r.value, MPFR_RNDN);
    }
    return real_get(&unit->context, &r);
}

static struct number tangent(struct x87_unit *unit, struct number x)
{
    if (x.kind == NUMBER_ZERO) {
        return x;
    }
    struct real r;
    if (reduce(&r, x) & 1) { // tan(r + pi / 2) = -1 / tan(r)
        r.inexact = mpfr_cot(r.value, r.value, MPFR_RNDZ);
        mpfr_neg(r.value, r.value, MPFR_RNDN);
    } else {
        r.inexact = mpfr_tan(r.value, r.value, MPFR_RNDZ);
    }
    return real_get(&unit->context, &r);
}

enum { FPTAN = 0xf2, FSINCOS = 0xfb, FSIN = 0xfe, FCOS = 0xff };

// ST(0) becomes the function's value; FSINCOS then pushes the cosine and FPTAN a 1. C2: the angle is 2^63 or more,
// nothing done.
static void angle(struct x87_unit *unit, uint8_t modrm)
{
    const bool pushes = modrm == FPTAN || modrm == FSINCOS;
    struct number x, first, second = NUMBER_DEFAULT_NAN;
    x87_conditions(unit, X87_C2, 0);
    if (pushes && !x87_empty(unit, 0) && !x87_empty(unit, 7)) {
        x87_stack_fault(unit, true);
        first = NUMBER_DEFAULT_NAN;
    } else if (!x87_operands(unit, &x, NULL, &first)) {
        second = first;
    } else if (x.kind == NUMBER_INFINITE) {
        first = x87_invalid(unit);
    } else if (x.kind == NUMBER_FINITE && x.exponent >= 63) {
        x87_conditions(unit, X87_C2, X87_C2);
        return;
    } else {
        x87_denormal(unit, x.denormal);
        if (modrm == FSINCOS) {
            second = sine(unit, x, 1);
        } else if (modrm == FPTAN) {
            second = number_from_int(1);
        }
        first = modrm == FPTAN ? tangent(unit, x) : sine(unit, x, modrm == FCOS);
    }
    if (x87_stop(unit)) {
        return;
    }
    x87_set(unit, 0, first);
    if (pushes) {
        x87_move_top(unit, 7);
        x87_set(unit, 0, second);
    }
}

// --- FPATAN, F2XM1, FYL2X, FYL2XP1 -----------------------------------------------------------------------------------

static struct number arctangent(struct x87_unit *unit, struct number x, struct number y)
{
    x87_denormal(unit, x.denormal || y.denormal);
    struct real a, b;
    real_set(&a, x);
    real_set(&b, y);
    b.inexact = mpfr_atan2(b.value, b.value, a.value, MPFR_RNDZ);
    return real_get(&unit->context, &b);
}

// Exact at 1 and -1. Beyond, the result is undefined: processors do not change the value and report it as inexact.
static struct number exponential_of_one_or_more(struct x87_unit *unit, struct number x)
{
    if (x.exponent == 0 && x.mantissa == BIT64(63)) {
        return (struct number){ NUMBER_FINITE, x.sign, false, x.sign ? -1 : 0, BIT64(63) };
    }
    unit->context.flags |= NUMBER_PE;
    return x;
}

static struct number exponential(struct x87_unit *unit, struct number x)
{
    if (x.kind == NUMBER_ZERO) {
        return x;
    }
    if (x.kind == NUMBER_INFINITE) {
        return x.sign ? (struct number){ NUMBER_FINITE, true, false, 0, BIT64(63) } : x;
    }
    x87_denormal(unit, x.denormal);
    if (x.exponent >= 0) {
        return exponential_of_one_or_more(unit, x);
    }
    struct real r, log2;
    real_set(&r, x);
    real_init(&log2);
    mpfr_const_log2(log2.value, MPFR_RNDN);
    mpfr_mul(r.value, r.value, log2.value, MPFR_RNDN);
    mpfr_expm1(r.value, r.value, MPFR_RNDZ);
    r.inexact = true;
    return real_get(&unit->context, &r);
}

// y times a logarithm that is infinite, zero or of this sign.
static struct number times_infinity(struct x87_unit *unit, struct number y, bool sign)
{
    return y.kind == NUMBER_ZERO ? x87_invalid(unit) : signed_infinity(y.sign != sign);
}

static struct number logarithm(struct x87_unit *unit, struct number x, struct number y)
{
    static const struct number one = { NUMBER_FINITE, false, false, 0, BIT64(63) };
    if (x.kind == NUMBER_ZERO) {
        if (y.kind == NUMBER_FINITE) {
            unit->context.flags |= NUMBER_ZE;
        }
        return times_infinity(unit, y, true);
    }
    if (x.sign) {
        return x87_invalid(unit);
    }
    const int order = number_compare(x, one);
    if (y.kind == NUMBER_INFINITE && order == 0) {
        return x87_invalid(unit);
    }
    if (x.kind == NUMBER_INFINITE && y.kind == NUMBER_ZERO) {
        return x87_invalid(unit);
    }
    x87_denormal(unit, x.denormal || y.denormal);
    if (x.kind == NUMBER_INFINITE || y.kind == NUMBER_INFINITE) {
        return signed_infinity(y.sign != (order < 0));
    }
    if (order == 0 || y.kind == NUMBER_ZERO) {
        return signed_zero(y.sign != (order < 0));
    }
    struct real a, b;
    real_set(&a, x);
    real_set(&b, y);
    a.inexact = mpfr_log2(a.value, a.value, MPFR_RNDZ);
    a.inexact |= mpfr_mul(a.value, a.value, b.value, MPFR_RNDZ) != 0;
    return real_get(&unit->context, &a);
}

static struct number logarithm_of_successor(struct x87_unit *unit, struct number x, struct number y)
{
    static const struct number minus_one = { NUMBER_FINITE, true, false, 0, BIT64(63) };
    if (x.kind == NUMBER_INFINITE && x.sign) {
        return x87_invalid(unit);
    }
    if ((y.kind == NUMBER_INFINITE && x.kind == NUMBER_ZERO) || (x.kind == NUMBER_INFINITE && y.kind == NUMBER_ZERO)) {
        return x87_invalid(unit);
    }
    x87_denormal(unit, x.denormal || y.denormal);
    if (x.kind == NUMBER_INFINITE || y.kind == NUMBER_INFINITE) {
        return signed_infinity(x.sign != y.sign);
    }
    if (x.kind == NUMBER_ZERO || y.kind == NUMBER_ZERO) {
        return signed_zero(x.sign != y.sign);
    }
    if (number_compare(x, minus_one) <= 0) { // undefined: processors give x
        unit->context.flags |= NUMBER_PE;
        return x;
    }
    struct real a, b, log2;
    real_set(&a, x);
    real_set(&b, y);
    real_init(&log2);
    mpfr_const_log2(log2.value, MPFR_RNDN);
    mpfr_log1p(a.value, a.value, MPFR_RNDN);
    mpfr_div(a.value, a.value, log2.value, MPFR_RNDN);
    mpfr_mul(a.value, a.value, b.value, MPFR_RNDZ);
    a.inexact = true;
    return real_get(&unit->context, &a);
}

// ST(1) = f(ST(0), ST(1)), and pop.
static void two_operands(struct x87_unit *unit,
                         struct number (*function)(struct x87_unit *unit, struct number x, struct number y))
{
    struct number x, y, result;
    if (x87_operands(unit, &x, &y, &result)) {
        result = function(unit, x, y);
    }
    if (x87_stop(unit)) {
        return;
    }
    x87_set(unit, 1, result);
    x87_pop(unit);
}

void x87_transcendental(struct x87_unit *unit, uint8_t modrm)
{
    struct number x, result;
    switch (modrm) {
    case 0xf0:
        if (x87_operands(unit, &x, NULL, &result)) {
            result = exponential(unit, x);
        }
        if (!x87_stop(unit)) {
            x87_set(unit, 0, result);
        }
        return;
    case 0xf1: two_operands(unit, logarithm); return;
    case 0xf3: two_operands(unit, arctangent); return;
    case 0xf9: two_operands(unit, logarithm_of_successor); return;
    default: angle(unit, modrm); return;
    }
}
