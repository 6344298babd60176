// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PC's part of the list of state (board_state.c): devices, interrupt controllers, processors.
#include "machine/pc/pc.h"

void pc_visit_devices(struct board *board, struct visit *v)
{
    struct pc *pc = pc_of(board);
    VISIT_NESTED(v, "pit", pit_visit(&pc->pit, v));
    VISIT_NESTED(v, "rtc", rtc_visit(&pc->rtc, v));
    VISIT_NESTED(v, "hpet", hpet_visit(&pc->hpet, v));
    VISIT_NESTED(v, "pm", acpi_pm_visit(&pc->pm, v));
    VISIT_NESTED(v, "keyboard", i8042_visit(&pc->keyboard, v));
    VISIT_NESTED(v, "com1", uart16550_visit(&pc->com1, v));
    pc_com_visit(pc, v);
    VISIT_NESTED(v, "reset", reset_port_visit(&pc->reset, v));
    if (pc->runs_flash)
        pc_visit_flash(pc, v);
    pc->chipset->visit(pc, v);
    VISIT_NESTED(v, "fw_cfg", fw_cfg_visit(&pc->fw_cfg, v));
    if (pc->runs_flash)
        VISIT_NESTED(v, "acpi", pc_acpi_visit(pc, v));
    VISIT_NESTED(v, "post", post_port_visit(&pc->post, v));
    VISIT_NESTED(v, "dma", isa_dma_visit(&pc->dma, v));
    VISIT_NESTED(v, "nmi", nmi_sc_visit(&pc->nmi, v));
    if (pc->testdev)
        VISIT_NESTED(v, "testdev", pc_testdev_visit(pc->testdev, v));
    VISIT(v, pc->gated_timer.level);
    VISIT(v, pc->gated_rtc.level);
}

void pc_visit_controllers(struct board *board, struct visit *v)
{
    x86_irq_visit(&pc_of(board)->irq, v);
}

void pc_visit_cpu(struct board *board, uint32_t index, struct visit *v)
{
    x86_cpu_visit(pc_of(board)->cpus[index], v);
}

void pc_loaded(struct board *board)
{
    struct pc *pc = pc_of(board);
    if (pc->runs_flash) {
        pc_flash_loaded(pc);
        pc_acpi_loaded(pc);
    }
    pc->chipset->loaded(pc);
    x86_irq_loaded(&pc->irq);
    for (uint32_t i = 0; i < board->config.cpus; i++)
        x86_cpu_loaded(pc->cpus[i]);
}
