// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for scalar floating point (Arm ARM section C4.1.96, "Floating-point ..."): the host computes where fp.c may let it, and the
// op's function runs where a flag might change or a NaN is chosen (vcpu/jit/float.c).
//
// Not modelled: minimum and maximum, rounding to integral numbers, fixed-point conversion and half precision have no templates.
#include "base/bits.h"
#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/aarch64/float/fp.h"
#include "vcpu/aarch64/float/simd_ops.h"
#include "vcpu/aarch64/jit/vector.h"
#include "vcpu/aarch64/word.h"
#include "vcpu/jit/compile.h"

static unsigned bits_of(uint32_t word)
{
    return a64_bit(word, 22) ? 64 : 32;
}

static void expect_plain_mode(struct compiler *c, struct cold *cold)
{
    emit_state_load(&c->e, 32, EMIT_T0, offsetof(struct a64_cpu, fpcr));
    emit_test_constant(&c->e, 32, EMIT_T0, 3 << A64_FPCR_RMODE | A64_FPCR_FZ);
    emit_branch(&c->e, EMIT_NE, &cold->from);
}

// The host may compute what is rounded: to nearest, without flushing, and FPSR.IXC is set.
static void expect_rounding(struct compiler *c, struct cold *cold)
{
    expect_plain_mode(c, cold);
    emit_state_load(&c->e, 32, EMIT_T0, offsetof(struct a64_cpu, fpsr));
    emit_test_constant(&c->e, 32, EMIT_T0, A64_FPSR_IXC);
    emit_branch(&c->e, EMIT_EQ, &cold->from);
}

// V0 is the result.
static void finish(struct compiler *c, struct cold *cold, uint32_t word, unsigned bits)
{
    emit_vector_low(&c->e, bits, vector_define(c, SIMD_RD(word)), EMIT_V0);
    memory_end(c, cold);
}

// --- one, two and three sources --------------------------------------------------------------------------------------

static void two_sources(struct compiler *c, uint32_t word, enum emit_float kind)
{
    unsigned bits = bits_of(word), n = vector_use(c, SIMD_RN(word)), m = vector_use(c, SIMD_RM(word));
    struct cold *cold = body_if(c);
    expect_rounding(c, cold);
    emit_float(&c->e, kind, bits, false, EMIT_V0, n, m);
    bool is_sum = kind == EMIT_FADD || kind == EMIT_FSUB;
    float_expect(c, cold, bits, EMIT_V0, is_sum, n, kind == EMIT_FMUL ? m : EMIT_NONE);
    finish(c, cold, word, bits);
}

static bool fused(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    unsigned bits = bits_of(word);
    bool negates_sum = a64_bit(word, 21), negates_product = a64_bit(word, 21) != a64_bit(word, 15);
    if (!emit_float_can_fuse())
        return false;
    unsigned n = vector_use(c, SIMD_RN(word)), m = vector_use(c, SIMD_RM(word));
    unsigned a = vector_use(c, a64_field(word, 14, 10));
    struct cold *cold = body_if(c);
    expect_rounding(c, cold);
    if (negates_sum || negates_product) {
        emit_constant(e, EMIT_T0, UINT64_C(1) << (bits - 1));
        emit_vector_from(e, 64, EMIT_V1, EMIT_T0);
    }
    if (negates_sum) {
        emit_vector(e, EMIT_VXOR, 64, EMIT_V3, a, EMIT_V1);
        a = EMIT_V3;
    }
    if (negates_product) {
        emit_vector(e, EMIT_VXOR, 64, EMIT_V1, n, EMIT_V1);
        n = EMIT_V1;
    }
    emit_float_fused(e, bits, EMIT_V0, n, m, a);
    float_expect(c, cold, bits, EMIT_V0, false, EMIT_NONE, EMIT_NONE);
    finish(c, cold, word, bits);
    return true;
}

// A number above 0 has a normal root.
static void square_root(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    unsigned bits = bits_of(word), n = vector_use(c, SIMD_RN(word));
    struct cold *cold = body_if(c);
    expect_rounding(c, cold);
    emit_vector_to(e, bits, EMIT_T0, n);
    emit_shift_constant(e, EMIT_SHR, bits, EMIT_T0, EMIT_T0, bits == 64 ? 52 : 23); // with its sign
    emit_alu_constant(e, EMIT_SUB, 32, EMIT_T0, EMIT_T0, 1);
    emit_compare_constant(e, 32, EMIT_T0, bits == 64 ? 0x7fd : 0xfd);
    emit_branch(e, EMIT_HI, &cold->from);
    emit_float(e, EMIT_FSQRT, bits, false, EMIT_V0, EMIT_V0, n);
    finish(c, cold, word, bits);
}

