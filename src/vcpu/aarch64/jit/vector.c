// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for AdvSIMD instructions (Arm ARM section C4.1.96), by the fields of the word. What each means is defined by its function in
// vcpu/aarch64/float, which the op has too.
//
// Not modelled: instructions that saturate, widen and multiply, or estimate have no templates.
#include "vcpu/aarch64/jit/vector.h"

#include <string.h>

#include "base/bits.h"
#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/aarch64/float/simd_ops.h"
#include "vcpu/aarch64/word.h"
#include "vcpu/jit/compile.h"

// Registers of the host with the operands. The destination's comes last, so that it may be one of them.
static unsigned use_n(struct compiler *c, uint32_t word)
{
    return vector_use(c, SIMD_RN(word));
}

static unsigned use_m(struct compiler *c, uint32_t word)
{
    return vector_use(c, SIMD_RM(word));
}

static unsigned define_d(struct compiler *c, uint32_t word)
{
    return vector_define(c, SIMD_RD(word));
}

// A result of 8 bytes, or of a scalar, is followed by zeros.
static void finish(struct compiler *c, uint32_t word, unsigned d, unsigned element)
{
    unsigned bytes = simd_width(word, element);
    if (bytes < 16)
        emit_vector_low(&c->e, 8 * bytes, d, d);
}

// A vector with the same 64 bits twice.
static void constant(struct compiler *c, unsigned d, uint64_t value)
{
    if (value == 0) {
        emit_vector_zero(&c->e, d);
    } else if (value == UINT64_MAX) {
        emit_vector_ones(&c->e, d);
    } else {
        emit_constant(&c->e, EMIT_T0, value);
        emit_vector_from(&c->e, 64, d, EMIT_T0);
        emit_vector(&c->e, EMIT_VLOW, 64, d, d, d);
    }
}

// --- three of the same size ------------------------------------------------------------------------------------------

// By U:opcode (simd_int.c); + 1.
static const uint8_t same[64] = {
    [0x06] = EMIT_VGTS + 1, [0x07] = EMIT_VGES + 1,  [0x0c] = EMIT_VMAXS + 1, [0x0d] = EMIT_VMINS + 1,
    [0x10] = EMIT_VADD + 1, [0x13] = EMIT_VMUL + 1,  [0x22] = EMIT_VAVGU + 1, [0x26] = EMIT_VGTU + 1,
    [0x27] = EMIT_VGEU + 1, [0x2c] = EMIT_VMAXU + 1, [0x2d] = EMIT_VMINU + 1, [0x30] = EMIT_VSUB + 1,
    [0x31] = EMIT_VEQ + 1,
};

static void logic(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    unsigned size = a64_field(word, 23, 22), n = use_n(c, word), m = use_m(c, word), d;
    if (!a64_bit(word, 29)) { // AND, BIC, ORR, ORN
        d = define_d(c, word);
        if (size == 3) {
            emit_vector_ones(e, EMIT_V0);
            emit_vector(e, EMIT_VXOR, 64, EMIT_V0, EMIT_V0, m);
            emit_vector(e, EMIT_VOR, 64, d, n, EMIT_V0);
        } else if (size == 2 && n == m) {
            emit_vector_move(e, d, n);
        } else {
            static const enum emit_vector kinds[] = { EMIT_VAND, EMIT_VANDN, EMIT_VOR };
            emit_vector(e, kinds[size], 64, d, n, m);
        }
    } else if (size == 0) { // EOR
        d = define_d(c, word);
        if (n == m)
            emit_vector_zero(e, d);
        else
            emit_vector(e, EMIT_VXOR, 64, d, n, m);
    } else { // BSL, BIT, BIF: where the mask is set from `a`, else from `b`
        d = vector_modify(c, SIMD_RD(word));
        unsigned mask = size == 1 ? d : m, a = size == 3 ? d : n, b = size == 1 ? m : size == 2 ? d : n;
        emit_vector(e, EMIT_VAND, 64, EMIT_V0, a, mask);
        emit_vector(e, EMIT_VANDN, 64, EMIT_V1, b, mask);
        emit_vector(e, EMIT_VOR, 64, d, EMIT_V0, EMIT_V1);
    }
    finish(c, word, d, 8);
}

