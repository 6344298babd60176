// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive: messages of devices, and the CPU interfaces of both versions.
#include "test_why.h"

static void set(struct rig *rig, uint32_t pin, bool level)
{
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, pin, level);
}

// SPIs 1 (INTID 33) and 2 (34) with these priorities; `raised` is a mask of them.
static struct rig *pair(struct rig *rig, uint8_t first, uint8_t second, unsigned raised)
{
    gicd_put(rig, 0x420, (uint32_t)first << 8 | (uint32_t)second << 16);
    for (uint32_t pin = 1; pin <= 2; pin++)
        set(rig, pin, raised >> pin & 1);
    return rig;
}

// --- Messages ---------------------------------------------------------------------------------------------------------

static struct rig *board(void)
{
    return rig_v3_config((struct arm_irq_config){
        .cpus = 1,
        .spis = 96,
        .v2m_first = 64,
        .v2m_count = 32,
        .windows = { 0x8000000, 0x8020000, MSI_ARM_NO_WINDOW },
    });
}

static void message_v2m(struct rig *rig)
{
    cr_assert(arm_irq_msi(&rig->irq, 0x8020040, 64, 0, false));
}

static void message_gicd(struct rig *rig)
{
    cr_assert(arm_irq_msi(&rig->irq, 0x8000040, 40, 0, false));
}

// INTID 33 is in Group 0, enabled, at a CPU that takes both groups.
static struct rig *secure_board(void)
{
    struct rig *rig =
        rig_new((struct arm_irq_config){ .version = 3,
                                         .cpus = 1,
                                         .spis = 32,
                                         .security = true,
                                         .nmi = true,
                                         .windows = { 0x8000000, MSI_ARM_NO_WINDOW, MSI_ARM_NO_WINDOW } });
    set_secure(rig, true);
    gicd_put(rig, 0, 0x37);
    gicd_put(rig, 0x104, 6);
    gicd_put(rig, 0x420, 0xd0a000);
    gicr_put(rig, 0, 0x14, 0);
    arm_irq_set_secure(&rig->irq, 0, true);
    icc_put(rig, 0, ICC_PMR_EL1, 0xff);
    icc_put(rig, 0, ICC_IGRPEN0_EL1, 1);
    icc_put(rig, 0, ICC_IGRPEN1_EL3, 3);
    arm_irq_set_secure(&rig->irq, 0, false);
    return rig;
}

static void allow_setspi(struct rig *rig)
{
    gicd_put(rig, 0xe08, 1 << 2);
    cr_assert(arm_irq_msi(&rig->irq, 0x8000040, 33, 0, false));
}

// --- GICv3 ------------------------------------------------------------------------------------------------------------

static struct rig *raised(void)
{
    return pair(rig_v3(2), 0xa0, 0x80, 2);
}

static struct rig *icc_group_off(void)
{
    struct rig *rig = raised();
    icc_put(rig, 0, ICC_IGRPEN1_EL1, 0);
    return rig;
}

static void icc_group_on(struct rig *rig)
{
    icc_put(rig, 0, ICC_IGRPEN1_EL1, 1);
}

static struct rig *behind(void)
{
    return pair(rig_v3(2), 0xa0, 0x80, 6);
}

static void lower_second(struct rig *rig)
{
    set(rig, 2, false);
}

static struct rig *masked(void)
{
    struct rig *rig = raised();
    icc_put(rig, 0, ICC_PMR_EL1, 0x80);
    return rig;
}

static void unmask(struct rig *rig)
{
    icc_put(rig, 0, ICC_PMR_EL1, 0xf8);
}

// Non-secure: INTID 34 of Non-secure Group 1 with priority D0h (A0h for Non-secure software).
static struct rig *masked_ns(void)
{
    struct rig *rig = secure_board();
    gicd_put(rig, 0x84, 4);
    icc_put(rig, 0, ICC_PMR_EL1, 0x80);
    set(rig, 2, true);
    return rig;
}

