// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Data processing on general registers: immediates (Arm ARM section C4.1.92) and registers (section C4.1.95).
#include "vcpu/aarch64/front/emit.h"

// --- immediates -------------------------------------------------------------------------------------------------------

// ADR, ADRP. The offset of the block in its page is known, so the page of PC is PC of the block less a constant.
static void translate_pc_relative(struct translator *t)
{
    int64_t imm = (int64_t)a64_signed(t->word, 23, 5) * 4 + a64_field(t->word, 30, 29);
    if (a64_bit(t->word, 31))
        imm = imm * (1 << 12) - (int64_t)(t->draft.block.physical & 0xfff);
    else
        imm += t->start;
    a64_emit_one(t, A64_OP_ADD64RI, a64_target(a64_field(t->word, 4, 0)), A64_PC, imm);
}

static void translate_add_immediate(struct translator *t)
{
    uint32_t word = t->word;
    unsigned sf = a64_bit(word, 31), subtract = a64_bit(word, 30), set = a64_bit(word, 29);
    unsigned d = a64_field(word, 4, 0), n = a64_field(word, 9, 5);
    int64_t imm = (int64_t)a64_field(word, 21, 10) << (a64_bit(word, 22) ? 12 : 0);
    unsigned code = set ? (subtract ? A64_OP_SUBS32RI : A64_OP_ADDS32RI) : subtract ? A64_OP_SUB32RI : A64_OP_ADD32RI;
    bool keeps = t->sp_aligned && n == 31 && !(imm & 15) && sf;
    unsigned to = set ? a64_target(d) : a64_target_sp(t, d);
    if (d == 31 && !set)
        t->sp_aligned |= keeps;
    if (!set && imm == 0)
        a64_emit_two(t, A64_OP_MOV32 + sf, to, a64_source_sp(t, n), 0);
    else
        a64_emit_one(t, code + sf, to, a64_source_sp(t, n), imm);
}

static void translate_logical_immediate(struct translator *t)
{
    static const uint16_t codes[] = { A64_OP_AND32RI, A64_OP_ORR32RI, A64_OP_EOR32RI, A64_OP_ANDS32RI };
    uint32_t word = t->word;
    unsigned sf = a64_bit(word, 31), opc = a64_field(word, 30, 29), n = a64_field(word, 9, 5),
             d = a64_field(word, 4, 0);
    uint64_t mask, unused;
    if ((!sf && a64_bit(word, 22)) || !a64_decode_masks(a64_bit(word, 22), a64_field(word, 15, 10),
                                                        a64_field(word, 21, 16), sf ? 64 : 32, true, &mask, &unused)) {
        a64_emit_undefined(t);
        return;
    }
    unsigned to = opc == 3 ? a64_target(d) : a64_target_sp(t, d);
    if (d == 31 && opc == 0 && !(mask & 15))
        t->sp_aligned = true;
    if (opc == 1 && n == 31)
        a64_emit_one(t, A64_OP_MOVI, to, 0, (int64_t)mask);
    else
        a64_emit_one(t, codes[opc] + sf, to, a64_source(n), (int64_t)mask);
}

static void translate_move_wide(struct translator *t)
{
    uint32_t word = t->word;
    unsigned sf = a64_bit(word, 31), opc = a64_field(word, 30, 29), shift = 16 * a64_field(word, 22, 21);
    unsigned d = a64_target(a64_field(word, 4, 0));
    uint64_t imm = (uint64_t)a64_field(word, 20, 5) << shift;
    if (opc == 1 || (!sf && shift >= 32)) {
        a64_emit_undefined(t);
    } else if (opc == 3) {
        a64_emit_one(t, A64_OP_MOVK32 + sf, d, a64_source(a64_field(word, 4, 0)), (int64_t)imm)->s = (uint8_t)shift;
    } else {
        if (opc == 0)
            imm = sf ? ~imm : (uint32_t)~imm;
        a64_emit_one(t, A64_OP_MOVI, d, 0, (int64_t)imm);
    }
}

// UBFM with its aliases. `r` and `s` are immr and imms.
static void emit_unsigned_field(struct translator *t, unsigned bits, unsigned d, unsigned n, unsigned r, unsigned s)
{
    unsigned sf = bits == 64;
    struct op *op;
    if (s == bits - 1) { // LSR
        op = a64_emit_one(t, A64_OP_SHR32 + sf, d, n, 0);
        op->s = (uint8_t)r;
    } else if (s + 1 == r) { // LSL
        op = a64_emit_one(t, A64_OP_SHL32 + sf, d, n, 0);
        op->s = (uint8_t)(bits - r);
    } else if (s >= r) { // UBFX
        op = a64_emit_one(t, A64_OP_UBF, d, n, (int64_t)bits_low(s - r + 1));
        op->s = (uint8_t)r;
    } else { // UBFIZ
        op = a64_emit_one(t, A64_OP_UBFZ, d, n, (int64_t)bits_low(s + 1));
        op->s = (uint8_t)(bits - r);
    }
}

