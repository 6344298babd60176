// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What of a CPU's own state holds an interrupt back that its GIC signals, brought about by programs.
#include <criterion/criterion.h>

#include "answer.h"
#include "rig.h"

#define SCTLR         A64_SYSREG(3, 0, 1, 0, 0)
#define I_ALLINT(bit) (0xd501401fu | (uint32_t)(bit) << 8)
#define I_SPSEL(bit)  (0xd50040bfu | (uint32_t)(bit) << 8)
#define SUPER         (PENDING_IRQ | PENDING_NMI)

static struct rig *rig;
static struct answer answer;

static void setup(void)
{
    rig = rig_new_many(2);
}

static void teardown(void)
{
    rig_free(rig);
}

TestSuite(why_aarch64, .init = setup, .fini = teardown);

static const char *ask(unsigned cpu, uint32_t pending)
{
    struct why why = answer_begin(&answer);
    a64_why(&rig->cpus[cpu]->vcpu, pending, &why);
    return answer.text;
}

// FEAT_NMI, and SCTLR_EL1.NMI.
static void use_nmi(void)
{
    rig->cpu->model = a64_model_find("max");
    rig->cpu->gic_registers = true;
    rig->cpu->sctlr |= A64_SCTLR_NMI;
}

Test(why_aarch64, pstate_i_and_f_mask_each_their_own)
{
    rig_code(rig, I_DAIFCLR(2), I_DAIFCLR(1), I_DAIFSET(2), I_B(0));
    vcpu_signal(&rig->loop, 0, PENDING_IRQ);
    cr_expect_str_eq(ask(0, PENDING_IRQ), "- CPU 0 masks IRQs: PSTATE.I is 1, at 0x10000\n");
    cr_expect_str_eq(ask(0, PENDING_FIQ), "- CPU 0 masks FIQs: PSTATE.F is 1, at 0x10000\n");
    rig_run(rig, 1);
    cr_expect_str_eq(ask(0, PENDING_IRQ), "= CPU 0 takes it before its next instruction, at 0x10004\n");
    cr_expect_str_eq(ask(0, PENDING_FIQ), "- CPU 0 masks FIQs: PSTATE.F is 1, at 0x10004\n");
    rig_run(rig, 1);
    cr_expect_eq(rig->cpu->r[A64_PC], RIG_VECTORS + 0x280, "it arrives");
    cr_expect_str_eq(ask(0, PENDING_IRQ), "- CPU 0 masks IRQs: PSTATE.I is 1, at 0x20280\n");
}

Test(why_aarch64, allint_masks_what_has_superpriority_and_i_does_not)
{
    use_nmi();
    rig_code(rig, I_ALLINT(1), I_ALLINT(0), I_B(0));
    rig_run(rig, 1);
    vcpu_signal(&rig->loop, 0, SUPER);
    cr_expect_str_eq(ask(0, SUPER), "- CPU 0 masks every interrupt: PSTATE.ALLINT is 1, at 0x10004\n");
    cr_expect_str_eq(ask(0, PENDING_IRQ), "- CPU 0 masks every interrupt: PSTATE.ALLINT is 1, at 0x10004\n"
                                          "- CPU 0 masks IRQs: PSTATE.I is 1, at 0x10004\n");
    rig_run(rig, 1);
    cr_expect_str_eq(ask(0, SUPER), "= CPU 0 takes it before its next instruction, at 0x10008\n");
    cr_expect_str_eq(ask(0, PENDING_IRQ), "- CPU 0 masks IRQs: PSTATE.I is 1, at 0x10008\n");
    rig_run(rig, 1);
    cr_expect_eq(rig->cpu->r[A64_PC], RIG_VECTORS + 0x280, "it arrives");
}

Test(why_aarch64, spintmask_masks_all_while_the_own_stack_is_in_use)
{
    use_nmi();
    rig->cpu->allint = false;
    rig->cpu->r[1] = rig->cpu->sctlr | A64_SCTLR_SPINTMASK;
    rig_code(rig, I_MSR(SCTLR, 1), I_SPSEL(0), I_B(0));
    rig_run(rig, 1);
    cr_expect_str_eq(ask(0, SUPER),
                     "- CPU 0 masks every interrupt: SCTLR_EL1.SPINTMASK and PSTATE.SP are 1, at 0x10004\n");
    rig_run(rig, 1);
    cr_expect_str_eq(ask(0, SUPER), "= CPU 0 takes it before its next instruction, at 0x10008\n");
}

Test(why_aarch64, a_cpu_is_off_until_another_starts_it)
{
    rig_code(rig, I_HVC, I_B(0));
    rig_code_at(rig, RIG_CODE + 0x100, I_DAIFCLR(2), I_B(0));
    rig->cpu->r[0] = 0xc4000003; // CPU_ON
    rig->cpu->r[1] = 1;
    rig->cpu->r[2] = RIG_CODE + 0x100;
    cr_expect_str_eq(ask(1, PENDING_IRQ), "- CPU 1 is off: no PSCI CPU_ON has started it\n"
                                          "- CPU 1 masks IRQs: PSTATE.I is 1, at 0x10000\n");
    rig->loop.last = 1; // CPU 0's turn
    rig_run(rig, 1);
    cr_expect_str_eq(ask(1, PENDING_IRQ), "- CPU 1 masks IRQs: PSTATE.I is 1, at 0x10100\n");
    vcpu_signal(&rig->loop, 1, PENDING_IRQ);
    rig->loop.last = 0;
    rig->loop.rest = 0;
    rig_run(rig, 1);
    cr_expect_str_eq(ask(1, PENDING_IRQ), "= CPU 1 takes it before its next instruction, at 0x10104\n");
}
