// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive: the way from a pin, a message or an INTID over the Arm chips to a CPU's pending
// word. What each chip has to say is in gicd_why.c and the files beside it; see gic_why.h.
//
//     pin, GICD_SETSPI, v2m --> gicd --(route)---------+--> asleep --> icc, gicc --> IRQ, FIQ
//     SGI, PPI ---------------------------> gicr ------+
//     event --> its ----------------------> gicr (LPI)-+
//
// Where no gate is found, IRQ or FIQ is signalled for this interrupt. Of several CPUs that an interrupt is offered to
// (GICv2's targets; an LPI that is pending at two), the gates of all are reported unless one of them signals it.
//
// Not modelled, so no gate: legacy operation (ARE is 1), ICC_SRE (1), PSTATE.I and F, which belong to the CPU.
//
// Path: arm_why_source.c / gicd_why.c, gicr_why.c, its_why.c, icc_why.c, gicc_why.c
#include <assert.h>

#include "irqchip/arm/arm_irq.h"
#include "irqchip/arm/gic_why.h"

// One question. `other`: one gate said only that the interrupt goes to another CPU.
struct walk {
    const struct arm_irq *irq;
    struct gic_pending pending;
    struct why *why;
    unsigned gates; // when it began
    bool two_states, v2, other;
};

static struct walk begin(const struct arm_irq *irq, struct why *why)
{
    return (struct walk){
        .irq = irq,
        .why = why,
        .gates = why->gates,
        .two_states = gicd_two_states(&irq->gicd),
        .v2 = irq->config.version == 2,
    };
}

static const struct gic_cpu *core_of(const struct walk *walk, const struct arm_irq_cpu *cpu)
{
    return walk->v2 ? &cpu->gicc.core : &cpu->icc.core;
}

// --- Active ---------------------------------------------------------------------------------------------------------

static bool has_priority(const struct gic_cpu *core, enum gic_group group, struct gic_rank rank)
{
    uint8_t priority = rank.priority & gic_cpu_group_mask(core, group);
    return rank.nmi ? core->nmi[group] : core->apr[group] >> (priority / 8) & 1;
}

// EOImode of the software that handles `group`.
static bool drops_alone(const struct walk *walk, const struct arm_irq_cpu *cpu, enum gic_group group)
{
    if (walk->v2)
        return cpu->gicc.ctlr &
               (uint32_t)(walk->two_states && group != GIC_G0 ? GICC_CTLR_EOIMODE_NS : GICC_CTLR_EOIMODE);
    if (group == GIC_G0)
        group = walk->two_states ? GIC_G1S : GIC_G1NS;
    return cpu->icc.eoimode >> group & 1;
}

// An active interrupt is not forwarded. What ends it is missing: the EOI of a CPU, or the deactivation after it. `first` to
// `last` are the CPUs that may have acknowledged it.
static void active(const struct walk *walk, const struct gic_why_place *place, uint32_t first, uint32_t last)
{
    enum gic_group group = gic_block_group(place->block, place->bit, walk->two_states);
    struct gic_rank rank = gic_block_rank(place->block, place->bit, walk->two_states);
    bool mode = false;
    if (!gic_why_active(place))
        return;
    for (uint32_t i = first; i <= last; i++) {
        const struct arm_irq_cpu *cpu = &walk->irq->cpus[i];
        mode |= drops_alone(walk, cpu, group);
        if (!has_priority(core_of(walk, cpu), group, rank))
            continue;
        WHY(walk->why, INTACT_WHY_ARM_NO_EOI, place->intid, i, rank.priority, walk->v2 ? 3 : group);
        return;
    }
    if (mode)
        WHY(walk->why, INTACT_WHY_ARM_NO_DIR, place->intid, rank.priority, !walk->v2);
    else
        WHY(walk->why, INTACT_WHY_ARM_ACTIVE_ALONE, place->intid, rank.priority, place->gicr, first == last);
}

// An active interrupt in `block` that has the running priority; 32: none.
static unsigned find_active(const struct walk *walk, const struct gic_block *block, const struct gic_cpu *core)
{
    uint8_t running = gic_cpu_running(core);
    for (uint32_t left = block->active; left; left &= left - 1) {
        unsigned bit = bits_lowest(left);
        enum gic_group group = gic_block_group(block, bit, walk->two_states);
        struct gic_rank rank = gic_block_rank(block, bit, walk->two_states);
        if (has_priority(core, group, rank) && (rank.priority & gic_cpu_group_mask(core, group)) == running)
            return bit;
    }
    return 32;
}

static struct gic_pending pending_of(const struct gic_block *block, unsigned bit, uint32_t intid, bool two_states)
{
    struct gic_rank rank = gic_block_rank(block, bit, two_states);
    return (struct gic_pending){ intid, (uint8_t)gic_block_group(block, bit, two_states), rank.priority, rank.nmi };
}

