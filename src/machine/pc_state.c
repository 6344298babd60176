// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PC's whole state as one list, in this order:
//
//     time and turn of the loop --> console --> devices --> groups, routing, controllers --> processors --> RAM
//
// A load is for a machine made from the same configuration, with the same groups, between two runs. What is derived
// (run queue, TLBs, blocks, deadlines of the controllers) follows in pc_loaded.
//
// Not listed: what is in the inbox (it comes from outside, and a replay brings it again), the host's clock of pacing,
// and flash, which nothing writes.
#include <stdio.h>

#include "machine/pc.h"

// Deadlines in the clock belong to those that armed them: each device visits its own events, and the controllers tell
// theirs again.
static void visit_time(struct pc *pc, struct visit *v)
{
    VISIT(v, pc->clock.now);
    loop_visit(&pc->loop, v);
    VISIT(v, pc->memory.unanswered_reads);
    VISIT(v, pc->memory.unanswered_writes);
    VISIT(v, pc->ports.unanswered_reads);
    VISIT(v, pc->ports.unanswered_writes);
}

// Calls one list as a nested one.
#define NESTED(v, name, list)                                                                                          \
    do {                                                                                                               \
        visit_enter((v), (name));                                                                                      \
        list;                                                                                                          \
        visit_leave(v);                                                                                                \
    } while (0)

static void visit_devices(struct pc *pc, struct visit *v)
{
    NESTED(v, "pit", pit_visit(&pc->pit, v));
    NESTED(v, "rtc", rtc_visit(&pc->rtc, v));
    NESTED(v, "hpet", hpet_visit(&pc->hpet, v));
    NESTED(v, "pm", acpi_pm_visit(&pc->pm, v));
    NESTED(v, "keyboard", i8042_visit(&pc->keyboard, v));
    NESTED(v, "com1", uart16550_visit(&pc->com1, v));
    NESTED(v, "reset", reset_port_visit(&pc->reset, v));
    NESTED(v, "pci", pci_host_visit(&pc->pci, v));
    NESTED(v, "fw_cfg", fw_cfg_visit(&pc->fw_cfg, v));
    NESTED(v, "post", post_port_visit(&pc->post, v));
    if (pc->testdev)
        NESTED(v, "testdev", pc_testdev_visit(pc->testdev, v));
    VISIT(v, pc->gated_timer.level);
    VISIT(v, pc->gated_rtc.level);
}

void pc_visit_chips(struct pc *pc, struct visit *v)
{
    visit_time(pc, v);
    NESTED(v, "console", outside_visit(&pc->outside, v));
    visit_devices(pc, v);
    manager_visit(pc->manager, v); // groups attach their wires again before routing loads the levels
    route_visit(&pc->route, v);
    x86_irq_visit(&pc->irq, v);
    for (uint32_t i = 0; i < pc->config.cpus; i++) {
        char name[16];
        snprintf(name, sizeof name, "cpu%u", (unsigned)i);
        NESTED(v, name, x86_cpu_visit(pc->cpus[i], v));
    }
}

void pc_visit(struct pc *pc, struct visit *v)
{
    pc_visit_chips(pc, v);
    VISIT_MEMORY(v, pc->ram, pc->ram_size);
}

void pc_loaded(struct pc *pc)
{
    outside_loaded(&pc->outside);
    x86_irq_loaded(&pc->irq);
    for (uint32_t i = 0; i < pc->config.cpus; i++)
        x86_cpu_loaded(pc->cpus[i]);
    for (unsigned i = 0; i < pc->memory_region_count; i++)
        if (pc->memory_regions[i].ram)
            loop_memory_written(&pc->loop, pc->memory_regions[i].base, pc->memory_regions[i].size);
    pc->clock.moved = false;
}
