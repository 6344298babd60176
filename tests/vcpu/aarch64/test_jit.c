// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code against the interpreter: random blocks of ops are run by both from the same state, and must leave the same registers,
// flags, memory, budget, fault and way out.
//
// Memory accesses go to a window of pages of each kind (`window`), at whose edges nothing is mapped. Before a run the TLB is empty but for
// what the trial says, the same for both.
#include "vcpu/jit/jit.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "rig.h"
#include "vcpu/aarch64/exec/exec.h"
#include "vcpu/aarch64/exec/helper.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/aarch64/float/simd.h"
#include "vcpu/aarch64/jit/templates.h"
#include "vcpu/jit/check.h"
#include "vcpu/jit/compile.h"

#define MOST_OPS 24
#define WINDOW   0x210000u
#define PAGES    8
#define BYTES    (PAGES * 4096)
#define NOTHING  0x40000000u // a physical page where nothing is

enum { CODE_PAGE = 6, NO_PAGE = 4, READ_ONLY = 2, DEVICE = 7 };
#define CODE (WINDOW + CODE_PAGE * 4096u + 0x800u) // where the block is

// Slots whose values are addresses: only the last op of a block may change them.
enum { BASE = 20, INDEX, SMALL };
#define ADDRESSES (BIT64(BASE) | BIT64(INDEX) | BIT64(SMALL) | BIT64(A64_SP_EL1))

static struct rig *rig;
static struct a64_cpu *cpu;
static struct jit *jit;
static bool checks;                 // as jit=check
static unsigned seen[4], seen_dead; // how many blocks ended so

static void setup(void)
{
    rig = rig_new();
    cpu = rig_translate(rig);
    for (unsigned i = 0; i < PAGES; i++) {
        uint64_t physical = i == DEVICE ? NOTHING : WINDOW + i * 4096u;
        uint64_t entry = physical | RIG_PAGE | RIG_AF | (i == READ_ONLY ? RIG_READONLY : 0u);
        rig_page(rig, (WINDOW >> 12) - 512 + i, i == NO_PAGE ? 0 : entry);
    }
    rig_set_el(cpu, 1, true);
    int result = jit_create(&jit, &rig->loop, &a64_jit, &(struct jit_config){ .threshold = 1, .check = checks });
    if (result == -ENOTSUP)
        cr_skip_test("skipped: no code generator for this host");
    cr_assert_eq(result, 0);
}

static void teardown(void)
{
    jit_destroy(jit);
    rig_free(rig);
}

static void setup_checks(void)
{
    checks = true;
    setup();
}

TestSuite(jit_compared, .init = setup_checks, .fini = teardown, .timeout = 240);
TestSuite(jit, .init = setup, .fini = teardown, .timeout = 240);

// --- states ----------------------------------------------------------------------------------------------------------

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

struct outcome {
    uint64_t r[A64_SLOTS], result, aux, tpidr, monitor;
    union a64_vector v[32];
    int64_t left;
    uint64_t out, unresolved, dead, kick;
    uint64_t has_address, syndrome, address;
    uint32_t mistakes[A64_MISTAKES];
    uint8_t data[BYTES];
};

static void take(struct outcome *o)
{
    memcpy(o->r, cpu->r, sizeof o->r);
    for (unsigned i = A64_T0; i <= A64_T3; i++)
        o->r[i] = 0; // mean nothing
    o->r[A64_SINK] = 0;
    o->result = cpu->result;
    o->aux = cpu->aux;
    o->tpidr = cpu->tpidr_el0;
    o->monitor = cpu->monitor.size;
    memcpy(o->v, cpu->v, sizeof o->v);
    o->left = cpu->vcpu.left;
    o->kick = cpu->vcpu.kick;
    o->has_address = cpu->fault.has_address;
    o->syndrome = cpu->fault.syndrome;
    o->address = cpu->fault.address;
    memcpy(o->mistakes, cpu->mistakes, sizeof o->mistakes);
    memcpy(o->data, rig->ram.ram + WINDOW, BYTES);
}

