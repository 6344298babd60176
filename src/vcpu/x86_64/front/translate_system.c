// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Instructions that are done by a function call (exec/helper.h): segments, ports, strings, x87, control and
// model-specific registers.
#include "vcpu/x86_64/float/x87.h"
#include "vcpu/x86_64/front/emit.h"

void x86_translate_nothing(struct translator *t) // hints: prefetches, multi-byte NOPs, fences
{
    (void)t;
}

void x86_translate_help(struct translator *t)
{
    x86_emit_help(t, (enum x86_helper)t->insn.row->argument);
}

void x86_translate_help_then_end(struct translator *t) // the code after it may depend on it
{
    x86_emit_help(t, (enum x86_helper)t->insn.row->argument);
    x86_emit_end(t);
}

void x86_translate_help_ended(struct translator *t) // sets RIP itself
{
    x86_emit_help(t, (enum x86_helper)t->insn.row->argument)->s = t->insn.operand_size;
    t->ended = true;
}

// --- strings, ports, flags -------------------------------------------------------------------------------------------

void x86_translate_string(struct translator *t)
{
    enum x86_string kind = (enum x86_string)t->insn.row->argument;
    bool repeated = t->insn.repeat != 0;
    if (repeated && t->draft.block.count) {
        t->alone = true;
        return;
    }
    struct op *op = x86_emit(t, X86_OP_STRING);
    unsigned size = x86_byte_or_operand(t);
    op->s = (uint8_t)(size == 8 && (kind == X86_INS || kind == X86_OUTS) ? 4 : size);
    op->x = (uint8_t)kind;
    op->a = t->insn.address_size;
    op->b = t->insn.repeat == 0xf3 ? X86_REP : t->insn.repeat == 0xf2 ? X86_REPNE : 0;
    op->d = t->insn.segment >= 0 ? (uint8_t)t->insn.segment : X86_DS;
    op->value = (int32_t)t->next;
    if (repeated)
        x86_emit_exit(t, (int32_t)t->next);
}

void x86_translate_port(struct translator *t)
{
    bool by_dx = t->insn.opcode & 8, out = t->insn.opcode & 2;
    if (!by_dx)
        x86_emit_immediate(t, X86_T3, (uint8_t)t->insn.immediate);
    struct op *op = x86_emit_help(t, out ? X86_HELP_out : X86_HELP_in);
    unsigned size = x86_byte_or_operand(t);
    op->s = (uint8_t)(size == 8 ? 4 : size);
    op->a = by_dx ? X86_RDX : X86_T3;
}

void x86_translate_flag(struct translator *t)
{
    x86_emit(t, X86_OP_FLAGOP)->x = (uint8_t)t->insn.row->argument;
}

void x86_translate_direction(struct translator *t) // CLD, STD
{
    x86_emit(t, X86_OP_DIRECTION)->x = (uint8_t)t->insn.row->argument;
}

void x86_translate_flags_ah(struct translator *t) // LAHF, SAHF
{
    if (t->code_size == 8 && !x86_has(t->cpu->model, X86_FEATURE_LAHF_64))
        x86_emit_undefined(t);
    else
        x86_translate_flag(t);
}

void x86_translate_bcd(struct translator *t)
{
    struct op *op = x86_emit_help(t, X86_HELP_bcd);
    op->x = t->insn.opcode;
    op->s = (uint8_t)t->insn.immediate;
}

void x86_translate_bound(struct translator *t)
{
    x86_address_into(t, X86_T0, 2u * t->insn.operand_size, ACCESS_READ);
    struct op *op = x86_emit_help(t, X86_HELP_bound);
    op->s = t->insn.operand_size;
    op->a = t->insn.reg;
}

// FCMOVcc, FCOMI and similar ones came with CMOV, FISTTP with SSE3.
static enum x86_feature x87_feature(const struct x86_insn *insn)
{
    unsigned low = insn->opcode & 7, digit = insn->modrm >> 3 & 7;
    if (insn->mod != 3)
        return digit == 1 && (low == 3 || low == 5 || low == 7) ? X86_FEATURE_SSE3 : X86_FEATURE_ALWAYS;
    bool moves = (low == 2 || low == 3) && digit < 4, compares = (low == 3 || low == 7) && (digit == 5 || digit == 6);
    return moves || compares ? X86_FEATURE_CMOV : X86_FEATURE_ALWAYS;
}

void x86_translate_x87(struct translator *t)
{
    if (!x86_has(t->cpu->model, x87_feature(&t->insn))) {
        x86_emit_undefined(t);
        return;
    }
    if (t->insn.mod != 3)
        x86_address_into(t, X86_T0, 1, ACCESS_READ);
    struct op *op = x86_emit_help(t, X86_HELP_x87);
    op->d = t->insn.opcode;
    op->x = t->insn.modrm;
    op->s = t->insn.operand_size;
    op->b = t->insn.segment >= 0 ? (uint8_t)t->insn.segment : X86_DS;
}

// --- segments --------------------------------------------------------------------------------------------------------

void x86_translate_move_from_segment(struct translator *t) // 8C
{
    if (x86_digit(t) >= 6) {
        x86_emit_undefined(t);
        return;
    }
    struct op *op = x86_emit_help(t, X86_HELP_read_segment);
    op->d = X86_T1;
    op->x = (uint8_t)x86_digit(t);
    x86_rm_store(t, x86_is_memory(t) ? 2 : t->insn.operand_size, X86_T1);
}

