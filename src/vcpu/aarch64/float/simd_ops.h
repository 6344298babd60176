// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the files of SIMD instructions share: the rows of their tables, the operands, and loops over lanes.
//
// Scalar forms differ from vector forms in bit 28 alone, and work on lane 0; indexed forms (by element) differ in bit
// 24. So one function serves all three: the width of the operation and the second operand come from the word.
#ifndef VCPU_AARCH64_FLOAT_SIMD_OPS_H
#define VCPU_AARCH64_FLOAT_SIMD_OPS_H

#include <stddef.h>
#include <string.h>

#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/float/simd.h"
#include "vcpu/aarch64/word.h"
#include "vcpu/number.h"

__extension__ typedef __int128 int128;

#define A64_QC BIT32(27) // FPSR: something was saturated

// An instruction by its size field (bits 23:22, or what the class has instead).
struct a64_simd_row {
    a64_simd_function *run[4];
    uint8_t scalar; // sizes (a bit each) that have a scalar form
    uint8_t whole;  // sizes that need Q in the vector form: there is no 1D
    uint8_t no_vector : 1;
};

#define SIMD_B(name)                                                                                                   \
    {                                                                                                                  \
        name##_b, NULL, NULL, NULL                                                                                     \
    }
#define SIMD_BH(name)                                                                                                  \
    {                                                                                                                  \
        name##_b, name##_h, NULL, NULL                                                                                 \
    }
#define SIMD_HS(name)                                                                                                  \
    {                                                                                                                  \
        NULL, name##_h, name##_s, NULL                                                                                 \
    }
#define SIMD_BHS(name)                                                                                                 \
    {                                                                                                                  \
        name##_b, name##_h, name##_s, NULL                                                                             \
    }
#define SIMD_BHSD(name)                                                                                                \
    {                                                                                                                  \
        name##_b, name##_h, name##_s, name##_d                                                                         \
    }

// The classes (section C4.1.96), each in the file of its instructions. NULL: unallocated.
a64_simd_function *a64_simd_three_same(uint32_t word);      // simd_int.c
a64_simd_function *a64_simd_two_misc(uint32_t word);        // simd_int.c
a64_simd_function *a64_simd_by_element(uint32_t word);      // simd_int.c
a64_simd_function *a64_simd_across(uint32_t word);          // simd_across.c
a64_simd_function *a64_simd_pairwise(uint32_t word);        // simd_across.c
a64_simd_function *a64_simd_three_different(uint32_t word); // simd_long.c
a64_simd_function *a64_simd_misc_long(uint32_t word);       // simd_long.c: those of two_misc that change the size
a64_simd_function *a64_simd_shift(uint32_t word);           // simd_shift.c
a64_simd_function *a64_simd_copy(uint32_t word);            // simd_move.c
a64_simd_function *a64_simd_permute(uint32_t word);         // simd_move.c: ZIP, UZP, TRN, EXT, TBL, TBX
a64_simd_function *a64_simd_immediate(uint32_t word);       // simd_move.c
a64_simd_function *a64_simd_float_same(uint32_t word);      // simd_float.c: what of a class is floating point
a64_simd_function *a64_simd_float_misc(uint32_t word);
a64_simd_function *a64_simd_float_across(uint32_t word);
a64_simd_function *a64_simd_float_pairwise(uint32_t word);
a64_simd_function *a64_simd_float_shift(uint32_t word);
a64_simd_function *a64_simd_float_element(uint32_t word);
a64_simd_function *a64_fp_find(uint32_t word); // fp_scalar.c

// VFPExpandImm: the immediate of FMOV.
uint64_t a64_simd_expand_float(unsigned imm8, bool is_double);

// --- operands --------------------------------------------------------------------------------------------------------

#define SIMD_RD(word) ((word)&31)
#define SIMD_RN(word) ((word) >> 5 & 31)
#define SIMD_RM(word) ((word) >> 16 & 31)
#define SIMD_Q(word)  ((word) >> 30 & 1)

static inline bool simd_is_scalar(uint32_t word)
{
    return a64_bit(word, 28);
}

// The function of a row, if the form exists.
static inline a64_simd_function *simd_pick(const struct a64_simd_row *row, unsigned size, uint32_t word)
{
    if (simd_is_scalar(word))
        return row->scalar >> size & 1 ? row->run[size] : NULL;
    return row->no_vector || (!SIMD_Q(word) && (row->whole >> size & 1)) ? NULL : row->run[size];
}

// Bytes that the operation reads and writes in a register; what is above is written as 0.
static inline unsigned simd_width(uint32_t word, unsigned element)
{
    return simd_is_scalar(word) ? element : SIMD_Q(word) ? 16 : 8;
}

static inline union a64_vector simd_low(union a64_vector v, unsigned bytes)
{
    if (bytes < 16) {
        v.d[0] &= bits_low(bytes * 8);
        v.d[1] = 0;
    }
    return v;
}

