// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Vector instructions: known answers, and random ones compared with qemu-aarch64.
#include <criterion/criterion.h>

#include "oracle.h"
#include "rig.h"

#define QC BIT32(27)

static const union a64_vector ascending = { .d = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) } };
static const union a64_vector marked = { .d = { UINT64_C(0x1716151413121110), UINT64_C(0x1f1e1d1c1b1a1918) } };

// A CPU with V1, V2 and an old V0, after one instruction.
static struct a64_cpu after(uint32_t word, union a64_vector v1, union a64_vector v2)
{
    struct a64_cpu cpu = { .v = { { .d = { UINT64_C(0xa7a6a5a4a3a2a1a0), UINT64_C(0xafaeadacabaaa9a8) } }, v1, v2 } };
    for (unsigned i = 0; i < 31; i++)
        cpu.r[i] = UINT64_C(0x1234567890abcde0) + i;
    a64_simd_function *function = a64_simd_find(word);
    cr_assert(function, "%08x is unallocated", word);
    function(&cpu, word);
    return cpu;
}

static void expect(uint32_t word, union a64_vector v1, union a64_vector v2, uint64_t high, uint64_t low, uint32_t fpsr)
{
    struct a64_cpu cpu = after(word, v1, v2);
    cr_expect_eq(cpu.v[0].d[1], high, "%08x: high %016llx", word, (unsigned long long)cpu.v[0].d[1]);
    cr_expect_eq(cpu.v[0].d[0], low, "%08x: low %016llx", word, (unsigned long long)cpu.v[0].d[0]);
    cr_expect_eq(cpu.fpsr, fpsr, "%08x: fpsr %08x", word, cpu.fpsr);
}

static union a64_vector twice(uint64_t value)
{
    return (union a64_vector){ .d = { value, value } };
}

Test(simd, moves_and_permutations_give_the_known_bytes)
{
    const union a64_vector a = ascending, b = marked;
    expect(0x2e021820, a, b, 0, UINT64_C(0x1211100706050403), 0); // ext v0.8b, v1.8b, v2.8b, #3
    expect(0x4e427820, a, b, UINT64_C(0x1f1e0f0e1d1c0d0c), UINT64_C(0x1b1a0b0a19180908), 0); // zip2 v0.8h, v1.8h, v2.8h
    expect(0x4e600820, a, b, UINT64_C(0x09080b0a0d0c0f0e), UINT64_C(0x0100030205040706), 0); // rev64 v0.8h, v1.8h
    expect(0x6e0e5420, a, b, UINT64_C(0xafaeadacabaaa9a8), UINT64_C(0x0b0aa5a4a3a2a1a0), 0); // ins v0.h[3], v1.h[5]
    expect(0x4e040c20, a, b, UINT64_C(0x90abcde190abcde1), UINT64_C(0x90abcde190abcde1), 0); // dup v0.4s, w1
}

Test(simd, a_bitwise_select_takes_its_mask_from_the_destination)
{
    struct a64_cpu cpu = after(0x6e621c20, twice(UINT64_MAX), twice(0)); // bsl v0.16b, v1.16b, v2.16b
    cr_expect_eq(cpu.v[0].d[0], UINT64_C(0xa7a6a5a4a3a2a1a0));
    cpu = after(0x6e621c20, twice(0), twice(UINT64_MAX));
    cr_expect_eq(cpu.v[0].d[0], ~UINT64_C(0xa7a6a5a4a3a2a1a0));
}

Test(simd, general_registers_get_elements_and_extend_them)
{
    union a64_vector v = ascending;
    v.b[2] = 0x80;
    cr_expect_eq(after(0x0e052c20, v, v).r[0], 0xffffff80u, "smov w0, v1.b[2]");
    cr_expect_eq(after(0x4e052c20, v, v).r[0], UINT64_C(0xffffffffffffff80), "smov x0, v1.b[2]");
    cr_expect_eq(after(0x0e063c20, ascending, v).r[0], 0x0302u, "umov w0, v1.h[1]");
    cr_expect_eq(after(0x9eae0020, ascending, v).r[0], ascending.d[1], "fmov x0, v1.d[1]");
    cr_expect_eq(after(0x0e063c3f, ascending, v).r[A64_ZERO], 0, "umov wzr, v1.h[1]");
}