void x86_translate_move_to_segment(struct translator *t) // 8E
{
    unsigned segment = x86_digit(t);
    if (segment == X86_CS || segment >= 6) {
        x86_emit_undefined(t);
        return;
    }
    unsigned a = x86_rm_read(t, 2);
    struct op *op = x86_emit_help(t, X86_HELP_load_segment);
    op->a = (uint8_t)a;
    op->x = (uint8_t)segment;
    x86_emit_end(t);
}

void x86_translate_load_rights(struct translator *t) // LAR, LSL
{
    unsigned a = x86_rm_read(t, 2);
    struct op *op = x86_emit_help(t, (enum x86_helper)t->insn.row->argument);
    op->a = (uint8_t)a;
    op->d = t->insn.reg;
    op->s = t->insn.operand_size;
}

void x86_translate_store_word(struct translator *t) // SLDT, STR, SMSW
{
    x86_emit_help(t, (enum x86_helper)t->insn.row->argument)->d = X86_T1;
    x86_rm_store(t, x86_is_memory(t) ? 2 : t->insn.operand_size, X86_T1);
}

void x86_translate_load_word(struct translator *t) // LLDT, LTR, VERR, VERW
{
    unsigned a = x86_rm_read(t, 2);
    x86_emit_help(t, (enum x86_helper)t->insn.row->argument)->a = (uint8_t)a;
}

void x86_translate_load_status_word(struct translator *t) // LMSW
{
    x86_translate_load_word(t);
    x86_emit_end(t);
}

// --- memory operands of the system -----------------------------------------------------------------------------------

static struct op *help_at_memory(struct translator *t, unsigned size, enum access access)
{
    x86_address_into(t, X86_T0, size, access);
    struct op *op = x86_emit_help(t, (enum x86_helper)t->insn.row->argument);
    op->s = t->insn.operand_size;
    return op;
}

void x86_translate_store_table(struct translator *t) // SGDT, SIDT
{
    help_at_memory(t, t->code_size == 8 ? 10 : 6, ACCESS_WRITE);
}

void x86_translate_load_table(struct translator *t) // LGDT, LIDT
{
    help_at_memory(t, t->code_size == 8 ? 10 : 6, ACCESS_READ);
}

void x86_translate_invalidate_page(struct translator *t)
{
    help_at_memory(t, 1, ACCESS_READ);
    x86_emit_end(t);
}

void x86_translate_invalidate_pcid(struct translator *t)
{
    x86_address_into(t, X86_T0, 16, ACCESS_READ);
    struct op *op = x86_emit_help(t, X86_HELP_invpcid);
    op->a = t->insn.reg;
    op->s = (uint8_t)t->code_size;
    x86_emit_end(t);
}

void x86_translate_save_state(struct translator *t) // FXSAVE
{
    help_at_memory(t, 16, ACCESS_WRITE)->x = t->insn.rex >> 3 & 1;
}

void x86_translate_load_state(struct translator *t) // FXRSTOR
{
    help_at_memory(t, 16, ACCESS_READ)->x = t->insn.rex >> 3 & 1;
}

void x86_translate_store_mxcsr(struct translator *t)
{
    help_at_memory(t, 4, ACCESS_WRITE);
}

void x86_translate_load_mxcsr(struct translator *t)
{
    help_at_memory(t, 4, ACCESS_READ);
}

void x86_translate_flush_line(struct translator *t) // CLFLUSH: checks the address; there is no cache to flush
{
    x86_address_into(t, X86_T0, 1, ACCESS_READ);
    x86_emit_unary(t, X86_OP_LD8, X86_T1, X86_T0);
}

// --- register forms --------------------------------------------------------------------------------------------------

void x86_translate_access_flag(struct translator *t) // 0F 01 CA, CB: CLAC, STAC
{
    unsigned rm = t->insn.modrm & 7;
    if (rm != 2 && rm != 3) {
        x86_emit_undefined(t);
        return;
    }
    x86_emit_help(t, X86_HELP_stac)->x = rm & 1;
    x86_emit_end(t);
}

void x86_translate_swapgs_or_rdtscp(struct translator *t) // 0F 01 F8, F9
{
    unsigned rm = t->insn.modrm & 7;
    if (rm == 0 && t->code_size == 8)
        x86_emit_help(t, X86_HELP_swapgs);
    else if (rm == 1 && x86_has(t->cpu->model, X86_FEATURE_RDTSCP))
        x86_emit_help(t, X86_HELP_rdtscp);
    else
        x86_emit_undefined(t);
}

void x86_translate_segment_base(struct translator *t) // F3 0F AE /0-3: RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE
{
    if (t->insn.repeat != 0xf3 || t->code_size != 8) {
        x86_emit_undefined(t);
        return;
    }
    struct op *op = x86_emit_help(t, (enum x86_helper)t->insn.row->argument);
    op->d = op->a = t->insn.rm;
    op->s = t->insn.operand_size;
    op->x = (uint8_t)(X86_FS + (x86_digit(t) & 1));
}

void x86_translate_fence(struct translator *t) // memory is always in order here
{
    if (t->insn.repeat)
        x86_emit_undefined(t);
}

void x86_translate_move_control(struct translator *t)
{
    enum x86_helper helper = (enum x86_helper)t->insn.row->argument;
    struct op *op = x86_emit_help(t, helper);
    op->a = op->d = t->insn.rm;
    op->x = t->insn.reg;
    op->s = t->code_size == 8 ? 8 : 4;
    if (helper == X86_HELP_mov_to_cr || helper == X86_HELP_mov_to_dr)
        x86_emit_end(t);
}