static void put(const struct outcome *o)
{
    memcpy(cpu->r, o->r, sizeof o->r);
    for (unsigned i = A64_T0; i <= A64_T3; i++)
        cpu->r[i] = UINT64_C(0xdead000000000000) + i;
    cpu->result = o->result;
    cpu->aux = o->aux;
    cpu->tpidr_el0 = o->tpidr;
    cpu->monitor.size = 8;
    memcpy(cpu->v, o->v, sizeof o->v);
    cpu->fault = (struct a64_fault){ 0 };
    memset(cpu->mistakes, 0, sizeof cpu->mistakes);
    memcpy(rig->ram.ram + WINDOW, o->data, BYTES);
}

static uint64_t any_address(void)
{
    unsigned offset = below(2) ? below(4096) : (4096u - below(40)) & 4095u;
    uint64_t address = WINDOW + below(PAGES) * 4096u + offset;
    if (below(8) == 0) // the block itself
        address = CODE - 16 + below(64);
    if (below(64) == 0)
        address |= UINT64_C(0x1000000000000); // not in either half
    return below(3) ? address & ~UINT64_C(15) : address;
}

static void begin(struct outcome *start)
{
    memset(start, 0, sizeof *start);
    for (unsigned i = 0; i < A64_SLOTS; i++)
        start->r[i] = below(3) ? chance() >> below(64) : chance();
    if (below(2)) { // numbers near those where something overflows
        static const uint64_t corners[] = { 0,
                                            1,
                                            UINT64_MAX,
                                            INT64_MAX,
                                            (uint64_t)INT64_MAX + 1,
                                            INT32_MAX,
                                            (uint32_t)INT32_MAX + 1u,
                                            UINT32_MAX,
                                            UINT64_C(0x100000000) };
        for (unsigned i = 0; i < 20; i++)
            if (below(2))
                start->r[i] = corners[below(countof(corners))];
    }
    start->r[A64_ZERO] = start->r[A64_SINK] = 0;
    start->r[A64_PC] = CODE;
    start->r[BASE] = any_address();
    start->r[A64_SP_EL1] = any_address();
    start->r[INDEX] = below(64);
    start->r[SMALL] = below(3) ? below(8) : -(uint64_t)below(8);
    start->tpidr = chance();
    for (unsigned i = 0; i < 32; i++)
        start->v[i].d[0] = chance(), start->v[i].d[1] = chance();
    start->result = below(4) ? chance() : 0;
    start->aux = chance() & UINT64_C(0xc000000000000000);
    if (below(3) == 0)
        start->aux |= UINT64_C(1) << 16; // flags that were loaded
    uint64_t word = 0;
    for (unsigned i = 0; i < BYTES; i += 8) {
        word = word * UINT64_C(0x9e3779b97f4a7c15) + (i ? 12345 : chance());
        memcpy(start->data + i, &word, 8);
    }
}

// --- ops -------------------------------------------------------------------------------------------------------------

static bool is_apart(unsigned code)
{
    return code == A64_OP_MRS || code == A64_OP_MSR || code == A64_OP_BREAK || code == A64_OP_STOP ||
           code == A64_OP_WATCH || a64_ops[code].class == OP_JUMP;
}

static void set_vector_0(struct a64_cpu *c, uint32_t word)
{
    c->v[0].d[0] = word;
}

// A register; with `temps` (a bit for each that the instruction has written) one of those.
static uint8_t source(unsigned temps)
{
    unsigned slot = below(temps ? 40 : 32);
    if (slot >= 32 && (temps >> (slot & 3) & 1))
        return (uint8_t)(A64_T0 + (slot & 3));
    return (uint8_t)(slot == 31 || slot >= 32 ? (below(2) ? A64_ZERO : A64_SP_EL1) : below(2) ? slot : slot & 15);
}

