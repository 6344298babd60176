// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Checks of the Arm chips, computed again without their bitmaps.
//
// Most interrupts are not pending, and most words of an LPI set are 0. Those are checked many at a time, by comparing
// memory with zeros: every step pays for this.
#include "arm_check.h"

#include <string.h>

#include "fuzz.h"

// This machine's processor has no superpriority, which has the last place of a group.
enum { PROPERTY_ENABLED = 1, PLACES = GIC_LEVELS + 1 };
enum { LPI_WORDS = BIT32(VIRT_LPI_BITS) / 64, CHUNK = 512, LPI_PAGE = 4096, CPUS = 8 };

// At most CHUNK bytes.
static bool is_zero(const void *data, size_t size)
{
    static const uint8_t zeros[CHUNK];
    return memcmp(data, zeros, size) == 0;
}

// --- Settling twice --------------------------------------------------------------------------------------------------

// The chips as they were. Memory is compared first, which is quick; if it is not the same, the list of state decides:
// what is derived may be. Of the properties of LPIs only pages in use are copied, and the others are 0.
struct chips {
    struct arm_irq irq;
    struct arm_irq_cpu cpus[CPUS];
    uint64_t pending[CPUS][LPI_WORDS];
    uint8_t properties[CPUS][BIT32(VIRT_LPI_BITS)];
    uint64_t pages[CPUS]; // of `properties` that are not 0
};

static void keep_lpis(struct chips *chips, const struct gicr *gicr, uint32_t i)
{
    uint64_t used = gicr->lpi_pages[0];
    memcpy(chips->pending[i], gicr->lpi_pending.layer[0], sizeof chips->pending[i]);
    for (uint64_t left = used | chips->pages[i]; left; left &= left - 1) {
        size_t at = (size_t)bits_lowest(left) * LPI_PAGE;
        if (left & -left & used)
            memcpy(chips->properties[i] + at, gicr->lpi_properties + at, LPI_PAGE);
        else
            memset(chips->properties[i] + at, 0, LPI_PAGE);
    }
    chips->pages[i] = used;
    chips->cpus[i].gicr.lpi_pending.layer[0] = chips->pending[i];
    chips->cpus[i].gicr.lpi_properties = chips->properties[i];
}

static void keep(struct chips *chips, const struct arm_irq *irq)
{
    if (irq->config.cpus > CPUS)
        fuzz_fail("the check has no room for so many CPUs");
    memcpy(chips->cpus, irq->cpus, irq->config.cpus * sizeof *irq->cpus);
    chips->irq = *irq;
    chips->irq.cpus = chips->cpus;
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        if (irq->cpus[i].gicr.lpi_bits)
            keep_lpis(chips, &irq->cpus[i].gicr, i);
}

static bool same_lpis(const struct chips *chips, const struct gicr *gicr, uint32_t i)
{
    bool same = gicr->lpi_pages[0] == chips->pages[i] &&
                memcmp(chips->pending[i], gicr->lpi_pending.layer[0], sizeof chips->pending[i]) == 0;
    for (uint64_t left = chips->pages[i]; same && left; left &= left - 1) {
        size_t at = (size_t)bits_lowest(left) * LPI_PAGE;
        same = memcmp(chips->properties[i] + at, gicr->lpi_properties + at, LPI_PAGE) == 0;
    }
    return same;
}

static bool same_cpu(const struct chips *chips, const struct arm_irq_cpu *cpu, uint32_t i)
{
    const struct arm_irq_cpu *old = &chips->cpus[i];
    struct gicr gicr = old->gicr;
    gicr.lpi_pending.layer[0] = cpu->gicr.lpi_pending.layer[0];
    gicr.lpi_properties = cpu->gicr.lpi_properties;
    return memcmp(&gicr, &cpu->gicr, sizeof gicr) == 0 && memcmp(&old->icc, &cpu->icc, sizeof old->icc) == 0 &&
           memcmp(&old->gicc, &cpu->gicc, sizeof old->gicc) == 0 && (!gicr.lpi_bits || same_lpis(chips, &cpu->gicr, i));
}

static bool same_memory(const struct chips *chips, const struct arm_irq *irq)
{
    const struct arm_irq *old = &chips->irq;
    bool same = old->last_taker == irq->last_taker && memcmp(&old->gicd, &irq->gicd, sizeof irq->gicd) == 0 &&
                memcmp(&old->its, &irq->its, sizeof irq->its) == 0 &&
                memcmp(&old->gicv2m, &irq->gicv2m, sizeof irq->gicv2m) == 0;
    for (uint32_t i = 0; same && i < irq->config.cpus; i++)
        same = same_cpu(chips, &irq->cpus[i], i);
    return same;
}

