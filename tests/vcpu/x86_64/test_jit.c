// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code against the interpreter: random blocks of ops are run by both from the same state, and must leave the same registers,
// flags, memory, budget, fault and way out. Blocks are of 64-bit code, or of flat 32-bit code.
//
// Memory accesses go to a window of pages of each kind, at whose edges nothing is mapped. Before a run the TLB is empty but for what the
// trial says, the same for both.
#include "vcpu/jit/jit.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "vcpu/block.h"
#include "vcpu/jit/check.h"
#include "vcpu/jit/compile.h"
#include "vcpu/x86_64/exec/exec.h"
#include "vcpu/x86_64/jit/templates.h"
#include "vcpu/x86_64/random_op.h"

#define MOST_OPS 24
#define PAGES    8
#define BYTES    (PAGES * 4096)
#define STACK    2048        // bytes of the stack that are compared
#define NOTHING  0x40000000u // a physical page where nothing is

enum { READ_ONLY = 2, NO_PAGE = 4, CODE_PAGE = 6, DEVICE = 7 };
#define CODE (BOARD_DATA + CODE_PAGE * 4096u + 0x800u) // where the block is

// Slots whose values are addresses: only the last op of a block may change them.
#define ADDRESSES (BIT64(X86_RBX) | BIT64(X86_RSI) | BIT64(X86_RSP) | BIT64(X86_RBP) | BIT64(X86_R10))

static struct board *board;
static struct x86_cpu *cpu;
static struct jit *jit;
static bool checks;                 // as jit=check
static unsigned seen[4], seen_dead; // how many blocks ended so

static void setup(void)
{
    board = board_new(1, 1 << 20);
    cpu = board_long(board, 0);
    for (unsigned i = 0; i < PAGES + 2; i++) {
        uint64_t page = BOARD_DATA + (i - 1) * 4096u;
        bool none = i == 0 || i == PAGES + 1 || i - 1 == NO_PAGE;
        board_map(board, page, none ? 0 : (i - 1 == DEVICE ? NOTHING : page) | (i - 1 == READ_ONLY ? 5u : 7u));
    }
    int result = jit_create(&jit, &board->loop, &x86_jit, &(struct jit_config){ .threshold = 1, .check = checks });
    if (result == -ENOTSUP)
        cr_skip_test("skipped: no code generator for this host");
    cr_assert_eq(result, 0);
}

static void teardown(void)
{
    jit_destroy(jit);
    board_free(board);
}

static void setup_checks(void)
{
    checks = true;
    setup();
}

TestSuite(jit_compared, .init = setup_checks, .fini = teardown, .timeout = 240);
TestSuite(jit, .init = setup, .fini = teardown, .timeout = 240);

// --- states ----------------------------------------------------------------------------------------------------------

static void set_code(bool wide)
{
    x86_set_segment(cpu, X86_CS, wide ? BOARD_CODE64 : BOARD_CODE32, 0, UINT32_MAX, wide ? 0xa9b : 0xc9b);
    x86_update_mode(cpu);
    cpu->rip_mask = wide ? UINT64_MAX : UINT32_MAX;
    cr_assert_eq(cpu->mode, wide ? X86_MODE_64 : X86_MODE_32 | X86_MODE_FLAT | X86_MODE_STACK32);
}

struct outcome {
    struct state state;
    uint64_t result, aux;
    int64_t left;
    uint64_t out, unresolved, dead, kick;
    union x86_xmm xmm[16];
    uint64_t vector, has_error, error, address;
    uint8_t data[BYTES], stack[STACK];
};

static uint8_t *at(uint64_t physical)
{
    return board->ram.ram + physical;
}

