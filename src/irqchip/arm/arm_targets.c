// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Finds the CPU of an affinity, and the CPU for a 1 of N interrupt; described in arm_targets.h.
//
// Path: arm_irq.c / gicr.c
#include "irqchip/arm/arm_targets.h"

#include <errno.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    uint32_t x = ((const struct arm_targets_row *)a)->affinity, y = ((const struct arm_targets_row *)b)->affinity;
    return x < y ? -1 : x > y;
}

int arm_targets_init(struct arm_targets *targets, uint32_t cpus, const uint32_t *affinities, uint32_t *a, uint32_t *b)
{
    *targets = (struct arm_targets){ .cpus = cpus, .words = (cpus + 63) / 64 };
    targets->rows = calloc(cpus, sizeof *targets->rows);
    for (unsigned i = 0; i < GIC_GROUPS; i++) {
        targets->takers[i] = calloc(targets->words, sizeof(uint64_t));
        if (!targets->rows || !targets->takers[i])
            return -ENOMEM;
    }
    for (uint32_t i = 0; i < cpus; i++)
        targets->rows[i] = (struct arm_targets_row){ affinities[i], i };
    qsort(targets->rows, cpus, sizeof *targets->rows, compare);
    for (uint32_t i = 1; i < cpus; i++)
        if (targets->rows[i].affinity == targets->rows[i - 1].affinity) {
            *a = targets->rows[i - 1].cpu;
            *b = targets->rows[i].cpu;
            return -EINVAL;
        }
    return 0;
}

void arm_targets_free(struct arm_targets *targets)
{
    free(targets->rows);
    for (unsigned i = 0; i < GIC_GROUPS; i++)
        free(targets->takers[i]);
    *targets = (struct arm_targets){ .cpus = 0 };
}

bool arm_targets_update(struct arm_targets *targets, uint32_t cpu, uint32_t groups)
{
    bool news = false;
    for (unsigned group = 0; group < GIC_GROUPS; group++) {
        uint64_t *word = &targets->takers[group][cpu / 64], old = *word;
        *word = bits_merge(old, groups >> group & 1 ? UINT64_MAX : 0, BIT64(cpu % 64));
        news |= *word != old;
    }
    return news;
}

uint32_t arm_targets_one(const struct arm_targets *targets, uint32_t affinity)
{
    uint32_t low = 0, high = targets->cpus;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (targets->rows[middle].affinity < affinity)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < targets->cpus && targets->rows[low].affinity == affinity;
    return found ? targets->rows[low].cpu : ARM_TARGETS_NONE;
}

uint32_t arm_targets_next(const struct arm_targets *targets, enum gic_group group, uint32_t last)
{
    const uint64_t *set = targets->takers[group];
    uint64_t above = last % 64 == 63 ? 0 : ~bits_low(last % 64 + 1);
    for (uint32_t i = 0; i <= targets->words; i++) {
        uint32_t word = (last / 64 + i) % targets->words;
        uint64_t left = i == 0 ? set[word] & above : set[word];
        if (left)
            return word * 64 + bits_lowest(left);
    }
    return ARM_TARGETS_NONE;
}
