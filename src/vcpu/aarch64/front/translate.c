// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The front end: fetches guest code, decodes it instruction by instruction, and writes a block of ops.
#include "vcpu/aarch64/front/translate.h"

#include <string.h>

#include "vcpu/aarch64/front/emit.h"
#include "vcpu/loop.h"

#define OPS_PER_INSTRUCTION 10 // more than any instruction needs

// --- ops --------------------------------------------------------------------------------------------------------------

struct op *a64_emit(struct translator *t, unsigned code)
{
    return draft_op(&t->draft, code);
}

struct op *a64_emit_two(struct translator *t, unsigned code, unsigned d, unsigned a, unsigned b)
{
    struct op *op = a64_emit(t, code);
    op->d = (uint8_t)d;
    op->a = (uint8_t)a;
    op->b = (uint8_t)b;
    return op;
}

struct op *a64_emit_one(struct translator *t, unsigned code, unsigned d, unsigned a, int64_t imm)
{
    struct op *op = a64_emit(t, code);
    op->d = (uint8_t)d;
    op->a = (uint8_t)a;
    op->imm = imm;
    return op;
}

struct op *a64_emit_help(struct translator *t, enum a64_helper helper)
{
    struct op *op = a64_emit(t, A64_OP_HELP);
    op->disp = helper;
    op->value = (int32_t)t->next;
    return op;
}

void a64_emit_exit(struct translator *t, int32_t target)
{
    draft_exit(&t->draft, A64_OP_EXIT, target);
    t->ended = true;
}

void a64_emit_end(struct translator *t)
{
    a64_emit(t, A64_OP_END)->delta = (int32_t)t->next;
    t->ended = true;
}

struct op *a64_emit_branch(struct translator *t, unsigned code, int32_t target)
{
    struct op *op = a64_emit(t, code);
    a64_emit_exit(t, target);
    a64_emit_exit(t, (int32_t)t->next);
    return op;
}

void a64_emit_exception(struct translator *t, uint32_t syndrome)
{
    a64_emit_help(t, A64_HELP_exception)->value = (int32_t)syndrome;
    t->ended = true;
}

void a64_emit_undefined(struct translator *t)
{
    a64_emit_help(t, A64_HELP_undefined);
    t->ended = true;
}

// --- registers --------------------------------------------------------------------------------------------------------

unsigned a64_source(unsigned number)
{
    return number; // slot 31 is the zero
}

unsigned a64_source_sp(const struct translator *t, unsigned number)
{
    return number == 31 ? t->sp : number;
}

unsigned a64_target_sp(struct translator *t, unsigned number)
{
    if (number != 31)
        return number;
    t->sp_aligned = !(t->mode & A64_MODE_SA);
    return t->sp;
}

// --- the block --------------------------------------------------------------------------------------------------------

static void translate_instruction(struct translator *t)
{
    switch (a64_field(t->word, 28, 25)) {
    case 0x8:
    case 0x9: a64_translate_immediate(t); break;
    case 0xa:
    case 0xb: a64_translate_branch(t); break;
    case 0x4:
    case 0x6:
    case 0xc:
    case 0xe: a64_translate_memory(t); break;
    case 0x5:
    case 0xd: a64_translate_register(t); break;
    case 0x7:
    case 0xf: a64_translate_simd(t); break;
    default: a64_emit_undefined(t); break;
    }
}

static uint32_t word_at(const uint8_t *code)
{
    return code[0] | (uint32_t)code[1] << 8 | (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24;
}

struct block *a64_translate_block(struct a64_cpu *cpu, uint64_t physical)
{
    struct translator space;
    struct translator *t = &space;
    const uint8_t *code = draft_code(&cpu->vcpu, physical);
    unsigned room = (unsigned)(PAGE_SIZE - (physical & ~PAGE_MASK));
    t->cpu = cpu;
    t->mode = cpu->mode;
    t->sp = cpu->mode & A64_MODE_SP1 ? A64_SP_EL1 : A64_SP_EL0;
    t->sp_aligned = !(cpu->mode & A64_MODE_SA);
    t->start = t->next = 0;
    t->ended = false;
    draft_begin(&t->draft, physical, cpu->mode);

    while (!t->ended) {
        t->start = t->next;
        if (t->start >= room || !draft_has_room(&t->draft, OPS_PER_INSTRUCTION))
            break;
        t->next = t->start + 4;
        t->word = word_at(code + t->start);
        if (stops_at_offset(&cpu->vcpu.loop->stops, physical + t->start))
            a64_emit(t, A64_OP_STOP)->disp = (int32_t)t->start;
        if (unlikely(t->mode & A64_MODE_DEBUG))
            a64_emit(t, A64_OP_BREAK)->disp = (int32_t)t->start;
        if (draft_is_watched(&t->draft, &cpu->vcpu))
            a64_emit(t, A64_OP_WATCH);
        translate_instruction(t);
        draft_instruction(&t->draft, t->start);
    }
    if (!t->ended)
        draft_go_on(&t->draft, A64_OP_EXIT, (int32_t)t->next);
    draft_end(&t->draft, t->next);
    return draft_add(&t->draft, &cpu->vcpu);
}