static void take(struct outcome *o)
{
    memcpy(o->state.r, cpu->r, sizeof cpu->r);
    for (unsigned i = X86_T0; i <= X86_T3; i++)
        o->state.r[i] = 0; // mean nothing
    o->state.eflags = cpu->eflags;
    o->result = cpu->result;
    o->aux = cpu->aux;
    o->left = cpu->vcpu.left;
    o->kick = cpu->vcpu.kick;
    memcpy(o->xmm, cpu->xmm, sizeof o->xmm);
    o->vector = cpu->fault.vector;
    o->has_error = cpu->fault.has_error;
    o->error = cpu->fault.error;
    o->address = cpu->fault.address;
    memcpy(o->data, at(BOARD_DATA), BYTES);
    memcpy(o->stack, at(BOARD_STACK - STACK), STACK);
}

static void put(const struct outcome *o)
{
    memcpy(cpu->r, o->state.r, sizeof cpu->r);
    cpu->eflags = o->state.eflags;
    cpu->result = o->result;
    cpu->aux = o->aux;
    memcpy(cpu->xmm, o->xmm, sizeof o->xmm);
    cpu->fault = (struct x86_fault){ 0 };
    memcpy(at(BOARD_DATA), o->data, BYTES);
    memcpy(at(BOARD_STACK - STACK), o->stack, STACK);
}

static uint64_t any_address(void)
{
    unsigned offset = below(2) ? below(4096) : (4096u - below(20)) & 4095u;
    uint64_t address = BOARD_DATA + below(PAGES) * 4096u + offset;
    if (below(8) == 0) // the block itself
        address = CODE - 16 + below(64);
    if (below(64) == 0)
        address |= UINT64_C(0x1000000000000); // not canonical
    return below(3) ? address & ~UINT64_C(7) : address;
}

static void begin(struct outcome *start)
{
    memset(start, 0, sizeof *start);
    take(start);
    struct state s = random_state();
    s.r[X86_RIP] = CODE;
    s.r[X86_RBX] = any_address();
    s.r[X86_RSI] = below(3) ? below(64) : -(uint64_t)below(64);
    s.r[X86_R10] = below(256);
    s.r[X86_RSP] = below(2) ? any_address() : BOARD_STACK - 8 * (2 + below(16));
    s.r[X86_RBP] = below(2) ? any_address() : BOARD_STACK - 8 * (2 + below(16));
    s.r[X86_BASE + X86_FS] = any_address();
    s.r[X86_BASE + X86_GS] = UINT64_MAX - below(4096);
    put(start);
    x86_set_flags(cpu, s.flags);
    if (below(2)) { // flags as an addition leaves them
        cpu->result = below(4) ? chance() : 0;
        cpu->aux = chance() & UINT64_C(0xc000000000000008);
    }
    take(start);
    memcpy(start->state.r, s.r, sizeof s.r);
    uint64_t word = 0;
    for (unsigned i = 0; i < BYTES; i += 8) {
        word = word * UINT64_C(0x9e3779b97f4a7c15) + (i ? 12345 : chance());
        memcpy(start->data + i, &word, 8);
    }
    for (unsigned i = 0; i < 16; i++)
        start->xmm[i].q[0] = chance(), start->xmm[i].q[1] = chance();
}

// --- ops -------------------------------------------------------------------------------------------------------------

static bool is_apart(unsigned code)
{
    return code == X86_OP_SIMD || code == X86_OP_HELP || code == X86_OP_STRING || code == X86_OP_STOP ||
           code == X86_OP_WATCH ||
           code == X86_OP_STSCRATCH; // what it stores is of the same instruction: test_jit_vector.c
}

static bool is_of_stack(unsigned code)
{
    return x86_ops[code].operands & (uint32_t)X86_STACK;
}

// Of 32-bit code too?
static bool is_narrow(unsigned code)
{
    return !is_of_stack(code);
}

static void through(uint8_t *field, unsigned temps)
{
    unsigned t = below(4);
    if (below(4) == 0 && (temps >> t & 1))
        *field = (uint8_t)(X86_T0 + t);
}

