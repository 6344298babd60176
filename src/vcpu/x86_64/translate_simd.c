// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// MMX and SSE instructions as ops: check, load the operand, execute the row of the SIMD table (simd.h), store.
#include "vcpu/x86_64/emit.h"
#include "vcpu/x86_64/simd.h"

static bool is_rm(unsigned operand)
{
    return operand == X86_SIMD_XMM_RM || operand == X86_SIMD_MMX_RM || operand == X86_SIMD_GPR_RM;
}

static void emit_scratch(struct translator *t, unsigned code, const struct x86_simd *row)
{
    struct op *op = emit_unary(t, code, 0, X86_T0);
    op->s = row->bytes;
    op->x = !!(row->flags & X86_SIMD_ALIGNED);
}

static void emit_mask_move(struct translator *t, unsigned row) // to DS:[rDI]
{
    t->insn.mod = 0;
    t->insn.base = X86_RDI;
    address_into(t, X86_T0, 1, ACCESS_WRITE);
    struct op *op = emit_help(t, X86_HELP_maskmov);
    op->d = t->insn.reg;
    op->a = t->insn.rm;
    op->value = (int32_t)row;
}

void translate_simd(struct translator *t)
{
    const struct x86_insn *insn = &t->insn;
    const struct x86_simd *row = x86_simd_find(insn->map, insn->prefix, insn->opcode, insn->modrm, insn->rex & 8);
    if (!row) {
        emit_undefined(t);
        return;
    }
    unsigned count;
    unsigned index = (unsigned)(row - x86_simd_table(&count));
    emit_help(t, X86_HELP_simd_check)->value = (int32_t)index;
    if (row->flags & X86_SIMD_MASKMOV) {
        emit_mask_move(t, index);
        return;
    }
    bool memory = insn->has_modrm && insn->mod != 3 && (is_rm(row->s) || is_rm(row->d));
    bool store = memory && is_rm(row->d);
    if (memory) {
        address_into(t, X86_T0, row->bytes, store ? ACCESS_WRITE : ACCESS_READ);
        if (!store)
            emit_scratch(t, X86_OP_LDSCRATCH, row);
    }
    struct op *op = emit(t, X86_OP_SIMD);
    op->disp = (int32_t)index;
    op->d = insn->reg;
    op->b = insn->rm;
    op->s = (uint8_t)insn->immediate;
    op->x = (uint8_t)((memory ? X86_SIMD_OP_SCRATCH : 0) | (insn->rex & 8 ? X86_SIMD_OP_W : 0));
    if (store)
        emit_scratch(t, X86_OP_STSCRATCH, row);
}
