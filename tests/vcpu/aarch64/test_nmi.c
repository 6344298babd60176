// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// FEAT_NMI: PSTATE.ALLINT, superpriority, SCTLR_EL1.NMI and SPINTMASK, on the CPU that has them (-cpu max with a GICv3).
#include <criterion/criterion.h>

#include "rig.h"

#define ALLINT        A64_SYSREG(3, 0, 4, 3, 0)
#define SCTLR         A64_SYSREG(3, 0, 1, 0, 0)
#define ISR           A64_SYSREG(3, 0, 12, 1, 0)
#define PFR1          A64_SYSREG(3, 0, 0, 4, 1)
#define I_ALLINT(bit) (0xd501401fu | (uint32_t)(bit) << 8)
#define IRQ           (RIG_VECTORS + 0x280)
#define SUPER         (PENDING_IRQ | PENDING_NMI)

static struct rig *rig_max(void)
{
    struct rig *rig = rig_new();
    rig->cpu->model = a64_model_find("max");
    rig->cpu->gic_registers = true;
    rig->cpu->sctlr |= A64_SCTLR_NMI;
    return rig;
}

Test(a64_nmi, the_identity_says_so)
{
    struct rig *rig = rig_max();
    rig_code(rig, I_MRS(1, PFR1));
    rig_run(rig, 1);
    cr_assert_eq(rig->cpu->r[1], UINT64_C(1) << 36);
    rig->cpu->gic_registers = false; // GICv2 has no superpriority
    rig->cpu->r[A64_PC] = RIG_CODE;
    rig_run(rig, 1);
    cr_assert_eq(rig->cpu->r[1], 0);
    rig_free(rig);
}

Test(a64_nmi, superpriority_passes_the_mask_of_irqs_and_not_allint)
{
    static const struct {
        bool nmi, spintmask, allint, sp1;
        uint32_t daif, pending;
        bool taken;
    } rows[] = {
        { true, false, false, true, A64_I, SUPER, true },
        { true, false, false, true, A64_I, PENDING_IRQ, false },
        { true, false, false, true, 0, PENDING_IRQ, true },
        { true, false, true, true, 0, SUPER, false },
        { true, false, true, true, 0, PENDING_IRQ, false },
        { true, true, false, true, 0, SUPER, false },       // SP_EL1 and SPINTMASK
        { true, true, false, false, A64_I, SUPER, true },   // SP_EL0
        { false, false, true, true, 0, PENDING_IRQ, true }, // ALLINT has an effect only with SCTLR_EL1.NMI
        { false, false, false, true, A64_I, PENDING_IRQ, false },
        { true, false, false, true, A64_F, PENDING_FIQ | PENDING_NMI, true },
        { true, false, false, true, A64_F, PENDING_FIQ, false },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_max();
        struct a64_cpu *cpu = rig->cpu;
        rig_set_el(cpu, 1, rows[i].sp1);
        cpu->sctlr = (cpu->sctlr & ~(A64_SCTLR_NMI | A64_SCTLR_SPINTMASK)) | (rows[i].nmi ? A64_SCTLR_NMI : 0) |
                     (rows[i].spintmask ? A64_SCTLR_SPINTMASK : 0);
        cpu->allint = rows[i].allint;
        cpu->daif = rows[i].daif;
        cpu->vcpu.pending = rows[i].pending;
        cr_assert_eq(a64_can_take(&cpu->vcpu), rows[i].taken, "row %u", i);
        rig_free(rig);
    }
}

Test(a64_nmi, at_el0_nothing_masks_superpriority)
{
    struct rig *rig = rig_max();
    struct a64_cpu *cpu = rig->cpu;
    rig_set_el(cpu, 0, false);
    cpu->allint = true;
    cpu->daif = A64_I;
    cpu->vcpu.pending = SUPER;
    cr_assert(a64_can_take(&cpu->vcpu));
    cpu->vcpu.pending = PENDING_IRQ;
    cr_assert_not(a64_can_take(&cpu->vcpu));
    rig_free(rig);
}

