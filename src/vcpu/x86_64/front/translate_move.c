// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Moves, exchanges and conditions as ops.
#include "vcpu/x86_64/front/emit.h"

// MOV of a 32-bit register to itself clears its upper half.
static bool move_to_itself(struct translator *t, unsigned size)
{
    if (t->insn.mod != 3 || t->insn.rm != t->insn.reg || size != 4)
        return false;
    x86_emit_unary(t, X86_OP_MOV32, t->insn.reg, t->insn.reg);
    return true;
}

void x86_translate_move_rm_register(struct translator *t)
{
    unsigned size = x86_byte_or_operand(t);
    if (!move_to_itself(t, size))
        x86_rm_store(t, size, x86_read_register(t, t->insn.reg, size, X86_T2));
}

void x86_translate_move_register_rm(struct translator *t)
{
    unsigned size = x86_byte_or_operand(t), reg = t->insn.reg;
    if (t->insn.mod != 3 && size >= 4) {
        struct place place = x86_memory_place(t, size, ACCESS_READ, false);
        x86_load_place(t, &place, size, reg);
    } else if (!move_to_itself(t, size)) {
        x86_write_register(t, reg, size, x86_rm_read(t, size));
    }
}

void x86_translate_move_rm_immediate(struct translator *t)
{
    unsigned size = x86_byte_or_operand(t);
    if (t->insn.mod == 3) {
        unsigned reg = t->insn.rm;
        if (size >= 4) {
            x86_emit_immediate(t, reg, size == 4 ? (int64_t)(uint32_t)t->insn.immediate : t->insn.immediate);
        } else {
            x86_emit_immediate(t, X86_T1, t->insn.immediate);
            x86_write_register(t, reg, size, X86_T1);
        }
        return;
    }
    struct place place = x86_memory_place(t, size, ACCESS_WRITE, false);
    struct op *op = x86_emit(t, x86_code_sized(place.indexed ? X86_OP_STI8X : X86_OP_STI8, size));
    op->a = place.a;
    op->b = place.b;
    op->s = place.s;
    op->x = place.x;
    op->disp = place.disp;
    op->value = (int32_t)t->insn.immediate;
}

void x86_translate_move_register_immediate(struct translator *t) // B0-BF
{
    unsigned size = t->insn.opcode & 8 ? t->insn.operand_size : 1;
    unsigned reg = x86_opcode_register(t);
    if (size >= 4) {
        x86_emit_immediate(t, reg, size == 4 ? (int64_t)(uint32_t)t->insn.immediate : t->insn.immediate);
        return;
    }
    x86_emit_immediate(t, X86_T1, t->insn.immediate);
    x86_write_register(t, reg, size, X86_T1);
}

void x86_translate_move_offset(struct translator *t) // A0-A3: a 64-bit displacement does not fit an op
{
    unsigned size = x86_byte_or_operand(t);
    bool store = t->insn.opcode & 2;
    x86_emit_immediate(t, X86_T1, t->insn.displacement);
    t->insn.displacement = 0;
    t->insn.base = X86_T1;
    x86_address_into(t, X86_T0, size, store ? ACCESS_WRITE : ACCESS_READ);
    struct place place = { .a = X86_T0, .b = X86_ZERO, .x = X86_ZERO };
    if (store) {
        x86_store_place(t, &place, size, X86_RAX);
    } else {
        x86_load_place(t, &place, size, X86_T1);
        x86_write_register(t, X86_RAX, size, X86_T1);
    }
}

void x86_translate_exchange(struct translator *t)
{
    unsigned size = x86_byte_or_operand(t);
    struct place place;
    unsigned a = x86_rm_modify(t, size, &place);
    unsigned b = x86_read_register(t, t->insn.reg, size, X86_T2);
    x86_emit_unary(t, X86_OP_MOV64, X86_T3, a);
    x86_rm_write(t, size, &place, b);
    x86_write_register(t, t->insn.reg, size, X86_T3);
}

void x86_translate_exchange_accumulator(struct translator *t) // 90-97
{
    unsigned reg = x86_opcode_register(t), size = t->insn.operand_size;
    if (t->insn.opcode == 0x90 && reg == X86_RAX) {
        if (t->insn.repeat == 0xf3) {
            x86_emit_help(t, X86_HELP_pause);
            x86_emit_end(t);
        }
        return; // NOP
    }
    x86_emit_unary(t, X86_OP_MOV64, X86_T3, reg);
    x86_write_register(t, reg, size, X86_RAX);
    x86_write_register(t, X86_RAX, size, X86_T3);
}

