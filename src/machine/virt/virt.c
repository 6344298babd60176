// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The part of a machine that is specific to `virt`: its chips and devices, reset. board.c calls it.
#include "machine/virt/virt.h"

#include <errno.h>
#include <stdlib.h>

#include "machine/virt/virt_cpu.h"
#include "vcpu/aarch64/system/sysreg.h"

// --- Construction ---------------------------------------------------------------------------------------------------

static int check_gic(struct board *board)
{
    const struct intact_machine_config *config = &board->config;
    if (config->gic_version != 2 && config->gic_version != 3)
        return board_refuse(board, "-machine", "gic-version is 2 or 3");
    unsigned most = config->gic_version == 2 ? VIRT_CPUS_V2 : VIRT_CPUS_V3;
    if (config->cpus < 1 || config->cpus > most)
        return error_set(&board->error, -EINVAL, "-smp: %u processors; 1 to %u are possible with gic-version=%u",
                         config->cpus, most, config->gic_version);
    return 0;
}

static int check(struct board *board)
{
    const struct intact_machine_config *config = &board->config;
    int result = check_gic(board);
    if (result < 0)
        return result;
    if (config->boot_once)
        return board_refuse(board, "-boot",
                            "once is for the firmware of pc; here a bootindex says what is tried first");
    if (config->memory > VIRT_RAM_END - VIRT_RAM)
        return board_refuse(board, "-m", "this machine has at most 255 GiB");
    for (unsigned i = 0; i < config->drive_count; i++)
        if (config->drives[i].interface == INTACT_DRIVE_IDE)
            return board_refuse(board, "-drive",
                                "this machine has no IDE disks; use if=none and -device virtio-blk-pci");
    if (config->testdev || config->debug_exit_port || config->debugcon_port)
        return board_refuse(board, "-device", "this machine has no ISA bus for it");
    return virt_cpu_parse(config->cpu, &virt_of(board)->model, board->cpu_without, &board->error);
}

static bool can_receive(void *port)
{
    return pl011_can_receive(port);
}

static void receive(void *port, uint8_t byte, uint64_t now)
{
    pl011_receive(port, byte, now);
}

static int make_serial(struct virt *virt)
{
    struct board *board = &virt->board;
    pl011_init(&virt->uart, &board->clock, outside_transmit, &board->outside.ports[OUTSIDE_SERIAL]);
    virt->uart.drained = outside_receive;
    return outside_connect(&board->outside, OUTSIDE_SERIAL, can_receive, receive, &virt->uart, &board->error);
}

static int make_timers(struct virt *virt)
{
    uint32_t cpus = virt->board.config.cpus;
    virt->timers = calloc(cpus, sizeof *virt->timers);
    if (!virt->timers)
        return error_set(&virt->board.error, -ENOMEM, "-smp: the host has no memory left");
    for (uint32_t i = 0; i < cpus; i++) {
        virt->timers[i].virt = virt;
        virt->timers[i].cpu = i;
        arm_timer_init(&virt->timers[i].timer, &virt->board.clock);
    }
    return 0;
}

static void release_power(void *owner, uint64_t now)
{
    (void)now;
    pl061_set_pin(&((struct virt *)owner)->gpio, VIRT_POWER_PIN, false);
}

// Somebody holds it for a tenth of a second: drivers wait some milliseconds for a key that bounces.
static void press_power(struct board *board, uint64_t now)
{
    struct virt *virt = virt_of(board);
    pl061_set_pin(&virt->gpio, VIRT_POWER_PIN, true);
    clock_arm(&board->clock, &virt->power_released, now + UINT64_C(100000000));
}

static void make_semihosting(struct virt *virt)
{
    const struct intact_machine_config *config = &virt->board.config;
    virt->semihosting = (struct a64_semihosting){
        .put = outside_transmit,
        .owner = &virt->board.outside.ports[OUTSIDE_DEBUGCON],
        .line = config->semihosting_line,
        .date = config->rtc_date,
        .ram = VIRT_RAM,
        .ram_end = VIRT_RAM + config->memory,
    };
}

