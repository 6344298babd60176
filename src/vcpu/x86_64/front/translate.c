// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The front end: fetches guest code, decodes it instruction by instruction, and emits a block of ops.
#include "vcpu/x86_64/front/translate.h"

#include <string.h>

#include "vcpu/loop.h"
#include "vcpu/x86_64/front/emit.h"

#define OPS_PER_INSTRUCTION 25 // more than any instruction needs

// --- dead flags ------------------------------------------------------------------------------------------------------

// Goes backwards through the block with the set of flags that may still be used. An op that sets none of these is
// replaced by the same op without flags, if there is one.
static void drop_dead_flags(struct translator *t)
{
    uint32_t seen = X86_ARITHMETIC;
    for (unsigned i = t->draft.block.op_count; i-- > 1;) {
        struct op *op = &t->draft.ops[i];
        const struct op_row *row = &x86_ops[op->code];
        if (!(row->writes & seen) && x86_op_bare[op->code])
            op->code = x86_op_bare[op->code];
        // Where the block may be left, all flags are used.
        bool leaves = row->faults || row->finishes || row->class == OP_JUMP;
        seen = leaves ? X86_ARITHMETIC : (seen & ~row->writes) | row->reads;
    }
}

// --- the block -------------------------------------------------------------------------------------------------------

// Decodes the instruction at t->next. False: it continues in the next page and is not the first of its block (so it
// begins the next one), or its fetch faulted (`fault`).
static bool fetch(struct translator *t, const uint8_t *code, unsigned available, bool *fault)
{
    struct x86_cpu *cpu = t->cpu;
    enum x86_decoded decoded = x86_decode(&t->insn, code, available, t->code_size);
    if (decoded == X86_NEED_MORE) {
        if (t->draft.block.count)
            return false;
        uint8_t bytes[X86_LONGEST];
        uint64_t linear = cpu->r[X86_RIP] + cpu->r[X86_BASE + X86_CS] + available, second;
        if (!tlb_fetch(&cpu->vcpu, linear, cpu->cpl == 3, &second)) {
            *fault = true;
            return false;
        }
        memcpy(bytes, code, available);
        memcpy(bytes + available, draft_code(&cpu->vcpu, second), X86_LONGEST - available);
        decoded = x86_decode(&t->insn, bytes, X86_LONGEST, t->code_size);
        t->draft.block.second = second & PAGE_MASK;
    }
    if (decoded == X86_TOO_LONG) {
        t->insn.length = 1;
        t->next = t->start + 1;
        x86_emit_help(t, X86_HELP_gp);
        t->ended = true;
        return true;
    }
    t->next = t->start + t->insn.length;
    return true;
}

static bool is_refused(const struct translator *t)
{
    const struct x86_opcode *row = t->insn.row;
    bool memory = t->insn.has_modrm && t->insn.mod != 3;
    return !row->name || (t->insn.lock && !((row->special & X86_LOCKABLE) && memory)) ||
           (t->code_size == 8 && (row->special & X86_NOT_IN_64)) || (!memory && (row->special & X86_MEMORY)) ||
           !x86_has(t->cpu->model, (enum x86_feature)row->feature);
}

static void translate_instruction(struct translator *t)
{
    if (is_refused(t))
        x86_emit_undefined(t);
    else
        t->insn.row->translate(t);
}

struct block *x86_translate_block(struct x86_cpu *cpu, uint64_t physical)
{
    struct translator space;
    struct translator *t = &space;
    const uint8_t *code = draft_code(&cpu->vcpu, physical);
    unsigned room = (unsigned)(PAGE_SIZE - (physical & ~PAGE_MASK));
    t->cpu = cpu;
    t->mode = cpu->mode;
    t->code_size = cpu->mode & X86_MODE_64 ? 8 : cpu->mode & X86_MODE_32 ? 4 : 2;
    t->start = t->next = 0;
    t->ended = t->alone = t->has_sse = false;
    draft_begin(&t->draft, physical, cpu->mode);

    while (!t->ended) {
        bool fault = false;
        unsigned before = t->draft.block.op_count;
        t->start = t->next;
        if (t->start >= room || !draft_has_room(&t->draft, OPS_PER_INSTRUCTION))
            break;
        if (stops_at_offset(&cpu->vcpu.loop->stops, physical + t->start))
            x86_emit(t, X86_OP_STOP)->disp = (int32_t)t->start;
        if (draft_is_watched(&t->draft, &cpu->vcpu))
            x86_emit(t, X86_OP_WATCH);
        if (!fetch(t, code + t->start, room - t->start, &fault)) {
            if (fault)
                return NULL;
            t->draft.block.op_count = (uint16_t)before;
            break;
        }
        if (!t->ended)
            translate_instruction(t);
        if (t->alone) { // begins the next block
            t->draft.block.op_count = (uint16_t)before;
            t->next = t->start;
            t->ended = false;
            break;
        }
        draft_instruction(&t->draft, t->start);
    }
    if (!t->ended)
        draft_go_on(&t->draft, X86_OP_EXIT, (int32_t)t->next);
    draft_end(&t->draft, t->next);
    drop_dead_flags(t);
    return draft_add(&t->draft, &cpu->vcpu);
}