// The lanes with an even number of n, then of m, to the lower half and to the upper; or those with an odd one.
static void gather(struct compiler *c, unsigned lane, bool odd, unsigned d, unsigned n, unsigned m)
{
    struct emit *e = &c->e;
    if (lane == 64) {
        emit_vector(e, odd ? EMIT_VHIGH : EMIT_VLOW, 64, d, n, m);
    } else if (lane == 32) {
        emit_vector_pick(e, d, n, m, odd ? 0xdd : 0x88);
    } else { // signed lanes of twice the size, which keep their value
        unsigned wide = 2 * lane;
        emit_vector_shift(e, EMIT_SHL, wide, EMIT_V0, n, odd ? 0 : lane);
        emit_vector_shift(e, EMIT_SAR, wide, EMIT_V0, EMIT_V0, lane);
        emit_vector_shift(e, EMIT_SHL, wide, EMIT_V1, m, odd ? 0 : lane);
        emit_vector_shift(e, EMIT_SAR, wide, EMIT_V1, EMIT_V1, lane);
        emit_vector(e, EMIT_VNARROWS, wide, d, EMIT_V0, EMIT_V1);
    }
}

// With 8 bytes the two halves are those of one vector.
static void as_one(struct compiler *c, uint32_t word, unsigned *n, unsigned *m)
{
    if (SIMD_Q(word))
        return;
    emit_vector(&c->e, EMIT_VLOW, 64, EMIT_V3, *n, *m);
    *n = *m = EMIT_V3;
}

static bool pairs(struct compiler *c, uint32_t word, enum emit_vector kind)
{
    unsigned lane = 8u << a64_field(word, 23, 22);
    if (!emit_vector_can(kind, lane) || SIMD_Q(word) == 0)
        return false;
    unsigned n = use_n(c, word), m = use_m(c, word);
    gather(c, lane, false, EMIT_V3, n, m);
    gather(c, lane, true, EMIT_V0, n, m);
    emit_vector(&c->e, kind, lane, define_d(c, word), EMIT_V3, EMIT_V0);
    return true;
}

static bool three_same(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    unsigned row = a64_bit(word, 29) << 5 | a64_field(word, 15, 11), lane = 8u << a64_field(word, 23, 22);
    switch (row) {
    case 0x03:
    case 0x23: logic(c, word); return true;
    case 0x11: { // CMTST
        if (!emit_vector_can(EMIT_VEQ, lane))
            return false;
        unsigned n = use_n(c, word), m = use_m(c, word), d = define_d(c, word);
        emit_vector(e, EMIT_VAND, 64, EMIT_V0, n, m);
        emit_vector_zero(e, EMIT_V1);
        emit_vector(e, EMIT_VEQ, lane, EMIT_V0, EMIT_V0, EMIT_V1);
        emit_vector_ones(e, EMIT_V1);
        emit_vector(e, EMIT_VXOR, 64, d, EMIT_V0, EMIT_V1);
        finish(c, word, d, lane / 8);
        return true;
    }
    case 0x12:
    case 0x32: { // MLA, MLS
        if (!emit_vector_can(EMIT_VMUL, lane))
            return false;
        unsigned n = use_n(c, word), m = use_m(c, word);
        emit_vector(e, EMIT_VMUL, lane, EMIT_V0, n, m);
        unsigned d = vector_modify(c, SIMD_RD(word));
        emit_vector(e, row == 0x12 ? EMIT_VADD : EMIT_VSUB, lane, d, d, EMIT_V0);
        finish(c, word, d, lane / 8);
        return true;
    }
    case 0x14: return pairs(c, word, EMIT_VMAXS);
    case 0x15: return pairs(c, word, EMIT_VMINS);
    case 0x17: return pairs(c, word, EMIT_VADD);
    case 0x34: return pairs(c, word, EMIT_VMAXU);
    case 0x35: return pairs(c, word, EMIT_VMINU);
    default: break;
    }
    if (!same[row] || !emit_vector_can((enum emit_vector)(same[row] - 1), lane))
        return false;
    unsigned n = use_n(c, word), m = use_m(c, word), d = define_d(c, word);
    emit_vector(e, (enum emit_vector)(same[row] - 1), lane, d, n, m);
    finish(c, word, d, lane / 8);
    return true;
}

