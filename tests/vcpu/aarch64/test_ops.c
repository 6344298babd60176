// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The rows of the ops (exec/ops.h): each has a name, is dispatched, and its columns are what its function does, in random states.
#include <criterion/criterion.h>

#include "rig.h"
#include "vcpu/aarch64/exec/helper.h"
#include "vcpu/aarch64/exec/ops.h"

// The functions of the ops are static.
#undef a64_execute // of src/prefix.h
#define a64_execute a64_execute_here
#include "../../../src/vcpu/aarch64/exec/exec.c"
#undef a64_execute

#define DATA   0x40000u
#define TRIALS 200

static const struct body {
    void (*plain)(struct a64_cpu *cpu, const struct op *op);
    enum op_out (*checked)(struct a64_cpu *cpu, const struct op *op);
    const struct op *(*jump)(struct a64_cpu *cpu, const struct op *op);
} bodies[A64_OP_COUNT] = {
#define AS_PLAIN(name)                                                 .plain = op_##name
#define AS_CHECKED(name)                                               .checked = op_##name
#define AS_JUMP(name)                                                  .jump = op_##name
#define AS_ROW(name, operands, reads, writes, faults, finishes, class) [A64_OP_##name] = { AS_##class(name) },
    A64_OPS(AS_ROW)
};

static uint64_t seed = 1;

static uint64_t any(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * UINT64_C(0x2545f4914f6cdd1d);
}

Test(a64_ops, every_op_has_a_name_of_its_own_and_a_form_that_fits_its_columns)
{
    for (unsigned code = OP_NATIVE + 1; code < A64_OP_COUNT; code++) {
        const struct op_row *row = &a64_ops[code];
        cr_assert_not_null(row->name);
        for (unsigned other = 0; other < code; other++)
            cr_assert_str_neq(row->name, a64_ops[other].name);
        cr_expect_eq(row->faults || row->finishes, row->class == OP_CHECKED, "%s", row->name);
        cr_expect_eq((row->reads | row->writes) & ~(uint32_t)FLAGS_NZCV, 0, "%s", row->name);
        cr_expect_neq(row->class, OP_BARE, "%s", row->name);
        // A field is used in one way.
        cr_expect(!(row->operands & OP_D) || !(row->operands & (OP_TO_D | OP_OF_D)), "%s", row->name);
        cr_expect(!(row->operands & OP_X) || !(row->operands & (OP_TO_X | OP_OF_X)), "%s", row->name);
        cr_expect(!(row->operands & OP_IMM) || !(row->operands & (OP_DISP | OP_VALUE)), "%s", row->name);
        cr_expect(!(row->operands & OP_DELTA) || !(row->operands & (OP_OF_A | OP_OF_B | OP_S | OP_X)), "%s", row->name);
    }
}

Test(a64_ops, every_helper_has_a_row_and_a_function)
{
    for (unsigned i = 0; i < A64_HELPER_COUNT; i++) {
        cr_assert_not_null(a64_helpers[i]);
        cr_assert_not_null(a64_helper_rows[i].name);
        cr_expect_eq(a64_helper_rows[i].class, OP_CHECKED, "%s", a64_helper_rows[i].name);
        for (unsigned other = 0; other < i; other++)
            cr_assert_str_neq(a64_helper_rows[i].name, a64_helper_rows[other].name);
        // What HELP may do is what some of them may.
        cr_expect_leq(a64_helper_rows[i].faults, a64_ops[A64_OP_HELP].faults);
        cr_expect_leq(a64_helper_rows[i].finishes, a64_ops[A64_OP_HELP].finishes);
    }
}

static void is_text(const struct op *op, const char *expected)
{
    char text[OP_TEXT];
    op_text(&a64_op_names, op, text);
    cr_expect_str_eq(text, expected);
}

Test(a64_ops, an_op_as_text_has_its_name_and_the_fields_of_its_row)
{
    const struct op load = { .code = A64_OP_LD64X, .d = 30, .a = A64_SP_EL1, .b = A64_ZERO, .s = 3 };
    const struct op pair = { .code = A64_OP_LDPV128, .d = 31, .x = 7, .a = 0, .disp = 4096 };
    const struct op help = { .code = A64_OP_HELP, .x = 3, .disp = A64_HELP_sev };
    const struct op simd = { .code = A64_OP_SIMD, .imm = INT64_MAX, .delta = 5 };
    is_text(&load, "LD64X      d=x30 a=sp_el1 b=zero s=3");
    is_text(&pair, "LDPV128    d=v31 a=x0 x=v7 disp=0x1000");
    is_text(&help, "HELP sev        x=3");
    is_text(&simd, "SIMD       delta=5");
}

