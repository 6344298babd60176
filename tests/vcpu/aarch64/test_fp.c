// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Floating-point scalars: known answers, and random ones compared with qemu-aarch64.
#include <criterion/criterion.h>

#include "oracle.h"
#include "vcpu/aarch64/float/fp.h"

enum { IOC = 1, DZC = 2, OFC = 4, UFC = 8, IXC = 16, IDC = 128 };
enum { UP = 1 << 22, DOWN = 2 << 22, ZERO = 3 << 22, FZ = 1 << 24, DN = 1 << 25, AHP = 1 << 26 };

#define ONE      UINT64_C(0x3ff0000000000000)
#define INFINITE UINT64_C(0x7ff0000000000000)
#define NAN_     UINT64_C(0x7ff8000000000000) // the default one
#define SIGN     BIT64(63)

enum { // of D1 and D2 to D0, unless they say otherwise
    FADD = 0x1e622820,
    FMUL = 0x1e620820,
    FDIV = 0x1e621820,
    FMAXNM = 0x1e626820,
    FMAX = 0x1e624820,
    FCMP = 0x1e622020,
    FCMPE = 0x1e622030,
    FSQRT = 0x1e61c020,
    FRINTX = 0x1e674020,
    FCVTXN = 0x7e616820,
    FMADD = 0x1f420c20, // + D3
    FCVTZS_W = 0x1e780020,
    FCVTZU_X = 0x9e790020,
    FCVTAS_X = 0x9e640020,
    FCVT_H_S = 0x1e23c020,
    FCVT_S_H = 0x1ee24020,
    FMOV_HALF3 = 0x1e6f1000,
    SCVTF_4 = 0x1e42f020,
    FCCMP_EQ = 0x1e620425,
    FRECPE_S = 0x5ea1d820,
};

static struct a64_cpu after(uint32_t word, uint32_t fpcr, uint64_t d1, uint64_t d2, uint64_t d3)
{
    struct a64_cpu cpu = { .fpcr = fpcr };
    cpu.v[0] = (union a64_vector){ .d = { 1, 2 } };
    cpu.v[1] = (union a64_vector){ .d = { d1, 3 } };
    cpu.v[2] = (union a64_vector){ .d = { d2, 4 } };
    cpu.v[3] = (union a64_vector){ .d = { d3, 5 } };
    cpu.r[1] = (uint64_t)-24;
    a64_simd_function *function = a64_simd_find(word);
    cr_assert(function, "%08x is unallocated", word);
    function(&cpu, word);
    return cpu;
}

static void expect(uint32_t word, uint32_t fpcr, uint64_t d1, uint64_t d2, uint64_t result, uint32_t fpsr)
{
    struct a64_cpu cpu = after(word, fpcr, d1, d2, 0);
    cr_expect_eq(cpu.v[0].d[0], result, "%08x: %016llx", word, (unsigned long long)cpu.v[0].d[0]);
    cr_expect_eq(cpu.v[0].d[1], 0, "%08x: the upper half", word);
    cr_expect_eq(cpu.fpsr, fpsr, "%08x: fpsr %08x", word, cpu.fpsr);
}

static void expect_general(uint32_t word, uint64_t d1, uint64_t result, uint32_t fpsr)
{
    struct a64_cpu cpu = after(word, 0, d1, 0, 0);
    cr_expect_eq(cpu.r[0], result, "%08x: %016llx", word, (unsigned long long)cpu.r[0]);
    cr_expect_eq(cpu.fpsr, fpsr, "%08x: fpsr %08x", word, cpu.fpsr);
}

Test(fp, sums_round_as_fpcr_says)
{
    const uint64_t tiny = UINT64_C(0x3c00000000000000); // far below half a unit of 1
    expect(FADD, 0, ONE, tiny, ONE, IXC);
    expect(FADD, UP, ONE, tiny, ONE + 1, IXC);
    expect(FADD, DOWN, ONE, SIGN | tiny, ONE - 1, IXC);
    expect(FADD, ZERO, ONE | SIGN, tiny, (ONE | SIGN) - 1, IXC);
    expect(FADD, DOWN, ONE, SIGN | ONE, SIGN, 0); // an exact zero is negative
    expect(FADD, 0, ONE, ONE, ONE + BIT64(52), 0);
}