static struct rig *running_lpi(void)
{
    struct rig *rig = pair(rig_lpi(1, false), 0xc0, 0x80, 0);
    gicr_put(rig, 0, 0x40, 8200);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 8200);
    set(rig, 1, true);
    return rig;
}

static void end_lpi(struct rig *rig)
{
    icc_put(rig, 0, ICC_EOIR1_EL1, 8200);
}

static struct rig *running(void)
{
    struct rig *rig = pair(rig_v3(2), 0x90, 0x90, 4);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 34);
    set(rig, 2, false);
    set(rig, 1, true);
    return rig;
}

static void end(struct rig *rig)
{
    icc_put(rig, 0, ICC_EOIR1_EL1, 34);
}

static struct rig *same_group(void)
{
    struct rig *rig = pair(rig_v3(2), 0x88, 0x90, 4);
    icc_put(rig, 0, ICC_BPR1_EL1, 5);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 34);
    set(rig, 2, false);
    set(rig, 1, true);
    return rig;
}

// INTID 34 is in Non-secure Group 1 with superpriority, at 80h.
static struct rig *nmi(void)
{
    struct rig *rig = secure_board();
    gicd_put(rig, 0x84, 4);
    gicd_put(rig, 0xf84, 4);
    arm_irq_set_sctlr_nmi(&rig->irq, 0, true);
    set(rig, 2, true);
    return rig;
}

static struct rig *nmi_masked(void)
{
    struct rig *rig = nmi();
    arm_irq_set_secure(&rig->irq, 0, true);
    icc_put(rig, 0, ICC_PMR_EL1, 0x40);
    arm_irq_set_secure(&rig->irq, 0, false);
    return rig;
}

static struct rig *nmi_masked_secure(void)
{
    struct rig *rig = nmi();
    arm_irq_set_secure(&rig->irq, 0, true);
    icc_put(rig, 0, ICC_PMR_EL1, 0x80);
    return rig;
}

static void to_non_secure(struct rig *rig)
{
    arm_irq_set_secure(&rig->irq, 0, false);
}

static struct rig *fiq(void)
{
    struct rig *rig = secure_board();
    set(rig, 1, true);
    return rig;
}

// --- GICv2 ------------------------------------------------------------------------------------------------------------

static struct rig *raised_v2(void)
{
    return pair(rig_v2(2), 0xa0, 0x80, 2);
}

static struct rig *gicc_group_off(void)
{
    struct rig *rig = raised_v2();
    gicc_put(rig, GICC_CTLR, GICC_CTLR_GROUP1);
    return rig;
}

static void gicc_groups_on(struct rig *rig)
{
    gicc_put(rig, GICC_CTLR, GICC_CTLR_GROUP0 | GICC_CTLR_GROUP1);
}

static struct rig *hidden(void)
{
    struct rig *rig = pair(rig_v2(2), 0xa0, 0x80, 6);
    gicd_put(rig, 0x84, 2);
    gicc_put(rig, GICC_CTLR, GICC_CTLR_GROUP1);
    return rig;
}

static struct rig *behind_v2(void)
{
    return pair(rig_v2(2), 0xa0, 0x80, 6);
}

static struct rig *masked_v2(void)
{
    struct rig *rig = raised_v2();
    gicc_put(rig, GICC_PMR, 0xa0);
    return rig;
}

static void unmask_v2(struct rig *rig)
{
    gicc_put(rig, GICC_PMR, 0xa8);
}

static struct rig *running_v2(void)
{
    struct rig *rig = pair(rig_v2(2), 0x90, 0x90, 4);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 34);
    set(rig, 2, false);
    set(rig, 1, true);
    return rig;
}

// Its active state was cleared, and its priority was not dropped.
static struct rig *running_alone_v2(void)
{
    struct rig *rig = running_v2();
    gicd_put(rig, 0x384, 4);
    return rig;
}

