// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of all Arm chips as data (<intact/chips.h>). In their manuals each register is a section.
#include "irqchip/arm/arm_irq.h"

#include <stdio.h>

// The chips of one CPU. With GICv2 its private interrupts are in the distributor's frame.
static void tell_cpu(const struct arm_irq *irq, uint32_t vcpu, struct register_sink *sink)
{
    const struct arm_irq_cpu *cpu = &irq->cpus[vcpu];
    bool two_states = gicd_two_states(&irq->gicd);
    char name[24], text[40];
    if (irq->config.version == 3) {
        snprintf(name, sizeof name, "gicr%u", vcpu);
        snprintf(text, sizeof text, "redistributor of CPU %u", vcpu);
        register_chip(sink, INTACT_CHIP_GIC_CPU, vcpu, name, text, "IHI 0069");
        gicr_tell(&cpu->gicr, two_states, sink);
    }
    snprintf(name, sizeof name, "%s%u", irq->config.version == 3 ? "icc" : "gicc", vcpu);
    snprintf(text, sizeof text, "CPU interface of CPU %u", vcpu);
    register_chip(sink, INTACT_CHIP_GIC_CPU, vcpu, name, text,
                  irq->config.version == 3 ? "IHI 0069" : "IHI 0048B 4.4,");
    if (irq->config.version == 3)
        icc_tell(&cpu->icc, &cpu->ready, two_states, sink);
    else
        gicc_tell(&cpu->gicc, &cpu->ready, &cpu->gicr.bank, two_states, sink);
}

void arm_irq_tell(const struct arm_irq *irq, uint32_t vcpu, struct register_sink *sink)
{
    uint32_t first = vcpu == INTACT_NO_CPU ? 0 : vcpu, last = vcpu == INTACT_NO_CPU ? irq->config.cpus - 1 : vcpu;
    register_chip(sink, INTACT_CHIP_GICD, INTACT_NO_CPU, "gicd", "distributor", "IHI 0069");
    if (irq->config.version == 3)
        gicd_tell(&irq->gicd, NULL, 0, sink);
    for (uint32_t i = first; i <= last && irq->config.version == 2; i++) {
        char text[40];
        snprintf(text, sizeof text, "distributor, for CPU %u", i);
        register_chip(sink, INTACT_CHIP_GICD, i, "gicd", text, "IHI 0048B 4.3,");
        gicd_tell(&irq->gicd, &irq->cpus[i].gicr.bank, i, sink);
    }
    if (irq->gicv2m.count) {
        register_chip(sink, INTACT_CHIP_GIC_V2M, INTACT_NO_CPU, "v2m", "message frame", "DEN0029 appendix E,");
        gicv2m_tell(&irq->gicv2m, sink);
    }
    if (irq->config.its) {
        register_chip(sink, INTACT_CHIP_ITS, INTACT_NO_CPU, "its", "ITS", "IHI 0069");
        its_tell(&irq->its, sink);
    }
    for (uint32_t i = first; i <= last; i++)
        tell_cpu(irq, i, sink);
}
