// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Finds the CPU of an affinity, and the CPU for a 1 of N interrupt, without a loop over all of them.
//
// Spec: IHI 0069, affinity routing (GICD_IROUTER, ICC_SGI1R_EL1), and 1 of N distribution with GICR_CTLR.DPG.
//
//     Aff3.Aff2.Aff1.Aff0 ---> one CPU
//     1 of N, a group -------> the next CPU behind the last that takes part, round robin
//
// An affinity costs O(log CPUs), a turn O(CPUs / 64). The redistributors' registers are the state; this is derived.
//
// Path: arm_irq.c / gicr.c
#ifndef IRQCHIP_ARM_ARM_TARGETS_H
#define IRQCHIP_ARM_ARM_TARGETS_H

#include <stdbool.h>
#include <stdint.h>

#include "irqchip/arm/gic.h"

#define ARM_TARGETS_NONE UINT32_MAX

// An affinity, Aff3.Aff2.Aff1.Aff0, and its CPU.
struct arm_targets_row {
    uint32_t affinity, cpu;
};

struct arm_targets {
    uint32_t cpus, words;         // words of a set
    struct arm_targets_row *rows; // sorted by affinity
    uint64_t *takers[GIC_GROUPS]; // CPUs that take 1 of N interrupts of each group
};

// `affinities` has one of each CPU. -ENOMEM; -EINVAL: those of the CPUs `*a` and `*b` are the same.
int arm_targets_init(struct arm_targets *targets, uint32_t cpus, const uint32_t *affinities, uint32_t *a, uint32_t *b);
void arm_targets_free(struct arm_targets *targets);

// `cpu` takes 1 of N interrupts of `groups`, a mask. True: that is a change.
bool arm_targets_update(struct arm_targets *targets, uint32_t cpu, uint32_t groups);

// The CPU with this affinity, or ARM_TARGETS_NONE.
uint32_t arm_targets_one(const struct arm_targets *targets, uint32_t affinity);
// The first after `last`, round robin, that takes 1 of N interrupts of `group`; ARM_TARGETS_NONE.
uint32_t arm_targets_next(const struct arm_targets *targets, enum gic_group group, uint32_t last);

static inline bool arm_targets_takes(const struct arm_targets *targets, enum gic_group group, uint32_t cpu)
{
    return targets->takers[group][cpu / 64] >> (cpu % 64) & 1;
}

#endif