// --- two registers ---------------------------------------------------------------------------------------------------

// CMGT and others with zero.
static bool compare_zero(struct compiler *c, uint32_t word, enum emit_vector kind, bool reversed)
{
    unsigned lane = 8u << a64_field(word, 23, 22);
    if (!emit_vector_can(kind, lane))
        return false;
    unsigned n = use_n(c, word), d = define_d(c, word);
    emit_vector_zero(&c->e, EMIT_V0);
    emit_vector(&c->e, kind, lane, d, reversed ? EMIT_V0 : n, reversed ? n : EMIT_V0);
    finish(c, word, d, lane / 8);
    return true;
}

// The narrow lanes of d from the wide ones of n: XTN, or SHRN after a shift. With Q they become the upper half.
static bool narrow(struct compiler *c, uint32_t word, unsigned wide, unsigned shift)
{
    struct emit *e = &c->e;
    unsigned n = use_n(c, word);
    emit_vector_shift(e, EMIT_SHR, wide, EMIT_V3, n, shift);
    gather(c, wide / 2, false, EMIT_V0, EMIT_V3, EMIT_V3);
    if (SIMD_Q(word)) {
        unsigned d = vector_modify(c, SIMD_RD(word));
        emit_vector(e, EMIT_VLOW, 64, d, d, EMIT_V0);
    } else {
        emit_vector_low(e, 64, define_d(c, word), EMIT_V0);
    }
    return true;
}

// REV64, REV32, REV16: a table look-up of the vector's own bytes.
static bool reverse(struct compiler *c, uint32_t word, unsigned container)
{
    unsigned unit = 1u << a64_field(word, 23, 22);
    if (unit >= container || !emit_vector_can(EMIT_VLOOKUP, 8))
        return false;
    uint64_t order[2] = { 0, 0 };
    for (unsigned i = 0; i < 16; i++)
        order[i / 8] |= (uint64_t)(i ^ (container - unit)) << 8 * (i % 8);
    unsigned n = use_n(c, word), d = define_d(c, word);
    constant(c, EMIT_V0, order[0]);
    constant(c, EMIT_V1, order[1]);
    emit_vector(&c->e, EMIT_VLOW, 64, EMIT_V0, EMIT_V0, EMIT_V1);
    emit_vector(&c->e, EMIT_VLOOKUP, 8, d, n, EMIT_V0);
    finish(c, word, d, 8);
    return true;
}

static bool two_misc(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    unsigned row = a64_bit(word, 29) << 5 | a64_field(word, 16, 12), size = a64_field(word, 23, 22), lane = 8u << size;
    switch (row) {
    case 0x00: return reverse(c, word, 8);
    case 0x01: return reverse(c, word, 2);
    case 0x20: return reverse(c, word, 4);
    case 0x08: return compare_zero(c, word, EMIT_VGTS, false);
    case 0x28: return compare_zero(c, word, EMIT_VGES, false);
    case 0x09: return compare_zero(c, word, EMIT_VEQ, false);
    case 0x29: return compare_zero(c, word, EMIT_VGES, true);
    case 0x0a: return compare_zero(c, word, EMIT_VGTS, true);
    case 0x12: return !simd_is_scalar(word) && size < 3 && narrow(c, word, 2 * lane, 0);
    case 0x0b: {
        if (!emit_vector_can(EMIT_VABS, lane))
            return false;
        unsigned n = use_n(c, word), d = define_d(c, word);
        emit_vector(e, EMIT_VABS, lane, d, n, n);
        finish(c, word, d, lane / 8);
        return true;
    }
    case 0x2b: {
        unsigned n = use_n(c, word), d = define_d(c, word);
        emit_vector_zero(e, EMIT_V0);
        emit_vector(e, EMIT_VSUB, lane, d, EMIT_V0, n);
        finish(c, word, d, lane / 8);
        return true;
    }
    case 0x25: { // NOT; of size 1, RBIT
        if (size)
            return false;
        unsigned n = use_n(c, word), d = define_d(c, word);
        emit_vector_ones(e, EMIT_V0);
        emit_vector(e, EMIT_VXOR, 64, d, n, EMIT_V0);
        finish(c, word, d, 8);
        return true;
    }
    default: return false;
    }
}

