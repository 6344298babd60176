// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PC, put together: clock and inbox, memory, interrupt controllers, processors, devices, wires, maps; then reset.
//
//     pc_create --> outside -> memory -> controllers -> processors -> devices -> wires -> ports --> firmware --> start
//     pc_reset  --> RESET# of all of them ------------------------------------------------------> firmware --> start
//
// Not modelled: address line 20, NMI sources (IOCHK, SERR), DMA controllers, floppy, parallel port, video.
#include "machine/pc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine/host_memory.h"
#include "vcpu/x86_64/sysreg.h"

// --- What devices ask of the machine --------------------------------------------------------------------------------

static void power_off(void *owner)
{
    struct pc *pc = owner;
    loop_stop(&pc->loop, LOOP_POWER_OFF, 0);
}

static void keyboard_reset(void *owner)
{
    struct pc *pc = owner;
    loop_stop(&pc->loop, LOOP_RESET, 0);
}

// Port 92h and a soft reset through CF9h pulse INIT, after which a PC's firmware restarts everything: a reset as well.
static void port_reset(void *owner, bool hard)
{
    struct pc *pc = owner;
    (void)hard;
    loop_stop(&pc->loop, LOOP_RESET, 0);
}

static void debug_exit(void *owner, uint32_t status)
{
    struct pc *pc = owner;
    loop_stop(&pc->loop, LOOP_EXIT, (int)(status & 0xff));
}

// --- Construction ---------------------------------------------------------------------------------------------------

static int bad(struct pc *pc, const char *option, const char *text)
{
    return error_set(&pc->error, -EINVAL, "%s: %s", option, text);
}

static int check(struct pc *pc)
{
    const struct intact_machine_config *config = &pc->config;
    if (config->cpus < 1 || config->cpus > INTACT_CPUS_MAX)
        return error_set(&pc->error, -EINVAL, "-smp: %u processors; 1 to %u are possible", config->cpus,
                         INTACT_CPUS_MAX);
    if (config->memory < INTACT_MEMORY_MIN || config->memory > INTACT_MEMORY_MAX || config->memory % 4096)
        return error_set(&pc->error, -EINVAL, "-m: %" PRIu64 " bytes; 4 MiB to 512 GiB in steps of 4 KiB are possible",
                         config->memory);
    if (config->shift > 10)
        return bad(pc, "-icount", "shift is 0 to 10");
    if (config->rtc_date < 0 || config->rtc_date > INT64_C(253402300799))
        return bad(pc, "-rtc", "the date must be between 1970 and 9999");
    if (config->debug_exit_port && (config->debug_exit_size < 1 || config->debug_exit_size > 4))
        return bad(pc, "-device isa-debug-exit", "iosize is 1 to 4");
    return 0;
}

// Where we are, for every trace event.
static void stamp(void *owner, struct trace_event *event)
{
    struct pc *pc = owner;
    event->instructions = loop_instructions(&pc->loop);
    event->now = pc->loop.current ? vcpu_now(pc->loop.current) : pc->clock.now;
}

static int make_loop(struct pc *pc)
{
    pc->trace.stamp = stamp;
    pc->trace.stamp_owner = pc;
    pc->memory.written = loop_memory_written;
    pc->memory.written_owner = &pc->loop;
    pc->loop.clock = &pc->clock;
    pc->loop.memory = &pc->memory;
    pc->loop.ports = &pc->ports;
    pc->loop.inbox = &pc->inbox;
    pc->loop.trace = &pc->trace;
    pc->loop.shift = pc->config.shift;
    pc->loop.limit = pc->config.limit;
    pc->loop.idle = outside_idle;
    pc->loop.idle_owner = &pc->outside;
    int result = loop_init(&pc->loop, &x86_guest);
    pc->loop_ready = result == 0;
    return result;
}

static int make_cpus(struct pc *pc)
{
    pc->cpus = calloc(pc->config.cpus, sizeof *pc->cpus);
    if (!pc->cpus)
        return error_set(&pc->error, -ENOMEM, "-smp: the host has no memory left");
    for (uint32_t i = 0; i < pc->config.cpus; i++) {
        if (x86_cpu_create(&pc->cpus[i], &pc->loop, i, i, pc->config.cpus) < 0)
            return error_set(&pc->error, -ENOMEM, "-smp: the host has no memory left");
        pc->cpus[i]->model = &pc->model;
        loop_add(&pc->loop, &pc->cpus[i]->vcpu);
    }
    return 0;
}

static void transmit(void *owner, uint8_t byte)
{
    struct pc *pc = owner;
    outside_transmit(&pc->outside, byte);
}

static void debug_transmit(void *owner, uint8_t byte)
{
    struct pc *pc = owner;
    outside_debug_transmit(&pc->outside, byte);
}

