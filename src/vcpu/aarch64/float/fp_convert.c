// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Conversion between formats and to integers, and the estimates (Arm ARM section J1.2: FPRoundInt, FPToFixed,
// FixedToFP, FPConvert, FPRecipEstimate, FPRSqrtEstimate, FPRecpX, UnsignedRecipEstimate, UnsignedRSqrtEstimate).
#include "vcpu/aarch64/float/fp.h"

#define QUIET BIT64(62)

// --- integers --------------------------------------------------------------------------------------------------------

static struct number from_magnitude(bool sign, uint64_t magnitude)
{
    if (!magnitude)
        return (struct number){ .kind = NUMBER_ZERO, .sign = sign };
    unsigned highest = bits_highest(magnitude);
    return (struct number){ NUMBER_FINITE, sign, false, (int32_t)highest, magnitude << (63 - highest) };
}

uint64_t fp_round_integral(struct fp_unit *unit, uint64_t a, unsigned rounding, bool exact)
{
    const struct number n = fp_load(unit, a);
    if (number_is_nan(&n))
        return fp_nan(unit, &n);
    struct number_context context = { .rounding = (uint8_t)rounding };
    uint64_t magnitude;
    if (n.kind != NUMBER_FINITE || n.exponent > 62 || !number_integer(&context, n, &magnitude))
        return fp_store(unit, n);
    if (exact)
        unit->context.flags |= context.flags;
    return fp_store(unit, from_magnitude(n.sign, magnitude));
}

uint64_t fp_to_fixed(struct fp_unit *unit, uint64_t a, unsigned rounding, unsigned bits, unsigned fraction,
                     bool is_unsigned)
{
    struct number n = fp_load(unit, a);
    if (number_is_nan(&n)) {
        unit->context.flags |= NUMBER_IE;
        return 0;
    }
    n.exponent += (int32_t)fraction;
    struct number_context context = { .rounding = (uint8_t)rounding };
    const uint64_t largest = bits_low(is_unsigned ? bits : bits - 1);
    const uint64_t limit = !n.sign ? largest : is_unsigned ? 0 : largest + 1;
    uint64_t magnitude;
    if (!number_integer(&context, n, &magnitude) || magnitude > limit) {
        context.flags = NUMBER_IE;
        magnitude = limit;
    }
    unit->context.flags |= context.flags;
    return (n.sign ? UINT64_C(0) - magnitude : magnitude) & bits_low(bits);
}

uint64_t fp_from_fixed(struct fp_unit *unit, uint64_t value, unsigned bits, unsigned fraction, bool is_unsigned)
{
    const bool sign = !is_unsigned && value >> (bits - 1) & 1;
    struct number n = from_magnitude(sign, (sign ? UINT64_C(0) - value : value) & bits_low(bits));
    n.exponent -= (int32_t)fraction;
    return fp_store(unit, number_convert(&unit->context, n));
}

// --- formats ---------------------------------------------------------------------------------------------------------

static struct number load_format(struct fp_unit *unit, uint64_t a, unsigned format)
{
    if (format == 16)
        return number_from_16((uint16_t)a, unit->alternative); // FZ is not for half precision
    unit->is_double = format == 64;
    return fp_load(unit, a);
}

static uint64_t store_format(struct number n, unsigned format)
{
    return format == 16 ? number_to_16(n) : format == 32 ? number_to_32(n) : number_to_64(n);
}

static uint64_t convert_nan(struct fp_unit *unit, struct number n, unsigned to)
{
    const bool none = to == 16 && unit->alternative; // the format has no NaN
    if (n.kind == NUMBER_SNAN || none)
        unit->context.flags |= NUMBER_IE;
    if (none)
        return (uint64_t)n.sign << 15;
    if (unit->default_nan)
        n = (struct number){ .sign = false };
    n.kind = NUMBER_QNAN;
    n.mantissa |= QUIET;
    return store_format(n, to);
}

uint64_t fp_convert(struct fp_unit *unit, uint64_t a, unsigned from, unsigned to, unsigned rounding)
{
    const struct number n = load_format(unit, a, from);
    if (number_is_nan(&n))
        return convert_nan(unit, n, to);
    const bool none = to == 16 && unit->alternative; // nor has it infinities
    struct number_context context = unit->context;
    context.precision = to == 16 ? 11 : to == 32 ? 24 : 53;
    context.min = to == 16 ? -14 : to == 32 ? -126 : -1022;
    context.max = none ? 16 : to == 16 ? 15 : to == 32 ? 127 : 1023;
    context.rounding = (uint8_t)rounding;
    context.flush = context.flush && to != 16;
    context.flags = 0;
    const struct number result = number_convert(&context, n);
    if (none && (n.kind == NUMBER_INFINITE || (context.flags & NUMBER_OE))) {
        unit->context.flags |= NUMBER_IE;
        return (uint64_t)n.sign << 15 | 0x7fff;
    }
    unit->context.flags |= context.flags;
    return store_format(result, to);
}

