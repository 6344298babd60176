// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The rows of ops.h: each has a name, reaches its body through the executor, and changes only the slots and flags in
// its columns; a bare op does what its full one does. And those of the opcode maps: every instruction has a mnemonic
// and a function.
#include "vcpu/x86_64/exec/ops.h"

#include <criterion/criterion.h>

#include "vcpu/block.h"
#include "vcpu/x86_64/board.h"
#include "vcpu/x86_64/exec/exec.h"
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/front/decode.h"
#include "vcpu/x86_64/front/op_choice.h"
#include "vcpu/x86_64/front/opcodes.h"
#include "vcpu/x86_64/random_op.h"
#include "vcpu/x86_64/system/model.h"

#define TRIALS 300

static struct board *board;
static struct x86_cpu *cpu;

static void setup(void)
{
    board = board_new(1, 1 << 20);
    cpu = board_long(board, 0);
    cpu->rip_mask = UINT64_MAX;
}

static void teardown(void)
{
    board_free(board);
}

TestSuite(ops, .init = setup, .fini = teardown, .timeout = 60);

// --- names -----------------------------------------------------------------------------------------------------------

Test(ops, every_op_has_a_name_of_its_own)
{
    for (unsigned i = 0; i < X86_OP_COUNT; i++) {
        cr_assert(x86_ops[i].name, "code %u", i);
        for (unsigned j = 0; j < i; j++)
            cr_assert_str_neq(x86_ops[i].name, x86_ops[j].name);
    }
    for (unsigned i = 0; i < X86_HELPER_COUNT; i++)
        cr_assert(x86_helper_rows[i].name && x86_helpers[i], "helper %u", i);
}

Test(ops, a_bare_op_differs_from_its_full_one_in_the_flags_alone)
{
    unsigned count = 0;
    for (unsigned i = 0; i < X86_OP_COUNT; i++) {
        const struct op_row *full = &x86_ops[i], *info = &x86_ops[x86_op_bare[i]];
        if (!x86_op_bare[i])
            continue;
        count++;
        cr_assert_eq(info->class, OP_BARE, "%s", info->name);
        cr_assert_eq(info->operands, full->operands, "%s", info->name);
        cr_assert_eq(info->writes | info->reads, 0, "%s", info->name);
        cr_assert_eq(full->writes, X86_ARITHMETIC, "%s", full->name);
        cr_assert_eq(full->reads, 0, "%s: it would see flags that were dropped", full->name);
    }
    cr_assert_eq(count, 24);
}

Test(ops, what_cannot_fail_says_so)
{
    for (unsigned i = OP_NATIVE + 1; i < X86_OP_COUNT; i++) {
        const struct op_row *info = &x86_ops[i];
        bool may = info->faults || info->finishes;
        cr_assert_eq(info->class == OP_CHECKED, may, "%s", info->name);
    }
}

static void is_text(const struct op *op, const char *expected)
{
    char text[OP_TEXT];
    op_text(&x86_op_names, op, text);
    cr_expect_str_eq(text, expected);
}

Test(ops, an_op_as_text_has_its_name_and_the_fields_of_its_row)
{
    const struct op load = {
        .code = X86_OP_LD64X, .d = X86_RAX, .a = X86_RSP, .b = X86_R15, .s = 3, .x = X86_BASE + X86_GS, .disp = -8
    };
    const struct op help = { .code = X86_OP_HELP, .d = X86_T3, .s = 4, .x = 2, .disp = X86_HELP_count_cx };
    const struct op number = { .code = X86_OP_MOVI, .d = X86_RIP, .imm = INT64_MIN };
    is_text(&load, "LD64X      d=rax a=rsp b=r15 s=3 x=gs.base disp=-8");
    is_text(&help, "HELP count_cx   d=t3 s=4 x=2");
    is_text(&number, "MOVI       d=rip imm=0x8000000000000000");
}

