// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Unpacked numbers: encodings, rounding, the five operations, comparison, integers (IEEE 754; SDM vol. 1, 4.8 and 4.9).
#include "vcpu/number.h"

#include "base/bits.h"

#define QUIET BIT64(62)

// --- encodings -------------------------------------------------------------------------------------------------------

// `fraction` has its top bit in bit 62; `biased` is the exponent field.
static struct number unpack(bool sign, uint32_t biased, uint32_t biased_max, uint64_t fraction, int32_t min)
{
    if (biased == biased_max) {
        enum number_kind kind = fraction == 0 ? NUMBER_INFINITE : fraction & QUIET ? NUMBER_QNAN : NUMBER_SNAN;
        return (struct number){ .kind = kind, .sign = sign, .mantissa = fraction | BIT64(63) };
    }
    if (biased) {
        return (struct number){ NUMBER_FINITE, sign, false, (int32_t)biased + min - 1, fraction | BIT64(63) };
    }
    if (!fraction) {
        return (struct number){ .kind = NUMBER_ZERO, .sign = sign };
    }
    unsigned shift = 63 - bits_highest(fraction);
    return (struct number){ NUMBER_FINITE, sign, true, min - (int32_t)shift, fraction << shift };
}

struct number number_from_16(uint16_t bits, bool alternative)
{
    return unpack(bits >> 15, bits >> 10 & 0x1f, alternative ? 0x20 : 0x1f, (uint64_t)(bits & 0x3ff) << 53, -14);
}

struct number number_from_32(uint32_t bits)
{
    return unpack(bits >> 31, bits >> 23 & 0xff, 0xff, (uint64_t)(bits & 0x7fffff) << 40, -126);
}

struct number number_from_64(uint64_t bits)
{
    return unpack(bits >> 63, bits >> 52 & 0x7ff, 0x7ff, (bits & bits_low(52)) << 11, -1022);
}

struct number number_from_80(uint16_t exponent, uint64_t mantissa)
{
    bool sign = exponent >> 15;
    uint32_t biased = exponent & 0x7fff;
    if (biased && !(mantissa >> 63)) {
        return (struct number){ .kind = NUMBER_UNSUPPORTED, .sign = sign, .mantissa = mantissa };
    }
    if (biased == 0 && mantissa >> 63) { // pseudo-denormal
        return (struct number){ NUMBER_FINITE, sign, true, -16382, mantissa };
    }
    return unpack(sign, biased, 0x7fff, mantissa & ~BIT64(63), -16382);
}

struct number number_from_int(int64_t value)
{
    if (value == 0) {
        return (struct number){ .kind = NUMBER_ZERO };
    }
    uint64_t magnitude = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
    unsigned highest = bits_highest(magnitude);
    return (struct number){ NUMBER_FINITE, value < 0, false, (int32_t)highest, magnitude << (63 - highest) };
}

// The exponent field and the fraction below it, `precision` - 1 bits.
static uint64_t pack(struct number n, unsigned precision, int32_t min, uint64_t biased_max)
{
    const unsigned drop = 64 - precision;
    const uint64_t fraction_mask = bits_low(precision - 1);
    switch (n.kind) {
    case NUMBER_ZERO: return 0;
    case NUMBER_FINITE:
        if (n.exponent < min) { // even smaller: an unmasked underflow, whose result is not used
            const unsigned low = drop + (unsigned)(min - n.exponent);
            return low > 63 ? 0 : n.mantissa >> low;
        }
        return (uint64_t)(n.exponent - min + 1) << (precision - 1) | (n.mantissa >> drop & fraction_mask);
    case NUMBER_INFINITE: return biased_max << (precision - 1);
    default: return biased_max << (precision - 1) | (n.mantissa >> drop & fraction_mask);
    }
}

uint16_t number_to_16(struct number n)
{
    return (uint16_t)((unsigned)n.sign << 15 | pack(n, 11, -14, 0x1f));
}

uint32_t number_to_32(struct number n)
{
    return (uint32_t)n.sign << 31 | (uint32_t)pack(n, 24, -126, 0xff);
}

uint64_t number_to_64(struct number n)
{
    return (uint64_t)n.sign << 63 | pack(n, 53, -1022, 0x7ff);
}

void number_to_80(struct number n, uint16_t *exponent, uint64_t *mantissa)
{
    const uint16_t sign = (uint16_t)(n.sign << 15);
    switch (n.kind) {
    case NUMBER_ZERO:
        *exponent = sign;
        *mantissa = 0;
        return;
    case NUMBER_FINITE:
        *exponent = sign | (uint16_t)(n.exponent < -16382 ? 0 : n.exponent + 16383);
        *mantissa = n.exponent < -16382 ? n.mantissa >> (-16382 - n.exponent) : n.mantissa;
        return;
    case NUMBER_INFINITE:
        *exponent = sign | 0x7fff;
        *mantissa = BIT64(63);
        return;
    default:
        *exponent = sign | 0x7fff;
        *mantissa = n.mantissa;
        return;
    }
}

