// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for floating point and AdvSIMD against the functions of float/: random instructions of their classes, alone and in
// sequences, with any values and with those where floating point is special. Flags that are pending survive.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "rig.h"
#include "vcpu/aarch64/exec/exec.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/aarch64/float/simd.h"
#include "vcpu/aarch64/jit/templates.h"
#include "vcpu/block.h"
#include "vcpu/jit/check.h"
#include "vcpu/jit/compile.h"
#include "vcpu/jit/jit.h"

#define CODE 0x216800u
#define MOST 40

static struct rig *rig;
static struct a64_cpu *cpu;
static struct jit *jit;

static void setup_as(bool checks)
{
    rig = rig_new();
    cpu = rig_translate(rig);
    rig_set_el(cpu, 1, true);
    int result = jit_create(&jit, &rig->loop, &a64_jit, &(struct jit_config){ .threshold = 1, .check = checks });
    if (result == -ENOTSUP)
        cr_skip_test("skipped: no code generator for this host");
    cr_assert_eq(result, 0);
}

static void setup(void)
{
    setup_as(false);
}

static void setup_checks(void)
{
    setup_as(true);
}

static void teardown(void)
{
    jit_destroy(jit);
    rig_free(rig);
}

TestSuite(jit_vector, .init = setup, .fini = teardown, .timeout = 240);
TestSuite(jit_vector_check, .init = setup_checks, .fini = teardown, .timeout = 240);

// --- values ----------------------------------------------------------------------------------------------------------

static uint64_t chance(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * UINT64_C(0x2545f4914f6cdd1d);
}

static unsigned below(unsigned limit)
{
    return (unsigned)((chance() >> 32) % limit);
}

// Zeros, the smallest and largest numbers, what is an integer's limit, infinities, NaNs of both kinds.
static uint64_t any_double(void)
{
    static const uint16_t exponents[] = { 0,     0,     1,     2,     0x1ff, 0x3ca, 0x3fe, 0x3ff, 0x400,
                                          0x41d, 0x41e, 0x43d, 0x43e, 0x5fe, 0x7fd, 0x7fe, 0x7ff, 0x7ff };
    static const uint64_t fractions[] = {
        0, 0, 1, UINT64_C(0xfffffffffffff), UINT64_C(0x8000000000000), UINT64_C(0xfffffffc00000)
    };
    uint64_t sign = chance() & BIT64(63);
    switch (below(4)) {
    case 0: return sign | (uint64_t)exponents[below(countof(exponents))] << 52 | fractions[below(countof(fractions))];
    case 1: return (chance() & UINT64_C(0x800fffffffffffff)) | (uint64_t)(1000 + below(50)) << 52;
    case 2: return (chance() & UINT64_C(0x800fe00000000000)) | (uint64_t)(1020 + below(8)) << 52; // few bits: exact
    default: return chance();
    }
}

static uint32_t any_float(void)
{
    static const uint8_t exponents[] = { 0,    0,    1,    2,    0x3f, 0x66, 0x7e, 0x7f,
                                         0x80, 0x9d, 0x9e, 0xbd, 0xbe, 0xfd, 0xfe, 0xff };
    static const uint32_t fractions[] = { 0, 0, 1, 0x7fffff, 0x400000 };
    uint32_t sign = (uint32_t)chance() & BIT32(31);
    switch (below(4)) {
    case 0: return sign | (uint32_t)exponents[below(countof(exponents))] << 23 | fractions[below(countof(fractions))];
    case 1: return ((uint32_t)chance() & UINT32_C(0x807fffff)) | (110u + below(40)) << 23;
    case 2: return ((uint32_t)chance() & UINT32_C(0x80700000)) | (124u + below(8)) << 23;
    default: return (uint32_t)chance();
    }
}

static union a64_vector any_vector(void)
{
    union a64_vector v;
    unsigned kind = below(5);
    for (unsigned i = 0; i < 2; i++)
        v.d[i] = kind <= 1 ? any_double() : chance();
    for (unsigned i = 0; i < 4 && (kind == 2 || kind == 3); i++)
        v.s[i] = any_float();
    for (unsigned i = 0; i < 16 && kind == 4; i++) // equal bytes, small ones, and indices
        v.b[i] = (uint8_t)(below(2) ? below(20) : 0x7e + below(4));
    return v;
}

struct outcome {
    uint64_t r[A64_SLOTS], result, aux, out;
    union a64_vector v[32];
    int64_t left;
    uint64_t fpcr, fpsr;
};

