// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the Arm chips: mistakes of the guest, for observers. See arm_irq.h.
//
// Path: arm_irq_access.c, arm_irq_deliver.c / base/trace.c
#include "irqchip/arm/arm_irq.h"
#include "msi/msi_arm.h"

// The ITS has one more: a command that it did not execute, with its error code.
static const char *name(unsigned which)
{
    return which == GIC_MISTAKES ? "command" : gic_mistake_name((enum gic_mistake)which);
}

struct trace_counters arm_irq_counters(const uint32_t *counters, uint32_t chip, uint32_t vcpu)
{
    return (struct trace_counters){ counters, GIC_MISTAKES, vcpu, chip, NULL, name };
}

void arm_irq_mistake(struct arm_irq *irq, uint32_t *counters, uint32_t chip, uint32_t vcpu, enum gic_mistake mistake,
                     uint64_t value)
{
    counters[mistake]++;
    if (trace_heard(irq->config.trace)) {
        struct trace_counters from = arm_irq_counters(counters, chip, vcpu);
        trace_mistake(irq->config.trace, &from, mistake, value);
    }
}

void arm_irq_message_heard(struct arm_irq *irq, uint32_t vcpu, enum arm_message_kind kind, uint32_t number)
{
    const struct arm_message message = { .kind = kind, .number = number };
    uint64_t address = 0;
    uint32_t data = number;
    msi_arm_encode(&irq->config.windows, &message, &address, &data); // (0 where the board has no such window)
    trace_name_numbered(irq->config.trace, "cpu%u.message", vcpu);
    trace_raise(irq->config.trace, TRACE_NO_KEY, TRACE_MESSAGE, vcpu, address, data, 0);
}