Test(a64_ops, every_op_has_a_text_that_fits)
{
    for (unsigned code = 0; code < A64_OP_COUNT; code++) {
        struct op op = { .code = (uint16_t)code, .n = 63, .d = 255, .imm = -4096 };
        char text[OP_TEXT];
        op.a = op.b = op.s = op.x = 255;
        op_text(&a64_op_names, &op, text);
        cr_expect_eq(strncmp(text, a64_ops[code].name, strlen(a64_ops[code].name)), 0, "%s", text);
        cr_expect_lt(strlen(text), OP_TEXT - 20, "%s", text);
    }
}

// --- random states ---------------------------------------------------------------------------------------------------

// What a function sees and changes.
struct state {
    uint64_t r[A64_SLOTS];
    union a64_vector v[32];
    uint32_t flags; // as the columns have them
    uint8_t memory[256];
};

static void set(struct rig *rig, const struct state *state)
{
    struct a64_cpu *cpu = rig->cpu;
    memcpy(cpu->r, state->r, sizeof cpu->r);
    memcpy(cpu->v, state->v, sizeof cpu->v);
    a64_set_nzcv(cpu, state->flags << 28);
    memcpy(rig->ram.ram + DATA, state->memory, sizeof state->memory);
    cpu->vcpu.kick = 0;
}

static void get(struct rig *rig, struct state *state)
{
    memcpy(state->r, rig->cpu->r, sizeof state->r);
    memcpy(state->v, rig->cpu->v, sizeof state->v);
    state->flags = a64_nzcv(rig->cpu) >> 28;
    memcpy(state->memory, rig->ram.ram + DATA, sizeof state->memory);
}

static bool equal(const struct state *a, const struct state *b)
{
    return memcmp(a->r, b->r, sizeof a->r) == 0 && memcmp(a->v, b->v, sizeof a->v) == 0 && a->flags == b->flags &&
           memcmp(a->memory, b->memory, sizeof a->memory) == 0;
}

static void randomize(struct state *state)
{
    for (unsigned i = 0; i < A64_SLOTS; i++)
        state->r[i] = any() >> (any() & 63); // small ones too
    state->r[A64_ZERO] = 0;
    for (unsigned i = 0; i < 32; i++)
        state->v[i].d[0] = any(), state->v[i].d[1] = any();
    state->flags = any() & 15;
    for (unsigned i = 0; i < sizeof state->memory; i++)
        state->memory[i] = (uint8_t)any();
}

// An op whose fields are all different slots, and its exits if it is a jump. What its row does not name is random.
static void fill(const struct op_row *row, unsigned code, struct op ops[3])
{
    unsigned slot = any() % 8;
    struct op *op = &ops[0];
    *op = (struct op){ .code = (uint16_t)code, .imm = (int64_t)any() };
    op->d = (uint8_t)slot;
    op->a = (uint8_t)(slot + 8);
    op->b = (uint8_t)(slot + 16);
    op->x = (uint8_t)(slot + 22);
    op->s = (uint8_t)(1 + any() % 3); // a shift by what every op can shift by, or a size
    if (row->operands & OP_X)
        op->x = any() & 15;
    if (row->operands & OP_D)
        op->d = any() & 3;
    if (row->operands & OP_DISP)
        op->disp = (int32_t)(any() & 7);
    if (row->operands & (OP_LOADS | OP_STORES))
        op->s = any() & 3;
    if (row->operands & OP_DELTA) {
        op->delta = (int32_t)(any() & 0xffffc);
        op->link = NULL;
    }
    for (unsigned i = 1; i < 3; i++)
        ops[i] = (struct op){ .code = A64_OP_EXIT, .delta = (int32_t)(0x100000 * i) };
}

// The fields that a row does not name change; those that it names stay.
static void change_unnamed(const struct op_row *row, struct op *op)
{
    uint32_t o = row->operands;
    if (!(o & (OP_TO_D | OP_OF_D | OP_D)))
        op->d = any() & 1; // of a jump: its target is in the same page
    if (!(o & OP_DELTA)) {
        if (!(o & OP_OF_A))
            op->a = (uint8_t)(any() % 31);
        if (!(o & OP_OF_B))
            op->b = (uint8_t)(any() % 31);
        if (!(o & (OP_TO_X | OP_OF_X | OP_X)))
            op->x = (uint8_t)(any() % 31);
        if (!(o & OP_S))
            op->s = (uint8_t)any();
    }
    if (o & OP_DELTA || o & OP_IMM)
        return;
    if (!(o & OP_DISP))
        op->disp = (int32_t)any();
    if (!(o & OP_VALUE))
        op->value = (int32_t)any();
}

