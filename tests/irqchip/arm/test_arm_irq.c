// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// GICv3 wired together: lines, SGIs, routing, the life of an interrupt from line to EOI, security, saving and loading.
#include "test_arm_irq.h"

#include <errno.h>
#include <stddef.h>

#include "starve.h"

// --- Lines ----------------------------------------------------------------------------------------------------------

Test(arm_irq, a_level_spi_is_signalled_taken_and_seen_again_while_it_is_high)
{
    struct rig *rig = rig_v3(2);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 5, true);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_eq(icc_get(rig, 0, ICC_HPPIR1_EL1), 37);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 37);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(gicd_get(rig, 0x204), BIT32(5), "active and pending");
    cr_assert_eq(gicd_get(rig, 0x304), BIT32(5));
    icc_put(rig, 0, ICC_EOIR1_EL1, 37);
    cr_assert_eq(gicd_get(rig, 0x304), 0);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(rig->resamples, 1);
    cr_assert_eq(rig->resampled, 5);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 5, false);
    cr_assert_eq(rig->pending[0], 0);
    rig_free(rig);
}

Test(arm_irq, an_edge_is_latched_and_pending_again_while_active)
{
    struct rig *rig = rig_v3(1);
    gicd_put(rig, 0xc08, 2); // INTID 32: edge
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, false);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 32);
    cr_assert_eq(gicd_get(rig, 0x204), 0);
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 0);
    cr_assert_eq(gicd_get(rig, 0x204), 1);
    cr_assert_eq(rig->pending[0], 0, "not while it is active");
    icc_put(rig, 0, ICC_EOIR1_EL1, 32);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(rig_take(rig, 0), 32);
    cr_assert_eq(rig->pending[0], 0);
    rig_free(rig);
}

Test(arm_irq, a_resample_may_lower_the_line)
{
    struct rig *rig = rig_v3(1);
    rig->relines = true;
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 3, true);
    cr_assert_eq(rig_take(rig, 0), 35);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(rig->signals, 2);
    rig_free(rig);
}

Test(arm_irq, a_ppi_reaches_its_own_cpu)
{
    struct rig *rig = rig_v3(3);
    arm_irq_set_ppi(&rig->irq, 1, 27, true);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    cr_assert_eq(icc_get(rig, 1, ICC_IAR1_EL1), 27);
    arm_irq_set_ppi(&rig->irq, 1, 27, false);
    icc_put(rig, 1, ICC_EOIR1_EL1, 27);
    cr_assert_eq(rig->pending[1], 0);
    rig_free(rig);
}

Test(arm_irq, pins_and_intids_that_are_not_there_change_nothing)
{
    struct rig *rig = rig_v3(1);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 96, true);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 988, true);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 5000, true);
    arm_irq_set_pin(&rig->irq, 7, 1, true);
    arm_irq_set_ppi(&rig->irq, 0, 3, true);
    arm_irq_set_ppi(&rig->irq, 0, 1056, true);
    arm_irq_set_ppi(&rig->irq, 0, 40, true);
    cr_assert_eq(rig->signals, 0);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 1023);
    rig_free(rig);
}

Test(arm_irq, extended_spis_and_ppis_live_like_the_others)
{
    struct rig *rig =
        rig_v3_config((struct arm_irq_config){ .cpus = 2, .spis = 32, .extended_spis = 1024, .extended_ppis = 64 });
    gicd_put(rig, 0x1000 + 124, UINT32_MAX);
    gicd_put(rig, 0x1200 + 124, UINT32_MAX);
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x8000 + 8 * 1023, 8, 1, 0);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, ARM_IRQ_EXTENDED_PIN + 1023, true);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    cr_assert_eq(icc_get(rig, 1, ICC_IAR1_EL1), 5119);
    icc_put(rig, 1, ICC_EOIR1_EL1, 5119);
    cr_assert_eq(rig->resampled, ARM_IRQ_EXTENDED_PIN + 1023);
    gicr_put(rig, 0, SGI(0x88), UINT32_MAX);
    gicr_put(rig, 0, SGI(0x108), UINT32_MAX);
    arm_irq_set_ppi(&rig->irq, 0, 1119, true);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 1119);
    rig_free(rig);
}

