// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The exact functions of D9 F0 to D9 FF: FSQRT, FPREM, FPREM1, FRNDINT, FSCALE, FXTRACT (SDM vol. 1, 8.3.5 and 8.3.6;
// vol. 2).
#include "base/bits.h"
#include "vcpu/x86_64/float/x87_unit.h"

static const struct number zero = { .kind = NUMBER_ZERO };

bool x87_operands(struct x87_unit *unit, struct number *a, struct number *b, struct number *result)
{
    if (x87_empty(unit, 0) || (b && x87_empty(unit, 1))) {
        x87_stack_fault(unit, false);
        *result = NUMBER_DEFAULT_NAN;
        return false;
    }
    *a = x87_get(unit, 0);
    const struct number second = b ? x87_get(unit, 1) : *a;
    if (b) {
        *b = second;
    }
    if (number_is_nan(a) || number_is_nan(&second)) {
        *result = x87_choose_nan(unit, *a, second);
        return false;
    }
    return true;
}

// Replaces ST(0), unless an exception prevents it.
static void finish(struct x87_unit *unit, struct number result)
{
    if (!x87_stop(unit)) {
        x87_set(unit, 0, result);
    }
}

// --- FPREM and FPREM1 ------------------------------------------------------------------------------------------------

// Reports the low three bits of the quotient, or that the remainder is only partial.
static void quotient(struct x87_unit *unit, uint64_t q, bool partial)
{
    unsigned conditions = partial ? X87_C2 : (q & 4 ? X87_C0 : 0) | (q & 2 ? X87_C3 : 0);
    x87_conditions(unit, X87_C0 | X87_C2 | X87_C3, conditions);
    unit->c1 = !partial && q & 1;
}

// sign * r * 2^(exponent - 63); exact.
static struct number exact(struct x87_unit *unit, bool sign, int32_t exponent, uint128 r)
{
    if (r == 0) {
        return (struct number){ .kind = NUMBER_ZERO, .sign = sign };
    }
    return number_normalise(&unit->context, sign, exponent + 64, r);
}

static struct number remainder_of(struct x87_unit *unit, struct number a, struct number b, bool nearest)
{
    const int32_t distance = a.exponent - b.exponent;
    if (distance >= 64) {
        // Reduce the exponent by 32 to 63 bits at a time.
        const unsigned bits = 32 + (distance & 31);
        quotient(unit, 0, true);
        return exact(unit, a.sign, a.exponent - (int32_t)bits, ((uint128)a.mantissa << bits) % b.mantissa);
    }
    uint64_t q = 0;
    uint128 r = a.mantissa, divisor = b.mantissa;
    int32_t exponent = b.exponent;
    if (distance >= 0) {
        q = (uint64_t)((r << distance) / divisor);
        r = (r << distance) % divisor;
    } else if (distance == -1) { // below b, but perhaps above its half
        divisor <<= 1;
        exponent = a.exponent;
    } else {
        quotient(unit, 0, false);
        return exact(unit, a.sign, a.exponent, r);
    }
    bool sign = a.sign;
    if (nearest && (2 * r > divisor || (2 * r == divisor && q & 1))) {
        r = divisor - r;
        q++;
        sign = !sign;
    }
    quotient(unit, q, false);
    return exact(unit, r ? sign : a.sign, exponent, r);
}

static void partial_remainder(struct x87_unit *unit, bool nearest)
{
    struct number a, b, result;
    x87_conditions(unit, X87_C2, 0);
    if (!x87_operands(unit, &a, &b, &result)) {
        finish(unit, result);
        return;
    }
    if (a.kind == NUMBER_INFINITE || b.kind == NUMBER_ZERO) {
        finish(unit, x87_invalid(unit));
        return;
    }
    x87_denormal(unit, a.denormal || b.denormal);
    if (x87_stop(unit)) {
        return;
    }
    if (a.kind == NUMBER_ZERO || b.kind == NUMBER_INFINITE) {
        quotient(unit, 0, false);
        return;
    }
    finish(unit, remainder_of(unit, a, b, nearest));
}

// --- FRNDINT, FSCALE, FXTRACT, FSQRT ---------------------------------------------------------------------------------

