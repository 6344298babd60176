// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Causes: the events of one interrupt's life have one number, from the raise to the end of interrupt.
#include "test_its.h"
#include "transcript.h"

static struct trace trace;
static struct transcript heard;

static struct rig *listen(struct rig *rig)
{
    rig->irq.config.trace = &trace;
    transcript_start(&heard, &trace);
    return rig;
}

static void cpu_takes(uint32_t vcpu)
{
    trace_emit(&trace, TRACE_TAKE, vcpu, 0x20, 0, 0);
}

static void edge(struct rig *rig, uint32_t spi)
{
    uint32_t config = gicd_get(rig, 0xc00 + 4 * ((spi + 32) / 16));
    gicd_put(rig, 0xc00 + 4 * ((spi + 32) / 16), config | 2u << (2 * ((spi + 32) % 16)));
}

Test(arm_irq_causes, a_level_spi_is_pending_again_after_its_end)
{
    struct rig *rig = listen(rig_v3(1));
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    cpu_takes(0);
    transcript_is(&heard, "pin 1, accept 1, pending 1, take 1");
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 33);
    transcript_is(&heard, "ack 1, pending 0");
    icc_put(rig, 0, ICC_EOIR1_EL1, 33);
    transcript_is(&heard, "eoi 1, eoi 1, accept 1, pending 1");
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 33);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, false);
    icc_put(rig, 0, ICC_EOIR1_EL1, 33);
    transcript_is(&heard, "ack 1, pending 0, pin 1, eoi 1, eoi 1");
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    transcript_is(&heard, "pin 2, accept 2, pending 2");
    rig_free(rig);
}

Test(arm_irq_causes, edges_of_an_spi_join_until_the_acknowledge)
{
    struct rig *rig = rig_v3(1);
    edge(rig, 5);
    listen(rig);
    for (unsigned i = 0; i < 2; i++) {
        arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 5, true);
        arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 5, false);
    }
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 5);
    transcript_is(&heard, "pin 1, accept 1, pending 1, pin 1, pin 1x2, pin 1x2, pin 1x3");
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 37);
    transcript_is(&heard, "ack 1x3, pending 0");
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 5); // while it is active
    transcript_is(&heard, "pin 4");
    icc_put(rig, 0, ICC_EOIR1_EL1, 37);
    transcript_is(&heard, "eoi 1x3, eoi 1x3, accept 4, pending 4");
    rig_free(rig);
}

Test(arm_irq_causes, a_level_that_fell_is_no_part_of_the_next)
{
    struct rig *rig = listen(rig_v3(1));
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, false);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    transcript_is(&heard, "pin 1, accept 1, pending 1, pin 1, pending 0, pin 2, accept 2, pending 2");
    rig_free(rig);
}

Test(arm_irq_causes, what_is_raised_where_it_is_not_enabled_waits)
{
    struct rig *rig = rig_v3(1);
    gicd_put(rig, 0x184, BIT32(4));
    edge(rig, 5);
    gicd_put(rig, 0x184, BIT32(5));
    listen(rig);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 4, true);
    transcript_is(&heard, "pin 1, mask 1");
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 5);
    transcript_is(&heard, "pin 2, mask 2");
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 4, false);
    gicd_put(rig, 0x104, BIT32(4) | BIT32(5));
    transcript_is(&heard, "pin 1, accept 2, pending 2");
    rig_free(rig);
}

Test(arm_irq_causes, what_software_makes_pending_is_a_raise)
{
    struct rig *rig = rig_v3(1);
    edge(rig, 5);
    listen(rig);
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 5);
    rig_take(rig, 0);
    transcript_is(&heard, "pin 1, accept 1, pending 1, ack 1, pending 0, eoi 1, eoi 1");
    gicd_put(rig, 0x204, BIT32(5));
    rig_take(rig, 0);
    transcript_is(&heard, "set 2, accept 2, pending 2, ack 2, pending 0, eoi 2, eoi 2");
    gicd_put(rig, 0x184, BIT32(5));
    gicd_put(rig, 0x204, BIT32(5));
    gicd_put(rig, 0x204, BIT32(5)); // it is pending already
    transcript_is(&heard, "set 3, mask 3");
    rig_put(rig, ARM_IRQ_WINDOW_GICR, 0x10200, BIT32(27) | BIT32(3));
    transcript_is(&heard, "set 4, set 5, accept 4, accept 5, pending 4");
    rig_free(rig);
}

Test(arm_irq_causes, a_higher_priority_is_what_is_taken)
{
    struct rig *rig = rig_v3(1);
    gicd_put(rig, 0x400 + 40, 0x40404040); // INTIDs 40 to 43
    listen(rig);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 8, true);
    cpu_takes(0);
    transcript_is(&heard, "pin 1, accept 1, pending 1, pin 2, accept 2, take 2");
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 40);
    transcript_is(&heard, "ack 2, pending 0");
    icc_put(rig, 0, ICC_EOIR1_EL1, 40);
    transcript_is(&heard, "eoi 2, eoi 2, accept 2, pending 2");
    rig_free(rig);
}

Test(arm_irq_causes, a_timers_ppi_is_each_cpus_own)
{
    struct rig *rig = listen(rig_v3(2));
    arm_irq_set_ppi(&rig->irq, 0, 27, true);
    arm_irq_set_ppi(&rig->irq, 1, 27, true);
    transcript_is(&heard, "pin 1, accept 1, pending 1, pin 2, accept 2, pending 2");
    cpu_takes(1);
    cr_assert_eq(icc_get(rig, 1, ICC_IAR1_EL1), 27);
    arm_irq_set_ppi(&rig->irq, 1, 27, false);
    icc_put(rig, 1, ICC_EOIR1_EL1, 27);
    transcript_is(&heard, "take 2, ack 2, pending 0, pin 2, eoi 2");
    rig_free(rig);
}