static void emit_signed_field(struct translator *t, unsigned bits, unsigned d, unsigned n, unsigned r, unsigned s)
{
    struct op *op = a64_emit_one(t, bits == 64 ? A64_OP_SBF64 : A64_OP_SBF32, d, n, 0);
    op->s = (uint8_t)(63 - s);
    op->x = (uint8_t)(s >= r ? 63 - s + r : 63 - s - (bits - r));
}

static void translate_bitfield(struct translator *t)
{
    uint32_t word = t->word;
    unsigned sf = a64_bit(word, 31), opc = a64_field(word, 30, 29), bits = sf ? 64 : 32;
    unsigned r = a64_field(word, 21, 16), s = a64_field(word, 15, 10);
    unsigned n = a64_source(a64_field(word, 9, 5)), d = a64_target(a64_field(word, 4, 0));
    if (opc == 3 || a64_bit(word, 22) != sf || r >= bits || s >= bits) {
        a64_emit_undefined(t);
    } else if (opc == 2) {
        emit_unsigned_field(t, bits, d, n, r, s);
    } else if (opc == 0) {
        emit_signed_field(t, bits, d, n, r, s);
    } else {
        uint64_t mask = s >= r ? bits_low(s - r + 1) : bits_low(s + 1) << (bits - r);
        struct op *op = a64_emit_two(t, A64_OP_BFM32 + sf, d, n, a64_source(a64_field(word, 4, 0)));
        op->s = (uint8_t)r;
        op->imm = (int64_t)mask;
    }
}

static void translate_extract(struct translator *t)
{
    uint32_t word = t->word;
    unsigned sf = a64_bit(word, 31), lsb = a64_field(word, 15, 10);
    unsigned d = a64_target(a64_field(word, 4, 0)), n = a64_source(a64_field(word, 9, 5)),
             m = a64_source(a64_field(word, 20, 16));
    if (a64_field(word, 30, 29) || a64_bit(word, 21) || a64_bit(word, 22) != sf || (!sf && lsb >= 32))
        a64_emit_undefined(t);
    else if (lsb == 0)
        a64_emit_two(t, A64_OP_MOV32 + sf, d, m, 0);
    else
        a64_emit_two(t, A64_OP_EXTR32 + sf, d, n, m)->s = (uint8_t)lsb;
}

void a64_translate_immediate(struct translator *t)
{
    switch (a64_field(t->word, 25, 23)) {
    case 0:
    case 1: translate_pc_relative(t); break;
    case 2: translate_add_immediate(t); break;
    case 4: translate_logical_immediate(t); break;
    case 5: translate_move_wide(t); break;
    case 6: translate_bitfield(t); break;
    case 7: translate_extract(t); break;
    default: a64_emit_undefined(t); break;
    }
}

// --- registers --------------------------------------------------------------------------------------------------------

// The second operand: Rm shifted by a constant, in T0 if there is anything to do.
static unsigned shifted(struct translator *t)
{
    unsigned m = a64_source(a64_field(t->word, 20, 16)), amount = a64_field(t->word, 15, 10);
    if (amount == 0)
        return m;
    unsigned code = A64_OP_SHL32 + 2 * a64_field(t->word, 23, 22) + a64_bit(t->word, 31);
    a64_emit_two(t, code, A64_T0, m, 0)->s = (uint8_t)amount;
    return A64_T0;
}

static void translate_logical(struct translator *t)
{
    static const uint16_t codes[2][4] = {
        { A64_OP_AND32RR, A64_OP_ORR32RR, A64_OP_EOR32RR, A64_OP_ANDS32RR },
        { A64_OP_BIC32, A64_OP_ORN32, A64_OP_EON32, A64_OP_BICS32 },
    };
    uint32_t word = t->word;
    unsigned sf = a64_bit(word, 31), opc = a64_field(word, 30, 29), invert = a64_bit(word, 21);
    unsigned amount = a64_field(word, 15, 10), n = a64_source(a64_field(word, 9, 5)),
             d = a64_target(a64_field(word, 4, 0));
    bool left = a64_field(word, 23, 22) == 0;
    if (!sf && amount >= 32) {
        a64_emit_undefined(t);
    } else if (opc == 1 && !invert && left && n == A64_ZERO) {
        unsigned m = a64_source(a64_field(word, 20, 16));
        a64_emit_two(t, (amount ? A64_OP_SHL32 : A64_OP_MOV32) + sf, d, m, 0)->s = (uint8_t)amount;
    } else if (opc == 1 && !invert && left && amount) {
        a64_emit_two(t, A64_OP_ORRL32 + sf, d, n, a64_source(a64_field(word, 20, 16)))->s = (uint8_t)amount;
    } else {
        unsigned m = shifted(t);
        a64_emit_two(t, codes[invert][opc] + sf, d, n, m);
    }
}

