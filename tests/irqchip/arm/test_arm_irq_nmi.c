// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Non-maskable interrupts (FEAT_GICv3_NMI): the property, superpriority, ICC_NMIAR1_EL1.
#include "test_arm_irq.h"

#define INMIR(n)   (0xf80u + 4 * (n))
#define INMIR_E(n) (0x3b00u + 4 * (n))
#define NMI_BIT    BIT64(63)

enum { SPI = 3, INTID = 35, OTHER_SPI = 4, OTHER_INTID = 36 };

// One Security state, all in Group 1 at priority 80h; SPI 3 is non-maskable, and the CPUs have SCTLR_EL1.NMI set.
static struct rig *rig_nmi(void)
{
    struct rig *rig = rig_v3_config((struct arm_irq_config){ .cpus = 2, .spis = 96, .nmi = true });
    gicd_put(rig, INMIR(1), BIT32(SPI));
    for (uint32_t cpu = 0; cpu < 2; cpu++)
        arm_irq_set_sctlr_nmi(&rig->irq, cpu, true);
    return rig;
}

static void raise(struct rig *rig, uint32_t pin)
{
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, pin, true);
}

Test(arm_irq_nmi, it_is_taken_by_nmiar1_alone)
{
    struct rig *rig = rig_nmi();
    raise(rig, SPI);
    cr_assert_eq(rig->pending[0], PENDING_IRQ | PENDING_NMI);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 1022);
    cr_assert_eq(rig->pending[0], PENDING_IRQ | PENDING_NMI, "nothing was taken");
    cr_assert_eq(icc_get(rig, 0, ICC_HPPIR1_EL1), INTID);
    cr_assert_eq(icc_get(rig, 0, ICC_NMIAR1_EL1), INTID);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(icc_get(rig, 0, ICC_AP1R0_EL1), NMI_BIT);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), NMI_BIT);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, SPI, false);
    icc_put(rig, 0, ICC_EOIR1_EL1, INTID);
    cr_assert_eq(icc_get(rig, 0, ICC_AP1R0_EL1), 0);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), GIC_IDLE);
    cr_assert_eq(gicd_get(rig, 0x304), 0, "deactivated");
    rig_free(rig);
}

Test(arm_irq_nmi, without_sctlr_nmi_it_is_an_interrupt_of_the_highest_priority)
{
    struct rig *rig = rig_nmi();
    arm_irq_set_sctlr_nmi(&rig->irq, 0, false);
    raise(rig, SPI);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), INTID);
    cr_assert_eq(icc_get(rig, 0, ICC_AP1R0_EL1), NMI_BIT);
    rig_free(rig);
}

Test(arm_irq_nmi, nmiar1_does_not_take_maskable_ones)
{
    struct rig *rig = rig_nmi();
    raise(rig, OTHER_SPI);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(icc_get(rig, 0, ICC_NMIAR1_EL1), 1023);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), OTHER_INTID);
    rig_free(rig);
}

Test(arm_irq_nmi, the_mask_does_not_hold_it_back)
{
    struct rig *rig = rig_nmi();
    icc_put(rig, 0, ICC_PMR_EL1, 0);
    raise(rig, OTHER_SPI);
    cr_assert_eq(rig->pending[0], 0);
    raise(rig, SPI);
    cr_assert_eq(rig->pending[0], PENDING_IRQ | PENDING_NMI);
    rig_free(rig);
}

Test(arm_irq_nmi, it_stands_above_priority_0_and_preempts_it_once)
{
    struct rig *rig = rig_nmi();
    gicd_put(rig, 0x420, 0);
    gicd_put(rig, 0x424, 0); // SPIs 0 to 7 at priority 0
    gicd_put(rig, INMIR(1), BIT32(SPI) | BIT32(5));
    raise(rig, 0);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 32);
    raise(rig, 1);
    cr_assert_eq(rig->pending[0], 0, "the same priority waits");
    raise(rig, 5);
    raise(rig, SPI);
    cr_assert_eq(rig->pending[0], PENDING_IRQ | PENDING_NMI);
    cr_assert_eq(icc_get(rig, 0, ICC_NMIAR1_EL1), INTID, "the lower INTID of two");
    cr_assert_eq(rig->pending[0], 0, "a second one waits for the first");
    cr_assert_eq(icc_get(rig, 0, ICC_AP1R0_EL1), NMI_BIT | 1);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, SPI, false);
    icc_put(rig, 0, ICC_EOIR1_EL1, INTID);
    cr_assert_eq(icc_get(rig, 0, ICC_AP1R0_EL1), 1, "its priority was dropped first");
    cr_assert_eq(icc_get(rig, 0, ICC_NMIAR1_EL1), 37);
    rig_free(rig);
}