void x86_translate_sign_extend_accumulator(struct translator *t) // 98: CBW, CWDE, CDQE
{
    switch (t->insn.operand_size) {
    case 2:
        x86_emit_unary(t, X86_OP_MOVS8_32, X86_T1, X86_RAX);
        x86_emit_unary(t, X86_OP_MOV16, X86_RAX, X86_T1);
        break;
    case 4: x86_emit_unary(t, X86_OP_MOVS16_32, X86_RAX, X86_RAX); break;
    default: x86_emit_unary(t, X86_OP_MOVS32_64, X86_RAX, X86_RAX); break;
    }
}

void x86_translate_sign_accumulator(struct translator *t) // 99: CWD, CDQ, CQO
{
    x86_emit(t, X86_OP_SIGNA)->s = t->insn.operand_size;
}

static void move_sign_double(struct translator *t)
{
    unsigned a = x86_rm_read(t, 4);
    if (t->insn.operand_size == 8)
        x86_emit_unary(t, X86_OP_MOVS32_64, t->insn.reg, a);
    else
        x86_emit_unary(t, x86_code_sized(X86_OP_MOV8, t->insn.operand_size), t->insn.reg, a);
}

void x86_translate_movsxd_or_arpl(struct translator *t) // 63
{
    struct place place;
    if (t->code_size == 8) {
        move_sign_double(t);
        return;
    }
    unsigned a = x86_rm_modify(t, 2, &place);
    x86_emit_unary(t, X86_OP_MOV64, X86_T3, a);
    struct op *op = x86_emit_help(t, X86_HELP_arpl);
    op->d = X86_T3;
    op->a = t->insn.reg;
    x86_rm_write(t, 2, &place, X86_T3);
}

void x86_translate_load_address(struct translator *t) // LEA
{
    const struct x86_insn *insn = &t->insn;
    if (insn->operand_size == 2) {
        x86_effective_address(t, X86_T1, 2);
        x86_write_register(t, insn->reg, 2, X86_T1);
        return;
    }
    struct op *op = x86_effective_address(t, insn->reg, insn->operand_size);
    if (insn->address_size == 8 && insn->operand_size == 8 && insn->index < 0)
        op->code = X86_OP_LEAD;
}

// --- moves with extension, conditions --------------------------------------------------------------------------------

// The load that extends `from` bytes to `to`.
static unsigned extending_load(unsigned from, unsigned to, bool indexed)
{
    static const uint16_t codes[2][2][2] = {
        // [indexed][from 16 bits][to 64 bits]
        { { X86_OP_LDS8_32, X86_OP_LDS8_64 }, { X86_OP_LDS16_32, X86_OP_LDS16_64 } },
        { { X86_OP_LDS8_32X, X86_OP_LDS8_64X }, { X86_OP_LDS16_32X, X86_OP_LDS16_64X } },
    };
    return codes[indexed][from == 2][to == 8];
}

void x86_translate_move_extended(struct translator *t) // 0F B6, B7, BE, BF
{
    const struct x86_insn *insn = &t->insn;
    unsigned from = insn->opcode & 1 ? 2 : 1, to = insn->operand_size;
    bool is_signed = insn->opcode & 8;
    unsigned code = !is_signed  ? (from == 1 ? X86_OP_MOVZ8 : X86_OP_MOVZ16)
                    : from == 1 ? (to == 8 ? X86_OP_MOVS8_64 : X86_OP_MOVS8_32)
                                : (to == 8 ? X86_OP_MOVS16_64 : X86_OP_MOVS16_32);
    if (x86_is_memory(t) && to >= 4) { // the load extends
        struct place place = x86_memory_place(t, from, ACCESS_READ, false);
        struct op *op = x86_load_place(t, &place, from, insn->reg);
        if (is_signed)
            op->code = (uint16_t)extending_load(from, to, place.indexed);
        return;
    }
    unsigned a = x86_rm_read(t, from);
    if (to >= 4) {
        x86_emit_unary(t, code, insn->reg, a);
    } else {
        x86_emit_unary(t, code, X86_T1, a);
        x86_write_register(t, insn->reg, 2, X86_T1);
    }
}