static uint8_t target(bool temps)
{
    unsigned slot = below(temps ? 40 : 32);
    if (slot >= 32 && (slot & 3) < 3)
        return (uint8_t)(A64_T0 + (slot & 3));
    return (uint8_t)(slot >= 31 ? A64_SINK : below(2) ? slot : slot & 15);
}

static void limit_fields(struct op *op)
{
    unsigned bits = strstr(a64_ops[op->code].name, "32") ? 32 : 64;
    switch (op->code) {
    case A64_OP_EXTR32: op->s = (uint8_t)(1 + below(31)); break;
    case A64_OP_EXTR64: op->s = (uint8_t)(1 + below(63)); break;
    case A64_OP_UBF:
        op->s = (uint8_t)below(64);
        op->imm = (int64_t)bits_low(1 + below(64u - op->s));
        break;
    case A64_OP_UBFZ:
        op->s = (uint8_t)below(64);
        op->imm = (int64_t)bits_low(1 + below(64u - op->s));
        break;
    case A64_OP_SBF32:
    case A64_OP_SBF64:
        op->s = (uint8_t)below(64);
        op->x = (uint8_t)(op->s + below(64u - op->s));
        break;
    case A64_OP_BFM32:
    case A64_OP_BFM64:
        op->s = (uint8_t)below(bits);
        op->imm = (int64_t)((bits_low(1 + below(bits)) << below(bits)) & bits_low(bits));
        break;
    case A64_OP_EXTEND:
        op->x = (uint8_t)below(8);
        op->s = (uint8_t)below(5);
        break;
    case A64_OP_MOVK32:
    case A64_OP_MOVK64:
        op->s = (uint8_t)(16 * below(bits / 16));
        op->imm = (int64_t)((chance() & 0xffff) << op->s);
        break;
    case A64_OP_CCMP:
        op->d &= 3;
        op->s &= 15;
        op->x = (uint8_t)below(16);
        op->imm = op->b == A64_ZERO ? below(32) : 0;
        break;
    case A64_OP_CRC32:
        op->s &= 3;
        op->x &= 1;
        break;
    case A64_OP_CHECKALIGN:
        op->d &= 1;
        op->s = (uint8_t)(1u << below(5));
        op->x = 0;
        break;
    case A64_OP_GET:
    case A64_OP_PUT: op->imm = offsetof(struct a64_cpu, tpidr_el0); break;
    case A64_OP_SIMD: {
        a64_simd_function *function = set_vector_0;
        memcpy(&op->imm, &function, sizeof function);
        op->delta = 0x0e20e000; // PMULL, which has no template; the others are in test_jit_vector.c
        break;
    }
    case A64_OP_HELP: op->disp = A64_HELP_clrex; break;
    default:
        if (bits == 32 && (a64_ops[op->code].operands & OP_IMM) && op->code != A64_OP_MOVI)
            op->imm = (uint32_t)op->imm;
        if (a64_ops[op->code].operands & OP_S)
            op->s = (uint8_t)below(bits);
        break;
    }
}