static bool is_to_slot(const struct op_row *row, const struct op *op, unsigned slot)
{
    if (slot == A64_PC && row->class == OP_JUMP)
        return true;
    return !(row->operands & OP_VECTOR) &&
           ((row->operands & OP_TO_D && slot == op->d) || (row->operands & OP_TO_X && slot == op->x));
}

static bool is_from_slot(const struct op_row *row, const struct op *op, unsigned slot)
{
    bool vector = row->operands & OP_VECTOR;
    return slot == A64_PC || slot == A64_ZERO || (row->operands & OP_OF_A && slot == op->a) ||
           (row->operands & OP_OF_B && slot == op->b) || (!vector && row->operands & OP_OF_D && slot == op->d) ||
           (!vector && row->operands & OP_OF_X && slot == op->x);
}

static bool is_to_vector(const struct op_row *row, const struct op *op, unsigned n)
{
    return row->operands & OP_VECTOR &&
           ((row->operands & OP_TO_D && n == op->d) || (row->operands & OP_TO_X && n == op->x));
}

static bool is_from_vector(const struct op_row *row, const struct op *op, unsigned n)
{
    return row->operands & OP_VECTOR &&
           ((row->operands & OP_OF_D && n == op->d) || (row->operands & OP_OF_X && n == op->x));
}

static enum op_out run(struct rig *rig, const struct op *ops)
{
    const struct body *body = &bodies[ops->code];
    if (body->checked)
        return body->checked(rig->cpu, ops);
    if (body->plain)
        body->plain(rig->cpu, ops);
    else
        body->jump(rig->cpu, ops);
    return OP_NEXT;
}

// The same in all that the op may write?
static bool same_results(const struct op_row *row, const struct op *op, const struct state *a, const struct state *b)
{
    for (unsigned i = 0; i < A64_SLOTS; i++)
        if (is_to_slot(row, op, i) && a->r[i] != b->r[i])
            return false;
    for (unsigned i = 0; i < 32; i++)
        if (is_to_vector(row, op, i) && memcmp(&a->v[i], &b->v[i], sizeof a->v[i]) != 0)
            return false;
    if (row->operands & OP_STORES && memcmp(a->memory, b->memory, sizeof a->memory) != 0)
        return false;
    return !((a->flags ^ b->flags) & row->writes);
}

// What an op must not change.
static void expect_untouched(const struct op_row *row, const struct op *op, const struct state *before,
                             const struct state *after)
{
    for (unsigned i = 0; i < A64_SLOTS; i++)
        cr_assert(is_to_slot(row, op, i) || before->r[i] == after->r[i], "%s changes slot %u", row->name, i);
    for (unsigned i = 0; i < 32; i++)
        cr_assert(is_to_vector(row, op, i) || memcmp(&before->v[i], &after->v[i], sizeof before->v[i]) == 0,
                  "%s changes vector %u", row->name, i);
    cr_assert(!((before->flags ^ after->flags) & ~row->writes), "%s changes flags", row->name);
    cr_assert(row->operands & OP_STORES || memcmp(before->memory, after->memory, sizeof before->memory) == 0,
              "%s changes memory", row->name);
}

// One random change to something that the row names as read; says which (an index of `seen`).
enum { SEEN_A, SEEN_B, SEEN_D, SEEN_X, SEEN_FLAG, SEEN_MEMORY = SEEN_FLAG + 4, SEEN_COUNT };

static bool change_input(const struct op_row *row, const struct op *op, unsigned which, struct state *state)
{
    bool vector = row->operands & OP_VECTOR;
    unsigned slot = which == SEEN_A ? op->a : which == SEEN_B ? op->b : which == SEEN_D ? op->d : op->x;
    static const uint32_t bits[] = { OP_OF_A, OP_OF_B, OP_OF_D, OP_OF_X };
    if (which < SEEN_FLAG) {
        if (!(row->operands & bits[which]))
            return false;
        if (vector && which >= SEEN_D)
            state->v[slot].b[0] ^= 1;
        else if (row->operands & (OP_LOADS | OP_STORES) && which <= SEEN_B)
            state->r[slot] ^= which == SEEN_A ? 8 : 1; // still an address of memory
        else
            state->r[slot] = any() & 1 ? state->r[slot] ^ BIT64(any() & 63) : any() & 1 ? 0 : any();
    } else if (which < SEEN_MEMORY) {
        if (!(row->reads >> (which - SEEN_FLAG) & 1))
            return false;
        state->flags ^= BIT32(which - SEEN_FLAG);
    } else {
        if (!(row->operands & OP_LOADS))
            return false;
        for (unsigned i = 0; i < sizeof state->memory; i++)
            state->memory[i] ^= (uint8_t)(any() | 1);
    }
    return true;
}