// --- SGIs -----------------------------------------------------------------------------------------------------------

Test(arm_irq, an_sgi_reaches_the_cpus_of_its_list)
{
    struct rig *rig = rig_v3(20);
    icc_put(rig, 0, ICC_SGI1R_EL1, 7 << 24 | 1 << 16 | 0xa); // Aff1 = 1: CPUs 17 and 19
    for (uint32_t i = 0; i < 20; i++)
        cr_assert_eq(rig->pending[i], i == 17 || i == 19 ? PENDING_IRQ : 0, "CPU %u", i);
    cr_assert_eq(rig_take(rig, 17), 7);
    cr_assert_eq(rig->pending[17], 0);
    rig_free(rig);
}

// Every level of affinity counts: CPUs that differ in only one of them, each reached by SPI and by SGI, with its
// affinity only.
Test(arm_irq, all_four_levels_of_affinity_name_a_cpu)
{
    static const uint64_t affinities[] = { 0x0000000000, 0x0000000001, 0x0000000010, 0x0000000100,
                                           0x0000010000, 0x0100000000, 0x8000201005 };
    struct rig *rig =
        rig_v3_config((struct arm_irq_config){ .cpus = countof(affinities), .spis = 32, .affinities = affinities });
    gicd_put(rig, 0xc08, 2);
    for (uint32_t cpu = 0; cpu < countof(affinities); cpu++) {
        uint64_t a = affinities[cpu];
        arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x6100, 8, a, 0);
        arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 0);
        for (uint32_t i = 0; i < countof(affinities); i++)
            cr_assert_eq(rig->pending[i] != 0, i == cpu, "SPI to CPU %u at CPU %u", cpu, i);
        cr_assert_eq(rig_take(rig, cpu), 32);
        icc_put(rig, 0, ICC_SGI1R_EL1,
                bits_get(a, 39, 32) << 48 | bits_get(a, 7, 4) << 44 | bits_get(a, 23, 16) << 32 |
                    bits_get(a, 15, 8) << 16 | UINT64_C(9) << 24 | BIT32(a & 15));
        for (uint32_t i = 0; i < countof(affinities); i++)
            cr_assert_eq(rig->pending[i] != 0, i == cpu, "SGI to CPU %u at CPU %u", cpu, i);
        cr_assert_eq(rig_take(rig, cpu), 9);
    }
    static const uint64_t nobody[] = { 0x2, 0x20, 0x200, 0x20000, 0x0200000000, 0x8140201005, 0x8040201015 };
    for (unsigned i = 0; i < countof(nobody); i++) {
        arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x6100, 8, nobody[i], 0);
        arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 0);
        for (uint32_t cpu = 0; cpu < countof(affinities); cpu++)
            cr_assert_eq(rig->pending[cpu], 0);
        gicd_put(rig, 0x284, 1);
    }
    rig_free(rig);
}

// ICC_SGI1R_EL1.IRM on a uniprocessor: there is no other CPU to be missed. With others that do not take it, it is lost.
Test(arm_irq, an_sgi_to_all_others_is_lost_where_there_are_others)
{
    for (uint32_t cpus = 1; cpus < 4; cpus++) {
        struct rig *rig = rig_v3(cpus);
        for (uint32_t cpu = 1; cpu < cpus; cpu++)
            gicr_put(rig, cpu, SGI(0x80), ~BIT32(3)); // Group 0: not for an SGI of Group 1
        icc_put(rig, 0, ICC_SGI1R_EL1, BIT64(40) | 3 << 24);
        cr_assert_eq(rig->irq.cpus[0].icc.mistakes[GIC_MISTAKE_SGI], cpus > 1, "%u CPUs", cpus);
        rig_free(rig);
    }
}