Test(simd, a_table_lookup_outside_the_table_gives_zero_or_leaves_the_byte)
{
    const union a64_vector index = { .d = { UINT64_C(0x20ff801f10000f01), UINT64_C(0xffffffffffffff1f) } };
    struct a64_cpu cpu = { .v = { { .d = { UINT64_C(0xa7a6a5a4a3a2a1a0), 1 } }, ascending, marked, index } };
    struct a64_cpu other = cpu;
    a64_simd_find(0x4e032020)(&cpu, 0x4e032020); // tbl v0.16b, {v1.16b, v2.16b}, v3.16b
    cr_expect_eq(cpu.v[0].d[0], UINT64_C(0x0000001f10000f01));
    cr_expect_eq(cpu.v[0].d[1], 0x1f);
    a64_simd_find(0x0e031020)(&other, 0x0e031020); // tbx v0.8b, {v1.16b}, v3.8b
    cr_expect_eq(other.v[0].d[0], UINT64_C(0xa7a6a5a4a3000f01));
    cr_expect_eq(other.v[0].d[1], 0);
}

Test(simd, a_table_of_registers_continues_after_v31_with_v0)
{
    struct a64_cpu cpu = { .v = { [0] = marked, [3] = twice(UINT64_C(0x1f100f0007060504)), [31] = ascending } };
    a64_simd_find(0x4e0323e0)(&cpu, 0x4e0323e0); // tbl v0.16b, {v31.16b, v0.16b}, v3.16b
    cr_expect_eq(cpu.v[0].d[0], UINT64_C(0x1f100f0007060504));
}

Test(simd, immediates_expand_as_their_mode_says)
{
    const union a64_vector a = ascending;
    expect(0x6f05e4a0, a, a, UINT64_C(0xff00ff0000ff00ff), UINT64_C(0xff00ff0000ff00ff), 0); // movi v0.2d
    // mvni v0.4s, #0xab, msl #8
    expect(0x6f05c560, a, a, UINT64_C(0xffff5400ffff5400), UINT64_C(0xffff5400ffff5400), 0);
    expect(0x4f00b640, a, a, UINT64_C(0xbfaebfacbbaabba8), UINT64_C(0xb7a6b7a4b3a2b3a0), 0); // orr v0.8h, #0x12, lsl #8
}

// What the string functions of C libraries are made of.
Test(simd, bytes_equal_to_zero_are_found_and_packed)
{
    union a64_vector text = marked;
    text.b[3] = text.b[12] = 0;
    // cmeq v0.16b, v1.16b, #0
    expect(0x4e209820, text, text, UINT64_C(0x000000ff00000000), UINT64_C(0x00000000ff000000), 0);
    union a64_vector found = { .d = { UINT64_C(0x00000000ff000000), UINT64_C(0x000000ff00000000) } };
    expect(0x0f0c8420, found, found, 0, UINT64_C(0x000f00000000f000), 0);    // shrn v0.8b, v1.8h, #4
    expect(0x6e22a420, found, twice(0), 0, UINT64_C(0x00ff00000000ff00), 0); // umaxp v0.16b, v1.16b, v2.16b
}

Test(simd, arithmetic_wraps_and_saturation_sets_qc)
{
    const union a64_vector high = twice(UINT64_C(0x7f7f7f7f7f7f7f7f)), one = twice(UINT64_C(0x0101010101010101));
    expect(0x0e220c20, high, one, 0, UINT64_C(0x7f7f7f7f7f7f7f7f), QC); // sqadd v0.8b, v1.8b, v2.8b
    expect(0x0e220c20, one, one, 0, UINT64_C(0x0202020202020202), 0);
    expect(0x5e220c20, high, one, 0, 0x7f, QC);                                                  // sqadd b0, b1, b2
    expect(0x5ee28420, twice(UINT64_MAX), twice(1), 0, 0, 0);                                    // add d0, d1, d2
    expect(0x4ea2b420, twice(UINT64_C(0x8000000080000000)), twice(UINT64_C(0x8000000080000000)), // sqdmulh v0.4s
           UINT64_C(0x7fffffff7fffffff), UINT64_C(0x7fffffff7fffffff), QC);
    expect(0x0f089c20, twice(UINT64_C(0x7fff008080007f80)), twice(0), 0, UINT64_C(0x7f01807f) << 32 | 0x7f01807f, QC);
}

Test(simd, saturation_outside_the_width_of_the_operation_is_not_seen)
{
    union a64_vector a = { .d = { 1, UINT64_MAX >> 1 } };
    expect(0x5e220c20, a, a, 0, 2, 0); // sqadd b0, b1, b2
    a.d[0] = UINT64_C(0x7f7f7f7f7f7f7f01);
    expect(0x5e220c20, a, a, 0, 2, 0);
    a = (union a64_vector){ .d = { 0, UINT64_C(0x7f7f7f7f7f7f7f7f) } };
    expect(0x0e220c20, a, a, 0, 0, 0); // sqadd v0.8b, v1.8b, v2.8b
}