static void drained(void *owner)
{
    struct pc *pc = owner;
    outside_receive(&pc->outside);
}

static bool can_receive(void *port)
{
    return uart16550_can_receive(port);
}

static void receive(void *port, uint8_t byte, uint64_t now)
{
    uart16550_receive(port, byte, now);
}

static int make_outside(struct pc *pc)
{
    pc->outside.config = &pc->config;
    pc->outside.clock = &pc->clock;
    pc->outside.inbox = &pc->inbox;
    pc->outside.loop = &pc->loop;
    pc->outside.can_receive = can_receive;
    pc->outside.receive = receive;
    pc->outside.port = &pc->com1;
    return outside_init(&pc->outside, &pc->error);
}

static int make_devices(struct pc *pc)
{
    struct clock *clock = &pc->clock;
    pit_init(&pc->pit, clock);
    rtc_init(&pc->rtc, clock, pc->config.rtc_date);
    hpet_init(&pc->hpet, clock, PC_HPET_ROUTES);
    acpi_pm_init(&pc->pm, clock, true, power_off, pc);
    i8042_init(&pc->keyboard, keyboard_reset, pc);
    uart16550_init(&pc->com1, clock, transmit, pc);
    pc->com1.drained = drained;
    reset_port_init(&pc->reset, port_reset, pc);
    pci_host_init(&pc->pci, &pc->reset);
    post_port_init(&pc->post);
    debugcon_init(&pc->debugcon, debug_transmit, pc);
    isa_debug_exit_init(&pc->debug_exit, debug_exit, pc);
    if (!pc->config.testdev)
        return 0;
    pc->testdev = calloc(1, sizeof *pc->testdev);
    if (!pc->testdev)
        return error_set(&pc->error, -ENOMEM, "-device pc-testdev: the host has no memory left");
    pc_testdev_init(pc->testdev);
    return 0;
}

int pc_create(struct pc *pc, const struct intact_machine_config *config)
{
    *pc = (struct pc){ .config = *config };
    pc->ram_below_4g = config->memory < PC_RAM_SPLIT ? config->memory : PC_RAM_SPLIT;
    clock_init(&pc->clock);
    int result = check(pc);
    if (result == 0)
        result = cpu_model_parse(config->cpu, &pc->model, &pc->error);
    if (result == 0)
        result = make_outside(pc);
    if (result == 0)
        result = make_devices(pc);
    if (result == 0)
        result = pc_map_memory(pc);
    if (result == 0)
        result = make_loop(pc);
    if (result == 0)
        result = pc_wire_controllers(pc);
    if (result == 0)
        result = make_cpus(pc);
    if (result == 0)
        result = pc_wire_devices(pc);
    if (result == 0)
        result = pc_map_ports(pc);
    if (result == 0) {
        pc_describe(pc);
        result = pc_reset(pc);
    }
    if (result < 0 && pc->error.text[0] == 0)
        error_set(&pc->error, result, "the machine cannot be built: %s", strerror(-result));
    return result;
}

void pc_destroy(struct pc *pc)
{
    for (uint32_t i = 0; pc->cpus && i < pc->config.cpus; i++)
        x86_cpu_destroy(pc->cpus[i]);
    free(pc->cpus);
    if (pc->manager)
        intact_irq_manager_destroy(pc->manager);
    if (pc->chips_ready)
        x86_irq_free(&pc->irq);
    route_free(&pc->route);
    if (pc->loop_ready)
        loop_free(&pc->loop);
    outside_destroy(&pc->outside);
    free(pc->irq_events);
    free(pc->irq_timers);
    free(pc->testdev);
    host_memory_release(pc->ram, pc->ram_size);
    host_memory_release(pc->flash, pc->flash_size);
}

// --- Reset ----------------------------------------------------------------------------------------------------------

static void reset_devices(struct pc *pc)
{
    uint64_t now = pc->clock.now;
    pit_reset(&pc->pit, now);
    rtc_reset(&pc->rtc, now);
    hpet_reset(&pc->hpet, now);
    acpi_pm_reset(&pc->pm, now);
    i8042_reset(&pc->keyboard, now);
    uart16550_reset(&pc->com1, now);
    reset_port_reset(&pc->reset, now);
    pci_host_reset(&pc->pci, now);
    post_port_init(&pc->post);
    if (pc->testdev)
        pc_testdev_reset(pc->testdev, now);
}

int pc_reset(struct pc *pc)
{
    reset_devices(pc);
    x86_irq_reset(&pc->irq);
    for (uint32_t i = 0; i < pc->config.cpus; i++) {
        x86_reset(pc->cpus[i]);
        if (!pc->config.bios)
            x86_leave_firmware(pc->cpus[i]);
    }
    return pc_firmware(pc);
}
