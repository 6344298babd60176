// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code against the interpreter: random blocks of ops are run by both from the same state, and must leave the same registers,
// flags, memory, budget and way out.
#include "vcpu/jit/jit.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "vcpu/block.h"
#include "vcpu/jit/compile.h"
#include "vcpu/x86_64/exec/exec.h"
#include "vcpu/x86_64/jit/templates.h"
#include "vcpu/x86_64/random_op.h"

#define MOST_OPS 12
#define DATA     8192 // bytes that are compared

static struct board *board;
static struct x86_cpu *cpu;
static struct jit *jit;

static void setup(void)
{
    board = board_new(1, 1 << 20);
    cpu = board_long(board, 0);
    cpu->rip_mask = UINT64_MAX;
    int result = jit_create(&jit, &board->loop, &x86_jit, &(struct jit_config){ .threshold = 1 });
    if (result == -ENOTSUP)
        cr_skip_test("skipped: no code generator for this host");
    cr_assert_eq(result, 0);
}

static void teardown(void)
{
    jit_destroy(jit);
    board_free(board);
}

TestSuite(jit, .init = setup, .fini = teardown, .timeout = 120);

struct outcome {
    struct state state;
    uint64_t result, aux;
    int64_t left;
    enum op_out out;
    union x86_xmm scratch, xmm[16];
    struct x86_fault fault;
    uint8_t data[DATA], stack[256];
};

static uint8_t *at(uint64_t physical)
{
    return board->ram.ram + physical;
}

static void take(struct outcome *o)
{
    memset(o, 0, sizeof *o);
    memcpy(o->state.r, cpu->r, sizeof cpu->r);
    for (unsigned i = X86_T0; i <= X86_T3; i++)
        o->state.r[i] = 0; // mean nothing
    o->state.eflags = cpu->eflags;
    o->result = cpu->result;
    o->aux = cpu->aux;
    o->left = cpu->vcpu.left;
    o->scratch = cpu->scratch;
    memcpy(o->xmm, cpu->xmm, sizeof o->xmm);
    o->fault = cpu->fault;
    memcpy(o->data, at(BOARD_DATA), DATA);
    memcpy(o->stack, at(BOARD_STACK - 256), 256);
}

static void put(const struct outcome *o)
{
    memcpy(cpu->r, o->state.r, sizeof cpu->r);
    cpu->eflags = o->state.eflags;
    cpu->result = o->result;
    cpu->aux = o->aux;
    cpu->scratch = o->scratch;
    memcpy(cpu->xmm, o->xmm, sizeof o->xmm);
    cpu->fault = o->fault;
    memcpy(at(BOARD_DATA), o->data, DATA);
    memcpy(at(BOARD_STACK - 256), o->stack, 256);
}

static bool is_apart(unsigned code)
{
    return code == X86_OP_SIMD || code == X86_OP_HELP || code == X86_OP_STRING || code == X86_OP_STOP ||
           code == X86_OP_WATCH;
}

// Temporaries mean nothing after their instruction, and each op here is one.
static struct op any_op(unsigned code, struct state *s)
{
    struct op op = random_op(code, s);
    uint8_t *fields[] = { &op.d, &op.a, &op.b };
    for (unsigned i = 0; i < 3; i++)
        if (*fields[i] == X86_T1 || *fields[i] == X86_T2)
            *fields[i] = (uint8_t)(*fields[i] == X86_T1 ? X86_R8 : X86_R9);
    s->r[X86_BASE + X86_FS] = BOARD_DATA;
    if ((x86_ops[code].operands & (OP_OF_X | OP_DISP)) == (OP_OF_X | OP_DISP) && below(2)) { // through a segment
        op.x = X86_BASE + X86_FS;
        op.a = below(2) ? X86_ZERO : X86_R10;
        s->r[X86_R10] = below(256);
        op.b = X86_ZERO;
        op.disp = below(2) ? 0 : (int32_t)below(64);
    }
    return op;
}

// The slots that addresses come from must keep what they hold: memory elsewhere is not compared.
static bool spoils_address(const struct op *op)
{
    uint64_t written = x86_jit.written(op, &x86_ops[op->code]);
    if (op->code == X86_OP_LEAVE64)
        return true; // it is tested alone
    return !(x86_ops[op->code].operands & X86_STACK) &&
           (written & (BIT64(X86_RBX) | BIT64(X86_RSI) | BIT64(X86_RSP) | BIT64(X86_RBP) | BIT64(X86_R10)));
}

static unsigned any_code(void)
{
    for (;;) {
        unsigned code = OP_NATIVE + 1 + below(X86_OP_COUNT - OP_NATIVE - 1);
        if (!is_apart(code) && x86_ops[code].class != OP_JUMP)
            return code;
    }
}

// Ways out: END, a conditional jump, a jump to a slot.
static unsigned finish(struct op *ops, unsigned count, unsigned n)
{
    unsigned first = count;
    unsigned kind = below(4);
    if (kind == 0) {
        ops[count++] = (struct op){ .code = X86_OP_END, .delta = 77 };
    } else if (kind == 1) {
        ops[count++] = (struct op){ .code = below(2) ? X86_OP_JUMP : X86_OP_RETURN, .a = (uint8_t)below(4), .imm = 8 };
        ops[count++] = (struct op){ .code = X86_OP_CANONICAL, .a = ops[first].a };
        ops[count++] = (struct op){ .code = X86_OP_END };
    } else {
        unsigned step = X86_OP_JNO - X86_OP_JO;
        ops[count++] = (struct op){ .code = (uint16_t)(X86_OP_JO + step * below(16)) };
        ops[count++] = (struct op){ .code = X86_OP_EXIT, .delta = 100 };
        ops[count++] = (struct op){ .code = X86_OP_EXIT, .delta = 200, .d = kind == 2 };
    }
    for (unsigned i = first; i < count; i++)
        ops[i].n = (uint8_t)n;
    return count;
}

