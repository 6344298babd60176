// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Software step (Arm ARM section D2.12): as used by a debugger inside the guest.
#include <criterion/criterion.h>

#include "rig.h"

#define STEP(level) ((UINT32_C(0x32) + (level)) << 26 | BIT32(25) | 0x22)
#define ISV         BIT32(24)
#define EX          BIT32(6)

// EL1 returns to a program at EL0 with SPSR.SS. The handler is a branch to itself.
static struct rig *stepped(const uint32_t *words, unsigned count)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig->cpu;
    for (unsigned i = 0; i < count; i++)
        rig_put(rig, RIG_CODE + 4 * i, 4, words[i]);
    rig_code_at(rig, 0x18000, I_MSR(A64_SYSREG(2, 0, 1, 0, 4), 31) /* OSLAR_EL1 */,
                I_MSR(A64_SYSREG(2, 0, 0, 2, 2), 9) /* MDSCR_EL1 */, I_ERET);
    cpu->r[A64_PC] = 0x18000;
    cpu->r[9] = A64_MDSCR_SS;
    cpu->r[1] = 0x40000;
    cpu->elr = RIG_CODE;
    cpu->spsr = A64_SS;
    rig_run(rig, 3);
    return rig;
}

Test(a64_step, one_instruction_is_executed_and_then_comes_the_exception)
{
    static const struct {
        uint32_t word, esr;
        uint64_t elr;
    } rows[] = {
        { I_MOVZ(5, 7), STEP(0) | ISV, 4 },      { I_NOP, STEP(0) | ISV, 4 },
        { I_B(9), STEP(0) | ISV, 36 },           { I_LDR(5, 1), STEP(0) | ISV, 4 },
        { I_LDXR(5, 1), STEP(0) | ISV | EX, 4 }, { 0xc87f1825 /* ldxp x5, x6, [x1] */, STEP(0) | ISV | EX, 4 },
        { I_STXR(5, 6, 1), STEP(0) | ISV, 4 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        const uint32_t words[] = { rows[i].word, I_MOVZ(6, 1), I_MOVZ(7, 1) };
        struct rig *rig = stepped(words, countof(words));
        rig_run(rig, 2);
        cr_expect_eq(rig->cpu->esr, rows[i].esr, "row %u: %x", i, (unsigned)rig->cpu->esr);
        cr_expect_eq(rig->cpu->elr, RIG_CODE + rows[i].elr, "row %u", i);
        cr_expect_eq(rig->cpu->spsr & A64_SS, 0);
        cr_expect_eq(rig->cpu->el, 1);
        cr_expect_eq(rig->cpu->r[7], 0);
        rig_free(rig);
    }
}

Test(a64_step, a_whole_program_is_stepped_instruction_by_instruction)
{
    // The handler sets SPSR.SS again and returns.
    const uint32_t words[] = { I_MOVZ(5, 3), 0xf10004a5u /* 1: subs x5, x5, #1 */, 0x54ffffe1u /* b.ne 1b */,
                               I_MOVZ(6, 1), I_B(0) };
    struct rig *rig = stepped(words, countof(words));
    rig_code_at(rig, RIG_VECTORS + 0x400, I_MRS(20, A64_SYSREG(3, 0, 4, 0, 0)),
                0xb26b0294u /* orr x20, x20, #0x200000 */, I_MSR(A64_SYSREG(3, 0, 4, 0, 0), 20), I_ADD(21, 21, 1),
                I_ERET);
    rig_run(rig, 9 * 6); // 1 + 3 * 2 + 1, and once the last
    cr_assert_eq(rig->cpu->r[21], 9);
    cr_assert_eq(rig->cpu->r[6], 1);
    cr_assert_eq(rig->cpu->r[A64_PC], RIG_CODE + 16);
    rig_free(rig);
}

Test(a64_step, without_ss_the_exception_comes_at_once)
{
    const uint32_t words[] = { I_MOVZ(5, 7) };
    struct rig *rig = stepped(words, 1);
    rig->cpu->step = false; // as after a return with SPSR.SS 0
    rig_run(rig, 1);
    cr_assert_eq(rig->cpu->esr, STEP(0));
    cr_assert_eq(rig->cpu->elr, RIG_CODE);
    cr_assert_eq(rig->cpu->r[5], 0);
    rig_free(rig);
}

Test(a64_step, an_exception_of_the_instruction_comes_first)
{
    static const struct {
        uint32_t word, class;
        uint64_t elr, ss; // SPSR.SS: is the instruction still to be done?
    } rows[] = {
        { I_SVC, 0x15, 4, 0 }, { 0, 0x00, 0, A64_SS }, { 0xd4200000, 0x3c, 0, A64_SS }, // BRK
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = stepped(&rows[i].word, 1);
        rig_run(rig, 2);
        cr_expect_eq(rig->cpu->esr >> 26, rows[i].class, "row %u", i);
        cr_expect_eq(rig->cpu->elr, RIG_CODE + rows[i].elr, "row %u", i);
        cr_expect_eq(rig->cpu->spsr & A64_SS, rows[i].ss, "row %u", i);
        cr_expect(!rig->cpu->stepping && !rig->cpu->step);
        rig_free(rig);
    }
}

Test(a64_step, an_interrupt_keeps_the_step_for_its_return)
{
    const uint32_t words[] = { I_MOVZ(5, 7), I_MOVZ(6, 1) };
    struct rig *rig = stepped(words, 2);
    rig_code_at(rig, RIG_VECTORS + 0x400 + A64_VECTOR_IRQ, I_NOP, I_ERET);
    vcpu_signal(&rig->loop, 0, PENDING_IRQ);
    rig_run(rig, 1);
    cr_assert_eq(rig->cpu->spsr & A64_SS, A64_SS);
    cr_assert(!rig->cpu->stepping);
    vcpu_signal(&rig->loop, 0, 0);
    rig_run(rig, 3);
    cr_assert_eq(rig->cpu->esr, STEP(0) | ISV);
    cr_assert_eq(rig->cpu->r[5], 7);
    cr_assert_eq(rig->cpu->r[6], 0);
    rig_free(rig);
}

Test(a64_step, is_off_behind_the_locks_and_at_el1_without_kde)
{
    static const struct {
        uint64_t mdscr, oslar, osdlr;
        uint32_t daif;
        unsigned el;
        bool on;
    } rows[] = {
        { 1, 0, 0, 0, 0, true },      { 1, 0, 0, A64_D, 0, true },       { 0, 0, 0, 0, 0, false },
        { 1, 1, 0, 0, 0, false },     { 1, 0, 1, 0, 0, false },          { 1, 0, 0, 0, 1, false },
        { 0x2001, 0, 0, 0, 1, true }, { 0x2001, 0, 0, A64_D, 1, false }, { 0x2000, 0, 0, 0, 1, false },
    };
    static const unsigned mdscr = A64_SYSREG(2, 0, 0, 2, 2), oslar = A64_SYSREG(2, 0, 1, 0, 4),
                          osdlr = A64_SYSREG(2, 0, 1, 3, 4);
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_new();
        struct a64_cpu *cpu = rig->cpu;
        cpu->daif = rows[i].daif;
        rig_set_el(cpu, rows[i].el, false);
        a64_sysreg_find(mdscr)->write(cpu, mdscr, rows[i].mdscr);
        a64_sysreg_find(osdlr)->write(cpu, osdlr, rows[i].osdlr);
        a64_sysreg_find(oslar)->write(cpu, oslar, rows[i].oslar);
        cr_expect_eq(cpu->stepping, rows[i].on, "row %u", i);
        rig_free(rig);
    }
}

// MSR DAIFClr lets step begin: PSTATE.SS is 0, so right after it.
Test(a64_step, el1_steps_itself_once_debug_is_unmasked)
{
    const uint32_t ways[] = { I_DAIFCLR(8), I_MSR(A64_SYSREG(3, 3, 4, 2, 1), 31) };
    for (unsigned i = 0; i < countof(ways); i++) {
        struct rig *rig = rig_new();
        rig_code(rig, I_MSR(A64_SYSREG(2, 0, 1, 0, 4), 31), I_MSR(A64_SYSREG(2, 0, 0, 2, 2), 9), I_NOP, ways[i],
                 I_MOVZ(5, 1));
        rig->cpu->r[9] = A64_MDSCR_SS | A64_MDSCR_KDE;
        rig_run(rig, 5);
        cr_expect_eq(rig->cpu->esr, STEP(1), "way %u: %x", i, (unsigned)rig->cpu->esr);
        cr_expect_eq(rig->cpu->elr, RIG_CODE + 16);
        cr_expect_eq(rig->cpu->r[5], 0);
        rig_free(rig);
    }
}