Test(simd, multiplications_know_elements_polynomials_and_lengths)
{
    union a64_vector by = twice(0);
    by.h[7] = 3;
    expect(0x0f728820, ascending, by, 0, UINT64_C(0x15120f0c09060300), 0); // mul v0.4h, v1.4h, v2.h[7]
}

Test(simd, counts_sums_and_estimates_are_right)
{
    expect(0x0e205820, twice(UINT64_C(0xff7f3f1f0f070301)), twice(0), 0, UINT64_C(0x0807060504030201), 0); // cnt v0.8b
    expect(0x2e303820, twice(UINT64_MAX), twice(0), 0, 8 * 255, 0);                                        // uaddlv h0
    expect(0x0e22e020, twice(0x83), twice(0x83), 0, 0x4005, 0);                                     // pmull v0.8h
    expect(0x4ea1c820, twice(UINT64_C(0x8000000040000000)), twice(0), UINT64_C(0xff800000ffffffff), // urecpe v0.4s
           UINT64_C(0xff800000ffffffff), 0);
}

Test(simd, an_insertion_shifted_by_all_bits_keeps_the_destination)
{
    // sri v0.2d, v1.2d, #64
    expect(0x6f404420, twice(UINT64_MAX), twice(0), UINT64_C(0xafaeadacabaaa9a8), UINT64_C(0xa7a6a5a4a3a2a1a0), 0);
}

Test(simd, what_came_after_armv8_0_and_cryptography_are_unallocated)
{
    static const uint32_t words[] = {
        0x4e284820, // aese v0.16b, v1.16b
        0x0ee2e020, // pmull v0.1q, v1.1d, v2.1d
        0x5e020020, // sha1c q0, s1, v2.4s
        0x5e280820, // sha1h s0, s1
        0x6e828420, // sqrdmlah v0.4s, v1.4s, v2.4s
        0x4e421420, // fadd v0.8h, v1.8h, v2.8h
        0x4e829420, // sdot v0.4s, v1.16b, v2.16b
        0x0ee28420, // add v0.1d, v1.1d, v2.1d
        0xce020420, // eor3
    };
    for (unsigned i = 0; i < countof(words); i++)
        cr_expect_null(a64_simd_find(words[i]), "%08x", words[i]);
}

Test(simd, a_program_uses_vectors_where_el1_lets_it)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig->cpu;
    cpu->cpacr = 3 << 20;
    rig_set_el(cpu, 1, true);
    cpu->r[1] = 0x41;
    // dup v0.16b, w1; uaddlv h0, v0.16b; umov w0, v0.h[0]
    rig_code(rig, 0x4e010c20, 0x6e303800, 0x0e023c00);
    rig_run(rig, 3);
    cr_expect_eq(cpu->r[0], 16 * 0x41);
    cr_expect_eq(cpu->r[A64_PC], RIG_CODE + 12);
    rig_free(rig);
}

Test(simd, random_vector_instructions_agree_with_the_oracle, .timeout = 300)
{
    static const struct oracle_form forms[] = {
        { "three same", 0x0e200400, 0x9f200400 },
        { "scalar three same", 0x5e200400, 0xdf200400 },
        { "three different", 0x0e200000, 0x9f200c00 },
        { "scalar three different", 0x5e200000, 0xdf200c00 },
        { "two-register miscellaneous", 0x0e200800, 0x9f3e0c00 },
        { "scalar two-register miscellaneous", 0x5e200800, 0xdf3e0c00 },
        { "across lanes", 0x0e300800, 0x9f3e0c00 },
        { "scalar pairwise", 0x5e300800, 0xdf3e0c00 },
        { "copy", 0x0e000400, 0x9fe08400 },
        { "scalar copy", 0x5e000400, 0xdfe08400 },
        { "permute", 0x0e000800, 0xbf208c00 },
        { "extract", 0x2e000000, 0xbfe08400 },
        { "table lookup", 0x0e000000, 0xbfe08c00 },
        { "modified immediate", 0x0f000400, 0x9ff80400 },
        { "shift by immediate", 0x0f000400, 0x9f800400 },
        { "scalar shift by immediate", 0x5f000400, 0xdf800400 },
        { "by element", 0x0f000000, 0x9f000400 },
        { "scalar by element", 0x5f000000, 0xdf000400 },
        { "anything with vectors", 0x0e000000, 0x8e000000 },
    };
    oracle_compare(forms, countof(forms), 8000, "cortex-a57");
}
