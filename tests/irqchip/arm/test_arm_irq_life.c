// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The states of an interrupt through every register that changes them: latch and line, active and pending, GICD and
// GICR, both versions; ICC registers saved and restored.
#include "test_arm_irq.h"

enum { ISENABLER = 0x100, ICENABLER = 0x180, ISPENDR = 0x200, ICPENDR = 0x280, ISACTIVER = 0x300, ICACTIVER = 0x380 };

// Where an interrupt is, and what moves its line.
struct place {
    uint32_t intid;
    enum arm_irq_window window;
    uint32_t word; // offset of its words from those of a row, bytes
};

// An SPI, a PPI and an extended PPI.
static const struct place places[] = {
    { 35, ARM_IRQ_WINDOW_GICD, 4 },
    { 20, ARM_IRQ_WINDOW_GICR, 0x10000 },
    { 1058, ARM_IRQ_WINDOW_GICR, 0x10004 },
};

static struct rig *rig_life(void)
{
    struct rig *rig = rig_v3_config((struct arm_irq_config){ .cpus = 1, .spis = 32, .extended_ppis = 32 });
    gicr_put(rig, 0, SGI(0x84), UINT32_MAX);
    gicr_put(rig, 0, SGI(0x104), UINT32_MAX);
    return rig;
}

static void line(struct rig *rig, const struct place *place, bool level)
{
    if (place->intid >= 32 && place->intid < 1020)
        arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, place->intid - 32, level);
    else
        arm_irq_set_ppi(&rig->irq, 0, place->intid, level);
}

static uint32_t bit_of(const struct place *place)
{
    return BIT32(place->intid % 32);
}

static void put(struct rig *rig, const struct place *place, uint32_t row)
{
    rig_put(rig, place->window, row + place->word, bit_of(place));
}

static bool get(struct rig *rig, const struct place *place, uint32_t row)
{
    return rig_get(rig, place->window, row + place->word) & bit_of(place);
}

#define FOR_PLACES(place) for (const struct place *place = places; place < places + countof(places); place++)

Test(arm_irq_life, a_level_that_was_set_pending_by_a_register_stays_so_without_its_line)
{
    FOR_PLACES(place)
    {
        struct rig *rig = rig_life();
        put(rig, place, ISPENDR);
        cr_assert_eq(rig->pending[0], PENDING_IRQ, "%u", place->intid);
        line(rig, place, true);
        line(rig, place, false);
        cr_assert_eq(rig->pending[0], PENDING_IRQ, "the latch stays");
        line(rig, place, true);
        put(rig, place, ICPENDR);
        cr_assert_eq(rig->pending[0], PENDING_IRQ, "the line stays");
        cr_assert(get(rig, place, ISPENDR));
        line(rig, place, false);
        cr_assert_eq(rig->pending[0], 0);
        cr_assert_not(get(rig, place, ICPENDR));
        rig_free(rig);
    }
}

Test(arm_irq_life, an_acknowledge_takes_the_latch_and_leaves_the_line)
{
    FOR_PLACES(place)
    {
        struct rig *rig = rig_life();
        put(rig, place, ISPENDR);
        line(rig, place, true);
        cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), place->intid);
        cr_assert(get(rig, place, ISACTIVER));
        cr_assert(get(rig, place, ISPENDR), "active and pending");
        line(rig, place, false);
        cr_assert_not(get(rig, place, ISPENDR), "active");
        icc_put(rig, 0, ICC_EOIR1_EL1, place->intid);
        cr_assert_not(get(rig, place, ICACTIVER));
        cr_assert_eq(rig->pending[0], 0);
        rig_free(rig);
    }
}

Test(arm_irq_life, an_active_interrupt_is_not_signalled_and_comes_back_when_deactivated)
{
    FOR_PLACES(place)
    {
        struct rig *rig = rig_life();
        put(rig, place, ISACTIVER);
        line(rig, place, true);
        cr_assert_eq(rig->pending[0], 0, "%u", place->intid);
        put(rig, place, ICACTIVER);
        cr_assert_eq(rig->pending[0], PENDING_IRQ);
        put(rig, place, ICENABLER);
        cr_assert_eq(rig->pending[0], 0);
        cr_assert(get(rig, place, ISPENDR), "disabled, and pending all the same");
        put(rig, place, ISENABLER);
        cr_assert_eq(rig->pending[0], PENDING_IRQ);
        rig_free(rig);
    }
}

// Once for each that was not coalesced, edge-triggered or level-sensitive, whatever the wire does meanwhile.
Test(arm_irq_life, a_trigger_is_taken_once_by_an_edge_and_by_a_level)
{
    for (unsigned edge = 0; edge < 2; edge++) {
        struct rig *rig = rig_life();
        gicd_put(rig, 0xc08, edge ? 2u << 6 : 0);
        arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 3);
        arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 3);
        cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 35, "edge %u", edge);
        cr_assert_eq(rig->pending[0], 0, "two before the acknowledge are one");
        arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 3);
        cr_assert_eq(rig->pending[0], 0, "active and pending");
        icc_put(rig, 0, ICC_EOIR1_EL1, 35);
        cr_assert_eq(rig_take(rig, 0), 35, "the one that came while it was active");
        cr_assert_eq(rig->pending[0], 0);
        gicd_put(rig, 0x184, BIT32(3));
        arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 3);
        arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 3, false);
        gicd_put(rig, 0x104, BIT32(3));
        cr_assert_eq(rig_take(rig, 0), 35, "it was kept while the SPI was disabled");
        arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 3);
        gicd_put(rig, 0x284, BIT32(3));
        cr_assert_eq(rig->pending[0], 0, "GICD_ICPENDR takes it back");
        rig_free(rig);
    }
}

