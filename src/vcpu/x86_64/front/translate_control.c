// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The stack, jumps, calls and returns, far transfers as ops.
#include "vcpu/x86_64/front/emit.h"

// --- stack -----------------------------------------------------------------------------------------------------------

void x86_translate_push_register(struct translator *t)
{
    x86_emit_push(t, x86_opcode_register(t), x86_stack_operand(t));
}

void x86_translate_pop_register(struct translator *t)
{
    x86_emit_pop(t, x86_opcode_register(t), x86_stack_operand(t));
}

void x86_translate_push_rm(struct translator *t)
{
    unsigned size = x86_stack_operand(t);
    x86_emit_push(t, x86_rm_read(t, size), size);
}

void x86_translate_push_immediate(struct translator *t)
{
    unsigned size = x86_stack_operand(t);
    if (size == 8) {
        x86_emit(t, X86_OP_PUSHI64)->imm = t->insn.immediate;
        return;
    }
    x86_emit_immediate(t, X86_T1, t->insn.immediate);
    x86_emit_push(t, X86_T1, size);
}

// Loads the top of the stack into T1, without changing rSP.
static void emit_peek(struct translator *t, unsigned size)
{
    struct op *op = x86_emit_help(t, X86_HELP_pop);
    op->d = X86_T1;
    op->s = (uint8_t)size;
    op->x = 1;
}

void x86_translate_pop_rm(struct translator *t) // an address with rSP uses the value after the pop
{
    unsigned size = x86_stack_operand(t);
    if (t->insn.mod == 3) {
        x86_emit_pop(t, t->insn.rm, size);
        return;
    }
    // Load the top without changing rSP, store, and pop when nothing can fault any more.
    emit_peek(t, size);
    if (t->insn.base == X86_RSP)
        t->insn.displacement += size;
    struct place place = x86_memory_place(t, size, ACCESS_WRITE, true);
    x86_store_place(t, &place, size, X86_T1);
    x86_emit_pop(t, X86_T1, size);
}

void x86_translate_push_segment(struct translator *t)
{
    struct op *op = x86_emit_help(t, X86_HELP_read_segment);
    op->d = X86_T1;
    op->x = (uint8_t)t->insn.row->argument;
    x86_emit_push(t, X86_T1, x86_stack_operand(t));
}

void x86_translate_pop_segment(struct translator *t)
{
    unsigned size = x86_stack_operand(t);
    emit_peek(t, size);
    struct op *op = x86_emit_help(t, X86_HELP_load_segment);
    op->a = X86_T1;
    op->x = (uint8_t)t->insn.row->argument;
    op->s = (uint8_t)size; // loaded from the stack: rSP changes if the load has not faulted
    x86_emit_end(t);
}

void x86_translate_push_all(struct translator *t) // PUSHA, POPA
{
    x86_emit_help(t, (enum x86_helper)t->insn.row->argument)->s = t->insn.operand_size;
}

void x86_translate_push_flags(struct translator *t)
{
    x86_emit_help(t, X86_HELP_pushf)->s = (uint8_t)x86_stack_operand(t);
}

void x86_translate_pop_flags(struct translator *t)
{
    x86_emit_help(t, X86_HELP_popf)->s = (uint8_t)x86_stack_operand(t);
    x86_emit_end(t);
}

void x86_translate_enter(struct translator *t)
{
    x86_emit_immediate(t, X86_T1, t->insn.immediate);
    struct op *op = x86_emit_help(t, X86_HELP_enter);
    op->s = (uint8_t)x86_stack_operand(t);
    op->x = t->insn.immediate2 & 31;
}

void x86_translate_leave(struct translator *t)
{
    unsigned size = x86_stack_operand(t);
    if (size == 8)
        x86_emit(t, X86_OP_LEAVE64);
    else
        x86_emit_help(t, X86_HELP_leave)->s = (uint8_t)size;
}

// --- near jumps ------------------------------------------------------------------------------------------------------

void x86_translate_branch(struct translator *t)
{
    x86_emit_branch(t, x86_code_condition(X86_OP_JO, t->insn.opcode), 0);
}

void x86_translate_jump(struct translator *t)
{
    x86_emit_exit(t, (int32_t)(t->next + t->insn.immediate));
}

