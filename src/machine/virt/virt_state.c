// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The part of `virt` in the list of state (board_state.c): devices, interrupt controllers, processors with their timers.
#include "machine/virt/virt.h"

void virt_visit_devices(struct board *board, struct visit *v)
{
    struct virt *virt = virt_of(board);
    VISIT_NESTED(v, "uart", pl011_visit(&virt->uart, v));
    VISIT_NESTED(v, "rtc", pl031_visit(&virt->rtc, v));
    VISIT_NESTED(v, "gpio", pl061_visit(&virt->gpio, v));
    VISIT_NESTED(v, "power", event_visit(&virt->power_released, v));
    VISIT_NESTED(v, "semihosting", a64_semihosting_visit(&virt->semihosting, v));
    VISIT_NESTED(v, "fw_cfg", fw_cfg_visit(&virt->fw_cfg, v));
    VISIT_NESTED(v, "flash0", flash_bank_visit(&virt->flash[0], v));
    VISIT_NESTED(v, "flash1", flash_bank_visit(&virt->flash[1], v));
}

void virt_visit_controllers(struct board *board, struct visit *v)
{
    arm_irq_visit(&virt_of(board)->irq, v);
}

void virt_visit_cpu(struct board *board, uint32_t index, struct visit *v)
{
    struct virt *virt = virt_of(board);
    a64_cpu_visit(virt->cpus[index], v);
    VISIT_NESTED(v, "timer", arm_timer_visit(&virt->timers[index].timer, v));
}

void virt_loaded(struct board *board)
{
    struct virt *virt = virt_of(board);
    arm_irq_loaded(&virt->irq);
    for (unsigned i = 0; i < INTACT_FLASH_BANKS; i++)
        flash_bank_loaded(&virt->flash[i]);
    for (uint32_t i = 0; i < board->config.cpus; i++)
        a64_cpu_loaded(virt->cpus[i]);
}