// The interrupt behind the running priority of a CPU, as far as it can be known: LPIs have no active state.
static struct gic_pending serving(const struct walk *walk, const struct arm_irq_cpu *cpu)
{
    const struct gic_cpu *core = core_of(walk, cpu);
    for (unsigned i = 0; i < cpu->gicr.bank.blocks; i++) {
        const struct gic_block *block = &cpu->gicr.bank.block[i];
        unsigned bit = find_active(walk, block, core);
        if (bit < 32)
            return pending_of(block, bit, gic_intid_of((i ? GIC_EPPI_SLOT + (i - 1) * 32 : 0) + bit), walk->two_states);
    }
    for (unsigned i = 0; i < GIC_SPI_BLOCKS; i++) {
        const struct gic_block *block = &walk->irq->gicd.spi.block[i];
        unsigned bit = find_active(walk, block, core);
        if (bit < 32)
            return pending_of(block, bit, gic_intid_of(gic_shared_slot(i * 32 + bit)), walk->two_states);
    }
    return (struct gic_pending){ .intid = GIC_SPURIOUS };
}

// --- At a CPU -------------------------------------------------------------------------------------------------------

static void at_cpu(const struct walk *walk, const struct arm_irq_cpu *cpu, struct why *why)
{
    const struct gic_why_forwarded forwarded = { walk->pending, cpu->index, serving(walk, cpu), walk->two_states };
    gicr_why_asleep(&cpu->gicr, why);
    if (walk->v2)
        gicc_why(&cpu->gicc, &cpu->ready, &forwarded, why);
    else
        icc_why(&cpu->icc, &cpu->ready, &forwarded, why);
}

// The register that acknowledges it, as the text numbers them.
static unsigned acknowledged_by(const struct walk *walk, const struct arm_irq_cpu *cpu)
{
    if (walk->v2)
        return 3;
    return walk->pending.nmi && cpu->icc.sctlr_nmi ? 4 : walk->pending.group;
}

static void finish(const struct walk *walk, const struct arm_irq_cpu *cpu)
{
    const struct gic_pending *pending = &walk->pending;
    if (walk->why->gates == walk->gates + walk->other)
        WHY(walk->why, INTACT_WHY_ARM_SIGNALLED, pending->intid, cpu->index, pending->priority,
            cpu->pending & PENDING_FIQ ? 1 : 0, acknowledged_by(walk, cpu), pending->nmi);
}

static void forwarded(const struct walk *walk, const struct arm_irq_cpu *cpu)
{
    at_cpu(walk, cpu, walk->why);
    finish(walk, cpu);
}

static void set_pending(struct walk *walk, const struct gic_why_place *place)
{
    walk->pending = pending_of(place->block, place->bit, place->intid, walk->two_states);
    gicd_why_group(&walk->irq->gicd, place, place->intid, walk->pending.group, walk->why);
}

// --- SPIs -----------------------------------------------------------------------------------------------------------

// Why no CPU takes part in 1 of N distribution, by the first reason of each.
static void no_taker(const struct walk *walk)
{
    enum gic_group group = walk->pending.group;
    uint32_t asleep = 0, left_out = 0, disabled = 0;
    for (uint32_t i = 0; i < walk->irq->config.cpus; i++) {
        const struct arm_irq_cpu *cpu = &walk->irq->cpus[i];
        if (gicr_asleep(&cpu->gicr))
            asleep++;
        else if (!(gicr_one_of_many(&cpu->gicr) >> group & 1))
            left_out++;
        else
            disabled++;
    }
    WHY(walk->why, INTACT_WHY_ARM_NO_TAKER, walk->pending.intid, walk->irq->config.cpus, asleep, left_out, disabled,
        group);
}

static void other_cpu(struct walk *walk, uint32_t asked, uint32_t cpu)
{
    if (asked == ARM_IRQ_ANY_CPU || asked == cpu)
        return;
    walk->other = true;
    WHY(walk->why, INTACT_WHY_ARM_OTHER_CPU, walk->pending.intid, asked, cpu, !walk->v2);
}

static void by_router(struct walk *walk, uint32_t vcpu, uint32_t index)
{
    const struct arm_irq *irq = walk->irq;
    uint64_t router = irq->gicd.irouter[index];
    uint32_t cpu = arm_irq_route(irq, index, walk->pending.group);
    if (cpu != ARM_TARGETS_NONE) {
        other_cpu(walk, vcpu, cpu);
        forwarded(walk, &irq->cpus[cpu]);
    } else if (router & GICD_IROUTER_IRM) {
        no_taker(walk);
    } else {
        WHY(walk->why, INTACT_WHY_ARM_ROUTER_NO_CPU, walk->pending.intid, bits_get(router, 39, 32),
            bits_get(router, 23, 16), bits_get(router, 15, 8), bits_get(router, 7, 0));
    }
}