// --- rounding --------------------------------------------------------------------------------------------------------

static uint128 shift_right_sticky(uint128 m, unsigned count)
{
    if (count == 0) {
        return m;
    }
    if (count > 127) {
        return m != 0;
    }
    return m >> count | ((m << (128 - count)) != 0);
}

// m >> drop (1 <= drop), rounded to an integer.
static uint128 round_at(struct number_context *context, bool sign, uint128 m, unsigned drop, bool *inexact)
{
    const unsigned guard = 2; // keep two bits below: half and sticky
    uint128 kept = drop >= guard ? shift_right_sticky(m, drop - guard) : m << (guard - drop);
    unsigned below = (unsigned)kept & 3;
    kept >>= guard;
    bool up = false;
    switch (context->rounding) {
    case NUMBER_NEAREST: up = below > 2 || (below == 2 && (kept & 1)); break;
    case NUMBER_DOWN: up = below && sign; break;
    case NUMBER_UP: up = below && !sign; break;
    case NUMBER_AWAY: up = below >= 2; break;
    case NUMBER_ODD: up = below && !(kept & 1); break;
    default: break;
    }
    *inexact = below != 0;
    context->up = up;
    return kept + up;
}

static struct number overflow(struct number_context *context, bool sign)
{
    context->flags |= NUMBER_OE | NUMBER_PE;
    bool infinite = context->rounding == NUMBER_NEAREST || context->rounding == (sign ? NUMBER_DOWN : NUMBER_UP);
    context->up = infinite;
    if (infinite) {
        return (struct number){ .kind = NUMBER_INFINITE, .sign = sign };
    }
    return (struct number){ NUMBER_FINITE, sign, false, context->max, ~UINT64_C(0) << (64 - context->precision) };
}

// The result is tiny and UE masked: round it again where a denormal's last bit is.
static struct number denormalise(struct number_context *context, bool sign, int32_t exponent, uint128 m)
{
    if (context->flush) {
        context->flags |= context->early ? NUMBER_UE : NUMBER_UE | NUMBER_PE;
        return (struct number){ .kind = NUMBER_ZERO, .sign = sign };
    }
    const uint32_t low = (uint32_t)(context->min - exponent);
    unsigned drop = 128u - context->precision + (low > 1000 ? 1000 : low);
    bool inexact;
    uint64_t kept = (uint64_t)round_at(context, sign, m, drop, &inexact);
    if (inexact) {
        context->flags |= NUMBER_UE | NUMBER_PE;
    }
    if (!kept) {
        return (struct number){ .kind = NUMBER_ZERO, .sign = sign };
    }
    unsigned highest = bits_highest(kept);
    int32_t result = context->min - (int32_t)(context->precision - 1u - highest);
    return (struct number){ NUMBER_FINITE, sign, result < context->min, result, kept << (63 - highest) };
}

struct number number_round(struct number_context *context, bool sign, int32_t exponent, uint128 m)
{
    bool inexact;
    if (context->early && exponent < context->min) {
        return denormalise(context, sign, exponent, m);
    }
    uint128 kept = round_at(context, sign, m, 128u - context->precision, &inexact);
    int32_t rounded = exponent;
    if (kept >> context->precision) { // all ones were rounded up to a power of two
        kept >>= 1;
        rounded++;
    }
    if (rounded > context->max) {
        if (context->masks & NUMBER_OE) {
            return overflow(context, sign);
        }
        context->flags |= NUMBER_OE;
        rounded -= context->wrap;
    } else if (rounded < context->min) { // tiny: found after rounding (SDM vol. 1, 4.9.1.5)
        if (context->masks & NUMBER_UE) {
            return denormalise(context, sign, exponent, m);
        }
        context->flags |= NUMBER_UE;
        rounded += context->wrap;
    }
    if (inexact) {
        context->flags |= NUMBER_PE;
    }
    return (struct number){ NUMBER_FINITE, sign, false, rounded, (uint64_t)kept << (64 - context->precision) };
}

struct number number_normalise(struct number_context *context, bool sign, int32_t exponent, uint128 m)
{
    uint64_t high = (uint64_t)(m >> 64);
    unsigned shift = high ? 63 - bits_highest(high) : 127 - bits_highest((uint64_t)m);
    return number_round(context, sign, exponent - (int32_t)shift, m << shift);
}

