// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Floating-point scalars: arithmetic, comparison, selection, immediates, and conversion from and to general registers
// (Arm ARM section C4.1.96, "Floating-point ...").
//
// Not modelled: half precision but in FCVT, and FJCVTZS (Armv8.2 and 8.3).
#include "vcpu/aarch64/float/fp.h"
#include "vcpu/aarch64/float/simd_ops.h"

// --- operands: ftype is 0 for 32 bits, 1 for 64, 3 for 16 ------------------------------------------------------------

static bool is_double(uint32_t word)
{
    return a64_bit(word, 22);
}

static uint64_t read(const struct a64_cpu *cpu, uint32_t word, unsigned number)
{
    return is_double(word) ? cpu->v[number].d[0] : cpu->v[number].s[0];
}

static void write(struct a64_cpu *cpu, uint32_t word, uint64_t value)
{
    cpu->v[SIMD_RD(word)] = (union a64_vector){ .d = { value, 0 } };
}

// A function of Rn (x), Rm (y) and Ra (z) in a unit.
#define SCALAR(name, expression)                                                                                       \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        struct fp_unit unit = fp_begin(cpu, is_double(word)), *u = &unit;                                              \
        const uint64_t x = read(cpu, word, SIMD_RN(word)), y = read(cpu, word, SIMD_RM(word));                         \
        const uint64_t z = read(cpu, word, word >> 10 & 31);                                                           \
        (void)y, (void)z;                                                                                              \
        write(cpu, word, (expression));                                                                                \
        fp_end(cpu, u);                                                                                                \
    }
// The same where no unit is needed.
#define PLAIN(name, expression)                                                                                        \
    static void name(struct a64_cpu *cpu, uint32_t word)                                                               \
    {                                                                                                                  \
        const uint64_t x = read(cpu, word, SIMD_RN(word)), sign = is_double(word) ? BIT64(63) : BIT64(31);             \
        (void)sign;                                                                                                    \
        write(cpu, word, (expression));                                                                                \
    }

// --- one, two, three sources -----------------------------------------------------------------------------------------

PLAIN(fmov, x)
PLAIN(fabs_, x & ~sign)
PLAIN(fneg, x ^ sign)
SCALAR(fsqrt, fp_sqrt(u, x))
SCALAR(frintn, fp_round_integral(u, x, NUMBER_NEAREST, false))
SCALAR(frintp, fp_round_integral(u, x, NUMBER_UP, false))
SCALAR(frintm, fp_round_integral(u, x, NUMBER_DOWN, false))
SCALAR(frintz, fp_round_integral(u, x, NUMBER_CHOP, false))
SCALAR(frinta, fp_round_integral(u, x, NUMBER_AWAY, false))
SCALAR(frintx, fp_round_integral(u, x, u->context.rounding, true))
SCALAR(frinti, fp_round_integral(u, x, u->context.rounding, false))

static void fcvt(struct a64_cpu *cpu, uint32_t word) // opc, in bits 16:15, is the format of the result
{
    static const uint8_t formats[] = { 32, 64, 0, 16 };
    const unsigned from = formats[a64_field(word, 23, 22)], to = formats[a64_field(word, 16, 15)];
    struct fp_unit unit = fp_begin(cpu, false);
    const uint64_t x = cpu->v[SIMD_RN(word)].d[0] & bits_low(from);
    write(cpu, word, fp_convert(&unit, x, from, to, unit.context.rounding));
    fp_end(cpu, &unit);
}

SCALAR(fmul, fp_mul(u, x, y))
SCALAR(fdiv, fp_div(u, x, y))
SCALAR(fadd, fp_add(u, x, y))
SCALAR(fsub, fp_sub(u, x, y))
SCALAR(fmax_, fp_max(u, x, y))
SCALAR(fmin_, fp_min(u, x, y))
SCALAR(fmaxnm, fp_maxnm(u, x, y))
SCALAR(fminnm, fp_minnm(u, x, y))
SCALAR(fnmul, fp_mul(u, x, y) ^ fp_sign(u))

