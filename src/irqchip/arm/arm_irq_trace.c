// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the Arm chips: what only an observer sees. See arm_irq.h. But for arm_irq_mistake nothing here is called
// without one.
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

// --- Interrupts that are made pending -------------------------------------------------------------------------------

// An LPI that was just made pending has its configuration in the cache, unless its table cannot be read.
static bool enabled(const struct arm_irq *irq, const struct arm_irq_cpu *cpu, uint32_t intid)
{
    uint32_t slot = gic_slot_of(intid);
    struct gicr_lpi_config config;
    if (intid >= GIC_LPI_FIRST)
        return !gicr_lpi_cached(&cpu->gicr, intid, &config) || config.enabled;
    return arm_irq_block(irq, cpu, slot)->enabled >> (slot % 32) & 1;
}

void arm_irq_report_mask(struct arm_irq *irq, const struct arm_irq_cpu *cpu, uint32_t intid)
{
    bool own = intid >= GIC_LPI_FIRST || gic_slot_private(gic_slot_of(intid));
    if (enabled(irq, cpu, intid))
        return;
    bool waits = arm_irq_pends(irq, cpu, intid);
    if (own)
        TRACE(irq->config.trace, TRACE_MASK, cpu->index, ARM_IRQ_CPU, intid, waits);
    else
        TRACE(irq->config.trace, TRACE_MASK, TRACE_NO_CPU, ARM_IRQ_GICD, arm_irq_pin_of(intid), waits);
}

void arm_irq_report_held(struct arm_irq *irq, const struct arm_irq_cpu *cpu, uint32_t intid)
{
    trace_hold(irq->config.trace, arm_irq_key(cpu ? cpu->index : TRACE_SHARED, intid));
    arm_irq_report_mask(irq, cpu, intid);
}

// --- Interrupts that software makes pending -------------------------------------------------------------------------

void arm_irq_report_set(struct arm_irq *irq, const struct arm_irq_cpu *cpu, uint32_t intid)
{
    bool own = intid >= GIC_LPI_FIRST || gic_slot_private(gic_slot_of(intid));
    trace_name(irq->config.trace, "software");
    trace_anew(irq->config.trace, TRACE_SET, own ? cpu->index : TRACE_NO_CPU, intid, own ? ARM_IRQ_CPU : ARM_IRQ_GICD,
               0);
}

// The slot of bit 0 of the word at `offset`; GIC_NO_SLOT: another register.
static uint32_t slot_of(const struct arm_irq *irq, enum arm_irq_window window, uint64_t offset)
{
    const uint64_t ispendr = 0x200, ispendr_e = 0x1600, spendsgir = 0xf20, private_frame = 0x10000;
    uint32_t slot = GIC_NO_SLOT;
    if (window == ARM_IRQ_WINDOW_GICR || window == ARM_IRQ_WINDOW_GICR2) {
        uint64_t word = (offset % GICR_FRAME - private_frame - ispendr) / 4;
        if (word < 3)
            slot = word ? GIC_EPPI_SLOT + ((uint32_t)word - 1) * 32 : 0;
        return gicr_has(&irq->cpus[0].gicr, slot) ? slot : GIC_NO_SLOT;
    }
    if (window != ARM_IRQ_WINDOW_GICD)
        return GIC_NO_SLOT;
    bool v2 = irq->config.version == 2;
    if (v2 && (offset - spendsgir < 16 || offset - ispendr < 4))
        return 0;
    if (offset - ispendr < 0x80)
        slot = (uint32_t)(offset - ispendr) / 4 * 32;
    else if (!v2 && offset - ispendr_e < 0x80)
        slot = GIC_ESPI_SLOT + (uint32_t)(offset - ispendr_e) / 4 * 32;
    bool shared = slot != GIC_NO_SLOT && !gic_slot_private(slot);
    return shared && gicd_has(&irq->gicd, gic_shared_index(slot)) ? slot : GIC_NO_SLOT;
}

static uint32_t pending_of(const struct arm_irq *irq, const struct arm_irq_cpu *cpu, uint32_t slot)
{
    return gic_block_pending(arm_irq_block(irq, cpu, slot));
}

struct arm_irq_pending arm_irq_before_write(const struct arm_irq *irq, enum arm_irq_window window,
                                            const struct arm_irq_cpu *cpu, uint64_t offset)
{
    uint32_t slot = slot_of(irq, window, offset);
    if (slot == GIC_NO_SLOT)
        return (struct arm_irq_pending){ .cpu = NULL };
    return (struct arm_irq_pending){ .slot = slot, .cpu = cpu, .before = pending_of(irq, cpu, slot) };
}

void arm_irq_after_write(struct arm_irq *irq, const struct arm_irq_pending *pending)
{
    if (!pending->cpu)
        return;
    uint32_t left = pending_of(irq, pending->cpu, pending->slot) & ~pending->before;
    for (; left; left &= left - 1) {
        uint32_t intid = gic_intid_of(pending->slot + bits_lowest(left));
        arm_irq_report_set(irq, pending->cpu, intid);
        arm_irq_report_held(irq, gic_slot_private(pending->slot) ? pending->cpu : NULL, intid);
        trace_end(irq->config.trace);
    }
}