struct number number_convert(struct number_context *context, struct number n)
{
    return n.kind == NUMBER_FINITE ? number_round(context, n.sign, n.exponent, (uint128)n.mantissa << 64) : n;
}

// --- operations ------------------------------------------------------------------------------------------------------

static struct number invalid(struct number_context *context)
{
    context->flags |= NUMBER_IE;
    return NUMBER_DEFAULT_NAN;
}

static void denormal(struct number_context *context, struct number a, struct number b)
{
    if (a.denormal || b.denormal) {
        context->flags |= NUMBER_DE;
    }
}

static struct number add_finite(struct number_context *context, struct number a, struct number b)
{
    if (a.exponent < b.exponent) {
        struct number swap = a;
        a = b;
        b = swap;
    }
    // One bit of room for the carry.
    uint128 x = (uint128)a.mantissa << 63;
    uint128 y = shift_right_sticky((uint128)b.mantissa << 63, (unsigned)(a.exponent - b.exponent));
    if (a.sign == b.sign) {
        return number_normalise(context, a.sign, a.exponent + 1, x + y);
    }
    if (x == y) {
        return (struct number){ .kind = NUMBER_ZERO, .sign = context->rounding == NUMBER_DOWN };
    }
    return number_normalise(context, x > y ? a.sign : b.sign, a.exponent + 1, x > y ? x - y : y - x);
}

struct number number_add(struct number_context *context, struct number a, struct number b)
{
    if (a.kind == NUMBER_INFINITE && b.kind == NUMBER_INFINITE && a.sign != b.sign) {
        return invalid(context);
    }
    denormal(context, a, b);
    if (a.kind == NUMBER_INFINITE || b.kind == NUMBER_INFINITE) {
        return a.kind == NUMBER_INFINITE ? a : b;
    }
    if (a.kind == NUMBER_ZERO && b.kind == NUMBER_ZERO) {
        bool sign = a.sign == b.sign ? a.sign : context->rounding == NUMBER_DOWN;
        return (struct number){ .kind = NUMBER_ZERO, .sign = sign };
    }
    if (a.kind == NUMBER_ZERO || b.kind == NUMBER_ZERO) {
        return number_convert(context, a.kind == NUMBER_ZERO ? b : a);
    }
    return add_finite(context, a, b);
}

struct number number_subtract(struct number_context *context, struct number a, struct number b)
{
    b.sign = !b.sign;
    return number_add(context, a, b);
}

struct number number_multiply(struct number_context *context, struct number a, struct number b)
{
    const bool sign = a.sign != b.sign;
    const bool infinite = a.kind == NUMBER_INFINITE || b.kind == NUMBER_INFINITE;
    const bool zero = a.kind == NUMBER_ZERO || b.kind == NUMBER_ZERO;
    if (infinite && zero) {
        return invalid(context);
    }
    denormal(context, a, b);
    if (infinite || zero) {
        return (struct number){ .kind = infinite ? NUMBER_INFINITE : NUMBER_ZERO, .sign = sign };
    }
    return number_normalise(context, sign, a.exponent + b.exponent + 1, (uint128)a.mantissa * b.mantissa);
}

struct number number_multiply_add(struct number_context *context, struct number a, struct number b, struct number c)
{
    const bool sign = a.sign != b.sign;
    if (a.kind == NUMBER_FINITE && b.kind == NUMBER_FINITE && c.kind == NUMBER_INFINITE) {
        denormal(context, a, b);
        return c; // the product is not rounded
    }
    if (a.kind != NUMBER_FINITE || b.kind != NUMBER_FINITE) {
        struct number product = number_multiply(context, a, b);
        return product.kind == NUMBER_QNAN ? product : number_add(context, product, c);
    }
    denormal(context, a, b);
    denormal(context, c, c);
    // Both with one bit of room for the carry, at 2^exponent. The product has at most 106 bits, so it loses none.
    const int32_t product_exponent = a.exponent + b.exponent + 1;
    uint128 x = ((uint128)a.mantissa * b.mantissa) >> 1, y = (uint128)c.mantissa << 63;
    if (c.kind == NUMBER_ZERO) {
        return number_normalise(context, sign, product_exponent + 1, x);
    }
    int32_t exponent = product_exponent;
    if (product_exponent >= c.exponent) {
        y = shift_right_sticky(y, (unsigned)(product_exponent - c.exponent));
    } else {
        x = shift_right_sticky(x, (unsigned)(c.exponent - product_exponent));
        exponent = c.exponent;
    }
    if (sign == c.sign) {
        return number_normalise(context, sign, exponent + 1, x + y);
    }
    if (x == y) {
        return (struct number){ .kind = NUMBER_ZERO, .sign = context->rounding == NUMBER_DOWN };
    }
    return number_normalise(context, x > y ? sign : c.sign, exponent + 1, x > y ? x - y : y - x);
}