static void take(struct outcome *o)
{
    memset(o, 0, sizeof *o);
    memcpy(o->r, cpu->r, sizeof o->r);
    for (unsigned i = A64_T0; i <= A64_T3; i++)
        o->r[i] = 0; // mean nothing
    o->r[A64_SINK] = 0;
    o->result = cpu->result;
    o->aux = cpu->aux;
    memcpy(o->v, cpu->v, sizeof o->v);
    o->left = cpu->vcpu.left;
    o->fpcr = cpu->fpcr;
    o->fpsr = cpu->fpsr;
}

static void put(const struct outcome *o)
{
    memcpy(cpu->r, o->r, sizeof o->r);
    cpu->result = o->result;
    cpu->aux = o->aux;
    memcpy(cpu->v, o->v, sizeof o->v);
    cpu->fpcr = (uint32_t)o->fpcr;
    cpu->fpsr = (uint32_t)o->fpsr;
}

static void begin(struct outcome *start)
{
    take(start);
    for (unsigned i = 0; i < 31; i++)
        start->r[i] = below(3) ? chance() >> below(64) : chance();
    start->r[A64_ZERO] = 0;
    start->r[A64_PC] = CODE;
    start->result = chance();
    start->aux = chance() & UINT64_C(0xc000000000000000);
    for (unsigned i = 0; i < 32; i++)
        start->v[i] = any_vector();
    start->fpcr = below(4) ? 0 : (chance() & UINT32_C(0x07c00000));
    start->fpsr = below(4) ? BIT32(4) : (chance() & UINT32_C(0x0800009f));
}

// --- programs --------------------------------------------------------------------------------------------------------

struct program {
    struct op ops[MOST];
    unsigned count, n;
};

static struct op *add(struct program *p, unsigned code)
{
    struct op *op = &p->ops[p->count++];
    *op = (struct op){ .code = (uint16_t)code, .n = (uint8_t)p->n };
    return op;
}

static uint32_t any_word(void)
{
    for (;;) {
        uint32_t word = (uint32_t)chance();
        if (below(2)) { // scalar floating point, and what it shares with general registers
            word = (word & UINT32_C(0x81ffffff)) | UINT32_C(0x1e000000);
            word &= below(3) ? ~BIT32(23) : UINT32_MAX;
            word &= below(3) ? ~BIT32(31) : UINT32_MAX;
            if (below(3) == 0)
                word &= ~UINT32_C(0xfc00);
            else if (below(3) == 0)
                word = (word & ~UINT32_C(0x1f7c00)) | UINT32_C(0x4000) | below(8) << 15;
        } else {
            word = (word & UINT32_C(0x71ffffff)) | UINT32_C(0x0e000000);
            word &= below(4) ? ~BIT32(28) : UINT32_MAX;
            if (below(4) == 0) // two registers, and across
                word = (word & ~UINT32_C(0x1e0c00)) | UINT32_C(0x200800) | below(2) << 20;
        }
        if (below(8)) // few registers, so that they meet
            word &= ~UINT32_C(0x180318);
        if (a64_simd_find(word))
            return word;
    }
}

static void add_simd(struct program *p, uint32_t word)
{
    struct op *op = add(p, A64_OP_SIMD);
    a64_simd_function *function = a64_simd_find(word);
    op->delta = (int32_t)word;
    memcpy(&op->imm, &function, sizeof function);
    p->n++;
}

// An integer op whose flags are pending, or that uses a register that an instruction writes.
static void add_integer(struct program *p)
{
    static const uint16_t codes[] = { A64_OP_ADDS64RR, A64_OP_SUBS32RR, A64_OP_ANDS64RR, A64_OP_ADD64RR,
                                      A64_OP_CSEL64LT };
    struct op *op = add(p, codes[below(countof(codes))]);
    op->d = (uint8_t)below(8);
    op->a = (uint8_t)below(8);
    op->b = (uint8_t)below(8);
    p->n++;
}

static void finish(struct program *p)
{
    if (below(2)) {
        add(p, A64_OP_END)->delta = 77;
        return;
    }
    unsigned step = A64_OP_BNE - A64_OP_BEQ;
    add(p, A64_OP_BEQ + step * below(14));
    add(p, A64_OP_EXIT)->delta = 100;
    add(p, A64_OP_EXIT)->delta = 200;
    if (below(2)) { // to its own beginning
        struct op *own = &p->ops[p->count - 1 - below(2)];
        own->delta = 0;
        own->d = 1;
    }
}

