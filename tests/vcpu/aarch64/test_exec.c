// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Programs of a few instructions, run by the loop.
#include <criterion/criterion.h>

#include "rig.h"

Test(a64_exec, a_program_computes_branches_calls_and_returns)
{
    struct rig *rig = rig_new();
    rig_code(rig, I_MOVZ(0, 0), I_MOVZ(1, 10),
             0x8b010000u, // add x0, x0, x1
             0xf1000421u, // subs x1, x1, #1
             0x54ffffc1u, // b.ne -8
             0x94000002u, // bl +8
             I_B(0), I_ADD(0, 0, 5), I_RET);
    cr_assert_eq(rig_run(rig, 100), LOOP_LIMIT);
    cr_assert_eq(rig->cpu->r[0], 60);
    cr_assert_eq(rig->cpu->r[30], RIG_CODE + 6 * 4);
    cr_assert_eq(rig->cpu->r[A64_PC], RIG_CODE + 6 * 4);
    cr_assert_eq(rig->loop.instructions, 100);
    rig_free(rig);
}

Test(a64_exec, stopping_after_any_instruction_gives_the_same_end)
{
    const uint32_t program[] = {
        I_MOVZ(0, 0), I_MOVZ(1, 10), 0x8b010000u, 0xf1000421u, 0x54ffffc1u, 0x94000002u, I_B(0), I_ADD(0, 0, 5), I_RET,
    };
    struct rig *whole = rig_new(), *steps = rig_new();
    for (unsigned i = 0; i < countof(program); i++) {
        rig_put(whole, RIG_CODE + i * 4, 4, program[i]);
        rig_put(steps, RIG_CODE + i * 4, 4, program[i]);
    }
    for (unsigned i = 1; i <= 40; i++) {
        rig_run(steps, 1);
        cr_assert_eq(steps->loop.instructions, i);
    }
    rig_run(whole, 40);
    cr_assert_arr_eq(whole->cpu->r, steps->cpu->r, (A64_X30 + 1) * sizeof(uint64_t));
    cr_assert_eq(whole->cpu->r[A64_PC], steps->cpu->r[A64_PC]);
    cr_assert_eq(a64_nzcv(whole->cpu), a64_nzcv(steps->cpu));
    rig_free(whole);
    rig_free(steps);
}

Test(a64_exec, code_that_is_overwritten_is_translated_again)
{
    struct rig *rig = rig_new();
    // Stores `add x0, x0, #2` over the instruction after the next one.
    rig_put(rig, 0x30000, 8, I_ADD(0, 0, 2) | (uint64_t)I_B(0) << 32);
    rig_code(rig, I_LDR(2, 1), I_STR(2, 3), I_NOP, I_NOP);
    rig->cpu->r[1] = 0x30000;
    rig->cpu->r[3] = RIG_CODE + 8;
    rig_run(rig, 5);
    cr_assert_eq(rig->cpu->r[0], 2);
    cr_assert_eq(rig->cpu->r[A64_PC], RIG_CODE + 12);
    rig_free(rig);
}

Test(a64_exec, the_state_survives_a_save_and_a_load)
{
    struct rig *rig = rig_new(), *other = rig_new();
    rig_code(rig, I_MOVZ(0, 7), 0xf1001c1fu /* cmp x0, #7 */, I_B(0));
    rig_run(rig, 20);
    struct visit_save save;
    struct visit_load load;
    visit_save_init(&save);
    a64_cpu_visit(rig->cpu, &save.visit);
    visit_load_init(&load, save.data, save.size);
    a64_cpu_visit(other->cpu, &load.visit);
    a64_cpu_loaded(other->cpu);
    cr_assert(!load.failed);
    cr_assert_eq(load.position, load.size);
    cr_assert_eq(other->cpu->r[0], 7);
    cr_assert_eq(a64_nzcv(other->cpu), A64_Z | A64_C);
    cr_assert_eq(other->cpu->r[A64_PC], RIG_CODE + 8);
    free(save.data);
    rig_free(rig);
    rig_free(other);
}

Test(a64_exec, the_state_does_not_depend_on_the_form_of_the_flags)
{
    struct rig *rig = rig_new();
    struct visit_save save;
    struct visit_differ differ;
    rig_code(rig, I_B(0));
    rig->cpu->result = UINT64_C(0xffffffffffffff80); // as an instruction with this result leaves them: N
    rig->cpu->aux = 0;
    rig_run(rig, 1);
    visit_save_init(&save);
    a64_cpu_visit(rig->cpu, &save.visit);
    a64_set_nzcv(rig->cpu, A64_N);
    visit_differ_init(&differ, save.data, save.size);
    a64_cpu_visit(rig->cpu, &differ.visit);
    cr_assert(!differ.differs, "%s", differ.path);
    free(save.data);
    rig_free(rig);
}

Test(a64_exec, saving_changes_nothing)
{
    struct rig *rig = rig_new();
    struct visit_save save;
    struct a64_cpu *before = aligned_alloc(_Alignof(struct a64_cpu), sizeof *before);
    rig->cpu->result = UINT64_C(0xffffffffffffff80);
    rig->cpu->aux = 0;
    memcpy(before, rig->cpu, sizeof *before);
    visit_save_init(&save);
    a64_cpu_visit(rig->cpu, &save.visit);
    cr_assert_eq(memcmp(before, rig->cpu, sizeof *before), 0);
    free(save.data);
    free(before);
    rig_free(rig);
}

static void visit_all(void *cpu, struct visit *v)
{
    a64_cpu_visit(cpu, v);
}

Test(a64_exec, the_list_of_state_leaves_out_only_what_is_derived_or_configured)
{
    struct rig *rig = rig_new();
    struct a64_cpu *copy = aligned_alloc(_Alignof(struct a64_cpu), sizeof *copy);
    *copy = *rig->cpu;
    size_t left_out = sizeof(struct vcpu) - 2 * 4 - 3 * 8 // pending, state, goal, faulted, port_page
                      + 2 * 8 + 4 * 8                     // XZR and its sink, temporaries
                      + 4 + sizeof(struct a64_fault)      // mode
                      + 2 + 2 + 1 + 2                     // debugging, unwatched, breakpoints, watchpoints, debug_jumps
                      + sizeof(struct a64_model *) + 8 + 2; // configuration
    size_t uncovered = visit_uncovered(copy, sizeof *copy, visit_all);
    cr_assert_geq(uncovered, left_out);
    cr_assert_leq(uncovered, left_out + 64, "%zu bytes are not listed, %zu expected", uncovered, left_out); // padding
    free(copy);
    rig_free(rig);
}