// An op with fields that the translator may give it. `temps`: the temporaries that its instruction has written; NULL: none are used.
static struct op any_op(unsigned code, unsigned *temps)
{
    const struct op_row *row = &a64_ops[code];
    unsigned written = temps ? *temps : 0;
    struct op op = { .code = (uint16_t)code, .d = target(temps), .imm = (int64_t)chance() };
    op.a = source(written);
    op.b = source(written);
    op.s = (uint8_t)below(64);
    op.x = row->operands & OP_TO_X ? target(temps) : source(written);
    if (below(2))
        op.imm = below(2) ? below(4096) : (int64_t)below(4096) << 12;
    if (row->operands & OP_OF_D) // a store of the value
        op.d = source(written);
    if (row->operands & OP_VECTOR) {
        op.d = (uint8_t)below(32);
        op.x = (uint8_t)below(32);
    }
    limit_fields(&op);
    if (row->operands & (OP_LOADS | OP_STORES) || code == A64_OP_CHECKALIGN) {
        op.a = below(4) ? BASE : A64_SP_EL1;
        if (row->operands & OP_OF_B)
            op.b = below(3) ? (below(2) ? INDEX : SMALL) : A64_ZERO;
        if (row->operands & OP_S && code != A64_OP_CHECKALIGN)
            op.s = (uint8_t)below(5);
        if (row->operands & OP_DISP)
            op.disp = below(2) ? 0 : (int32_t)below(64) - 32;
    }
    if (code == A64_OP_CHECKSP)
        op.a = below(2) ? A64_SP_EL1 : BASE;
    if (temps && row->operands & OP_TO_D && !(row->operands & OP_VECTOR) && op.d >= A64_T0)
        *temps |= BIT32(op.d - A64_T0);
    if (temps && row->operands & OP_TO_X && !(row->operands & OP_VECTOR) && op.x >= A64_T0)
        *temps |= BIT32(op.x - A64_T0);
    return op;
}

static bool spoils_address(const struct op *op)
{
    if (op->code == A64_OP_GET)
        return ADDRESSES >> op->d & 1;
    return !(a64_ops[op->code].operands & OP_CPU) && a64_jit.written(op, &a64_ops[op->code]) & ADDRESSES;
}

static unsigned any_code(void)
{
    for (;;) {
        unsigned code = OP_NATIVE + 1 + below(A64_OP_COUNT - OP_NATIVE - 1);
        if (below(3) == 0) // accesses are few among the ops
            code = A64_OP_LD8 + below(A64_OP_CHECKALIGN - A64_OP_LD8 + 1);
        if (below(4) == 0)
            code = A64_OP_ADD32RR + below(A64_OP_BICS64 - A64_OP_ADD32RR + 1);
        if (!is_apart(code))
            return code;
    }
}

// Ways out: END, jumps to a slot, and what depends on a condition, a register or a bit.
static unsigned finish(struct op *ops, unsigned count, unsigned n)
{
    unsigned first = count;
    switch (below(5)) {
    case 0: ops[count++] = (struct op){ .code = A64_OP_END, .delta = 76 }; break;
    case 1: ops[count++] = (struct op){ .code = A64_OP_JUMP, .a = (uint8_t)(below(4) ? below(32) : A64_SP_EL1) }; break;
    case 2: ops[count++] = (struct op){ .code = A64_OP_EXIT, .delta = below(2) ? 0 : 100, .d = 1 }; break;
    case 3:
        ops[count++] = (struct op){ .code = (uint16_t)(A64_OP_CBZ32 + below(A64_OP_TBNZ - A64_OP_CBZ32 + 1)),
                                    .a = (uint8_t)below(32),
                                    .s = (uint8_t)below(64) };
        break;
    default: ops[count++] = (struct op){ .code = (uint16_t)(A64_OP_BEQ + A64_CONDITION_STRIDE * below(14)) }; break;
    }
    if (ops[first].code >= A64_OP_CBZ32) {
        ops[count++] = (struct op){ .code = A64_OP_EXIT, .delta = 100 };
        ops[count++] = (struct op){ .code = A64_OP_EXIT, .delta = -200, .d = below(2) };
        if (below(2)) // back to the beginning, by either exit
            ops[count - 1 - below(2)] = (struct op){ .code = A64_OP_EXIT, .delta = 0, .d = 1 };
    }
    for (unsigned i = first; i < count; i++)
        ops[i].n = (uint8_t)n;
    return count;
}

// --- both ------------------------------------------------------------------------------------------------------------