Test(fp, nans_follow_arms_rules)
{
    const uint64_t quiet = NAN_ | SIGN | 0x123, signalling = INFINITE | 0x456;
    expect(FADD, 0, quiet, ONE, quiet, 0);
    expect(FADD, 0, quiet, signalling, signalling | BIT64(51), IOC); // a signalling one goes first
    expect(FADD, 0, quiet, NAN_ | 0x789, quiet, 0);
    expect(FADD, DN, quiet, ONE, NAN_, 0);
    expect(FADD, 0, INFINITE, INFINITE | SIGN, NAN_, IOC); // and the default one is positive
    expect(FSQRT, 0, ONE | SIGN, 0, NAN_, IOC);
    expect(FMAX, 0, quiet, ONE, quiet, 0);
    expect(FMAXNM, 0, quiet, ONE, ONE, 0);
    expect(FMAXNM, 0, signalling, ONE, signalling | BIT64(51), IOC);
}

Test(fp, a_quiet_addend_does_not_hide_zero_by_infinity)
{
    struct a64_cpu cpu = after(FMADD, 0, 0, INFINITE, NAN_ | 1);
    cr_expect_eq(cpu.v[0].d[0], NAN_);
    cr_expect_eq(cpu.fpsr, IOC);
    cpu = after(FMADD, 0, ONE, INFINITE, NAN_ | 1);
    cr_expect_eq(cpu.v[0].d[0], NAN_ | 1);
    cr_expect_eq(cpu.fpsr, 0);
}

Test(fp, a_fused_product_is_rounded_once)
{
    // (1 + e)(1 - e) - 1 = -e^2, and e^2 is 2^-104.
    struct a64_cpu cpu = after(FMADD, 0, ONE + 1, ONE - 2, ONE | SIGN);
    cr_expect_eq(cpu.v[0].d[0], SIGN | (uint64_t)(1023 - 104) << 52);
    cr_expect_eq(cpu.fpsr, 0);
    // The largest number squared overflows, but not if an infinity is added.
    cpu = after(FMADD, 0, INFINITE - 1, INFINITE - 1, INFINITE | SIGN);
    cr_expect_eq(cpu.v[0].d[0], INFINITE | SIGN);
    cr_expect_eq(cpu.fpsr, 0);
}

Test(fp, exceptions_accumulate_in_fpsr)
{
    expect(FDIV, 0, ONE, 0, INFINITE, DZC);
    expect(FDIV, 0, 0, 0, NAN_, IOC);
    expect(FMUL, 0, INFINITE - 1, INFINITE - 1, INFINITE, OFC | IXC);
    expect(FMUL, ZERO, INFINITE - 1, INFINITE - 1, INFINITE - 1, OFC | IXC);
    expect(FMUL, 0, 1, ONE - BIT64(52), 0, UFC | IXC);
    expect(FMUL, 0, 2, ONE - BIT64(52), 1, 0); // a denormal, but exact
}

Test(fp, tininess_is_found_before_rounding)
{
    // 2^-1022 less 2^-1077: rounded to 53 bits of any exponent, it would not be tiny.
    const uint64_t a = (1023 - 500) * BIT64(52), b = (1023 - 577) * BIT64(52);
    struct a64_cpu cpu = after(FMADD, 0, a | SIGN, b, BIT64(52));
    cr_expect_eq(cpu.v[0].d[0], BIT64(52));
    cr_expect_eq(cpu.fpsr, UFC | IXC);
    cpu = after(FMADD, FZ, a | SIGN, b, BIT64(52));
    cr_expect_eq(cpu.v[0].d[0], 0);
    cr_expect_eq(cpu.fpsr, UFC);
}

