// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Floating-point arithmetic and comparison (Arm ARM section J1.2).
//
// Numbers are computed in integers by vcpu/number.c. The host's arithmetic is used where it must give the same bits and
// no flag could be seen to change: rounding to nearest, operands that are zero or normal, a normal result, and FPSR.IXC set
// already, as it is soon after a program's first division.
#include "vcpu/aarch64/float/fp.h"

#include <string.h>

#define QUIET BIT64(62)

struct fp_unit fp_begin(const struct a64_cpu *cpu, bool is_double)
{
    const uint32_t fpcr = cpu->fpcr;
    const uint8_t rounding = (uint8_t)fp_mode(fpcr >> A64_FPCR_RMODE & 3);
    return (struct fp_unit){
        .context = { .precision = is_double ? 53 : 24,
                     .min = is_double ? -1022 : -126,
                     .max = is_double ? 1023 : 127,
                     .rounding = rounding,
                     .masks = 0x3f,
                     .flush = fpcr & A64_FPCR_FZ,
                     .early = true },
        .is_double = is_double,
        .default_nan = fpcr & A64_FPCR_DN,
        .alternative = fpcr & A64_FPCR_AHP,
        .quick = rounding == NUMBER_NEAREST && (cpu->fpsr & A64_FPSR_IXC),
    };
}

void fp_end(struct a64_cpu *cpu, const struct fp_unit *unit)
{
    const uint32_t flags = unit->context.flags; // IE is IOC; the others but DE are one bit lower
    cpu->fpsr |= (flags & NUMBER_IE) | (flags & ~(uint32_t)(NUMBER_IE | NUMBER_DE)) >> 1 |
                 (unit->input_denormal ? A64_FPSR_IDC : 0);
}

// --- operands and NaNs -----------------------------------------------------------------------------------------------

struct number fp_load(struct fp_unit *unit, uint64_t bits)
{
    struct number n = unit->is_double ? number_from_64(bits) : number_from_32((uint32_t)bits);
    if (n.denormal && unit->context.flush) {
        unit->input_denormal = true;
        return (struct number){ .kind = NUMBER_ZERO, .sign = n.sign };
    }
    return n;
}

uint64_t fp_store(const struct fp_unit *unit, struct number n)
{
    return unit->is_double ? number_to_64(n) : number_to_32(n);
}

static uint64_t default_nan(const struct fp_unit *unit)
{
    return unit->is_double ? UINT64_C(0x7ff8000000000000) : UINT64_C(0x7fc00000);
}

uint64_t fp_invalid(struct fp_unit *unit)
{
    unit->context.flags |= NUMBER_IE;
    return default_nan(unit);
}

uint64_t fp_nan(struct fp_unit *unit, const struct number *n)
{
    if (n->kind == NUMBER_SNAN)
        unit->context.flags |= NUMBER_IE;
    if (unit->default_nan)
        return default_nan(unit);
    struct number quiet = *n;
    quiet.kind = NUMBER_QNAN;
    quiet.mantissa |= QUIET;
    return fp_store(unit, quiet);
}

// FPProcessNaNs: the first signalling NaN, else the first quiet one. False: there is none.
static bool process_nans(struct fp_unit *unit, const struct number *n, unsigned count, uint64_t *result)
{
    const struct number *chosen = NULL;
    for (unsigned i = 0; i < count; i++) {
        if (n[i].kind == NUMBER_SNAN && (!chosen || chosen->kind != NUMBER_SNAN))
            chosen = &n[i];
        else if (n[i].kind == NUMBER_QNAN && !chosen)
            chosen = &n[i];
    }
    if (!chosen)
        return false;
    *result = fp_nan(unit, chosen);
    return true;
}

// The result of an operation on numbers: an invalid one gives the default NaN.
static uint64_t finish(const struct fp_unit *unit, struct number n)
{
    return number_is_nan(&n) ? default_nan(unit) : fp_store(unit, n);
}

// --- the four operations ---------------------------------------------------------------------------------------------

enum operation { ADD, SUB, MUL, DIV };