// Which pages the TLB holds at first: of a pair of bits for each page, one lets it be read, the other also written.
static void warm(unsigned pages)
{
    uint64_t value;
    tlb_flush(&cpu->vcpu);
    for (unsigned i = 0; i < PAGES; i++, pages >>= 2) {
        if (pages & 1)
            (void)tlb_load(&cpu->vcpu, WINDOW + i * 4096, 8, false, &value);
        if (pages & 2)
            (void)tlb_probe(&cpu->vcpu, WINDOW + i * 4096, 8, false, ACCESS_WRITE);
    }
}

static void execute(const struct op *ops, unsigned count, const struct outcome *start, bool native, int64_t left,
                    unsigned pages, struct outcome *after)
{
    struct block draft = { .physical = CODE, .second = UINT64_MAX, .mode = cpu->mode, .op_count = (uint16_t)count };
    draft.count = (uint16_t)(ops[count - 1].n + 1);
    draft.bytes = (uint16_t)(4 * draft.count);
    uint16_t offsets[BLOCK_INSTRUCTIONS + 1];
    for (unsigned i = 0; i <= draft.count; i++)
        offsets[i] = (uint16_t)(4 * i);
    for (unsigned i = count; i-- > 0 && ops[i].code == A64_OP_EXIT;)
        draft.exits++;
    blocks_drop(&rig->loop.blocks);
    struct block *block = blocks_add(&rig->loop.blocks, &draft, ops, offsets);
    for (unsigned i = block->op_count - block->exits; i < block->op_count; i++)
        if (block->ops[i].delta == 0 && block->ops[i].d)
            block->ops[i].link = block->ops; // as after its first turn
    block->ops[0].imm = draft.count;
    block->heat = native ? 1 : 0;
    warm(pages);
    put(start);
    cpu->vcpu.left = left;
    cpu->vcpu.goal = 1000;
    cpu->vcpu.kick = 0;
    cpu->vcpu.unresolved = NULL;
    enum op_out out = a64_execute(cpu, block->ops);
    if (native && left > draft.count && !block->dead)
        cr_assert_eq(block->ops[0].code, OP_NATIVE);
    take(after);
    after->out = out;
    after->dead = block->dead;
    after->unresolved = cpu->vcpu.unresolved ? (uint64_t)(cpu->vcpu.unresolved - block->ops) : 0;
}

static void tell(const struct op *ops, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        fprintf(stderr, "    %2u %-10s d=%u a=%u b=%u s=%u x=%u imm=%llx\n", ops[i].n, a64_ops[ops[i].code].name,
                ops[i].d, ops[i].a, ops[i].b, ops[i].s, ops[i].x, (unsigned long long)ops[i].imm);
}

static void tell_word(const char *name, unsigned index, uint64_t before, uint64_t plain, uint64_t native)
{
    if (plain != native)
        fprintf(stderr, "%s %u: %llx before, %llx interpreted, %llx native\n", name, index, (unsigned long long)before,
                (unsigned long long)plain, (unsigned long long)native);
}

static void compare(const struct op *ops, unsigned count, const struct outcome *start, int64_t left, unsigned pages)
{
    static struct outcome plain, native;
    memset(&plain, 0, sizeof plain);
    memset(&native, 0, sizeof native);
    execute(ops, count, start, false, left, pages, &plain);
    execute(ops, count, start, true, left, pages, &native);
    if (checks && check_report(jit_check(jit)))
        cr_assert_fail("%s", check_report(jit_check(jit)));
    seen[plain.out]++;
    seen_dead += plain.dead != 0;
    if (memcmp(&plain, &native, sizeof plain) == 0)
        return;
    fprintf(stderr, "left %lld, pages %x, base %llx, sp %llx\n", (long long)left, pages,
            (unsigned long long)start->r[BASE], (unsigned long long)start->r[A64_SP_EL1]);
    tell(ops, count);
    for (unsigned i = 0; i < A64_SLOTS; i++)
        tell_word("slot", i, start->r[i], plain.r[i], native.r[i]);
    for (unsigned i = 0; i < 64; i++)
        tell_word("half of vector", i, start->v[i / 2].d[i % 2], plain.v[i / 2].d[i % 2], native.v[i / 2].d[i % 2]);
    tell_word("result", 0, start->result, plain.result, native.result);
    tell_word("aux", 0, start->aux, plain.aux, native.aux);
    tell_word("left", 0, (uint64_t)left, (uint64_t)plain.left, (uint64_t)native.left);
    tell_word("out", 0, 0, plain.out, native.out);
    tell_word("unresolved", 0, 0, plain.unresolved, native.unresolved);
    tell_word("dead", 0, 0, plain.dead, native.dead);
    tell_word("kick", 0, 0, plain.kick, native.kick);
    tell_word("syndrome", 0, 0, plain.syndrome, native.syndrome);
    tell_word("address", 0, 0, plain.address, native.address);
    for (unsigned i = 0; i < BYTES; i++)
        tell_word("byte", i, start->data[i], plain.data[i], native.data[i]);
    cr_assert_fail("host code differs");
}