// One element in all lanes.
static inline union a64_vector simd_repeat(uint64_t value, unsigned bytes)
{
    union a64_vector v;
    switch (bytes) {
    case 1: value = (uint8_t)value * UINT64_C(0x0101010101010101); break;
    case 2: value = (uint16_t)value * UINT64_C(0x0001000100010001); break;
    case 4: value = (uint32_t)value * UINT64_C(0x0000000100000001); break;
    default: break;
    }
    v.d[0] = v.d[1] = value;
    return v;
}

// The second operand: a register, or one element of it in all lanes (H:L:M is the index, section C4.1.96).
static inline union a64_vector simd_second(const struct a64_cpu *cpu, uint32_t word, unsigned bytes)
{
    if (!a64_bit(word, 24))
        return cpu->v[SIMD_RM(word)];
    unsigned h = a64_bit(word, 11), l = a64_bit(word, 21), m = a64_bit(word, 20);
    switch (bytes) {
    case 2: return simd_repeat(cpu->v[word >> 16 & 15].h[h << 2 | l << 1 | m], 2);
    case 4: return simd_repeat(cpu->v[SIMD_RM(word)].s[h << 1 | l], 4);
    default: return simd_repeat(cpu->v[SIMD_RM(word)].d[h], 8);
    }
}

// --- values ----------------------------------------------------------------------------------------------------------

static inline int64_t simd_saturate(int128 value, unsigned bits, bool *saturated)
{
    const int64_t high = (int64_t)bits_low(bits - 1);
    if (value > high || value < -(int128)high - 1) {
        *saturated = true;
        return value > 0 ? high : -high - 1;
    }
    return (int64_t)value;
}

static inline uint64_t simd_saturate_unsigned(int128 value, unsigned bits, bool *saturated)
{
    if (value < 0 || value > (int128)bits_low(bits)) {
        *saturated = true;
        return value < 0 ? 0 : bits_low(bits);
    }
    return (uint64_t)value;
}

// `value` (64 bits and a sign) shifted left, or right if `by` (-128 to 127) is negative. What is shifted out of sight
// stays a multiple of 2^64, and too large for any element.
static inline int128 simd_shifted(int128 value, int by, bool rounds)
{
    if (by >= 0)
        return by > 63 ? ((value > 0) - (value < 0)) * ((int128)1 << 100) : (int128)((uint128)value << by);
    unsigned right = by < -100 ? 100 : (unsigned)-by;
    return (value + (rounds ? (int128)1 << (right - 1) : 0)) >> right;
}

// --- lanes -----------------------------------------------------------------------------------------------------------

// Shifts by an immediate: immh:immb, for elements of `bits` (of the narrow ones where there are two sizes).
#define SIMD_RIGHT (2 * bits - (word >> 16 & 0x7f))
#define SIMD_LEFT  ((word >> 16 & 0x7f) - bits)

// A function of lanes of the type T, the field F of the vector: x of Rn, y of the second operand, z of Rd before. Lanes
// above the width are thrown away.
#define SIMD_LANES(name, T, F, expression)                                                                             \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        enum { bits = 8 * sizeof(T) };                                                                                 \
        const unsigned width = simd_width(word, sizeof(T));                                                            \
        const union a64_vector n = cpu->v[SIMD_RN(word)], m = simd_second(cpu, word, sizeof(T));                       \
        union a64_vector d = cpu->v[SIMD_RD(word)];                                                                    \
        for (unsigned i = 0; i < 16 / sizeof(T); i++) {                                                                \
            const T x = (T)n.F[i], y = (T)m.F[i], z = (T)d.F[i];                                                       \
            (void)x, (void)y, (void)z;                                                                                 \
            d.F[i] = (expression);                                                                                     \
        }                                                                                                              \
        cpu->v[SIMD_RD(word)] = d;                                                                                     \
        if (width < 16)                                                                                                \
            cpu->v[SIMD_RD(word)] = simd_low(d, width);                                                                \
    }

// The same where the expression may set q, which becomes FPSR.QC: lanes above the width are computed from zeros.
#define SIMD_SATURATED(name, T, F, expression)                                                                         \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        enum { bits = 8 * sizeof(T) };                                                                                 \
        const unsigned width = simd_width(word, sizeof(T));                                                            \
        const union a64_vector n = simd_low(cpu->v[SIMD_RN(word)], width);                                             \
        const union a64_vector m = simd_low(simd_second(cpu, word, sizeof(T)), width);                                 \
        union a64_vector d = simd_low(cpu->v[SIMD_RD(word)], width);                                                   \
        bool q = false;                                                                                                \
        for (unsigned i = 0; i < 16 / sizeof(T); i++) {                                                                \
            const T x = (T)n.F[i], y = (T)m.F[i], z = (T)d.F[i];                                                       \
            (void)x, (void)y, (void)z;                                                                                 \
            d.F[i] = (expression);                                                                                     \
        }                                                                                                              \
        if (q)                                                                                                         \
            cpu->fpsr |= A64_QC;                                                                                       \
        cpu->v[SIMD_RD(word)] = simd_low(d, width);                                                                    \
    }

