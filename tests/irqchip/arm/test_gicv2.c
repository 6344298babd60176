// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// GICv2 and GICv2m: banked registers, SGIs and their sources, targets, GICC's life of an interrupt, the Security
// Extensions.
#include "test_gicv2.h"

#include <errno.h>

Test(gicv2, an_spi_goes_from_line_to_deactivation)
{
    struct rig *rig = rig_v2(2);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_eq(gicc_get(rig, GICC_HPPIR), 33);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 33);
    cr_assert_eq(gicc_get(rig, GICC_RPR), 0x80);
    cr_assert_eq(gicc_get(rig, GICC_APR), BIT32(16));
    cr_assert_eq(gicd_get(rig, 0x304), 2);
    gicc_put(rig, GICC_EOIR, 33);
    cr_assert_eq(gicd_get(rig, 0x304), 0);
    cr_assert_eq(rig->resampled, 1);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, false);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 1023);
    rig_free(rig);
}

Test(gicv2, an_spi_with_several_targets_is_taken_once)
{
    struct rig *rig = rig_v2(3);
    put8(rig, 0x820, 0x07);
    gicd_put(rig, 0xc08, 2);
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 0);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(rig->pending[i], PENDING_IRQ);
    rig->current = 2;
    cr_assert_eq(gicc_get(rig, GICC_IAR), 32);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(rig->pending[i], 0);
    rig->current = 0;
    cr_assert_eq(gicc_get(rig, GICC_IAR), 1023, "somebody was faster");
    rig_free(rig);
}

Test(gicv2, targets_that_are_not_there_read_as_zero)
{
    struct rig *rig = rig_v2(3);
    put8(rig, 0x820, 0xff);
    cr_assert_eq(get8(rig, 0x820), 0x07);
    put8(rig, 0x820, 0xf8);
    cr_assert_eq(get8(rig, 0x820), 0);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(rig->pending[0], 0);
    put8(rig, 0x820, 0x02);
    cr_assert_eq(rig->pending[1], PENDING_IRQ, "a pending SPI follows its targets");
    rig->current = 2;
    cr_assert_eq(gicd_get(rig, 0x800), 0x04040404, "private interrupts: who reads");
    put8(rig, 0x800, 1);
    cr_assert_eq(get8(rig, 0x800), 4);
    rig_free(rig);
}

Test(gicv2, a_uniprocessor_has_no_targets)
{
    struct rig *rig = rig_v2(1);
    cr_assert_eq(gicd_get(rig, 0x820), 0);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    rig_free(rig);
}

Test(gicv2, an_sgi_names_its_source_and_every_source_counts)
{
    struct rig *rig = rig_v2(3);
    rig->current = 1;
    gicd_put(rig, 0xf00, 1 << 16 | 5);
    rig->current = 2;
    gicd_put(rig, 0xf00, 1 << 24 | 5); // all but itself
    cr_assert_eq(rig->pending[2], 0);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    rig->current = 0;
    cr_assert_eq(get8(rig, 0xf10 + 5), 0x06);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 1 << 10 | 5);
    cr_assert_eq(gicd_get(rig, 0x200), BIT32(5), "pending from CPU 2");
    gicc_put(rig, GICC_EOIR, 1 << 10 | 5);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(gicc_get(rig, GICC_HPPIR), 2 << 10 | 5);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 2 << 10 | 5);
    gicc_put(rig, GICC_EOIR, 2 << 10 | 5);
    cr_assert_eq(rig->pending[0], 0);
    gicd_put(rig, 0xf00, 2 << 24 | 1); // itself
    cr_assert_eq(gicc_get(rig, GICC_IAR), 1);
    rig_free(rig);
}

Test(gicv2, sgi_pending_registers_set_and_clear_sources)
{
    struct rig *rig = rig_v2(2);
    gicd_put(rig, 0xf20, 0xff00); // SGI 1 from everybody there is
    cr_assert_eq(gicd_get(rig, 0xf20), 0x0300);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    put8(rig, 0xf11, 0x01);
    cr_assert_eq(gicd_get(rig, 0xf10), 0x0200);
    put8(rig, 0xf11, 0x02);
    cr_assert_eq(rig->pending[0], 0);
    gicd_put(rig, 0x200, 0xffff);
    cr_assert_eq(gicd_get(rig, 0x200), 0, "GICD_ISPENDR does not touch SGIs");
    gicd_put(rig, 0x180, 0xffff);
    cr_assert_eq(gicd_get(rig, 0x100) & 0xffff, 0xffff, "and they are always enabled");
    rig_free(rig);
}