static void end_v2(struct rig *rig)
{
    gicc_put(rig, GICC_EOIR, 34);
}

static struct rig *same_group_v2(void)
{
    struct rig *rig = pair(rig_v2(2), 0x88, 0x90, 4);
    gicc_put(rig, GICC_BPR, 5);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 34);
    set(rig, 2, false);
    set(rig, 1, true);
    return rig;
}

#define R(reason) INTACT_WHY_ARM_##reason

static const struct scenario scenarios[] = {
    { R(NO_REGISTER), board, "msi:0x1000,5",
      "no message register (GICD_SETSPI, MSI_SETSPI_NS, GITS_TRANSLATER) is at 0x1000\n" },
    { R(V2M_INTID), board, "msi:0x8020040,20",
      "data 20 names no SPI of the v2m frame, which has INTIDs 64 to 95 (MSI_TYPER)\n" },
    { R(SPI_LOW), board, "msi:0x8020040,64",
      "INTID 64 is level-sensitive (bit 1 of GICD_ICFGR4 is 0), its line is low, and no message has set it\n",
      message_v2m,
      "[INTID 64 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SETSPI_INTID), board, "msi:0x8000040,20", "data 20 of GICD_SETSPI is not the INTID of an SPI here\n" },
    { R(SPI_LOW), board, "msi:0x8000040,40",
      "INTID 40 is level-sensitive (bit 17 of GICD_ICFGR2 is 0), its line is low, and no message has set it\n",
      message_gicd,
      "[INTID 40 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SETSPI_SECURE), board, "msi:0x8000050,40",
      "GICD_SETSPI_SR ignores the write: with one Security state it is WI\n" },
    { R(SETSPI_SECURE), secure_board, "msi:0x8000050,40",
      "GICD_SETSPI_SR ignores the write: it takes only Secure ones\n" },
    { R(SETSPI_NSACR), secure_board, "msi:0x8000040,33",
      "INTID 33 is Secure, and its field in GICD_NSACR (bits 3:2 of GICD_NSACR2) allows no Non-secure write of "
      "GICD_SETSPI_NSR\n"
      "INTID 33 is level-sensitive (bit 3 of GICD_ICFGR2 is 0), its line is low, and no message has set it\n",
      allow_setspi,
      "[INTID 33 is pending at CPU 0 with priority A0h, and FIQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR0_EL1)]\n" },
    { R(CLRSPI), board, "msi:0x8000048,40",
      "0x8000048 is GICD_CLRSPI_NSR: a write there can only end the pending state of INTID 40\n" },
    { R(CLRSPI), board, "msi:0x8000058,40",
      "0x8000058 is GICD_CLRSPI_SR: a write there can only end the pending state of INTID 40\n" },
    { R(ICC_GROUP_OFF), icc_group_off, "intid:33", "INTID 33 is in Group 1, and ICC_IGRPEN1_EL1 of CPU 0 is 0\n",
      icc_group_on,
      "[INTID 33 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(ICC_BEHIND), behind, "intid:33",
      "INTID 33 with priority A0h waits at CPU 0 until INTID 34 with priority 80h is acknowledged, which is the "
      "highest pending one (ICC_HPPIR1_EL1)\n",
      lower_second,
      "[INTID 33 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(ICC_MASKED), masked, "intid:33", "INTID 33 has priority A0h at CPU 0, and ICC_PMR_EL1 = 80h masks 80h to FFh\n",
      unmask,
      "[INTID 33 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(ICC_MASKED), masked_ns, "intid:34",
      "INTID 34 has priority D0h at CPU 0, and ICC_PMR_EL1 = C0h masks C0h to FFh (as Secure software reads them)\n",
      unmask,
      "[INTID 34 is pending at CPU 0 with priority D0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(ICC_RUNNING), running_lpi, "intid:33",
      "INTID 33 with priority C0h does not preempt what CPU 0 handles: the running priority is A0h (ICC_RPR_EL1)\n",
      end_lpi,
      "[INTID 33 is pending at CPU 0 with priority C0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(ICC_RUNNING_INTID), running, "intid:33",
      "INTID 33 with priority 90h does not preempt what CPU 0 handles: the running priority is 90h (ICC_RPR_EL1), "
      "and INTID 34, which has it, is active\n",
      end,
      "[INTID 33 is pending at CPU 0 with priority 90h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(ICC_SAME_GROUP), same_group, "intid:33",
      "INTID 33 with priority 88h does not preempt priority 90h, which CPU 0 handles: ICC_BPR1_EL1 leaves only the "
      "bits E0h to compare\n",
      end,
      "[INTID 33 is pending at CPU 0 with priority 88h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(ICC_NMI_MASKED), nmi_masked, "intid:34",
      "INTID 34 has superpriority at 80h at CPU 0, and ICC_PMR_EL1 = 40h masks even that\n" },
    { R(ICC_NMI_MASKED), nmi_masked_secure, "intid:34",
      "INTID 34 has superpriority at 80h at CPU 0, and ICC_PMR_EL1 = 80h masks even that\n", to_non_secure,
      "[INTID 34 is pending at CPU 0 with priority 80h, and IRQ is signalled with superpriority: the CPU has not "
      "acknowledged it (ICC_NMIAR1_EL1)]\n" },
    { R(GICC_GROUP_OFF), gicc_group_off, "intid:33",
      "INTID 33 is in Group 0, and GICC_CTLR.EnableGrp0 of CPU 0 is 0 (GICC_CTLR = 002h)\n", gicc_groups_on,
      "[INTID 33 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(GICC_HIDDEN), hidden, "intid:33",
      "INTID 33 with priority A0h is hidden at CPU 0 by INTID 34 with priority 80h, the highest pending one, "
      "though GICC_CTLR.EnableGrp0 is 0\n",
      lower_second,
      "[INTID 33 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(GICC_BEHIND), behind_v2, "intid:33",
      "INTID 33 with priority A0h waits at CPU 0 until INTID 34 with priority 80h is acknowledged, which is the "
      "highest pending one (GICC_HPPIR)\n",
      lower_second,
      "[INTID 33 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(GICC_MASKED), masked_v2, "intid:33",
      "INTID 33 has priority A0h at CPU 0, and GICC_PMR = A0h masks A0h to FFh\n", unmask_v2,
      "[INTID 33 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(GICC_RUNNING), running_alone_v2, "intid:33",
      "INTID 33 with priority 90h does not preempt what CPU 0 handles: the running priority is 90h (GICC_RPR)\n",
      end_v2,
      "[INTID 33 is pending at CPU 0 with priority 90h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(GICC_RUNNING_INTID), running_v2, "intid:33",
      "INTID 33 with priority 90h does not preempt what CPU 0 handles: the running priority is 90h (GICC_RPR), and "
      "INTID 34, which has it, is active\n",
      end_v2,
      "[INTID 33 is pending at CPU 0 with priority 90h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(GICC_SAME_GROUP), same_group_v2, "intid:33",
      "INTID 33 with priority 88h does not preempt priority 90h, which CPU 0 handles: GICC_BPR leaves only the "
      "bits C0h to compare\n",
      end_v2,
      "[INTID 33 is pending at CPU 0 with priority 88h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(SIGNALLED), raised, "intid:33",
      "[INTID 33 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SIGNALLED), fiq, "intid:33",
      "[INTID 33 is pending at CPU 0 with priority A0h, and FIQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR0_EL1)]\n" },
};

Test(arm_why_cpu, each_reason_has_its_sentence)
{
    check_scenarios(scenarios, countof(scenarios), R(NO_REGISTER), R(SIGNALLED));
}