Test(arm_irq_nmi, sgis_and_ppis_and_extended_ones_can_have_it)
{
    struct rig *rig = rig_v3_config(
        (struct arm_irq_config){ .cpus = 1, .spis = 32, .extended_spis = 32, .extended_ppis = 64, .nmi = true });
    gicr_put(rig, 0, SGI(0x84), UINT32_MAX);
    gicr_put(rig, 0, SGI(0x104), UINT32_MAX);
    gicd_put(rig, 0x1000, UINT32_MAX);
    gicd_put(rig, 0x1200, UINT32_MAX);
    gicr_put(rig, 0, SGI(INMIR(0)), BIT32(2) | BIT32(27));
    gicr_put(rig, 0, SGI(INMIR(1)), BIT32(0));
    gicd_put(rig, INMIR_E(0), BIT32(7));
    arm_irq_set_sctlr_nmi(&rig->irq, 0, true);
    icc_put(rig, 0, ICC_SGI1R_EL1, UINT64_C(2) << 24 | 1);
    cr_assert_eq(icc_get(rig, 0, ICC_NMIAR1_EL1), 2);
    icc_put(rig, 0, ICC_EOIR1_EL1, 2);
    const uint32_t ppis[] = { 27, 1056 };
    for (unsigned i = 0; i < 2; i++) {
        arm_irq_set_ppi(&rig->irq, 0, ppis[i], true);
        cr_assert_eq(icc_get(rig, 0, ICC_NMIAR1_EL1), ppis[i]);
        arm_irq_set_ppi(&rig->irq, 0, ppis[i], false);
        icc_put(rig, 0, ICC_EOIR1_EL1, ppis[i]);
    }
    raise(rig, ARM_IRQ_EXTENDED_PIN + 7);
    cr_assert_eq(icc_get(rig, 0, ICC_NMIAR1_EL1), 4096 + 7);
    rig_free(rig);
}

Test(arm_irq_nmi, the_property_is_res0_in_group_0)
{
    struct rig *rig = rig_nmi();
    cr_assert_eq(gicd_get(rig, INMIR(1)), BIT32(SPI));
    gicd_put(rig, 0x84, UINT32_MAX & ~BIT32(SPI));
    cr_assert_eq(gicd_get(rig, INMIR(1)), 0);
    gicd_put(rig, INMIR(1), UINT32_MAX);
    cr_assert_eq(gicd_get(rig, INMIR(1)), UINT32_MAX & ~BIT32(SPI));
    icc_put(rig, 0, ICC_IGRPEN0_EL1, 1);
    gicd_put(rig, 0, 0x13);
    gicd_put(rig, 0x420, 0x80808080);
    raise(rig, SPI);
    cr_assert_eq(rig->pending[0], PENDING_FIQ);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR0_EL1), INTID);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), 0x80);
    rig_free(rig);
}

Test(arm_irq_nmi, the_property_enables_nothing)
{
    struct rig *rig = rig_nmi();
    gicd_put(rig, 0x184, UINT32_MAX);
    gicd_put(rig, INMIR(1), UINT32_MAX);
    cr_assert_eq(gicd_get(rig, INMIR(1)), UINT32_MAX);
    cr_assert_eq(gicd_get(rig, 0x104), 0);
    rig_free(rig);
}

Test(arm_irq_nmi, a_controller_without_it_has_none_of_its_registers)
{
    struct rig *rig = rig_v3(1);
    uint64_t value;
    cr_assert_eq(gicd_get(rig, 4) & BIT32(9), 0);
    gicd_put(rig, INMIR(1), UINT32_MAX);
    cr_assert_eq(gicd_get(rig, INMIR(1)), 0);
    gicr_put(rig, 0, SGI(INMIR(0)), UINT32_MAX);
    cr_assert_eq(gicr_get(rig, 0, SGI(INMIR(0))), 0);
    cr_assert_eq(arm_irq_cpu_read(&rig->irq, 0, PORT_REGISTER, ICC_NMIAR1_EL1, 8, &value, 0), PORT_NOT_MINE);
    icc_put(rig, 0, ICC_AP1R0_EL1, UINT64_MAX);
    cr_assert_eq(icc_get(rig, 0, ICC_AP1R0_EL1), 0xffffffff);
    rig_free(rig);
    struct arm_irq irq;
    struct error error;
    cr_assert_lt(arm_irq_init(&irq, &(struct arm_irq_config){ .version = 2, .cpus = 1, .nmi = true }, &error), 0);
}

