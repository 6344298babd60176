// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code for SSE instructions against the functions of their rows (float/simd.h): each row alone and in sequences, on registers and
// memory, with any values and with those where floating point is special. Flags of arithmetic that is pending survive.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "vcpu/block.h"
#include "vcpu/jit/check.h"
#include "vcpu/jit/compile.h"
#include "vcpu/jit/jit.h"
#include "vcpu/x86_64/exec/exec.h"
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/float/fxsave.h"
#include "vcpu/x86_64/float/simd.h"
#include "vcpu/x86_64/jit/templates.h"
#include "vcpu/x86_64/random_op.h"

#define DATA 4352 // bytes that are compared: those that addresses reach

static struct board *board;
static struct x86_cpu *cpu;
static struct jit *jit;
static const struct x86_simd *rows;
static unsigned row_count;

static void setup_as(bool checks)
{
    board = board_new(1, 1 << 20);
    cpu = board_long(board, 0);
    cpu->rip_mask = UINT64_MAX;
    cpu->cr4 |= X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
    rows = x86_simd_table(&row_count);
    int result = jit_create(&jit, &board->loop, &x86_jit, &(struct jit_config){ .threshold = 1, .check = checks });
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
    board_free(board);
}

TestSuite(jit_vector, .init = setup, .fini = teardown, .timeout = 240);
TestSuite(jit_vector_check, .init = setup_checks, .fini = teardown, .timeout = 240);

struct outcome {
    uint64_t r[X86_SLOTS], result, aux, cr0, cr4;
    int64_t left;
    enum op_out out;
    uint32_t mxcsr;
    union x86_xmm xmm[16], scratch;
    struct x86_x87 x87;
    struct x86_fault fault;
    uint8_t data[DATA];
};

static void take(struct outcome *o)
{
    memset(o, 0, sizeof *o);
    memcpy(o->r, cpu->r, sizeof cpu->r);
    for (unsigned i = X86_T0; i <= X86_T3; i++)
        o->r[i] = 0; // mean nothing, nor does cpu->scratch
    o->result = cpu->result;
    o->aux = cpu->aux;
    o->cr0 = cpu->cr0;
    o->cr4 = cpu->cr4;
    o->left = cpu->vcpu.left;
    o->mxcsr = cpu->mxcsr;
    memcpy(o->xmm, cpu->xmm, sizeof o->xmm);
    memcpy(&o->x87, &cpu->x87, sizeof o->x87);
    memcpy(&o->fault, &cpu->fault, sizeof o->fault);
    memcpy(o->data, board->ram.ram + BOARD_DATA, DATA);
}

static void put(const struct outcome *o)
{
    memcpy(cpu->r, o->r, sizeof cpu->r);
    cpu->result = o->result;
    cpu->aux = o->aux;
    cpu->cr0 = o->cr0;
    cpu->cr4 = o->cr4;
    cpu->mxcsr = o->mxcsr;
    memcpy(cpu->xmm, o->xmm, sizeof o->xmm);
    cpu->scratch = o->scratch;
    memcpy(&cpu->x87, &o->x87, sizeof o->x87);
    memcpy(&cpu->fault, &o->fault, sizeof o->fault);
    memcpy(board->ram.ram + BOARD_DATA, o->data, DATA);
}

// --- values ----------------------------------------------------------------------------------------------------------

// Zeros, the smallest and largest numbers, infinities, NaNs of both kinds, integers, and what rounds.
static const uint64_t corners[] = {
    0,
    UINT64_C(1),
    UINT64_C(0x000fffffffffffff),
    UINT64_C(0x0010000000000000),
    UINT64_C(0x0010000000000001),
    UINT64_C(0x0020000000000000),
    UINT64_C(0x1ff0000000000000),
    UINT64_C(0x3ca0000000000000),
    UINT64_C(0x3fe0000000000000),
    UINT64_C(0x3ff0000000000000),
    UINT64_C(0x3ff0000000000001),
    UINT64_C(0x4000000000000000),
    UINT64_C(0x4008000000000000),
    UINT64_C(0x41dfffffffc00000), // 2^31 - 1
    UINT64_C(0x41e0000000000000),
    UINT64_C(0x43e0000000000000), // 2^63
    UINT64_C(0x43dfffffffffffff),
    UINT64_C(0x5fe0000000000000),
    UINT64_C(0x7fdfffffffffffff),
    UINT64_C(0x7fefffffffffffff),
    UINT64_C(0x7ff0000000000000),
    UINT64_C(0x7ff0000000000001),
    UINT64_C(0x7ff8000000000000),
    UINT64_C(0x7fffffffffffffff),
};
static const uint32_t small_corners[] = {
    0,          1,          0x007fffff, 0x00800000, 0x00800001, 0x01000000, 0x1f800000, 0x33000000,
    0x3f000000, 0x3f800000, 0x3f800001, 0x40000000, 0x40400000, 0x4effffff, 0x4f000000, 0x5f000000,
    0x5effffff, 0x60000000, 0x7effffff, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000, 0x7fffffff,
};

