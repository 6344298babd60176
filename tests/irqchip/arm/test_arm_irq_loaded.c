// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A saved state may come from anywhere: no field of it is used as an index before it is checked, and nothing waits for
// an event that never comes.
#include "test_its.h"

static void loaded(struct rig *rig)
{
    memset(rig->pending, 0xff, sizeof rig->pending);
    arm_irq_loaded(&rig->irq);
}

Test(arm_irq_loaded, priorities_and_superpriority_are_ones_there_are)
{
    struct rig *rig = rig_v3(2);
    struct gic_cpu *core = &rig->irq.cpus[1].icc.core, *old = &rig->irq.cpus[1].gicc.core;
    for (unsigned i = 0; i < GIC_GROUPS; i++) {
        core->bpr[i] = old->bpr[i] = 0xf8; // 0 in three bits
        core->nmi[i] = (uint8_t)(0x7f + i);
    }
    old->nmi[GIC_G1NS] = 0x81;
    old->nmi[GIC_G1S] = 1;
    loaded(rig);
    for (unsigned i = 0; i < GIC_GROUPS; i++) {
        cr_assert_eq(core->bpr[i], GIC_BPR_MIN + (i == GIC_G1NS), "group %u", i);
        cr_assert_eq(old->bpr[i], GIC_BPR_MIN + (i == GIC_G1NS), "group %u", i);
        cr_assert_eq(core->nmi[i], i == GIC_G1S ? 0x81 : 0, "group %u", i); // 7fh + 2
    }
    cr_assert_eq(old->nmi[GIC_G1NS], 0x81);
    cr_assert_eq(old->nmi[GIC_G1S], 1);
    for (unsigned i = 0; i < GIC_GROUPS; i++)
        core->bpr[i] = 0xff;
    loaded(rig);
    for (unsigned i = 0; i < GIC_GROUPS; i++)
        cr_assert_eq(core->bpr[i], 7);
    rig_free(rig);
}

Test(arm_irq_loaded, targets_of_gicv2_are_cpus_there_are)
{
    struct rig *rig = rig_new((struct arm_irq_config){ .version = 2, .cpus = 3, .spis = 988 });
    memset(rig->irq.gicd.itargetsr, 0xff, sizeof rig->irq.gicd.itargetsr);
    memset(rig->irq.gicd.place, 0xff, sizeof rig->irq.gicd.place);
    loaded(rig);
    for (unsigned i = 0; i < GICD_SPIS; i++) {
        cr_assert_eq(rig->irq.gicd.itargetsr[i], 7, "SPI %u", i);
        cr_assert_eq(rig->irq.gicd.place[i], 0, "SPI %u", i);
    }
    rig_free(rig);
}

Test(arm_irq_loaded, choices_of_1_of_n_are_cpus_there_are)
{
    struct rig *rig = rig_v3(3);
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x6100, 8, GICD_IROUTER_IRM, 0);
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x6108, 8, GICD_IROUTER_IRM, 0);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 1, true);
    rig->irq.gicd.place[0] = 3;
    rig->irq.gicd.place[1] = 2;
    rig->irq.gicd.place[GICD_SPIS - 1] = 3;
    rig->irq.last_taker = 3;
    loaded(rig);
    cr_assert_eq(rig->irq.gicd.place[0], 0, "chosen anew, behind CPU 2");
    cr_assert_eq(rig->irq.gicd.place[1], 2, "the choice stands");
    cr_assert_eq(rig->irq.gicd.place[GICD_SPIS - 1], GICD_NOWHERE);
    rig->irq.last_taker = 2;
    loaded(rig);
    cr_assert_eq(rig->irq.last_taker, 2);
    rig_free(rig);
}

Test(arm_irq_loaded, a_queue_has_offsets_of_commands)
{
    struct rig *rig = rig_its(2);
    rig->irq.its.creadr = UINT32_MAX;
    rig->irq.its.cwriter = UINT32_MAX;
    rig->irq.its.due = 5;
    for (unsigned i = 0; i < ITS_CACHE; i++)
        rig->irq.its.cache[i].cpu = (i + 3) % 4;
    loaded(rig);
    cr_assert_eq(rig->irq.its.creadr, 0xfffe1);
    cr_assert_eq(rig->irq.its.cwriter, 0xfffe0);
    cr_assert_eq(rig->irq.its.due, CLOCK_NEVER, "nothing is under way without a time");
    for (unsigned i = 0; i < ITS_CACHE; i++)
        cr_assert_eq(rig->irq.its.cache[i].cpu, i % 4 == 0 ? 0 : (i + 3) % 4, "a CPU's number and one");
    rig->irq.its.command_ns = 10;
    rig->irq.its.due = 7;
    loaded(rig);
    cr_assert_eq(rig->irq.its.due, 7);
    cr_assert_eq(rig->deadline, 7);
    rig_free(rig);
}

Test(arm_irq_loaded, a_deadline_is_told_though_it_was_told_before)
{
    struct rig *rig = rig_flooded();
    cr_assert_eq(rig->deadline, ITS_PORTION_NS);
    rig->deadline = 0;
    loaded(rig);
    cr_assert_eq(rig->deadline, ITS_PORTION_NS);
    rig_free(rig);
}

// --- The list -------------------------------------------------------------------------------------------------------

struct depth {
    struct visit visit;
    int now, fields[4];
};

static void enter(struct visit *v, const char *name)
{
    struct depth *depth = container_of(v, struct depth, visit);
    cr_assert_lt(++depth->now, 4, "%s", name);
}

static void leave(struct visit *v)
{
    cr_assert_geq(--container_of(v, struct depth, visit)->now, 0);
}

static void field(struct visit *v, const char *name, void *data, size_t size, size_t count)
{
    (void)name, (void)data, (void)size, (void)count;
    struct depth *depth = container_of(v, struct depth, visit);
    depth->fields[depth->now]++;
}

// Each chip's list is left again: the path of a difference is that of its chip.
Test(arm_irq_loaded, the_lists_of_chips_stand_beside_each_other)
{
    struct rig *rig = rig_its(3);
    struct depth depth = { .visit = { .field = field, .enter = enter, .leave = leave } };
    arm_irq_visit(&rig->irq, &depth.visit);
    cr_assert_eq(depth.now, 0);
    cr_assert_eq(depth.fields[0], 1, "last_taker");
    cr_assert_gt(depth.fields[1], 100);
    cr_assert_eq(depth.fields[2] + depth.fields[3], 0);
    rig_free(rig);
}