Test(arm_irq, an_sgi_to_all_others_leaves_the_sender_out)
{
    struct rig *rig = rig_v3(3);
    icc_put(rig, 1, ICC_SGI1R_EL1, UINT64_C(1) << 40 | 2 << 24);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_eq(rig->pending[2], PENDING_IRQ);
    rig_free(rig);
}

Test(arm_irq, the_range_selector_reaches_aff0_above_15)
{
    uint64_t affinities[2] = { 0, 0x0100000212 };
    struct rig *rig = rig_v3_config((struct arm_irq_config){ .cpus = 2, .affinities = affinities });
    icc_put(rig, 0, ICC_SGI1R_EL1, UINT64_C(1) << 48 | UINT64_C(1) << 44 | 2 << 16 | 3 << 24 | BIT32(2));
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    rig_free(rig);
}

Test(arm_irq, an_sgi_to_nobody_is_counted)
{
    struct rig *rig = rig_v3(2);
    icc_put(rig, 0, ICC_SGI1R_EL1, BIT32(9));
    cr_assert_eq(rig->irq.cpus[0].icc.mistakes[GIC_MISTAKE_SGI], 1);
    icc_put(rig, 0, ICC_SGI0R_EL1, BIT32(1)); // the target has it in Group 1
    cr_assert_eq(rig->irq.cpus[0].icc.mistakes[GIC_MISTAKE_SGI], 2);
    cr_assert_eq(rig->pending[1], 0);
    rig_free(rig);
}

// --- Routing --------------------------------------------------------------------------------------------------------

Test(arm_irq, irouter_moves_a_pending_spi)
{
    struct rig *rig = rig_v3(18);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x6100, 8, 0x101, 0);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(rig->pending[17], PENDING_IRQ);
    gicd_put(rig, 0x6100, 0x0f0f); // no CPU
    cr_assert_eq(rig->pending[17], 0);
    gicd_put(rig, 0x6100, 0x1);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    rig_free(rig);
}

Test(arm_irq, one_of_n_takes_turns_and_the_choice_stands)
{
    struct rig *rig = rig_v3(3);
    gicd_put(rig, 0xc08, 2);
    gicd_put(rig, 0x6100, BIT32(31));
    for (unsigned i = 0; i < 7; i++) {
        arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 0);
        arm_irq_settle(&rig->irq);
        for (unsigned cpu = 0; cpu < 3; cpu++)
            cr_assert_eq(rig->pending[cpu], cpu == i % 3 ? PENDING_IRQ : 0, "round %u, CPU %u", i, cpu);
        cr_assert_eq(rig_take(rig, i % 3), 32);
    }
    rig_free(rig);
}

Test(arm_irq, one_of_n_avoids_cpus_that_take_no_part)
{
    struct rig *rig = rig_v3(4);
    gicd_put(rig, 0xc08, 2);
    gicd_put(rig, 0x6100, BIT32(31));
    gicr_put(rig, 0, 0x0, GICR_CTLR_DPG1NS);
    gicr_put(rig, 1, 0x14, 2); // asleep
    icc_put(rig, 2, ICC_IGRPEN1_EL1, 0);
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 0);
    cr_assert_eq(rig->pending[3], PENDING_IRQ);
    gicr_put(rig, 3, 0x0, GICR_CTLR_DPG1NS); // no CPU is left
    cr_assert_eq(rig->pending[3], 0);
    icc_put(rig, 2, ICC_IGRPEN1_EL1, 1);
    cr_assert_eq(rig->pending[2], PENDING_IRQ);
    rig_free(rig);
}