// --- estimates: 9 bits, the same on every processor ------------------------------------------------------------------

// RecipEstimate: of a / 512 in [0.5, 1), a result / 256 in [1, 2).
static unsigned recip(unsigned a)
{
    return ((1u << 19) / (2 * a + 1) + 1) / 2;
}

// RecipSqrtEstimate: of a / 512 in [0.25, 1).
static unsigned rsqrt(unsigned a)
{
    a = a < 256 ? 2 * a + 1 : ((a & ~1u) + 1) * 2;
    unsigned b = 512;
    while (a * (b + 1) * (b + 1) < 1u << 28)
        b++;
    return (b + 1) / 2;
}

static struct number infinite(bool sign)
{
    return (struct number){ .kind = NUMBER_INFINITE, .sign = sign };
}

// A number from the exponent field of a double or single, which may be 0 or -1, and 9 bits that start with the implicit
// one.
static uint64_t assemble(const struct fp_unit *unit, bool sign, int32_t exponent, unsigned estimate)
{
    uint64_t fraction = (uint64_t)(estimate & 0xff) << 44;
    if (exponent == 0) {
        fraction = BIT64(51) | fraction >> 1;
    } else if (exponent == -1) {
        fraction = BIT64(50) | fraction >> 2;
        exponent = 0;
    }
    if (unit->is_double)
        return (uint64_t)sign << 63 | (uint64_t)exponent << 52 | fraction;
    return (uint64_t)sign << 31 | (uint64_t)exponent << 23 | fraction >> 29;
}

static uint64_t recip_overflow(struct fp_unit *unit, bool sign)
{
    const unsigned rounding = unit->context.rounding;
    unit->context.flags |= NUMBER_OE | NUMBER_PE;
    if (rounding == NUMBER_NEAREST || rounding == (sign ? NUMBER_DOWN : NUMBER_UP))
        return fp_store(unit, infinite(sign));
    return (fp_store(unit, infinite(sign))) - 1; // the largest number
}

uint64_t fp_recip_estimate(struct fp_unit *unit, uint64_t a)
{
    const struct number n = fp_load(unit, a);
    if (number_is_nan(&n))
        return fp_nan(unit, &n);
    if (n.kind == NUMBER_INFINITE)
        return fp_store(unit, (struct number){ .kind = NUMBER_ZERO, .sign = n.sign });
    if (n.kind == NUMBER_ZERO) {
        unit->context.flags |= NUMBER_ZE;
        return fp_store(unit, infinite(n.sign));
    }
    const int32_t bias = unit->context.max;
    if (n.exponent < -bias - 1)
        return recip_overflow(unit, n.sign);
    if (unit->context.flush && n.exponent >= bias - 1) {
        unit->context.flags |= NUMBER_UE;
        return fp_store(unit, (struct number){ .kind = NUMBER_ZERO, .sign = n.sign });
    }
    return assemble(unit, n.sign, bias - 1 - n.exponent, recip((unsigned)(n.mantissa >> 55)));
}

uint64_t fp_rsqrt_estimate(struct fp_unit *unit, uint64_t a)
{
    const struct number n = fp_load(unit, a);
    if (number_is_nan(&n))
        return fp_nan(unit, &n);
    if (n.kind == NUMBER_ZERO) {
        unit->context.flags |= NUMBER_ZE;
        return fp_store(unit, infinite(n.sign));
    }
    if (n.sign)
        return fp_invalid(unit);
    if (n.kind == NUMBER_INFINITE)
        return 0;
    // An even exponent of the field is an odd one of the number: bias is odd.
    const bool even = n.exponent & 1;
    const unsigned scaled = (unsigned)(n.mantissa >> (even ? 55 : 56));
    const int32_t bias = unit->context.max, field = n.exponent + bias;
    return assemble(unit, false, (3 * bias - 1 - field) / 2, rsqrt(scaled));
}

uint64_t fp_recip_exponent(struct fp_unit *unit, uint64_t a)
{
    const struct number n = fp_load(unit, a);
    if (number_is_nan(&n))
        return fp_nan(unit, &n);
    const unsigned shift = unit->is_double ? 52 : 23;
    const uint64_t all = unit->is_double ? 0x7ff : 0xff, field = a >> shift & all;
    return (a & fp_sign(unit)) | (field ? ~field & all : all - 1) << shift;
}

uint32_t fp_unsigned_recip_estimate(uint32_t a)
{
    return a >> 31 ? (uint32_t)recip(a >> 23) << 23 : UINT32_MAX;
}

uint32_t fp_unsigned_rsqrt_estimate(uint32_t a)
{
    return a >> 30 ? (uint32_t)rsqrt(a >> 23) << 23 : UINT32_MAX;
}