static void emit_call(struct translator *t)
{
    if (x86_stack_operand(t) == 8) {
        x86_emit(t, X86_OP_CALL64)->imm = t->next;
    } else {
        x86_emit_help(t, X86_HELP_near_call)->s = (uint8_t)x86_stack_operand(t);
    }
}

void x86_translate_call(struct translator *t)
{
    emit_call(t);
    x86_emit_exit(t, (int32_t)(t->next + t->insn.immediate));
}

// A jump to the address in `slot`, and the op that runs if it is not canonical.
static void emit_jump(struct translator *t, unsigned code, unsigned slot, int64_t drop)
{
    x86_emit_unary(t, code, 0, slot)->imm = drop;
    x86_emit_help(t, X86_HELP_gp);
    t->ended = true;
}

void x86_translate_call_rm(struct translator *t)
{
    unsigned size = x86_stack_operand(t), a = x86_rm_read(t, size);
    x86_emit_unary(t, x86_code_sized(X86_OP_MOV8, size), X86_T1, a); // CALL rSP jumps to the old value
    if (size == 2)
        x86_emit_unary(t, X86_OP_MOVZ16, X86_T1, X86_T1);
    if (t->code_size == 8)
        x86_emit_unary(t, X86_OP_CANONICAL, 0, X86_T1); // before the push
    emit_call(t);
    emit_jump(t, X86_OP_JUMP, X86_T1, 0);
}

void x86_translate_jump_rm(struct translator *t)
{
    unsigned size = x86_stack_operand(t), a = x86_rm_read(t, size);
    if (size == 2) {
        x86_emit_unary(t, X86_OP_MOVZ16, X86_T1, a);
        a = X86_T1;
    }
    emit_jump(t, X86_OP_JUMP, a, 0);
}

void x86_translate_return(struct translator *t)
{
    unsigned size = x86_stack_operand(t), bytes = (uint16_t)t->insn.immediate;
    if (size == 8) { // RSP changes when the jump can no longer fault
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

void x86_translate_loop(struct translator *t) // E0-E3
{
    struct op *op = x86_emit_help(t, X86_HELP_count_cx);
    op->d = X86_T3;
    op->s = t->insn.address_size;
    op->x = (uint8_t)t->insn.row->argument;
    x86_emit_branch(t, X86_OP_BRANCH, X86_T3);
}

// --- far transfers ---------------------------------------------------------------------------------------------------

static void far_transfer(struct translator *t, enum x86_helper helper)
{
    struct op *op = x86_emit_help(t, helper);
    op->a = X86_T1;
    op->b = X86_T2;
    op->s = t->insn.operand_size;
    t->ended = true;
}

void x86_translate_far_immediate(struct translator *t)
{
    x86_emit_immediate(t, X86_T1, t->insn.immediate);
    x86_emit_immediate(t, X86_T2, t->insn.immediate2);
    far_transfer(t, (enum x86_helper)t->insn.row->argument);
}

// Loads offset and selector of a far pointer in memory into T1 and T2.
static void load_far_pointer(struct translator *t)
{
    unsigned size = t->insn.operand_size;
    struct place place = x86_memory_place(t, size + 2, ACCESS_READ, true);
    x86_load_place(t, &place, size, X86_T1);
    place.disp += (int32_t)size;
    x86_load_place(t, &place, 2, X86_T2);
}

void x86_translate_far_memory(struct translator *t)
{
    load_far_pointer(t);
    far_transfer(t, (enum x86_helper)t->insn.row->argument);
}

void x86_translate_load_far(struct translator *t) // LES, LDS, LSS, LFS, LGS
{
    load_far_pointer(t);
    struct op *op = x86_emit_help(t, X86_HELP_load_far);
    op->a = X86_T1;
    op->b = X86_T2;
    op->d = t->insn.reg;
    op->s = t->insn.operand_size;
    op->x = (uint8_t)t->insn.row->argument;
    x86_emit_end(t);
}

void x86_translate_far_return(struct translator *t)
{
    struct op *op = x86_emit_help(t, X86_HELP_far_return);
    op->s = t->insn.operand_size;
    op->value = (uint16_t)t->insn.immediate;
    t->ended = true;
}

void x86_translate_interrupt(struct translator *t) // INT n, INT3, INT1, IRET: the argument is the helper
{
    struct op *op = x86_emit_help(t, (enum x86_helper)t->insn.row->argument);
    op->s = t->insn.operand_size;
    op->x = (uint8_t)t->insn.immediate;
    t->ended = true;
}