Test(arm_irq, a_sleeping_redistributor_forwards_nothing)
{
    struct rig *rig = rig_v3(1);
    gicr_put(rig, 0, 0x14, 2);
    cr_assert_eq(gicr_get(rig, 0, 0x14), 6);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(rig->pending[0], 0);
    gicr_put(rig, 0, 0x14, 0);
    cr_assert_eq(gicr_get(rig, 0, 0x14), 0);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    rig_free(rig);
}

// --- Priorities and ends --------------------------------------------------------------------------------------------

Test(arm_irq, a_higher_priority_preempts_and_an_equal_one_waits)
{
    struct rig *rig = rig_v3(1);
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x400 + 33, 1, 0x40, 0);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 32);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), 0x80);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 2, true);
    cr_assert_eq(rig->pending[0], 0);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 33);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), 0x40);
    cr_assert_eq(icc_get(rig, 0, ICC_AP1R0_EL1), BIT32(16) | BIT32(8));
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, false);
    icc_put(rig, 0, ICC_EOIR1_EL1, 33);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), 0x80);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, false);
    icc_put(rig, 0, ICC_EOIR1_EL1, 32);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), 0xff);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 34);
    rig_free(rig);
}

static void expect(struct rig *rig, uint64_t encoding, uint64_t value, uint32_t pending)
{
    icc_put(rig, 0, encoding, value);
    cr_assert_eq(rig->pending[0], pending, "%lxh := %lxh", (unsigned long)encoding, (unsigned long)value);
}

// What each register of the CPU interface says counts from the write on. 70h runs, 40h is pending, both in Group 1.
Test(arm_irq, a_write_to_the_cpu_interface_has_its_effect_at_once)
{
    struct rig *rig = rig_v3(1);
    gicd_put(rig, 0x420, 0x4070);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 32);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    expect(rig, ICC_PMR_EL1, 0x40, 0);
    expect(rig, ICC_PMR_EL1, 0x48, PENDING_IRQ);
    expect(rig, ICC_BPR1_EL1, 7, 0);
    expect(rig, ICC_BPR1_EL1, 3, PENDING_IRQ);
    expect(rig, ICC_BPR0_EL1, 7, PENDING_IRQ);
    expect(rig, ICC_CTLR_EL1, ICC_CTLR_CBPR, 0);
    expect(rig, ICC_BPR0_EL1, 2, PENDING_IRQ);
    expect(rig, ICC_BPR0_EL1, 7, 0);
    expect(rig, ICC_CTLR_EL1, 0, PENDING_IRQ);
    expect(rig, ICC_AP0R0_EL1, BIT32(0x20 / 8), 0);
    expect(rig, ICC_AP0R0_EL1, 0, PENDING_IRQ);
    expect(rig, ICC_AP1R0_EL1, BIT32(0x20 / 8), 0);
    expect(rig, ICC_AP1R0_EL1, BIT32(0x70 / 8), PENDING_IRQ);
    expect(rig, ICC_IGRPEN1_EL1, 0, 0);
    expect(rig, ICC_IGRPEN1_EL1, 1, PENDING_IRQ);
    gicd_put(rig, 0x84, 0);
    cr_assert_eq(rig->pending[0], 0, "Group 0");
    expect(rig, ICC_IGRPEN0_EL1, 1, 0);
    expect(rig, ICC_BPR0_EL1, 2, PENDING_FIQ);
    expect(rig, ICC_IGRPEN0_EL1, 0, 0);
    rig_free(rig);
}

Test(arm_irq, the_binary_point_says_what_preempts)
{
    struct rig *rig = rig_v3(1);
    icc_put(rig, 0, ICC_BPR1_EL1, 7); // only [7]
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x400 + 32, 1, 0xa0, 0);
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x400 + 33, 1, 0x88, 0);
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x400 + 34, 1, 0x78, 0);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 32);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    cr_assert_eq(rig->pending[0], 0, "the same group priority");
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 2, true);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 34);
    rig_free(rig);
}