Test(ops, every_op_has_a_text_that_fits)
{
    for (unsigned code = 0; code < X86_OP_COUNT; code++) {
        struct op op = { .code = (uint16_t)code, .n = 63, .d = 255, .imm = -4096 };
        char text[OP_TEXT];
        op.a = op.b = op.s = op.x = 255;
        op_text(&x86_op_names, &op, text);
        cr_expect_eq(strncmp(text, x86_ops[code].name, strlen(x86_ops[code].name)), 0, "%s", text);
        cr_expect_lt(strlen(text), OP_TEXT - 20, "%s", text);
    }
}

// --- one op through the executor -------------------------------------------------------------------------------------

#define SPACE_OPS 8
static uint64_t
    space[(sizeof(struct block) + SPACE_OPS * sizeof(struct op)) / sizeof(uint64_t) + 1]; // with two offsets

// An empty block of one instruction, with its head.
static struct block *new_block(void)
{
    struct block *block = (struct block *)(void *)space;
    memset(space, 0, sizeof space);
    block->count = 1;
    block->op_count = SPACE_OPS;
    memcpy(block->ops + SPACE_OPS, (const uint16_t[]){ 0, 5 }, 2 * sizeof(uint16_t));
    block->ops[0] = (struct op){ .code = X86_OP_HEAD, .imm = 1 };
    return block;
}

static struct state take_state(void)
{
    struct state s = { .flags = x86_flags(cpu), .eflags = cpu->eflags };
    memcpy(s.r, cpu->r, sizeof s.r);
    return s;
}

static void put_state(const struct state *s)
{
    memcpy(cpu->r, s->r, sizeof cpu->r);
    x86_set_flags(cpu, s->flags);
}

// Runs the op in a block with END after it; true if END was reached.
static bool run(const struct op *op, enum op_out *out)
{
    struct block *block = new_block();
    block->ops[1] = *op;
    for (unsigned i = 2; i < SPACE_OPS; i++)
        block->ops[i] = (struct op){ .code = X86_OP_END, .delta = 5 };
    cpu->vcpu.left = 100;
    cpu->vcpu.kick = 0;
    *out = x86_execute(cpu, block->ops);
    return cpu->r[X86_RIP] == BOARD_CODE + 5;
}

static bool may_change(const struct op *op, unsigned slot)
{
    uint32_t operands = x86_ops[op->code].operands;
    return ((operands & OP_TO_D) && op->d == slot) || ((operands & X86_TO_A) && op->a == slot) ||
           ((operands & X86_TO_B) && op->b == slot) || ((operands & X86_TO_RAX) && slot == X86_RAX) ||
           ((operands & X86_TO_RDX) && slot == X86_RDX) || ((operands & X86_STACK) && slot == X86_RSP) ||
           (op->code == X86_OP_LEAVE64 && slot == X86_RBP) || slot == X86_RIP;
}

static bool reads(const struct op *op, unsigned slot)
{
    uint32_t operands = x86_ops[op->code].operands;
    return ((operands & OP_OF_A) && op->a == slot) || ((operands & OP_OF_B) && op->b == slot) ||
           ((operands & OP_OF_D) && op->d == slot) || ((operands & OP_OF_X) && op->x == slot) ||
           ((operands & X86_OF_RAX) && slot == X86_RAX) || ((operands & X86_OF_RDX) && slot == X86_RDX) ||
           ((operands & X86_STACK) && slot == X86_RSP) || (op->code == X86_OP_LEAVE64 && slot == X86_RBP) ||
           slot == X86_RIP || slot == X86_ZERO || slot >= X86_BASE;
}

static bool is_apart(unsigned code) // what reads and writes as it likes, or needs more than an op
{
    return code == X86_OP_SIMD || code == X86_OP_HELP || code == X86_OP_STRING;
}