static void begin_program(struct program *p)
{
    *p = (struct program){ .ops = { { .code = OP_HEAD } }, .count = 1 };
}

static void execute(const struct program *p, const struct outcome *start, bool native, struct outcome *after)
{
    struct block draft = { .physical = CODE, .second = UINT64_MAX, .mode = cpu->mode, .op_count = (uint16_t)p->count };
    draft.count = (uint16_t)(p->n + 1);
    draft.bytes = (uint16_t)(4 * draft.count);
    uint16_t offsets[BLOCK_INSTRUCTIONS + 1];
    for (unsigned i = 0; i <= draft.count; i++)
        offsets[i] = (uint16_t)(4 * i);
    for (unsigned i = p->count; i-- > 0 && p->ops[i].code == A64_OP_EXIT;)
        draft.exits++;
    blocks_drop(&rig->loop.blocks);
    struct block *block = blocks_add(&rig->loop.blocks, &draft, p->ops, offsets);
    for (unsigned i = block->op_count - block->exits; i < block->op_count; i++)
        if (block->ops[i].delta == 0 && block->ops[i].d)
            block->ops[i].link = block->ops; // as after its first turn
    block->ops[0].imm = draft.count;
    block->heat = native ? 1 : 0;
    put(start);
    cpu->vcpu.left = 4 * draft.count + 1;
    cpu->vcpu.goal = 1000;
    cpu->vcpu.kick = 0;
    cpu->vcpu.unresolved = NULL;
    enum op_out out = a64_execute(cpu, block->ops);
    if (native)
        cr_assert_eq(block->ops[0].code, OP_NATIVE);
    take(after);
    after->out = out;
}

static void tell_word(const char *name, unsigned index, uint64_t before, uint64_t plain, uint64_t native)
{
    if (plain != native)
        fprintf(stderr, "%s %u: %llx before, %llx interpreted, %llx native\n", name, index, (unsigned long long)before,
                (unsigned long long)plain, (unsigned long long)native);
}

static void compare(const struct program *p, const struct outcome *start)
{
    static struct outcome plain, native;
    execute(p, start, false, &plain);
    execute(p, start, true, &native);
    if (memcmp(&plain, &native, sizeof plain) == 0)
        return;
    for (unsigned i = 1; i < p->count; i++)
        fprintf(stderr, "    %2u %-10s %08x\n", p->ops[i].n, a64_ops[p->ops[i].code].name, (unsigned)p->ops[i].delta);
    for (unsigned i = 0; i < A64_SLOTS; i++)
        tell_word("slot", i, start->r[i], plain.r[i], native.r[i]);
    for (unsigned i = 0; i < 64; i++)
        tell_word("half of vector", i, start->v[i / 2].d[i % 2], plain.v[i / 2].d[i % 2], native.v[i / 2].d[i % 2]);
    tell_word("result", 0, start->result, plain.result, native.result);
    tell_word("aux", 0, start->aux, plain.aux, native.aux);
    tell_word("FPCR", 0, start->fpcr, plain.fpcr, native.fpcr);
    tell_word("FPSR", 0, start->fpsr, plain.fpsr, native.fpsr);
    tell_word("out", 0, 0, plain.out, native.out);
    cr_assert_fail("host code differs");
}

static unsigned long trials(unsigned long usual)
{
    const char *text = getenv("INTACT_TRIALS");
    return text ? strtoul(text, NULL, 0) : usual;
}

static void compare_programs(unsigned long count, unsigned most)
{
    static struct outcome start;
    for (unsigned long trial = 0; trial < count; trial++) {
        struct program p;
        begin(&start);
        begin_program(&p);
        if (below(2))
            add_integer(&p);
        for (unsigned length = 1 + below(most); length > 0; length--) {
            add_simd(&p, any_word());
            if (most > 1 && below(4) == 0)
                add_integer(&p);
        }
        finish(&p);
        compare(&p, &start);
    }
}

Test(jit_vector, each_instruction_does_what_its_function_does)
{
    compare_programs(trials(20000), 1);
}

// Values stay in registers of the host from one to the next, and from one turn of a loop to the next.
Test(jit_vector, sequences_do_what_their_functions_do)
{
    compare_programs(trials(4000), 10);
}

Test(jit_vector_check, what_is_compared_while_it_runs_is_the_same)
{
    compare_programs(trials(1000), 10);
    const char *difference = check_line(jit_check(jit));
    cr_assert_null(difference, "%s", difference);
}