// --- one result of all lanes: ADDV, UMAXV, ... -----------------------------------------------------------------------

static bool across(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    unsigned row = a64_bit(word, 29) << 5 | a64_field(word, 16, 12), lane = 8u << a64_field(word, 23, 22);
    enum emit_vector kind;
    switch (row) {
    case 0x1b: kind = EMIT_VADD; break;
    case 0x0a: kind = EMIT_VMAXS; break;
    case 0x1a: kind = EMIT_VMINS; break;
    case 0x2a: kind = EMIT_VMAXU; break;
    case 0x3a: kind = EMIT_VMINU; break;
    default: return false;
    }
    if (!emit_vector_can(kind, lane))
        return false;
    unsigned n = use_n(c, word), d = define_d(c, word);
    emit_vector_move(e, EMIT_V0, n);
    for (unsigned bytes = SIMD_Q(word) ? 8 : 4; bytes >= lane / 8; bytes /= 2) {
        emit_vector_extract(e, EMIT_V1, EMIT_V0, EMIT_NONE, bytes);
        emit_vector(e, kind, lane, EMIT_V0, EMIT_V0, EMIT_V1);
    }
    emit_vector_to(e, 32, EMIT_T0, EMIT_V0);
    if (lane < 32)
        emit_extend(e, 64, EMIT_T0, EMIT_T0, lane, false);
    emit_vector_from(e, 32, d, EMIT_T0);
    return true;
}

// --- copies and permutations -----------------------------------------------------------------------------------------

// Lane `index` of a in all lanes of d.
static void repeat(struct compiler *c, unsigned lane, unsigned d, unsigned a, unsigned index)
{
    struct emit *e = &c->e;
    if (lane == 8) {
        emit_vector(e, index < 8 ? EMIT_VLOW : EMIT_VHIGH, 8, EMIT_V0, a, a);
        a = EMIT_V0;
        index %= 8;
    }
    if (lane <= 16) {
        emit_vector_order16(e, index >= 4, EMIT_V0, a, index % 4 * 0x55);
        emit_vector_pick(e, d, EMIT_V0, EMIT_V0, index >= 4 ? 0xaa : 0);
    } else {
        emit_vector_pick(e, d, a, a, lane == 32 ? index * 0x55 : index ? 0xee : 0x44);
    }
}

// Lane `index` of a in T0.
static void element(struct compiler *c, unsigned lane, unsigned a, unsigned index)
{
    if (index) {
        emit_vector_extract(&c->e, EMIT_V0, a, EMIT_NONE, index * lane / 8);
        a = EMIT_V0;
    }
    emit_vector_to(&c->e, lane == 64 ? 64 : 32, EMIT_T0, a);
}