void x86_translate_conditional_move(struct translator *t)
{
    unsigned size = t->insn.operand_size;
    unsigned first = size == 8 ? X86_OP_CMOV64O : size == 4 ? X86_OP_CMOV32O : X86_OP_CMOV16O;
    unsigned a = x86_rm_read(t, size);
    x86_emit_unary(t, x86_code_condition(first, t->insn.opcode), t->insn.reg, a);
}

void x86_translate_set_condition(struct translator *t)
{
    unsigned code = x86_code_condition(X86_OP_SETO, t->insn.opcode);
    if (x86_is_memory(t)) {
        struct place place = x86_memory_place(t, 1, ACCESS_WRITE, true);
        x86_emit_unary(t, code, X86_T1, 0);
        x86_store_place(t, &place, 1, X86_T1);
        return;
    }
    unsigned d = x86_target_register(t, t->insn.rm, 1, X86_T1);
    x86_emit_unary(t, code, d, 0);
    x86_write_register(t, t->insn.rm, 1, d);
}

// --- exchanges that compare or add, and non-temporal stores ----------------------------------------------------------

void x86_translate_compare_exchange(struct translator *t)
{
    unsigned size = x86_byte_or_operand(t);
    struct place place;
    unsigned b = x86_read_register(t, t->insn.reg, size, X86_T2);
    if (x86_is_memory(t) && t->insn.base == X86_RAX) { // the address is used again after rAX has changed
        x86_emit_unary(t, X86_OP_MOV64, X86_T3, X86_RAX);
        t->insn.base = X86_T3;
    }
    unsigned a = x86_rm_modify(t, size, &place);
    // A register does not change when the comparison fails, nor does its upper half.
    struct op *op = x86_emit_unary(t, X86_OP_CMPXCHG, 0, a);
    op->b = (uint8_t)b;
    op->s = (uint8_t)size;
    x86_rm_write(t, size, &place, a);
}

void x86_translate_exchange_add(struct translator *t)
{
    unsigned size = x86_byte_or_operand(t);
    struct place place;
    unsigned b = x86_read_register(t, t->insn.reg, size, X86_T2);
    unsigned a = x86_rm_modify(t, size, &place);
    x86_emit_unary(t, X86_OP_MOV64, X86_T3, a);
    x86_emit_unary(t, x86_code_alu(X86_ALU_ADD, false, size), X86_T1, X86_T3)->b = (uint8_t)b;
    if (x86_is_memory(t)) {
        x86_rm_write(t, size, &place, X86_T1);
        x86_write_register(t, t->insn.reg, size, X86_T3);
    } else { // the source is written first: with both the same, the sum stays
        x86_write_register(t, t->insn.reg, size, X86_T3);
        x86_rm_write(t, size, &place, X86_T1);
    }
}

void x86_translate_compare_exchange_wide(struct translator *t) // 0F C7 /1: CMPXCHG8B, CMPXCHG16B
{
    bool wide = t->insn.rex & 8;
    if (!x86_has(t->cpu->model, wide ? X86_FEATURE_CX16 : X86_FEATURE_CX8)) {
        x86_emit_undefined(t);
        return;
    }
    x86_address_into(t, X86_T0, wide ? 16 : 8, ACCESS_WRITE);
    x86_emit_help(t, wide ? X86_HELP_cmpxchg16b : X86_HELP_cmpxchg8b);
}

void x86_translate_store_around(struct translator *t) // MOVNTI
{
    if (t->insn.operand_size >= 4)
        x86_rm_store(t, t->insn.operand_size, t->insn.reg);
    else
        x86_emit_undefined(t);
}

void x86_translate_xlat(struct translator *t)
{
    x86_emit_unary(t, X86_OP_MOVZ8, X86_T1, X86_RAX);
    t->insn.base = X86_RBX;
    t->insn.index = X86_T1;
    x86_address_into(t, X86_T0, 1, ACCESS_READ);
    struct place place = { .a = X86_T0, .b = X86_ZERO, .x = X86_ZERO };
    x86_load_place(t, &place, 1, X86_T1);
    x86_write_register(t, X86_RAX, 1, X86_T1);
}
