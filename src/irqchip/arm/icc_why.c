// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive: the CPU interface of GICv3. See gic_why.h.
//
// Spec: IHI 0069 4.6 (groups), 4.8 (priorities), the ICC registers. ICC_SRE_EL1.SRE is always 1 here, so it is no gate.
//
// Path: gicd_why.c, gicr_why.c / arm_irq_why.c
#include "irqchip/arm/gic_why.h"
#include "irqchip/arm/icc.h"

static const struct gic_why_core core_reasons = {
    .behind = INTACT_WHY_ARM_ICC_BEHIND,
    .masked = INTACT_WHY_ARM_ICC_MASKED,
    .running = INTACT_WHY_ARM_ICC_RUNNING,
    .running_intid = INTACT_WHY_ARM_ICC_RUNNING_INTID,
    .same_group = INTACT_WHY_ARM_ICC_SAME_GROUP,
};

void icc_why(const struct icc *icc, const struct gic_ready *ready, const struct gic_why_forwarded *forwarded,
             struct why *why)
{
    const struct gic_pending *pending = &forwarded->pending;
    struct gic_pending first;
    if (!(icc->core.enabled >> pending->group & 1))
        WHY(why, INTACT_WHY_ARM_ICC_GROUP_OFF, pending->intid, forwarded->cpu,
            gic_why_group(pending->group, forwarded->two_states));
    if (gic_cpu_why_first(ready, icc->core.enabled, pending, &first))
        gic_cpu_why_behind(forwarded, &first, core_reasons.behind, why);
    if (icc_masks_superpriority(icc, pending))
        WHY(why, INTACT_WHY_ARM_ICC_NMI_MASKED, pending->intid, forwarded->cpu, pending->priority, icc->core.pmr);
    gic_cpu_why(&icc->core, forwarded, &core_reasons, why);
}
