// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// jit=check finds a template that is wrong: here they are made wrong, one at a time.
#include "vcpu/jit/check.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "rig.h"
#include "vcpu/aarch64/exec/ops.h"
#include "vcpu/aarch64/jit/templates.h"
#include "vcpu/jit/compile.h"
#include "vcpu/jit/jit.h"

static unsigned bad_code; // the op whose template is wrong
static void (*spoil)(struct op *op);

static bool emit(struct compiler *c, const struct op *op)
{
    struct op right = *op, *changed = (struct op *)(uintptr_t)op;
    if (op->code == bad_code)
        spoil(changed);
    bool done = a64_jit.emit(c, op);
    *changed = right;
    return done;
}

// A program in a loop, so that its blocks become host code, for so many instructions. The line about the difference.
static const char *run(uint64_t *x0)
{
    static char line[400];
    struct jit *jit;
    struct jit_guest guest = a64_jit;
    guest.emit = emit;
    struct rig *rig = rig_new();
    rig->cpu->cpacr = 3 << 20; // FP and SIMD do not trap
    rig_set_el(rig->cpu, 1, true);
    int result = jit_create(&jit, &rig->loop, &guest, &(struct jit_config){ .threshold = 2, .check = true });
    if (result == -ENOTSUP)
        cr_skip_test("skipped: no code generator for this host");
    cr_assert_eq(result, 0);
    // add x0, x0, #7; str x0, [x1]; subs x2, x0, #3; ldr x3, [x1]; ldr q4, [x1]; b to the next; b to the first
    rig_code(rig, I_ADD(0, 0, 7), I_STR(0, 1), 0xf1000c02, I_LDR(3, 1), 0x3dc00024, I_B(1), I_B(-6));
    rig->cpu->r[1] = 0x40020;
    enum loop_stop stop = rig_run(rig, 700);
    const char *found = check_line(jit_check(jit));
    cr_assert_eq(stop, found ? LOOP_DIFFERS : LOOP_LIMIT);
    if (found)
        snprintf(line, sizeof line, "%s", found);
    *x0 = rig->cpu->r[0];
    jit_destroy(jit);
    rig_free(rig);
    return found ? line : NULL;
}

static void expect(const char *text)
{
    uint64_t x0;
    const char *line = run(&x0);
    cr_assert_not_null(line, "the difference is not found: %s", text);
    cr_expect_not_null(strstr(line, text), "%s", line);
}

static void one_more(struct op *op)
{
    op->imm++;
}

static void other_target(struct op *op)
{
    op->d++;
}

static void farther(struct op *op)
{
    op->disp += 8;
}

static void longer(struct op *op)
{
    op->delta += 4;
}

Test(check, nothing_is_found_where_all_is_right)
{
    uint64_t x0;
    bad_code = A64_OP_COUNT;
    cr_expect_null(run(&x0));
    cr_expect_eq(x0, 700);
}

Test(check, a_wrong_result_is_found)
{
    bad_code = A64_OP_ADD64RI;
    spoil = one_more;
    expect("op 1 (ADD64RI): X0 is ");
}

Test(check, a_result_in_a_wrong_register_is_found)
{
    bad_code = A64_OP_LD64;
    spoil = other_target;
    expect("(LD64): X3 is ");
}

Test(check, a_wrong_flag_is_found)
{
    bad_code = A64_OP_SUBS64RI;
    spoil = one_more;
    expect("(SUBS64RI): ");
}

Test(check, a_load_from_elsewhere_is_found)
{
    bad_code = A64_OP_LD64;
    spoil = farther;
    expect("(LD64): X3 is 0, not ");
}

Test(check, a_wrong_vector_is_found)
{
    bad_code = A64_OP_LDV128;
    spoil = other_target;
    expect("byte 0 of V4 is 7, not ");
}

Test(check, a_store_to_elsewhere_is_found)
{
    bad_code = A64_OP_ST64;
    spoil = farther;
    expect("(ST64): the byte 0 from where it stores is ");
}

Test(check, a_jump_to_elsewhere_is_found)
{
    bad_code = A64_OP_EXIT;
    spoil = longer;
    expect("PC is 1001c, not 10018");
}
