// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What must hold of the x86 chips after each step.
#include "x86_check.h"

#include <stdlib.h>

#include "base/bits.h"
#include "fuzz.h"

void x86_check_settled(struct pc *pc)
{
    struct x86_irq *irq = &pc->irq;
    struct {
        uint64_t deadline;
        uint32_t pending;
    } told[INTACT_CPUS_MAX];
    uint64_t hub = irq->hub_deadline;
    struct visit_save save;
    struct visit_differ differ;
    if (irq->depth || irq->hub_dirty || irq->dirty_words)
        fuzz_fail("something is left to settle");
    visit_save_init(&save);
    x86_irq_visit(irq, &save.visit);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        told[i].deadline = irq->cpus[i].deadline;
        told[i].pending = irq->cpus[i].pending;
        irq->dirty[i / 64] |= BIT64(i % 64);
        irq->dirty_words |= BIT64(i / 64);
        if (pc->cpus[i]->vcpu.pending != irq->cpus[i].pending)
            fuzz_fail("cpu%u has pending word %x and was told %x", i, pc->cpus[i]->vcpu.pending, irq->cpus[i].pending);
    }
    irq->hub_dirty = X86_IRQ_HUB_ALL;
    x86_irq_settle(irq);
    visit_differ_init(&differ, save.data, save.size);
    x86_irq_visit(irq, &differ.visit);
    if (differ.differs)
        fuzz_fail("settling once more changed %s", differ.path);
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        if (told[i].pending != irq->cpus[i].pending || told[i].deadline != irq->cpus[i].deadline)
            fuzz_fail("settling once more moved an output of cpu%u: %x to %x", i, told[i].pending,
                      irq->cpus[i].pending);
    if (hub != irq->hub_deadline)
        fuzz_fail("settling once more moved the IOAPICs' deadline");
    free(save.data);
}