static uint64_t any_double(void)
{
    switch (below(4)) {
    case 0: return corners[below(countof(corners))] | (chance() & BIT64(63));
    case 1: return (chance() & UINT64_C(0x800fffffffffffff)) | (uint64_t)(1000 + below(50)) << 52; // near 1
    case 2: return (chance() & UINT64_C(0x800fe00000000000)) | (uint64_t)(1020 + below(8)) << 52;  // few bits: exact
    default: return chance();
    }
}

static uint32_t any_float(void)
{
    switch (below(4)) {
    case 0: return small_corners[below(countof(small_corners))] | ((uint32_t)chance() & BIT32(31));
    case 1: return ((uint32_t)chance() & UINT32_C(0x807fffff)) | (110u + below(40)) << 23;
    case 2: return ((uint32_t)chance() & UINT32_C(0x80700000)) | (124u + below(8)) << 23;
    default: return (uint32_t)chance();
    }
}

static union x86_xmm any_vector(void)
{
    union x86_xmm v;
    unsigned kind = below(5);
    for (unsigned i = 0; i < 2; i++)
        v.q[i] = kind <= 1 ? any_double() : chance();
    for (unsigned i = 0; i < 4 && (kind == 2 || kind == 3); i++)
        v.l[i] = any_float();
    for (unsigned i = 0; i < 16 && kind == 4; i++) // equal bytes, small ones, and indices
        v.b[i] = (uint8_t)(below(2) ? below(20) : 0x7e + below(4));
    return v;
}

static uint32_t any_mxcsr(void)
{
    switch (below(5)) {
    case 0: return 0x1f80;
    case 1: return (uint32_t)chance() & X86_MXCSR_MASK;
    case 2: return 0x1f80 | ((uint32_t)chance() & 0x3f) | below(4) << 13 | below(2) << 15 | below(2) << 6;
    default: return 0x1fa0; // something has been rounded before
    }
}

static void begin(struct outcome *start)
{
    take(start);
    struct state s = random_state();
    memcpy(start->r, s.r, sizeof s.r);
    start->result = chance();
    start->aux = chance() & UINT64_C(0xc000000000000008);
    start->mxcsr = any_mxcsr();
    for (unsigned i = 0; i < 16; i++)
        start->xmm[i] = any_vector();
    start->cr0 = cpu->cr0 & ~(uint64_t)(X86_CR0_TS | X86_CR0_EM);
    start->cr4 = cpu->cr4 | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
    for (unsigned i = 0; i < DATA; i += 16)
        *(union x86_xmm *)(void *)(start->data + i) = any_vector();
    start->r[X86_RBX] = BOARD_DATA + below(4096);
    if (below(2))
        start->r[X86_RBX] &= ~UINT64_C(15);
}

// --- ops -------------------------------------------------------------------------------------------------------------

#define MOST 64

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

static bool is_rm(unsigned operand)
{
    return operand == X86_SIMD_XMM_RM || operand == X86_SIMD_MMX_RM || operand == X86_SIMD_GPR_RM;
}

static unsigned any_general(void)
{
    unsigned slot = below(16);
    return slot == X86_RSP || slot == X86_RBX ? X86_RAX : slot;
}

static void add_scratch(struct program *p, unsigned code, const struct x86_simd *row)
{
    struct op *op = add(p, code);
    op->a = X86_RBX;
    op->b = X86_ZERO;
    op->disp = below(4) ? 0 : (int32_t)below(64);
    op->s = row->bytes;
    op->x = !!(row->flags & X86_SIMD_ALIGNED);
}