// A field that random_op has given a temporary gets a register, or, if the instruction has written one (a bit in `temps`), that one.
static void place_slots(struct op *op, unsigned temps)
{
    const struct op_row *row = &x86_ops[op->code];
    uint8_t *fields[] = { &op->d, &op->a, &op->b };
    for (unsigned i = 0; i < 3; i++)
        if (*fields[i] >= X86_T0 && *fields[i] <= X86_T3)
            *fields[i] = (uint8_t)(*fields[i] == X86_T1 ? X86_R8 : X86_R9);
    if (row->operands & OP_OF_A)
        through(&op->a, temps);
    if (row->operands & OP_OF_B)
        through(&op->b, temps);
    if (row->operands & OP_OF_D)
        through(&op->d, temps);
}

static void place_address(struct op *op, unsigned temps)
{
    const struct op_row *row = &x86_ops[op->code];
    op->a = X86_RBX;
    op->disp = below(2) ? 0 : (int32_t)below(64) - 32;
    if (row->operands & OP_OF_B)
        op->b = below(2) ? X86_RSI : X86_ZERO;
    if (!(row->operands & OP_OF_X)) {
        op->b = below(2) ? X86_RSP : X86_ZERO; // not used but for the fault
        op->a = below(8) ? X86_RBX : below(2) ? X86_RSP : X86_RIP;
        through(&op->a, temps & 1);
        return;
    }
    switch (below(6)) {
    case 0: // through a segment
        op->x = X86_BASE + X86_FS;
        op->a = below(2) ? X86_ZERO : X86_R10;
        op->b = X86_ZERO;
        break;
    case 1: op->x = X86_BASE + X86_GS; break;
    case 2: op->a = X86_RIP; break;
    case 3: op->a = X86_RBP; break;
    default: break;
    }
}

// An op with fields that the translator may give it. `temps`: the temporaries that its instruction has written; NULL: none are used.
static struct op any_op(unsigned code, struct state *s, unsigned *temps)
{
    const struct op_row *row = &x86_ops[code];
    struct state unused = *s;
    struct op op = random_op(code, &unused);
    place_slots(&op, temps ? *temps : 0);
    if ((row->class == OP_CHECKED && (row->operands & OP_DISP)) || code == X86_OP_LEA64 || code == X86_OP_LEA32)
        place_address(&op, temps ? *temps : 0);
    if (code == X86_OP_LDSCRATCH || code == X86_OP_STSCRATCH) {
        op.s = (uint8_t)(2u << below(4));
        op.x = (uint8_t)below(2);
    }
    if (temps && (row->operands & OP_TO_D) && !(row->operands & OP_OF_D) && below(3) == 0)
        op.d = (uint8_t)(X86_T0 + below(3));
    if (temps && (row->operands & OP_TO_D) && op.d >= X86_T0 && op.d <= X86_T3)
        *temps |= BIT32(op.d - X86_T0);
    return op;
}

// Memory outside the window is not compared.
static bool spoils_address(const struct op *op)
{
    if (op->code == X86_OP_LEAVE64)
        return true; // it is tested alone
    if (op->code == X86_OP_LINEAR || op->code == X86_OP_POP64)
        return ADDRESSES >> op->d & 1;
    uint64_t spoilt = ADDRESSES & ~(is_of_stack(op->code) ? BIT64(X86_RSP) : 0);
    return !(x86_ops[op->code].operands & OP_CPU) && (x86_jit.written(op, &x86_ops[op->code]) & spoilt);
}

static unsigned any_code(void)
{
    for (;;) {
        unsigned code = OP_NATIVE + 1 + below(X86_OP_COUNT - OP_NATIVE - 1);
        if (below(3) == 0) // accesses are few among the ops
            code = X86_OP_LD8 + below(X86_OP_STSCRATCH - X86_OP_LD8);
        if (below(20) == 0)
            code = below(2) ? X86_OP_GETH : X86_OP_PUTH;
        if (!is_apart(code) && x86_ops[code].class != OP_JUMP && ((cpu->mode & X86_MODE_64) || is_narrow(code)))
            return code;
    }
}