// The first CPU of a mask that signals the interrupt, if there is one; else each of them has a gate.
static void at_targets(const struct walk *walk, uint32_t targets)
{
    for (uint32_t left = targets; left; left &= left - 1) {
        const struct arm_irq_cpu *cpu = &walk->irq->cpus[bits_lowest(left)];
        struct why silent = { .found = NULL };
        at_cpu(walk, cpu, &silent);
        if (silent.gates)
            continue;
        forwarded(walk, cpu);
        return;
    }
    for (uint32_t left = targets; left; left &= left - 1)
        at_cpu(walk, &walk->irq->cpus[bits_lowest(left)], walk->why);
}

static void by_targets(struct walk *walk, uint32_t vcpu, uint32_t index)
{
    uint32_t targets = walk->irq->gicd.itargetsr[index], intid = walk->pending.intid;
    if (!targets)
        WHY(walk->why, INTACT_WHY_ARM_NO_TARGET, intid, intid / 4, intid % 4);
    else if (vcpu == ARM_IRQ_ANY_CPU)
        at_targets(walk, targets);
    else if (targets >> vcpu & 1)
        forwarded(walk, &walk->irq->cpus[vcpu]);
    else
        other_cpu(walk, vcpu, bits_lowest(targets));
}

static void spi(struct walk *walk, uint32_t vcpu, uint32_t index)
{
    const struct gic_why_place place = gicd_why_place(&walk->irq->gicd, index);
    gicd_why(&walk->irq->gicd, index, walk->why);
    active(walk, &place, 0, walk->irq->config.cpus - 1);
    set_pending(walk, &place);
    if (walk->v2)
        by_targets(walk, vcpu, index);
    else
        by_router(walk, vcpu, index);
}

// --- SGIs, PPIs, LPIs -----------------------------------------------------------------------------------------------

static void private_at(struct walk *walk, uint32_t vcpu, uint32_t slot)
{
    const struct arm_irq_cpu *cpu = &walk->irq->cpus[vcpu];
    const struct gic_why_place place = gicr_why_place(&cpu->gicr, slot, walk->v2);
    gicr_why(&cpu->gicr, slot, walk->two_states, walk->v2, walk->why);
    active(walk, &place, vcpu, vcpu);
    set_pending(walk, &place);
    forwarded(walk, cpu);
}

static void lpi_at(struct walk *walk, const struct arm_irq_cpu *cpu, uint32_t intid)
{
    const struct gicr_lpi_world world = { NULL, &walk->irq->config.memory, walk->two_states };
    if (!gicr_why_lpi(&cpu->gicr, &world, intid, &walk->pending, walk->why))
        return;
    gicd_why_group(&walk->irq->gicd, NULL, intid, GIC_G1NS, walk->why);
    unsigned gates = walk->why->gates;
    at_cpu(walk, cpu, walk->why);
    if (walk->why->gates > gates)
        gicr_why_lpi_priority(&cpu->gicr, &world, &walk->pending, walk->why);
    finish(walk, cpu);
}

// It can be pending at several CPUs, if its collection moved meanwhile: one that signals it answers for all.
static bool lpi_signalled(struct walk *walk, uint32_t intid)
{
    for (uint32_t i = 0; i < walk->irq->config.cpus; i++) {
        const struct arm_irq_cpu *cpu = &walk->irq->cpus[i];
        if (!gicr_lpi_pends(&cpu->gicr, intid) || !cpu->pending || arm_irq_signalled(walk->irq, i) != intid)
            continue;
        lpi_at(walk, cpu, intid);
        return true;
    }
    return false;
}

static void lpi_anywhere(struct walk *walk, uint32_t intid)
{
    const struct arm_irq *irq = walk->irq;
    uint32_t pending = 0, enabled = 0;
    if (lpi_signalled(walk, intid))
        return;
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        enabled += irq->cpus[i].gicr.ctlr & GICR_CTLR_ENABLE_LPIS ? 1 : 0;
        if (!gicr_lpi_pends(&irq->cpus[i].gicr, intid))
            continue;
        lpi_at(walk, &irq->cpus[i], intid);
        pending++;
    }
    if (!pending)
        WHY(walk->why, INTACT_WHY_ARM_LPI_NOWHERE, intid, irq->config.cpus, enabled);
}

static void lpi(struct walk *walk, uint32_t vcpu, uint32_t intid)
{
    if (!walk->irq->config.lpi_bits)
        WHY(walk->why, INTACT_WHY_ARM_NO_LPIS, intid);
    else if (vcpu == ARM_IRQ_ANY_CPU && walk->irq->config.cpus > 1)
        lpi_anywhere(walk, intid);
    else
        lpi_at(walk, &walk->irq->cpus[vcpu == ARM_IRQ_ANY_CPU ? 0 : vcpu], intid);
}

