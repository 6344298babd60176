// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Checks of the Arm chips, computed again without their bitmaps.
#include "arm_check.h"

#include <stdlib.h>

#include "fuzz.h"

// This machine's processor has no superpriority, which has the last place of a group.
enum { PROPERTY_ENABLED = 1, PLACES = GIC_LEVELS + 1 };

// --- Settling twice --------------------------------------------------------------------------------------------------

static struct visit_save save_irq(struct virt *virt)
{
    struct visit_save save;
    visit_save_init(&save);
    arm_irq_visit(&virt->irq, &save.visit);
    if (save.failed)
        fuzz_fail("no memory for a snapshot");
    return save;
}

static void touch_all(struct arm_irq *irq)
{
    arm_irq_begin(irq);
    gicd_touch_all(&irq->gicd);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        gicr_touch_all(&irq->cpus[i].gicr);
        arm_irq_follow(irq, i);
    }
    arm_irq_end(irq);
}

void arm_check_settled(struct virt *virt)
{
    struct arm_irq *irq = &virt->irq;
    uint32_t told[VIRT_CPUS_V3];
    struct visit_differ differ;
    if (irq->depth || irq->dirty_words || irq->gicd.spi.touched_blocks)
        fuzz_fail("something is left to settle");
    struct visit_save save = save_irq(virt);
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        told[i] = irq->cpus[i].pending;
    touch_all(irq);
    visit_differ_init(&differ, save.data, save.size);
    arm_irq_visit(irq, &differ.visit);
    if (differ.differs)
        fuzz_fail("settling once more changed %s", differ.path);
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        if (told[i] != irq->cpus[i].pending)
            fuzz_fail("settling once more moved an output of cpu%u: %x to %x", i, told[i], irq->cpus[i].pending);
    free(save.data);
}

// --- Interrupts offered to each CPU ----------------------------------------------------------------------------------

static bool bit_of(uint32_t word, unsigned bit)
{
    return word >> bit & 1;
}

// `enabled`: the groups of GICD_CTLR. There is one Security state in this machine.
static bool is_forwarded(const struct gic_block *block, unsigned bit, uint32_t enabled)
{
    bool pending =
        bit_of(block->latch, bit) || (bit_of(block->line | block->message, bit) && !bit_of(block->edge, bit));
    enum gic_group group = bit_of(block->group, bit) ? GIC_G1NS : GIC_G0;
    return pending && bit_of(block->enabled, bit) && !bit_of(block->active, bit) && enabled >> group & 1;
}

static uint8_t place_of(const struct gic_block *block, unsigned bit)
{
    enum gic_group group = bit_of(block->group, bit) ? GIC_G1NS : GIC_G0;
    return (uint8_t)(1 + group * PLACES + block->priority[bit] / 8);
}

static void check_place(const struct arm_irq_cpu *cpu, uint32_t slot, unsigned want)
{
    if (cpu->ready.at[slot] != want)
        fuzz_fail("INTID %u is %s cpu%u (%u, not %u)", gic_intid_of(slot), want ? "not offered to" : "offered to",
                  cpu->index, cpu->ready.at[slot], want);
}

// IHI 0069 4.3.1: the CPUs that may be chosen for a 1 of N interrupt.
static bool takes_part(const struct arm_irq_cpu *cpu, enum gic_group group)
{
    uint32_t refuses = group == GIC_G0 ? GICR_CTLR_DPG0 : GICR_CTLR_DPG1NS;
    return !gicr_asleep(&cpu->gicr) && cpu->icc.core.enabled >> group & 1 && !(cpu->gicr.ctlr & refuses);
}

static void check_one_of_many(const struct arm_irq *irq, uint32_t index, bool forwarded, unsigned place,
                              enum gic_group group)
{
    unsigned offered = 0, possible = 0;
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        bool has = irq->cpus[i].ready.at[gic_shared_slot(index)] != 0;
        possible += takes_part(&irq->cpus[i], group);
        offered += has;
        if (has)
            check_place(&irq->cpus[i], gic_shared_slot(index), forwarded ? place : 0);
        if (has && !takes_part(&irq->cpus[i], group))
            fuzz_fail("INTID %u is offered to cpu%u, which takes no part", index + 32, i);
    }
    if (offered != (forwarded && possible ? 1 : 0))
        fuzz_fail("INTID %u of 1 of N is offered to %u of %u CPUs", index + 32, offered, possible);
}