Test(gicv2, sgis_to_nobody_are_counted)
{
    struct rig *rig = rig_v2(2);
    gicd_put(rig, 0xf00, 0xf0 << 16 | 5);
    gicd_put(rig, 0xf00, 3 << 24 | 5);
    cr_assert_eq(rig->irq.gicd.mistakes[GIC_MISTAKE_SGI], 2);
    rig_free(rig);
}

Test(gicv2, private_registers_are_banked)
{
    struct rig *rig = rig_v2(2);
    gicd_put(rig, 0x180, BIT32(27));
    put8(rig, 0x400 + 27, 0x40);
    rig->current = 1;
    cr_assert(gicd_get(rig, 0x100) & BIT32(27));
    cr_assert_eq(get8(rig, 0x400 + 27), 0x80);
    arm_irq_set_ppi(&rig->irq, 1, 27, true);
    arm_irq_set_ppi(&rig->irq, 0, 27, true);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    cr_assert_eq(rig->pending[0], 0);
    rig_free(rig);
}

Test(gicv2, eoimode_1_splits_the_end)
{
    struct rig *rig = rig_v2(1);
    gicc_put(rig, GICC_CTLR, GICC_CTLR_GROUP0 | GICC_CTLR_EOIMODE);
    gicd_put(rig, 0xc08, 2);
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 0);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 32);
    gicc_put(rig, GICC_EOIR, 32);
    cr_assert_eq(gicc_get(rig, GICC_RPR), 0xff);
    cr_assert_eq(gicd_get(rig, 0x304), 1);
    gicc_put(rig, GICC_DIR, 32);
    cr_assert_eq(gicd_get(rig, 0x304), 0);
    gicc_put(rig, GICC_DIR, 32);
    gicc_put(rig, GICC_CTLR, GICC_CTLR_GROUP0);
    gicc_put(rig, GICC_DIR, 32);
    cr_assert_eq(rig->irq.cpus[0].gicc.mistakes[GIC_MISTAKE_DEACTIVATE], 2);
    gicc_put(rig, GICC_EOIR, 32);
    cr_assert_eq(rig->irq.cpus[0].gicc.mistakes[GIC_MISTAKE_EOI], 1);
    rig_free(rig);
}

Test(gicv2, group_1_needs_its_own_registers_or_ackctl)
{
    struct rig *rig = rig_v2(1);
    gicd_put(rig, 0x84, 1);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 1022);
    cr_assert_eq(gicc_get(rig, GICC_HPPIR), 1022);
    cr_assert_eq(gicc_get(rig, GICC_AHPPIR), 32);
    cr_assert_eq(gicc_get(rig, GICC_AIAR), 32);
    cr_assert_eq(gicc_get(rig, GICC_NSAPR), BIT32(16));
    gicc_put(rig, GICC_AEOIR, 32);
    gicc_put(rig, GICC_CTLR, 3 | GICC_CTLR_ACKCTL);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 32);
    gicc_put(rig, GICC_EOIR, 32);
    cr_assert_eq(gicc_get(rig, GICC_RPR), 0xff);
    rig_free(rig);
}

static void expect(struct rig *rig, uint32_t offset, uint32_t value, uint32_t pending)
{
    gicc_put(rig, offset, value);
    cr_assert_eq(rig->pending[0], pending, "%xh := %xh", offset, value);
}

// 70h runs, 40h is pending: first both in Group 0, then the pending one in Group 1.
Test(gicv2, a_write_to_the_cpu_interface_has_its_effect_at_once)
{
    struct rig *rig = rig_v2(1);
    gicd_put(rig, 0x420, 0x4070);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 32);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    expect(rig, GICC_PMR, 0x40, 0);
    expect(rig, GICC_PMR, 0x48, PENDING_IRQ);
    expect(rig, GICC_BPR, 7, 0);
    expect(rig, GICC_BPR, 2, PENDING_IRQ);
    expect(rig, GICC_APR, BIT32(0x20 / 8), 0);
    expect(rig, GICC_APR, BIT32(0x70 / 8), PENDING_IRQ);
    expect(rig, GICC_NSAPR, BIT32(0x20 / 8), 0);
    expect(rig, GICC_NSAPR, 0, PENDING_IRQ);
    expect(rig, GICC_CTLR, GICC_CTLR_GROUP1, 0);
    expect(rig, GICC_CTLR, 3, PENDING_IRQ);
    gicd_put(rig, 0x84, 2);
    expect(rig, GICC_ABPR, 7, 0);
    expect(rig, GICC_ABPR, 3, PENDING_IRQ);
    expect(rig, GICC_CTLR, 3 | GICC_CTLR_CBPR, PENDING_IRQ);
    expect(rig, GICC_BPR, 7, 0);
    expect(rig, GICC_CTLR, 3, PENDING_IRQ);
    expect(rig, GICC_CTLR, GICC_CTLR_GROUP0, 0);
    rig_free(rig);
}