Test(arm_irq, the_mask_lets_only_higher_priorities_through)
{
    struct rig *rig = rig_v3(1);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    icc_put(rig, 0, ICC_PMR_EL1, 0x80);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 1023);
    cr_assert_eq(icc_get(rig, 0, ICC_HPPIR1_EL1), 32, "HPPIR does not look at the mask");
    icc_put(rig, 0, ICC_PMR_EL1, 0x88);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    rig_free(rig);
}

Test(arm_irq, eoimode_1_splits_the_end)
{
    struct rig *rig = rig_v3(1);
    icc_put(rig, 0, ICC_CTLR_EL1, ICC_CTLR_EOIMODE);
    gicd_put(rig, 0xc08, 0xa);
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 0);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 32);
    icc_put(rig, 0, ICC_EOIR1_EL1, 32);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), 0xff);
    cr_assert_eq(gicd_get(rig, 0x304), 1, "still active");
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 0);
    cr_assert_eq(rig->pending[0], 0);
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 1);
    cr_assert_eq(rig->pending[0], PENDING_IRQ, "another one of the same priority");
    icc_put(rig, 0, ICC_DIR_EL1, 32);
    cr_assert_eq(gicd_get(rig, 0x304), 0);
    cr_assert_eq(rig_take(rig, 0), 32);
    rig_free(rig);
}

Test(arm_irq, wrong_ends_change_nothing_and_are_counted)
{
    struct rig *rig = rig_v3(1);
    struct icc *icc = &rig->irq.cpus[0].icc;
    icc_put(rig, 0, ICC_EOIR1_EL1, 32);
    cr_assert_eq(icc->mistakes[GIC_MISTAKE_EOI], 1);
    icc_put(rig, 0, ICC_DIR_EL1, 32);
    cr_assert_eq(icc->mistakes[GIC_MISTAKE_DEACTIVATE], 1, "EOImode is 0");
    icc_put(rig, 0, ICC_CTLR_EL1, ICC_CTLR_EOIMODE);
    icc_put(rig, 0, ICC_DIR_EL1, 32);
    cr_assert_eq(icc->mistakes[GIC_MISTAKE_DEACTIVATE], 2, "it is not active");
    icc_put(rig, 0, ICC_DIR_EL1, 5500);
    cr_assert_eq(icc->mistakes[GIC_MISTAKE_DEACTIVATE], 3, "no such INTID");
    icc_put(rig, 0, ICC_EOIR1_EL1, 1023);
    icc_put(rig, 0, ICC_EOIR1_EL1, 1020);
    cr_assert_eq(icc->mistakes[GIC_MISTAKE_EOI], 1, "special INTIDs are ignored");
    rig_free(rig);
}

Test(arm_irq, an_interrupt_left_in_group_0_is_told_apart)
{
    struct rig *rig = rig_v3(1);
    gicd_put(rig, 0x84, 0);
    icc_put(rig, 0, ICC_IGRPEN0_EL1, 1);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(rig->pending[0], PENDING_FIQ);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 1023);
    cr_assert_eq(icc_get(rig, 0, ICC_HPPIR1_EL1), 1023);
    cr_assert_eq(rig->irq.cpus[0].icc.mistakes[GIC_MISTAKE_OTHER_GROUP], 1);
    cr_assert_eq(icc_get(rig, 0, ICC_HPPIR0_EL1), 32);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR0_EL1), 32);
    cr_assert_eq(icc_get(rig, 0, ICC_AP0R0_EL1), BIT32(16));
    icc_put(rig, 0, ICC_EOIR1_EL1, 32);
    cr_assert_eq(rig->irq.cpus[0].icc.mistakes[GIC_MISTAKE_EOI], 1, "EOI through the wrong group");
    icc_put(rig, 0, ICC_EOIR0_EL1, 32);
    cr_assert_eq(icc_get(rig, 0, ICC_AP0R0_EL1), 0);
    rig_free(rig);
}

