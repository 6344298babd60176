// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What must hold in an Arm interrupt controller whatever a guest did, computed without its bitmaps: every interrupt is
// checked separately, by the life cycle of IHI 0069 4.1 and IHI 0048B 3.2.
#ifndef TESTS_FUZZ_ARM_CHECK_H
#define TESTS_FUZZ_ARM_CHECK_H

#include "virt_rig.h"

// The pending and enabled interrupt of highest priority that a CPU interface would signal.
struct arm_highest {
    uint32_t intid; // GIC_SPURIOUS: nothing
    enum gic_group group;
    uint8_t priority;
    uint32_t pending; // the pending word that the CPU must have
};

struct arm_highest arm_check_highest(const struct virt *virt, uint32_t cpu);

// Deriving every output once more changes nothing.
void arm_check_settled(struct virt *virt);
// Each interrupt that is enabled, pending and not active is offered to the CPUs that it is routed to, and to no other,
// and each CPU's pending word follows from that.
void arm_check_offered(const struct virt *virt);
// The memory of LPI sets without a member, and of properties that are not in use, is 0: the other two do not read it.
void arm_check_unused(const struct virt *virt);

#endif