// --- Questions ------------------------------------------------------------------------------------------------------

static void no_such(const struct walk *walk, uint32_t intid, uint32_t slot)
{
    const struct arm_irq *irq = walk->irq;
    uint32_t last = irq->gicd.spi.blocks * 32 + 31;
    if (slot == GIC_NO_SLOT)
        WHY(walk->why, INTACT_WHY_ARM_RESERVED_INTID, intid, intid > GIC_SPURIOUS);
    else if (slot < GIC_EPPI_SLOT)
        WHY(walk->why, INTACT_WHY_ARM_NO_INTID, intid, last < 1019 ? last : 1019);
    else if (gic_slot_private(slot))
        WHY(walk->why, INTACT_WHY_ARM_NO_EXTENDED_PPI, intid, (irq->cpus[0].gicr.bank.blocks - 1) * 32);
    else
        WHY(walk->why, INTACT_WHY_ARM_NO_EXTENDED_SPI, intid, irq->gicd.spi.extended * 32);
}

void arm_irq_why_intid(const struct arm_irq *irq, uint32_t vcpu, uint32_t intid, struct why *why)
{
    struct walk walk = begin(irq, why);
    uint32_t slot = gic_slot_of(intid);
    assert(vcpu == ARM_IRQ_ANY_CPU || vcpu < irq->config.cpus);
    if (intid >= GIC_LPI_FIRST)
        lpi(&walk, vcpu, intid);
    else if (gicr_has(&irq->cpus[0].gicr, slot))
        private_at(&walk, vcpu == ARM_IRQ_ANY_CPU ? 0 : vcpu, slot);
    else if (slot != GIC_NO_SLOT && !gic_slot_private(slot) && gicd_has(&irq->gicd, gic_shared_index(slot)))
        spi(&walk, vcpu, gic_shared_index(slot));
    else
        no_such(&walk, intid, slot);
}

void arm_irq_why_pin(const struct arm_irq *irq, uint32_t pin, struct why *why)
{
    uint32_t intid = pin < ARM_IRQ_EXTENDED_PIN ? pin + 32 : pin - ARM_IRQ_EXTENDED_PIN + GIC_ESPI_INTID;
    uint32_t spis = irq->gicd.spi.blocks * 32;
    if (arm_irq_has_pin(irq, ARM_IRQ_GICD, pin))
        arm_irq_why_intid(irq, ARM_IRQ_ANY_CPU, intid, why);
    else
        WHY(why, INTACT_WHY_ARM_NO_PIN, pin, spis < 988 ? spis : 988, irq->gicd.spi.extended * 32);
}

void arm_irq_why_event(const struct arm_irq *irq, uint32_t device, uint32_t event, struct why *why)
{
    struct walk walk = begin(irq, why);
    uint32_t intid, cpu;
    if (!irq->config.its)
        WHY(why, INTACT_WHY_ARM_NO_ITS);
    else if (its_why(&irq->its, &irq->config.memory, device, event, &intid, &cpu, why))
        lpi_at(&walk, &irq->cpus[cpu], intid);
}

static void why_v2m(const struct arm_irq *irq, uint32_t intid, struct why *why)
{
    uint32_t first = irq->gicv2m.first, count = irq->gicv2m.count;
    if (intid - first < count)
        arm_irq_why_intid(irq, ARM_IRQ_ANY_CPU, intid, why);
    else
        WHY(why, INTACT_WHY_ARM_V2M_INTID, intid, first, first + count - 1);
}

void arm_irq_why_message(const struct arm_irq *irq, uint64_t address, uint32_t data, uint32_t device, struct why *why)
{
    struct arm_message message;
    if (msi_arm_decode(&irq->config.windows, address, data, device, false, &message) != MSI_ARM_OK) {
        WHY(why, INTACT_WHY_ARM_NO_REGISTER, address);
        return;
    }
    bool secure = message.kind == ARM_MESSAGE_SET_SPI_SECURE || message.kind == ARM_MESSAGE_CLEAR_SPI_SECURE;
    switch (message.kind) {
    case ARM_MESSAGE_SET_SPI:
    case ARM_MESSAGE_SET_SPI_SECURE:
        if (gicd_why_message(&irq->gicd, message.number, secure, why))
            arm_irq_why_intid(irq, ARM_IRQ_ANY_CPU, message.number, why);
        break;
    case ARM_MESSAGE_CLEAR_SPI:
    case ARM_MESSAGE_CLEAR_SPI_SECURE: WHY(why, INTACT_WHY_ARM_CLRSPI, address, message.number, secure); break;
    case ARM_MESSAGE_V2M: why_v2m(irq, message.number, why); break;
    case ARM_MESSAGE_EVENT: arm_irq_why_event(irq, message.device, message.number, why); break;
    }
}
