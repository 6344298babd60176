// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Binary floating-point numbers, unpacked, and their exact arithmetic: shared by x87, SSE and AArch64 (IEEE 754; SDM
// vol. 1 chapter 4 and 8.5).
//
// Everything is done in integers, so that results and flags are the same on every host: an operation yields its exact
// result as 128 bits, of which the lowest also stands for anything that was lost below it ("sticky"), and number_round
// rounds it. Callers handle NaN operands, since the rules differ.
#ifndef VCPU_NUMBER_H
#define VCPU_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 uint128;

enum number_kind {
    NUMBER_ZERO,
    NUMBER_FINITE,
    NUMBER_INFINITE,
    NUMBER_QNAN,
    NUMBER_SNAN,
    NUMBER_UNSUPPORTED, // x87: pseudo-NaN, pseudo-infinity, unnormal
};

struct number {
    enum number_kind kind;
    bool sign;
    bool denormal;     // its encoding was a denormal: raises DE where it is used
    int32_t exponent;  // of a finite number: its value is mantissa * 2^(exponent - 63)
    uint64_t mantissa; // bit 63 set; a NaN's payload in the same place, its quiet bit in bit 62
};

// Exceptions, in the bits that FSW and MXCSR have them.
enum {
    NUMBER_IE = 1 << 0,
    NUMBER_DE = 1 << 1,
    NUMBER_ZE = 1 << 2,
    NUMBER_OE = 1 << 3,
    NUMBER_UE = 1 << 4,
    NUMBER_PE = 1 << 5,
    NUMBER_BEFORE = NUMBER_IE | NUMBER_DE | NUMBER_ZE, // found before the operation
};

// In the order of x87's and MXCSR's RC. Arm also has: to the nearest, a tie away from zero; to odd, if inexact.
enum number_rounding { NUMBER_NEAREST, NUMBER_DOWN, NUMBER_UP, NUMBER_CHOP, NUMBER_AWAY, NUMBER_ODD };

// The format of a result and the rules of rounding.
struct number_context {
    uint8_t precision; // bits, 24, 53 or 64
    int32_t min, max;  // exponents of normal numbers
    uint8_t rounding;  // enum number_rounding
    uint8_t masks;     // exceptions that are masked
    bool flush;        // MXCSR.FZ, FPCR.FZ
    bool early;        // Arm: tininess is detected before rounding, and flushing raises only UE
    int32_t wrap;      // unmasked overflow and underflow: the offset added to the exponent (x87: 24576); 0: not used
    // Results.
    uint8_t flags; // exceptions raised
    bool up;       // the last result was rounded away from zero
};

#define NUMBER_DEFAULT_NAN ((struct number){ .kind = NUMBER_QNAN, .sign = true, .mantissa = UINT64_C(3) << 62 })

static inline bool number_is_nan(const struct number *n)
{
    return n->kind >= NUMBER_QNAN;
}

// Interchange formats: 16 bits (11, -14, 15), 32 bits (24, -126, 127) and 64 bits (53, -1022, 1023). `alternative`:
// Arm's half precision without infinities and NaNs, where the largest exponent is 16 (FPCR.AHP).
struct number number_from_16(uint16_t bits, bool alternative);
struct number number_from_32(uint32_t bits);
struct number number_from_64(uint64_t bits);
struct number number_from_80(uint16_t exponent, uint64_t mantissa);
struct number number_from_int(int64_t value);
// The number must be a result of number_round for that format (or zero, infinite, a NaN).
uint16_t number_to_16(struct number n);
uint32_t number_to_32(struct number n);
uint64_t number_to_64(struct number n);
void number_to_80(struct number n, uint16_t *exponent, uint64_t *mantissa);

// The number sign * m * 2^(exponent - 127), with bit 127 of m set, in the context's format.
struct number number_round(struct number_context *context, bool sign, int32_t exponent, uint128 m);
// The same for any m but 0.
struct number number_normalise(struct number_context *context, bool sign, int32_t exponent, uint128 m);
struct number number_convert(struct number_context *context, struct number n);

// Operations on numbers that are not NaNs. They raise IE, ZE and DE (in this order of priority) and those of rounding.
struct number number_add(struct number_context *context, struct number a, struct number b);
struct number number_subtract(struct number_context *context, struct number a, struct number b);
struct number number_multiply(struct number_context *context, struct number a, struct number b);
// a * b + c, rounded once; for operands of at most 53 bits of precision.
struct number number_multiply_add(struct number_context *context, struct number a, struct number b, struct number c);
struct number number_divide(struct number_context *context, struct number a, struct number b);
struct number number_square_root(struct number_context *context, struct number a);

// -1, 0, 1: a < b, a == b, a > b. Raises nothing.
int number_compare(struct number a, struct number b);

// The number rounded to an integral value, as a magnitude of at most 64 bits. False: it is larger, infinite or a NaN.
// Sets context->up and PE.
bool number_integer(struct number_context *context, struct number n, uint64_t *magnitude);

// To a signed integer of `bits` (16, 32, 64): raises IE and returns the smallest one if it does not fit.
int64_t number_to_int(struct number_context *context, struct number n, unsigned bits);

#endif