Test(ops, every_op_is_dispatched_and_changes_what_its_row_says_and_no_more)
{
    for (unsigned code = OP_NATIVE + 1; code < X86_OP_COUNT; code++) {
        const struct op_row *info = &x86_ops[code];
        if (is_apart(code) || info->class == OP_JUMP)
            continue;
        for (unsigned i = 0; i < TRIALS; i++) {
            struct state before = random_state();
            struct op op = random_op(code, &before);
            enum op_out out;
            put_state(&before);
            bool passed = run(&op, &out);
            struct state after = take_state();
            cr_assert(passed || (info->faults), "%s", info->name);
            cr_assert(out == OP_NEXT || (out == OP_FAULT && (info->faults)), "%s", info->name);
            for (unsigned slot = 0; slot < X86_SLOTS; slot++)
                cr_assert(after.r[slot] == before.r[slot] || may_change(&op, slot), "%s changes slot %u", info->name,
                          slot);
            cr_assert_eq((after.flags ^ before.flags) & FLAGS & ~(uint64_t)info->writes, 0, "%s: flags %lx to %lx",
                         info->name, before.flags, after.flags);
            cr_assert_eq((after.flags ^ before.flags) & ~FLAGS, 0, "%s", info->name);
        }
    }
}

// With what a row does not read changed, the results are the same.
Test(ops, no_op_depends_on_more_than_its_row_says)
{
    for (unsigned code = OP_NATIVE + 1; code < X86_OP_COUNT; code++) {
        const struct op_row *info = &x86_ops[code];
        if (is_apart(code) || info->class == OP_JUMP)
            continue;
        for (unsigned i = 0; i < TRIALS; i++) {
            struct state before = random_state(), other = random_state();
            struct op op = random_op(code, &before);
            enum op_out out, other_out;
            for (unsigned slot = 0; slot < X86_SLOTS; slot++)
                if (reads(&op, slot))
                    other.r[slot] = before.r[slot];
            other.flags = bits_merge(other.flags, before.flags, info->reads);
            put_state(&before);
            run(&op, &out);
            struct state after = take_state();
            put_state(&other);
            run(&op, &other_out);
            struct state after_other = take_state();
            cr_assert_eq(out, other_out, "%s", info->name);
            if (out == OP_FAULT)
                continue;
            for (unsigned slot = 0; slot < X86_SLOTS; slot++)
                cr_assert(
                    !may_change(&op, slot) || after.r[slot] == after_other.r[slot] ||
                        (!reads(&op, slot) && after.r[slot] == before.r[slot] && after_other.r[slot] == other.r[slot]),
                    "%s: slot %u", info->name, slot);
            cr_assert_eq((after.flags ^ after_other.flags) & info->writes, 0, "%s: flags %lx, %lx", info->name,
                         after.flags, after_other.flags);
        }
    }
}

Test(ops, a_bare_op_gives_the_result_of_its_full_one)
{
    for (unsigned code = OP_NATIVE + 1; code < X86_OP_COUNT; code++) {
        for (unsigned i = 0; x86_op_bare[code] && i < TRIALS; i++) {
            struct state before = random_state();
            struct op op = random_op(x86_op_bare[code], &before);
            enum op_out out;
            put_state(&before);
            run(&op, &out);
            struct state bare = take_state();
            op.code = (uint16_t)code;
            put_state(&before);
            run(&op, &out);
            cr_assert_arr_eq(bare.r, cpu->r, sizeof bare.r, "%s", x86_ops[code].name);
        }
    }
}

