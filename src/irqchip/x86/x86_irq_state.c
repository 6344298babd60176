// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the x86 chips: saving and loading their state. See x86_irq.h. Not on the path of an interrupt.
#include "base/clock.h"
#include "irqchip/x86/x86_irq.h"

// --- Saving ---------------------------------------------------------------------------------------------------------

static void visit_config(const struct x86_irq_config *config, struct visit *v)
{
    VISIT_CONSTANT(v, config->cpus);
    VISIT_CONSTANT(v, config->ioapic_count);
    VISIT_CONSTANT(v, config->pic);
    VISIT_CONSTANT(v, config->imcr);
    VISIT_CONSTANT(v, config->pic_pin);
    VISIT_CONSTANT(v, config->msi_flags);
}

static void visit_lapic_config(const struct lapic_config *config, struct visit *v)
{
    VISIT_CONSTANT(v, config->apic_id);
    VISIT_CONSTANT(v, config->address_bits);
    VISIT_CONSTANT(v, config->timer_hz);
    VISIT_CONSTANT(v, config->x2apic);
    VISIT_CONSTANT(v, config->tsc_deadline);
}

void x86_irq_visit(struct x86_irq *irq, struct visit *v)
{
    visit_config(&irq->config, v);
    VISIT(v, irq->imcr_index);
    VISIT(v, irq->imcr);
    VISIT(v, irq->nmi);
    VISIT_BELOW(v, irq->last_lowest, irq->config.cpus);
    visit_enter(v, "pic");
    pic_cascade_visit(&irq->pic, v);
    visit_leave(v);
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++) {
        visit_enter_numbered(v, "ioapic", i);
        VISIT_CONSTANT(v, irq->ioapics[i].pins);
        VISIT_CONSTANT(v, irq->ioapics[i].version);
        ioapic_visit(&irq->ioapics[i], v);
        visit_leave(v);
    }
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        visit_enter_numbered(v, "lapic", i);
        visit_lapic_config(&irq->cpus[i].lapic.config, v);
        lapic_visit(&irq->cpus[i].lapic, v);
        visit_leave(v);
    }
}

// --- Loading --------------------------------------------------------------------------------------------------------

// The levels of LINT0 and the IOAPIC's pin are part of the saved state, so the 8259A's INT is restored without an edge.
void x86_irq_loaded(struct x86_irq *irq)
{
    x86_irq_begin(irq);
    if (trace_heard(irq->config.trace))
        trace_forget(irq->config.trace, TRACE_SHARED);
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++)
        ioapic_loaded(&irq->ioapics[i]);
    irq->pic_int = irq->config.pic && pic_cascade_int(&irq->pic);
    irq->hub_deadline = X86_IRQ_UNREPORTED_DEADLINE;
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        lapic_loaded(&irq->cpus[i].lapic);
        irq->cpus[i].pending = X86_IRQ_UNREPORTED_PENDING;
        irq->cpus[i].deadline = X86_IRQ_UNREPORTED_DEADLINE;
        x86_irq_follow(irq, i);
    }
    x86_irq_end(irq);
}
