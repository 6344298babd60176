// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the encoder for arm64 writes, against an assembler and as Capstone reads it; and the operands of its logical instructions, all
// of them, against the decoder of the Arm ARM. Nothing is executed: this runs on any host.
#include <stdlib.h>

#include "vcpu/jit/bytes/arm64.h"

Test(arm64, samples)
{
    struct emit_label label = { 0, 0 };
    struct emit_shared shared = { .native_of_head = 0x40,
                                  .leave = (const uint8_t *)0x2000,
                                  .body = (const uint8_t *)0x800 };
    const void *const *target = (const void *const *)0x123456789ab0;
    SAMPLE("mov w0, w1", emit_move(e, 32, 0, 1), 0x2a0103e0);
    SAMPLE("mov x6, x15", emit_move(e, 64, 6, 15), 0xaa0f03e6);
    SAMPLE("movz x0, #0", emit_constant(e, 0, 0), 0xd2800000);
    SAMPLE("movn x0, #0", emit_constant(e, 0, UINT64_MAX), 0x92800000);
    SAMPLE("movz x3, #0x1234, lsl #16", emit_constant(e, 3, 0x12340000), 0xd2a24683);
    SAMPLE("movn x3, #0x1234", emit_constant(e, 3, ~UINT64_C(0x1234)), 0x92824683);
    SAMPLE("movz x3, #0x5678; movk x3, #0x1234, lsl #16", emit_constant(e, 3, 0x12345678), 0xd28acf03, 0xf2a24683);
    SAMPLE("orr x3, xzr, #0xff00ff00ff00ff", emit_constant(e, 3, UINT64_C(0x00ff00ff00ff00ff)), 0xb2009fe3);
    SAMPLE("movn x3, #0xffff; movk x3, #0x1234, lsl #32", emit_constant(e, 3, UINT64_C(0xffff1234ffff0000)), 0x929fffe3,
           0xf2c24683);
    SAMPLE("uxtb w0, w1", emit_extend(e, 64, 0, 1, 8, false), 0x53001c20);
    SAMPLE("uxth w0, w1", emit_extend(e, 32, 0, 1, 16, false), 0x53003c20);
    SAMPLE("ubfx x0, x1, #0, #0x20", emit_extend(e, 64, 0, 1, 32, false), 0xd3407c20);
    SAMPLE("sxtb w0, w1", emit_extend(e, 32, 0, 1, 8, true), 0x13001c20);
    SAMPLE("sxtw x0, w1", emit_extend(e, 64, 0, 1, 32, true), 0x93407c20);
    SAMPLE("bfxil x0, x1, #0, #0x10", emit_insert(e, 0, 1, 16, 0), 0xb3403c20);
    SAMPLE("bfi x0, x1, #8, #8", emit_insert(e, 0, 1, 8, 8), 0xb3781c20);
    SAMPLE("ldr x0, [x19, #0x7ff8]", emit_state_load(e, 64, 0, 0x7ff8), 0xf97ffe60);
    SAMPLE("movz x17, #0x8000; ldr x0, [x19, x17]", emit_state_load(e, 64, 0, 0x8000), 0xd2900011, 0xf8716a60);
    SAMPLE("str w11, [x19, #0x10]", emit_state_store(e, 32, 16, 11), 0xb900126b);
    SAMPLE("str xzr, [x19, #8]", emit_state_store_constant(e, 8, 0), 0xf900067f);
    SAMPLE("add x0, x1, x2", emit_alu(e, EMIT_ADD, 64, 0, 1, 2), 0x8b020020);
    SAMPLE("bic w0, w1, w2", emit_alu(e, EMIT_ANDN, 32, 0, 1, 2), 0x0a220020);
    SAMPLE("eon x0, x1, x2", emit_alu(e, EMIT_XORN, 64, 0, 1, 2), 0xca220020);
    SAMPLE("sub w0, w1, #1", emit_alu_constant(e, EMIT_ADD, 32, 0, 1, UINT32_MAX), 0x51000420);
    SAMPLE("add x0, x1, #3, lsl #12", emit_alu_constant(e, EMIT_ADD, 64, 0, 1, 0x3000), 0x91400c20);
    SAMPLE("movz x17, #0x3001; add x0, x1, x17", emit_alu_constant(e, EMIT_ADD, 64, 0, 1, 0x3001), 0xd2860031,
           0x8b110020);
    SAMPLE("and x0, x1, #0xfffffffffffff000", emit_alu_constant(e, EMIT_AND, 64, 0, 1, ~UINT64_C(0xfff)), 0x9274cc20);
    SAMPLE("and w0, w1, #0xff", emit_alu_constant(e, EMIT_AND, 32, 0, 1, 0xff), 0x12001c20);
    SAMPLE("lsl x0, x1, x2", emit_shift(e, EMIT_SHL, 64, 0, 1, 2), 0x9ac22020);
    SAMPLE("ror w0, w1, w2", emit_shift(e, EMIT_ROR, 32, 0, 1, 2), 0x1ac22c20);
    SAMPLE("lsl x0, x1, #3", emit_shift_constant(e, EMIT_SHL, 64, 0, 1, 3), 0xd37df020);
    SAMPLE("asr w0, w1, #0x1f", emit_shift_constant(e, EMIT_SAR, 32, 0, 1, 31), 0x131f7c20);
    SAMPLE("ror w0, w1, #7", emit_shift_constant(e, EMIT_ROR, 32, 0, 1, 7), 0x13811c20);
    SAMPLE("add x0, x1, x2, lsl #3; add x0, x0, #0x10", emit_address(e, 0, 1, 2, 3, 16), 0x8b020c20, 0x91004000);
    SAMPLE("mul w0, w1, w2", emit_multiply(e, 32, 0, 1, 2), 0x1b027c20);
    SAMPLE("smulh x0, x1, x2", emit_multiply_high(e, true, 0, 1, 2), 0x9b427c20);
    SAMPLE("udiv w0, w1, w2", emit_divide(e, false, 32, 0, 1, 2), 0x1ac20820);
    SAMPLE("mvn x0, x1", emit_not(e, 64, 0, 1), 0xaa2103e0);
    SAMPLE("neg w0, w1", emit_negate(e, 32, 0, 1), 0x4b0103e0);
    SAMPLE("rev w0, w1", emit_swap(e, 32, 0, 1), 0x5ac00820);
    SAMPLE("rev x0, x1", emit_swap(e, 64, 0, 1), 0xdac00c20);
    SAMPLE("clz x0, x1", emit_count_zeros(e, 64, 0, 1), 0xdac01020);
    SAMPLE("cmp x0, x1", emit_compare(e, 64, 0, 1), 0xeb01001f);
    SAMPLE("lsl w16, w0, #0x18; cmp w16, w1, lsl #24", emit_compare(e, 8, 0, 1), 0x53081c10, 0x6b01621f);
    SAMPLE("cmp x0, #5", emit_compare_constant(e, 64, 0, 5), 0xf100141f);
    SAMPLE("cmn w0, #5", emit_compare_constant(e, 32, 0, UINT64_C(0xfffffffb)), 0x3100141f);
    SAMPLE("tst w0, #4", emit_test_constant(e, 32, 0, 4), 0x721e001f);
    SAMPLE("lsl w16, w0, #0x18; tst w16, w1, lsl #24", emit_test(e, 8, 0, 1), 0x53081c10, 0x6a01621f);
    SAMPLE("csel w0, w1, w2, lo", emit_select(e, EMIT_LO, 32, 0, 1, 2), 0x1a823020);
    SAMPLE("cset x0, hs", emit_set(e, EMIT_HS, 0), 0x9a9f37e0);
    SAMPLE("ldrb w0, [x1]", emit_load(e, 64, 0, 1, 0, 1, false), 0x39400020);
    SAMPLE("ldrsh w0, [x1, #2]", emit_load(e, 32, 0, 1, 2, 2, true), 0x79c00420);
    SAMPLE("ldursw x0, [x1, #-4]", emit_load(e, 64, 0, 1, -4, 4, true), 0xb89fc020);
    SAMPLE("ldr w0, [x1]", emit_load(e, 32, 0, 1, 0, 4, true), 0xb9400020);
    SAMPLE("strh wzr, [x1]", emit_store_constant(e, 1, 0, 2, 0), 0x7900003f);
    SAMPLE("subs x22, x22, #5; b.mi #0x1008", emit_head(e, 5, &label); emit_label(e, &label), 0xf10016d6, 0x54000024);
    SAMPLE("sub w20, w20, #4", emit_move_pc(e, 32, -4), 0x51001294);
    SAMPLE("ldur x16, [x0, #-0x40]; br x16", emit_go(e, &shared), 0xf85c0010, 0xd61f0200);
    SAMPLE("movz x16, #0x9ab0; movk x16, #0x5678, lsl #16; movk x16, #0x1234, lsl #32; ldr x16, [x16]; br x16",
           emit_exit(e, &label, target), 0xd2935610, 0xf2aacf10, 0xf2c24690, 0xf9400210, 0xd61f0200);
    SAMPLE("movz x0, #0x1; movz x2, #0x9; b #0x2000", emit_leave(e, &shared, (const void *)1, 9), 0xd2800020,
           0xd2800122, 0x140003fe);
    SAMPLE("movz x0, #0x1; movz x2, #0x2; bl #0x800", emit_call_body(e, &shared, (const void *)1, (const void *)2),
           0xd2800020, 0xd2800042, 0x97fffdfe);
}