static void compare(struct chips *chips, struct arm_irq *irq)
{
    static struct visit_save save; // its memory is used again
    struct visit_differ differ;
    if (same_memory(chips, irq))
        return;
    rig_save_begin(&save);
    arm_irq_visit(&chips->irq, &save.visit);
    if (save.failed)
        fuzz_fail("no memory for a snapshot");
    visit_differ_init(&differ, save.data, save.size);
    arm_irq_visit(irq, &differ.visit);
    if (differ.differs)
        fuzz_fail("settling once more changed %s", differ.path);
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
    static struct chips before;
    struct arm_irq *irq = &virt->irq;
    if (irq->depth || irq->dirty_words || irq->gicd.spi.touched_blocks)
        fuzz_fail("something is left to settle");
    keep(&before, irq);
    touch_all(irq);
    compare(&before, irq);
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        if (before.cpus[i].pending != irq->cpus[i].pending)
            fuzz_fail("settling once more moved an output of cpu%u: %x to %x", i, before.cpus[i].pending,
                      irq->cpus[i].pending);
}

// --- Interrupts offered to each CPU ----------------------------------------------------------------------------------

static bool bit_of(uint32_t word, unsigned bit)
{
    return word >> bit & 1;
}

// What may be forwarded: the others are offered to no CPU.
static uint32_t candidates(const struct gic_block *block)
{
    return (block->latch | ((block->line | block->message) & ~block->edge)) & block->enabled & ~block->active;
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

static void check_spis(const struct arm_irq *irq, uint32_t block)
{
    bool quiet = candidates(&irq->gicd.spi.block[block]) == 0;
    for (uint32_t i = 0; quiet && i < irq->config.cpus; i++)
        quiet = is_zero(&irq->cpus[i].ready.at[gic_shared_slot(block * 32)], 32);
    for (uint32_t bit = 0; !quiet && bit < 32; bit++)
        check_spi(irq, block * 32 + bit);
}

static void check_private(const struct arm_irq *irq, const struct arm_irq_cpu *cpu)
{
    const struct gic_block *block = &cpu->gicr.bank.block[0];
    bool quiet = candidates(block) == 0 && is_zero(cpu->ready.at, 32);
    for (unsigned bit = 0; !quiet && bit < 32; bit++)
        check_place(cpu, bit, is_forwarded(block, bit, irq->gicd.ctlr & GICD_CTLR_GROUPS) ? place_of(block, bit) : 0);
    for (unsigned sgi = 0; sgi < 16 && irq->config.version == 2; sgi++)
        if ((cpu->gicr.bank.source[sgi] != 0) != bit_of(block->latch, sgi))
            fuzz_fail("SGI %u of cpu%u has sources %x and is %spending", sgi, cpu->index, cpu->gicr.bank.source[sgi],
                      bit_of(block->latch, sgi) ? "" : "not ");
}

// The words of pending LPIs that are not 0.
struct lpi_words {
    unsigned count;
    uint16_t at[LPI_WORDS];
};

static void find_words(const struct gicr *gicr, struct lpi_words *words)
{
    const uint64_t *pending = gicr->lpi_pending.layer[0];
    words->count = 0;
    if (!gicr->lpi_bits || !(gicr->ctlr & GICR_CTLR_ENABLE_LPIS))
        return;
    for (unsigned chunk = 0; chunk < LPI_WORDS; chunk += CHUNK / 8) {
        if (is_zero(pending + chunk, CHUNK))
            continue;
        for (unsigned word = chunk; word < chunk + CHUNK / 8; word++)
            if (pending[word])
                words->at[words->count++] = (uint16_t)word;
    }
}

// The sets as they must be; all zeros between two checks.
static uint64_t wanted[GIC_LEVELS][LPI_WORDS];

static uint32_t want_lpis(const struct gicr *gicr, uint32_t word)
{
    uint32_t levels = 0;
    for (uint64_t left = gicr->lpi_pending.layer[0][word]; left; left &= left - 1) {
        uint8_t property = gicr->lpi_properties[word * 64 + bits_lowest(left)];
        if (!(property & PROPERTY_ENABLED))
            continue;
        wanted[property / 8][word] |= left & -left;
        levels |= BIT32(property / 8);
    }
    return levels;
}

static void compare_lpis(const struct arm_irq_cpu *cpu, unsigned level)
{
    const uint64_t *has = cpu->ready.lpi[level].layer[0];
    if (memcmp(has, wanted[level], sizeof wanted[level]) == 0)
        return;
    for (unsigned word = 0; word < LPI_WORDS; word++)
        if (has[word] != wanted[level][word])
            fuzz_fail("LPIs %u and up of cpu%u at priority %u: offered %llx, pending %llx", word * 64, cpu->index,
                      level * 8, (unsigned long long)has[word], (unsigned long long)wanted[level][word]);
}

// Each pending LPI is in the set of its priority if it is enabled, and nothing else is in any set. A set that is empty
// by lpi_levels is not looked at: arm_check_unused does that.
static void check_lpis(const struct arm_irq_cpu *cpu, const struct lpi_words *words)
{
    uint32_t levels = 0;
    for (unsigned i = 0; i < words->count; i++)
        levels |= want_lpis(&cpu->gicr, words->at[i]);
    if (levels != cpu->ready.lpi_levels)
        fuzz_fail("cpu%u has LPIs at the levels %x, not %x", cpu->index, cpu->ready.lpi_levels, levels);
    for (uint32_t left = levels; left; left &= left - 1) {
        unsigned level = bits_lowest(left);
        compare_lpis(cpu, level);
        for (unsigned i = 0; i < words->count; i++)
            wanted[level][words->at[i]] = 0;
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

static void look_at_lpis(const struct gicr *gicr, const struct lpi_words *words, struct arm_highest *best)
{
    for (unsigned i = 0; i < words->count; i++)
        for (uint64_t left = gicr->lpi_pending.layer[0][words->at[i]]; left; left &= left - 1) {
            uint32_t intid = words->at[i] * 64u + bits_lowest(left);
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

static void look_at_slot(const struct arm_irq_cpu *cpu, uint32_t slot, uint32_t groups, struct arm_highest *best)
{
    unsigned place = cpu->ready.at[slot];
    if (!place)
        return;
    enum gic_group group = (place - 1) / PLACES;
    uint8_t priority = (uint8_t)((place - 1) % PLACES * 8);
    if (groups >> group & 1 && better(best, gic_intid_of(slot), priority))
        *best = (struct arm_highest){ gic_intid_of(slot), group, priority, 0 };
}

static struct arm_highest highest(const struct arm_irq *irq, const struct arm_irq_cpu *cpu,
                                  const struct lpi_words *words)
{
    struct arm_highest best = { .intid = GIC_SPURIOUS, .priority = GIC_IDLE };
    uint32_t groups = groups_of(irq, cpu);
    for (uint32_t first = 0; first < GIC_SLOTS; first += 32)
        for (uint32_t slot = first; slot < first + 32 && !is_zero(cpu->ready.at + first, 32); slot++)
            look_at_slot(cpu, slot, groups, &best);
    if (groups & irq->gicd.ctlr & BIT32(GIC_G1NS)) // GICD_CTLR.EnableGrp1
        look_at_lpis(&cpu->gicr, words, &best);
    best.pending = word_of(irq, cpu, &best);
    return best;
}

struct arm_highest arm_check_highest(const struct virt *virt, uint32_t index)
{
    const struct arm_irq_cpu *cpu = &virt->irq.cpus[index];
    struct lpi_words words;
    find_words(&cpu->gicr, &words);
    return highest(&virt->irq, cpu, &words);
}

void arm_check_offered(const struct virt *virt)
{
    const struct arm_irq *irq = &virt->irq;
    struct lpi_words words;
    for (uint32_t block = 0; block < irq->gicd.spi.blocks; block++)
        check_spis(irq, block);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        const struct arm_irq_cpu *cpu = &irq->cpus[i];
        check_private(irq, cpu);
        find_words(&cpu->gicr, &words);
        check_lpis(cpu, &words);
        struct arm_highest best = highest(irq, cpu, &words);
        if (best.pending != cpu->pending)
            fuzz_fail("cpu%u is signalled %x; INTID %u of priority %u wants %x", i, cpu->pending, best.intid,
                      best.priority, best.pending);
        if (virt->cpus[i]->vcpu.pending != cpu->pending)
            fuzz_fail("cpu%u has pending word %x and was told %x", i, virt->cpus[i]->vcpu.pending, cpu->pending);
    }
}

// --- What is not used ------------------------------------------------------------------------------------------------

static void check_empty(const struct arm_irq_cpu *cpu)
{
    const struct gicr *gicr = &cpu->gicr;
    for (size_t at = 0; gicr->lpi_bits && at < BIT32(VIRT_LPI_BITS); at += CHUNK)
        if (!(gicr->lpi_pages[0] >> at / LPI_PAGE & 1) && !is_zero(gicr->lpi_properties + at, CHUNK))
            fuzz_fail("cpu%u has properties of LPIs in page %zu, which is not in use", cpu->index, at / LPI_PAGE);
    for (unsigned level = 0; cpu->gicr.lpi_bits && level < GIC_LEVELS; level++)
        for (unsigned word = 0; !(cpu->ready.lpi_levels >> level & 1) && word < LPI_WORDS; word += CHUNK / 8)
            if (!is_zero(cpu->ready.lpi[level].layer[0] + word, CHUNK))
                fuzz_fail("cpu%u has LPIs at priority %u, and lpi_levels does not say so", cpu->index, level * 8);
}

void arm_check_unused(const struct virt *virt)
{
    for (uint32_t i = 0; i < virt->irq.config.cpus; i++)
        check_empty(&virt->irq.cpus[i]);
}