// As front/translate_simd.c makes ops of an instruction.
static void add_row(struct program *p, const struct x86_simd *row)
{
    bool memory = (is_rm(row->s) || is_rm(row->d)) && !(row->flags & X86_SIMD_REGISTER) && below(2);
    memory |= !!(row->flags & X86_SIMD_MEMORY);
    bool store = memory && is_rm(row->d), wide = row->flags & X86_SIMD_W1;
    if (below(2)) {
        struct op *check = add(p, X86_OP_HELP);
        check->disp = X86_HELP_simd_check;
        check->value = (int32_t)(row - rows);
    }
    if (memory && !store)
        add_scratch(p, X86_OP_LDSCRATCH, row);
    struct op *op = add(p, X86_OP_SIMD);
    op->disp = (int32_t)(row - rows);
    op->d = (uint8_t)(row->d == X86_SIMD_GPR || row->s == X86_SIMD_GPR ? any_general() : below(8));
    op->b = (uint8_t)(row->d == X86_SIMD_GPR_RM || row->s == X86_SIMD_GPR_RM ? any_general() : below(8));
    op->s = (uint8_t)(below(2) ? below(20) : chance());
    op->x =
        (uint8_t)((memory ? X86_SIMD_OP_SCRATCH : 0) | (wide ? X86_SIMD_OP_W : 0) | (store ? X86_SIMD_OP_STORES : 0));
    if (store)
        add_scratch(p, X86_OP_STSCRATCH, row);
    p->n++;
}

// Something of the integers before: flags that are still pending.
static void add_integer(struct program *p)
{
    struct op *op = add(p, X86_OP_ADD8RR + below(X86_OP_TEST64RI - X86_OP_ADD8RR + 1));
    op->d = (uint8_t)any_general();
    op->a = (uint8_t)any_general();
    op->b = (uint8_t)any_general();
    if (x86_ops[op->code].operands & OP_IMM)
        op->imm = (int64_t)chance();
    p->n++;
}

static void finish(struct program *p)
{
    unsigned step = X86_OP_JNO - X86_OP_JO;
    if (below(2)) {
        add(p, X86_OP_END)->delta = 77;
    } else {
        add(p, X86_OP_JO + step * below(16));
        add(p, X86_OP_EXIT)->delta = 100;
        add(p, X86_OP_EXIT)->delta = 200;
        if (below(2)) { // to its own beginning
            struct op *own = &p->ops[p->count - 1 - below(2)];
            own->delta = 0;
            own->d = 1;
        }
    }
}

static void begin_program(struct program *p)
{
    *p = (struct program){ .ops = { { .code = OP_HEAD } }, .count = 1 };
}

// --- both executors --------------------------------------------------------------------------------------------------

static enum op_out execute(const struct program *p, bool native)
{
    struct block draft = {
        .physical = BOARD_CODE, .second = UINT64_MAX, .mode = cpu->mode, .op_count = (uint16_t)p->count, .bytes = 64
    };
    draft.count = (uint16_t)(p->n + 1);
    uint16_t offsets[BLOCK_INSTRUCTIONS + 1];
    for (unsigned i = 0; i <= draft.count; i++)
        offsets[i] = (uint16_t)(3 * i);
    for (unsigned i = p->count; i-- > 0 && p->ops[i].code == X86_OP_EXIT;)
        draft.exits++;
    blocks_drop(&board->loop.blocks);
    struct block *block = blocks_add(&board->loop.blocks, &draft, p->ops, offsets);
    for (unsigned i = block->op_count - block->exits; i < block->op_count; i++)
        if (block->ops[i].delta == 0 && block->ops[i].d)
            block->ops[i].link = block->ops; // as after its first turn
    block->ops[0].imm = draft.count;
    block->heat = native ? 1 : 0;
    cpu->vcpu.left = 4 * draft.count + 1;
    cpu->vcpu.kick = 0;
    cpu->vcpu.unresolved = NULL;
    enum op_out out = x86_execute(cpu, block->ops);
    if (native)
        cr_assert_eq(block->ops[0].code, OP_NATIVE);
    return out;
}

static void tell(const struct program *p)
{
    for (unsigned i = 1; i < p->count; i++) {
        const struct op *op = &p->ops[i];
        fprintf(stderr, "    %2u %-10s %-10s d=%u a=%u b=%u s=%u x=%u\n", op->n, x86_ops[op->code].name,
                op->code == X86_OP_SIMD ? rows[op->disp].name : "", op->d, op->a, op->b, op->s, op->x);
    }
}