#define SIMD_LANES_BHS(name, S, expression)                                                                            \
    SIMD_LANES(name##_b, S##8_t, b, expression)                                                                        \
    SIMD_LANES(name##_h, S##16_t, h, expression)                                                                       \
    SIMD_LANES(name##_s, S##32_t, s, expression)
#define SIMD_LANES_BHSD(name, S, expression)                                                                           \
    SIMD_LANES_BHS(name, S, expression)                                                                                \
    SIMD_LANES(name##_d, S##64_t, d, expression)
#define SIMD_SATURATED_HS(name, S, expression)                                                                         \
    SIMD_SATURATED(name##_h, S##16_t, h, expression)                                                                   \
    SIMD_SATURATED(name##_s, S##32_t, s, expression)
#define SIMD_SATURATED_BHSD(name, S, expression)                                                                       \
    SIMD_SATURATED(name##_b, S##8_t, b, expression)                                                                    \
    SIMD_SATURATED_HS(name, S, expression)                                                                             \
    SIMD_SATURATED(name##_d, S##64_t, d, expression)

// From lanes of T to lanes of twice the size, WT: x and y as above but of the upper half with Q, w the wide lane of Rn.
#define SIMD_LONG(name, T, F, WT, WF, expression)                                                                      \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        enum { bits = 8 * sizeof(T), lanes = 8 / sizeof(T) };                                                          \
        const unsigned count = simd_is_scalar(word) ? 1 : lanes;                                                       \
        const unsigned first = simd_is_scalar(word) || !SIMD_Q(word) ? 0 : lanes;                                      \
        const union a64_vector n = cpu->v[SIMD_RN(word)], m = simd_second(cpu, word, sizeof(T));                       \
        const union a64_vector old = cpu->v[SIMD_RD(word)];                                                            \
        union a64_vector d = { .d = { 0, 0 } };                                                                        \
        bool q = false;                                                                                                \
        for (unsigned i = 0; i < count; i++) {                                                                         \
            const T x = (T)n.F[first + i], y = (T)m.F[first + i];                                                      \
            const WT w = (WT)n.WF[i], z = (WT)old.WF[i];                                                               \
            (void)x, (void)y, (void)z, (void)w;                                                                        \
            d.WF[i] = (expression);                                                                                    \
        }                                                                                                              \
        if (q)                                                                                                         \
            cpu->fpsr |= A64_QC;                                                                                       \
        cpu->v[SIMD_RD(word)] = d;                                                                                     \
    }

#define SIMD_LONG_HS(name, S, expression)                                                                              \
    SIMD_LONG(name##_h, S##16_t, h, S##32_t, s, expression)                                                            \
    SIMD_LONG(name##_s, S##32_t, s, S##64_t, d, expression)
#define SIMD_LONG_BHS(name, S, expression)                                                                             \
    SIMD_LONG(name##_b, S##8_t, b, S##16_t, h, expression)                                                             \
    SIMD_LONG_HS(name, S, expression)

// From lanes of WT (x of Rn, y of Rm) to lanes of half the size: the lower half of Rd, or with Q the upper.
#define SIMD_NARROW(name, T, F, WT, WF, expression)                                                                    \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        enum { bits = 8 * sizeof(T), lanes = 8 / sizeof(T) };                                                          \
        const unsigned count = simd_is_scalar(word) ? 1 : lanes;                                                       \
        const unsigned first = simd_is_scalar(word) || !SIMD_Q(word) ? 0 : lanes;                                      \
        const union a64_vector n = cpu->v[SIMD_RN(word)], m = cpu->v[SIMD_RM(word)];                                   \
        union a64_vector d = { .d = { first ? cpu->v[SIMD_RD(word)].d[0] : 0, 0 } };                                   \
        bool q = false;                                                                                                \
        for (unsigned i = 0; i < count; i++) {                                                                         \
            const WT x = (WT)n.WF[i], y = (WT)m.WF[i];                                                                 \
            (void)x, (void)y;                                                                                          \
            d.F[first + i] = (expression);                                                                             \
        }                                                                                                              \
        if (q)                                                                                                         \
            cpu->fpsr |= A64_QC;                                                                                       \
        cpu->v[SIMD_RD(word)] = d;                                                                                     \
    }

#define SIMD_NARROW_BHS(name, S, expression)                                                                           \
    SIMD_NARROW(name##_b, S##8_t, b, S##16_t, h, expression)                                                           \
    SIMD_NARROW(name##_h, S##16_t, h, S##32_t, s, expression)                                                          \
    SIMD_NARROW(name##_s, S##32_t, s, S##64_t, d, expression)

#endif