SCALAR(fmadd, fp_muladd(u, z, x, y))
SCALAR(fmsub, fp_muladd(u, z, x ^ fp_sign(u), y))
SCALAR(fnmadd, fp_muladd(u, z ^ fp_sign(u), x ^ fp_sign(u), y))
SCALAR(fnmsub, fp_muladd(u, z ^ fp_sign(u), x, y))

// --- comparison and selection ----------------------------------------------------------------------------------------

static void compare(struct a64_cpu *cpu, uint32_t word, uint64_t y, bool signals)
{
    static const uint32_t nzcv[] = { A64_N, A64_Z | A64_C, A64_C, A64_C | A64_V };
    struct fp_unit unit = fp_begin(cpu, is_double(word));
    a64_set_nzcv(cpu, nzcv[1 + fp_compare(&unit, read(cpu, word, SIMD_RN(word)), y, signals)]);
    fp_end(cpu, &unit);
}

static void fcmp(struct a64_cpu *cpu, uint32_t word) // bit 3: with zero; bit 4: FCMPE
{
    compare(cpu, word, a64_bit(word, 3) ? 0 : read(cpu, word, SIMD_RM(word)), a64_bit(word, 4));
}

static void fccmp(struct a64_cpu *cpu, uint32_t word)
{
    if (a64_holds(cpu, a64_field(word, 15, 12)))
        compare(cpu, word, read(cpu, word, SIMD_RM(word)), a64_bit(word, 4));
    else
        a64_set_nzcv(cpu, (word & 15) << 28);
}

static void fcsel(struct a64_cpu *cpu, uint32_t word)
{
    bool holds = a64_holds(cpu, a64_field(word, 15, 12));
    write(cpu, word, read(cpu, word, holds ? SIMD_RN(word) : SIMD_RM(word)));
}

static void fmov_immediate(struct a64_cpu *cpu, uint32_t word)
{
    write(cpu, word, a64_simd_expand_float(a64_field(word, 20, 13), is_double(word)));
}

// --- general registers -----------------------------------------------------------------------------------------------

static unsigned general_bits(uint32_t word)
{
    return a64_bit(word, 31) ? 64 : 32;
}

// Bits below the point of a fixed-point number; an integer where bit 21 is set.
static unsigned fraction(uint32_t word)
{
    return a64_bit(word, 21) ? 0 : 64 - a64_field(word, 15, 10);
}

static void to_general(struct a64_cpu *cpu, uint32_t word, unsigned rounding)
{
    struct fp_unit unit = fp_begin(cpu, is_double(word));
    cpu->r[a64_target(SIMD_RD(word))] = fp_to_fixed(&unit, read(cpu, word, SIMD_RN(word)), rounding, general_bits(word),
                                                    fraction(word), a64_bit(word, 16));
    fp_end(cpu, &unit);
}

static void fcvt_to_general(struct a64_cpu *cpu, uint32_t word) // rmode, in bits 20:19
{
    to_general(cpu, word, fp_mode(a64_field(word, 20, 19)));
}

static void fcvta_to_general(struct a64_cpu *cpu, uint32_t word)
{
    to_general(cpu, word, NUMBER_AWAY);
}

static void cvtf_general(struct a64_cpu *cpu, uint32_t word)
{
    struct fp_unit unit = fp_begin(cpu, is_double(word));
    const unsigned bits = general_bits(word);
    const uint64_t x = cpu->r[SIMD_RN(word)] & bits_low(bits);
    write(cpu, word, fp_from_fixed(&unit, x, bits, fraction(word), a64_bit(word, 16)));
    fp_end(cpu, &unit);
}

static void fmov_to_general(struct a64_cpu *cpu, uint32_t word)
{
    cpu->r[a64_target(SIMD_RD(word))] = read(cpu, word, SIMD_RN(word));
}

static void fmov_from_general(struct a64_cpu *cpu, uint32_t word)
{
    write(cpu, word, cpu->r[SIMD_RN(word)] & bits_low(general_bits(word)));
}

