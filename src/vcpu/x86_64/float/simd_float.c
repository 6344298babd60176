// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// SSE, SSE2, SSE3 and SSE4.1 floating point (SDM vol. 1, 10.2.3, 11.5 and appendix E; vol. 2).
//
// Each lane is computed by number.c in integers, with its flags. Most are first tried in a faster way: with
// round-to-nearest and operands and results that are normal numbers away from the ends of the range, the host's IEEE
// arithmetic gives the same bits, and the only exception possible is PE, which is found by computing the rounding
// error.
//
// Exceptions of all lanes are collected. Unmasked ones found before the operation (IE, DE, ZE) hide those found after
// it (OE, UE, PE); after an unmasked one of either kind the destination does not change.
//
// Not modelled: the last bits of RCP and RSQRT, which differ between processors; ours are the nearest of 12 bits.
#include <math.h>

#include "base/bits.h"
#include "vcpu/number.h"
#include "vcpu/x86_64/float/simd_ops.h"

#define MXCSR_DAZ BIT32(6)
#define MXCSR_FZ  BIT32(15)

#define QUIET BIT64(62)

struct unit {
    struct number_context context;
    bool daz;
    bool nearest; // round to nearest: the host's arithmetic may be used
    bool inexact; // PE is set already and masked, so that it need not be computed
};

static struct unit begin(const struct x86_cpu *cpu, bool is_double)
{
    const uint8_t masks = cpu->mxcsr >> 7 & 0x3f;
    const uint8_t rounding = cpu->mxcsr >> 13 & 3;
    struct number_context context = { .masks = masks, .rounding = rounding, .flush = cpu->mxcsr & MXCSR_FZ };
    context.precision = is_double ? 53 : 24;
    context.min = is_double ? -1022 : -126;
    context.max = is_double ? 1023 : 127;
    return (struct unit){
        .context = context,
        .daz = cpu->mxcsr & MXCSR_DAZ,
        .nearest = rounding == NUMBER_NEAREST,
        .inexact = cpu->mxcsr & masks & NUMBER_PE,
    };
}

// Stores the collected exceptions. True: the destination may be written.
static bool end(struct x86_cpu *cpu, const struct unit *unit)
{
    uint8_t flags = unit->context.flags;
    const uint8_t unmasked = flags & ~unit->context.masks;
    if (unmasked & NUMBER_BEFORE) {
        flags &= NUMBER_BEFORE;
    }
    cpu->mxcsr |= flags;
    if (!unmasked) {
        return true;
    }
    return x86_fault(cpu, cpu->cr4 & X86_CR4_OSXMMEXCPT ? X86_XM : X86_UD);
}

// --- lanes -----------------------------------------------------------------------------------------------------------

static struct number load(const struct unit *unit, uint64_t bits, bool is_double)
{
    struct number n = is_double ? number_from_64(bits) : number_from_32((uint32_t)bits);
    if (n.denormal && unit->daz) {
        return (struct number){ .kind = NUMBER_ZERO, .sign = n.sign };
    }
    return n;
}

static uint64_t store(struct number n, bool is_double)
{
    return is_double ? number_to_64(n) : number_to_32(n);
}

static struct number quiet(struct number_context *context, struct number n)
{
    if (n.kind == NUMBER_SNAN) {
        context->flags |= NUMBER_IE;
    }
    n.kind = NUMBER_QNAN;
    n.mantissa |= QUIET;
    return n;
}

// The NaN of an operation with at least one: the first operand's, if it is one (SDM vol. 1, table 4-7).
static struct number choose_nan(struct number_context *context, struct number a, struct number b)
{
    if (a.kind == NUMBER_SNAN || b.kind == NUMBER_SNAN) {
        context->flags |= NUMBER_IE;
    }
    return quiet(context, number_is_nan(&a) ? a : b);
}

enum operation { ADD, SUB, MUL, DIV };