Test(arm_irq, a_disabled_group_hides_nothing_of_the_other)
{
    struct rig *rig = rig_v3(1);
    gicd_put(rig, 0x84, ~UINT32_C(1));
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x400 + 32, 1, 0, 0);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(rig->pending[0], 0);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 33);
    rig_free(rig);
}

// --- Messages -------------------------------------------------------------------------------------------------------

Test(arm_irq, messages_make_spis_pending)
{
    struct rig *rig = rig_v3_config((struct arm_irq_config){
        .cpus = 1, .spis = 64, .windows = { 0x8000000, MSI_ARM_NO_WINDOW, MSI_ARM_NO_WINDOW } });
    gicd_put(rig, 0xc08, 2);
    cr_assert(arm_irq_msi(&rig->irq, 0x8000040, 32, 0, false));
    cr_assert_eq(rig_take(rig, 0), 32);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert(arm_irq_msi(&rig->irq, 0x8000040, 33, 0, false));
    cr_assert_eq(rig_take(rig, 0), 33);
    cr_assert_eq(rig->pending[0], PENDING_IRQ, "level-sensitive: pending until it is cleared");
    gicd_put(rig, 0x48, 33);
    cr_assert_eq(rig->pending[0], 0);
    gicd_put(rig, 0x40, 34);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_not(arm_irq_msi(&rig->irq, 0x8000040, 96, 0, false), "no such SPI");
    cr_assert_not(arm_irq_msi(&rig->irq, 0x8000040, 20, 0, false), "a PPI");
    cr_assert_not(arm_irq_msi(&rig->irq, 0x8000044, 32, 0, false), "no doorbell");
    gicd_put(rig, 0x40, 1022);
    cr_assert_eq(rig->irq.gicd.mistakes[GIC_MISTAKE_INTID], 3, "a device's and a CPU's");
    rig_free(rig);
}

Test(arm_irq, a_message_and_a_wire_hold_a_level_each_by_itself)
{
    struct rig *rig = rig_v3(1);
    gicd_put(rig, 0x40, 37); // GICD_SETSPI_NSR
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 5, true);
    gicd_put(rig, 0x48, 37); // GICD_CLRSPI_NSR
    cr_assert_eq(rig->pending[0], PENDING_IRQ, "the wire is high");
    gicd_put(rig, 0x48, 37);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    gicd_put(rig, 0x40, 37);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 5, false);
    cr_assert_eq(rig->pending[0], PENDING_IRQ, "the message holds it");
    gicd_put(rig, 0x48, 37);
    cr_assert_eq(rig->pending[0], 0);
    rig_free(rig);
}

Test(arm_irq, a_reset_forgets_the_level_of_a_message_and_keeps_that_of_a_wire)
{
    struct rig *rig = rig_v3(1);
    gicd_put(rig, 0x40, 37);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 6, true);
    arm_irq_reset(&rig->irq);
    cr_assert_eq(gicd_get(rig, 0x204), 1u << 6);
    rig_free(rig);
}

// --- The CPU port ---------------------------------------------------------------------------------------------------

Test(arm_irq, the_port_answers_for_icc_registers_alone)
{
    struct rig *rig = rig_v3(1);
    struct cpu_port port;
    uint64_t value;
    arm_irq_port(&rig->irq, &port);
    cr_assert_eq(port.read(port.owner, 0, PORT_MEMORY, 0, 4, &value, 0), PORT_NOT_MINE);
    cr_assert_eq(port.read(port.owner, 0, PORT_REGISTER, ICC_ENCODING(3, 0, 1, 0, 0), 8, &value, 0), PORT_NOT_MINE);
    value = UINT64_MAX;
    cr_assert_eq(port.read(port.owner, 0, PORT_REGISTER, ICC_EOIR1_EL1, 8, &value, 0), PORT_FAULT);
    cr_assert_eq(value, 0, "whoever looks at it all the same sees the same in every run");
    cr_assert_eq(port.write(port.owner, 0, PORT_REGISTER, ICC_IAR1_EL1, 8, 0, 0), PORT_FAULT);
    cr_assert_eq(port.read(port.owner, 0, PORT_REGISTER, ICC_CTLR_EL3, 8, &value, 0), PORT_NOT_MINE);
    cr_assert_eq(port.acknowledge(port.owner, 0, PENDING_IRQ, 0), -1);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(port.acknowledge(port.owner, 0, PENDING_IRQ, 0), 0);
    cr_assert_eq(port.acknowledge(port.owner, 0, PENDING_FIQ, 0), -1);
    rig_free(rig);
}

