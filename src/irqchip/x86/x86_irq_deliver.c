// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the x86 chips: delivery of messages of devices and IOAPICs, and of IPIs, to local APICs. See x86_irq.h.
//
// Spec: Intel SDM vol. 3A, APIC chapter, "Determining IPI Destination", "Lowest Priority Delivery Mode".
//
// Path: ioapic.c, msi/msi_x86.c / lapic.c
#include "irqchip/x86/x86_irq.h"

#include <string.h>

#include "msi/msi_x86.h"

// --- Messages -------------------------------------------------------------------------------------------------------

static NEVER_INLINE bool accept_heard(struct x86_irq *irq, uint32_t cpu, const struct x86_message *message)
{
    const struct lapic before = irq->cpus[cpu].lapic;
    bool accepted = lapic_accept(&irq->cpus[cpu].lapic, message);
    if (accepted)
        TRACE_AT(irq->config.trace, TRACE_HELD, x86_irq_cpu_key(cpu, message->delivery, message->vector), TRACE_ACCEPT,
                 cpu, message->vector, message->delivery | message->level << 8, 0);
    x86_irq_report_lapic(irq, &irq->cpus[cpu], &before, message->vector);
    return accepted;
}

static inline bool accept(struct x86_irq *irq, uint32_t cpu, const struct x86_message *message)
{
    return trace_heard(irq->config.trace) ? accept_heard(irq, cpu, message)
                                          : lapic_accept(&irq->cpus[cpu].lapic, message);
}

// The same, and the CPU is to be settled, also if it did not accept: an illegal vector raises the error interrupt.
static bool accept_touched(struct x86_irq *irq, uint32_t cpu, const struct x86_message *message)
{
    x86_irq_touch(irq, cpu);
    return accept(irq, cpu, message);
}

// SDM, "Lowest Priority Delivery Mode": the CPU with the lowest arbitration priority takes it. Among equals it is the
// next one after the last winner, so that the load is spread, in the same way in every run.
static bool arbitrate(struct x86_irq *irq, const uint64_t *set, const struct x86_message *message)
{
    uint32_t best = X86_TARGETS_NONE, best_rank = UINT32_MAX;
    for (uint32_t word = 0; word < irq->targets.words; word++) {
        for (uint64_t left = set[word]; left; left &= left - 1) {
            uint32_t cpu = word * 64 + bits_lowest(left);
            uint32_t turn = cpu > irq->last_lowest ? 0 : 1;
            uint32_t rank = lapic_apr(&irq->cpus[cpu].lapic) << 1 | turn;
            if (rank < best_rank && lapic_software_enabled(&irq->cpus[cpu].lapic)) {
                best = cpu;
                best_rank = rank;
            }
        }
    }
    if (best == X86_TARGETS_NONE)
        return false;
    irq->last_lowest = best;
    return accept_touched(irq, best, message);
}

static bool accept_all(struct x86_irq *irq, const uint64_t *set, const struct x86_message *message)
{
    bool accepted = false;
    if (x86_message_one_of_many(message))
        return arbitrate(irq, set, message);
    for (uint32_t word = 0; word < irq->targets.words; word++)
        for (uint64_t left = set[word]; left; left &= left - 1)
            accepted |= accept_touched(irq, word * 64 + bits_lowest(left), message);
    return accepted;
}

static bool any(const struct x86_irq *irq, const uint64_t *set)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < irq->targets.words; i++)
        all |= set[i];
    return all;
}

// Delivers to irq->found, or reports why it cannot.
static bool deliver_found(struct x86_irq *irq, const struct x86_message *message)
{
    enum x86_irq_drop reason = X86_IRQ_DROP_NO_CPU;
    if (any(irq, irq->found)) {
        if (accept_all(irq, irq->found, message))
            return true;
        reason = X86_IRQ_DROP_REFUSED;
    }
    TRACE(irq->config.trace, TRACE_DROP, TRACE_NO_CPU, reason, message->destination, message->vector);
    return false;
}

static uint64_t *clear_found(struct x86_irq *irq)
{
    return memset(irq->found, 0, irq->targets.words * sizeof(uint64_t));
}

bool x86_irq_deliver(struct x86_irq *irq, const struct x86_message *message)
{
    x86_irq_begin(irq);
    uint32_t one = x86_targets_one(&irq->targets, message);
    if (likely(one < irq->config.cpus) && accept(irq, one, message)) {
        x86_irq_end_cpu(irq, one);
        return true;
    }
    if (one < irq->config.cpus)
        x86_irq_touch(irq, one);
    x86_targets_find(&irq->targets, message, clear_found(irq));
    bool accepted = deliver_found(irq, message);
    x86_irq_end(irq);
    return accepted;
}

bool x86_irq_msi(struct x86_irq *irq, uint64_t address, uint32_t data, uint32_t device)
{
    struct x86_message message;
    enum msi_x86_result result = msi_x86_decode(address, data, device, irq->config.msi_flags, &message);
    bool heard = trace_heard(irq->config.trace), taken = false;
    if (heard)
        trace_raise(irq->config.trace, TRACE_NO_KEY, TRACE_MESSAGE, TRACE_NO_CPU, address, data, device);
    if (likely(result == MSI_X86_OK))
        taken = x86_irq_deliver(irq, &message);
    else
        TRACE(irq->config.trace, TRACE_DROP, TRACE_NO_CPU, X86_IRQ_DROP_MALFORMED, address,
              data | (uint64_t)result << 32);
    if (heard)
        trace_end(irq->config.trace);
    return taken;
}

// --- IPIs -----------------------------------------------------------------------------------------------------------

static void send(struct x86_irq *irq, struct x86_irq_cpu *cpu, const struct lapic_effect *effect)
{
    const struct x86_message *ipi = &effect->ipi;
    if (likely(effect->shorthand == LAPIC_TO_DESTINATION)) {
        x86_irq_deliver(irq, ipi);
        return;
    }
    x86_irq_begin(irq);
    if (effect->shorthand == LAPIC_TO_SELF) {
        if (!accept(irq, cpu->index, ipi))
            TRACE(irq->config.trace, TRACE_DROP, cpu->index, X86_IRQ_DROP_REFUSED, ipi->destination, ipi->vector);
        x86_irq_end_cpu(irq, cpu->index);
        return;
    }
    x86_targets_all(&irq->targets, clear_found(irq));
    if (effect->shorthand == LAPIC_TO_OTHERS)
        irq->found[cpu->index / 64] &= ~BIT64(cpu->index % 64);
    if (any(irq, irq->found)) // else there are no others, as a firmware that starts all of them need not know
        deliver_found(irq, ipi);
    x86_irq_end(irq);
}

void x86_irq_send(struct x86_irq *irq, struct x86_irq_cpu *cpu, const struct lapic_effect *effect)
{
    const struct x86_message *ipi = &effect->ipi;
    bool heard = trace_heard(irq->config.trace);
    if (heard) {
        trace_name_numbered(irq->config.trace, "cpu%u.ipi", cpu->index);
        trace_anew(irq->config.trace, TRACE_IPI, cpu->index, ipi->destination, ipi->delivery | effect->shorthand << 8,
                   ipi->vector);
    }
    send(irq, cpu, effect);
    if (heard)
        trace_end(irq->config.trace);
}