static uint64_t operate(struct unit *unit, enum operation operation, bool is_double, uint64_t x, uint64_t y)
{
    const struct number a = load(unit, x, is_double), b = load(unit, y, is_double);
    struct number_context *context = &unit->context;
    struct number result;
    if (number_is_nan(&a) || number_is_nan(&b)) {
        result = choose_nan(context, a, b);
    } else if (operation == ADD) {
        result = number_add(context, a, b);
    } else if (operation == SUB) {
        result = number_subtract(context, a, b);
    } else if (operation == MUL) {
        result = number_multiply(context, a, b);
    } else {
        result = number_divide(context, a, b);
    }
    return store(result, is_double);
}

// Computed by the host: a sum, product or quotient, and whether it was rounded. The error of each is itself a number of
// the format (that of a product or quotient where nothing underflows), so that it can be computed exactly and compared
// with zero; for floats a double holds it exactly.
#define HOST(type, name)                                                                                               \
    static inline type name##_host(enum operation operation, type a, type b)                                           \
    {                                                                                                                  \
        return operation == ADD ? a + b : operation == SUB ? a - b : operation == MUL ? a * b : a / b;                 \
    }                                                                                                                  \
    static inline bool name##_sum_inexact(type a, type b, type sum)                                                    \
    {                                                                                                                  \
        const type rest = sum - a;                                                                                     \
        return (a - (sum - rest)) + (b - rest) != 0;                                                                   \
    }

HOST(float, single)
HOST(double, double)

static inline bool single_inexact(enum operation operation, float a, float b, float result)
{
    return operation == ADD   ? single_sum_inexact(a, b, result)
           : operation == SUB ? single_sum_inexact(a, -b, result)
           : operation == MUL ? (double)a * (double)b != (double)result
                              : (double)result * (double)b != (double)a;
}

static inline bool double_inexact(enum operation operation, double a, double b, double result)
{
    return operation == ADD   ? double_sum_inexact(a, b, result)
           : operation == SUB ? double_sum_inexact(a, -b, result)
           : operation == MUL ? fma(a, b, -result) != 0
                              : fma(result, b, -a) != 0;
}