// --- State ----------------------------------------------------------------------------------------------------------

static void stir(struct rig *rig)
{
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 7, true);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 9, true);
    arm_irq_set_ppi(&rig->irq, 2, 27, true);
    gicd_put(rig, 0x6100 + 8 * 10, BIT32(31));
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 10, true);
    icc_put(rig, 0, ICC_SGI1R_EL1, 5 << 24 | 7);
    icc_get(rig, 0, ICC_IAR1_EL1);
    icc_put(rig, 1, ICC_BPR1_EL1, 5);
}

Test(arm_irq, settling_twice_changes_nothing)
{
    struct rig *rig = rig_v3(4);
    struct visit_save before, after;
    stir(rig);
    unsigned signals = rig->signals;
    visit_save_init(&before);
    visit_save_init(&after);
    arm_irq_visit(&rig->irq, &before.visit);
    gicd_touch_all(&rig->irq.gicd);
    arm_irq_settle(&rig->irq);
    arm_irq_settle(&rig->irq);
    arm_irq_visit(&rig->irq, &after.visit);
    cr_assert_eq(rig->signals, signals);
    cr_assert_arr_eq(before.data, after.data, before.size);
    free(before.data);
    free(after.data);
    rig_free(rig);
}

Test(arm_irq, a_loaded_controller_goes_on_as_the_saved_one)
{
    struct rig *rig = rig_v3(4), *other = rig_v3(4);
    struct visit_save save, again;
    struct visit_load load;
    stir(rig);
    visit_save_init(&save);
    arm_irq_visit(&rig->irq, &save.visit);
    visit_load_init(&load, save.data, save.size);
    arm_irq_visit(&other->irq, &load.visit);
    cr_assert_not(load.failed);
    for (unsigned i = 0; i < 4; i++)
        other->pending[i] = UINT32_MAX;
    arm_irq_loaded(&other->irq);
    visit_save_init(&again);
    arm_irq_visit(&other->irq, &again.visit);
    cr_assert_arr_eq(save.data, again.data, save.size);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(other->pending[i], rig->pending[i]);
        for (unsigned k = 0; k < 6; k++)
            cr_assert_eq(icc_get(rig, i, ICC_IAR1_EL1), icc_get(other, i, ICC_IAR1_EL1));
    }
    free(save.data);
    free(again.data);
    rig_free(rig);
    rig_free(other);
}

static void visit_gicd(void *object, struct visit *v)
{
    gicd_visit(object, v);
}

static void visit_gicr(void *object, struct visit *v)
{
    gicr_visit(object, v);
}

static void visit_icc(void *object, struct visit *v)
{
    icc_visit(object, v);
}

Test(arm_irq, the_lists_of_state_miss_no_field)
{
    static struct gicd gicd;
    static struct gicr gicr;
    static struct icc icc;
    // Configuration, what is to be derived again, and padding. LPI memory is behind pointers.
    const size_t shared = sizeof gicd.spi - sizeof gicd.spi.block;
    const size_t bank = sizeof gicr.bank - sizeof gicr.bank.block - sizeof gicr.bank.source;
    const size_t hole = offsetof(struct gic_block, nsacr) - offsetof(struct gic_block, nmi) - sizeof(uint32_t);
    cr_assert_eq(visit_uncovered(&gicd, sizeof gicd, visit_gicd), 12 + shared + GIC_SPI_BLOCKS * hole);
    cr_assert_eq(visit_uncovered(&gicr, sizeof gicr, visit_gicr),
                 24 + bank + sizeof(struct gic_set) + 2 * sizeof(void *) + GIC_PRIVATE_BLOCKS * hole);
    cr_assert_eq(visit_uncovered(&icc, sizeof icc, visit_icc), 3 * sizeof(uint32_t) + 1);
}

