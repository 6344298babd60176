// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Helpers to emit the ops of instructions: exits, registers, memory operands, the stack.
#include "vcpu/x86_64/front/emit.h"

// --- ops -------------------------------------------------------------------------------------------------------------

struct op *x86_emit(struct translator *t, unsigned code)
{
    return draft_op(&t->draft, code);
}

struct op *x86_emit_unary(struct translator *t, unsigned code, unsigned d, unsigned a)
{
    struct op *op = x86_emit(t, code);
    op->d = (uint8_t)d;
    op->a = (uint8_t)a;
    return op;
}

struct op *x86_emit_immediate(struct translator *t, unsigned d, int64_t value)
{
    struct op *op = x86_emit(t, X86_OP_MOVI);
    op->d = (uint8_t)d;
    op->imm = value;
    return op;
}

struct op *x86_emit_help(struct translator *t, enum x86_helper helper)
{
    struct op *op = x86_emit(t, X86_OP_HELP);
    op->disp = helper;
    op->value = (int32_t)t->next;
    op->b = X86_ZERO;
    return op;
}

void x86_emit_exit(struct translator *t, int32_t target)
{
    draft_exit(&t->draft, X86_OP_EXIT, target);
    t->ended = true;
}

void x86_emit_end(struct translator *t)
{
    x86_emit(t, X86_OP_END)->delta = (int32_t)t->next;
    t->ended = true;
}

void x86_emit_branch(struct translator *t, unsigned code, unsigned a)
{
    x86_emit(t, code)->a = (uint8_t)a;
    x86_emit_exit(t, (int32_t)(t->next + t->insn.immediate));
    x86_emit_exit(t, (int32_t)t->next);
}

void x86_emit_undefined(struct translator *t)
{
    x86_emit_help(t, X86_HELP_ud);
    t->ended = true;
}

// --- registers -------------------------------------------------------------------------------------------------------

static bool is_high_byte(const struct translator *t, unsigned number, unsigned size)
{
    return size == 1 && !t->insn.rex && number >= 4 && number < 8;
}

unsigned x86_read_register(struct translator *t, unsigned number, unsigned size, unsigned temp)
{
    if (!is_high_byte(t, number, size))
        return number;
    x86_emit_unary(t, X86_OP_GETH, temp, number - 4);
    return temp;
}

unsigned x86_target_register(struct translator *t, unsigned number, unsigned size, unsigned temp)
{
    return is_high_byte(t, number, size) ? temp : number;
}

void x86_write_register(struct translator *t, unsigned number, unsigned size, unsigned slot)
{
    if (is_high_byte(t, number, size))
        x86_emit_unary(t, X86_OP_PUTH, number - 4, slot);
    else if (slot != number)
        x86_emit_unary(t, x86_code_sized(X86_OP_MOV8, size), number, slot);
}

// --- memory operands -------------------------------------------------------------------------------------------------

enum x86_segment x86_memory_segment(const struct translator *t)
{
    if (t->insn.segment >= 0)
        return (enum x86_segment)t->insn.segment;
    return t->insn.base == X86_RSP || t->insn.base == X86_RBP ? X86_SS : X86_DS;
}

// The parts of the instruction's address; x is the segment base to add.
static struct op *emit_address(struct translator *t, unsigned code, unsigned d, unsigned x)
{
    const struct x86_insn *insn = &t->insn;
    struct op *op = x86_emit(t, code);
    op->d = (uint8_t)d;
    op->a = insn->rip ? X86_RIP : insn->base < 0 ? X86_ZERO : (uint8_t)insn->base;
    op->b = insn->index < 0 ? X86_ZERO : (uint8_t)insn->index;
    op->s = insn->scale;
    op->x = (uint8_t)x;
    op->disp = (int32_t)(insn->displacement + (insn->rip ? (int64_t)t->next : 0));
    return op;
}

struct op *x86_effective_address(struct translator *t, unsigned slot, unsigned size)
{
    unsigned code = t->insn.address_size == 8 ? X86_OP_LEA64 : t->insn.address_size == 4 ? X86_OP_LEA32 : X86_OP_LEA16;
    if (code == X86_OP_LEA64 && size == 4)
        code = X86_OP_LEA32;
    return emit_address(t, code, slot, X86_ZERO);
}

// Turns the offset in `slot` into a linear address, with limit and type check where segments have them.
static void linear_from(struct translator *t, unsigned slot, enum x86_segment segment, unsigned size,
                        enum access access)
{
    if ((t->mode & X86_MODE_FLAT) && segment < X86_FS)
        return;
    struct op *op = x86_emit(t, X86_OP_LINEAR);
    op->d = op->a = (uint8_t)slot;
    op->b = (uint8_t)segment;
    op->s = (uint8_t)size;
    op->x = (uint8_t)access;
}

