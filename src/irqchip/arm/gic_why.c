// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive: the states of an interrupt, and the priority core of a CPU interface. See gic_why.h.
//
// Spec: IHI 0069 4.1 (states), 4.8 (priorities); IHI 0048B 3.2, 3.3.
#include "irqchip/arm/gic_why.h"

// --- Interrupts -----------------------------------------------------------------------------------------------------

static void report(const struct gic_why_place *place, enum intact_why_reason reason, unsigned number, unsigned bit,
                   struct why *why)
{
    WHY(why, reason, place->intid, number, bit, place->extended, place->cpu, place->gicr);
}

// A register with a bit for each interrupt.
static void report_bit(const struct gic_why_place *place, enum intact_why_reason reason, struct why *why)
{
    report(place, reason, place->number, place->bit, why);
}

// ICFGR: two bits for each of 16 interrupts, of which the upper one says edge.
static void report_config(const struct gic_why_place *place, enum intact_why_reason reason, struct why *why)
{
    report(place, reason, place->number * 2 + place->bit / 16, place->bit % 16 * 2 + 1, why);
}

static void not_pending(const struct gic_why_place *place, const struct gic_why_reasons *reasons, struct why *why)
{
    if (!(place->block->edge >> place->bit & 1))
        report_config(place, reasons->low, why);
    else if (place->block->line >> place->bit & 1)
        report_config(place, reasons->no_edge, why);
    else
        report_config(place, reasons->not_pending, why);
}

void gic_block_why(const struct gic_why_place *place, const struct gic_why_reasons *reasons, bool two_states,
                   struct why *why)
{
    bool pending = gic_why_pending(place);
    if (!pending)
        not_pending(place, reasons, why);
    if (gic_why_active(place))
        report_bit(place, pending ? reasons->active_pending : reasons->active, why);
    if (place->block->enabled >> place->bit & 1)
        return;
    report_bit(place, reasons->disabled, why);
    if (two_states && !(place->block->group >> place->bit & 1))
        report_bit(place, INTACT_WHY_ARM_SECURE, why);
}

// --- CPU interfaces -------------------------------------------------------------------------------------------------

// The order of gic_ready_highest.
static bool precedes(const struct gic_pending *a, const struct gic_pending *b)
{
    if (a->priority != b->priority)
        return a->priority < b->priority;
    if (a->nmi != b->nmi)
        return a->nmi;
    return a->intid < b->intid;
}

bool gic_cpu_why_first(const struct gic_ready *ready, uint32_t groups, const struct gic_pending *pending,
                       struct gic_pending *first)
{
    *first = gic_ready_highest(ready, groups);
    return first->intid != GIC_SPURIOUS && first->intid != pending->intid && precedes(first, pending);
}

void gic_cpu_why_behind(const struct gic_why_forwarded *forwarded, const struct gic_pending *first,
                        enum intact_why_reason reason, struct why *why)
{
    WHY(why, reason, forwarded->pending.intid, forwarded->cpu, forwarded->pending.priority, first->intid,
        first->priority, first->group != GIC_G0);
}

static void masked(const struct gic_cpu *cpu, const struct gic_why_forwarded *forwarded,
                   const struct gic_why_core *reasons, struct why *why)
{
    const struct gic_pending *pending = &forwarded->pending;
    struct gic_cpu idle = *cpu;
    memset(idle.apr, 0, sizeof idle.apr);
    memset(idle.nmi, 0, sizeof idle.nmi);
    if (!gic_cpu_signals(&idle, pending))
        WHY(why, pending->nmi ? INTACT_WHY_ARM_ICC_NMI_MASKED : reasons->masked, pending->intid, forwarded->cpu,
            pending->priority, cpu->pmr, forwarded->two_states);
}

// ICC_RPR_EL1 and GICC_RPR have only the bits that the binary point leaves, so that the priority of what is handled is that of
// the interrupt, if it is known.
static void running(const struct gic_cpu *cpu, const struct gic_why_forwarded *forwarded,
                    const struct gic_why_core *reasons, struct why *why)
{
    const struct gic_pending *pending = &forwarded->pending;
    uint8_t running = gic_cpu_running(cpu);
    struct gic_cpu open = *cpu;
    open.pmr = 0xff;
    const struct gic_pending *serving = &forwarded->serving;
    if (gic_cpu_signals(&open, pending) || serving->intid == pending->intid) // that it is active has been reported
        return;
    uint8_t handled = serving->intid == GIC_SPURIOUS ? running : serving->priority;
    if (pending->priority < handled)
        WHY(why, reasons->same_group, pending->intid, forwarded->cpu, pending->priority, handled,
            gic_cpu_group_mask(cpu, pending->group),
            pending->group != GIC_G0 && !(cpu->common_bpr >> pending->group & 1));
    else if (serving->intid != GIC_SPURIOUS)
        WHY(why, reasons->running_intid, pending->intid, forwarded->cpu, pending->priority, running, serving->intid);
    else
        WHY(why, reasons->running, pending->intid, forwarded->cpu, pending->priority, running);
}

void gic_cpu_why(const struct gic_cpu *cpu, const struct gic_why_forwarded *forwarded,
                 const struct gic_why_core *reasons, struct why *why)
{
    masked(cpu, forwarded, reasons, why);
    running(cpu, forwarded, reasons, why);
}
