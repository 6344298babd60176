// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Arithmetic, logic, shifts and bits of general registers as ops.
#include "vcpu/x86_64/front/emit.h"

static void emit_alu(struct translator *t, unsigned kind, unsigned size, unsigned d, unsigned a, unsigned b)
{
    struct op *op = x86_emit_unary(t, x86_code_alu(kind, false, size), d, a);
    op->b = (uint8_t)b;
}

static void emit_alu_immediate(struct translator *t, unsigned kind, unsigned size, unsigned d, unsigned a,
                               int64_t value)
{
    x86_emit_unary(t, x86_code_alu(kind, true, size), d, a)->imm = value;
}

// OP rm, reg
void x86_translate_alu_rm_register(struct translator *t)
{
    unsigned kind = t->insn.row->argument, size = x86_byte_or_operand(t);
    unsigned b = x86_read_register(t, t->insn.reg, size, X86_T2);
    if (kind >= X86_ALU_CMP) {
        emit_alu(t, kind, size, X86_T1, x86_rm_read(t, size), b);
        return;
    }
    struct place place;
    unsigned a = x86_rm_modify(t, size, &place);
    emit_alu(t, kind, size, a, a, b);
    x86_rm_write(t, size, &place, a);
}

// OP reg, rm
void x86_translate_alu_register_rm(struct translator *t)
{
    unsigned kind = t->insn.row->argument, size = x86_byte_or_operand(t);
    unsigned b = x86_rm_read(t, size);
    unsigned a = x86_read_register(t, t->insn.reg, size, X86_T2);
    emit_alu(t, kind, size, a, a, b);
    if (kind != X86_ALU_CMP)
        x86_write_register(t, t->insn.reg, size, a);
}

void x86_translate_alu_rm_immediate(struct translator *t)
{
    unsigned kind = t->insn.row->argument, size = x86_byte_or_operand(t);
    if (kind >= X86_ALU_CMP) {
        emit_alu_immediate(t, kind, size, X86_T1, x86_rm_read(t, size), t->insn.immediate);
        return;
    }
    struct place place;
    unsigned a = x86_rm_modify(t, size, &place);
    emit_alu_immediate(t, kind, size, a, a, t->insn.immediate);
    x86_rm_write(t, size, &place, a);
}

void x86_translate_alu_accumulator(struct translator *t)
{
    emit_alu_immediate(t, t->insn.row->argument, x86_byte_or_operand(t), X86_RAX, X86_RAX, t->insn.immediate);
}

// INC, DEC, NEG, NOT
void x86_translate_unary(struct translator *t)
{
    struct place place;
    unsigned size = x86_byte_or_operand(t), a = x86_rm_modify(t, size, &place);
    x86_emit_unary(t, x86_code_sized(t->insn.row->argument, size), a, a);
    x86_rm_write(t, size, &place, a);
}

void x86_translate_unary_register(struct translator *t) // 40-4F
{
    unsigned reg = x86_opcode_register(t);
    x86_emit_unary(t, x86_code_sized(t->insn.row->argument, t->insn.operand_size), reg, reg);
}

// --- shifts ----------------------------------------------------------------------------------------------------------

static void shift(struct translator *t, unsigned count_slot, unsigned count)
{
    unsigned kind = t->insn.row->argument, size = x86_byte_or_operand(t);
    count &= size == 8 ? 63 : 31;
    if (count_slot == X86_ZERO && count == 0) { // no change, but the operand is accessed
        unsigned a = x86_rm_read(t, size);
        if (t->insn.mod == 3 && size == 4)
            x86_emit_unary(t, X86_OP_MOV32, a, a);
        return;
    }
    struct place place;
    unsigned a = x86_rm_modify(t, size, &place);
    if (count_slot == X86_ZERO && kind >= X86_SHL && size >= 4) {
        x86_emit_unary(t, x86_code_shift((enum x86_shift)kind, size), a, a)->imm = count;
    } else {
        if (count_slot == X86_ZERO) {
            count_slot = X86_T3;
            x86_emit_immediate(t, X86_T3, count);
        }
        struct op *op = x86_emit_unary(t, X86_OP_SHIFT, a, a);
        op->b = (uint8_t)count_slot;
        op->s = (uint8_t)size;
        op->x = (uint8_t)kind;
    }
    x86_rm_write(t, size, &place, a);
}

void x86_translate_shift_immediate(struct translator *t)
{
    shift(t, X86_ZERO, (uint8_t)t->insn.immediate);
}

void x86_translate_shift_one(struct translator *t)
{
    shift(t, X86_ZERO, 1);
}

void x86_translate_shift_cl(struct translator *t)
{
    shift(t, X86_RCX, 0);
}

