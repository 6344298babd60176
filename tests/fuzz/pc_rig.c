// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include "pc_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "machine/bytes.h"
#include "vcpu/x86_64/sysreg.h"

enum { KERNEL_BYTES = 4096, KERNEL_ADDRESS = 0x100000, KERNEL_ENTRY = 0x40, HLT = 0xf4 };

// Multiboot 1 with the addresses in its header, so that no ELF is needed.
static const uint8_t *kernel(void)
{
    static uint8_t file[KERNEL_BYTES];
    put32(file, 0x1badb002);
    put32(file + 4, 0x10000);
    put32(file + 8, 0u - 0x1badb002u - 0x10000u);
    put32(file + 12, KERNEL_ADDRESS);
    put32(file + 16, KERNEL_ADDRESS);
    put32(file + 20, KERNEL_ADDRESS + KERNEL_BYTES);
    put32(file + 24, KERNEL_ADDRESS + KERNEL_BYTES);
    put32(file + 28, KERNEL_ADDRESS + KERNEL_ENTRY);
    file[KERNEL_ENTRY] = HLT;
    return file;
}

struct pc *pc_rig_new(unsigned cpus)
{
    struct pc *pc = calloc(1, sizeof *pc);
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.cpus = cpus;
    config.memory = PC_RIG_RAM;
    config.kernel = "fuzz";
    config.kernel_data = kernel();
    config.kernel_size = KERNEL_BYTES;
    config.testdev = true;
    config.debugcon_port = DEBUGCON_PORT;
    config.debug_exit_port = 0xf4;
    config.debug_exit_size = 4;
    if (!pc || pc_create(pc, &config) < 0)
        fuzz_fail("cannot make a PC: %s", pc ? pc->error.text : "no memory");
    return pc;
}

void pc_rig_free(struct pc *pc)
{
    pc_destroy(pc);
    free(pc);
}

static void visit_devices(struct pc *pc, struct visit *v)
{
    pit_visit(&pc->pit, v);
    rtc_visit(&pc->rtc, v);
    hpet_visit(&pc->hpet, v);
    acpi_pm_visit(&pc->pm, v);
    i8042_visit(&pc->keyboard, v);
    uart16550_visit(&pc->com1, v);
    reset_port_visit(&pc->reset, v);
    pci_host_visit(&pc->pci, v);
    fw_cfg_visit(&pc->fw_cfg, v);
    post_port_visit(&pc->post, v);
    pc_testdev_visit(pc->testdev, v);
    VISIT(v, pc->gated_timer.level);
    VISIT(v, pc->gated_rtc.level);
}

// Groups attach their wires again before routing loads the levels.
void pc_rig_visit(struct pc *pc, struct visit *v)
{
    VISIT(v, pc->clock.now);
    VISIT(v, pc->loop.last);
    VISIT(v, pc->loop.carry);
    VISIT(v, pc->loop.instructions);
    VISIT(v, pc->memory.unanswered_reads);
    VISIT(v, pc->memory.unanswered_writes);
    VISIT(v, pc->ports.unanswered_reads);
    VISIT(v, pc->ports.unanswered_writes);
    visit_devices(pc, v);
    manager_visit(pc->manager, v);
    route_visit(&pc->route, v);
    x86_irq_visit(&pc->irq, v);
    for (uint32_t i = 0; i < pc->config.cpus; i++) {
        char name[16];
        snprintf(name, sizeof name, "cpu%u", (unsigned)i);
        visit_enter(v, name);
        x86_cpu_visit(pc->cpus[i], v);
        visit_leave(v);
    }
}

void pc_rig_loaded(struct pc *pc)
{
    x86_irq_loaded(&pc->irq);
    for (uint32_t i = 0; i < pc->config.cpus; i++)
        x86_cpu_loaded(pc->cpus[i]);
    pc->clock.moved = false;
}

struct visit_save pc_rig_save(struct pc *pc)
{
    struct visit_save save;
    visit_save_init(&save);
    pc_rig_visit(pc, &save.visit);
    if (save.failed)
        fuzz_fail("no memory for a snapshot");
    return save;
}

void pc_rig_load(struct pc *pc, const struct visit_save *save)
{
    struct visit_load load;
    visit_load_init(&load, save->data, save->size);
    pc_rig_visit(pc, &load.visit);
    pc_rig_loaded(pc);
    if (load.failed || load.position != load.size)
        fuzz_fail("a snapshot does not fit the machine: %zu of %zu bytes used", load.position, load.size);
}

const char *pc_rig_differs(struct pc *pc, const struct visit_save *save)
{
    static struct visit_differ differ;
    visit_differ_init(&differ, save->data, save->size);
    pc_rig_visit(pc, &differ.visit);
    return differ.differs ? differ.path : NULL;
}