static void check_row(struct rig *rig, unsigned code)
{
    const struct op_row *row = &a64_ops[code];
    bool seen[SEEN_COUNT] = { false }, declared[SEEN_COUNT] = { false }, written = false;
    uint32_t flags_written = 0;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        struct state before, after, other, other_after;
        struct op ops[3];
        randomize(&before);
        fill(row, code, ops);
        if (row->operands & (OP_LOADS | OP_STORES)) {
            before.r[ops->a] = DATA + 64 + (any() & 0x30);
            before.r[ops->b] = any() & 3;
        }
        if (row->class == OP_CHECKED && !(row->operands & (OP_LOADS | OP_STORES)))
            before.r[ops->a] = before.r[ops->b] = 0, ops->disp = 0; // nothing to object to
        set(rig, &before);
        cr_assert_eq(run(rig, ops), OP_NEXT, "%s", row->name);
        get(rig, &after);
        expect_untouched(row, ops, &before, &after);
        written |= !equal(&before, &after);
        flags_written |= before.flags ^ after.flags;

        // Nothing else is looked at: neither of the state nor of the op.
        other = before;
        randomize(&other);
        for (unsigned i = 0; i < A64_SLOTS; i++)
            if (is_from_slot(row, ops, i))
                other.r[i] = before.r[i];
        for (unsigned i = 0; i < 32; i++)
            if (is_from_vector(row, ops, i))
                other.v[i] = before.v[i];
        other.flags = (before.flags & row->reads) | (other.flags & ~row->reads);
        memcpy(other.memory, before.memory, sizeof before.memory);
        struct op changed[3] = { ops[0], ops[1], ops[2] };
        change_unnamed(row, changed);
        set(rig, &other);
        run(rig, changed);
        get(rig, &other_after);
        cr_assert(same_results(row, ops, &after, &other_after), "%s looks at more than its row says", row->name);

        // All that is declared is looked at, in some state.
        for (unsigned which = 0; which < SEEN_COUNT; which++) {
            other = before;
            if (!change_input(row, ops, which, &other))
                continue;
            declared[which] = true;
            set(rig, &other);
            bool stopped = run(rig, ops) != OP_NEXT;
            get(rig, &other_after);
            seen[which] |= stopped || !same_results(row, ops, &after, &other_after);
        }
    }
    for (unsigned which = 0; which < SEEN_COUNT; which++)
        cr_expect_eq(seen[which], declared[which], "%s: input %u", row->name, which);
    cr_expect_eq(flags_written, row->writes, "%s: flags", row->name);
    bool writes = row->operands & (OP_TO_D | OP_TO_X | OP_STORES) || row->writes || row->class == OP_JUMP;
    cr_expect_eq(written, writes, "%s", row->name);
}

Test(a64_ops, an_op_reads_and_writes_what_its_row_says_and_nothing_else)
{
    struct rig *rig = rig_new();
    uint64_t value;
    cr_assert(a64_load(rig->cpu, DATA, 8, &value)); // into the TLB
    cr_assert(a64_store(rig->cpu, DATA, 8, value));
    for (unsigned code = OP_NATIVE + 1; code < A64_OP_COUNT; code++)
        if (!(a64_ops[code].operands & OP_CPU))
            check_row(rig, code);
    rig_free(rig);
}

Test(a64_ops, an_op_faults_and_finishes_as_its_row_says)
{
    struct rig *rig = rig_new();
    for (unsigned code = OP_NATIVE + 1; code < A64_OP_COUNT; code++) {
        const struct op_row *row = &a64_ops[code];
        if (row->class != OP_CHECKED || row->operands & OP_CPU)
            continue;
        struct state before, after;
        struct op ops[3];
        bool faults = false, finishes = false;
        for (unsigned trial = 0; trial < 8; trial++) {
            randomize(&before);
            fill(row, code, ops);
            bool memory = row->operands & (OP_LOADS | OP_STORES);
            before.r[ops->a] = trial & 1 ? UINT64_C(0x7f000001) : DATA + 64; // nothing is there, and it is not aligned
            before.r[ops->b] = 0;
            ops->s = memory ? 0 : 2;
            if (!memory)
                ops->disp = 0;
            a64_flush(rig->cpu);
            set(rig, &before);
            rig->cpu->vcpu.kick = KICK_LOOK; // as a device may request
            enum op_out out = run(rig, ops);
            get(rig, &after);
            faults |= out == OP_FAULT;
            finishes |= out == OP_FINISH;
            if (out == OP_FAULT)
                cr_expect(equal(&before, &after), "%s changes something and faults", row->name);
        }
        cr_expect_eq(faults, row->faults, "%s", row->name);
        cr_expect_eq(finishes, row->finishes, "%s", row->name);
    }
    rig_free(rig);
}