void x86_translate_shift_double(struct translator *t)
{
    unsigned size = t->insn.operand_size;
    bool by_cl = t->insn.opcode & 1; // A5, AD
    struct place place;
    unsigned a = x86_rm_modify(t, size, &place);
    if (!by_cl)
        x86_emit_immediate(t, X86_T3, (uint8_t)t->insn.immediate);
    struct op *op = x86_emit_unary(t, X86_OP_SHIFTD, a, t->insn.reg);
    op->b = by_cl ? X86_RCX : X86_T3;
    op->s = (uint8_t)size;
    op->x = (uint8_t)t->insn.row->argument;
    x86_rm_write(t, size, &place, a);
}

// --- multiplication, division ----------------------------------------------------------------------------------------

void x86_translate_multiply_divide(struct translator *t) // F6, F7 /4 to /7: rDX:rAX
{
    unsigned size = x86_byte_or_operand(t), digit = x86_digit(t);
    struct op *op = x86_emit_unary(t, t->insn.row->argument, 0, x86_rm_read(t, size));
    op->s = (uint8_t)size;
    op->x = digit & 1; // IMUL, IDIV
}

void x86_translate_multiply_immediate(struct translator *t) // 69, 6B
{
    unsigned size = t->insn.operand_size, a = x86_rm_read(t, size);
    x86_emit_immediate(t, X86_T3, t->insn.immediate);
    x86_emit_unary(t, x86_code_multiply(size), t->insn.reg, a)->b = X86_T3;
}

void x86_translate_multiply(struct translator *t) // 0F AF
{
    unsigned size = t->insn.operand_size, b = x86_rm_read(t, size);
    x86_emit_unary(t, x86_code_multiply(size), t->insn.reg, t->insn.reg)->b = (uint8_t)b;
}

// --- bits ------------------------------------------------------------------------------------------------------------

static void emit_bit_test(struct translator *t, unsigned a, unsigned bit, enum x86_bit kind)
{
    struct op *op = x86_emit_unary(t, X86_OP_BITTEST, a, a);
    op->b = (uint8_t)bit;
    op->s = t->insn.operand_size;
    op->x = (uint8_t)kind;
}

void x86_translate_bit_test_immediate(struct translator *t) // 0F BA
{
    unsigned size = t->insn.operand_size;
    enum x86_bit kind = (enum x86_bit)t->insn.row->argument;
    struct place place;
    unsigned a = kind == X86_BT ? x86_rm_read(t, size) : x86_rm_modify(t, size, &place);
    x86_emit_immediate(t, X86_T3, (uint8_t)t->insn.immediate);
    if (kind == X86_BT && !x86_is_memory(t)) {
        x86_emit_unary(t, X86_OP_MOV64, X86_T1, a);
        a = X86_T1;
    }
    emit_bit_test(t, a, X86_T3, kind);
    if (kind != X86_BT)
        x86_rm_write(t, size, &place, a);
}

void x86_translate_bit_test_register(
    struct translator *t) // 0F A3, AB, B3, BB: the bit offset reaches beyond the operand
{
    unsigned size = t->insn.operand_size;
    enum x86_bit kind = (enum x86_bit)t->insn.row->argument;
    if (!x86_is_memory(t)) {
        unsigned a = t->insn.rm;
        if (kind == X86_BT) {
            x86_emit_unary(t, X86_OP_MOV64, X86_T1, a);
            a = X86_T1;
        }
        emit_bit_test(t, a, t->insn.reg, kind);
        return;
    }
    x86_effective_address(t, X86_T3, 8);
    struct op *op = x86_emit_unary(t, X86_OP_BITADDRESS, X86_T3, X86_T3);
    op->b = t->insn.reg;
    op->s = (uint8_t)size;
    if (t->insn.segment < 0 && (t->insn.base == X86_RSP || t->insn.base == X86_RBP))
        t->insn.segment = t->code_size == 8 ? -1 : X86_SS;
    t->insn.base = X86_T3;
    t->insn.index = -1;
    t->insn.displacement = 0;
    t->insn.rip = false;
    struct place place;
    unsigned a = kind == X86_BT ? x86_rm_read(t, size) : x86_rm_modify(t, size, &place);
    emit_bit_test(t, a, t->insn.reg, kind);
    if (kind != X86_BT)
        x86_rm_write(t, size, &place, a);
}

void x86_translate_bit_scan(struct translator *t)
{
    struct op *op = x86_emit_unary(t, X86_OP_BITSCAN, t->insn.reg, x86_rm_read(t, t->insn.operand_size));
    op->s = t->insn.operand_size;
    op->x = (uint8_t)t->insn.row->argument;
}

void x86_translate_popcount(struct translator *t) // F3 0F B8
{
    if (t->insn.repeat != 0xf3) {
        x86_emit_undefined(t);
        return;
    }
    unsigned size = t->insn.operand_size;
    x86_emit_unary(t, X86_OP_POPCOUNT, t->insn.reg, x86_rm_read(t, size))->s = (uint8_t)size;
}

void x86_translate_byte_swap(struct translator *t)
{
    unsigned reg = x86_opcode_register(t);
    x86_emit_unary(t, t->insn.operand_size == 8 ? X86_OP_BSWAP64 : X86_OP_BSWAP32, reg, reg);
}