static void fmov_high_to_general(struct a64_cpu *cpu, uint32_t word)
{
    cpu->r[a64_target(SIMD_RD(word))] = cpu->v[SIMD_RN(word)].d[1];
}

static void fmov_high_from_general(struct a64_cpu *cpu, uint32_t word)
{
    cpu->v[SIMD_RD(word)].d[1] = cpu->r[SIMD_RN(word)];
}

// --- tables ----------------------------------------------------------------------------------------------------------

static a64_simd_function *const one_source[64] = {
    [0x00] = fmov,   [0x01] = fabs_,  [0x02] = fneg,   [0x03] = fsqrt,  [0x04] = fcvt,
    [0x05] = fcvt,   [0x07] = fcvt,   [0x08] = frintn, [0x09] = frintp, [0x0a] = frintm,
    [0x0b] = frintz, [0x0c] = frinta, [0x0e] = frintx, [0x0f] = frinti,
};
static a64_simd_function *const two_source[16] = { fmul, fdiv, fadd, fsub, fmax_, fmin_, fmaxnm, fminnm, fnmul };
static a64_simd_function *const three_source[4] = { fmadd, fmsub, fnmadd, fnmsub }; // o1:o0

static a64_simd_function *find_one_source(uint32_t word, unsigned type)
{
    unsigned opcode = a64_field(word, 20, 15);
    a64_simd_function *function = one_source[opcode];
    if (function == fcvt)
        return opcode - 4 == type || type == 2 ? NULL : function;
    return type < 2 ? function : NULL;
}

// Between numbers and integers: by rmode and opcode.
static a64_simd_function *find_integer(uint32_t word, unsigned type)
{
    unsigned rmode = a64_field(word, 20, 19), opcode = a64_field(word, 18, 16), sf = a64_bit(word, 31);
    if (opcode >= 6) { // FMOV
        if (rmode == 1 && type == 2 && sf)
            return opcode & 1 ? fmov_high_from_general : fmov_high_to_general;
        return rmode == 0 && type == sf ? (opcode & 1 ? fmov_from_general : fmov_to_general) : NULL;
    }
    if (type >= 2 || (opcode >= 2 && rmode))
        return NULL;
    return opcode < 2 ? fcvt_to_general : opcode < 4 ? cvtf_general : fcvta_to_general;
}

static a64_simd_function *find_fixed(uint32_t word, unsigned type)
{
    unsigned rmode = a64_field(word, 20, 19), opcode = a64_field(word, 18, 16);
    if (type >= 2 || (!a64_bit(word, 31) && !a64_bit(word, 15)))
        return NULL;
    if (rmode == 0 && (opcode & 6) == 2)
        return cvtf_general;
    return rmode == 3 && opcode < 2 ? fcvt_to_general : NULL;
}

a64_simd_function *a64_fp_find(uint32_t word)
{
    unsigned type = a64_field(word, 23, 22);
    if (a64_bit(word, 29))
        return NULL;
    if (a64_bit(word, 24))
        return type < 2 && !a64_bit(word, 31) ? three_source[a64_bit(word, 21) << 1 | a64_bit(word, 15)] : NULL;
    if (!a64_bit(word, 21))
        return find_fixed(word, type);
    if (a64_field(word, 15, 10) == 0)
        return find_integer(word, type);
    if (a64_bit(word, 31))
        return NULL;
    if (a64_field(word, 14, 10) == 0x10)
        return find_one_source(word, type);
    if (type >= 2)
        return NULL;
    if (a64_field(word, 13, 10) == 8)
        return a64_field(word, 15, 14) || (word & 7) ? NULL : fcmp;
    if (a64_field(word, 12, 10) == 4)
        return a64_field(word, 9, 5) ? NULL : fmov_immediate;
    switch (a64_field(word, 11, 10)) {
    case 1: return fccmp;
    case 2: return two_source[a64_field(word, 15, 12)];
    case 3: return fcsel;
    default: return NULL;
    }
}
