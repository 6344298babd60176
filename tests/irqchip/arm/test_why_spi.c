// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an SPI, a PPI or an SGI does not arrive: states, groups, routes.
#include "test_why.h"

#define INTID_BIT 2u // INTID 33 in its words

static void raise(struct rig *rig)
{
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
}

static void lower(struct rig *rig)
{
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, false);
}

static void pulse(struct rig *rig)
{
    lower(rig);
    raise(rig);
}

static void raise_ppi(struct rig *rig)
{
    arm_irq_set_ppi(&rig->irq, 1, 27, true);
}

static void pulse_ppi(struct rig *rig)
{
    arm_irq_set_ppi(&rig->irq, 1, 27, false);
    raise_ppi(rig);
}

static struct rig *usual(void)
{
    return rig_v3(3);
}

static struct rig *raised(void)
{
    struct rig *rig = usual();
    raise(rig);
    return rig;
}

static struct rig *timer(void)
{
    struct rig *rig = usual();
    raise_ppi(rig);
    return rig;
}

static struct rig *extended(void)
{
    return rig_v3_config((struct arm_irq_config){ .cpus = 2, .spis = 32, .extended_spis = 64, .extended_ppis = 64 });
}

// --- Pending ----------------------------------------------------------------------------------------------------------

static struct rig *edge(void)
{
    struct rig *rig = usual();
    gicd_put(rig, 0xc08, 8); // GICD_ICFGR2
    return rig;
}

static struct rig *edge_taken(void)
{
    struct rig *rig = edge();
    raise(rig);
    cr_assert_eq(rig_take(rig, 0), 33);
    return rig;
}

static void trigger(struct rig *rig)
{
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 1);
}

static struct rig *ppi_edge(void)
{
    struct rig *rig = usual();
    gicr_put(rig, 1, SGI(0xc04), BIT32(23));
    return rig;
}

static struct rig *ppi_edge_taken(void)
{
    struct rig *rig = ppi_edge();
    raise_ppi(rig);
    cr_assert_eq(rig_take(rig, 1), 27);
    return rig;
}

static void send_sgi(struct rig *rig)
{
    icc_put(rig, 0, ICC_SGI1R_EL1, 3 << 24 | 2);
}

static struct rig *sgi_group_0(void)
{
    struct rig *rig = usual();
    gicr_put(rig, 1, SGI(0x80), ~BIT32(3));
    return rig;
}

static void sgi_group_1(struct rig *rig)
{
    gicr_put(rig, 1, SGI(0x80), UINT32_MAX);
    send_sgi(rig);
}

static struct rig *usual_v2(void)
{
    return rig_v2(3);
}

static void send_sgi_v2(struct rig *rig)
{
    gicd_put(rig, 0xf00, 2 << 16 | 3);
}

// --- Active -----------------------------------------------------------------------------------------------------------

static struct rig *acknowledged(void)
{
    struct rig *rig = raised();
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 33);
    return rig;
}

static struct rig *being_handled(void)
{
    struct rig *rig = acknowledged();
    lower(rig);
    return rig;
}

static void end(struct rig *rig)
{
    icc_put(rig, 0, ICC_EOIR1_EL1, 33);
}

static struct rig *ppi_acknowledged(void)
{
    struct rig *rig = timer();
    cr_assert_eq(icc_get(rig, 1, ICC_IAR1_EL1), 27);
    return rig;
}

static struct rig *ppi_being_handled(void)
{
    struct rig *rig = ppi_acknowledged();
    arm_irq_set_ppi(&rig->irq, 1, 27, false);
    return rig;
}

static void end_ppi(struct rig *rig)
{
    icc_put(rig, 1, ICC_EOIR1_EL1, 27);
}

static struct rig *acknowledged_v2(void)
{
    struct rig *rig = rig_v2(2);
    raise(rig);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 33);
    return rig;
}

static void end_v2(struct rig *rig)
{
    gicc_put(rig, GICC_EOIR, 33);
}

static struct rig *dropped(void)
{
    struct rig *rig = raised();
    icc_put(rig, 0, ICC_CTLR_EL1, ICC_CTLR_EOIMODE);
    cr_assert_eq(rig_take(rig, 0), 33);
    return rig;
}