static bool copy(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    unsigned imm5 = a64_field(word, 20, 16), imm4 = a64_field(word, 14, 11), size = bits_lowest(imm5);
    unsigned index = imm5 >> (size + 1), lane = 8u << size;
    if (a64_bit(word, 29)) { // INS of an element
        unsigned from = imm4 >> size;
        if (lane != 64)
            return false;
        unsigned n = use_n(c, word), d = vector_modify(c, SIMD_RD(word));
        emit_vector_pick(e, EMIT_V0, n, n, from ? 0xee : 0x44);
        if (index)
            emit_vector(e, EMIT_VLOW, 64, d, d, EMIT_V0);
        else
            emit_vector_put_low(e, 64, d, EMIT_V0);
        return true;
    }
    switch (imm4) {
    case 0: { // DUP
        if (simd_is_scalar(word) && lane < 32)
            return false;
        unsigned n = use_n(c, word), d = define_d(c, word);
        repeat(c, lane, d, n, index);
        finish(c, word, d, lane / 8);
        return true;
    }
    case 1: {
        unsigned n = use(c, SIMD_RN(word)), d = define_d(c, word);
        emit_vector_from(e, 64, EMIT_V1, n);
        repeat(c, lane, d, EMIT_V1, 0);
        finish(c, word, d, lane / 8);
        return true;
    }
    case 3: { // INS of a general register
        if (lane != 64)
            return false;
        unsigned n = use(c, SIMD_RN(word)), d = vector_modify(c, SIMD_RD(word));
        emit_vector_from(e, 64, EMIT_V0, n);
        if (index)
            emit_vector(e, EMIT_VLOW, 64, d, d, EMIT_V0);
        else
            emit_vector_put_low(e, 64, d, EMIT_V0);
        return true;
    }
    case 5:
    case 7: { // SMOV, UMOV
        element(c, lane, use_n(c, word), index);
        unsigned d = define(c, a64_target(SIMD_RD(word)));
        if (lane == 64)
            emit_move(e, 64, d, EMIT_T0);
        else if (imm4 == 7)
            emit_extend(e, 64, d, EMIT_T0, lane, false);
        else
            emit_extend(e, SIMD_Q(word) ? 64 : 32, d, EMIT_T0, lane, true);
        return true;
    }
    default: return false;
    }
}

// ZIP, UZP, and TRN of two lanes, which is ZIP.
static bool permute(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    unsigned size = a64_field(word, 23, 22), lane = 8u << size, kind = a64_field(word, 13, 12);
    bool second = a64_bit(word, 14);
    if (kind == 2 && size != 3)
        return false;
    unsigned n = use_n(c, word), m = use_m(c, word), d = define_d(c, word);
    if (kind == 1) {
        as_one(c, word, &n, &m);
        gather(c, lane, second, d, n, m);
    } else if (SIMD_Q(word)) {
        emit_vector(e, second ? EMIT_VHIGH : EMIT_VLOW, lane, d, n, m);
    } else {
        emit_vector(e, EMIT_VLOW, lane, d, n, m);
        if (second)
            emit_vector_extract(e, d, d, EMIT_NONE, 8);
    }
    finish(c, word, d, 8);
    return true;
}

static bool extract(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    unsigned n = use_n(c, word), m = use_m(c, word), count = a64_field(word, 14, 11);
    if (!SIMD_Q(word)) {
        unsigned d = define_d(c, word);
        emit_vector(e, EMIT_VLOW, 64, EMIT_V0, n, m);
        emit_vector_extract(e, EMIT_V0, EMIT_V0, EMIT_NONE, count);
        emit_vector_low(e, 64, d, EMIT_V0);
        return true;
    }
    if (!emit_vector_can_extract(n, m))
        return false;
    emit_vector_extract(e, define_d(c, word), n, m, count);
    return true;
}

// TBL of one register: indices above 15 are to have bit 7.
static bool look_up(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    if (a64_field(word, 14, 12) || !emit_vector_can(EMIT_VLOOKUP, 8))
        return false;
    unsigned n = use_n(c, word), m = use_m(c, word), d = define_d(c, word);
    constant(c, EMIT_V0, UINT64_C(0x7070707070707070));
    emit_vector(e, EMIT_VADDU, 8, EMIT_V0, EMIT_V0, m);
    emit_vector(e, EMIT_VLOOKUP, 8, d, n, EMIT_V0);
    finish(c, word, d, 8);
    return true;
}

// --- immediates ------------------------------------------------------------------------------------------------------

// MOVI, MVNI, FMOV: their function says what they write, which depends on the word alone.
static bool immediate(struct compiler *c, uint32_t word, a64_simd_function *function)
{
    unsigned cmode = a64_field(word, 15, 12);
    if (cmode < 12 && (cmode & 1)) // ORR, BIC
        return false;
    struct a64_cpu blank;
    memset(&blank, 0, sizeof blank);
    function(&blank, word);
    unsigned d = define_d(c, word);
    constant(c, d, blank.v[SIMD_RD(word)].d[0]);
    if (!SIMD_Q(word) && blank.v[SIMD_RD(word)].d[0])
        emit_vector_low(&c->e, 64, d, d);
    return true;
}