// Instructions as the translator writes them.
static unsigned byte_pair(struct op *ops, unsigned code) // OP AH, CH
{
    unsigned to = below(3);
    ops[0] = (struct op){ .code = X86_OP_GETH, .d = X86_T1, .a = (uint8_t)to };
    ops[1] = (struct op){ .code = X86_OP_GETH, .d = X86_T2, .a = (uint8_t)below(3) };
    ops[2] = (struct op){ .code = (uint16_t)code, .d = X86_T1, .a = X86_T1, .b = X86_T2 };
    ops[3] = (struct op){ .code = X86_OP_PUTH, .d = (uint8_t)to, .a = X86_T1 };
    return 4;
}

static unsigned modify_memory(struct op *ops, unsigned code, unsigned size) // OP [T0], register
{
    ops[0] = (struct op){ .code = X86_OP_LEA64, .d = X86_T0, .a = X86_RBX, .b = X86_RSI, .s = 1, .x = X86_ZERO };
    ops[1] = (struct op){ .code = (uint16_t)(X86_OP_LDM8 + size), .d = X86_T1, .a = X86_T0 };
    ops[2] = (struct op){ .code = (uint16_t)code, .d = X86_T1, .a = X86_T1, .b = (uint8_t)below(3) };
    ops[3] = (struct op){ .code = (uint16_t)(X86_OP_ST8 + size), .d = X86_T1, .a = X86_T0 };
    return 4;
}

static const uint16_t results[] = { X86_OP_ADD8RR, X86_OP_OR8RR,  X86_OP_ADC8RR, X86_OP_SBB8RR,
                                    X86_OP_AND8RR, X86_OP_SUB8RR, X86_OP_XOR8RR };

static unsigned any_instruction(struct op *ops, struct state *s)
{
    unsigned temps = 0, size = below(4);
    if (below(6) == 0)
        return byte_pair(ops, results[below(countof(results))]);
    if (below(6) == 0)
        return modify_memory(ops, results[below(countof(results))] + size, size);
    unsigned many = below(3) ? 1 : 1 + below(4);
    for (unsigned i = 0; i < many; i++) {
        unsigned before = temps;
        do {
            temps = before;
            ops[i] = any_op(any_code(), s, &temps);
        } while (spoils_address(&ops[i]));
    }
    return many;
}

// Does a turn of the block leave other addresses to the next?
static bool moves_addresses(const struct op *ops, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        if (x86_jit.written(&ops[i], &x86_ops[ops[i].code]) & ADDRESSES)
            return true;
    return false;
}

// Ways out: END, a jump to a slot, an exit, what depends on a condition or a slot.
static unsigned finish(struct op *ops, unsigned count, unsigned n)
{
    unsigned first = count;
    bool loops = below(2) && !moves_addresses(ops, count);
    switch (below(5)) {
    case 0: ops[count++] = (struct op){ .code = X86_OP_END, .delta = 77 }; break;
    case 1:
        ops[count++] = (struct op){ .code = below(2) || !(cpu->mode & X86_MODE_64) ? X86_OP_JUMP : X86_OP_RETURN,
                                    .a = (uint8_t)below(4),
                                    .imm = 8 };
        if (cpu->mode & X86_MODE_64) {
            ops[count++] = (struct op){ .code = X86_OP_CANONICAL, .a = ops[first].a };
            ops[count++] = (struct op){ .code = X86_OP_END };
        }
        break;
    case 2: ops[count++] = (struct op){ .code = X86_OP_EXIT, .delta = loops ? 0 : -3000, .d = 1 }; break;
    case 3: ops[count++] = (struct op){ .code = X86_OP_BRANCH, .a = (uint8_t)below(16) }; break;
    default: ops[count++] = (struct op){ .code = (uint16_t)(X86_OP_JO + (X86_OP_JNO - X86_OP_JO) * below(16)) }; break;
    }
    if (ops[first].code == X86_OP_BRANCH || ops[first].code >= X86_OP_JO) {
        ops[count++] = (struct op){ .code = X86_OP_EXIT, .delta = 100 };
        ops[count++] = (struct op){ .code = X86_OP_EXIT, .delta = 200, .d = below(2) };
        if (loops) // back to the beginning, by either exit
            ops[count - 1 - below(2)] = (struct op){ .code = X86_OP_EXIT, .delta = 0, .d = 1 };
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
            (void)tlb_load(&cpu->vcpu, BOARD_DATA + i * 4096, 8, false, &value);
        if (pages & 2)
            (void)tlb_probe(&cpu->vcpu, BOARD_DATA + i * 4096, 8, false, ACCESS_WRITE);
    }
}