static void round_to_integer(struct x87_unit *unit)
{
    struct number a, result;
    uint64_t magnitude;
    if (!x87_operands(unit, &a, NULL, &result)) {
        finish(unit, result);
        return;
    }
    x87_denormal(unit, a.denormal);
    if (x87_stop(unit) || a.kind != NUMBER_FINITE || a.exponent >= 63) {
        return;
    }
    number_integer(&unit->context, a, &magnitude);
    unit->c1 = unit->context.up;
    finish(unit, exact(unit, a.sign, 63, magnitude));
}

static struct number scaled(struct x87_unit *unit, struct number a, struct number by)
{
    if (by.kind == NUMBER_INFINITE) {
        if (a.kind == (by.sign ? NUMBER_INFINITE : NUMBER_ZERO)) {
            return x87_invalid(unit);
        }
        x87_denormal(unit, a.denormal);
        return (struct number){ .kind = by.sign ? NUMBER_ZERO : NUMBER_INFINITE, .sign = a.sign };
    }
    x87_denormal(unit, a.denormal || by.denormal);
    if (a.kind != NUMBER_FINITE || by.kind == NUMBER_ZERO || x87_stop(unit)) {
        return a;
    }
    // Beyond 2^16 the result is out of range from wherever it started.
    int32_t n = 0;
    if (by.kind == NUMBER_FINITE && by.exponent >= 0) {
        n = by.exponent > 16 ? 1 << 17 : (int32_t)(by.mantissa >> (63 - by.exponent));
        n = by.sign ? -n : n;
    }
    struct number result = number_round(&unit->context, a.sign, a.exponent + n, (uint128)a.mantissa << 64);
    const bool low = result.exponent < unit->context.min && !(unit->context.masks & NUMBER_UE);
    if (result.kind == NUMBER_FINITE && (result.exponent > unit->context.max || low)) {
        // Even the unmasked response has no encoding for it.
        unit->context.flags |= NUMBER_PE;
        unit->c1 = n > 0;
        return (struct number){ .kind = n > 0 ? NUMBER_INFINITE : NUMBER_ZERO, .sign = a.sign };
    }
    return result;
}

static void scale(struct x87_unit *unit)
{
    struct number a, b, result;
    if (x87_operands(unit, &a, &b, &result)) {
        result = scaled(unit, a, b);
    }
    finish(unit, result);
}

// ST(0) becomes the exponent, and the significand is pushed.
static void extract(struct x87_unit *unit)
{
    struct number a, exponent, significand;
    if (!x87_empty(unit, 0) && !x87_empty(unit, 7)) {
        x87_stack_fault(unit, true);
        exponent = significand = NUMBER_DEFAULT_NAN;
    } else if (!x87_operands(unit, &a, NULL, &exponent)) {
        significand = exponent;
    } else if (a.kind == NUMBER_ZERO) {
        unit->context.flags |= NUMBER_ZE;
        exponent = (struct number){ .kind = NUMBER_INFINITE, .sign = true };
        significand = a;
    } else if (a.kind == NUMBER_INFINITE) {
        exponent = (struct number){ .kind = NUMBER_INFINITE };
        significand = a;
    } else {
        x87_denormal(unit, a.denormal);
        exponent = a.exponent ? number_from_int(a.exponent) : zero;
        significand = (struct number){ NUMBER_FINITE, a.sign, false, 0, a.mantissa };
    }
    if (x87_stop(unit)) {
        return;
    }
    x87_set(unit, 0, exponent);
    x87_move_top(unit, 7);
    x87_set(unit, 0, significand);
}

static void square_root(struct x87_unit *unit)
{
    struct number a, result;
    if (x87_operands(unit, &a, NULL, &result)) {
        result = number_square_root(&unit->context, a);
    }
    finish(unit, result);
}

void x87_function(struct x87_unit *unit, uint8_t modrm)
{
    if (modrm == 0xfa) { // the only one that uses the precision control
        square_root(unit);
        return;
    }
    unit->context.precision = 64;
    switch (modrm) {
    case 0xf4: extract(unit); return;
    case 0xf5: partial_remainder(unit, true); return;
    case 0xf8: partial_remainder(unit, false); return;
    case 0xfc: round_to_integer(unit); return;
    case 0xfd: scale(unit); return;
    default: x87_transcendental(unit, modrm); return;
    }
}