static bool shift(struct compiler *c, uint32_t word)
{
    struct emit *e = &c->e;
    unsigned immh = a64_field(word, 22, 19), field = a64_field(word, 22, 16), lane = 8u << bits_highest(immh);
    unsigned row = a64_bit(word, 29) << 5 | a64_field(word, 15, 11), right = 2 * lane - field, left = field - lane;
    if (row == 0x10) // SHRN
        return lane < 64 && narrow(c, word, 2 * lane, right);
    if (row == 0x34 || row == 0x14) { // USHLL, SSHLL
        if (lane == 64)
            return false;
        unsigned n = use_n(c, word), d;
        emit_vector_zero(e, EMIT_V0);
        if (row == 0x14)
            emit_vector(e, EMIT_VGTS, lane, EMIT_V0, EMIT_V0, n);
        d = define_d(c, word);
        emit_vector(e, SIMD_Q(word) ? EMIT_VHIGH : EMIT_VLOW, lane, d, n, EMIT_V0);
        emit_vector_shift(e, EMIT_SHL, 2 * lane, d, d, left);
        return true;
    }
    bool is_left = row == 0x0a, sign = row < 0x20, adds = (row & 0x1f) == 2;
    if ((!is_left && (row & 0x1f) && !adds) || lane == 8 || (!is_left && sign && lane == 64))
        return false; // SHL; SSHR, USHR; SSRA, USRA
    unsigned n = use_n(c, word), d = adds ? vector_modify(c, SIMD_RD(word)) : define_d(c, word);
    emit_vector_shift(e,
                      is_left ? EMIT_SHL
                      : sign  ? EMIT_SAR
                              : EMIT_SHR,
                      lane, adds ? EMIT_V0 : d, n,
                      is_left                 ? left
                      : sign && right == lane ? lane - 1
                                              : right);
    if (adds)
        emit_vector(e, EMIT_VADD, lane, d, d, EMIT_V0);
    finish(c, word, d, lane / 8);
    return true;
}

// --- the classes, as in float/simd.c ---------------------------------------------------------------------------------

static bool registers(struct compiler *c, uint32_t word)
{
    bool scalar = simd_is_scalar(word), bit_21 = a64_bit(word, 21);
    if (bit_21 && a64_bit(word, 10))
        return a64_field(word, 15, 11) < 0x18 ? three_same(c, word) : a64_numbers_emit(c, word);
    if (bit_21 && !a64_bit(word, 11))
        return false;
    if (bit_21 && a64_field(word, 20, 17) == 0)
        return two_misc(c, word);
    if (bit_21)
        return a64_field(word, 20, 17) == 8 && !scalar && across(c, word);
    if (a64_bit(word, 15))
        return false;
    if (a64_bit(word, 10))
        return copy(c, word);
    if (a64_bit(word, 29))
        return extract(c, word);
    return a64_field(word, 11, 10) == 0 ? look_up(c, word) : permute(c, word);
}

static bool immediates(struct compiler *c, uint32_t word, a64_simd_function *function)
{
    if (!a64_bit(word, 10))
        return false;
    return a64_field(word, 22, 19) ? shift(c, word) : immediate(c, word, function);
}

static bool is_number(uint32_t word)
{
    return simd_is_scalar(word) && !a64_bit(word, 30);
}

bool a64_vector_emit(struct compiler *c, const struct op *op)
{
    uint32_t word = (uint32_t)op->delta;
    a64_simd_function *function;
    memcpy(&function, &op->imm, sizeof function);
    if (is_number(word))
        return a64_number_emit(c, word);
    return a64_bit(word, 24) ? immediates(c, word, function) : registers(c, word);
}

// Conversions and moves to general registers; those from them are taken for such, too.
uint64_t a64_vector_written(const struct op *op)
{
    uint32_t word = (uint32_t)op->delta;
    bool number = is_number(word) && !a64_bit(word, 24) && (!a64_bit(word, 21) || a64_field(word, 15, 10) == 0);
    bool copies = !is_number(word) && !a64_bit(word, 24) && !a64_bit(word, 21) && a64_bit(word, 10);
    return number || copies ? BIT64(a64_target(SIMD_RD(word))) : 0;
}
