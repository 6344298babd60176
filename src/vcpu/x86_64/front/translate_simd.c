// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// MMX and SSE instructions as ops: check, load the operand, execute the row of the SIMD table (float/simd.h), store.
#include "vcpu/x86_64/float/simd.h"
#include "vcpu/x86_64/front/emit.h"

static bool is_rm(unsigned operand)
{
    return operand == X86_SIMD_XMM_RM || operand == X86_SIMD_MMX_RM || operand == X86_SIMD_GPR_RM;
}

static void emit_scratch(struct translator *t, unsigned code, const struct x86_simd *row)
{
    struct op *op = x86_emit_unary(t, code, 0, X86_T0);
    op->b = x86_memory_segment(t) == X86_SS ? X86_RSP : X86_ZERO;
    op->s = row->bytes;
    op->x = !!(row->flags & X86_SIMD_ALIGNED);
}

static bool is_sse3(const struct x86_simd *row)
{
    switch (row->opcode) {
    case 0x12: return row->prefix == 0xf2 || row->prefix == 0xf3; // MOVDDUP, MOVSLDUP
    case 0x16: return row->prefix == 0xf3;                        // MOVSHDUP
    case 0x7c:
    case 0x7d:
    case 0xd0:              // HADD, HSUB, ADDSUB
    case 0xf0: return true; // LDDQU
    default: return false;
    }
}

// MMX registers: some of their instructions came with SSE and SSE2.
static enum x86_feature mmx_feature(const struct x86_simd *row)
{
    switch (row->opcode) {
    case 0x70: // PSHUFW, PINSRW, PEXTRW, PMOVMSKB, PMINUB, PMAXUB, PAVGB, PAVGW, PMULHUW, MOVNTQ, PMINSW, PMAXSW, PSADBW,
    case 0xc4: // MASKMOVQ
    case 0xc5:
    case 0xd7:
    case 0xda:
    case 0xde:
    case 0xe0:
    case 0xe3:
    case 0xe4:
    case 0xe7:
    case 0xea:
    case 0xee:
    case 0xf6:
    case 0xf7: return X86_FEATURE_SSE;
    case 0xd4: // PADDQ, PMULUDQ, PSUBQ
    case 0xf4:
    case 0xfb: return X86_FEATURE_SSE2;
    default: return X86_FEATURE_MMX;
    }
}

static enum x86_feature sse_feature(const struct x86_simd *row)
{
    bool single = row->opcode < 0x60 || row->opcode == 0xc2 || row->opcode == 0xc6;
    if (row->prefix == 0x66 || row->prefix == 0xf2 || !single)
        return X86_FEATURE_SSE2;
    return row->opcode == 0x5a || row->opcode == 0x5b ? X86_FEATURE_SSE2 : X86_FEATURE_SSE; // CVTPS2PD, CVTDQ2PS ...
}

// The CPUID feature of the row (SDM vol. 1 sections 5.4 to 5.11).
static enum x86_feature feature_of(const struct x86_simd *row)
{
    if (row->map == 1)
        return is_sse3(row) ? X86_FEATURE_SSE3 : row->check & X86_CHECK_SSE ? sse_feature(row) : mmx_feature(row);
    if (row->map == 2 ? row->opcode <= 0x0b || (row->opcode >= 0x1c && row->opcode <= 0x1e) : row->opcode == 0x0f)
        return X86_FEATURE_SSSE3;
    if (row->map == 2 ? row->opcode == 0x37 : row->opcode >= 0x60)
        return X86_FEATURE_SSE42;
    return X86_FEATURE_SSE41;
}

static void emit_mask_move(struct translator *t, unsigned row) // to DS:[rDI]
{
    t->insn.mod = 0;
    t->insn.base = X86_RDI;
    x86_address_into(t, X86_T0, 1, ACCESS_WRITE);
    struct op *op = x86_emit_help(t, X86_HELP_maskmov);
    op->d = t->insn.reg;
    op->a = t->insn.rm;
    op->value = (int32_t)row;
}

static bool translate_crc32(struct translator *t) // F2 0F 38 F0, F1
{
    const struct x86_insn *insn = &t->insn;
    if (insn->map != 2 || insn->repeat != 0xf2 || (insn->opcode & 0xfe) != 0xf0 ||
        !x86_has(t->cpu->model, X86_FEATURE_SSE42))
        return false;
    unsigned size = insn->opcode & 1 ? insn->operand_size : 1;
    unsigned a = x86_rm_read(t, size);
    x86_emit_unary(t, X86_OP_CRC32, insn->reg, a)->s = (uint8_t)size;
    return true;
}

// INVPCID, which is in this map too.
static bool is_invpcid(const struct translator *t)
{
    const struct x86_insn *insn = &t->insn;
    return insn->map == 2 && insn->opcode == 0x82 && insn->prefix == 0x66 && insn->mod != 3 &&
           x86_has(t->cpu->model, X86_FEATURE_INVPCID);
}

// CR0 and CR4 are the same in all of a block. What the x87 has pending is not.
static void emit_check(struct translator *t, const struct x86_simd *row, unsigned index)
{
    bool only_sse = row->check == X86_CHECK_SSE;
    if (!row->check || (only_sse && t->has_sse))
        return;
    x86_emit_help(t, X86_HELP_simd_check)->value = (int32_t)index;
    t->has_sse |= only_sse;
}

void x86_translate_simd(struct translator *t)
{
    const struct x86_insn *insn = &t->insn;
    if (translate_crc32(t))
        return;
    if (is_invpcid(t)) {
        x86_translate_invalidate_pcid(t);
        return;
    }
    const struct x86_simd *row = x86_simd_find(insn->map, insn->prefix, insn->opcode, insn->modrm, insn->rex & 8);
    if (!row || !x86_has(t->cpu->model, feature_of(row))) {
        x86_emit_undefined(t);
        return;
    }
    unsigned count;
    unsigned index = (unsigned)(row - x86_simd_table(&count));
    emit_check(t, row, index);
    if (row->flags & X86_SIMD_MASKMOV) {
        emit_mask_move(t, index);
        return;
    }
    bool memory = insn->has_modrm && insn->mod != 3 && (is_rm(row->s) || is_rm(row->d));
    bool store = memory && is_rm(row->d);
    if (memory) {
        x86_address_into(t, X86_T0, row->bytes, store ? ACCESS_WRITE : ACCESS_READ);
        if (!store)
            emit_scratch(t, X86_OP_LDSCRATCH, row);
    }
    struct op *op = x86_emit(t, X86_OP_SIMD);
    op->disp = (int32_t)index;
    op->d = insn->reg;
    op->b = insn->rm;
    op->s = (uint8_t)insn->immediate;
    op->x = (uint8_t)((memory ? X86_SIMD_OP_SCRATCH : 0) | (insn->rex & 8 ? X86_SIMD_OP_W : 0) |
                      (store ? X86_SIMD_OP_STORES : 0));
    if (!store)
        return;
    emit_scratch(t, X86_OP_STSCRATCH, row);
    if (row->check & X86_CHECK_MMX)
        x86_emit_help(t, X86_HELP_simd_stored)->value = (int32_t)index;
}