Test(arm_irq_life, a_ppi_that_is_not_there_has_no_line)
{
    struct rig *rig = rig_life(); // 32 extended PPIs
    static const uint32_t intids[] = { 0, 15, 32, 1055, 1088, 1119, 1120, UINT32_MAX };
    for (unsigned i = 0; i < countof(intids); i++)
        arm_irq_set_ppi(&rig->irq, 0, intids[i], true);
    for (unsigned i = 0; i < GIC_PRIVATE_BLOCKS; i++)
        cr_assert_eq(rig->irq.cpus[0].gicr.bank.block[i].line, 0, "block %u", i);
    arm_irq_set_ppi(&rig->irq, 0, 1087, true);
    arm_irq_set_ppi(&rig->irq, 0, 16, true);
    cr_assert_eq(rig->irq.cpus[0].gicr.bank.block[1].line, BIT32(31));
    cr_assert_eq(rig->irq.cpus[0].gicr.bank.block[0].line, BIT32(16));
    rig_free(rig);
}

Test(arm_irq_life, a_trigger_of_a_pin_that_is_not_there_is_ignored)
{
    struct rig *rig = rig_life();
    arm_irq_trigger(&rig->irq, ARM_IRQ_CPU, 3);
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 988);
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, UINT32_MAX);
    cr_assert_eq(rig->signals, 0);
    rig_free(rig);
}

Test(arm_irq_life, every_spi_reaches_its_cpu_under_its_number)
{
    struct rig *rig = rig_v3_config((struct arm_irq_config){ .cpus = 2, .spis = 988, .extended_spis = 1024 });
    for (unsigned n = 0; n < 32; n++) {
        gicd_put(rig, 0x1000 + 4 * n, UINT32_MAX);
        gicd_put(rig, 0x1200 + 4 * n, UINT32_MAX);
    }
    for (uint32_t pin = 0; pin < ARM_IRQ_EXTENDED_PIN + 1024; pin++) {
        uint32_t intid = pin < ARM_IRQ_EXTENDED_PIN ? pin + 32 : pin - ARM_IRQ_EXTENDED_PIN + 4096;
        uint64_t router = intid < 4096 ? 0x6000 + 8 * intid : 0x8000 + 8 * (intid - 4096);
        if (intid >= 1020 && intid < 4096)
            continue;
        arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], router, 8, intid & 1, 0);
        arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, pin, true);
        cr_assert_eq(rig->pending[!(intid & 1)], 0);
        cr_assert_eq(icc_get(rig, intid & 1, ICC_IAR1_EL1), intid);
        arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, pin, false);
        icc_put(rig, intid & 1, ICC_EOIR1_EL1, intid);
    }
    rig_free(rig);
}

Test(arm_irq_life, writes_have_had_their_effect_when_rwp_is_read)
{
    struct rig *rig = rig_life();
    line(rig, &places[0], true);
    gicd_put(rig, 0x184, UINT32_MAX);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(gicd_get(rig, 0) & BIT32(31), 0, "GICD_CTLR.RWP");
    cr_assert_eq(gicr_get(rig, 0, 0) & (BIT32(31) | BIT32(3)), 0, "GICR_CTLR.UWP, RWP");
    rig_free(rig);
}

Test(arm_irq_life, icc_state_can_be_saved_and_restored)
{
    struct rig *rig = rig_life();
    for (unsigned i = 0; i < 3; i++) {
        line(rig, &places[i], true);
        rig_put(rig, ARM_IRQ_WINDOW_GICD, 0x420, 0x80808080);
    }
    gicr_put(rig, 0, SGI(0x414), 0x20);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 1058, "priority 0");
    uint64_t active = icc_get(rig, 0, ICC_AP1R0_EL1), mask = icc_get(rig, 0, ICC_PMR_EL1);
    cr_assert_eq(active, 1);
    icc_put(rig, 0, ICC_AP1R0_EL1, 0);
    cr_assert_eq(rig->pending[0], PENDING_IRQ, "nothing runs");
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), GIC_IDLE);
    icc_put(rig, 0, ICC_PMR_EL1, 0);
    cr_assert_eq(rig->pending[0], 0);
    icc_put(rig, 0, ICC_PMR_EL1, mask);
    icc_put(rig, 0, ICC_AP1R0_EL1, active);
    cr_assert_eq(rig->pending[0], 0, "and again priority 0 does");
    line(rig, &places[2], false);
    icc_put(rig, 0, ICC_EOIR1_EL1, 1058);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 20);
    rig_free(rig);
}

Test(arm_irq_life, a_reset_clears_what_icc_ctlr_holds)
{
    struct rig *rig = rig_life();
    uint64_t before = icc_get(rig, 0, ICC_CTLR_EL1);
    icc_put(rig, 0, ICC_CTLR_EL1, ICC_CTLR_EOIMODE | ICC_CTLR_CBPR);
    cr_assert_eq(icc_get(rig, 0, ICC_CTLR_EL1), before | ICC_CTLR_EOIMODE | ICC_CTLR_CBPR);
    arm_irq_reset(&rig->irq);
    cr_assert_eq(icc_get(rig, 0, ICC_CTLR_EL1), before);
    rig_free(rig);
}