// IHI 0048B 4.3.14: with 2 in GICD_NSACR Non-secure software sees that a Secure interrupt is active, and does not change it.
Test(gicv2, nsacr_shows_what_is_active)
{
    struct rig *rig = rig_v2_config((struct arm_irq_config){ .cpus = 1, .spis = 32, .security = true });
    gicd_put(rig, 0x304, 7);
    gicd_put(rig, 0xe08, 1 | 2 << 2 | 3 << 4);
    set_secure(rig, false);
    cr_assert_eq(gicd_get(rig, 0x304), 6);
    cr_assert_eq(gicd_get(rig, 0x384), 6);
    gicd_put(rig, 0x384, 7);
    gicd_put(rig, 0x304, 0xf0);
    set_secure(rig, true);
    cr_assert_eq(gicd_get(rig, 0x304), 7);
    rig_free(rig);
}

Test(gicv2, group_0_may_be_fiq)
{
    struct rig *rig = rig_v2(1);
    gicc_put(rig, GICC_CTLR, 3 | GICC_CTLR_FIQEN);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(rig->pending[0], PENDING_FIQ);
    gicd_put(rig, 0x84, 1);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    rig_free(rig);
}

Test(gicv2, the_highest_hides_the_rest_though_its_group_is_disabled)
{
    struct rig *rig = rig_v2(1);
    gicd_put(rig, 0x84, 1);
    put8(rig, 0x420, 0x10);
    gicc_put(rig, GICC_CTLR, GICC_CTLR_GROUP0);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 1023);
    gicd_put(rig, 0, 1); // the distributor does not forward Group 1
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    rig_free(rig);
}

Test(gicv2, cbpr_lends_the_binary_point)
{
    struct rig *rig = rig_v2(1);
    gicc_put(rig, GICC_BPR, 4);
    gicc_put(rig, GICC_ABPR, 6);
    cr_assert_eq(gic_cpu_group_mask(&rig->irq.cpus[0].gicc.core, GIC_G1NS), 0xc0);
    gicc_put(rig, GICC_CTLR, 3 | GICC_CTLR_CBPR);
    cr_assert_eq(gic_cpu_group_mask(&rig->irq.cpus[0].gicc.core, GIC_G1NS), 0xe0);
    cr_assert_eq(gic_cpu_group_mask(&rig->irq.cpus[0].gicc.core, GIC_G0), 0xe0);
    gicc_put(rig, GICC_BPR, 0);
    cr_assert_eq(gicc_get(rig, GICC_BPR), GIC_BPR_MIN, "at least the minimum");
    rig_free(rig);
}

// --- Security Extensions --------------------------------------------------------------------------------------------

static struct rig *rig_secure(void)
{
    return rig_v2_config((struct arm_irq_config){ .cpus = 2, .spis = 64, .security = true });
}

Test(gicv2, non_secure_software_sees_group_1_alone)
{
    struct rig *rig = rig_secure();
    gicd_put(rig, 0x84, 0xf0);
    set_secure(rig, false);
    cr_assert_eq(gicd_get(rig, 0x104), 0xf0);
    cr_assert_eq(gicd_get(rig, 0x84), 0, "GICD_IGROUPR is RAZ/WI");
    gicd_put(rig, 0x184, UINT32_MAX);
    put8(rig, 0x420, 0xf0);
    cr_assert_eq(get8(rig, 0x420), 0, "a Group 0 priority");
    put8(rig, 0x424, 0x40);
    cr_assert_eq(get8(rig, 0x424), 0x40);
    cr_assert_eq(gicd_get(rig, 0), 1);
    gicd_put(rig, 0, 0);
    set_secure(rig, true);
    cr_assert_eq(gicd_get(rig, 0), 1, "it switched Group 1 off");
    cr_assert_eq(gicd_get(rig, 0x104), ~UINT32_C(0xf0));
    cr_assert_eq(get8(rig, 0x424), 0xa0, "in the lower half of the priorities");
    cr_assert_eq(get8(rig, 0x420), 0x80);
    rig_free(rig);
}

