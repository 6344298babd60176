// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The part of a machine that is specific to the PC: its chips and devices, their callbacks, RESET#. board.c calls it.
//
// Not modelled: floppy, parallel port.
#include "machine/pc/pc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/board/host_memory.h"
#include "vcpu/x86_64/system/sysreg.h"

// --- Callbacks of devices -------------------------------------------------------------------------------------------

static void power_off(void *owner)
{
    struct board *board = owner;
    loop_stop(&board->loop, LOOP_POWER_OFF, 0);
}

static void keyboard_reset(void *owner)
{
    struct board *board = owner;
    loop_stop(&board->loop, LOOP_RESET, 0);
}

// Port 92h and a soft reset through CF9h pulse INIT, after which a PC's firmware restarts everything: a reset as well.
static void port_reset(void *owner, bool hard)
{
    struct board *board = owner;
    (void)hard;
    loop_stop(&board->loop, LOOP_RESET, 0);
}

static void debug_exit(void *owner, uint32_t status)
{
    struct board *board = owner;
    loop_stop(&board->loop, LOOP_EXIT, (int)(status & 0xff));
}

// --- Construction ---------------------------------------------------------------------------------------------------

static int check(struct board *board)
{
    static const struct pc_chipset *const chipsets[] = {
        [INTACT_I440FX] = &pc_chipset_i440fx, [INTACT_Q35] = &pc_chipset_q35
    };
    const struct intact_machine_config *config = &board->config;
    if ((unsigned)config->chipset >= countof(chipsets))
        return board_refuse(board, "-machine", "there is no such chipset");
    pc_of(board)->chipset = chipsets[config->chipset];
    if (config->semihosting)
        return board_refuse(board, "-semihosting", "is of Arm; a guest of pc ends the run by -device isa-debug-exit");
    if (config->cpus < 1 || config->cpus > PC_CPUS_MAX)
        return error_set(&board->error, -EINVAL, "-smp: %u processors; 1 to %u are possible", config->cpus,
                         PC_CPUS_MAX);
    if (config->debug_exit_port && (config->debug_exit_size < 1 || config->debug_exit_size > 4))
        return board_refuse(board, "-device isa-debug-exit", "iosize is 1 to 4");
    const char *const orders[] = { config->boot_order, config->boot_once };
    for (unsigned i = 0; i < countof(orders); i++)
        if (orders[i] && (strlen(orders[i]) > 3 || strspn(orders[i], PC_BOOT_ORDER) != strlen(orders[i])))
            return error_set(&board->error, -EINVAL, "-boot: the order is up to three of c, d, a and n, not '%.80s'",
                             orders[i]);
    return cpu_model_parse(config->cpu, &pc_of(board)->model, board->cpu_without, &board->error);
}

static bool can_receive(void *port)
{
    return uart16550_can_receive(port);
}

static void receive(void *port, uint8_t byte, uint64_t now)
{
    uart16550_receive(port, byte, now);
}

static int make_serial(struct pc *pc)
{
    struct board *board = &pc->board;
    uart16550_init(&pc->com1, &board->clock, outside_transmit, &board->outside.ports[OUTSIDE_SERIAL]);
    pc->com1.drained = outside_receive;
    return outside_connect(&board->outside, OUTSIDE_SERIAL, can_receive, receive, &pc->com1, &board->error);
}

static int make_devices(struct board *board)
{
    struct pc *pc = pc_of(board);
    struct clock *clock = &board->clock;
    int result = make_serial(pc);
    if (result == 0)
        result = pc_com_make(pc);
    if (result < 0)
        return result;
    pit_init(&pc->pit, clock);
    rtc_init(&pc->rtc, clock, board->config.rtc_date);
    hpet_init(&pc->hpet, clock, PC_HPET_ROUTES);
    acpi_pm_init(&pc->pm, clock, true, power_off, board);
    i8042_init(&pc->keyboard, clock, keyboard_reset, board);
    reset_port_init(&pc->reset, port_reset, board);
    post_port_init(&pc->post);
    isa_dma_init(&pc->dma, &board->memory);
    nmi_sc_init(&pc->nmi);
    debugcon_init(&pc->debugcon, outside_transmit, &board->outside.ports[OUTSIDE_DEBUGCON]);
    isa_debug_exit_init(&pc->debug_exit, debug_exit, board);
    result = pc_make_flash(pc);
    if (result == 0)
        result = pc->chipset->make(pc);
    if (result < 0 || !board->config.testdev)
        return result;
    pc->testdev = calloc(1, sizeof *pc->testdev);
    if (!pc->testdev)
        return error_set(&board->error, -ENOMEM, "-device pc-testdev: the host has no memory left");
    pc_testdev_init(pc->testdev);
    return 0;
}