static unsigned long trials(unsigned long usual)
{
    const char *given = getenv("INTACT_TRIALS");
    return given ? strtoul(given, NULL, 0) : usual;
}

// --- tests -----------------------------------------------------------------------------------------------------------

// Each op with a template or without, many times alone, with any operands: an op before it sets flags, and one after it looks at them.
Test(jit, each_op_does_what_its_function_does)
{
    static struct outcome start;
    for (unsigned code = OP_NATIVE + 1; code < A64_OP_COUNT; code++) {
        if (is_apart(code))
            continue;
        for (unsigned long trial = 0, all = trials(20000) / 300; trial < all; trial++) {
            struct op ops[MOST_OPS + 4] = { { .code = OP_HEAD } };
            unsigned count = 1, n = 0;
            begin(&start);
            if (below(2)) {
                unsigned setter = A64_OP_ADDS32RR + below(8);
                if (below(3) == 0)
                    setter = A64_OP_ANDS32RR + below(4);
                ops[count] = any_op(setter, NULL);
                if (ADDRESSES >> ops[count].d & 1)
                    ops[count].d = A64_SINK;
                ops[count++].n = (uint8_t)n++;
            }
            ops[count] = any_op(code, NULL);
            ops[count++].n = (uint8_t)n++;
            count = finish(ops, count, n);
            compare(ops, count, &start, 100, below(4) ? UINT32_MAX : (unsigned)chance());
        }
    }
}

// Several instructions of one or more ops, any budget: the block may end anywhere.
static void run_blocks(unsigned long all)
{
    static struct outcome start;
    for (unsigned long trial = 0; trial < all; trial++) {
        struct op ops[MOST_OPS + 4] = { { .code = OP_HEAD } };
        unsigned count = 1, n = 0;
        begin(&start);
        for (unsigned length = 1 + below(MOST_OPS - 2); count <= length; n++) {
            unsigned temps = 0;
            for (unsigned many = below(3) ? 1 : 1 + below(4); many && count < MOST_OPS; many--) {
                unsigned before = temps;
                do {
                    temps = before;
                    ops[count] = any_op(any_code(), &temps);
                } while (spoils_address(&ops[count]));
                ops[count++].n = (uint8_t)n;
            }
        }
        count = finish(ops, count, n);
        compare(ops, count, &start, below(4) ? 100 : 2 + (int64_t)below(MOST_OPS),
                below(4) ? (unsigned)chance() | 0x5555 : (unsigned)chance());
    }
}

Test(jit, blocks_do_what_the_interpreter_does)
{
    run_blocks(trials(20000));
    cr_expect_gt(seen[OP_NEXT], 1000);
    cr_expect_gt(seen[OP_FAULT], 1000);
    cr_expect_gt(seen_dead, 100, "few blocks store to themselves");
}

// jit=check finds nothing, and changes nothing.
Test(jit_compared, blocks_are_found_right)
{
    run_blocks(trials(10000));
}
