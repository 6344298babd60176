// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The one-byte opcode map (SDM vol. 2, table A-2) as ops.
#include "vcpu/x86_64/front/emit.h"

// Op codes of one kind, by operation (in the order of the encoding), form and size.
#define ALU_CODE(kind, immediate, size) (X86_OP_ADD8RR + 8 * (kind) + ((immediate) ? 4 : 0) + x86_size_log(size))
#define ALU_CMP                         7
#define ALU_TEST                        8

static void emit_alu(struct translator *t, unsigned kind, unsigned size, unsigned d, unsigned a, unsigned b)
{
    struct op *op = x86_emit_unary(t, ALU_CODE(kind, false, size), d, a);
    op->b = (uint8_t)b;
}

static void emit_alu_immediate(struct translator *t, unsigned kind, unsigned size, unsigned d, unsigned a,
                               int64_t value)
{
    x86_emit_unary(t, ALU_CODE(kind, true, size), d, a)->imm = value;
}

static unsigned byte_or_operand(const struct translator *t)
{
    return t->insn.opcode & 1 ? t->insn.operand_size : 1;
}

// OP rm, reg
static void alu_rm_register(struct translator *t, unsigned kind, unsigned size)
{
    unsigned b = x86_read_register(t, t->insn.reg, size, X86_T2);
    if (kind >= ALU_CMP) {
        emit_alu(t, kind, size, X86_T1, x86_rm_read(t, size), b);
        return;
    }
    struct place place;
    unsigned a = x86_rm_modify(t, size, &place);
    emit_alu(t, kind, size, a, a, b);
    x86_rm_write(t, size, &place, a);
}

// OP reg, rm
static void alu_register_rm(struct translator *t, unsigned kind, unsigned size)
{
    unsigned b = x86_rm_read(t, size);
    unsigned a = x86_read_register(t, t->insn.reg, size, X86_T2);
    emit_alu(t, kind, size, a, a, b);
    if (kind != ALU_CMP)
        x86_write_register(t, t->insn.reg, size, a);
}

static void alu_rm_immediate(struct translator *t, unsigned kind, unsigned size)
{
    if (kind >= ALU_CMP) {
        emit_alu_immediate(t, kind, size, X86_T1, x86_rm_read(t, size), t->insn.immediate);
        return;
    }
    struct place place;
    unsigned a = x86_rm_modify(t, size, &place);
    emit_alu_immediate(t, kind, size, a, a, t->insn.immediate);
    x86_rm_write(t, size, &place, a);
}

static void translate_alu(struct translator *t)
{
    unsigned kind = t->insn.opcode >> 3 & 7, size = byte_or_operand(t);
    switch (t->insn.opcode & 7) {
    case 0:
    case 1: alu_rm_register(t, kind, size); break;
    case 2:
    case 3: alu_register_rm(t, kind, size); break;
    default: emit_alu_immediate(t, kind, size, X86_RAX, X86_RAX, t->insn.immediate); break;
    }
}

// INC, DEC, NEG, NOT
static void unary_rm(struct translator *t, unsigned code, unsigned size)
{
    struct place place;
    unsigned a = x86_rm_modify(t, size, &place);
    x86_emit_unary(t, code + x86_size_log(size), a, a);
    x86_rm_write(t, size, &place, a);
}