// Code memory may be larger than a branch reaches.
Test(arm64, code_that_is_far)
{
    struct emit_shared shared = { .body = (const uint8_t *)(0x1008 + (UINT64_C(4) << 25)) };
    SAMPLE("movz x0, #0x1; movz x2, #0x2; movz x16, #0x1008; movk x16, #0x800, lsl #16; blr x16",
           emit_call_body(e, &shared, (const void *)1, (const void *)2), 0xd2800020, 0xd2800042, 0xd2820110, 0xf2a10010,
           0xd63f0200);
    shared.body -= 4;
    SAMPLE("movz x0, #0x1; movz x2, #0x2; bl #0x8001004", emit_call_body(e, &shared, (const void *)1, (const void *)2),
           0xd2800020, 0xd2800042, 0x95ffffff);
}

// --- the operands of logical instructions ----------------------------------------------------------------------------

// DecodeBitMasks of the Arm ARM (J1.1), for the value alone. False: the encoding is reserved.
static bool decode(unsigned bits, unsigned n, unsigned imms, unsigned immr, uint64_t *value)
{
    unsigned both = n << 6 | (~imms & 0x3f);
    if (both < 2 || (bits == 32 && n))
        return false;
    unsigned length = bits_highest(both), size = 1u << length, levels = size - 1, s = imms & levels, r = immr & levels;
    if (s == levels)
        return false;
    uint64_t element = bits_low(s + 1), turned = 0;
    for (unsigned bit = 0; bit < size; bit++)
        if (element >> ((bit + r) % size) & 1)
            turned |= BIT64(bit);
    *value = 0;
    for (unsigned at = 0; at < bits; at += size)
        *value |= turned << at;
    return true;
}