Test(gicv2, nsacr_lets_non_secure_software_reach_some_interrupts)
{
    struct rig *rig = rig_secure();
    gicd_put(rig, 0xe08, 1 | 2 << 2 | 3 << 4);
    set_secure(rig, false);
    gicd_put(rig, 0x204, 0xf);
    cr_assert_eq(gicd_get(rig, 0x204), 7);
    gicd_put(rig, 0x284, 0xf);
    set_secure(rig, true);
    cr_assert_eq(gicd_get(rig, 0x204), 1);
    set_secure(rig, false);
    put8(rig, 0x820 + 1, 2);
    put8(rig, 0x820 + 2, 2);
    set_secure(rig, true);
    cr_assert_eq(gicd_get(rig, 0x820), 0x01020101);
    rig_free(rig);
}

Test(gicv2, non_secure_software_has_its_own_interface)
{
    struct rig *rig = rig_secure();
    gicd_put(rig, 0x84, 1);
    put8(rig, 0x420, 0xa0);
    put8(rig, 0x421, 0x20);
    gicc_put(rig, GICC_CTLR, 3 | GICC_CTLR_FIQEN);
    set_secure(rig, false);
    cr_assert_eq(gicc_get(rig, GICC_CTLR), 1);
    cr_assert_eq(gicc_get(rig, GICC_PMR), 0xf0);
    cr_assert_eq(gicc_get(rig, GICC_BPR), GIC_BPR_MIN + 1);
    cr_assert_eq(gicc_get(rig, GICC_AIAR), 0, "aliases are Secure");
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 32);
    cr_assert_eq(gicc_get(rig, GICC_RPR), 0x40);
    cr_assert_eq(gicc_get(rig, GICC_APR), BIT32(4));
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    cr_assert_eq(rig->pending[0], PENDING_FIQ);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 1023, "a Secure interrupt is pending");
    gicc_put(rig, GICC_EOIR, 32);
    cr_assert_eq(gicc_get(rig, GICC_RPR), 0xff);
    set_secure(rig, true);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 33);
    set_secure(rig, false);
    cr_assert_eq(gicc_get(rig, GICC_RPR), 0, "a Secure priority");
    gicc_put(rig, GICC_EOIR, 33);
    cr_assert_eq(rig->irq.cpus[0].gicc.mistakes[GIC_MISTAKE_EOI], 1);
    rig_free(rig);
}

Test(gicv2, nsatt_says_which_group_an_sgi_is_for)
{
    struct rig *rig = rig_secure();
    gicd_put(rig, 0xf00, 1 << 16 | BIT32(15) | 2);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(rig->irq.cpus[0].gicc.mistakes[GIC_MISTAKE_SGI], 1);
    gicd_put(rig, 0xf00, 1 << 16 | 2);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    set_secure(rig, false);
    gicd_put(rig, 0xf00, 1 << 16 | 3);
    cr_assert_eq(rig->irq.cpus[0].gicc.mistakes[GIC_MISTAKE_SGI], 2);
    set_secure(rig, true);
    gicd_put(rig, 0xe00, 1 << 6);
    set_secure(rig, false);
    gicd_put(rig, 0xf00, 1 << 16 | 3);
    set_secure(rig, true);
    cr_assert_eq(gicd_get(rig, 0x200), BIT32(2) | BIT32(3));
    rig_free(rig);
}

// --- GICv2m ---------------------------------------------------------------------------------------------------------

Test(gicv2, a_v2m_message_is_one_edge)
{
    struct rig *rig = rig_v2_config((struct arm_irq_config){
        .cpus = 1,
        .spis = 96,
        .v2m_first = 80,
        .v2m_count = 48,
        .windows = { MSI_ARM_NO_WINDOW, 0x8020000, MSI_ARM_NO_WINDOW },
    });
    cr_assert_eq(rig_get(rig, ARM_IRQ_WINDOW_V2M, 0x8), 80 << 16 | 48);
    gicd_put(rig, 0xc00 + 80 / 16 * 4, UINT32_MAX);
    cr_assert(arm_irq_msi(&rig->irq, 0x8020040, 81, 0, false));
    cr_assert_eq(gicc_get(rig, GICC_IAR), 81);
    gicc_put(rig, GICC_EOIR, 81);
    cr_assert_eq(rig->pending[0], 0);
    rig_put(rig, ARM_IRQ_WINDOW_V2M, 0x40, 80);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 80);
    cr_assert_not(arm_irq_msi(&rig->irq, 0x8020040, 79, 0, false));
    rig_put(rig, ARM_IRQ_WINDOW_V2M, 0x40, 128);
    cr_assert_eq(rig->irq.gicv2m.mistakes[GIC_MISTAKE_INTID], 2);
    rig_free(rig);
}