static void check_spi(const struct arm_irq *irq, uint32_t index)
{
    const struct gicd *gicd = &irq->gicd;
    const struct gic_block *block = &gicd->spi.block[index / 32];
    bool forwarded = gicd_has(gicd, index) && is_forwarded(block, index % 32, gicd->ctlr & GICD_CTLR_GROUPS);
    unsigned place = place_of(block, index % 32);
    uint64_t router = gicd->irouter[index];
    if (irq->config.version == 3 && router & GICD_IROUTER_IRM) {
        check_one_of_many(irq, index, forwarded, place, bit_of(block->group, index % 32) ? GIC_G1NS : GIC_G0);
        return;
    }
    uint32_t affinity = (uint32_t)(router >> 32 << 24 | (router & 0xffffff));
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        const struct arm_irq_cpu *cpu = &irq->cpus[i];
        bool leads = irq->config.version == 2 ? bit_of(gicd->itargetsr[index], i) : cpu->gicr.affinity == affinity;
        check_place(cpu, gic_shared_slot(index), forwarded && leads ? place : 0);
    }
}

static void check_private(const struct arm_irq *irq, const struct arm_irq_cpu *cpu)
{
    const struct gic_block *block = &cpu->gicr.bank.block[0];
    for (unsigned bit = 0; bit < 32; bit++)
        check_place(cpu, bit, is_forwarded(block, bit, irq->gicd.ctlr & GICD_CTLR_GROUPS) ? place_of(block, bit) : 0);
    for (unsigned sgi = 0; sgi < 16 && irq->config.version == 2; sgi++)
        if ((cpu->gicr.bank.source[sgi] != 0) != bit_of(block->latch, sgi))
            fuzz_fail("SGI %u of cpu%u has sources %x and is %spending", sgi, cpu->index, cpu->gicr.bank.source[sgi],
                      bit_of(block->latch, sgi) ? "" : "not ");
}

// Pending LPIs of one word that are enabled, by priority.
static void find_lpis(const struct gicr *gicr, uint32_t word, uint64_t seen[GIC_LEVELS])
{
    for (uint64_t left = gicr->lpi_pending.layer[0][word]; left; left &= left - 1) {
        uint8_t property = gicr->lpi_properties[word * 64 + bits_lowest(left)];
        if (property & PROPERTY_ENABLED)
            seen[property / 8] |= left & -left;
    }
}

// Each pending LPI is in the set of its priority if it is enabled, and nothing else is in any set.
static void check_lpis(const struct arm_irq_cpu *cpu)
{
    const struct gicr *gicr = &cpu->gicr;
    bool on = gicr->ctlr & GICR_CTLR_ENABLE_LPIS;
    for (uint32_t word = 0; gicr->lpi_bits && word < BIT32(gicr->lpi_bits) / 64; word++) {
        uint64_t seen[GIC_LEVELS] = { 0 };
        if (on && gicr->lpi_pending.layer[0][word])
            find_lpis(gicr, word, seen);
        for (unsigned level = 0; level < GIC_LEVELS; level++) {
            bool has = cpu->ready.lpi_levels >> level & 1;
            if ((has || seen[level]) && cpu->ready.lpi[level].layer[0][word] != (has ? seen[level] : 0))
                fuzz_fail("LPIs %u and up of cpu%u at priority %u: offered %llx, pending %llx", word * 64, cpu->index,
                          level * 8, (unsigned long long)cpu->ready.lpi[level].layer[0][word],
                          (unsigned long long)seen[level]);
        }
    }
}

// --- What a CPU is signalled -----------------------------------------------------------------------------------------

static const struct gic_cpu *core_of(const struct arm_irq *irq, const struct arm_irq_cpu *cpu)
{
    return irq->config.version == 2 ? &cpu->gicc.core : &cpu->icc.core;
}

// GICv2: the highest interrupt hides the others even if its group is disabled in the CPU interface; not so in GICv3.
static uint32_t groups_of(const struct arm_irq *irq, const struct arm_irq_cpu *cpu)
{
    return irq->config.version == 2 ? BIT32(GIC_G0) | BIT32(GIC_G1NS) : cpu->icc.core.enabled;
}