static void press_power(struct board *board, uint64_t now)
{
    acpi_pm_power_button(&pc_of(board)->pm, now);
}

// The line rises and falls: LINT1 latches the edge. Where port 70h masks NMI, or another source holds the line, there is none.
static void press_nmi(struct board *board)
{
    nmi_sc_set_button(&pc_of(board)->nmi, true);
    nmi_sc_set_button(&pc_of(board)->nmi, false);
}

static void press_key(struct board *board, unsigned key, bool down, uint64_t now)
{
    i8042_key(&pc_of(board)->keyboard, key, down, now);
}

static void move_pointer(struct board *board, int dx, int dy, int wheel, uint8_t buttons, uint64_t now)
{
    i8042_move(&pc_of(board)->keyboard, dx, dy, wheel, buttons, now);
}

static struct vcpu *make_cpu(struct board *board, uint32_t index)
{
    struct x86_cpu **cpu = &pc_of(board)->cpus[index];
    if (x86_cpu_create(cpu, &board->loop, index, index, board->config.cpus) < 0)
        return NULL;
    (*cpu)->model = &pc_of(board)->model;
    return &(*cpu)->vcpu;
}

static void destroy_cpu(struct board *board, uint32_t index)
{
    x86_cpu_destroy(pc_of(board)->cpus[index]);
}

static void destroy(struct board *board)
{
    struct pc *pc = pc_of(board);
    x86_irq_free(&pc->irq);
    free(pc->irq_events);
    free(pc->irq_timers);
    free(pc->testdev);
    free(pc->acpi);
    free(pc->loader);
    if (pc->chipset)
        pc->chipset->destroy(pc);
    pc_destroy_flash(pc);
}

// --- Reset ----------------------------------------------------------------------------------------------------------

static void reset_devices(struct pc *pc)
{
    uint64_t now = pc->board.clock.now;
    pit_reset(&pc->pit, now);
    rtc_reset(&pc->rtc, now);
    hpet_reset(&pc->hpet, now);
    acpi_pm_reset(&pc->pm, now);
    i8042_reset(&pc->keyboard, now);
    uart16550_reset(&pc->com1, now);
    pc_com_reset(pc, now);
    reset_port_reset(&pc->reset, now);
    post_port_init(&pc->post);
    isa_dma_reset(&pc->dma);
    nmi_sc_reset(&pc->nmi);
    if (pc->runs_flash)
        pc_reset_flash(pc, now);
    pc->chipset->reset(pc, now);
    if (pc->testdev)
        pc_testdev_reset(pc->testdev, now);
}

static void reset(struct board *board)
{
    struct pc *pc = pc_of(board);
    reset_devices(pc);
    x86_irq_reset(&pc->irq);
    for (uint32_t i = 0; i < board->config.cpus; i++) {
        x86_reset(pc->cpus[i]);
        if (!pc->runs_flash)
            x86_leave_firmware(pc->cpus[i]);
    }
}

const struct board_type pc_type = {
    .size = sizeof(struct pc),
    .guest = &x86_guest,
    .chips = INTACT_CHIP_PIC,
    .last_date = INT64_C(253402300799),
    .last_year = 9999,
    .sink = &pc_sink,
    .pci_address = "i0cf8",
    .video_window = PC_VIDEO,
    .check = check,
    .make_devices = make_devices,
    .map_memory = pc_map_memory,
    .wire_controllers = pc_wire_controllers,
    .make_cpu = make_cpu,
    .wire_devices = pc_wire_devices,
    .map_devices = pc_map_devices,
    .describe = pc_describe,
    .reset = reset,
    .firmware = pc_firmware,
    .elf = ELF_X86,
    .start_at = pc_start_at,
    .press_power = press_power,
    .press_nmi = press_nmi,
    .key = press_key,
    .pointer = move_pointer,
    .why_pin = pc_why_pin,
    .uses_pin = pc_uses_pin,
    .why_message = pc_why_message,
    .why_source = pc_why_source,
    .lint = pc_lint,
    .lint_holds = pc_lint_holds,
    .lint_end = pc_lint_end,
    .why_ready = pc_why_ready,
    .own_source = pc_own_source,
    .tell_registers = pc_tell_registers,
    .shown = pc_shown,
    .shown_text = "8259As, an IOAPIC and local APICs; info pic, info ioapic, info lapic",
    .write_message = pc_write_message,
    .register_name = pc_register_name,
    .read_register = pc_read_register,
    .write_register = pc_write_register,
    .visit_devices = pc_visit_devices,
    .visit_controllers = pc_visit_controllers,
    .visit_cpu = pc_visit_cpu,
    .loaded = pc_loaded,
    .destroy_cpu = destroy_cpu,
    .destroy = destroy,
};