void x86_address_into(struct translator *t, unsigned slot, unsigned size, enum access access)
{
    enum x86_segment segment = x86_memory_segment(t);
    if (t->code_size == 8) {
        unsigned base = segment >= X86_FS ? X86_BASE + segment : X86_ZERO;
        emit_address(t, t->insn.address_size == 8 ? X86_OP_LEA64 : X86_OP_LEA32, slot, base);
        return;
    }
    x86_effective_address(t, slot, 8);
    linear_from(t, slot, segment, size, access);
}

struct place x86_memory_place(struct translator *t, unsigned size, enum access access, bool only_base)
{
    const struct x86_insn *insn = &t->insn;
    bool plain = t->code_size == 8 && insn->address_size == 8;
    bool indexed = insn->index >= 0 || insn->segment >= X86_FS;
    if (!plain || (indexed && only_base)) {
        x86_address_into(t, X86_T0, size, access);
        // This form does not use b, so it has the base register of the address, for the fault.
        unsigned b = x86_memory_segment(t) == X86_SS ? X86_RSP : X86_ZERO;
        return (struct place){ .a = X86_T0, .b = (uint8_t)b, .x = X86_ZERO };
    }
    return (struct place){
        .a = insn->rip        ? X86_RIP
             : insn->base < 0 ? X86_ZERO
                              : (uint8_t)insn->base,
        .b = insn->index < 0 ? X86_ZERO : (uint8_t)insn->index,
        .s = insn->scale,
        .x = insn->segment >= X86_FS ? (uint8_t)(X86_BASE + insn->segment) : X86_ZERO,
        .disp = (int32_t)(insn->displacement + (insn->rip ? (int64_t)t->next : 0)),
        .indexed = indexed,
    };
}

static struct op *emit_at(struct translator *t, unsigned code, const struct place *place, unsigned d)
{
    struct op *op = x86_emit(t, code);
    op->d = (uint8_t)d;
    op->a = place->a;
    op->b = place->b;
    op->s = place->s;
    op->x = place->x;
    op->disp = place->disp;
    return op;
}

struct op *x86_load_place(struct translator *t, const struct place *place, unsigned size, unsigned d)
{
    return emit_at(t, x86_code_sized(place->indexed ? X86_OP_LD8X : X86_OP_LD8, size), place, d);
}

void x86_store_place(struct translator *t, const struct place *place, unsigned size, unsigned slot)
{
    emit_at(t, x86_code_sized(place->indexed ? X86_OP_ST8X : X86_OP_ST8, size), place, slot);
}

unsigned x86_rm_read(struct translator *t, unsigned size)
{
    if (t->insn.mod == 3)
        return x86_read_register(t, t->insn.rm, size, X86_T1);
    struct place place = x86_memory_place(t, size, ACCESS_READ, false);
    x86_load_place(t, &place, size, X86_T1);
    return X86_T1;
}

unsigned x86_rm_modify(struct translator *t, unsigned size, struct place *place)
{
    if (t->insn.mod == 3)
        return x86_read_register(t, t->insn.rm, size, X86_T1);
    *place = x86_memory_place(t, size, ACCESS_WRITE, true);
    emit_at(t, x86_code_sized(X86_OP_LDM8, size), place, X86_T1);
    return X86_T1;
}

void x86_rm_write(struct translator *t, unsigned size, const struct place *place, unsigned slot)
{
    if (t->insn.mod == 3)
        x86_write_register(t, t->insn.rm, size, slot);
    else
        x86_store_place(t, place, size, slot);
}

void x86_rm_store(struct translator *t, unsigned size, unsigned slot)
{
    struct place place = { 0 };
    if (t->insn.mod != 3)
        place = x86_memory_place(t, size, ACCESS_WRITE, false);
    x86_rm_write(t, size, &place, slot);
}

// --- stack -----------------------------------------------------------------------------------------------------------

unsigned x86_stack_operand(const struct translator *t)
{
    if (t->code_size != 8)
        return t->insn.operand_size;
    return t->insn.operand_prefix && !(t->insn.rex & 8) ? 2 : 8;
}

void x86_emit_push(struct translator *t, unsigned slot, unsigned size)
{
    if (t->code_size == 8 && size == 8) {
        x86_emit_unary(t, X86_OP_PUSH64, 0, slot);
        return;
    }
    struct op *op = x86_emit_help(t, X86_HELP_push);
    op->a = (uint8_t)slot;
    op->s = (uint8_t)size;
}

void x86_emit_pop(struct translator *t, unsigned slot, unsigned size)
{
    if (t->code_size == 8 && size == 8) {
        x86_emit_unary(t, X86_OP_POP64, slot, 0);
        return;
    }
    struct op *op = x86_emit_help(t, X86_HELP_pop);
    op->d = (uint8_t)slot;
    op->s = (uint8_t)size;
}