static void deactivate(struct rig *rig)
{
    icc_put(rig, 0, ICC_DIR_EL1, 33);
}

static struct rig *dropped_v2(void)
{
    struct rig *rig = rig_v2(2);
    gicc_put(rig, GICC_CTLR, 3 | GICC_CTLR_EOIMODE);
    raise(rig);
    gicc_put(rig, GICC_EOIR, gicc_get(rig, GICC_IAR));
    return rig;
}

static void deactivate_v2(struct rig *rig)
{
    gicc_put(rig, GICC_DIR, 33);
}

static struct rig *other_ended(void)
{
    struct rig *rig = acknowledged();
    icc_put(rig, 0, ICC_EOIR1_EL1, 34);
    return rig;
}

static void clear_active(struct rig *rig)
{
    gicd_put(rig, 0x384, INTID_BIT);
}

static struct rig *ppi_made_active(void)
{
    struct rig *rig = timer();
    gicr_put(rig, 1, SGI(0x300), BIT32(27));
    return rig;
}

static void clear_active_ppi(struct rig *rig)
{
    gicr_put(rig, 1, SGI(0x380), BIT32(27));
}

// --- Enabled, groups --------------------------------------------------------------------------------------------------

static struct rig *disabled(void)
{
    struct rig *rig = raised();
    gicd_put(rig, 0x184, INTID_BIT);
    return rig;
}

static void enable_spi(struct rig *rig)
{
    gicd_put(rig, 0x104, INTID_BIT);
}

static struct rig *ppi_disabled(void)
{
    struct rig *rig = timer();
    gicr_put(rig, 1, SGI(0x180), BIT32(27));
    return rig;
}

static void enable_ppi(struct rig *rig)
{
    gicr_put(rig, 1, SGI(0x100), BIT32(27));
}

static struct rig *ppi_disabled_v2(void)
{
    struct rig *rig = usual_v2();
    rig->current = 1;
    gicd_put(rig, 0x180, BIT32(27));
    raise_ppi(rig);
    return rig;
}

static void enable_ppi_v2(struct rig *rig)
{
    gicd_put(rig, 0x100, BIT32(27));
}

static struct rig *extended_off(void)
{
    struct rig *rig = extended();
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1024 + 33, true);
    return rig;
}

static void extended_on(struct rig *rig)
{
    gicd_put(rig, 0x1004, INTID_BIT); // GICD_IGROUPR1E
    gicd_put(rig, 0x1204, INTID_BIT);
}

static struct rig *extended_ppi_off(void)
{
    struct rig *rig = extended();
    arm_irq_set_ppi(&rig->irq, 0, 1056 + 33, true);
    return rig;
}

static void extended_ppi_on(struct rig *rig)
{
    gicr_put(rig, 0, SGI(0x88), INTID_BIT);
    gicr_put(rig, 0, SGI(0x108), INTID_BIT);
}

// Two Security states; SPI 33 is in Group 0, and Non-secure software has tried to enable it.
static struct rig *secure(void)
{
    struct rig *rig = rig_new((struct arm_irq_config){ .version = 3, .cpus = 1, .spis = 32, .security = true });
    set_secure(rig, true);
    gicd_put(rig, 0, 0x37);
    gicr_put(rig, 0, 0x14, 0);
    set_secure(rig, false);
    enable_spi(rig);
    raise(rig);
    return rig;
}

static void enable_secure(struct rig *rig)
{
    set_secure(rig, true);
    enable_spi(rig);
    arm_irq_set_secure(&rig->irq, 0, true);
    icc_put(rig, 0, ICC_PMR_EL1, 0xff);
    icc_put(rig, 0, ICC_IGRPEN0_EL1, 1);
}

static struct rig *secure_group_1(void)
{
    struct rig *rig = secure();
    set_secure(rig, true);
    gicd_put(rig, 0xd04, INTID_BIT);
    gicd_put(rig, 0, 0x33);
    enable_spi(rig);
    arm_irq_set_secure(&rig->irq, 0, true);
    icc_put(rig, 0, ICC_PMR_EL1, 0xff);
    icc_put(rig, 0, ICC_IGRPEN1_EL1, 1);
    arm_irq_set_secure(&rig->irq, 0, false);
    return rig;
}