static void translate_add_shifted(struct translator *t)
{
    static const uint16_t codes[] = { A64_OP_ADD32RR, A64_OP_ADDS32RR, A64_OP_SUB32RR, A64_OP_SUBS32RR };
    uint32_t word = t->word;
    unsigned sf = a64_bit(word, 31), type = a64_field(word, 23, 22), amount = a64_field(word, 15, 10);
    unsigned n = a64_source(a64_field(word, 9, 5)), d = a64_target(a64_field(word, 4, 0));
    if (type == 3 || (!sf && amount >= 32)) {
        a64_emit_undefined(t);
    } else if (type == 0 && amount && !a64_bit(word, 29)) {
        unsigned code = a64_bit(word, 30) ? A64_OP_SUBL32 : A64_OP_ADDL32;
        a64_emit_two(t, code + sf, d, n, a64_source(a64_field(word, 20, 16)))->s = (uint8_t)amount;
    } else {
        unsigned m = shifted(t);
        a64_emit_two(t, codes[a64_field(word, 30, 29)] + sf, d, n, m);
    }
}

static void translate_add_extended(struct translator *t)
{
    static const uint16_t codes[] = { A64_OP_ADD32RR, A64_OP_ADDS32RR, A64_OP_SUB32RR, A64_OP_SUBS32RR };
    uint32_t word = t->word;
    unsigned sf = a64_bit(word, 31), set = a64_bit(word, 29), option = a64_field(word, 15, 13);
    unsigned shift = a64_field(word, 12, 10), d = a64_field(word, 4, 0), n = a64_source_sp(t, a64_field(word, 9, 5));
    if (a64_field(word, 23, 22) || shift > 4) {
        a64_emit_undefined(t);
        return;
    }
    struct op *op = a64_emit_two(t, A64_OP_EXTEND, A64_T0, a64_source(a64_field(word, 20, 16)), 0);
    op->x = (uint8_t)option;
    op->s = (uint8_t)shift;
    a64_emit_two(t, codes[a64_field(word, 30, 29)] + sf, set ? a64_target(d) : a64_target_sp(t, d), n, A64_T0);
}

static void translate_with_carry(struct translator *t)
{
    static const uint16_t codes[] = { A64_OP_ADC32, A64_OP_ADCS32, A64_OP_SBC32, A64_OP_SBCS32 };
    uint32_t word = t->word;
    if (a64_field(word, 15, 10)) {
        a64_emit_undefined(t);
        return;
    }
    a64_emit_two(t, codes[a64_field(word, 30, 29)] + a64_bit(word, 31), a64_target(a64_field(word, 4, 0)),
                 a64_source(a64_field(word, 9, 5)), a64_source(a64_field(word, 20, 16)));
}

static void translate_conditional_compare(struct translator *t)
{
    uint32_t word = t->word;
    if (!a64_bit(word, 29) || a64_bit(word, 10) || a64_bit(word, 4)) {
        a64_emit_undefined(t);
        return;
    }
    bool immediate = a64_bit(word, 11);
    unsigned m = a64_field(word, 20, 16);
    struct op *op = a64_emit_two(t, A64_OP_CCMP, a64_bit(word, 31) | (a64_bit(word, 30) ? 0u : 2u),
                                 a64_source(a64_field(word, 9, 5)), immediate ? A64_ZERO : a64_source(m));
    op->s = (uint8_t)a64_field(word, 3, 0);
    op->x = (uint8_t)a64_field(word, 15, 12);
    op->imm = immediate ? m : 0;
}

static void translate_conditional_select(struct translator *t)
{
    uint32_t word = t->word;
    unsigned sf = a64_bit(word, 31), condition = a64_field(word, 15, 12), d = a64_target(a64_field(word, 4, 0));
    unsigned n = a64_source(a64_field(word, 9, 5)), m = a64_source(a64_field(word, 20, 16));
    if (a64_bit(word, 29) || a64_bit(word, 11)) {
        a64_emit_undefined(t);
    } else if (condition >= 14) {
        a64_emit_two(t, A64_OP_MOV32 + sf, d, n, 0);
    } else {
        unsigned kind = 4 * a64_bit(word, 30) + 2 * a64_bit(word, 10) + sf;
        a64_emit_two(t, A64_OP_CSEL32EQ + kind + condition * A64_CONDITION_STRIDE, d, n, m);
    }
}