static bool better(const struct arm_highest *best, uint32_t intid, uint8_t priority)
{
    return best->intid == GIC_SPURIOUS || priority < best->priority ||
           (priority == best->priority && intid < best->intid);
}

static void look_at_lpis(const struct gicr *gicr, struct arm_highest *best)
{
    if (!gicr->lpi_bits || !(gicr->ctlr & GICR_CTLR_ENABLE_LPIS))
        return;
    for (uint32_t word = 0; word < BIT32(gicr->lpi_bits) / 64; word++)
        for (uint64_t left = gicr->lpi_pending.layer[0][word]; left; left &= left - 1) {
            uint32_t intid = word * 64 + bits_lowest(left);
            uint8_t property = gicr->lpi_properties[intid];
            if (property & PROPERTY_ENABLED && better(best, intid, property & GIC_PRIORITY_MASK))
                *best = (struct arm_highest){ intid, GIC_G1NS, property & GIC_PRIORITY_MASK, 0 };
        }
}

// IHI 0069 4.8.5 and 4.8.6: above the mask, and above the running priority in the bits that take part in preemption.
static bool signals(const struct gic_cpu *core, const struct arm_highest *best)
{
    uint32_t active = core->apr[GIC_G0] | core->apr[GIC_G1NS];
    bool common = core->common_bpr >> GIC_G1NS & 1;
    unsigned low = best->group == GIC_G0 || common ? core->bpr[GIC_G0] + 1u : core->bpr[GIC_G1NS];
    if (best->intid == GIC_SPURIOUS || best->priority >= core->pmr)
        return false;
    return !active || (unsigned)best->priority >> low < bits_lowest(active) * 8 >> low;
}

static uint32_t word_of(const struct arm_irq *irq, const struct arm_irq_cpu *cpu, const struct arm_highest *best)
{
    uint32_t ctlr = cpu->gicc.ctlr;
    if (!signals(core_of(irq, cpu), best))
        return 0;
    if (irq->config.version == 3)
        return gicr_asleep(&cpu->gicr) ? 0 : best->group == GIC_G0 ? PENDING_FIQ : PENDING_IRQ;
    if (!(ctlr & (best->group == GIC_G0 ? GICC_CTLR_GROUP0 : GICC_CTLR_GROUP1)))
        return 0;
    return best->group == GIC_G0 && ctlr & GICC_CTLR_FIQEN ? PENDING_FIQ : PENDING_IRQ;
}

struct arm_highest arm_check_highest(const struct virt *virt, uint32_t index)
{
    const struct arm_irq *irq = &virt->irq;
    const struct arm_irq_cpu *cpu = &irq->cpus[index];
    struct arm_highest best = { .intid = GIC_SPURIOUS, .priority = GIC_IDLE };
    uint32_t groups = groups_of(irq, cpu);
    for (uint32_t slot = 0; slot < GIC_SLOTS; slot++) {
        unsigned place = cpu->ready.at[slot];
        if (!place)
            continue;
        enum gic_group group = (place - 1) / PLACES;
        uint8_t priority = (uint8_t)((place - 1) % PLACES * 8);
        if (groups >> group & 1 && better(&best, gic_intid_of(slot), priority))
            best = (struct arm_highest){ gic_intid_of(slot), group, priority, 0 };
    }
    if (groups >> GIC_G1NS & 1)
        look_at_lpis(&cpu->gicr, &best);
    best.pending = word_of(irq, cpu, &best);
    return best;
}

void arm_check_offered(const struct virt *virt)
{
    const struct arm_irq *irq = &virt->irq;
    for (uint32_t index = 0; index < irq->gicd.spi.blocks * 32; index++)
        check_spi(irq, index);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        const struct arm_irq_cpu *cpu = &irq->cpus[i];
        check_private(irq, cpu);
        check_lpis(cpu);
        struct arm_highest best = arm_check_highest(virt, i);
        if (best.pending != cpu->pending)
            fuzz_fail("cpu%u is signalled %x; INTID %u of priority %u wants %x", i, cpu->pending, best.intid,
                      best.priority, best.pending);
        if (virt->cpus[i]->vcpu.pending != cpu->pending)
            fuzz_fail("cpu%u has pending word %x and was told %x", i, virt->cpus[i]->vcpu.pending, cpu->pending);
    }
}
