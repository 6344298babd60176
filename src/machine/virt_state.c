// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The whole state of `virt` as one list, in this order:
//
//     time and turn of the loop --> console --> devices --> groups, routing, controllers --> processors, timers --> RAM
//
// A load is for a machine made from the same configuration, with the same groups, between two runs. What is derived
// (run queue, TLBs, blocks) follows in virt_loaded.
//
// Not listed: what is in the inbox (it comes from outside, and a replay brings it again), and the host's clock of pacing.
#include <stdio.h>

#include "machine/virt.h"

// Deadlines in the clock belong to those that armed them: each device visits its own events.
static void visit_time(struct virt *virt, struct visit *v)
{
    VISIT(v, virt->clock.now);
    loop_visit(&virt->loop, v);
    VISIT(v, virt->memory.unanswered_reads);
    VISIT(v, virt->memory.unanswered_writes);
}

// Calls one list as a nested one.
#define NESTED(v, name, list)                                                                                          \
    do {                                                                                                               \
        visit_enter((v), (name));                                                                                      \
        list;                                                                                                          \
        visit_leave(v);                                                                                                \
    } while (0)

void virt_visit_chips(struct virt *virt, struct visit *v)
{
    visit_time(virt, v);
    NESTED(v, "console", outside_visit(&virt->outside, v));
    NESTED(v, "uart", pl011_visit(&virt->uart, v));
    NESTED(v, "rtc", pl031_visit(&virt->rtc, v));
    manager_visit(virt->manager, v); // groups attach their wires again before routing loads the levels
    route_visit(&virt->route, v);
    arm_irq_visit(&virt->irq, v);
    for (uint32_t i = 0; i < virt->config.cpus; i++) {
        char name[16];
        snprintf(name, sizeof name, "cpu%u", (unsigned)i);
        NESTED(v, name, a64_cpu_visit(virt->cpus[i], v));
        snprintf(name, sizeof name, "timer%u", (unsigned)i);
        NESTED(v, name, arm_timer_visit(&virt->timers[i].timer, v));
    }
}

void virt_visit(struct virt *virt, struct visit *v)
{
    virt_visit_chips(virt, v);
    VISIT_MEMORY(v, virt->ram, virt->config.memory);
}

void virt_loaded(struct virt *virt)
{
    outside_loaded(&virt->outside);
    arm_irq_loaded(&virt->irq);
    for (uint32_t i = 0; i < virt->config.cpus; i++)
        a64_cpu_loaded(virt->cpus[i]);
    loop_memory_written(&virt->loop, VIRT_RAM, virt->config.memory);
    virt->clock.moved = false;
}
