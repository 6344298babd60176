// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What must hold of the x86 chips after each step.
#include "x86_check.h"

#include <string.h>

#include "base/bits.h"
#include "fuzz.h"

enum { CPUS = 8, IOAPICS = 4 };

// The chips as they were. Memory is compared first, which is quick; if it is not the same, the list of state decides:
// what is derived may be.
struct chips {
    struct x86_irq irq;
    struct x86_irq_cpu cpus[CPUS];
    struct ioapic ioapics[IOAPICS];
};

static void keep(struct chips *chips, const struct x86_irq *irq)
{
    if (irq->config.cpus > CPUS || irq->config.ioapic_count > IOAPICS)
        fuzz_fail("the check has no room for so many chips");
    memcpy(chips->cpus, irq->cpus, irq->config.cpus * sizeof *irq->cpus);
    memcpy(chips->ioapics, irq->ioapics, irq->config.ioapic_count * sizeof *irq->ioapics);
    chips->irq = *irq;
    chips->irq.cpus = chips->cpus;
    chips->irq.ioapics = chips->ioapics;
}

static bool same_memory(const struct chips *chips, const struct x86_irq *irq)
{
    const struct x86_irq *old = &chips->irq;
    return memcmp(chips->cpus, irq->cpus, irq->config.cpus * sizeof *irq->cpus) == 0 &&
           memcmp(chips->ioapics, irq->ioapics, irq->config.ioapic_count * sizeof *irq->ioapics) == 0 &&
           memcmp(&old->pic, &irq->pic, sizeof old->pic) == 0 && old->imcr_index == irq->imcr_index &&
           old->imcr == irq->imcr && old->nmi == irq->nmi && old->last_lowest == irq->last_lowest;
}

static void compare(struct chips *chips, struct x86_irq *irq)
{
    static struct visit_save save; // its memory is used again
    struct visit_differ differ;
    if (same_memory(chips, irq))
        return;
    rig_save_begin(&save);
    x86_irq_visit(&chips->irq, &save.visit);
    if (save.failed)
        fuzz_fail("no memory for a snapshot");
    visit_differ_init(&differ, save.data, save.size);
    x86_irq_visit(irq, &differ.visit);
    if (differ.differs)
        fuzz_fail("settling once more changed %s", differ.path);
}

void x86_check_settled(struct pc *pc)
{
    static struct chips before;
    struct x86_irq *irq = &pc->irq;
    if (irq->depth || irq->hub_dirty || irq->dirty_words)
        fuzz_fail("something is left to settle");
    keep(&before, irq);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        irq->dirty[i / 64] |= BIT64(i % 64);
        irq->dirty_words |= BIT64(i / 64);
        if (pc->cpus[i]->vcpu.pending != irq->cpus[i].pending)
            fuzz_fail("cpu%u has pending word %x and was told %x", i, pc->cpus[i]->vcpu.pending, irq->cpus[i].pending);
    }
    irq->hub_dirty = X86_IRQ_HUB_ALL;
    x86_irq_settle(irq);
    compare(&before, irq);
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        if (before.cpus[i].pending != irq->cpus[i].pending || before.cpus[i].deadline != irq->cpus[i].deadline)
            fuzz_fail("settling once more moved an output of cpu%u: %x to %x", i, before.cpus[i].pending,
                      irq->cpus[i].pending);
    if (before.irq.hub_deadline != irq->hub_deadline)
        fuzz_fail("settling once more moved the IOAPICs' deadline");
}
