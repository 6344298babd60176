// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The CPU of an affinity, and the CPU for a 1 of N interrupt, compared with a simple search over 200 CPUs.
#include <criterion/criterion.h>
#include <errno.h>

#include "irqchip/arm/arm_targets.h"

enum { CPUS = 200 };

static uint32_t affinity(uint32_t cpu)
{
    return (CPUS - cpu) << 8 | (cpu & 3);
}

static void make(struct arm_targets *targets, uint32_t cpus)
{
    uint32_t affinities[CPUS], a, b;
    for (uint32_t i = 0; i < cpus; i++)
        affinities[i] = affinity(i);
    cr_assert_eq(arm_targets_init(targets, cpus, affinities, &a, &b), 0);
}

Test(arm_targets, an_affinity_names_its_cpu_and_no_other)
{
    for (uint32_t cpus = 1; cpus <= CPUS; cpus += 33) {
        struct arm_targets targets;
        make(&targets, cpus);
        for (uint32_t i = 0; i < cpus; i++) {
            cr_assert_eq(arm_targets_one(&targets, affinity(i)), i);
            cr_assert_eq(arm_targets_one(&targets, affinity(i) ^ 4), ARM_TARGETS_NONE);
        }
        cr_assert_eq(arm_targets_one(&targets, 0), ARM_TARGETS_NONE);
        cr_assert_eq(arm_targets_one(&targets, UINT32_MAX), ARM_TARGETS_NONE);
        arm_targets_free(&targets);
    }
}

Test(arm_targets, two_cpus_of_one_affinity_are_named)
{
    const uint32_t affinities[] = { 9, 4, 7, 4 };
    uint32_t a = 9, b = 9;
    struct arm_targets targets;
    cr_assert_eq(arm_targets_init(&targets, 4, affinities, &a, &b), -EINVAL);
    cr_assert(a + b == 4 && (a == 1 || b == 1), "%u and %u", a, b);
    arm_targets_free(&targets);
}

Test(arm_targets, the_next_taker_is_the_first_behind_the_last)
{
    struct arm_targets targets;
    uint8_t takes[GIC_GROUPS][CPUS] = { 0 };
    uint32_t random = 1;
    make(&targets, CPUS);
    for (unsigned step = 0; step < 4000; step++) {
        random = random * 1664525 + 1013904223;
        uint32_t cpu = (random >> 8) % CPUS, groups = step % 40 < 20 ? random >> 28 & 7 : 0;
        bool news = false;
        for (unsigned group = 0; group < GIC_GROUPS; group++) {
            news |= takes[group][cpu] != (groups >> group & 1);
            takes[group][cpu] = groups >> group & 1;
        }
        cr_assert_eq(arm_targets_update(&targets, cpu, groups), news);
        enum gic_group group = step % GIC_GROUPS;
        uint32_t last = (random >> 16) % CPUS, expected = ARM_TARGETS_NONE;
        for (uint32_t i = 1; i <= CPUS && expected == ARM_TARGETS_NONE; i++)
            if (takes[group][(last + i) % CPUS])
                expected = (last + i) % CPUS;
        cr_assert_eq(arm_targets_next(&targets, group, last), expected, "behind %u", last);
        cr_assert_eq(arm_targets_takes(&targets, group, cpu), takes[group][cpu]);
    }
    arm_targets_free(&targets);
}