// --- dispatch --------------------------------------------------------------------------------------------------------

static void set_vector_0(struct a64_cpu *cpu, uint32_t word)
{
    cpu->v[0].d[0] = word;
}

// What is not slots: an op that can run.
static void fill_for_cpu(unsigned code, struct op *op)
{
    static const unsigned encoding = A64_SYSREG(3, 0, 13, 0, 1); // CONTEXTIDR_EL1
    a64_simd_function *function = set_vector_0;
    switch (code) {
    case A64_OP_GET:
    case A64_OP_PUT: op->imm = offsetof(struct a64_cpu, tpidr_el1); break;
    case A64_OP_MRS:
    case A64_OP_MSR:
        op->a = (uint8_t)encoding;
        op->b = (uint8_t)(encoding >> 8);
        op->imm = (int64_t)(uintptr_t)a64_sysreg_find(encoding);
        break;
    case A64_OP_SIMD: memcpy(&op->imm, &function, sizeof function); break;
    case A64_OP_HELP: op->disp = A64_HELP_clrex; break;
    default: op->imm = 0; break;
    }
}

// The state after an op by itself, and after a block of two of them of which one may run, or both.
static void check_dispatch(struct rig *rig, unsigned code)
{
    const struct op_row *row = &a64_ops[code];
    struct state before, alone, dispatched;
    struct block *block = calloc(1, sizeof *block + 5 * sizeof(struct op)); // with three offsets
    block->op_count = 4;
    memcpy(block->ops + 4, (const uint16_t[]){ 0, 4 }, 2 * sizeof(uint16_t));
    struct op ops[3];
    randomize(&before);
    fill(row, code, ops);
    if (!(row->operands & OP_DELTA)) { // which has the place of a and b
        before.r[ops->a] = DATA + 64;
        before.r[ops->b] = 0;
    }
    if (row->operands & OP_CPU)
        fill_for_cpu(code, ops);
    if (row->class == OP_CHECKED && !(row->operands & (OP_LOADS | OP_STORES | OP_CPU)))
        ops->disp = 0, ops->s = 1;
    before.r[A64_PC] = RIG_CODE;
    for (unsigned careful = 0; careful < 2; careful++) {
        struct a64_cpu *cpu = rig->cpu;
        set(rig, &before);
        cpu->vcpu.block = block; // not that of the op before, which was freed
        cpu->monitor.size = 8;
        rig_set_el(cpu, 1, true);
        cpu->spsr = A64_EL1 | A64_SPSEL;
        run(rig, ops);
        get(rig, &alone);
        unsigned monitor = cpu->monitor.size;
        block->ops[0] = (struct op){ .code = A64_OP_HEAD, .imm = 1 + careful };
        memcpy(&block->ops[1], ops, sizeof ops);
        if (row->class != OP_JUMP) {
            block->ops[2] = (struct op){ .code = A64_OP_END, .n = (uint8_t)careful, .delta = 0 };
            alone.r[A64_PC] += careful ? 4 : 0;
        }
        block->count = (uint16_t)(1 + careful);
        set(rig, &before);
        cpu->monitor.size = 8;
        rig_set_el(cpu, 1, true);
        cpu->spsr = A64_EL1 | A64_SPSEL;
        cpu->vcpu.left = 1;
        cr_assert_eq(a64_execute_here(cpu, block->ops), OP_NEXT, "%s", row->name);
        get(rig, &dispatched);
        cr_expect(equal(&alone, &dispatched), "%s is not what is dispatched", row->name);
        cr_expect_eq(cpu->monitor.size, monitor, "%s", row->name);
    }
    free(block);
}

Test(a64_ops, every_op_is_dispatched)
{
    struct rig *rig = rig_new();
    for (unsigned code = OP_NATIVE + 1; code < A64_OP_COUNT; code++)
        check_dispatch(rig, code);
    rig_free(rig);
}
