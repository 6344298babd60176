// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive: the CPU interface of GICv2. See gic_why.h.
//
// Spec: IHI 0048B 3.3 (priorities), 4.4 (GICC registers).
//
// Path: gicd_why.c, gicr_why.c / arm_irq_why.c
#include "irqchip/arm/gic_why.h"
#include "irqchip/arm/gicc.h"

static const struct gic_why_core core_reasons = {
    .behind = INTACT_WHY_ARM_GICC_BEHIND,
    .masked = INTACT_WHY_ARM_GICC_MASKED,
    .running = INTACT_WHY_ARM_GICC_RUNNING,
    .running_intid = INTACT_WHY_ARM_GICC_RUNNING_INTID,
    .same_group = INTACT_WHY_ARM_GICC_SAME_GROUP,
};

static bool enabled(const struct gicc *gicc, const struct gic_pending *pending)
{
    return gicc->ctlr & (pending->group == GIC_G0 ? GICC_CTLR_GROUP0 : GICC_CTLR_GROUP1);
}

// The highest pending interrupt hides the others even while its group is disabled here (IHI 0048B 4.4.4).
void gicc_why(const struct gicc *gicc, const struct gic_ready *ready, const struct gic_why_forwarded *forwarded,
              struct why *why)
{
    const struct gic_pending *pending = &forwarded->pending;
    struct gic_pending first;
    if (!enabled(gicc, pending))
        WHY(why, INTACT_WHY_ARM_GICC_GROUP_OFF, pending->intid, forwarded->cpu, pending->group != GIC_G0, gicc->ctlr);
    if (gic_cpu_why_first(ready, UINT32_MAX, pending, &first))
        gic_cpu_why_behind(forwarded, &first, enabled(gicc, &first) ? core_reasons.behind : INTACT_WHY_ARM_GICC_HIDDEN,
                           why);
    gic_cpu_why(&gicc->core, forwarded, &core_reasons, why);
}