// An operand is easy when it is a normal number or zero, but not so large or so small that an error term could leave
// the format. So must the result be, as only then neither tininess nor overflow is near; an exact zero is safe as well.
#define LANE(type, bits, name, smallest, largest, is_double)                                                           \
    static inline bool name##_easy(type a)                                                                             \
    {                                                                                                                  \
        return (a > smallest && a < largest) || (a < -smallest && a > -largest);                                       \
    }                                                                                                                  \
    static inline bits name##_lane(struct unit *unit, enum operation operation, bits x, bits y)                        \
    {                                                                                                                  \
        type a, b;                                                                                                     \
        memcpy(&a, &x, sizeof(a));                                                                                     \
        memcpy(&b, &y, sizeof(b));                                                                                     \
        if (likely(unit->nearest && (name##_easy(a) || a == 0) && (name##_easy(b) || (b == 0 && operation != DIV)))) { \
            const type result = name##_host(operation, a, b);                                                          \
            if (likely(name##_easy(result) || (result == 0 && (operation <= SUB || a == 0 || b == 0)))) {              \
                if (!unit->inexact && result != 0 && name##_inexact(operation, a, b, result)) {                        \
                    unit->context.flags |= NUMBER_PE;                                                                  \
                }                                                                                                      \
                memcpy(&x, &result, sizeof(x));                                                                        \
                return x;                                                                                              \
            }                                                                                                          \
        }                                                                                                              \
        return (bits)operate(unit, operation, is_double, x, y);                                                        \
    }

LANE(float, uint32_t, single, 0x1p-126f, 0x1p126f, false)
LANE(double, uint64_t, double, 0x1p-900, 0x1p1020, true)

// A normal number or a zero: which the host may compare and convert.
static inline bool usual(uint64_t bits, bool is_double)
{
    const uint64_t exponent = is_double ? bits >> 52 & 0x7ff : bits >> 23 & 0xff;
    if (exponent == 0) {
        return is_double ? bits << 1 == 0 : (uint32_t)bits << 1 == 0;
    }
    return exponent != (is_double ? 0x7ff : 0xff);
}

static inline double to_host(uint64_t bits, bool is_double)
{
    if (is_double) {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    const uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return value;
}

static inline uint64_t from_host(double value, bool is_double)
{
    if (is_double) {
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        return bits;
    }
    const float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    return bits;
}

// --- arithmetic ------------------------------------------------------------------------------------------------------

// The low `lanes` elements of d and s through `expression` (on x and y); an exception that is not masked keeps d.
#define EACH_LANE(name, bits, lanes, is_double, expression)                                                            \
    SIMD_RUN(name)                                                                                                     \
    {                                                                                                                  \
        (void)imm;                                                                                                     \
        struct unit unit = begin(cpu, is_double);                                                                      \
        bits to[lanes], from[lanes];                                                                                   \
        memcpy(to, d, sizeof(to));                                                                                     \
        memcpy(from, s, sizeof(from));                                                                                 \
        for (unsigned i = 0; i < lanes; i++) {                                                                         \
            const bits x = to[i], y = from[i];                                                                         \
            (void)x;                                                                                                   \
            to[i] = (bits)(expression);                                                                                \
        }                                                                                                              \
        if (!end(cpu, &unit)) {                                                                                        \
            return false;                                                                                              \
        }                                                                                                              \
        memcpy(d, to, sizeof(to));                                                                                     \
        return true;                                                                                                   \
    }

#define FOUR(name, single_expression, double_expression)                                                               \
    EACH_LANE(sse_##name##ps, uint32_t, 4, false, single_expression)                                                   \
    EACH_LANE(sse_##name##pd, uint64_t, 2, true, double_expression)                                                    \
    EACH_LANE(sse_##name##ss, uint32_t, 1, false, single_expression)                                                   \
    EACH_LANE(sse_##name##sd, uint64_t, 1, true, double_expression)

FOUR(add, single_lane(&unit, ADD, x, y), double_lane(&unit, ADD, x, y))
FOUR(sub, single_lane(&unit, SUB, x, y), double_lane(&unit, SUB, x, y))
FOUR(mul, single_lane(&unit, MUL, x, y), double_lane(&unit, MUL, x, y))
FOUR(div, single_lane(&unit, DIV, x, y), double_lane(&unit, DIV, x, y))

// SSE3: subtraction in even lanes, addition in odd ones.
EACH_LANE(sse_addsubps, uint32_t, 4, false, single_lane(&unit, i & 1 ? ADD : SUB, x, y))
EACH_LANE(sse_addsubpd, uint64_t, 2, true, double_lane(&unit, i & 1 ? ADD : SUB, x, y))

#define HORIZONTAL(name, bits, lanes, is_double, lane, operation)                                                      \
    SIMD_RUN(name)                                                                                                     \
    {                                                                                                                  \
        (void)imm;                                                                                                     \
        struct unit unit = begin(cpu, is_double);                                                                      \
        bits from[2 * lanes], to[lanes];                                                                               \
        memcpy(from, d, 16);                                                                                           \
        memcpy(from + lanes, s, 16);                                                                                   \
        for (unsigned i = 0; i < lanes; i++) {                                                                         \
            to[i] = lane(&unit, operation, from[2 * i], from[2 * i + 1]);                                              \
        }                                                                                                              \
        if (!end(cpu, &unit)) {                                                                                        \
            return false;                                                                                              \
        }                                                                                                              \
        memcpy(d, to, 16);                                                                                             \
        return true;                                                                                                   \
    }

HORIZONTAL(sse_haddps, uint32_t, 4, false, single_lane, ADD)
HORIZONTAL(sse_haddpd, uint64_t, 2, true, double_lane, ADD)
HORIZONTAL(sse_hsubps, uint32_t, 4, false, single_lane, SUB)
HORIZONTAL(sse_hsubpd, uint64_t, 2, true, double_lane, SUB)

static uint64_t square_root(struct unit *unit, bool is_double, uint64_t y)
{
    if (likely(unit->nearest)) {
        if (is_double) {
            double b, root;
            memcpy(&b, &y, sizeof b);
            if (b > 0 && double_easy(b)) {
                root = sqrt(b);
                if (!unit->inexact && fma(root, root, -b) != 0) {
                    unit->context.flags |= NUMBER_PE;
                }
                memcpy(&y, &root, sizeof root);
                return y;
            }
        } else {
            float b, root;
            memcpy(&b, &y, sizeof b);
            if (b > 0 && single_easy(b)) {
                root = sqrtf(b);
                if (!unit->inexact && (double)root * (double)root != (double)b) {
                    unit->context.flags |= NUMBER_PE;
                }
                memcpy(&y, &root, sizeof root);
                return y & UINT32_MAX;
            }
        }
    }
    const struct number b = load(unit, y, is_double);
    struct number result = number_is_nan(&b) ? quiet(&unit->context, b) : number_square_root(&unit->context, b);
    return store(result, is_double);
}

FOUR(sqrt, square_root(&unit, false, y), square_root(&unit, true, y))

// --- SSE4.1: rounding to integral values, dot products ---------------------------------------------------------------

static uint64_t round_integral(struct unit *unit, bool is_double, uint64_t y, unsigned imm)
{
    struct number_context *context = &unit->context;
    const struct number n = load(unit, y, is_double);
    const uint8_t flags = context->flags;
    uint64_t magnitude;
    if (number_is_nan(&n)) {
        return store(quiet(context, n), is_double);
    }
    if (n.kind != NUMBER_FINITE || n.exponent >= 52) {
        return store(n, is_double);
    }
    if (!(imm & 4)) {
        context->rounding = imm & 3;
    }
    number_integer(context, n, &magnitude);
    if (imm & 8) {
        context->flags = flags;
    }
    struct number result = number_from_int((int64_t)magnitude);
    result.sign = n.sign;
    return store(result, is_double);
}

FOUR(round, round_integral(&unit, false, y, imm), round_integral(&unit, true, y, imm))

// Products, sums of pairs, sums of those: three operations, the later of which are not done after an unmasked
// exception. Each lane of the result has its own sum; only the choice among several NaNs differs.
SIMD_RUN(sse_dpps)
{
    struct unit unit = begin(cpu, false);
    uint32_t x[4], y[4], product[4] = { 0 }, sum[4], to[4];
    memcpy(x, d, 16);
    memcpy(y, s, 16);
    for (unsigned i = 0; i < 4; i++) {
        if (imm >> (4 + i) & 1) {
            product[i] = single_lane(&unit, MUL, x[i], y[i]);
        }
    }
    if (!end(cpu, &unit)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        sum[i] = single_lane(&unit, ADD, product[i ^ 1], product[i]);
    }
    if (!end(cpu, &unit)) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        to[i] = single_lane(&unit, ADD, sum[i], sum[i ^ 2]);
        to[i] = imm >> i & 1 ? to[i] : 0;
    }
    if (!end(cpu, &unit)) {
        return false;
    }
    memcpy(d, to, 16);
    return true;
}

SIMD_RUN(sse_dppd)
{
    struct unit unit = begin(cpu, true);
    uint64_t x[2], y[2], product[2] = { 0 }, to[2];
    memcpy(x, d, 16);
    memcpy(y, s, 16);
    for (unsigned i = 0; i < 2; i++) {
        if (imm >> (4 + i) & 1) {
            product[i] = double_lane(&unit, MUL, x[i], y[i]);
        }
    }
    if (!end(cpu, &unit)) {
        return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        to[i] = double_lane(&unit, ADD, product[i], product[i ^ 1]);
        to[i] = imm >> i & 1 ? to[i] : 0;
    }
    if (!end(cpu, &unit)) {
        return false;
    }
    memcpy(d, to, 16);
    return true;
}

// --- minimum, maximum, comparison ------------------------------------------------------------------------------------

enum order { LESS, EQUAL, GREATER, UNORDERED };

// IE for a NaN that signals, or any if `signalling`; DE for denormals.
static enum order compare(struct unit *unit, bool is_double, uint64_t x, uint64_t y, bool signalling)
{
    if (likely(usual(x, is_double) && usual(y, is_double))) {
        const double p = to_host(x, is_double), q = to_host(y, is_double);
        return p < q ? LESS : p > q ? GREATER : EQUAL;
    }
    const struct number a = load(unit, x, is_double), b = load(unit, y, is_double);
    if (number_is_nan(&a) || number_is_nan(&b)) {
        if (signalling || a.kind == NUMBER_SNAN || b.kind == NUMBER_SNAN) {
            unit->context.flags |= NUMBER_IE;
        }
        return UNORDERED;
    }
    if (a.denormal || b.denormal) {
        unit->context.flags |= NUMBER_DE;
    }
    return (enum order)(number_compare(a, b) + 1);
}

// The source operand unless the destination is really greater (or less): also for NaNs and for two zeros. A NaN is
// returned unchanged, a denormal with DAZ as zero.
static uint64_t extreme(struct unit *unit, bool is_double, uint64_t x, uint64_t y, enum order wanted)
{
    const uint64_t chosen = compare(unit, is_double, x, y, true) == wanted ? x : y;
    if (usual(chosen, is_double)) {
        return chosen;
    }
    const struct number n = load(unit, chosen, is_double);
    return number_is_nan(&n) ? chosen : store(n, is_double);
}

FOUR(min, extreme(&unit, false, x, y, LESS), extreme(&unit, true, x, y, LESS))
FOUR(max, extreme(&unit, false, x, y, GREATER), extreme(&unit, true, x, y, GREATER))

static uint64_t predicate(struct unit *unit, bool is_double, uint64_t x, uint64_t y, unsigned imm)
{
    enum { EQ, LT, LE, UNORD };
    const unsigned kind = imm & 3;
    const enum order order = compare(unit, is_double, x, y, kind == LT || kind == LE);
    bool holds = kind == EQ   ? order == EQUAL
                 : kind == LT ? order == LESS
                 : kind == LE ? order == LESS || order == EQUAL
                              : order == UNORDERED;
    return holds != (imm >> 2 & 1) ? UINT64_MAX : 0;
}

FOUR(cmp, predicate(&unit, false, x, y, imm), predicate(&unit, true, x, y, imm))

static bool compare_flags(struct x86_cpu *cpu, const void *d, const void *s, bool is_double, bool signalling)
{
    static const uint64_t flags[] = {
        [LESS] = X86_CF, [EQUAL] = X86_ZF, [GREATER] = 0, [UNORDERED] = X86_ZF | X86_PF | X86_CF
    };
    struct unit unit = begin(cpu, is_double);
    uint64_t x = 0, y = 0;
    memcpy(&x, d, is_double ? 8 : 4);
    memcpy(&y, s, is_double ? 8 : 4);
    enum order order = compare(&unit, is_double, x, y, signalling);
    if (!end(cpu, &unit)) {
        return false;
    }
    x86_set_arithmetic_flags(cpu, flags[order]);
    return true;
}

#define COMPARE_FLAGS(name, is_double, signalling)                                                                     \
    SIMD_RUN(name)                                                                                                     \
    {                                                                                                                  \
        (void)imm;                                                                                                     \
        return compare_flags(cpu, d, s, is_double, signalling);                                                        \
    }
COMPARE_FLAGS(sse_comiss, false, true)
COMPARE_FLAGS(sse_comisd, true, true)
COMPARE_FLAGS(sse_ucomiss, false, false)
COMPARE_FLAGS(sse_ucomisd, true, false)

// --- approximations --------------------------------------------------------------------------------------------------

// 1 / x or 1 / sqrt(x), relative error below 1.5 * 2^-12, without exceptions; denormals are zeros, tiny results too.
static uint32_t approximate(uint32_t bits, bool root)
{
    struct number_context context = { .precision = 64, .min = -126, .max = 127, .masks = 0x3f, .flush = true };
    struct number n = number_from_32(bits);
    if (n.denormal) {
        n.kind = NUMBER_ZERO;
    }
    if (number_is_nan(&n)) {
        return number_to_32(quiet(&context, n));
    }
    if (root) {
        const bool minus_zero = n.kind == NUMBER_ZERO && n.sign;
        n = number_square_root(&context, n);
        if (number_is_nan(&n)) {
            return number_to_32(n);
        }
        n.sign = minus_zero;
    }
    n.denormal = false;
    context.precision = 12;
    return number_to_32(number_divide(&context, number_from_int(1), n));
}

#define APPROXIMATE(name, lanes, root)                                                                                 \
    SIMD_RUN(name)                                                                                                     \
    {                                                                                                                  \
        (void)cpu, (void)imm;                                                                                          \
        uint32_t values[lanes];                                                                                        \
        memcpy(values, s, sizeof(values));                                                                             \
        for (unsigned i = 0; i < lanes; i++) {                                                                         \
            values[i] = approximate(values[i], root);                                                                  \
        }                                                                                                              \
        memcpy(d, values, sizeof(values));                                                                             \
        return true;                                                                                                   \
    }
APPROXIMATE(sse_rcpps, 4, false)
APPROXIMATE(sse_rcpss, 1, false)
APPROXIMATE(sse_rsqrtps, 4, true)
APPROXIMATE(sse_rsqrtss, 1, true)

// --- conversions -----------------------------------------------------------------------------------------------------

// `lanes` elements of `from_type` in s become elements of `to_type`, followed by zeros up to `size` bytes of d.
#define CONVERT(name, from_type, to_type, lanes, size, is_double, expression)                                          \
    SIMD_RUN(name)                                                                                                     \
    {                                                                                                                  \
        (void)imm;                                                                                                     \
        struct unit unit = begin(cpu, is_double);                                                                      \
        from_type from[lanes];                                                                                         \
        to_type to[(size) / sizeof(to_type)] = { 0 };                                                                  \
        memcpy(from, s, sizeof(from));                                                                                 \
        for (unsigned i = 0; i < lanes; i++) {                                                                         \
            const from_type x = from[i];                                                                               \
            to[i] = (to_type)(expression);                                                                             \
        }                                                                                                              \
        if (!end(cpu, &unit)) {                                                                                        \
            return false;                                                                                              \
        }                                                                                                              \
        memcpy(d, to, sizeof(to));                                                                                     \
        return true;                                                                                                   \
    }

// The unit rounds to the format of the result.
static uint64_t from_int(struct unit *unit, int64_t value, bool is_double)
{
    const int64_t exact = is_double ? INT64_C(1) << 53 : INT64_C(1) << 24;
    if (value <= exact && value >= -exact) {
        return from_host((double)value, is_double);
    }
    return store(number_convert(&unit->context, number_from_int(value)), is_double);
}

static int64_t to_int(struct unit *unit, uint64_t x, bool is_double, unsigned bits, bool chop)
{
    if (likely(usual(x, is_double) && (chop || unit->nearest))) {
        const double value = to_host(x, is_double), limit = bits == 32 ? 0x1p31 : 0x1p63;
        const double rounded = chop ? trunc(value) : rint(value);
        if (rounded < limit && rounded >= -limit) {
            unit->context.flags |= rounded != value ? NUMBER_PE : 0;
            return (int64_t)rounded;
        }
    }
    if (chop) {
        unit->context.rounding = NUMBER_CHOP;
    }
    return number_to_int(&unit->context, load(unit, x, is_double), bits);
}

static uint64_t change_format(struct unit *unit, uint64_t x, bool to_double)
{
    if (to_double && usual(x, false)) {
        return from_host(to_host(x, false), true);
    }
    struct number n = load(unit, x, !to_double);
    if (number_is_nan(&n)) {
        return store(quiet(&unit->context, n), to_double);
    }
    if (n.denormal) {
        unit->context.flags |= NUMBER_DE;
    }
    return store(number_convert(&unit->context, n), to_double);
}

CONVERT(sse_cvtpi2ps, int32_t, uint32_t, 2, 8, false, from_int(&unit, x, false))
CONVERT(sse_cvtpi2pd, int32_t, uint64_t, 2, 16, true, from_int(&unit, x, true))
CONVERT(sse_cvtsi2ss, int32_t, uint32_t, 1, 4, false, from_int(&unit, x, false))
CONVERT(sse_cvtsi2sd, int32_t, uint64_t, 1, 8, true, from_int(&unit, x, true))
CONVERT(sse_cvtsi2ss64, int64_t, uint32_t, 1, 4, false, from_int(&unit, x, false))
CONVERT(sse_cvtsi2sd64, int64_t, uint64_t, 1, 8, true, from_int(&unit, x, true))
CONVERT(sse_cvtdq2ps, int32_t, uint32_t, 4, 16, false, from_int(&unit, x, false))
CONVERT(sse_cvtdq2pd, int32_t, uint64_t, 2, 16, true, from_int(&unit, x, true))

CONVERT(sse_cvtps2pi, uint32_t, int32_t, 2, 8, false, to_int(&unit, x, false, 32, false))
CONVERT(sse_cvttps2pi, uint32_t, int32_t, 2, 8, false, to_int(&unit, x, false, 32, true))
CONVERT(sse_cvtpd2pi, uint64_t, int32_t, 2, 8, true, to_int(&unit, x, true, 32, false))
CONVERT(sse_cvttpd2pi, uint64_t, int32_t, 2, 8, true, to_int(&unit, x, true, 32, true))
CONVERT(sse_cvtps2dq, uint32_t, int32_t, 4, 16, false, to_int(&unit, x, false, 32, false))
CONVERT(sse_cvttps2dq, uint32_t, int32_t, 4, 16, false, to_int(&unit, x, false, 32, true))
CONVERT(sse_cvtpd2dq, uint64_t, int32_t, 2, 16, true, to_int(&unit, x, true, 32, false))
CONVERT(sse_cvttpd2dq, uint64_t, int32_t, 2, 16, true, to_int(&unit, x, true, 32, true))
// To general registers: 32-bit results are zero-extended.
CONVERT(sse_cvtss2si, uint32_t, uint32_t, 1, 8, false, to_int(&unit, x, false, 32, false))
CONVERT(sse_cvttss2si, uint32_t, uint32_t, 1, 8, false, to_int(&unit, x, false, 32, true))
CONVERT(sse_cvtsd2si, uint64_t, uint32_t, 1, 8, true, to_int(&unit, x, true, 32, false))
CONVERT(sse_cvttsd2si, uint64_t, uint32_t, 1, 8, true, to_int(&unit, x, true, 32, true))
CONVERT(sse_cvtss2si64, uint32_t, int64_t, 1, 8, false, to_int(&unit, x, false, 64, false))
CONVERT(sse_cvttss2si64, uint32_t, int64_t, 1, 8, false, to_int(&unit, x, false, 64, true))
CONVERT(sse_cvtsd2si64, uint64_t, int64_t, 1, 8, true, to_int(&unit, x, true, 64, false))
CONVERT(sse_cvttsd2si64, uint64_t, int64_t, 1, 8, true, to_int(&unit, x, true, 64, true))

CONVERT(sse_cvtps2pd, uint32_t, uint64_t, 2, 16, true, change_format(&unit, x, true))
CONVERT(sse_cvtss2sd, uint32_t, uint64_t, 1, 8, true, change_format(&unit, x, true))
CONVERT(sse_cvtpd2ps, uint64_t, uint32_t, 2, 16, false, change_format(&unit, x, false))
CONVERT(sse_cvtsd2ss, uint64_t, uint32_t, 1, 4, false, change_format(&unit, x, false))
