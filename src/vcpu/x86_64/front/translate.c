// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The front end: fetches guest code, decodes it instruction by instruction, and writes a block of ops.
#include "vcpu/x86_64/front/translate.h"

#include <string.h>

#include "vcpu/loop.h"
#include "vcpu/x86_64/front/emit.h"

#define OPS_PER_INSTRUCTION 24 // more than any instruction needs

// --- ops --------------------------------------------------------------------------------------------------------------

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

// --- registers --------------------------------------------------------------------------------------------------------

unsigned x86_size_log(unsigned size)
{
    return size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
}

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
        x86_emit_unary(t, X86_OP_MOV8 + x86_size_log(size), number, slot);
}

// --- memory operands --------------------------------------------------------------------------------------------------

enum x86_segment x86_memory_segment(const struct translator *t)
{
    if (t->insn.segment >= 0)
        return (enum x86_segment)t->insn.segment;
    return t->insn.base == X86_RSP || t->insn.base == X86_RBP ? X86_SS : X86_DS;
}

// Parts of the address as the instruction has them; x is the segment base to add.
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

void x86_effective_address(struct translator *t, unsigned slot, unsigned size)
{
    unsigned code = t->insn.address_size == 8 ? X86_OP_LEA64 : t->insn.address_size == 4 ? X86_OP_LEA32 : X86_OP_LEA16;
    if (code == X86_OP_LEA64 && size == 4)
        code = X86_OP_LEA32;
    emit_address(t, code, slot, X86_ZERO);
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
        // The form does not use b: it says what the address was based on, for the fault.
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

void x86_load_place(struct translator *t, const struct place *place, unsigned size, unsigned d)
{
    emit_at(t, (place->indexed ? X86_OP_LD8X : X86_OP_LD8) + x86_size_log(size), place, d);
}

void x86_store_place(struct translator *t, const struct place *place, unsigned size, unsigned slot)
{
    emit_at(t, (place->indexed ? X86_OP_ST8X : X86_OP_ST8) + x86_size_log(size), place, slot);
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
    emit_at(t, X86_OP_LDM8 + x86_size_log(size), place, X86_T1);
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

// --- stack ------------------------------------------------------------------------------------------------------------

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

// --- flags nobody sees ------------------------------------------------------------------------------------------------

enum flag_use { FLAGS_IGNORED, FLAGS_SET, FLAGS_READ };

static enum flag_use flag_use(unsigned code)
{
    if (code >= X86_OP_ADD8RR && code <= X86_OP_TEST64RI)
        return code >= X86_OP_ADC8RR && code <= X86_OP_SBB64RI ? FLAGS_READ : FLAGS_SET;
    if ((code >= X86_OP_NEG8 && code <= X86_OP_NEG64) || (code >= X86_OP_SHL32 && code <= X86_OP_SAR64) ||
        (code >= X86_OP_IMUL16 && code <= X86_OP_IMUL64))
        return FLAGS_SET;
    if ((code >= X86_OP_NOT8 && code <= X86_OP_NOT64) || (code >= X86_OP_MOV8 && code <= X86_OP_LEAD))
        return FLAGS_IGNORED;
    return FLAGS_READ; // reads them, keeps some, or may leave the block: then they are seen
}

// The op that does the same without setting flags, or the op itself.
static unsigned without_flags(unsigned code)
{
    static const uint16_t table[][2] = {
        { X86_OP_ADD32RR, X86_OP_ADDN32RR }, { X86_OP_ADD64RR, X86_OP_ADDN64RR }, { X86_OP_ADD32RI, X86_OP_ADDN32RI },
        { X86_OP_ADD64RI, X86_OP_ADDN64RI }, { X86_OP_SUB32RR, X86_OP_SUBN32RR }, { X86_OP_SUB64RR, X86_OP_SUBN64RR },
        { X86_OP_SUB32RI, X86_OP_SUBN32RI }, { X86_OP_SUB64RI, X86_OP_SUBN64RI }, { X86_OP_AND32RR, X86_OP_ANDN32RR },
        { X86_OP_AND64RR, X86_OP_ANDN64RR }, { X86_OP_AND32RI, X86_OP_ANDN32RI }, { X86_OP_AND64RI, X86_OP_ANDN64RI },
        { X86_OP_OR32RR, X86_OP_ORN32RR },   { X86_OP_OR64RR, X86_OP_ORN64RR },   { X86_OP_OR32RI, X86_OP_ORN32RI },
        { X86_OP_OR64RI, X86_OP_ORN64RI },   { X86_OP_XOR32RR, X86_OP_XORN32RR }, { X86_OP_XOR64RR, X86_OP_XORN64RR },
        { X86_OP_XOR32RI, X86_OP_XORN32RI }, { X86_OP_XOR64RI, X86_OP_XORN64RI }, { X86_OP_SHL32, X86_OP_SHLN32 },
        { X86_OP_SHL64, X86_OP_SHLN64 },     { X86_OP_SHR32, X86_OP_SHRN32 },     { X86_OP_SHR64, X86_OP_SHRN64 },
    };
    for (unsigned i = 0; i < countof(table); i++)
        if (table[i][0] == code)
            return table[i][1];
    return code;
}

// Walks the block backwards; flags that are set again before anything can see them are not computed.
static void drop_dead_flags(struct translator *t)
{
    bool seen = true;
    for (unsigned i = t->draft.block.op_count; i-- > 1;) {
        struct op *op = &t->draft.ops[i];
        enum flag_use use = flag_use(op->code);
        if (use == FLAGS_READ)
            seen = true;
        else if (use == FLAGS_SET && seen)
            seen = false;
        else if (use == FLAGS_SET)
            op->code = (uint16_t)without_flags(op->code);
    }
}

// --- the block --------------------------------------------------------------------------------------------------------

// Decodes the instruction at t->next. False: it goes on in the next page, and it is not the first of its block (put off), or
// its fetch faulted (`fault`).
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

// LOCK is for read-modify-write instructions with a memory operand (SDM vol. 2, LOCK).
static bool lock_allowed(const struct x86_insn *insn)
{
    if (!insn->has_modrm || insn->mod == 3)
        return false;
    unsigned digit = insn->modrm >> 3 & 7;
    if (insn->map == 0)
        return (insn->opcode < 0x38 && (insn->opcode & 7) < 2) ||
               (insn->opcode >= 0x80 && insn->opcode <= 0x83 && digit != 7) || insn->opcode == 0x86 ||
               insn->opcode == 0x87 || ((insn->opcode & 0xfe) == 0xf6 && (digit == 2 || digit == 3)) ||
               ((insn->opcode & 0xfe) == 0xfe && digit < 2);
    return insn->map == 1 && (insn->opcode == 0xab || insn->opcode == 0xb3 || insn->opcode == 0xbb ||
                              (insn->opcode == 0xba && digit > 4) || (insn->opcode & 0xfe) == 0xb0 ||
                              (insn->opcode & 0xfe) == 0xc0 || (insn->opcode == 0xc7 && digit == 1));
}

static void translate_instruction(struct translator *t)
{
    if (t->insn.lock && !lock_allowed(&t->insn))
        x86_emit_undefined(t);
    else if (t->insn.map == 0)
        x86_translate_one_byte(t);
    else if (t->insn.map == 1)
        x86_translate_two_byte(t);
    else
        x86_translate_simd(t);
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
    t->ended = t->alone = false;
    draft_begin(&t->draft, physical, cpu->mode);

    while (!t->ended) {
        bool fault = false;
        unsigned before = t->draft.block.op_count;
        t->start = t->next;
        if (t->start >= room || !draft_has_room(&t->draft, OPS_PER_INSTRUCTION) ||
            !fetch(t, code + t->start, room - t->start, &fault)) {
            if (fault)
                return NULL;
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
    return blocks_add(&cpu->vcpu.loop->blocks, &t->draft.block, t->draft.ops);
}