static void translate_shift(struct translator *t, unsigned size, unsigned count_slot, unsigned count)
{
    unsigned kind = t->insn.modrm >> 3 & 7;
    count &= size == 8 ? 63 : 31;
    if (count_slot == X86_ZERO && count == 0) { // changes nothing, but the operand is accessed
        unsigned a = x86_rm_read(t, size);
        if (t->insn.mod == 3 && size == 4)
            x86_emit_unary(t, X86_OP_MOV32, a, a);
        return;
    }
    struct place place;
    unsigned a = x86_rm_modify(t, size, &place);
    if (count_slot == X86_ZERO && kind >= X86_SHL && size >= 4) {
        unsigned code = kind == X86_SHR ? X86_OP_SHR32 : kind == X86_SAR ? X86_OP_SAR32 : X86_OP_SHL32;
        x86_emit_unary(t, code + (size == 8 ? X86_OP_SHL64 - X86_OP_SHL32 : 0), a, a)->imm = count;
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

static void translate_group3(struct translator *t)
{
    unsigned size = byte_or_operand(t), digit = t->insn.modrm >> 3 & 7;
    switch (digit) {
    case 0:
    case 1: alu_rm_immediate(t, ALU_TEST, size); break;
    case 2: unary_rm(t, X86_OP_NOT8, size); break;
    case 3: unary_rm(t, X86_OP_NEG8, size); break;
    default: {
        unsigned a = x86_rm_read(t, size);
        struct op *op = x86_emit_unary(t, digit < 6 ? X86_OP_MULTIPLY : X86_OP_DIVIDE, 0, a);
        op->s = (uint8_t)size;
        op->x = digit & 1; // IMUL, IDIV
        break;
    }
    }
}

// --- moves ------------------------------------------------------------------------------------------------------------

// MOV of a 32-bit register to itself clears its upper half.
static bool move_to_itself(struct translator *t, unsigned size)
{
    if (t->insn.mod != 3 || t->insn.rm != t->insn.reg || size != 4)
        return false;
    x86_emit_unary(t, X86_OP_MOV32, t->insn.reg, t->insn.reg);
    return true;
}

static void move_rm_register(struct translator *t)
{
    unsigned size = byte_or_operand(t);
    if (!move_to_itself(t, size))
        x86_rm_store(t, size, x86_read_register(t, t->insn.reg, size, X86_T2));
}

static void move_register_rm(struct translator *t)
{
    unsigned size = byte_or_operand(t), reg = t->insn.reg;
    if (t->insn.mod != 3 && size >= 4) {
        struct place place = x86_memory_place(t, size, ACCESS_READ, false);
        x86_load_place(t, &place, size, reg);
    } else if (!move_to_itself(t, size)) {
        x86_write_register(t, reg, size, x86_rm_read(t, size));
    }
}

static void move_rm_immediate(struct translator *t)
{
    unsigned size = byte_or_operand(t);
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
    struct op *op = x86_emit(t, (place.indexed ? X86_OP_STI8X : X86_OP_STI8) + x86_size_log(size));
    op->a = place.a;
    op->b = place.b;
    op->s = place.s;
    op->x = place.x;
    op->disp = place.disp;
    op->value = (int32_t)t->insn.immediate;
}

static void move_register_immediate(struct translator *t) // B0-BF
{
    unsigned size = t->insn.opcode & 8 ? t->insn.operand_size : 1;
    unsigned reg = (t->insn.opcode & 7) | ((t->insn.rex & 1) ? 8u : 0u);
    if (size >= 4) {
        x86_emit_immediate(t, reg, size == 4 ? (int64_t)(uint32_t)t->insn.immediate : t->insn.immediate);
        return;
    }
    x86_emit_immediate(t, X86_T1, t->insn.immediate);
    x86_write_register(t, reg, size, X86_T1);
}

static void move_offset(struct translator *t) // A0-A3: a 64-bit displacement does not fit an op
{
    unsigned size = byte_or_operand(t);
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

static void exchange(struct translator *t, unsigned size)
{
    struct place place;
    unsigned a = x86_rm_modify(t, size, &place);
    unsigned b = x86_read_register(t, t->insn.reg, size, X86_T2);
    x86_emit_unary(t, X86_OP_MOV64, X86_T3, a);
    x86_rm_write(t, size, &place, b);
    x86_write_register(t, t->insn.reg, size, X86_T3);
}

static void exchange_accumulator(struct translator *t) // 90-97
{
    unsigned reg = (t->insn.opcode & 7) | ((t->insn.rex & 1) ? 8u : 0u), size = t->insn.operand_size;
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

static void sign_extend_accumulator(struct translator *t) // 98: CBW, CWDE, CDQE
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

static void move_sign_double(struct translator *t) // 63 in 64-bit mode: MOVSXD
{
    unsigned a = x86_rm_read(t, 4);
    if (t->insn.operand_size == 8)
        x86_emit_unary(t, X86_OP_MOVS32_64, t->insn.reg, a);
    else
        x86_emit_unary(t, X86_OP_MOV8 + x86_size_log(t->insn.operand_size), t->insn.reg, a);
}

static void translate_multiply(struct translator *t) // 69, 6B
{
    unsigned size = t->insn.operand_size, a = x86_rm_read(t, size);
    x86_emit_immediate(t, X86_T3, t->insn.immediate);
    x86_emit_unary(t, X86_OP_IMUL16 + x86_size_log(size) - 1, t->insn.reg, a)->b = X86_T3;
}

// --- stack ------------------------------------------------------------------------------------------------------------

static void push_immediate(struct translator *t)
{
    unsigned size = x86_stack_operand(t);
    if (size == 8) {
        x86_emit(t, X86_OP_PUSHI64)->imm = t->insn.immediate;
        return;
    }
    x86_emit_immediate(t, X86_T1, t->insn.immediate);
    x86_emit_push(t, X86_T1, size);
}

static void pop_memory(struct translator *t) // 8F /0: an address that uses rSP takes it after the pop
{
    unsigned size = x86_stack_operand(t);
    if ((t->insn.modrm >> 3 & 7) != 0) {
        x86_emit_undefined(t);
        return;
    }
    if (t->insn.mod == 3) {
        x86_emit_pop(t, t->insn.rm, size);
        return;
    }
    // Look at the top without moving rSP, store, and pop for good when nothing can fault any more.
    struct op *peek = x86_emit_help(t, X86_HELP_pop);
    peek->d = X86_T1;
    peek->s = (uint8_t)size;
    peek->x = 1;
    if (t->insn.base == X86_RSP)
        t->insn.displacement += size;
    struct place place = x86_memory_place(t, size, ACCESS_WRITE, true);
    x86_store_place(t, &place, size, X86_T1);
    x86_emit_pop(t, X86_T1, size);
}

static void push_segment(struct translator *t, enum x86_segment segment)
{
    x86_emit_help(t, X86_HELP_read_segment)->d = X86_T1;
    t->draft.ops[t->draft.block.op_count - 1].x = (uint8_t)segment;
    x86_emit_push(t, X86_T1, x86_stack_operand(t));
}

static void pop_segment(struct translator *t, enum x86_segment segment)
{
    unsigned size = x86_stack_operand(t);
    struct op *peek = x86_emit_help(t, X86_HELP_pop);
    peek->d = X86_T1;
    peek->s = (uint8_t)size;
    peek->x = 1;
    struct op *op = x86_emit_help(t, X86_HELP_load_segment);
    op->a = X86_T1;
    op->x = (uint8_t)segment;
    op->s = (uint8_t)size; // loaded from the stack: rSP moves when the load has not faulted
    x86_emit_end(t);
}

// --- control ----------------------------------------------------------------------------------------------------------

static void call_near(struct translator *t)
{
    if (x86_stack_operand(t) == 8) {
        x86_emit(t, X86_OP_CALL64)->imm = t->next;
    } else {
        x86_emit_help(t, X86_HELP_near_call)->s = (uint8_t)x86_stack_operand(t);
    }
}

// A jump to the address in `slot`, and the op that it goes to when that is not canonical.
static void emit_jump(struct translator *t, unsigned code, unsigned slot, int64_t drop)
{
    x86_emit_unary(t, code, 0, slot)->imm = drop;
    x86_emit_help(t, X86_HELP_gp);
    t->ended = true;
}

static void return_near(struct translator *t, unsigned bytes)
{
    unsigned size = x86_stack_operand(t);
    if (size == 8) { // RSP moves when the jump can no longer fault
        x86_emit_unary(t, X86_OP_LD64, X86_T1, X86_RSP)->x = X86_ZERO;
        emit_jump(t, X86_OP_RETURN, X86_T1, 8 + bytes);
        return;
    }
    struct op *op = x86_emit_help(t, X86_HELP_near_return);
    op->d = X86_T1;
    op->s = (uint8_t)size;
    op->value = (int32_t)bytes;
    emit_jump(t, X86_OP_JUMP, X86_T1, 0);
}

static void loop_or_jcxz(struct translator *t) // E0-E3
{
    struct op *op = x86_emit_help(t, X86_HELP_count_cx);
    op->d = X86_T3;
    op->s = t->insn.address_size;
    op->x = t->insn.opcode & 3;
    x86_emit_branch(t, X86_OP_BRANCH, X86_T3);
}

static void far_transfer(struct translator *t, enum x86_helper helper)
{
    struct op *op = x86_emit_help(t, helper);
    op->a = X86_T1;
    op->b = X86_T2;
    op->s = t->insn.operand_size;
    t->ended = true;
}

static void far_immediate(struct translator *t, enum x86_helper helper)
{
    x86_emit_immediate(t, X86_T1, t->insn.immediate);
    x86_emit_immediate(t, X86_T2, t->insn.immediate2);
    far_transfer(t, helper);
}

// Loads offset and selector of a far pointer in memory into T1 and T2. False: not a memory operand.
static bool load_far_pointer(struct translator *t)
{
    if (t->insn.mod == 3) {
        x86_emit_undefined(t);
        return false;
    }
    unsigned size = t->insn.operand_size;
    struct place place = x86_memory_place(t, size + 2, ACCESS_READ, true);
    x86_load_place(t, &place, size, X86_T1);
    place.disp += (int32_t)size;
    x86_load_place(t, &place, 2, X86_T2);
    return true;
}

void x86_translate_load_far(struct translator *t, enum x86_segment segment)
{
    if (!load_far_pointer(t))
        return;
    struct op *op = x86_emit_help(t, X86_HELP_load_far);
    op->a = X86_T1;
    op->b = X86_T2;
    op->d = t->insn.reg;
    op->s = t->insn.operand_size;
    op->x = (uint8_t)segment;
    x86_emit_end(t);
}

static void translate_group5(struct translator *t) // FF
{
    unsigned size = t->insn.operand_size;
    switch (t->insn.modrm >> 3 & 7) {
    case 0: unary_rm(t, X86_OP_INC8, size); break;
    case 1: unary_rm(t, X86_OP_DEC8, size); break;
    case 2: {
        unsigned a = x86_rm_read(t, x86_stack_operand(t));
        x86_emit_unary(t, X86_OP_MOV8 + x86_size_log(x86_stack_operand(t)), X86_T1,
                       a); // CALL rSP jumps to the old value
        if (x86_stack_operand(t) == 2)
            x86_emit_unary(t, X86_OP_MOVZ16, X86_T1, X86_T1);
        if (t->code_size == 8)
            x86_emit_unary(t, X86_OP_CANONICAL, 0, X86_T1); // before the push
        call_near(t);
        emit_jump(t, X86_OP_JUMP, X86_T1, 0);
        break;
    }
    case 4: {
        unsigned a = x86_rm_read(t, x86_stack_operand(t));
        if (x86_stack_operand(t) == 2) {
            x86_emit_unary(t, X86_OP_MOVZ16, X86_T1, a);
            a = X86_T1;
        }
        emit_jump(t, X86_OP_JUMP, a, 0);
        break;
    }
    case 3:
        if (load_far_pointer(t))
            far_transfer(t, X86_HELP_far_call);
        break;
    case 5:
        if (load_far_pointer(t))
            far_transfer(t, X86_HELP_far_jump);
        break;
    case 6: x86_emit_push(t, x86_rm_read(t, x86_stack_operand(t)), x86_stack_operand(t)); break;
    default: x86_emit_undefined(t); break;
    }
}

// --- strings, ports, flags --------------------------------------------------------------------------------------------

static void translate_string(struct translator *t, enum x86_string kind)
{
    bool repeated = t->insn.repeat != 0;
    if (repeated && t->draft.block.count) {
        t->alone = true;
        return;
    }
    struct op *op = x86_emit(t, X86_OP_STRING);
    unsigned size = byte_or_operand(t);
    op->s = (uint8_t)(size == 8 && (kind == X86_INS || kind == X86_OUTS) ? 4 : size);
    op->x = (uint8_t)kind;
    op->a = t->insn.address_size;
    op->b = t->insn.repeat == 0xf3 ? X86_REP : t->insn.repeat == 0xf2 ? X86_REPNE : 0;
    op->d = t->insn.segment >= 0 ? (uint8_t)t->insn.segment : X86_DS;
    op->value = (int32_t)t->next;
    if (repeated)
        x86_emit_exit(t, (int32_t)t->next);
}

static void translate_port(struct translator *t)
{
    bool by_dx = t->insn.opcode & 8, out = t->insn.opcode & 2;
    if (!by_dx)
        x86_emit_immediate(t, X86_T3, (uint8_t)t->insn.immediate);
    struct op *op = x86_emit_help(t, out ? X86_HELP_out : X86_HELP_in);
    unsigned size = byte_or_operand(t);
    op->s = (uint8_t)(size == 8 ? 4 : size);
    op->a = by_dx ? X86_RDX : X86_T3;
}

static void flag_op(struct translator *t, enum x86_flag_op kind)
{
    x86_emit(t, X86_OP_FLAGOP)->x = (uint8_t)kind;
}

static void help_bcd(struct translator *t)
{
    struct op *op = x86_emit_help(t, X86_HELP_bcd);
    op->x = t->insn.opcode;
    op->s = (uint8_t)t->insn.immediate;
}

static void translate_xlat(struct translator *t)
{
    x86_emit_unary(t, X86_OP_MOVZ8, X86_T1, X86_RAX);
    t->insn.base = X86_RBX;
    t->insn.index = X86_T1;
    x86_address_into(t, X86_T0, 1, ACCESS_READ);
    struct place place = { .a = X86_T0, .b = X86_ZERO, .x = X86_ZERO };
    x86_load_place(t, &place, 1, X86_T1);
    x86_write_register(t, X86_RAX, 1, X86_T1);
}

static void translate_x87(struct translator *t)
{
    if (t->insn.mod != 3)
        x86_address_into(t, X86_T0, 1, ACCESS_READ);
    struct op *op = x86_emit_help(t, X86_HELP_x87);
    op->d = t->insn.opcode;
    op->x = t->insn.modrm;
    op->s = t->insn.operand_size;
    op->b = t->insn.segment >= 0 ? (uint8_t)t->insn.segment : X86_DS;
}

static void translate_enter(struct translator *t)
{
    x86_emit_immediate(t, X86_T1, t->insn.immediate);
    struct op *op = x86_emit_help(t, X86_HELP_enter);
    op->s = (uint8_t)x86_stack_operand(t);
    op->x = t->insn.immediate2 & 31;
}

static void ended_help(struct translator *t, enum x86_helper helper, unsigned size, unsigned x)
{
    struct op *op = x86_emit_help(t, helper);
    op->s = (uint8_t)size;
    op->x = (uint8_t)x;
    t->ended = true;
}

static bool not_in_64(struct translator *t)
{
    if (t->code_size != 8)
        return false;
    x86_emit_undefined(t);
    return true;
}

// --- the map ----------------------------------------------------------------------------------------------------------

void x86_translate_one_byte(struct translator *t)
{
    const struct x86_insn *insn = &t->insn;
    unsigned low = (insn->opcode & 7) | ((insn->rex & 1) ? 8u : 0u);

    if (insn->opcode < 0x40 && (insn->opcode & 7) < 6) {
        translate_alu(t);
        return;
    }
    switch (insn->opcode) {
    case 0x06:
        if (!not_in_64(t))
            push_segment(t, X86_ES);
        break;
    case 0x0e:
        if (!not_in_64(t))
            push_segment(t, X86_CS);
        break;
    case 0x16:
        if (!not_in_64(t))
            push_segment(t, X86_SS);
        break;
    case 0x1e:
        if (!not_in_64(t))
            push_segment(t, X86_DS);
        break;
    case 0x07:
        if (!not_in_64(t))
            pop_segment(t, X86_ES);
        break;
    case 0x17:
        if (!not_in_64(t))
            pop_segment(t, X86_SS);
        break;
    case 0x1f:
        if (!not_in_64(t))
            pop_segment(t, X86_DS);
        break;
    case 0x27:
    case 0x2f:
    case 0x37:
    case 0x3f:
    case 0xd4:
    case 0xd5:
        if (!not_in_64(t))
            help_bcd(t);
        break;
    case 0x40:
    case 0x41:
    case 0x42:
    case 0x43:
    case 0x44:
    case 0x45:
    case 0x46:
    case 0x47: x86_emit_unary(t, X86_OP_INC8 + x86_size_log(insn->operand_size), low, low); break;
    case 0x48:
    case 0x49:
    case 0x4a:
    case 0x4b:
    case 0x4c:
    case 0x4d:
    case 0x4e:
    case 0x4f: x86_emit_unary(t, X86_OP_DEC8 + x86_size_log(insn->operand_size), low, low); break;
    case 0x50:
    case 0x51:
    case 0x52:
    case 0x53:
    case 0x54:
    case 0x55:
    case 0x56:
    case 0x57: x86_emit_push(t, low, x86_stack_operand(t)); break;
    case 0x58:
    case 0x59:
    case 0x5a:
    case 0x5b:
    case 0x5c:
    case 0x5d:
    case 0x5e:
    case 0x5f: x86_emit_pop(t, low, x86_stack_operand(t)); break;
    case 0x60:
        if (!not_in_64(t))
            x86_emit_help(t, X86_HELP_pusha)->s = insn->operand_size;
        break;
    case 0x61:
        if (!not_in_64(t))
            x86_emit_help(t, X86_HELP_popa)->s = insn->operand_size;
        break;
    case 0x62:
        if (not_in_64(t))
            break;
        if (insn->mod == 3) {
            x86_emit_undefined(t);
            break;
        }
        x86_address_into(t, X86_T0, 2u * insn->operand_size, ACCESS_READ);
        x86_emit_help(t, X86_HELP_bound)->s = insn->operand_size;
        t->draft.ops[t->draft.block.op_count - 1].a = insn->reg;
        break;
    case 0x63:
        if (t->code_size == 8) {
            move_sign_double(t);
        } else { // ARPL
            struct place place;
            unsigned a = x86_rm_modify(t, 2, &place);
            x86_emit_unary(t, X86_OP_MOV64, X86_T3, a);
            struct op *op = x86_emit_help(t, X86_HELP_arpl);
            op->d = X86_T3;
            op->a = insn->reg;
            x86_rm_write(t, 2, &place, X86_T3);
        }
        break;
    case 0x68:
    case 0x6a: push_immediate(t); break;
    case 0x69:
    case 0x6b: translate_multiply(t); break;
    case 0x6c:
    case 0x6d: translate_string(t, X86_INS); break;
    case 0x6e:
    case 0x6f: translate_string(t, X86_OUTS); break;
    case 0x70:
    case 0x71:
    case 0x72:
    case 0x73:
    case 0x74:
    case 0x75:
    case 0x76:
    case 0x77:
    case 0x78:
    case 0x79:
    case 0x7a:
    case 0x7b:
    case 0x7c:
    case 0x7d:
    case 0x7e:
    case 0x7f: x86_emit_branch(t, X86_OP_JO + (X86_OP_JNO - X86_OP_JO) * (insn->opcode & 15u), 0); break;
    case 0x82:
        if (not_in_64(t))
            break;
        // fall through
    case 0x80:
    case 0x81:
    case 0x83: alu_rm_immediate(t, insn->modrm >> 3 & 7, byte_or_operand(t)); break;
    case 0x84:
    case 0x85: alu_rm_register(t, ALU_TEST, byte_or_operand(t)); break;
    case 0x86:
    case 0x87: exchange(t, byte_or_operand(t)); break;
    case 0x88:
    case 0x89: move_rm_register(t); break;
    case 0x8a:
    case 0x8b: move_register_rm(t); break;
    case 0x8c: {
        if (insn->reg % 8 >= 6) {
            x86_emit_undefined(t);
            break;
        }
        struct op *op = x86_emit_help(t, X86_HELP_read_segment);
        op->d = X86_T1;
        op->x = insn->reg & 7;
        x86_rm_store(t, insn->mod == 3 ? insn->operand_size : 2, X86_T1);
        break;
    }
    case 0x8d:
        if (insn->mod == 3) {
            x86_emit_undefined(t);
        } else if (insn->operand_size == 2) {
            x86_effective_address(t, X86_T1, 2);
            x86_write_register(t, insn->reg, 2, X86_T1);
        } else if (insn->address_size == 2 || insn->index >= 0 || insn->operand_size != insn->address_size) {
            x86_effective_address(t, insn->reg, insn->operand_size);
        } else {
            x86_effective_address(t, insn->reg, insn->operand_size);
            if (insn->address_size == 8)
                t->draft.ops[t->draft.block.op_count - 1].code = X86_OP_LEAD;
        }
        break;
    case 0x8e: {
        unsigned segment = insn->reg & 7;
        if (segment == X86_CS || segment >= 6) {
            x86_emit_undefined(t);
            break;
        }
        struct op *op;
        unsigned a = x86_rm_read(t, 2);
        op = x86_emit_help(t, X86_HELP_load_segment);
        op->a = (uint8_t)a;
        op->x = (uint8_t)segment;
        x86_emit_end(t);
        break;
    }
    case 0x8f: pop_memory(t); break;
    case 0x90:
    case 0x91:
    case 0x92:
    case 0x93:
    case 0x94:
    case 0x95:
    case 0x96:
    case 0x97: exchange_accumulator(t); break;
    case 0x98: sign_extend_accumulator(t); break;
    case 0x99: x86_emit(t, X86_OP_SIGNA)->s = insn->operand_size; break;
    case 0x9a:
        if (!not_in_64(t))
            far_immediate(t, X86_HELP_far_call);
        break;
    case 0x9b: x86_emit_help(t, X86_HELP_fwait); break;
    case 0x9c: x86_emit_help(t, X86_HELP_pushf)->s = (uint8_t)x86_stack_operand(t); break;
    case 0x9d:
        x86_emit_help(t, X86_HELP_popf)->s = (uint8_t)x86_stack_operand(t);
        x86_emit_end(t);
        break;
    case 0x9e: flag_op(t, X86_SAHF); break;
    case 0x9f: flag_op(t, X86_LAHF); break;
    case 0xa0:
    case 0xa1:
    case 0xa2:
    case 0xa3: move_offset(t); break;
    case 0xa4:
    case 0xa5: translate_string(t, X86_MOVS); break;
    case 0xa6:
    case 0xa7: translate_string(t, X86_CMPS); break;
    case 0xa8:
    case 0xa9: emit_alu_immediate(t, ALU_TEST, byte_or_operand(t), X86_T1, X86_RAX, insn->immediate); break;
    case 0xaa:
    case 0xab: translate_string(t, X86_STOS); break;
    case 0xac:
    case 0xad: translate_string(t, X86_LODS); break;
    case 0xae:
    case 0xaf: translate_string(t, X86_SCAS); break;
    case 0xb0:
    case 0xb1:
    case 0xb2:
    case 0xb3:
    case 0xb4:
    case 0xb5:
    case 0xb6:
    case 0xb7:
    case 0xb8:
    case 0xb9:
    case 0xba:
    case 0xbb:
    case 0xbc:
    case 0xbd:
    case 0xbe:
    case 0xbf: move_register_immediate(t); break;
    case 0xc0:
    case 0xc1: translate_shift(t, byte_or_operand(t), X86_ZERO, (uint8_t)insn->immediate); break;
    case 0xc2: return_near(t, (uint16_t)insn->immediate); break;
    case 0xc3: return_near(t, 0); break;
    case 0xc4:
        if (!not_in_64(t))
            x86_translate_load_far(t, X86_ES);
        break;
    case 0xc5:
        if (!not_in_64(t))
            x86_translate_load_far(t, X86_DS);
        break;
    case 0xc6:
    case 0xc7:
        if ((insn->modrm >> 3 & 7) != 0)
            x86_emit_undefined(t);
        else
            move_rm_immediate(t);
        break;
    case 0xc8: translate_enter(t); break;
    case 0xc9:
        if (x86_stack_operand(t) == 8)
            x86_emit(t, X86_OP_LEAVE64);
        else
            x86_emit_help(t, X86_HELP_leave)->s = (uint8_t)x86_stack_operand(t);
        break;
    case 0xca:
    case 0xcb: {
        struct op *op = x86_emit_help(t, X86_HELP_far_return);
        op->s = insn->operand_size;
        op->value = (uint16_t)insn->immediate;
        t->ended = true;
        break;
    }
    case 0xcc: ended_help(t, X86_HELP_int3, 0, 3); break;
    case 0xcd: ended_help(t, X86_HELP_int_n, 0, (uint8_t)insn->immediate); break;
    case 0xce:
        if (not_in_64(t))
            break;
        x86_emit_help(t, X86_HELP_into);
        x86_emit_end(t);
        break;
    case 0xcf: ended_help(t, X86_HELP_iret, insn->operand_size, 0); break;
    case 0xd0:
    case 0xd1: translate_shift(t, byte_or_operand(t), X86_ZERO, 1); break;
    case 0xd2:
    case 0xd3: translate_shift(t, byte_or_operand(t), X86_RCX, 0); break;
    case 0xd6:
        if (!not_in_64(t))
            flag_op(t, X86_SALC);
        break;
    case 0xd7: translate_xlat(t); break;
    case 0xd8:
    case 0xd9:
    case 0xda:
    case 0xdb:
    case 0xdc:
    case 0xdd:
    case 0xde:
    case 0xdf: translate_x87(t); break;
    case 0xe0:
    case 0xe1:
    case 0xe2:
    case 0xe3: loop_or_jcxz(t); break;
    case 0xe4:
    case 0xe5:
    case 0xe6:
    case 0xe7:
    case 0xec:
    case 0xed:
    case 0xee:
    case 0xef: translate_port(t); break;
    case 0xe8:
        call_near(t);
        x86_emit_exit(t, (int32_t)(t->next + insn->immediate));
        break;
    case 0xe9:
    case 0xeb: x86_emit_exit(t, (int32_t)(t->next + insn->immediate)); break;
    case 0xea:
        if (!not_in_64(t))
            far_immediate(t, X86_HELP_far_jump);
        break;
    case 0xf1: ended_help(t, X86_HELP_icebp, 0, 1); break;
    case 0xf4:
        x86_emit_help(t, X86_HELP_hlt);
        x86_emit_end(t);
        break;
    case 0xf5: flag_op(t, X86_CMC); break;
    case 0xf6:
    case 0xf7: translate_group3(t); break;
    case 0xf8: flag_op(t, X86_CLC); break;
    case 0xf9: flag_op(t, X86_STC); break;
    case 0xfa: x86_emit_help(t, X86_HELP_cli); break;
    case 0xfb:
        x86_emit_help(t, X86_HELP_sti);
        x86_emit_end(t);
        break;
    case 0xfc: flag_op(t, X86_CLD); break;
    case 0xfd: flag_op(t, X86_STD); break;
    case 0xfe:
        if ((insn->modrm >> 3 & 7) < 2)
            unary_rm(t, (insn->modrm >> 3 & 7) == 0 ? X86_OP_INC8 : X86_OP_DEC8, 1);
        else
            x86_emit_undefined(t);
        break;
    case 0xff: translate_group5(t); break;
    default: x86_emit_undefined(t); break;
    }
}