Test(arm_irq_nmi, the_cpu_port_tells_sctlr_nmi)
{
    struct rig *rig = rig_nmi();
    icc_put(rig, 0, PORT_SCTLR_NMI, 0);
    raise(rig, SPI);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    icc_put(rig, 0, PORT_SCTLR_NMI, 1);
    cr_assert_eq(rig->pending[0], PENDING_IRQ | PENDING_NMI);
    rig_free(rig);
}

// --- Two Security states --------------------------------------------------------------------------------------------

// SPI 3: Non-secure and non-maskable. SPI 1: Secure Group 1 and non-maskable. SPI 2: Secure Group 1 at priority 10h.
static struct rig *rig_nmi_secure(void)
{
    struct rig *rig =
        rig_new((struct arm_irq_config){ .version = 3, .cpus = 1, .spis = 32, .security = true, .nmi = true });
    for (unsigned i = 0; i < ARM_IRQ_WINDOWS; i++)
        rig->frame[i].secure = true;
    gicd_put(rig, 0, 0x37);
    gicr_put(rig, 0, 0x14, 0);
    gicd_put(rig, 0x84, BIT32(SPI) | BIT32(OTHER_SPI));
    gicd_put(rig, 0xd04, BIT32(1) | BIT32(2));
    gicd_put(rig, 0x104, UINT32_MAX);
    gicd_put(rig, 0x420, 0x80100000);
    gicd_put(rig, 0x424, 0x80);
    gicd_put(rig, INMIR(1), BIT32(1) | BIT32(SPI));
    arm_irq_set_secure(&rig->irq, 0, true);
    icc_put(rig, 0, ICC_PMR_EL1, 0xff);
    icc_put(rig, 0, ICC_IGRPEN1_EL3, 3);
    arm_irq_set_sctlr_nmi(&rig->irq, 0, true);
    arm_irq_set_secure(&rig->irq, 0, false);
    return rig;
}

Test(arm_irq_nmi, non_secure_software_sees_the_property_of_its_own_alone)
{
    struct rig *rig = rig_nmi_secure();
    cr_assert_eq(gicd_get(rig, INMIR(1)), BIT32(1) | BIT32(SPI));
    rig->frame[ARM_IRQ_WINDOW_GICD].secure = false;
    cr_assert_eq(gicd_get(rig, INMIR(1)), BIT32(SPI));
    gicd_put(rig, INMIR(1), 0);
    rig->frame[ARM_IRQ_WINDOW_GICD].secure = true;
    cr_assert_eq(gicd_get(rig, INMIR(1)), BIT32(1));
    rig_free(rig);
}

Test(arm_irq_nmi, a_non_secure_one_has_priority_80h_and_stands_below_secure_ones)
{
    struct rig *rig = rig_nmi_secure();
    raise(rig, OTHER_SPI);
    raise(rig, SPI);
    cr_assert_eq(rig->pending[0], PENDING_IRQ | PENDING_NMI);
    cr_assert_eq(icc_get(rig, 0, ICC_NMIAR1_EL1), INTID);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), NMI_BIT, "80h is 0 to Non-secure software");
    raise(rig, 2);
    cr_assert_eq(rig->pending[0], PENDING_FIQ, "a Secure interrupt at 10h preempts it");
    arm_irq_set_secure(&rig->irq, 0, true);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), BIT64(62) | 0x80);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 34);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), BIT64(62) | 0x10);
    icc_put(rig, 0, ICC_EOIR1_EL1, 34);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), BIT64(62) | 0x80, "the Secure one was dropped");
    rig_free(rig);
}

Test(arm_irq_nmi, a_secure_one_is_told_to_non_secure_software_as_a_fiq)
{
    struct rig *rig = rig_nmi_secure();
    raise(rig, 1);
    raise(rig, SPI);
    cr_assert_eq(rig->pending[0], PENDING_FIQ | PENDING_NMI);
    cr_assert_eq(icc_get(rig, 0, ICC_NMIAR1_EL1), 1023);
    arm_irq_set_secure(&rig->irq, 0, true);
    cr_assert_eq(rig->pending[0], PENDING_IRQ | PENDING_NMI);
    cr_assert_eq(icc_get(rig, 0, ICC_NMIAR1_EL1), 33);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), NMI_BIT);
    rig_free(rig);
}