static void compare(const struct program *p, const struct outcome *start)
{
    static struct outcome plain, native;
    put(start);
    enum op_out out = execute(p, false);
    take(&plain);
    plain.out = out;
    put(start);
    out = execute(p, true);
    take(&native);
    native.out = out;
    if (memcmp(&plain, &native, sizeof plain) == 0)
        return;
    tell(p);
    for (unsigned i = 0; i < X86_SLOTS; i++)
        if (plain.r[i] != native.r[i])
            fprintf(stderr, "slot %u: %llx, native %llx\n", i, (unsigned long long)plain.r[i],
                    (unsigned long long)native.r[i]);
    for (unsigned i = 0; i < 16; i++)
        if (memcmp(&plain.xmm[i], &native.xmm[i], 16))
            fprintf(stderr, "xmm%u: %016llx%016llx before, %016llx%016llx, native %016llx%016llx\n", i,
                    (unsigned long long)start->xmm[i].q[1], (unsigned long long)start->xmm[i].q[0],
                    (unsigned long long)plain.xmm[i].q[1], (unsigned long long)plain.xmm[i].q[0],
                    (unsigned long long)native.xmm[i].q[1], (unsigned long long)native.xmm[i].q[0]);
    fprintf(stderr, "mxcsr %x: %x, native %x; result %llx %llx aux %llx %llx out %d %d data %d\n", start->mxcsr,
            plain.mxcsr, native.mxcsr, (unsigned long long)plain.result, (unsigned long long)native.result,
            (unsigned long long)plain.aux, (unsigned long long)native.aux, plain.out, native.out,
            memcmp(plain.data, native.data, DATA));
    cr_assert_fail("host code differs");
}

static unsigned long trials(unsigned long usual)
{
    const char *text = getenv("INTACT_TRIALS");
    return text ? strtoul(text, NULL, 0) : usual;
}

// Alone, after an integer op whose flags are looked at at the end.
Test(jit_vector, each_row_does_what_its_function_does)
{
    static struct outcome start;
    for (unsigned row = 0; row < row_count; row++) {
        for (unsigned long trial = 0; rows[row].run && trial < trials(30); trial++) {
            struct program p;
            begin(&start);
            begin_program(&p);
            if (below(2))
                add_integer(&p);
            add_row(&p, &rows[row]);
            finish(&p);
            compare(&p, &start);
        }
    }
}

static void compare_sequences(unsigned long count)
{
    static struct outcome start;
    for (unsigned long trial = 0; trial < count; trial++) {
        struct program p;
        begin(&start);
        begin_program(&p);
        for (unsigned length = 2 + below(9); length > 0; length--) {
            const struct x86_simd *row = &rows[below(row_count)];
            if (row->run && (!(row->check & X86_CHECK_MMX) || !below(8)))
                add_row(&p, row);
            else
                add_integer(&p);
        }
        finish(&p);
        compare(&p, &start);
    }
}

// Values stay in registers of the host from one to the next, and from one turn of a loop to the next; those that have no template see
// the state.
Test(jit_vector, sequences_of_rows_do_what_their_functions_do)
{
    compare_sequences(trials(4000));
}

Test(jit_vector_check, what_is_compared_while_it_runs_is_the_same)
{
    compare_sequences(trials(1000));
    const char *difference = check_line(jit_check(jit));
    cr_assert_null(difference, "%s", difference);
}

// CR0.TS is how a system sees who uses SSE; CR0.EM and CR4.OSFXSR forbid it.
Test(jit_vector, sse_that_is_switched_off_faults_before_its_operand_is_loaded)
{
    static struct outcome start;
    for (unsigned trial = 0; trial < 300; trial++) {
        struct program p;
        begin(&start);
        begin_program(&p);
        add_integer(&p);
        const struct x86_simd *row = x86_simd_find(1, 0x66, 0xfc, 0xc0, false); // PADDB
        struct op *check = add(&p, X86_OP_HELP);
        check->disp = X86_HELP_simd_check;
        check->value = (int32_t)(row - rows);
        add_row(&p, row);
        finish(&p);
        start.cr0 |= trial % 3 == 0 ? X86_CR0_TS : trial % 3 == 1 ? X86_CR0_EM : 0;
        if (trial % 3 == 2)
            start.cr4 &= ~(uint64_t)X86_CR4_OSFXSR;
        compare(&p, &start);
        cr_assert_eq(cpu->fault.vector, trial % 3 == 0 ? X86_NM : X86_UD);
    }
}