Test(arm_irq, a_reset_leaves_lines_and_nothing_else)
{
    struct rig *rig = rig_v3(4);
    stir(rig);
    arm_irq_reset(&rig->irq);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(rig->pending[i], 0);
        cr_assert_eq(rig->irq.cpus[i].ready.levels[GIC_G1NS], 0);
    }
    cr_assert_eq(gicd_get(rig, 0x204), BIT32(7) | BIT32(9) | BIT32(10));
    cr_assert_eq(gicd_get(rig, 0x304), 0);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), 0xff);
    rig_free(rig);
}

// --- Configuration --------------------------------------------------------------------------------------------------

static int try(struct arm_irq_config config)
{
    struct arm_irq irq;
    struct error error;
    int code = arm_irq_init(&irq, &config, &error);
    if (code == 0)
        arm_irq_free(&irq);
    return code;
}

Test(arm_irq, configurations_out_of_range_are_refused)
{
    static const uint64_t twins[2] = { 3, 3 };
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 1, .spis = 988 }), 0);
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 512 }), 0);
    cr_assert_eq(try((struct arm_irq_config){ .version = 1, .cpus = 1 }), -EINVAL);
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 0 }), -EINVAL);
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 513 }), -EINVAL);
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 1, .spis = 989 }), -EINVAL);
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 1, .extended_spis = 1025 }), -EINVAL);
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 1, .extended_ppis = 16 }), -EINVAL);
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 2, .affinities = twins }), -EINVAL);
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 1, .lpi_bits = 13 }), -EINVAL);
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 1, .lpi_bits = 25 }), -EINVAL);
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 1, .lpi_bits = 16 }), -EINVAL, "no memory");
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 1, .its = true }), -EINVAL);
    cr_assert_eq(try((struct arm_irq_config){ .version = 3, .cpus = 1, .its = true, .deadline = rig_deadline }),
                 -EINVAL);
}

// --- What cannot be made --------------------------------------------------------------------------------------------

Test(arm_irq, two_cpus_of_one_affinity_are_refused_by_name)
{
    static const uint64_t affinities[] = { 0, 0x10203, 5, 0x10203 };
    const struct arm_irq_config config = { .version = 3, .cpus = 4, .spis = 32, .affinities = affinities };
    struct arm_irq irq;
    struct error error = { .text = "" };
    cr_assert_eq(arm_irq_init(&irq, &config, &error), -EINVAL);
    cr_assert_str_eq(error.text, "CPUs 1 and 3 have the same affinity 10203h");
}

Test(arm_irq, what_is_made_leaves_no_error)
{
    const struct arm_irq_config config = { .version = 3, .cpus = 1, .spis = 32 };
    struct arm_irq irq;
    struct error error = { .text = "" };
    cr_assert_eq(arm_irq_init(&irq, &config, &error), 0);
    cr_assert_str_eq(error.text, "");
    arm_irq_free(&irq);
}

#ifdef CAN_STARVE

Test(arm_irq, a_host_without_memory_is_an_error_of_one_line)
{
    const struct arm_irq_config config = { .version = 3, .cpus = 64, .spis = 32 };
    static struct arm_irq irq;
    struct error error = { .text = "" };
    struct rlimit limit;
    struct starve_block *taken = use_up_memory(&limit);
    int code = arm_irq_init(&irq, &config, &error);
    give_memory_back(taken, &limit);
    cr_assert_eq(code, -ENOMEM);
    cr_assert_str_eq(error.text, "no memory for 64 CPUs");
}

#endif