static void enable_secure_group_1(struct rig *rig)
{
    gicd_put(rig, 0, 0x37);
}

static struct rig *group_off(void)
{
    struct rig *rig = raised();
    gicd_put(rig, 0, 0x11);
    return rig;
}

static void group_on(struct rig *rig)
{
    gicd_put(rig, 0, 0x12);
}

static struct rig *group_off_v2(void)
{
    struct rig *rig = usual_v2();
    gicd_put(rig, 0, 0);
    raise(rig);
    return rig;
}

static void group_on_v2(struct rig *rig)
{
    gicd_put(rig, 0, 1);
}

static struct rig *group_0(void)
{
    struct rig *rig = raised();
    gicd_put(rig, 0, 0x12);
    gicd_put(rig, 0x84, ~INTID_BIT);
    return rig;
}

static void to_group_1(struct rig *rig)
{
    gicd_put(rig, 0x84, UINT32_MAX);
}

// --- Routes -----------------------------------------------------------------------------------------------------------

static void route_to(struct rig *rig, uint64_t router)
{
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x6000 + 8 * 33, 8, router, 0);
}

static struct rig *routed_nowhere(void)
{
    struct rig *rig = raised();
    route_to(rig, UINT64_C(0x0100020304));
    return rig;
}

static void route_to_1(struct rig *rig)
{
    route_to(rig, 1);
}

static struct rig *no_taker(void)
{
    struct rig *rig = raised();
    route_to(rig, GICD_IROUTER_IRM);
    gicr_put(rig, 0, 0x14, GICR_WAKER_SLEEP);
    gicr_put(rig, 1, 0, GICR_CTLR_DPG1NS);
    icc_put(rig, 2, ICC_IGRPEN1_EL1, 0);
    return rig;
}

static void take_part(struct rig *rig)
{
    gicr_put(rig, 1, 0, 0);
}

static struct rig *no_target(void)
{
    struct rig *rig = usual_v2();
    put8(rig, 0x800 + 33, 0);
    raise(rig);
    return rig;
}

static void target_1(struct rig *rig)
{
    put8(rig, 0x800 + 33, 2);
}

static struct rig *target_0(void)
{
    struct rig *rig = usual_v2();
    raise(rig);
    return rig;
}

static void target_2(struct rig *rig)
{
    put8(rig, 0x800 + 33, 4);
}

static void route_to_2(struct rig *rig)
{
    route_to(rig, 2);
}

static struct rig *asleep(void)
{
    struct rig *rig = raised();
    gicr_put(rig, 0, 0x14, GICR_WAKER_SLEEP);
    return rig;
}

static void wake_up(struct rig *rig)
{
    gicr_put(rig, 0, 0x14, 0);
}

// CPU 0 masks it, CPU 1 takes it; then both mask it.
static struct rig *two_targets(void)
{
    struct rig *rig = usual_v2();
    put8(rig, 0x800 + 33, 3);
    gicc_put(rig, GICC_PMR, 0x40);
    raise(rig);
    return rig;
}

static void mask_both(struct rig *rig)
{
    rig->current = 1;
    gicc_put(rig, GICC_PMR, 0x80);
}

#define R(reason) INTACT_WHY_ARM_##reason