static void translate_two_sources(struct translator *t)
{
    uint32_t word = t->word;
    unsigned sf = a64_bit(word, 31), opcode = a64_field(word, 15, 10), code = 0;
    unsigned d = a64_target(a64_field(word, 4, 0)), n = a64_source(a64_field(word, 9, 5)),
             m = a64_source(a64_field(word, 20, 16));
    switch (a64_bit(word, 29) ? 0 : opcode) {
    case 2: code = A64_OP_UDIV32; break;
    case 3: code = A64_OP_SDIV32; break;
    case 8: code = A64_OP_SHLV32; break;
    case 9: code = A64_OP_SHRV32; break;
    case 10: code = A64_OP_SARV32; break;
    case 11: code = A64_OP_RORV32; break;
    case 16:
    case 17:
    case 18:
    case 19:
    case 20:
    case 21:
    case 22:
    case 23:
        if (sf == ((opcode & 3) == 3)) {
            struct op *op = a64_emit_two(t, A64_OP_CRC32, d, n, m);
            op->s = opcode & 3;
            op->x = opcode >> 2 & 1;
            return;
        }
        break;
    default: break;
    }
    if (code)
        a64_emit_two(t, code + sf, d, n, m);
    else
        a64_emit_undefined(t);
}

static void translate_one_source(struct translator *t)
{
    static const uint16_t codes[2][6] = {
        { A64_OP_RBIT32, A64_OP_REV1632, A64_OP_REV3232, 0, A64_OP_CLZ32, A64_OP_CLS32 },
        { A64_OP_RBIT64, A64_OP_REV1664, A64_OP_REV3264, A64_OP_REV64, A64_OP_CLZ64, A64_OP_CLS64 },
    };
    uint32_t word = t->word;
    unsigned opcode = a64_field(word, 15, 10), code = opcode < 6 ? codes[a64_bit(word, 31)][opcode] : 0;
    if (!code || a64_bit(word, 29) || a64_field(word, 20, 16))
        a64_emit_undefined(t);
    else
        a64_emit_two(t, code, a64_target(a64_field(word, 4, 0)), a64_source(a64_field(word, 9, 5)), 0);
}

static void translate_three_sources(struct translator *t)
{
    uint32_t word = t->word;
    unsigned sf = a64_bit(word, 31), subtract = a64_bit(word, 15), code = 0;
    bool wide = false; // SMULH, UMULH: no accumulator, and Ra is ignored
    switch (a64_field(word, 30, 29) ? 8 : a64_field(word, 23, 21)) {
    case 0: code = (subtract ? A64_OP_MSUB32 : A64_OP_MADD32) + sf; break;
    case 1: code = !sf ? 0 : subtract ? A64_OP_SMSUBL : A64_OP_SMADDL; break;
    case 5: code = !sf ? 0 : subtract ? A64_OP_UMSUBL : A64_OP_UMADDL; break;
    case 2:
        code = !sf || subtract ? 0 : A64_OP_SMULH;
        wide = true;
        break;
    case 6:
        code = !sf || subtract ? 0 : A64_OP_UMULH;
        wide = true;
        break;
    default: break;
    }
    if (!code) {
        a64_emit_undefined(t);
        return;
    }
    struct op *op = a64_emit_two(t, code, a64_target(a64_field(word, 4, 0)), a64_source(a64_field(word, 9, 5)),
                                 a64_source(a64_field(word, 20, 16)));
    op->x = wide ? A64_ZERO : (uint8_t)a64_source(a64_field(word, 14, 10));
}

void a64_translate_register(struct translator *t)
{
    uint32_t word = t->word;
    if (!a64_bit(word, 28)) {
        if (!a64_bit(word, 24))
            translate_logical(t);
        else if (!a64_bit(word, 21))
            translate_add_shifted(t);
        else
            translate_add_extended(t);
        return;
    }
    if (a64_bit(word, 24)) {
        translate_three_sources(t);
        return;
    }
    switch (a64_field(word, 23, 21)) {
    case 0: translate_with_carry(t); break;
    case 2: translate_conditional_compare(t); break;
    case 4: translate_conditional_select(t); break;
    case 6: a64_bit(word, 30) ? translate_one_source(t) : translate_two_sources(t); break;
    default: a64_emit_undefined(t); break;
    }
}
