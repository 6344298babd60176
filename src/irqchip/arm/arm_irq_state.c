// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the Arm chips: saving and loading their state. See arm_irq.h. Not on the path of an interrupt.
#include <string.h>

#include "irqchip/arm/arm_irq.h"

// --- Saving ----------------------------------------------------------------------------------------------------------

static void visit_config(const struct arm_irq_config *config, struct visit *v)
{
    VISIT_CONSTANT(v, config->cpus);
    VISIT_CONSTANT(v, config->version);
    VISIT_CONSTANT(v, config->spis);
    VISIT_CONSTANT(v, config->extended_spis);
    VISIT_CONSTANT(v, config->extended_ppis);
    VISIT_CONSTANT(v, config->security);
    VISIT_CONSTANT(v, config->nmi);
    VISIT_CONSTANT(v, config->lpi_bits);
    VISIT_CONSTANT(v, config->its);
    VISIT_CONSTANT(v, config->its_stalls);
    VISIT_CONSTANT(v, config->its_command_ns);
    VISIT_CONSTANT(v, config->v2m_first);
    VISIT_CONSTANT(v, config->v2m_count);
}

void arm_irq_visit(struct arm_irq *irq, struct visit *v)
{
    visit_config(&irq->config, v);
    for (uint32_t i = 0; irq->config.version == 3 && i < irq->config.cpus; i++) {
        VISIT_CONSTANT(v, irq->targets.rows[i].affinity);
        VISIT_CONSTANT(v, irq->targets.rows[i].cpu);
    }
    VISIT(v, irq->last_taker);
    visit_enter(v, "gicd");
    gicd_visit(&irq->gicd, v);
    visit_leave(v);
    visit_enter(v, "its");
    its_visit(&irq->its, v);
    visit_leave(v);
    visit_enter(v, "gicv2m");
    gicv2m_visit(&irq->gicv2m, v);
    visit_leave(v);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        visit_enter_numbered(v, "cpu", i);
        gicr_visit(&irq->cpus[i].gicr, v);
        icc_visit(&irq->cpus[i].icc, v);
        gicc_visit(&irq->cpus[i].gicc, v);
        visit_leave(v);
    }
}

// --- Loading ---------------------------------------------------------------------------------------------------------

// Loaded values must not be used as indices before they are checked.
static void check_cpu(struct gic_cpu *cpu)
{
    for (unsigned group = 0; group < GIC_GROUPS; group++) {
        gic_cpu_set_bpr(cpu, group, cpu->bpr[group] & 7);
        if (cpu->nmi[group] != 0x81)
            cpu->nmi[group] = cpu->nmi[group] == 1;
    }
}

static void check_its(struct its *its)
{
    its->creadr &= 0xfffe1;
    its->cwriter &= 0xfffe0;
    if (!its->command_ns) // no command is in progress between steps
        its->due = CLOCK_NEVER;
    for (unsigned i = 0; i < ITS_CACHE; i++)
        if (its->cache[i].cpu > its->cpus)
            its->cache[i].cpu = 0;
}

// A saved choice of 1 of N stays if its CPU exists.
static void check_places(struct arm_irq *irq)
{
    if (irq->config.version == 2) {
        memset(irq->gicd.place, 0, sizeof irq->gicd.place);
        for (unsigned i = 0; i < GICD_SPIS; i++)
            irq->gicd.itargetsr[i] &= (uint8_t)bits_low(irq->config.cpus);
        return;
    }
    for (unsigned i = 0; i < GICD_SPIS; i++)
        if (irq->gicd.place[i] >= irq->config.cpus)
            irq->gicd.place[i] = GICD_NOWHERE;
    if (irq->last_taker >= irq->config.cpus)
        irq->last_taker = irq->config.cpus - 1;
}

// The sets of ready interrupts start empty, and everything is derived from the loaded state.
void arm_irq_loaded(struct arm_irq *irq)
{
    arm_irq_begin(irq);
    if (trace_heard(irq->config.trace))
        trace_forget(irq->config.trace, TRACE_SHARED);
    irq->deadline = irq->config.deadline ? ARM_IRQ_UNREPORTED_DEADLINE : CLOCK_NEVER;
    check_places(irq);
    check_its(&irq->its);
    gicd_touch_all(&irq->gicd);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        struct arm_irq_cpu *cpu = &irq->cpus[i];
        check_cpu(&cpu->icc.core);
        check_cpu(&cpu->gicc.core);
        gic_ready_clear(&cpu->ready);
        gicr_touch_all(&cpu->gicr);
        gicr_lpi_loaded(&cpu->gicr,
                        &(struct gicr_lpi_world){ &cpu->ready, &irq->config.memory, gicd_two_states(&irq->gicd) });
        cpu->pending = ARM_IRQ_UNREPORTED_PENDING;
        arm_irq_follow(irq, i);
    }
    arm_irq_end(irq);
}