Test(arm_irq_causes, sgis_join_at_each_target)
{
    struct rig *rig = listen(rig_v3(3));
    icc_put(rig, 0, ICC_SGI1R_EL1, BIT64(40) | UINT64_C(7) << 24); // to all others
    transcript_is(&heard, "ipi 1, accept 1, pending 1, accept 1, pending 1");
    cr_assert_eq(rig_take(rig, 1), 7);
    transcript_is(&heard, "ack 1, pending 0, eoi 1");
    icc_put(rig, 0, ICC_SGI1R_EL1, BIT64(40) | UINT64_C(7) << 24);
    transcript_is(&heard, "ipi 2, accept 2, pending 2");
    cr_assert_eq(rig_take(rig, 1), 7);
    cr_assert_eq(rig_take(rig, 2), 7);
    transcript_is(&heard, "ack 2, pending 0, eoi 2, ack 1x2, pending 0, eoi 1x2");
    rig_free(rig);
}

Test(arm_irq_causes, an_lpi_by_the_its)
{
    struct rig *rig = listen(rig_mapped());
    cr_assert(send(rig, 5, 3));
    cr_assert(send(rig, 5, 3));
    transcript_is(&heard, "message 1, accept 1, pending 1, message 2, accept 1x2");
    cpu_takes(1);
    cr_assert_eq(rig_take(rig, 1), 8203);
    transcript_is(&heard, "take 1x2, ack 1x2, pending 0, eoi 1x2");
    cr_assert_not(send(rig, 5, 4));
    transcript_is(&heard, "message 3, mistake 0, drop 3");
    rig_put(rig, ARM_IRQ_WINDOW_ITS, 0x10040, 3); // by the CPU itself, whose DeviceID is not mapped
    transcript_is(&heard, "message 4, mistake 0, drop 4");
    rig_free(rig);
}

Test(arm_irq_causes, a_message_makes_an_spi_pending)
{
    struct rig *rig = rig_v3_config((struct arm_irq_config){
        .cpus = 1, .spis = 96, .windows = { 0x8000000, MSI_ARM_NO_WINDOW, MSI_ARM_NO_WINDOW } });
    edge(rig, 5);
    listen(rig);
    cr_assert(arm_irq_msi(&rig->irq, 0x8000040, 37, 0, false));
    cr_assert(arm_irq_msi(&rig->irq, 0x8000040, 37, 0, false));
    transcript_is(&heard, "message 1, accept 1, pending 1, message 2");
    rig_take(rig, 0);
    transcript_is(&heard, "ack 1x2, pending 0, eoi 1x2, eoi 1x2");
    rig_free(rig);
}

Test(arm_irq_causes, a_message_to_gicv2m_is_an_edge_of_its_spi)
{
    struct rig *rig =
        rig_new((struct arm_irq_config){ .version = 2,
                                         .cpus = 1,
                                         .spis = 96,
                                         .v2m_first = 64,
                                         .v2m_count = 32,
                                         .windows = { MSI_ARM_NO_WINDOW, 0x8020000, MSI_ARM_NO_WINDOW } });
    gicd_put(rig, 0, 3);
    gicd_put(rig, 0x108, UINT32_MAX);
    gicd_put(rig, 0x840, 0x01010101);
    rig_put(rig, ARM_IRQ_WINDOW_GICC, GICC_PMR, 0xf8);
    rig_put(rig, ARM_IRQ_WINDOW_GICC, GICC_CTLR, 1);
    edge(rig, 32);
    listen(rig);
    for (unsigned i = 0; i < 2; i++)
        cr_assert(arm_irq_msi(&rig->irq, 0x8020040, 64, 0, false));
    transcript_is(&heard, "message 1, accept 1, pending 1, message 2");
    cr_assert_eq(rig_get(rig, ARM_IRQ_WINDOW_GICC, GICC_IAR), 64);
    transcript_is(&heard, "ack 1x2, pending 0");
    rig_put(rig, ARM_IRQ_WINDOW_V2M, 0x40, 65); // by the CPU itself
    transcript_is(&heard, "message 3, accept 3");
    rig_free(rig);
}

Test(arm_irq_causes, an_sgi_of_gicv2_is_a_raise)
{
    struct rig *rig = rig_new((struct arm_irq_config){ .version = 2, .cpus = 2, .spis = 32 });
    gicd_put(rig, 0, 1);
    for (rig->current = 2; rig->current-- > 0;) {
        rig_put(rig, ARM_IRQ_WINDOW_GICC, GICC_PMR, 0xf8);
        rig_put(rig, ARM_IRQ_WINDOW_GICC, GICC_CTLR, 1);
    }
    listen(rig);
    rig->current = 0;
    gicd_put(rig, 0xf00, 2 << 16 | 5); // to CPU 1
    rig->current = 1;
    cr_assert_eq(rig_get(rig, ARM_IRQ_WINDOW_GICC, GICC_IAR), 5);
    rig_put(rig, ARM_IRQ_WINDOW_GICC, GICC_EOIR, 5);
    transcript_is(&heard, "ipi 1, accept 1, pending 1, ack 1, pending 0, eoi 1");
    rig_free(rig);
}