static enum op_out execute(const struct op *ops, unsigned count, bool native, int64_t left)
{
    struct block draft = {
        .physical = BOARD_CODE, .second = UINT64_MAX, .mode = cpu->mode, .op_count = (uint16_t)count
    };
    draft.count = (uint16_t)(ops[count - 1].n + 1);
    draft.bytes = 64;
    for (unsigned i = 0; i <= draft.count; i++)
        draft.offsets[i] = (uint16_t)(3 * i);
    for (unsigned i = count; i-- > 0 && ops[i].code == X86_OP_EXIT;)
        draft.exits++;
    blocks_drop(&board->loop.blocks);
    struct block *block = blocks_add(&board->loop.blocks, &draft, ops);
    block->ops[0].imm = draft.count;
    block->heat = native ? 1 : 0;
    cpu->vcpu.left = left;
    cpu->vcpu.kick = 0;
    cpu->vcpu.unresolved = NULL;
    enum op_out out = x86_execute(cpu, block->ops);
    if (native && left > draft.count)
        cr_assert_eq(block->ops[0].code, OP_NATIVE);
    return out;
}

static void tell(const struct op *ops, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        fprintf(stderr, "    %2u %-10s d=%u a=%u b=%u s=%u x=%u imm=%llx\n", ops[i].n, x86_ops[ops[i].code].name,
                ops[i].d, ops[i].a, ops[i].b, ops[i].s, ops[i].x, (unsigned long long)ops[i].imm);
}

static void compare(const struct op *ops, unsigned count, const struct outcome *start, int64_t left)
{
    static struct outcome plain, native;
    put(start);
    enum op_out out = execute(ops, count, false, left);
    take(&plain);
    plain.out = out;
    put(start);
    out = execute(ops, count, true, left);
    take(&native);
    native.out = out;
    if (memcmp(&plain, &native, sizeof plain) == 0)
        return;
    fprintf(stderr, "left %lld, flags %llx %llx\n", (long long)left, (unsigned long long)start->result,
            (unsigned long long)start->aux);
    tell(ops, count);
    for (unsigned i = 0; i < X86_SLOTS; i++)
        if (plain.state.r[i] != native.state.r[i])
            fprintf(stderr, "slot %u: %llx before, %llx interpreted, %llx native\n", i,
                    (unsigned long long)start->state.r[i], (unsigned long long)plain.state.r[i],
                    (unsigned long long)native.state.r[i]);
    fprintf(stderr, "result %llx %llx aux %llx %llx left %lld %lld out %d %d data %d stack %d\n",
            (unsigned long long)plain.result, (unsigned long long)native.result, (unsigned long long)plain.aux,
            (unsigned long long)native.aux, (long long)plain.left, (long long)native.left, plain.out, native.out,
            memcmp(plain.data, native.data, DATA), memcmp(plain.stack, native.stack, 256));
    cr_assert_fail("host code differs");
}

static void begin(struct outcome *start)
{
    take(start);
    struct state s = random_state();
    memcpy(start->state.r, s.r, sizeof s.r);
    put(start);
    x86_set_flags(cpu, s.flags);
    if (below(2)) { // flags as an addition leaves them
        cpu->result = chance();
        cpu->aux = chance() & UINT64_C(0xc000000000000008);
    }
    take(start);
    memcpy(start->state.r, s.r, sizeof s.r);
    for (unsigned i = 0; i < DATA; i++)
        start->data[i] = (uint8_t)chance();
}

// Each op with a template or without, many times alone: an op before it sets flags, and one after it looks at them.
Test(jit, each_op_does_what_its_function_does)
{
    static struct outcome start;
    for (unsigned code = OP_NATIVE + 1; code < X86_OP_COUNT; code++) {
        if (is_apart(code) || x86_ops[code].class == OP_JUMP)
            continue;
        for (unsigned trial = 0; trial < 60; trial++) {
            struct op ops[MOST_OPS + 4] = { { .code = OP_HEAD } };
            unsigned count = 1, n = 0;
            begin(&start);
            struct state s = start.state;
            if (below(2)) {
                ops[count] = any_op(X86_OP_ADD8RR + below(X86_OP_TEST64RI - X86_OP_ADD8RR + 1), &s);
                ops[count++].n = (uint8_t)n++;
            }
            ops[count] = any_op(code, &s);
            ops[count++].n = (uint8_t)n++;
            memcpy(start.state.r, s.r, sizeof s.r);
            count = finish(ops, count, n);
            compare(ops, count, &start, 100);
        }
    }
}

// Several ops, any budget: the block may end anywhere.
Test(jit, blocks_do_what_the_interpreter_does)
{
    static struct outcome start;
    const char *trials = getenv("INTACT_TRIALS");
    for (unsigned long trial = 0; trial < (trials ? strtoul(trials, NULL, 0) : 20000); trial++) {
        struct op ops[MOST_OPS + 4] = { { .code = OP_HEAD } };
        unsigned count = 1, n = 0;
        begin(&start);
        struct state s = start.state;
        for (unsigned length = 1 + below(MOST_OPS - 2); count <= length; n++) {
            do
                ops[count] = any_op(any_code(), &s);
            while (spoils_address(&ops[count]));
            ops[count++].n = (uint8_t)n;
        }
        memcpy(start.state.r, s.r, sizeof s.r);
        count = finish(ops, count, n);
        compare(ops, count, &start, below(4) ? 100 : 2 + (int64_t)below(MOST_OPS));
    }
}
