// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// jit=check finds a template that is wrong: here they are made wrong, one at a time.
#include "vcpu/jit/check.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "vcpu/jit/compile.h"
#include "vcpu/jit/jit.h"
#include "vcpu/x86_64/board.h"
#include "vcpu/x86_64/exec/ops.h"
#include "vcpu/x86_64/jit/templates.h"

static unsigned bad_code; // the op whose template is wrong
static void (*spoil)(struct op *op);

static bool emit(struct compiler *c, const struct op *op)
{
    struct op right = *op, *changed = (struct op *)(uintptr_t)op;
    if (op->code == bad_code)
        spoil(changed);
    bool done = x86_jit.emit(c, op);
    *changed = right;
    return done;
}

// A program in a loop, so that its blocks become host code, for so many instructions. The line about the difference.
static const char *run(const char *code, struct board **out)
{
    static char line[400];
    struct jit *jit;
    struct jit_guest guest = x86_jit;
    guest.emit = emit;
    struct board *board = board_new(1, 0);
    struct x86_cpu *cpu = board_long(board, 0);
    int result = jit_create(&jit, &board->loop, &guest, &(struct jit_config){ .threshold = 2, .check = true });
    if (result == -ENOTSUP)
        cr_skip_test("skipped: no code generator for this host");
    cr_assert_eq(result, 0);
    board_code(board, BOARD_CODE, code);
    cpu->r[X86_RBX] = BOARD_DATA + 100;
    cpu->r[X86_RCX] = 5;
    enum loop_stop stop = board_run(board, 1000);
    const char *found = check_line(jit_check(jit));
    cr_assert_eq(stop, found ? LOOP_DIFFERS : LOOP_LIMIT);
    if (found) {
        size_t size;
        cr_assert_not_null(check_code(jit_check(jit), &size));
        cr_expect_gt(size, 20);
        cr_expect_not_null(strstr(check_report(jit_check(jit)), "virtual pc 10000, mode 1, "));
        snprintf(line, sizeof line, "%s", found);
    }
    if (out)
        *out = board;
    jit_destroy(jit);
    if (!out)
        board_free(board);
    return found ? line : NULL;
}

static void expect(const char *code, const char *text)
{
    const char *line = run(code, NULL);
    cr_assert_not_null(line, "the difference is not found: %s", text);
    cr_expect_not_null(strstr(line, text), "%s", line);
}

static void one_more(struct op *op)
{
    op->imm++;
}

static void other_target(struct op *op)
{
    op->d = X86_R9;
}

static void farther(struct op *op)
{
    op->disp++;
}

static void longer(struct op *op)
{
    op->delta++;
}

static unsigned copies;

static void in_the_second_copy(struct op *op)
{
    if (copies++)
        op->d = X86_R9;
}

// add $7,%rax; mov %rax,(%rbx); inc %rdx; cmp $3,%rdx; mov (%rbx),%rsi; jmp to the first
#define PROGRAM "4883c007 488903 48ffc2 4883fa03 488b33 ebed"

Test(check, nothing_is_found_where_all_is_right)
{
    struct board *board;
    bad_code = X86_OP_COUNT;
    cr_expect_null(run(PROGRAM, &board));
    cr_expect_eq(board->cpu[0]->r[X86_RAX], 7 * 167);
    cr_expect_eq(board_get(board, BOARD_DATA + 100, 8), 7 * 167);
    board_free(board);
}

Test(check, a_wrong_result_is_found)
{
    bad_code = X86_OP_ADD64RI;
    spoil = one_more;
    expect(PROGRAM, "op 1 (ADD64RI): RAX is ");
}

Test(check, a_result_in_a_wrong_register_is_found)
{
    bad_code = X86_OP_INC64;
    spoil = other_target;
    expect(PROGRAM, "INC64");
}

Test(check, a_wrong_flag_is_found)
{
    bad_code = X86_OP_CMP64RI;
    spoil = one_more;
    expect(PROGRAM, "(CMP64RI): flags");
}

Test(check, a_load_from_elsewhere_is_found)
{
    bad_code = X86_OP_LD64;
    spoil = farther;
    expect(PROGRAM, "(LD64): RSI is ");
}

Test(check, a_store_to_elsewhere_is_found)
{
    bad_code = X86_OP_ST64;
    spoil = farther;
    expect(PROGRAM, "(ST64): the byte 0 from where it stores is ");
}

// The loop is within one block: from the second turn on it has other code.
Test(check, the_turns_of_a_loop_are_compared)
{
    struct board *board;
    bad_code = X86_OP_COUNT;
    cr_expect_null(
        run("4883c007 488903 48ffca 75f4", &board)); // add $7,%rax; mov %rax,(%rbx); dec %rdx; jnz to the first
    cr_expect_eq(board->cpu[0]->r[X86_RAX], 7 * 250);
    board_free(board);
    bad_code = X86_OP_DEC64;
    spoil = in_the_second_copy;
    copies = 0;
    expect("4883c007 488903 48ffca 75f4", "(DEC64): ");
}

Test(check, a_jump_to_elsewhere_is_found)
{
    bad_code = X86_OP_EXIT;
    spoil = longer;
    expect("4883c007 eb00 ebf8", "RIP is 10007, not 10006"); // add $7,%rax; jmp to the next; jmp to the first
}
