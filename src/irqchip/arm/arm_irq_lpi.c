// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The Arm family wired together: LPIs and the ITS; see arm_irq.h.
//
//     GITS_TRANSLATER, INT --> its.c: translation --> gicr_lpi.c: pending, configuration --> ready
//     GITS_CWRITER ----------> its_cmd.c: commands -> what they ask of an LPI, done here
//
// Path: msi/msi_arm.c, its.c / gicr_lpi.c
#include "irqchip/arm/arm_irq.h"

// --- LPIs -----------------------------------------------------------------------------------------------------------

static struct gicr_lpi_world world_of(const struct arm_irq *irq, struct arm_irq_cpu *cpu)
{
    return (struct gicr_lpi_world){ &cpu->ready, &irq->config.memory, gicd_two_states(&irq->gicd) };
}

static bool set_lpi(struct arm_irq *irq, struct arm_irq_cpu *cpu, uint32_t intid)
{
    struct gicr_lpi_world world = world_of(irq, cpu);
    if (!gicr_lpi_set(&cpu->gicr, &world, intid)) {
        TRACE(irq->config.trace, TRACE_DROP, cpu->index, ARM_IRQ_DROP_REFUSED, intid, ARM_MESSAGE_EVENT);
        return false;
    }
    TRACE(irq->config.trace, TRACE_ACCEPT, cpu->index, intid, GIC_G1NS, 0);
    arm_irq_touch(irq, cpu->index);
    return true;
}

static void move_lpi(struct arm_irq *irq, struct arm_irq_cpu *from, struct arm_irq_cpu *to, uint32_t intid)
{
    struct gicr_lpi_world world = world_of(irq, from), other = world_of(irq, to);
    if (gicr_lpi_pends(&from->gicr, intid) && !gicr_lpi_takes(&to->gicr, intid))
        return;
    bool pending = gicr_lpi_clear(&from->gicr, &world, intid);
    gicr_lpi_invalidate(&from->gicr, &world, intid);
    gicr_lpi_invalidate(&to->gicr, &other, intid); // whatever it remembers from an earlier stay
    if (pending)
        set_lpi(irq, to, intid);
}

void arm_irq_take_lpi(struct arm_irq *irq, struct arm_irq_cpu *cpu, uint32_t intid)
{
    struct gicr_lpi_world world = world_of(irq, cpu);
    gicr_lpi_clear(&cpu->gicr, &world, intid);
    arm_irq_touch(irq, cpu->index);
}

bool arm_irq_do_lpi(struct arm_irq *irq, struct arm_irq_cpu *cpu, struct arm_irq_cpu *other, enum gic_lpi_action action,
                    uint32_t intid)
{
    struct gicr_lpi_world world = world_of(irq, cpu), to;
    arm_irq_touch(irq, cpu->index);
    switch (action) {
    case GIC_LPI_NOTHING: break;
    case GIC_LPI_SET: return set_lpi(irq, cpu, intid);
    case GIC_LPI_CLEAR: gicr_lpi_clear(&cpu->gicr, &world, intid); break;
    case GIC_LPI_INVALIDATE: gicr_lpi_invalidate(&cpu->gicr, &world, intid); break;
    case GIC_LPI_INVALIDATE_ALL: gicr_lpi_invalidate_all(&cpu->gicr, &world); break;
    case GIC_LPI_ENABLE: gicr_lpi_enable(&cpu->gicr, &world); break;
    case GIC_LPI_DISABLE: gicr_lpi_disable(&cpu->gicr, &world); break;
    case GIC_LPI_MOVE: move_lpi(irq, cpu, other, intid); break;
    case GIC_LPI_MOVE_ALL:
        to = world_of(irq, other);
        gicr_lpi_move_all(&cpu->gicr, &world, &other->gicr, &to);
        arm_irq_touch(irq, other->index);
        break;
    }
    return true;
}

// --- The ITS --------------------------------------------------------------------------------------------------------

bool arm_irq_event(struct arm_irq *irq, uint32_t device, uint32_t event)
{
    struct its_translation found;
    if (irq->config.its && its_translate(&irq->its, &irq->config.memory, device, event, &found))
        return set_lpi(irq, &irq->cpus[found.cpu - 1], found.intid);
    TRACE(irq->config.trace, TRACE_DROP, TRACE_NO_CPU, ARM_IRQ_DROP_UNTRANSLATED, (uint64_t)device << 32 | event, 0);
    return false;
}

// A queue full of commands that look at every LPI would take seconds: what is left waits for the next access to the
// frame, as software polls GITS_CREADR anyway (no time is set for them).
enum { COMMAND_BUDGET = 8192, COMMAND_HEAVY = 256 };

void arm_irq_commands(struct arm_irq *irq, uint64_t now)
{
    struct its_effect effect;
    int budget = COMMAND_BUDGET;
    while (budget > 0 && its_step(&irq->its, &irq->config.memory, now, &effect)) {
        budget -= effect.action == GIC_LPI_INVALIDATE_ALL || effect.action == GIC_LPI_MOVE_ALL ? COMMAND_HEAVY : 1;
        if (effect.error)
            TRACE(irq->config.trace, TRACE_MISTAKE, TRACE_NO_CPU, ARM_IRQ_ITS, GIC_MISTAKES, effect.error);
        if (effect.action != GIC_LPI_NOTHING)
            arm_irq_do_lpi(irq, &irq->cpus[effect.cpu], &irq->cpus[effect.other], effect.action, effect.intid);
    }
}