// To the other size: a float is a double, a double may be too small or too large.
static void convert(struct compiler *c, uint32_t word)
{
    unsigned to = bits_of(word) == 64 ? 32 : 64, n = vector_use(c, SIMD_RN(word));
    struct cold *cold = body_if(c);
    if (to == 32)
        expect_rounding(c, cold);
    else
        expect_plain_mode(c, cold);
    emit_float_convert(&c->e, to, EMIT_V0, n);
    float_expect(c, cold, to, EMIT_V0, to == 64, EMIT_NONE, EMIT_NONE);
    finish(c, cold, word, to);
}

// FMOV, FABS, FNEG
static void change_sign(struct compiler *c, uint32_t word, unsigned opcode)
{
    struct emit *e = &c->e;
    unsigned bits = bits_of(word), n = vector_use(c, SIMD_RN(word)), d = vector_define(c, SIMD_RD(word));
    if (opcode == 0) {
        emit_vector_low(e, bits, d, n);
        return;
    }
    emit_vector_to(e, bits, EMIT_T0, n);
    if (opcode == 1) {
        emit_shift_constant(e, EMIT_SHL, bits, EMIT_T0, EMIT_T0, 1);
        emit_shift_constant(e, EMIT_SHR, bits, EMIT_T0, EMIT_T0, 1);
    } else {
        emit_alu_constant(e, EMIT_XOR, bits, EMIT_T0, EMIT_T0, UINT64_C(1) << (bits - 1));
    }
    emit_vector_from(e, bits, d, EMIT_T0);
}

static bool one_source(struct compiler *c, uint32_t word)
{
    unsigned opcode = a64_field(word, 20, 15);
    if (opcode <= 2)
        change_sign(c, word, opcode);
    else if (opcode == 3)
        square_root(c, word);
    else if (opcode == 4 || opcode == 5)
        convert(c, word);
    else
        return false;
    return true;
}

// FADD, FSUB, FMUL and FDIV of 16 bytes, by U, bit 23 and the opcode.
bool a64_numbers_emit(struct compiler *c, uint32_t word)
{
    unsigned row = a64_bit(word, 29) << 6 | a64_bit(word, 23) << 5 | a64_field(word, 15, 11), bits = bits_of(word);
    enum emit_float kind;
    switch (row) {
    case 0x1a: kind = EMIT_FADD; break;
    case 0x3a: kind = EMIT_FSUB; break;
    case 0x5b: kind = EMIT_FMUL; break;
    case 0x5f: kind = EMIT_FDIV; break;
    default: return false;
    }
    if (simd_is_scalar(word) || !SIMD_Q(word))
        return false;
    unsigned n = vector_use(c, SIMD_RN(word)), m = vector_use(c, SIMD_RM(word));
    struct cold *cold = body_if(c);
    expect_rounding(c, cold);
    emit_float_lanes(&c->e, kind, bits, EMIT_V0, n, m);
    float_lanes(c, cold, bits, EMIT_V0, kind == EMIT_FADD || kind == EMIT_FSUB ? 0 : 2, false);
    emit_vector_move(&c->e, vector_define(c, SIMD_RD(word)), EMIT_V0);
    memory_end(c, cold);
    return true;
}

// --- comparison and selection ----------------------------------------------------------------------------------------

// After a NaN the interpreter goes on.
static void compare(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    unsigned bits = bits_of(word), n = vector_use(c, SIMD_RN(word)), m = EMIT_V0;
    if (!a64_bit(word, 3))
        m = vector_use(c, SIMD_RM(word));
    struct cold *cold = body_if(c);
    cold->returns_no_more = true;
    expect_plain_mode(c, cold);
    if (a64_bit(word, 3))
        emit_vector_zero(e, EMIT_V0);
    unsigned order = define(c, A64_T3);
    emit_float_compare(e, bits, n, m, &cold->from);
    emit_set(e, EMIT_HI, EMIT_T0);
    emit_set(e, EMIT_HS, EMIT_T1);
    emit_alu(e, EMIT_ADD, 64, order, EMIT_T0, EMIT_T1);
    flags_set(c, FLAGS_FLOAT, 32, A64_T3, A64_T3, EMIT_NONE, 0);
}

static void select(struct compiler *c, uint32_t word)
{
    static const uint8_t conditions[14] = { IF_EQ, IF_NE, IF_HS, IF_LO, IF_MI, IF_PL, IF_VS,
                                            IF_VC, IF_HI, IF_LS, IF_GE, IF_LT, IF_GT, IF_LE };
    struct emit *e = &c->e;
    struct emit_label over = { 0, 0 };
    unsigned bits = bits_of(word), wanted = a64_field(word, 15, 12);
    unsigned n = vector_use(c, SIMD_RN(word)), m = vector_use(c, SIMD_RM(word));
    emit_vector_move(e, EMIT_V0, n);
    if (wanted < 14) {
        emit_branch(e, condition(c, (enum condition)conditions[wanted]), &over);
        emit_vector_move(e, EMIT_V0, m);
        emit_label(e, &over);
    }
    emit_vector_low(e, bits, vector_define(c, SIMD_RD(word)), EMIT_V0);
}