static const struct scenario scenarios[] = {
    { R(NO_INTID), usual, "intid:200", "there is no INTID 200: SPIs end at INTID 127 (GICD_TYPER.ITLinesNumber)\n" },
    { R(RESERVED_INTID), usual, "intid:1022", "INTID 1022 is special: no interrupt has it\n" },
    { R(RESERVED_INTID), usual, "intid:3000", "INTID 3000 is reserved: no interrupt has it\n" },
    { R(NO_EXTENDED_SPI), usual, "intid:4096",
      "there is no extended SPI with INTID 4096: this GIC has 0 of them (GICD_TYPER.ESPI)\n" },
    { R(NO_EXTENDED_SPI), extended, "intid:5000",
      "there is no extended SPI with INTID 5000: this GIC has 64 of them (GICD_TYPER.ESPI)\n" },
    { R(NO_EXTENDED_PPI), usual, "intid:1056",
      "there is no extended PPI with INTID 1056: a CPU has 0 of them (GICR_TYPER.PPInum)\n" },
    { R(NO_LPIS), usual, "lpi:8192", "INTID 8192 is an LPI, and this GIC has none (GICD_TYPER.LPIS = 0)\n" },
    { R(NO_PIN), usual, "pin:gicd.96",
      "the distributor has no pin 96: it has 96 SPIs and, from pin 1024, 0 extended ones\n" },
    { R(SPI_LOW), usual, "pin:gicd.1",
      "INTID 33 is level-sensitive (bit 3 of GICD_ICFGR2 is 0), its line is low, and no message has set it\n", raise,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SPI_NO_EDGE), edge_taken, "intid:33",
      "INTID 33 is edge-triggered (bit 3 of GICD_ICFGR2 is 1), and its line is high without a new edge: only a "
      "rise makes it pending\n",
      pulse,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SPI_NOT_PENDING), edge, "intid:33",
      "INTID 33 is edge-triggered (bit 3 of GICD_ICFGR2 is 1) and not pending: no edge or message has come since "
      "it was acknowledged or cleared\n",
      trigger,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SPI_ACTIVE), being_handled, "intid:33",
      "INTID 33 is level-sensitive (bit 3 of GICD_ICFGR2 is 0), its line is low, and no message has set it\n"
      "[INTID 33 is active (bit 1 of GICD_ISACTIVER1) and not pending: its handler has it]\n"
      "INTID 33 is not forwarded while it is active, and CPU 0 still has its priority 80h active: its write of "
      "ICC_EOIR1_EL1 is missing\n",
      end, "INTID 33 is level-sensitive (bit 3 of GICD_ICFGR2 is 0), its line is low, and no message has set it\n" },
    { R(SPI_ACTIVE_PENDING), acknowledged, "intid:33",
      "[INTID 33 is active and pending (bit 1 of GICD_ISACTIVER1 and of GICD_ISPENDR1)]\n"
      "INTID 33 is not forwarded while it is active, and CPU 0 still has its priority 80h active: its write of "
      "ICC_EOIR1_EL1 is missing\n",
      end,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SPI_ACTIVE_PENDING), acknowledged_v2, "intid:33",
      "[INTID 33 is active and pending (bit 1 of GICD_ISACTIVER1 and of GICD_ISPENDR1)]\n"
      "INTID 33 is not forwarded while it is active, and CPU 0 still has its priority 80h active: its write of "
      "GICC_EOIR is missing\n",
      end_v2,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(SPI_DISABLED), disabled, "intid:33", "INTID 33 is disabled: bit 1 of GICD_ISENABLER1 is 0\n", enable_spi,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SPI_DISABLED), extended_off, "pin:gicd.1057",
      "INTID 4129 is disabled: bit 1 of GICD_ISENABLER1E is 0\n"
      "INTID 4129 is in Group 0, and ICC_IGRPEN0_EL1 of CPU 0 is 0\n",
      extended_on,
      "[INTID 4129 is pending at CPU 0 with priority 00h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(PPI_LOW), usual, "intid:27@1",
      "INTID 27 of CPU 1 is level-sensitive (bit 23 of GICR_ICFGR1 is 0), and its line is low\n", raise_ppi,
      "[INTID 27 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(PPI_NO_EDGE), ppi_edge_taken, "intid:27@1",
      "INTID 27 of CPU 1 is edge-triggered (bit 23 of GICR_ICFGR1 is 1), and its line is high without a new edge: "
      "only a rise makes it pending\n",
      pulse_ppi,
      "[INTID 27 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(PPI_NOT_PENDING), ppi_edge, "intid:27@1",
      "INTID 27 of CPU 1 is edge-triggered (bit 23 of GICR_ICFGR1 is 1) and not pending: no edge has come since it "
      "was acknowledged or cleared\n",
      raise_ppi,
      "[INTID 27 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SGI_NOT_SENT), usual, "intid:3@1",
      "SGI 3 of CPU 1 is not pending: no write of an ICC_SGI register has sent it since it was acknowledged or "
      "cleared\n",
      send_sgi,
      "[INTID 3 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SGI_NOT_SENT), usual_v2, "intid:3@1",
      "SGI 3 of CPU 1 is not pending: no write of GICD_SGIR has sent it since it was acknowledged or cleared\n",
      send_sgi_v2,
      "[INTID 3 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(SGI_GROUP_0), sgi_group_0, "intid:3@1",
      "SGI 3 of CPU 1 is in Group 0 (bit 3 of GICR_IGROUPR0 is 0): a write of ICC_SGI1R_EL1 for Non-secure Group 1 "
      "does not reach it\n"
      "SGI 3 of CPU 1 is not pending: no write of an ICC_SGI register has sent it since it was acknowledged or "
      "cleared\n"
      "INTID 3 is in Group 0, and ICC_IGRPEN0_EL1 of CPU 1 is 0\n",
      sgi_group_1,
      "[INTID 3 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(PPI_ACTIVE), ppi_being_handled, "intid:27@1",
      "INTID 27 of CPU 1 is level-sensitive (bit 23 of GICR_ICFGR1 is 0), and its line is low\n"
      "[INTID 27 of CPU 1 is active (bit 27 of GICR_ISACTIVER0) and not pending: its handler has it]\n"
      "INTID 27 is not forwarded while it is active, and CPU 1 still has its priority 80h active: its write of "
      "ICC_EOIR1_EL1 is missing\n",
      end_ppi, "INTID 27 of CPU 1 is level-sensitive (bit 23 of GICR_ICFGR1 is 0), and its line is low\n" },
    { R(PPI_ACTIVE_PENDING), ppi_acknowledged, "intid:27@1",
      "[INTID 27 of CPU 1 is active and pending (bit 27 of GICR_ISACTIVER0 and of GICR_ISPENDR0)]\n"
      "INTID 27 is not forwarded while it is active, and CPU 1 still has its priority 80h active: its write of "
      "ICC_EOIR1_EL1 is missing\n",
      end_ppi,
      "[INTID 27 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(PPI_DISABLED), ppi_disabled, "intid:27@1", "INTID 27 of CPU 1 is disabled: bit 27 of GICR_ISENABLER0 is 0\n",
      enable_ppi,
      "[INTID 27 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(PPI_DISABLED), ppi_disabled_v2, "intid:27@1", "INTID 27 of CPU 1 is disabled: bit 27 of GICD_ISENABLER0 is 0\n",
      enable_ppi_v2,
      "[INTID 27 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(PPI_DISABLED), extended_ppi_off, "intid:1089@0",
      "INTID 1089 of CPU 0 is disabled: bit 1 of GICR_ISENABLER2E is 0\n"
      "INTID 1089 is in Group 0, and ICC_IGRPEN0_EL1 of CPU 0 is 0\n",
      extended_ppi_on,
      "[INTID 1089 is pending at CPU 0 with priority 00h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(NO_EOI), ppi_acknowledged, "intid:27@1",
      "[INTID 27 of CPU 1 is active and pending (bit 27 of GICR_ISACTIVER0 and of GICR_ISPENDR0)]\n"
      "INTID 27 is not forwarded while it is active, and CPU 1 still has its priority 80h active: its write of "
      "ICC_EOIR1_EL1 is missing\n",
      end_ppi,
      "[INTID 27 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(NO_DIR), dropped, "intid:33",
      "[INTID 33 is active and pending (bit 1 of GICD_ISACTIVER1 and of GICD_ISPENDR1)]\n"
      "INTID 33 is not forwarded while it is active; its priority 80h was dropped, and as EOImode is 1 a write of "
      "ICC_DIR_EL1 must deactivate it\n",
      deactivate,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(NO_DIR), dropped_v2, "intid:33",
      "[INTID 33 is active and pending (bit 1 of GICD_ISACTIVER1 and of GICD_ISPENDR1)]\n"
      "INTID 33 is not forwarded while it is active; its priority 80h was dropped, and as EOImode is 1 a write of "
      "GICC_DIR must deactivate it\n",
      deactivate_v2,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(ACTIVE_ALONE), other_ended, "intid:33",
      "[INTID 33 is active and pending (bit 1 of GICD_ISACTIVER1 and of GICD_ISPENDR1)]\n"
      "INTID 33 is not forwarded while it is active, and no CPU has its priority 80h active: an EOI named another "
      "INTID, or GICD_ISACTIVER was written\n",
      clear_active,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(ACTIVE_ALONE), ppi_made_active, "intid:27@1",
      "[INTID 27 of CPU 1 is active and pending (bit 27 of GICR_ISACTIVER0 and of GICR_ISPENDR0)]\n"
      "INTID 27 is not forwarded while it is active, and its CPU does not have its priority 80h active: an EOI "
      "named another INTID, or GICR_ISACTIVER was written\n",
      clear_active_ppi,
      "[INTID 27 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SECURE), secure, "intid:33",
      "INTID 33 is disabled: bit 1 of GICD_ISENABLER1 is 0\n"
      "INTID 33 is Secure (bit 1 of GICD_IGROUPR1 is 0): Non-secure software cannot enable it\n"
      "INTID 33 is in Group 0, and ICC_IGRPEN0_EL1 of CPU 0 is 0\n"
      "INTID 33 has priority 00h at CPU 0, and ICC_PMR_EL1 = 00h masks 00h to FFh (as Secure software reads them)\n",
      enable_secure,
      "[INTID 33 is pending at CPU 0 with priority 00h, and FIQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR0_EL1)]\n" },
    { R(GROUP_OFF), group_off, "intid:33", "INTID 33 is in Group 1, and GICD_CTLR.EnableGrp1 is 0 (GICD_CTLR = 51h)\n",
      group_on,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(GROUP_OFF), group_off_v2, "intid:33",
      "INTID 33 is in Group 0, and GICD_CTLR.EnableGrp0 is 0 (GICD_CTLR = 00h)\n", group_on_v2,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(GROUP_OFF), secure_group_1, "intid:33",
      "INTID 33 is in Secure Group 1, and GICD_CTLR.EnableGrp1S is 0 (GICD_CTLR = 33h)\n", enable_secure_group_1,
      "[INTID 33 is pending at CPU 0 with priority 00h, and FIQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(GROUP_0), group_0, "intid:33",
      "INTID 33 is in Group 0 (bit 1 of GICD_IGROUPR1 is 0), and GICD_CTLR = 52h enables only Group 1\n"
      "INTID 33 is in Group 0, and ICC_IGRPEN0_EL1 of CPU 0 is 0\n",
      to_group_1,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(ROUTER_NO_CPU), routed_nowhere, "intid:33",
      "GICD_IROUTER of INTID 33 names the affinity 1.2.3.4, which no CPU has\n", route_to_1,
      "[INTID 33 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(NO_TAKER), no_taker, "intid:33",
      "INTID 33 may go to any CPU (GICD_IROUTER.Interrupt_Routing_Mode = 1), but none of the 3 takes it: 1 asleep "
      "(GICR_WAKER), 1 with GICR_CTLR.DPG1NS = 1, 1 with ICC_IGRPEN1_EL1 = 0\n",
      take_part,
      "[INTID 33 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(NO_TARGET), no_target, "intid:33", "INTID 33 has no target: byte 1 of GICD_ITARGETSR8 is 0\n", target_1,
      "[INTID 33 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(OTHER_CPU), raised, "intid:33@2",
      "INTID 33 goes to CPU 0 and not to CPU 2 (GICD_IROUTER)\n"
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n",
      route_to_2,
      "[INTID 33 is pending at CPU 2 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(OTHER_CPU), target_0, "intid:33@2", "INTID 33 goes to CPU 0 and not to CPU 2 (GICD_ITARGETSR)\n", target_2,
      "[INTID 33 is pending at CPU 2 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n" },
    { R(ASLEEP), asleep, "intid:33",
      "the redistributor of CPU 0 forwards nothing: GICR_WAKER = 6h (ProcessorSleep, ChildrenAsleep)\n", wake_up,
      "[INTID 33 is pending at CPU 0 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SIGNALLED), two_targets, "intid:33",
      "[INTID 33 is pending at CPU 1 with priority 80h, and IRQ is signalled: the CPU has not acknowledged it "
      "(GICC_IAR)]\n",
      mask_both,
      "INTID 33 has priority 80h at CPU 0, and GICC_PMR = 40h masks 40h to FFh\n"
      "INTID 33 has priority 80h at CPU 1, and GICC_PMR = 80h masks 80h to FFh\n" },
};

Test(arm_why_spi, each_reason_has_its_sentence)
{
    check_scenarios(scenarios, countof(scenarios), R(NO_INTID), R(ASLEEP));
}