static int make_devices(struct board *board)
{
    struct virt *virt = virt_of(board);
    int result = make_serial(virt);
    if (result < 0)
        return result;
    pl031_init(&virt->rtc, &board->clock, board->config.rtc_date);
    pl061_init(&virt->gpio);
    clock_register(&board->clock, &virt->power_released, "power button", release_power, virt);
    pci_host_init_ecam(&board->pci);
    make_semihosting(virt);
    result = make_timers(virt);
    return result < 0 ? result : virt_make_flash(virt);
}

static struct vcpu *make_cpu(struct board *board, uint32_t index)
{
    struct virt *virt = virt_of(board);
    struct a64_cpu **cpu = &virt->cpus[index];
    if (a64_cpu_create(cpu, &board->loop, index, virt->affinities[index]) < 0)
        return NULL;
    (*cpu)->model = virt->model;
    (*cpu)->semihosting = board->config.semihosting ? &virt->semihosting : NULL;
    (*cpu)->gic_registers = board->config.gic_version == 3;
    return &(*cpu)->vcpu;
}

static void destroy_cpu(struct board *board, uint32_t index)
{
    a64_cpu_destroy(virt_of(board)->cpus[index]);
}

static void destroy(struct board *board)
{
    struct virt *virt = virt_of(board);
    arm_irq_free(&virt->irq);
    free(virt->timers);
    virt_destroy_flash(virt);
    virt_destroy_fw_cfg(virt);
}

// --- Reset ----------------------------------------------------------------------------------------------------------

static void reset_devices(struct virt *virt)
{
    uint64_t now = virt->board.clock.now;
    pl011_reset(&virt->uart, now);
    pl031_reset(&virt->rtc, now);
    pl061_reset(&virt->gpio);
    fw_cfg_reset(&virt->fw_cfg, now);
    virt->semihosting.error = virt->semihosting.position = 0;
    for (unsigned i = 0; i < INTACT_FLASH_BANKS; i++)
        flash_bank_reset(&virt->flash[i], now);
    for (uint32_t i = 0; i < virt->board.config.cpus; i++)
        arm_timer_reset(&virt->timers[i].timer, now);
}

static void reset(struct board *board)
{
    struct virt *virt = virt_of(board);
    reset_devices(virt);
    arm_irq_reset(&virt->irq);
    for (uint32_t i = 0; i < board->config.cpus; i++)
        a64_reset(virt->cpus[i]);
}

static uint32_t signalled(struct board *board, uint32_t index)
{
    return arm_irq_signalled(&virt_of(board)->irq, index);
}

const struct board_type virt_type = {
    .size = sizeof(struct virt),
    .guest = &a64_guest,
    .pci_address = "ffffffffffffffff",
    .chips = INTACT_CHIP_GICD,
    .last_date = UINT32_MAX,
    .last_year = 2106,
    .sink = &virt_sink,
    .check = check,
    .make_devices = make_devices,
    .map_memory = virt_map_memory,
    .wire_controllers = virt_wire_controllers,
    .make_cpu = make_cpu,
    .wire_devices = virt_wire_devices,
    .map_devices = virt_map_devices,
    .describe = virt_describe,
    .reset = reset,
    .firmware = virt_firmware,
    .elf = ELF_AARCH64,
    .start_at = virt_start_at,
    .signalled = signalled,
    .press_power = press_power,
    .why_pin = virt_why_pin,
    .why_message = virt_why_message,
    .why_source = virt_why_source,
    .lint = virt_lint,
    .lint_holds = virt_lint_holds,
    .lint_end = virt_lint_end,
    .why_ready = virt_why_ready,
    .why_within = virt_why_within,
    .own_source = virt_own_source,
    .tell_registers = virt_tell_registers,
    .shown = virt_shown,
    .shown_text = "a GIC; info gic, info its",
    .write_message = virt_write_message,
    .register_name = virt_register_name,
    .read_register = virt_read_register,
    .write_register = virt_write_register,
    .visit_devices = virt_visit_devices,
    .visit_controllers = virt_visit_controllers,
    .visit_cpu = virt_visit_cpu,
    .loaded = virt_loaded,
    .destroy_cpu = destroy_cpu,
    .destroy = destroy,
};