static NEVER_INLINE uint64_t operate(struct fp_unit *unit, enum operation operation, uint64_t a, uint64_t b)
{
    const struct number n[2] = { fp_load(unit, a), fp_load(unit, b) };
    uint64_t nan;
    if (process_nans(unit, n, 2, &nan))
        return nan;
    switch (operation) {
    case ADD: return finish(unit, number_add(&unit->context, n[0], n[1]));
    case SUB: return finish(unit, number_subtract(&unit->context, n[0], n[1]));
    case MUL: return finish(unit, number_multiply(&unit->context, n[0], n[1]));
    default: return finish(unit, number_divide(&unit->context, n[0], n[1]));
    }
}

// The host's part. An operand is easy when it is zero or normal; a result when it is normal but not the smallest, which
// may have been rounded up from what is tiny, or when it is an exact zero.
#define HOST(type, bits, name, smallest, largest)                                                                      \
    static inline bool name##_easy(type a)                                                                             \
    {                                                                                                                  \
        return (a > smallest && a <= largest) || (a < -smallest && a >= -largest);                                     \
    }                                                                                                                  \
    static inline bool name##_host(enum operation operation, uint64_t x, uint64_t y, uint64_t *z)                      \
    {                                                                                                                  \
        const bits x_bits = (bits)x, y_bits = (bits)y;                                                                 \
        bits z_bits;                                                                                                   \
        type a, b;                                                                                                     \
        memcpy(&a, &x_bits, sizeof a);                                                                                 \
        memcpy(&b, &y_bits, sizeof b);                                                                                 \
        if (!(name##_easy(a) || x_bits << 1 == 0) || !(name##_easy(b) || (y_bits << 1 == 0 && operation != DIV)))      \
            return false;                                                                                              \
        const type c = operation == ADD ? a + b : operation == SUB ? a - b : operation == MUL ? a * b : a / b;         \
        if (!name##_easy(c) && !(c == 0 && (operation <= SUB || a == 0 || b == 0)))                                    \
            return false;                                                                                              \
        memcpy(&z_bits, &c, sizeof c);                                                                                 \
        *z = z_bits;                                                                                                   \
        return true;                                                                                                   \
    }

HOST(float, uint32_t, single, 0x1p-126f, 0x1.fffffep127f)
HOST(double, uint64_t, double, 0x1p-1022, 0x1.fffffffffffffp1023)

static inline uint64_t compute(struct fp_unit *unit, enum operation operation, uint64_t a, uint64_t b)
{
    uint64_t result;
    if (likely(unit->quick) &&
        likely(unit->is_double ? double_host(operation, a, b, &result) : single_host(operation, a, b, &result)))
        return result;
    return operate(unit, operation, a, b);
}

uint64_t fp_add(struct fp_unit *unit, uint64_t a, uint64_t b)
{
    return compute(unit, ADD, a, b);
}

uint64_t fp_sub(struct fp_unit *unit, uint64_t a, uint64_t b)
{
    return compute(unit, SUB, a, b);
}

uint64_t fp_mul(struct fp_unit *unit, uint64_t a, uint64_t b)
{
    return compute(unit, MUL, a, b);
}

uint64_t fp_div(struct fp_unit *unit, uint64_t a, uint64_t b)
{
    return compute(unit, DIV, a, b);
}

uint64_t fp_abd(struct fp_unit *unit, uint64_t a, uint64_t b)
{
    return compute(unit, SUB, a, b) & ~fp_sign(unit);
}

// --- multiplications with rules of their own -------------------------------------------------------------------------

static bool zero_by_infinity(const struct number *a, const struct number *b)
{
    return (a->kind == NUMBER_ZERO && b->kind == NUMBER_INFINITE) ||
           (a->kind == NUMBER_INFINITE && b->kind == NUMBER_ZERO);
}

static struct number constant(uint64_t mantissa, int32_t exponent, bool sign)
{
    return (struct number){ NUMBER_FINITE, sign, false, exponent, mantissa };
}

#define ONE_AND_A_HALF constant(UINT64_C(3) << 62, 0, false)
#define TWO(sign)      constant(BIT64(63), 1, (sign))

uint64_t fp_mulx(struct fp_unit *unit, uint64_t a, uint64_t b)
{
    const struct number n[2] = { fp_load(unit, a), fp_load(unit, b) };
    uint64_t nan;
    if (process_nans(unit, n, 2, &nan))
        return nan;
    if (zero_by_infinity(&n[0], &n[1]))
        return fp_store(unit, TWO(n[0].sign != n[1].sign));
    return finish(unit, number_multiply(&unit->context, n[0], n[1]));
}

uint64_t fp_muladd(struct fp_unit *unit, uint64_t addend, uint64_t a, uint64_t b)
{
    const struct number n[3] = { fp_load(unit, addend), fp_load(unit, a), fp_load(unit, b) };
    uint64_t nan;
    if (process_nans(unit, n, 3, &nan)) {
        if (n[0].kind == NUMBER_QNAN && zero_by_infinity(&n[1], &n[2]))
            return fp_invalid(unit);
        return nan;
    }
    return finish(unit, number_multiply_add(&unit->context, n[1], n[2], n[0]));
}

// A step of Newton's iteration: `from` - a * b, times 2^scale.
static uint64_t step(struct fp_unit *unit, uint64_t a, uint64_t b, struct number from, int32_t scale)
{
    struct number n[2] = { fp_load(unit, a ^ fp_sign(unit)), fp_load(unit, b) };
    uint64_t nan;
    if (process_nans(unit, n, 2, &nan))
        return nan;
    if (zero_by_infinity(&n[0], &n[1]))
        return fp_store(unit, from);
    n[0].exponent += scale;
    return finish(unit, number_multiply_add(&unit->context, n[0], n[1], from));
}

uint64_t fp_recps(struct fp_unit *unit, uint64_t a, uint64_t b)
{
    return step(unit, a, b, TWO(false), 0);
}

uint64_t fp_rsqrts(struct fp_unit *unit, uint64_t a, uint64_t b)
{
    return step(unit, a, b, ONE_AND_A_HALF, -1);
}

uint64_t fp_sqrt(struct fp_unit *unit, uint64_t a)
{
    const struct number n = fp_load(unit, a);
    if (number_is_nan(&n))
        return fp_nan(unit, &n);
    return finish(unit, number_square_root(&unit->context, n));
}

// --- comparison ------------------------------------------------------------------------------------------------------

static uint64_t select(struct fp_unit *unit, uint64_t a, uint64_t b, bool larger)
{
    const struct number n[2] = { fp_load(unit, a), fp_load(unit, b) };
    uint64_t nan;
    if (process_nans(unit, n, 2, &nan))
        return nan;
    if (n[0].kind == NUMBER_ZERO && n[1].kind == NUMBER_ZERO) { // +0 is larger than -0
        struct number zero = n[0];
        zero.sign = larger ? n[0].sign && n[1].sign : n[0].sign || n[1].sign;
        return fp_store(unit, zero);
    }
    int order = number_compare(n[0], n[1]);
    return fp_store(unit, (larger ? order > 0 : order < 0) ? n[0] : n[1]);
}

uint64_t fp_max(struct fp_unit *unit, uint64_t a, uint64_t b)
{
    return select(unit, a, b, true);
}

uint64_t fp_min(struct fp_unit *unit, uint64_t a, uint64_t b)
{
    return select(unit, a, b, false);
}

static uint64_t select_number(struct fp_unit *unit, uint64_t a, uint64_t b, bool larger)
{
    const bool a_quiet = fp_load(unit, a).kind == NUMBER_QNAN, b_quiet = fp_load(unit, b).kind == NUMBER_QNAN;
    const struct number lost = { .kind = NUMBER_INFINITE, .sign = larger };
    if (a_quiet && !b_quiet)
        a = fp_store(unit, lost);
    else if (b_quiet && !a_quiet)
        b = fp_store(unit, lost);
    return select(unit, a, b, larger);
}

uint64_t fp_maxnm(struct fp_unit *unit, uint64_t a, uint64_t b)
{
    return select_number(unit, a, b, true);
}

uint64_t fp_minnm(struct fp_unit *unit, uint64_t a, uint64_t b)
{
    return select_number(unit, a, b, false);
}

int fp_compare(struct fp_unit *unit, uint64_t a, uint64_t b, bool signals)
{
    const struct number x = fp_load(unit, a), y = fp_load(unit, b);
    if (number_is_nan(&x) || number_is_nan(&y)) {
        if (signals || x.kind == NUMBER_SNAN || y.kind == NUMBER_SNAN)
            unit->context.flags |= NUMBER_IE;
        return 2;
    }
    return number_compare(x, y);
}