Test(gicv2, configurations_out_of_range_are_refused)
{
    struct arm_irq irq;
    struct error error;
    const struct arm_irq_config bad[] = {
        { .version = 2, .cpus = 9 },
        { .version = 2, .cpus = 1, .extended_spis = 32 },
        { .version = 2, .cpus = 1, .spis = 64, .v2m_first = 31, .v2m_count = 1 },
        { .version = 2, .cpus = 1, .spis = 64, .v2m_first = 90, .v2m_count = 7 },
    };
    for (unsigned i = 0; i < countof(bad); i++)
        cr_assert_eq(arm_irq_init(&irq, &bad[i], &error), -EINVAL, "%u", i);
}

Test(gicv2, a_message_frame_is_of_spis_that_there_are)
{
    static const struct {
        unsigned first, count;
        bool right;
    } list[] = {
        { 32, 64, true }, { 32, 65, false }, { 33, 64, false },  { 95, 1, true }, { 96, 1, false },
        { 31, 2, false }, { 32, 1, true },   { 40, 989, false }, { 0, 1, false }, { 32, UINT32_MAX, false },
    };
    for (unsigned i = 0; i < countof(list); i++) {
        struct arm_irq_config config = { .version = 2,
                                         .cpus = 1,
                                         .spis = 64,
                                         .signal = rig_signal,
                                         .v2m_first = list[i].first,
                                         .v2m_count = list[i].count };
        struct arm_irq irq;
        struct error error = { 0 };
        cr_assert_eq(arm_irq_init(&irq, &config, &error) == 0, list[i].right, "%u: %u and %u", i, list[i].first,
                     list[i].count);
        cr_assert(list[i].right || strstr(error.text, "32 to 95"), "%s", error.text);
        if (list[i].right)
            arm_irq_free(&irq);
    }
}

Test(gicv2, a_reset_forgets_who_sent_an_sgi)
{
    struct rig *rig = rig_v2(2);
    for (uint32_t sgi = 0; sgi < 16; sgi++)
        gicd_put(rig, 0xf00, 1 << 16 | sgi);
    arm_irq_reset(&rig->irq);
    for (uint32_t offset = 0xf10; offset < 0xf20; offset += 4)
        cr_assert_eq(gicd_get(rig, offset), 0, "%xh", offset);
    rig_free(rig);
}

Test(gicv2, an_sgi_that_is_taken_leaves_the_others_pending)
{
    struct rig *rig = rig_v2(2);
    gicd_put(rig, 0xf00, 1 << 16 | 3);
    gicd_put(rig, 0xf00, 1 << 16 | 5);
    rig->current = 1;
    gicd_put(rig, 0xf00, 1 << 16 | 3);
    rig->current = 0;
    cr_assert_eq(gicc_get(rig, GICC_IAR), 3);
    cr_assert_eq(gicd_get(rig, 0x200), BIT32(3) | BIT32(5));
    rig_free(rig);
}

Test(gicv2, a_loaded_controller_goes_on_as_the_saved_one)
{
    struct rig *rig = rig_v2(3), *other = rig_v2(3);
    struct visit_save save, again;
    struct visit_load load;
    put8(rig, 0x820, 0x07);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    gicd_put(rig, 0xf00, 6 << 16 | 4);
    gicc_get(rig, GICC_IAR);
    visit_save_init(&save);
    visit_save_init(&again);
    arm_irq_visit(&rig->irq, &save.visit);
    visit_load_init(&load, save.data, save.size);
    arm_irq_visit(&other->irq, &load.visit);
    for (unsigned i = 0; i < 3; i++)
        other->pending[i] = UINT32_MAX;
    arm_irq_loaded(&other->irq);
    arm_irq_visit(&other->irq, &again.visit);
    cr_assert_arr_eq(save.data, again.data, save.size);
    for (unsigned i = 0; i < 3; i++) {
        rig->current = other->current = i;
        cr_assert_eq(other->pending[i], rig->pending[i]);
        cr_assert_eq(gicc_get(rig, GICC_IAR), gicc_get(other, GICC_IAR));
    }
    free(save.data);
    free(again.data);
    rig_free(rig);
    rig_free(other);
}