static void execute(const struct op *ops, unsigned count, const struct outcome *start, bool native, int64_t left,
                    unsigned pages, struct outcome *after)
{
    struct block draft = { .physical = CODE, .second = UINT64_MAX, .mode = cpu->mode, .op_count = (uint16_t)count };
    draft.count = (uint16_t)(ops[count - 1].n + 1);
    draft.bytes = 64;
    uint16_t offsets[BLOCK_INSTRUCTIONS + 1];
    for (unsigned i = 0; i <= draft.count; i++)
        offsets[i] = (uint16_t)(3 * i);
    for (unsigned i = count; i-- > 0 && ops[i].code == X86_OP_EXIT;)
        draft.exits++;
    blocks_drop(&board->loop.blocks);
    struct block *block = blocks_add(&board->loop.blocks, &draft, ops, offsets);
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
    enum op_out out = x86_execute(cpu, block->ops);
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
        fprintf(stderr, "    %2u %-10s d=%u a=%u b=%u s=%u x=%u imm=%llx\n", ops[i].n, x86_ops[ops[i].code].name,
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
    fprintf(stderr, "mode %x, left %lld, pages %x\n", cpu->mode, (long long)left, pages);
    tell(ops, count);
    for (unsigned i = 0; i < X86_SLOTS; i++)
        tell_word("slot", i, start->state.r[i], plain.state.r[i], native.state.r[i]);
    tell_word("result", 0, start->result, plain.result, native.result);
    tell_word("aux", 0, start->aux, plain.aux, native.aux);
    tell_word("left", 0, (uint64_t)left, (uint64_t)plain.left, (uint64_t)native.left);
    tell_word("out", 0, 0, plain.out, native.out);
    tell_word("unresolved", 0, 0, plain.unresolved, native.unresolved);
    tell_word("dead", 0, 0, plain.dead, native.dead);
    tell_word("kick", 0, 0, plain.kick, native.kick);
    tell_word("vector", 0, 0, plain.vector, native.vector);
    tell_word("error", 0, 0, plain.error, native.error);
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
    for (unsigned code = OP_NATIVE + 1; code < X86_OP_COUNT; code++) {
        if (is_apart(code) || x86_ops[code].class == OP_JUMP)
            continue;
        for (unsigned long trial = 0, all = trials(20000) / 300; trial < all; trial++) {
            struct op ops[MOST_OPS + 4] = { { .code = OP_HEAD } };
            unsigned count = 1, n = 0;
            set_code(below(2) || !is_narrow(code));
            begin(&start);
            struct state s = start.state;
            if (below(2)) {
                do
                    ops[count] = any_op(X86_OP_ADD8RR + below(X86_OP_TEST64RI - X86_OP_ADD8RR + 1), &s, NULL);
                while (spoils_address(&ops[count]));
                ops[count++].n = (uint8_t)n++;
            }
            struct op op = any_op(code, &s, NULL);
            if ((code == X86_OP_SHIFT || code == X86_OP_SHIFTD) && below(2)) // by a number that is known
                ops[count++] = (struct op){ .code = X86_OP_MOVI, .n = (uint8_t)n++, .d = op.b, .imm = below(70) };
            ops[count] = op;
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
        set_code(below(3));
        begin(&start);
        struct state s = start.state;
        for (unsigned length = 1 + below(MOST_OPS - 5); count <= length; n++)
            for (unsigned many = any_instruction(&ops[count], &s); many; many--)
                ops[count++].n = (uint8_t)n;
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