Test(fp, flushing_tells_inputs_from_results)
{
    expect(FADD, FZ, 1, ONE, ONE, IDC);
    expect(FMUL, FZ, BIT64(52), ONE - BIT64(52), 0, UFC);
    expect(FADD, 0, 1, 1, 2, 0);
}

Test(fp, comparison_sets_the_flags_of_its_table)
{
    static const struct {
        uint64_t a, b;
        uint32_t nzcv, quiet, loud;
    } rows[] = {
        { ONE, ONE, A64_Z | A64_C, 0, 0 },    { 0, SIGN, A64_Z | A64_C, 0, 0 },
        { SIGN | ONE, ONE, A64_N, 0, 0 },     { INFINITE, ONE, A64_C, 0, 0 },
        { NAN_, ONE, A64_C | A64_V, 0, IOC }, { INFINITE | 1, ONE, A64_C | A64_V, IOC, IOC },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct a64_cpu cpu = after(FCMP, 0, rows[i].a, rows[i].b, 0);
        cr_expect_eq(a64_nzcv(&cpu), rows[i].nzcv, "row %u", i);
        cr_expect_eq(cpu.fpsr, rows[i].quiet, "row %u", i);
        cr_expect_eq(after(FCMPE, 0, rows[i].a, rows[i].b, 0).fpsr, rows[i].loud, "row %u", i);
    }
}

Test(fp, a_conditional_comparison_takes_its_own_flags_otherwise)
{
    struct a64_cpu cpu = after(FCCMP_EQ, 0, ONE, ONE, 0); // Z is set: result is 0
    cr_expect_eq(a64_nzcv(&cpu), A64_Z | A64_C);
    a64_set_nzcv(&cpu, 0);
    a64_simd_find(FCCMP_EQ)(&cpu, FCCMP_EQ);
    cr_expect_eq(a64_nzcv(&cpu), A64_Z | A64_V); // #5
}

Test(fp, integers_saturate_and_are_invalid_not_inexact)
{
    expect_general(FCVTZS_W, UINT64_C(0x4004000000000000), 2, IXC); // 2.5
    expect_general(FCVTAS_X, UINT64_C(0x4004000000000000), 3, IXC); // a tie goes away from zero
    expect_general(FCVTAS_X, UINT64_C(0xc004000000000000), (uint64_t)-3, IXC);
    expect_general(FCVTZS_W, UINT64_C(0x41e0000000000000), 0x7fffffff, IOC); // 2^31
    expect_general(FCVTZS_W, UINT64_C(0xc1e0000000000000), 0x80000000u, 0);  // -2^31: W zero-extends
    expect_general(FCVTZS_W, UINT64_C(0xfff0000000000000), 0x80000000u, IOC);
    expect_general(FCVTZS_W, NAN_, 0, IOC);
    expect_general(FCVTZU_X, UINT64_C(0xbfe0000000000000), 0, IXC);          // -0.5
    expect_general(FCVTZU_X, UINT64_C(0xbff0000000000000), 0, IOC);          // -1
    expect_general(FCVTZU_X, UINT64_C(0x43f0000000000000), UINT64_MAX, IOC); // 2^64
    expect_general(FCVTZU_X, UINT64_C(0x43efffffffffffff), UINT64_C(0xfffffffffffff800), 0);
    expect(SCVTF_4, 0, 0, 0, UINT64_C(0xbff8000000000000), 0);     // -24 / 16
    expect(FRINTX, 0, UINT64_C(0xbfd0000000000000), 0, SIGN, IXC); // -0.25 to -0
}

