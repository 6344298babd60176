// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The two-byte opcode map (SDM vol. 2, table A-3) as ops, but for MMX and SSE (translate_simd.c).
#include "vcpu/x86_64/front/emit.h"

static unsigned digit_of(const struct translator *t)
{
    return t->insn.modrm >> 3 & 7;
}

static bool is_memory(const struct translator *t)
{
    return t->insn.mod != 3;
}

// --- moves and arithmetic ---------------------------------------------------------------------------------------------

static void move_extended(struct translator *t) // 0F B6, B7, BE, BF
{
    const struct x86_insn *insn = &t->insn;
    unsigned from = insn->opcode & 1 ? 2 : 1, to = insn->operand_size;
    bool is_signed = insn->opcode & 8;
    unsigned code = !is_signed  ? X86_OP_MOVZ8 + (from - 1)
                    : from == 1 ? (to == 8 ? X86_OP_MOVS8_64 : X86_OP_MOVS8_32)
                                : (to == 8 ? X86_OP_MOVS16_64 : X86_OP_MOVS16_32);
    if (is_memory(t) && to >= 4) { // the load extends
        struct place place = x86_memory_place(t, from, ACCESS_READ, false);
        x86_load_place(t, &place, from, insn->reg);
        struct op *op = &t->draft.ops[t->draft.block.op_count - 1];
        if (is_signed)
            op->code = (uint16_t)(op->code - X86_OP_LD8 + X86_OP_LDS8_32 - (from - 1) + 2 * (from - 1) + (to == 8));
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

static void conditional_move(struct translator *t)
{
    unsigned size = t->insn.operand_size, condition = t->insn.opcode & 15;
    unsigned first = size == 8 ? X86_OP_CMOV64O : size == 4 ? X86_OP_CMOV32O : X86_OP_CMOV16O;
    unsigned a = x86_rm_read(t, size);
    x86_emit_unary(t, first + (X86_OP_CMOV64NO - X86_OP_CMOV64O) * condition, t->insn.reg, a);
}

static void set_condition(struct translator *t)
{
    unsigned code = X86_OP_SETO + (X86_OP_SETNO - X86_OP_SETO) * (t->insn.opcode & 15u);
    if (is_memory(t)) {
        struct place place = x86_memory_place(t, 1, ACCESS_WRITE, true);
        x86_emit_unary(t, code, X86_T1, 0);
        x86_store_place(t, &place, 1, X86_T1);
        return;
    }
    unsigned d = x86_target_register(t, t->insn.rm, 1, X86_T1);
    x86_emit_unary(t, code, d, 0);
    x86_write_register(t, t->insn.rm, 1, d);
}

static void shift_double(struct translator *t)
{
    unsigned size = t->insn.operand_size;
    bool by_cl = t->insn.opcode & 1;
    struct place place;
    unsigned a = x86_rm_modify(t, size, &place);
    if (!by_cl)
        x86_emit_immediate(t, X86_T3, (uint8_t)t->insn.immediate);
    struct op *op = x86_emit_unary(t, X86_OP_SHIFTD, a, t->insn.reg);
    op->b = by_cl ? X86_RCX : X86_T3;
    op->s = (uint8_t)size;
    op->x = t->insn.opcode >= 0xa8; // SHRD
    x86_rm_write(t, size, &place, a);
}

static void emit_bit_test(struct translator *t, unsigned a, unsigned bit, enum x86_bit kind)
{
    struct op *op = x86_emit_unary(t, X86_OP_BITTEST, a, a);
    op->b = (uint8_t)bit;
    op->s = t->insn.operand_size;
    op->x = (uint8_t)kind;
}

static void bit_test_immediate(struct translator *t) // 0F BA
{
    unsigned size = t->insn.operand_size;
    if (digit_of(t) < 4) {
        x86_emit_undefined(t);
        return;
    }
    enum x86_bit kind = (enum x86_bit)(digit_of(t) & 3);
    struct place place;
    unsigned a = kind == X86_BT ? x86_rm_read(t, size) : x86_rm_modify(t, size, &place);
    x86_emit_immediate(t, X86_T3, (uint8_t)t->insn.immediate);
    if (kind == X86_BT && is_memory(t) == false) {
        x86_emit_unary(t, X86_OP_MOV64, X86_T1, a);
        a = X86_T1;
    }
    emit_bit_test(t, a, X86_T3, kind);
    if (kind != X86_BT)
        x86_rm_write(t, size, &place, a);
}

static void bit_test_register(struct translator *t) // 0F A3, AB, B3, BB: the bit offset reaches beyond the operand
{
    unsigned size = t->insn.operand_size;
    enum x86_bit kind = (enum x86_bit)(t->insn.opcode >> 3 & 3);
    if (!is_memory(t)) {
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

static void bit_scan(struct translator *t)
{
    struct op *op = x86_emit_unary(t, X86_OP_BITSCAN, t->insn.reg, x86_rm_read(t, t->insn.operand_size));
    op->s = t->insn.operand_size;
    op->x = t->insn.opcode & 1;
}

static void compare_exchange(struct translator *t)
{
    unsigned size = t->insn.opcode & 1 ? t->insn.operand_size : 1;
    struct place place;
    unsigned b = x86_read_register(t, t->insn.reg, size, X86_T2);
    if (is_memory(t) && t->insn.base == X86_RAX) { // the address is wanted again when rAX has changed
        x86_emit_unary(t, X86_OP_MOV64, X86_T3, X86_RAX);
        t->insn.base = X86_T3;
    }
    unsigned a = x86_rm_modify(t, size, &place);
    struct op *op = x86_emit_unary(t, X86_OP_CMPXCHG, 0,
                                   a); // a register is left as it is when the comparison fails, upper half too
    op->b = (uint8_t)b;
    op->s = (uint8_t)size;
    x86_rm_write(t, size, &place, a);
}

static void exchange_add(struct translator *t)
{
    unsigned size = t->insn.opcode & 1 ? t->insn.operand_size : 1;
    struct place place;
    unsigned b = x86_read_register(t, t->insn.reg, size, X86_T2);
    unsigned a = x86_rm_modify(t, size, &place);
    x86_emit_unary(t, X86_OP_MOV64, X86_T3, a);
    x86_emit_unary(t, X86_OP_ADD8RR + x86_size_log(size), X86_T1, X86_T3)->b = (uint8_t)b;
    if (is_memory(t)) {
        x86_rm_write(t, size, &place, X86_T1);
        x86_write_register(t, t->insn.reg, size, X86_T3);
    } else { // the source is written first: with both the same, the sum stays
        x86_write_register(t, t->insn.reg, size, X86_T3);
        x86_rm_write(t, size, &place, X86_T1);
    }
}

// --- system -----------------------------------------------------------------------------------------------------------

static struct op *help_at_memory(struct translator *t, enum x86_helper helper, unsigned size, enum access access)
{
    x86_address_into(t, X86_T0, size, access);
    struct op *op = x86_emit_help(t, helper);
    op->s = t->insn.operand_size;
    return op;
}

static void group6(struct translator *t) // 0F 00
{
    static const uint8_t helpers[8] = { X86_HELP_sldt, X86_HELP_str,  X86_HELP_lldt, X86_HELP_ltr,
                                        X86_HELP_verr, X86_HELP_verw, X86_HELP_ud,   X86_HELP_ud };
    unsigned digit = digit_of(t);
    enum x86_helper helper = (enum x86_helper)helpers[digit];
    if (digit < 2) {
        x86_emit_help(t, helper)->d = X86_T1;
        x86_rm_store(t, is_memory(t) ? 2 : t->insn.operand_size, X86_T1);
    } else if (digit < 6) {
        unsigned a = x86_rm_read(t, 2);
        x86_emit_help(t, helper)->a = (uint8_t)a;
    } else {
        x86_emit_undefined(t);
    }
}

static void group7_register(struct translator *t)
{
    switch (t->insn.modrm) {
    case 0xca:
    case 0xcb: // CLAC, STAC
        x86_emit_help(t, X86_HELP_stac)->x = t->insn.modrm & 1;
        x86_emit_end(t);
        break;
    case 0xf8:
        if (t->code_size == 8)
            x86_emit_help(t, X86_HELP_swapgs);
        else
            x86_emit_undefined(t);
        break;
    case 0xf9: x86_emit_help(t, X86_HELP_rdtscp); break;
    default: x86_emit_undefined(t); break; // VMX, MONITOR, MWAIT, XGETBV: not advertised
    }
}

static void group7(struct translator *t) // 0F 01
{
    unsigned digit = digit_of(t);
    if (digit == 4) { // SMSW
        x86_emit_help(t, X86_HELP_smsw)->d = X86_T1;
        x86_rm_store(t, is_memory(t) ? 2 : t->insn.operand_size, X86_T1);
    } else if (digit == 6) {
        unsigned a = x86_rm_read(t, 2);
        x86_emit_help(t, X86_HELP_lmsw)->a = (uint8_t)a;
        x86_emit_end(t);
    } else if (!is_memory(t)) {
        group7_register(t);
    } else if (digit == 7) {
        help_at_memory(t, X86_HELP_invlpg, 1, ACCESS_READ);
        x86_emit_end(t);
    } else if (digit < 2) {
        help_at_memory(t, digit ? X86_HELP_sidt : X86_HELP_sgdt, t->code_size == 8 ? 10 : 6, ACCESS_WRITE);
    } else if (digit < 4) {
        help_at_memory(t, digit == 3 ? X86_HELP_lidt : X86_HELP_lgdt, t->code_size == 8 ? 10 : 6, ACCESS_READ);
    } else {
        x86_emit_undefined(t);
    }
}

static void group9(struct translator *t) // 0F C7
{
    if (digit_of(t) == 1 && is_memory(t)) {
        bool wide = t->insn.rex & 8;
        x86_address_into(t, X86_T0, wide ? 16 : 8, ACCESS_WRITE);
        x86_emit_help(t, wide ? X86_HELP_cmpxchg16b : X86_HELP_cmpxchg8b);
    } else {
        x86_emit_undefined(t);
    }
}

static void group15(struct translator *t) // 0F AE
{
    unsigned digit = digit_of(t);
    if (!is_memory(t)) {
        if (t->insn.repeat == 0xf3 && digit < 4 && t->code_size == 8) { // RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE
            struct op *op = x86_emit_help(t, digit < 2 ? X86_HELP_rdfsbase : X86_HELP_wrfsbase);
            op->d = op->a = t->insn.rm;
            op->s = t->insn.operand_size;
            op->x = (uint8_t)(X86_FS + (digit & 1));
        } else if (digit < 5 || t->insn.repeat) {
            x86_emit_undefined(t);
        } // LFENCE, MFENCE, SFENCE: memory is always in order here
        return;
    }
    switch (digit) {
    case 0: help_at_memory(t, X86_HELP_fxsave, 16, ACCESS_WRITE)->x = t->insn.rex >> 3 & 1; break;
    case 1: help_at_memory(t, X86_HELP_fxrstor, 16, ACCESS_READ)->x = t->insn.rex >> 3 & 1; break;
    case 2: help_at_memory(t, X86_HELP_ldmxcsr, 4, ACCESS_READ); break;
    case 3: help_at_memory(t, X86_HELP_stmxcsr, 4, ACCESS_WRITE); break;
    case 7: // CLFLUSH: checks the address, has no cache to flush
        x86_address_into(t, X86_T0, 1, ACCESS_READ);
        x86_emit_unary(t, X86_OP_LD8, X86_T1, X86_T0);
        break;
    default: x86_emit_undefined(t); break;
    }
}

static void move_control(struct translator *t, enum x86_helper helper)
{
    struct op *op = x86_emit_help(t, helper);
    op->a = op->d = t->insn.rm;
    op->x = t->insn.reg;
    op->s = t->code_size == 8 ? 8 : 4;
    if (helper == X86_HELP_mov_to_cr || helper == X86_HELP_mov_to_dr)
        x86_emit_end(t);
}

static void push_pop_segment(struct translator *t)
{
    enum x86_segment segment = t->insn.opcode >= 0xa8 ? X86_GS : X86_FS;
    unsigned size = x86_stack_operand(t);
    if (!(t->insn.opcode & 1)) {
        struct op *op = x86_emit_help(t, X86_HELP_read_segment);
        op->d = X86_T1;
        op->x = (uint8_t)segment;
        x86_emit_push(t, X86_T1, size);
        return;
    }
    struct op *op = x86_emit_help(t, X86_HELP_pop);
    op->d = X86_T1;
    op->s = (uint8_t)size;
    op->x = 1;
    op = x86_emit_help(t, X86_HELP_load_segment);
    op->a = X86_T1;
    op->s = (uint8_t)size;
    op->x = (uint8_t)segment;
    x86_emit_end(t);
}

static void help_ended(struct translator *t, enum x86_helper helper)
{
    x86_emit_help(t, helper)->s = t->insn.operand_size;
    t->ended = true;
}

static void help_then_end(struct translator *t, enum x86_helper helper)
{
    x86_emit_help(t, helper);
    x86_emit_end(t);
}

static void load_rights(struct translator *t, enum x86_helper helper) // LAR, LSL
{
    unsigned a = x86_rm_read(t, 2);
    struct op *op = x86_emit_help(t, helper);
    op->a = (uint8_t)a;
    op->d = t->insn.reg;
    op->s = t->insn.operand_size;
}

// --- the map ----------------------------------------------------------------------------------------------------------

void x86_translate_two_byte(struct translator *t)
{
    const struct x86_insn *insn = &t->insn;
    switch (insn->opcode) {
    case 0x00: group6(t); break;
    case 0x01: group7(t); break;
    case 0x02: load_rights(t, X86_HELP_lar); break;
    case 0x03: load_rights(t, X86_HELP_lsl); break;
    case 0x05: help_ended(t, X86_HELP_syscall); break;
    case 0x06: help_then_end(t, X86_HELP_clts); break;
    case 0x07: help_ended(t, X86_HELP_sysret); break;
    case 0x08:
    case 0x09: x86_emit_help(t, X86_HELP_invd); break;
    case 0x0b:
    case 0xb9:
    case 0xff: x86_emit_undefined(t); break;
    case 0x0d:
    case 0x18:
    case 0x19:
    case 0x1a:
    case 0x1b:
    case 0x1c:
    case 0x1d:
    case 0x1e:
    case 0x1f: break; // hints
    case 0x20: move_control(t, X86_HELP_mov_from_cr); break;
    case 0x21: move_control(t, X86_HELP_mov_from_dr); break;
    case 0x22: move_control(t, X86_HELP_mov_to_cr); break;
    case 0x23: move_control(t, X86_HELP_mov_to_dr); break;
    case 0x30: help_then_end(t, X86_HELP_wrmsr); break;
    case 0x31: x86_emit_help(t, X86_HELP_rdtsc); break;
    case 0x32: x86_emit_help(t, X86_HELP_rdmsr); break;
    case 0x33: x86_emit_help(t, X86_HELP_rdpmc); break;
    case 0x34: help_ended(t, X86_HELP_sysenter); break;
    case 0x35: help_ended(t, X86_HELP_sysexit); break;
    case 0x40:
    case 0x41:
    case 0x42:
    case 0x43:
    case 0x44:
    case 0x45:
    case 0x46:
    case 0x47:
    case 0x48:
    case 0x49:
    case 0x4a:
    case 0x4b:
    case 0x4c:
    case 0x4d:
    case 0x4e:
    case 0x4f: conditional_move(t); break;
    case 0x80:
    case 0x81:
    case 0x82:
    case 0x83:
    case 0x84:
    case 0x85:
    case 0x86:
    case 0x87:
    case 0x88:
    case 0x89:
    case 0x8a:
    case 0x8b:
    case 0x8c:
    case 0x8d:
    case 0x8e:
    case 0x8f: x86_emit_branch(t, X86_OP_JO + (X86_OP_JNO - X86_OP_JO) * (insn->opcode & 15u), 0); break;
    case 0x90:
    case 0x91:
    case 0x92:
    case 0x93:
    case 0x94:
    case 0x95:
    case 0x96:
    case 0x97:
    case 0x98:
    case 0x99:
    case 0x9a:
    case 0x9b:
    case 0x9c:
    case 0x9d:
    case 0x9e:
    case 0x9f: set_condition(t); break;
    case 0xa0:
    case 0xa1:
    case 0xa8:
    case 0xa9: push_pop_segment(t); break;
    case 0xa2: x86_emit_help(t, X86_HELP_cpuid); break;
    case 0xa3:
    case 0xab:
    case 0xb3:
    case 0xbb: bit_test_register(t); break;
    case 0xa4:
    case 0xa5:
    case 0xac:
    case 0xad: shift_double(t); break;
    case 0xae: group15(t); break;
    case 0xaf: {
        unsigned size = insn->operand_size, b = x86_rm_read(t, size);
        x86_emit_unary(t, X86_OP_IMUL16 + x86_size_log(size) - 1, insn->reg, insn->reg)->b = (uint8_t)b;
        break;
    }
    case 0xb0:
    case 0xb1: compare_exchange(t); break;
    case 0xb2: x86_translate_load_far(t, X86_SS); break;
    case 0xb4: x86_translate_load_far(t, X86_FS); break;
    case 0xb5: x86_translate_load_far(t, X86_GS); break;
    case 0xb6:
    case 0xb7:
    case 0xbe:
    case 0xbf: move_extended(t); break;
    case 0xb8:
        if (insn->repeat == 0xf3)
            x86_emit_unary(t, X86_OP_POPCOUNT, insn->reg, x86_rm_read(t, insn->operand_size))->s = insn->operand_size;
        else
            x86_emit_undefined(t);
        break;
    case 0xba: bit_test_immediate(t); break;
    case 0xbc:
    case 0xbd: bit_scan(t); break;
    case 0xc0:
    case 0xc1: exchange_add(t); break;
    case 0xc3: // MOVNTI
        if (is_memory(t) && insn->operand_size >= 4)
            x86_rm_store(t, insn->operand_size, insn->reg);
        else
            x86_emit_undefined(t);
        break;
    case 0xc7: group9(t); break;
    case 0xc8:
    case 0xc9:
    case 0xca:
    case 0xcb:
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf: {
        unsigned number = (insn->opcode & 7) | ((insn->rex & 1) ? 8u : 0u);
        x86_emit_unary(t, insn->operand_size == 8 ? X86_OP_BSWAP64 : X86_OP_BSWAP32, number, number);
        break;
    }
    default: x86_translate_simd(t); break;
    }
}