// A jump on a condition looks at the flags of its row and no others, and goes both ways.
Test(ops, conditional_jumps_read_the_flags_of_their_row)
{
    for (unsigned condition = 0; condition < 16; condition++) {
        unsigned code = x86_code_condition(X86_OP_JO, condition);
        const struct op_row *info = &x86_ops[code];
        unsigned ways = 0;
        for (unsigned i = 0; i < TRIALS; i++) {
            uint64_t flags = 2 | (chance() & X86_ARITHMETIC), rip[2];
            for (unsigned again = 0; again < 2; again++) {
                struct state s = random_state();
                struct op op = { .code = (uint16_t)code };
                enum op_out out;
                s.flags = again ? bits_merge(chance() & X86_ARITHMETIC, flags, info->reads) | 2 : flags;
                put_state(&s);
                struct block *block = new_block();
                block->ops[1] = op;
                block->ops[2] = (struct op){ .code = X86_OP_EXIT, .delta = 0x20 };
                block->ops[3] = (struct op){ .code = X86_OP_EXIT, .delta = 5 };
                cpu->vcpu.left = 100;
                out = x86_execute(cpu, block->ops);
                cr_assert_eq(out, OP_NEXT);
                rip[again] = cpu->r[X86_RIP];
            }
            cr_assert_eq(rip[0], rip[1], "%s", info->name);
            ways |= rip[0] == BOARD_CODE + 5 ? 1 : rip[0] == BOARD_CODE + 0x20 ? 2 : 4;
        }
        cr_assert_eq(ways, 3, "%s", info->name);
    }
}

// --- the opcode maps -------------------------------------------------------------------------------------------------

static void check_row(const struct x86_opcode *row, unsigned map, unsigned opcode)
{
    if (!row->name)
        return;
    cr_assert(!row->translate == !!row->group, "%s (%u %02x)", row->name, map, opcode);
    cr_assert(row->feature < X86_FEATURES && row->follows <= X86_FOLLOWS_IMM16_IMM8, "%s", row->name);
    cr_assert(!(row->special & X86_LOCKABLE) || row->follows == X86_FOLLOWS_NOTHING ||
                  (row->follows >= X86_FOLLOWS_MODRM && row->follows <= X86_FOLLOWS_MODRM_IMM),
              "%s: LOCK without a memory operand", row->name);
    for (unsigned i = 0; row->group && i < 8; i++)
        check_row(&row->group[i], map, opcode);
    for (unsigned i = 0; row->group_register && i < 8; i++)
        check_row(&row->group_register[i], map, opcode);
}

Test(ops, every_instruction_has_a_mnemonic_and_a_function)
{
    unsigned count = 0;
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        check_row(&x86_opcodes_one[opcode], 0, opcode);
        check_row(&x86_opcodes_two[opcode], 1, opcode);
        count += !!x86_opcodes_one[opcode].name + !!x86_opcodes_two[opcode].name;
    }
    cr_assert_gt(count, 400);
}

Test(ops, mnemonics_are_those_of_the_manual)
{
    static const struct {
        const char *bytes, *name;
        unsigned length;
    } rows[] = {
        { "\x01\xc8", "ADD", 2 },
        { "\x0f\xb6\xc0", "MOVZX", 3 },
        { "\x83\xe8\x01", "SUB", 3 },
        { "\xf7\xd8", "NEG", 2 },
        { "\xd3\xf8", "SAR", 2 },
        { "\xff\x10", "CALL", 2 },
        { "\x0f\x01\x18", "LIDT", 3 },
        { "\x0f\xae\x00", "FXSAVE", 3 },
        { "\x0f\xae\xf0", "MFENCE", 3 },
        { "\x0f\x58\xc1", "addps", 3 },
        { "\x66\x0f\x38\x17\xc1", "ptest", 5 },
        { "\xfe\xd0", "?", 2 },
        { "\x0f\x04", "?", 2 },
        { "\x0f\x84\0\0\0\0", "JZ", 6 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct x86_insn insn;
        uint8_t bytes[X86_LONGEST] = { 0 };
        memcpy(bytes, rows[i].bytes, rows[i].length);
        cr_assert_eq(x86_decode(&insn, bytes, sizeof bytes, 8), X86_DECODED);
        cr_assert_str_eq(x86_mnemonic(&insn), rows[i].name);
    }
}