Test(fp, conversion_between_formats_rounds_and_knows_ahp)
{
    expect(FCVTXN, 0, ONE + 1, 0, 0x3f800001, IXC); // to odd
    expect(FCVT_H_S, 0, 0x3f800000, 0, 0x3c00, 0);
    expect(FCVT_H_S, 0, 0x47800000, 0, 0x7c00, OFC | IXC); // 65536
    expect(FCVT_H_S, AHP, 0x47800000, 0, 0x7c00, 0);       // is a number in the alternative format
    expect(FCVT_H_S, AHP, 0xff800000, 0, 0xffff, IOC);     // which has no infinity
    expect(FCVT_H_S, AHP, 0xffc00000, 0, 0x8000, IOC);     // and no NaN
    expect(FCVT_S_H, AHP, 0x7fff, 0, 0x47ffe000, 0);
    expect(FCVT_S_H, 0, 0x7d01, 0, 0x7fe02000, IOC); // a signalling one becomes quiet
    expect(FCVT_H_S, FZ, 0x33800000, 0, 1, 0);       // FZ does not flush halves
    expect(FMOV_HALF3, 0, 0, 0, UINT64_C(0x3ff8000000000000), 0);
}

Test(fp, the_reciprocal_estimate_is_the_architectures)
{
    expect(FRECPE_S, 0, 0x3f800000, 0, 0x3f7f8000, 0); // 1: 511 / 512
    expect(FRECPE_S, 0, 0x00000001, 0, 0x7f800000, OFC | IXC);
    expect(FRECPE_S, ZERO, 0x80000001, 0, 0xff7fffff, OFC | IXC);
    expect(FRECPE_S, 0, 0x80000000, 0, 0xff800000, DZC);
}

// With FPSR.IXC set, the host may compute: only the speed may differ.
Test(fp, the_hosts_arithmetic_gives_the_same_bits)
{
    uint64_t (*const functions[])(struct fp_unit *, uint64_t, uint64_t) = { fp_add, fp_sub, fp_mul, fp_div };
    struct a64_cpu exact = { .fpsr = 0 }, quick = { .fpsr = IXC };
    for (unsigned i = 0; i < 400000; i++) {
        const bool is_double = i & 1;
        const uint64_t a = is_double ? oracle_number(11, 52) : oracle_number(8, 23);
        const uint64_t b = is_double ? oracle_number(11, 52) : oracle_number(8, 23);
        struct fp_unit x = fp_begin(&exact, is_double), y = fp_begin(&quick, is_double);
        cr_assert(y.quick && !x.quick);
        const uint64_t ours = functions[i / 2 % 4](&x, a, b), hosts = functions[i / 2 % 4](&y, a, b);
        cr_assert_eq(ours, hosts, "%u: %llx %llx", i, (unsigned long long)a, (unsigned long long)b);
        cr_assert_eq((x.context.flags ^ y.context.flags) & ~NUMBER_PE & ~NUMBER_DE, 0);
    }
}

Test(fp, what_came_after_armv8_0_is_unallocated)
{
    static const uint32_t words[] = {
        0x1ee22820, // fadd h0, h1, h2
        0x1e7e0020, // fjcvtzs w0, d1
        0x1e684020 | BIT32(15),
        0x1e628000 | BIT32(29), // frint32z d0, d1; a set bit 29
        0x1e624020 | BIT32(15),
        0x1e42f020 ^ BIT32(15), // fcvt d to d; a fraction of more than 32 bits
    };
    for (unsigned i = 0; i < countof(words); i++)
        cr_expect_null(a64_simd_find(words[i]), "%08x", words[i]);
}

Test(fp, random_scalar_instructions_agree_with_the_oracle, .timeout = 300)
{
    static const struct oracle_form forms[] = {
        { "integers", 0x1e200000, 0x7f20fc00 },      { "fixed point", 0x1e000000, 0x7f200000 },
        { "one source", 0x1e204000, 0xff207c00 },    { "compare", 0x1e202000, 0xff20fc07 },
        { "immediate", 0x1e201000, 0xff201fe0 },     { "conditional compare", 0x1e200400, 0xff200c00 },
        { "two sources", 0x1e200800, 0xff200c00 },   { "conditional select", 0x1e200c00, 0xff200c00 },
        { "three sources", 0x1f000000, 0xff000000 }, { "anything with scalars", 0x1e000000, 0x5e000000 },
    };
    oracle_compare(forms, countof(forms), 8000, "cortex-a57");
}