static uint64_t known[2 * 64 * 64];
static size_t known_count;

static int order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool is_known(uint64_t value)
{
    return bsearch(&value, known, known_count, sizeof known[0], order);
}

static void check_masks(unsigned bits, size_t expected)
{
    uint64_t value, back;
    uint32_t field;
    known_count = 0;
    for (unsigned n = 0; n < 2; n++)
        for (unsigned imms = 0; imms < 64; imms++)
            for (unsigned immr = 0; immr < 64; immr++) {
                if (!decode(bits, n, imms, immr, &value))
                    continue;
                known[known_count++] = value;
                cr_assert(mask_field(value, bits, &field), "%u bits: %llx", bits, (unsigned long long)value);
                cr_assert(decode(bits, field >> 22, field >> 10 & 0x3f, field >> 16 & 0x3f, &back));
                cr_assert(field >> 23 == 0 && (field & 0x3ff) == 0 && back == value, "%u bits: %llx", bits,
                          (unsigned long long)value);
            }
    qsort(known, known_count, sizeof known[0], order);
    size_t different = 0;
    for (size_t i = 0; i < known_count; i++)
        different += i == 0 || known[i] != known[i - 1];
    cr_assert_eq(different, expected);

    // What is no operand is not taken for one: neighbours of them all, and sums of two.
    for (size_t i = 0; i < known_count; i++) {
        for (unsigned bit = 0; bit < bits; bit++) {
            value = known[i] ^ BIT64(bit);
            cr_assert_eq(mask_field(value, bits, &field), is_known(value));
        }
        value = (known[i] + known[(i * 7919 + 13) % known_count]) & bits_low(bits);
        cr_assert_eq(mask_field(value, bits, &field), is_known(value));
    }
    cr_assert_not(mask_field(0, bits, &field));
    cr_assert_not(mask_field(bits_low(bits), bits, &field));
}

Test(arm64, every_operand_of_a_logical_instruction)
{
    check_masks(64, 5334);
    check_masks(32, 1302);
}