struct number number_divide(struct number_context *context, struct number a, struct number b)
{
    const bool sign = a.sign != b.sign;
    if (a.kind == b.kind && a.kind != NUMBER_FINITE) { // 0 / 0, infinity / infinity
        return invalid(context);
    }
    if (b.kind == NUMBER_ZERO && a.kind == NUMBER_FINITE) {
        context->flags |= NUMBER_ZE;
        return (struct number){ .kind = NUMBER_INFINITE, .sign = sign };
    }
    denormal(context, a, b);
    if (a.kind == NUMBER_INFINITE || b.kind == NUMBER_ZERO) {
        return (struct number){ .kind = NUMBER_INFINITE, .sign = sign };
    }
    if (a.kind == NUMBER_ZERO || b.kind == NUMBER_INFINITE) {
        return (struct number){ .kind = NUMBER_ZERO, .sign = sign };
    }
    // Two digits of 64 bits: the first is below 2^64 as a.mantissa < 2 * b.mantissa.
    uint128 rest = (uint128)a.mantissa << 63;
    uint64_t first = (uint64_t)(rest / b.mantissa);
    rest = rest % b.mantissa << 64;
    uint64_t second = (uint64_t)(rest / b.mantissa);
    bool sticky = rest % b.mantissa != 0;
    return number_normalise(context, sign, a.exponent - b.exponent, (uint128)first << 64 | second | sticky);
}

// floor(sqrt(n)) for n >= 2^126, bit by bit; n becomes what is left.
static uint64_t integer_square_root(uint128 *n)
{
    uint128 rest = *n, root = 0;
    for (uint128 bit = (uint128)1 << 126; bit; bit >>= 2) {
        if (rest >= root + bit) {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    *n = rest;
    return (uint64_t)root;
}

struct number number_square_root(struct number_context *context, struct number a)
{
    if (a.kind == NUMBER_ZERO || (a.kind == NUMBER_INFINITE && !a.sign)) {
        return a;
    }
    if (a.sign) {
        return invalid(context);
    }
    denormal(context, a, a);
    // Make the exponent even: value = n * 2^(2 * half - 126) with n in [2^126, 2^128).
    int32_t half = a.exponent >> 1;
    uint128 n = (uint128)a.mantissa << (a.exponent & 1 ? 64 : 63);
    uint64_t root = integer_square_root(&n);
    // rest > root: the fraction is above a half; it is never exactly a half.
    uint128 m = (uint128)root << 64 | (n > root ? (uint128)1 << 63 : 0) | (n != 0);
    return number_round(context, false, half, m);
}

static int compare_magnitude(struct number a, struct number b)
{
    if (a.kind != b.kind) { // zero < finite < infinite
        return a.kind < b.kind ? -1 : 1;
    }
    if (a.kind != NUMBER_FINITE) {
        return 0;
    }
    if (a.exponent != b.exponent) {
        return a.exponent < b.exponent ? -1 : 1;
    }
    return a.mantissa < b.mantissa ? -1 : a.mantissa > b.mantissa;
}

int number_compare(struct number a, struct number b)
{
    if (a.kind == NUMBER_ZERO && b.kind == NUMBER_ZERO) {
        return 0;
    }
    if (a.sign != b.sign) {
        return a.sign ? -1 : 1;
    }
    int order = compare_magnitude(a, b);
    return a.sign ? -order : order;
}

// --- integers --------------------------------------------------------------------------------------------------------

bool number_integer(struct number_context *context, struct number n, uint64_t *magnitude)
{
    context->up = false;
    *magnitude = 0;
    if (n.kind != NUMBER_FINITE) {
        return n.kind == NUMBER_ZERO;
    }
    if (n.exponent > 63) {
        return false;
    }
    bool inexact;
    unsigned drop = n.exponent < -64 ? 128 : (unsigned)(63 - n.exponent);
    uint128 kept = round_at(context, n.sign, n.mantissa, drop, &inexact);
    if (kept >> 64) {
        return false;
    }
    if (inexact) {
        context->flags |= NUMBER_PE;
    }
    *magnitude = (uint64_t)kept;
    return true;
}

int64_t number_to_int(struct number_context *context, struct number n, unsigned bits)
{
    const uint64_t limit = BIT64(bits - 1);
    const uint8_t flags = context->flags;
    uint64_t magnitude;
    if (!number_integer(context, n, &magnitude) || magnitude > limit || (magnitude == limit && !n.sign)) {
        context->flags = flags | NUMBER_IE;
        context->up = false;
        return -(int64_t)(limit - 1) - 1;
    }
    return (int64_t)(n.sign ? UINT64_C(0) - magnitude : magnitude);
}