// FMOV of an immediate
static void immediate(struct compiler *c, uint32_t word)
{
    unsigned bits = bits_of(word), d = vector_define(c, SIMD_RD(word));
    emit_constant(&c->e, EMIT_T0, a64_simd_expand_float(a64_field(word, 20, 13), bits == 64));
    emit_vector_from(&c->e, bits, d, EMIT_T0);
}

// --- general registers -----------------------------------------------------------------------------------------------

static unsigned general_bits(uint32_t word)
{
    return a64_bit(word, 31) ? 64 : 32;
}

// FCVTZS, FCVTNS and those without a sign.
static void to_general(struct compiler *c, uint32_t word, bool truncates)
{
    struct emit *e = &c->e;
    unsigned to = general_bits(word), n = vector_use(c, SIMD_RN(word));
    bool is_unsigned = a64_bit(word, 16);
    struct cold *cold = body_if(c);
    expect_rounding(c, cold);
    emit_float_to_int(e, is_unsigned ? 64 : to, EMIT_T0, bits_of(word), n, truncates, &cold->from);
    if (is_unsigned && to == 64) {
        emit_compare_constant(e, 64, EMIT_T0, 0);
        emit_branch(e, EMIT_MI, &cold->from);
    } else if (is_unsigned) {
        emit_shift_constant(e, EMIT_SHR, 64, EMIT_T1, EMIT_T0, 32);
        emit_compare_constant(e, 64, EMIT_T1, 0);
        emit_branch(e, EMIT_NE, &cold->from);
    }
    emit_move(e, to, define(c, a64_target(SIMD_RD(word))), EMIT_T0);
    memory_end(c, cold);
}

// SCVTF, UCVTF
static void from_general(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    unsigned bits = bits_of(word), from = general_bits(word), n = use(c, SIMD_RN(word));
    bool is_unsigned = a64_bit(word, 16);
    struct cold *cold = body_if(c);
    if (bits != 64 || from != 32)
        expect_rounding(c, cold);
    if (is_unsigned && from == 64) {
        emit_compare_constant(e, 64, n, 0);
        emit_branch(e, EMIT_MI, &cold->from);
    } else if (is_unsigned) {
        emit_move(e, 32, EMIT_T0, n);
        n = EMIT_T0;
    }
    emit_float_from_int(e, bits, EMIT_V0, is_unsigned ? 64 : from, n);
    finish(c, cold, word, bits);
}

// FMOV: 32 or 64 bits, or the upper 64.
static void move_general(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    bool high = a64_field(word, 20, 19) == 1, to_vector = a64_bit(word, 16);
    unsigned bits = general_bits(word);
    if (to_vector) {
        unsigned n = use(c, SIMD_RN(word));
        if (!high) {
            emit_vector_from(e, bits, vector_define(c, SIMD_RD(word)), n);
            return;
        }
        emit_vector_from(e, 64, EMIT_V0, n);
        unsigned d = vector_modify(c, SIMD_RD(word));
        emit_vector(e, EMIT_VLOW, 64, d, d, EMIT_V0);
        return;
    }
    unsigned n = vector_use(c, SIMD_RN(word));
    if (high) {
        emit_vector(e, EMIT_VHIGH, 64, EMIT_V0, n, n);
        n = EMIT_V0;
    }
    emit_vector_to(e, bits, define(c, a64_target(SIMD_RD(word))), n);
}

static bool general(struct compiler *c, uint32_t word)
{
    unsigned rmode = a64_field(word, 20, 19), opcode = a64_field(word, 18, 16);
    if (opcode >= 6)
        move_general(c, word);
    else if (opcode < 2 && (rmode == 0 || rmode == 3))
        to_general(c, word, rmode == 3);
    else if (opcode == 2 || opcode == 3)
        from_general(c, word);
    else
        return false;
    return true;
}

bool a64_number_emit(struct compiler *c, uint32_t word)
{
    static const enum emit_float kinds[] = { EMIT_FMUL, EMIT_FDIV, EMIT_FADD, EMIT_FSUB };
    if (a64_field(word, 23, 22) >= 2 && !(a64_field(word, 15, 10) == 0 && a64_field(word, 18, 17) == 3))
        return false; // half precision, but FMOV of an upper half
    if (a64_bit(word, 24))
        return fused(c, word);
    if (!a64_bit(word, 21))
        return false;
    if (a64_field(word, 15, 10) == 0)
        return general(c, word);
    if (a64_field(word, 14, 10) == 0x10)
        return one_source(c, word);
    if (a64_field(word, 13, 10) == 8) {
        compare(c, word);
        return true;
    }
    if (a64_field(word, 12, 10) == 4) {
        immediate(c, word);
        return true;
    }
    unsigned form = a64_field(word, 11, 10), opcode = a64_field(word, 15, 12);
    if (form == 3)
        select(c, word);
    else if (form == 2 && opcode < 4)
        two_sources(c, word, kinds[opcode]);
    else
        return false;
    return true;
}