Test(arm_irq_nmi, a_mask_in_the_secure_half_masks_non_secure_ones)
{
    struct rig *rig = rig_nmi_secure();
    arm_irq_set_secure(&rig->irq, 0, true);
    icc_put(rig, 0, ICC_PMR_EL1, 0x80);
    raise(rig, SPI);
    cr_assert_eq(rig->pending[0], 0, "80h masks all Non-secure ones while Secure software runs");
    arm_irq_set_secure(&rig->irq, 0, false);
    cr_assert_eq(rig->pending[0], PENDING_IRQ | PENDING_NMI, "and is Non-secure software's own 0");
    arm_irq_set_secure(&rig->irq, 0, true);
    icc_put(rig, 0, ICC_PMR_EL1, 0x78);
    arm_irq_set_secure(&rig->irq, 0, false);
    cr_assert_eq(rig->pending[0], 0);
    raise(rig, 1);
    cr_assert_eq(rig->pending[0], PENDING_FIQ | PENDING_NMI, "Secure ones are not masked");
    rig_free(rig);
}

Test(arm_irq_nmi, a_loaded_controller_knows_what_is_active)
{
    struct rig *rig = rig_nmi(), *other = rig_nmi();
    struct visit_save save;
    struct visit_load load;
    raise(rig, SPI);
    icc_get(rig, 0, ICC_NMIAR1_EL1);
    visit_save_init(&save);
    arm_irq_visit(&rig->irq, &save.visit);
    visit_load_init(&load, save.data, save.size);
    arm_irq_visit(&other->irq, &load.visit);
    for (unsigned i = 0; i < 2; i++)
        other->pending[i] = UINT32_MAX;
    arm_irq_loaded(&other->irq);
    cr_assert_eq(icc_get(other, 0, ICC_AP1R0_EL1), NMI_BIT);
    cr_assert_eq(other->pending[0], 0);
    icc_put(other, 0, ICC_EOIR1_EL1, INTID);
    cr_assert_eq(other->pending[0], PENDING_IRQ | PENDING_NMI, "the line is still high");
    free(save.data);
    rig_free(rig);
    rig_free(other);
}

// Secure and Non-secure Group 1 keep theirs apart: what leaves one does not hide the other's.
Test(arm_irq_nmi, each_group_has_its_own)
{
    struct rig *rig = rig_nmi_secure();
    const uint32_t pins[2] = { 1, SPI };
    for (unsigned first = 0; first < 2; first++)
        for (unsigned order = 0; order < 2; order++) {
            raise(rig, pins[order]);
            raise(rig, pins[!order]);
            cr_assert_eq(rig->pending[0], PENDING_FIQ | PENDING_NMI, "the Secure one is higher");
            arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, pins[first], false);
            cr_assert_eq(rig->pending[0], PENDING_NMI | (first == 0 ? PENDING_IRQ : PENDING_FIQ));
            arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, pins[!first], false);
            cr_assert_eq(rig->pending[0], 0);
        }
    rig_free(rig);
}

// SPI 8 is Non-secure beside Secure ones, SPI 12 Secure beside Non-secure ones.
Test(arm_irq_nmi, its_priority_is_that_of_its_own_group)
{
    struct rig *rig = rig_nmi_secure();
    rig->frame[ARM_IRQ_WINDOW_GICD].secure = true;
    gicd_put(rig, 0x84, BIT32(8) | BIT32(11) | BIT32(13));
    gicd_put(rig, 0xd04, BIT32(2) | BIT32(7) | BIT32(9) | BIT32(12));
    gicd_put(rig, INMIR(1), BIT32(8) | BIT32(12));
    raise(rig, 8);
    cr_assert_eq(rig->pending[0], PENDING_IRQ | PENDING_NMI);
    raise(rig, 2);
    cr_assert_eq(rig->pending[0], PENDING_FIQ, "10h is above the 80h of a Non-secure one");
    raise(rig, 12);
    cr_assert_eq(rig->pending[0], PENDING_FIQ | PENDING_NMI, "and below the 0 of a Secure one");
    arm_irq_set_secure(&rig->irq, 0, true);
    cr_assert_eq(icc_get(rig, 0, ICC_NMIAR1_EL1), 44);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), NMI_BIT);
    rig_free(rig);
}