Test(a64_nmi, an_exception_sets_allint_and_its_return_restores_it)
{
    struct rig *rig = rig_max();
    struct a64_cpu *cpu = rig->cpu;
    rig_set_el(cpu, 1, true);
    cpu->allint = false;
    cpu->daif = A64_I;
    a64_enter(cpu, 0, A64_VECTOR_IRQ);
    cr_assert(cpu->allint);
    cr_assert_eq(cpu->spsr & A64_ALLINT, 0);
    cpu->elr = RIG_CODE;
    a64_return(cpu);
    cr_assert_not(cpu->allint);
    cpu->allint = true;
    cpu->sctlr |= A64_SCTLR_SPINTMASK;
    a64_enter(cpu, 0, A64_VECTOR_SYNC);
    cr_assert_not(cpu->allint, "the inverse of SPINTMASK");
    cr_assert_eq(cpu->spsr & A64_ALLINT, A64_ALLINT);
    a64_return(cpu);
    cr_assert(cpu->allint);
    rig_free(rig);
}

Test(a64_nmi, allint_can_be_read_and_written_and_what_it_unmasks_is_taken_right_after)
{
    for (unsigned form = 0; form < 2; form++) {
        struct rig *rig = rig_max();
        struct a64_cpu *cpu = rig->cpu;
        rig_set_el(cpu, 1, true);
        rig_code(rig, I_ALLINT(1), I_MRS(1, ALLINT), form ? I_MSR(ALLINT, 31) : I_ALLINT(0), I_NOP);
        cpu->daif = A64_DAIF;
        cpu->vcpu.pending = SUPER;
        cpu->allint = true;
        rig_run(rig, 3);
        cr_assert_eq(cpu->r[1], A64_ALLINT);
        rig_run(rig, 1);
        cr_assert_eq(cpu->elr, RIG_CODE + 12, "form %u", form);
        cr_assert_eq(cpu->r[A64_PC], IRQ);
        rig_free(rig);
    }
}

static uint64_t told;

static enum port_result tell(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                             uint64_t value, uint64_t now)
{
    (void)owner, (void)vcpu, (void)size, (void)now;
    if (space == PORT_REGISTER && address == PORT_SCTLR_NMI)
        told = value;
    return PORT_DONE;
}

Test(a64_nmi, sctlr_nmi_is_told_to_the_interrupt_controller)
{
    struct rig *rig = rig_max();
    rig->loop.port.write = tell;
    struct a64_cpu *cpu = rig->cpu;
    cpu->sctlr &= ~A64_SCTLR_NMI;
    a64_sysreg_find(SCTLR)->write(cpu, SCTLR, cpu->sctlr | A64_SCTLR_NMI);
    cr_assert_eq(told, 1);
    a64_sysreg_find(SCTLR)->write(cpu, SCTLR, cpu->sctlr & ~A64_SCTLR_NMI);
    cr_assert_eq(told, 0);
    a64_sysreg_find(SCTLR)->write(cpu, SCTLR, cpu->sctlr | A64_SCTLR_NMI);
    a64_reset(cpu);
    cr_assert_eq(told, 0, "a reset clears it");
    rig_free(rig);
}

Test(a64_nmi, isr_shows_superpriority)
{
    struct rig *rig = rig_max();
    rig_set_el(rig->cpu, 1, true);
    rig_code(rig, I_MRS(1, ISR));
    rig->cpu->vcpu.pending = SUPER;
    rig->cpu->allint = true;
    rig_run(rig, 1);
    cr_assert_eq(rig->cpu->r[1], BIT32(10) | BIT32(7));
    rig_free(rig);
}

Test(a64_nmi, a_cpu_without_it_has_none_of_it)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig->cpu;
    const uint32_t code[] = { I_ALLINT(1), I_MRS(1, ALLINT), I_MSR(ALLINT, 1) };
    cpu->gic_registers = true;
    for (unsigned i = 0; i < countof(code); i++) {
        rig_set_el(cpu, 1, true);
        rig_code(rig, code[i]);
        cpu->r[A64_PC] = RIG_CODE;
        rig_run(rig, 1);
        cr_assert_eq(cpu->r[A64_PC], RIG_VECTORS + 0x200, "word %u is UNDEFINED", i);
        cr_assert_not(cpu->allint);
    }
    a64_sysreg_find(SCTLR)->write(cpu, SCTLR, UINT64_MAX);
    cr_assert_eq(cpu->sctlr & (A64_SCTLR_NMI | A64_SCTLR_SPINTMASK), 0);
    rig_free(rig);
}
