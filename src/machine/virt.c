// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The `virt` machine, put together: clock and inbox, memory, interrupt controller, processors, devices, wires, map; then
// reset.
//
//     virt_create --> outside -> devices -> memory -> controllers -> processors -> wires -> map --> firmware --> start
//     virt_reset  --> reset of all of them -----------------------------------------------------> firmware --> start
#include "machine/virt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine/host_memory.h"
#include "vcpu/aarch64/model.h"
#include "vcpu/aarch64/sysreg.h"

// --- Construction ---------------------------------------------------------------------------------------------------

static int bad(struct virt *virt, const char *option, const char *text)
{
    return error_set(&virt->error, -EINVAL, "%s: %s", option, text);
}

static int check_gic(struct virt *virt)
{
    const struct intact_machine_config *config = &virt->config;
    if (config->gic_version != 2 && config->gic_version != 3)
        return bad(virt, "-machine", "gic-version is 2 or 3");
    unsigned most = config->gic_version == 2 ? VIRT_CPUS_V2 : VIRT_CPUS_V3;
    if (config->cpus < 1 || config->cpus > most)
        return error_set(&virt->error, -EINVAL, "-smp: %u processors; 1 to %u are possible with gic-version=%u",
                         config->cpus, most, config->gic_version);
    return 0;
}

static int check(struct virt *virt)
{
    const struct intact_machine_config *config = &virt->config;
    int result = check_gic(virt);
    if (result < 0)
        return result;
    if (config->memory < INTACT_MEMORY_MIN || config->memory > INTACT_MEMORY_MAX || config->memory % 4096)
        return error_set(&virt->error, -EINVAL,
                         "-m: %" PRIu64 " bytes; 4 MiB to 512 GiB in steps of 4 KiB are possible", config->memory);
    if (config->shift > 10)
        return bad(virt, "-icount", "shift is 0 to 10");
    if (config->rtc_date < 0 || config->rtc_date > UINT32_MAX)
        return bad(virt, "-rtc", "the date must be between 1970 and 2106");
    if (config->bios)
        return bad(virt, "-bios", "this machine has no flash; give -kernel FILE");
    if (config->testdev || config->debug_exit_port || config->debugcon_port)
        return bad(virt, "-device", "this machine has no ISA bus for it");
    return 0;
}

static int choose_model(struct virt *virt)
{
    const char *name = virt->config.cpu;
    virt->model = name ? a64_model_find(name) : &a64_models[0];
    if (virt->model)
        return 0;
    return error_set(&virt->error, -EINVAL, "-cpu: no model '%.80s' in this machine; '%s' is one", name,
                     a64_models[0].name);
}

// Where we are, for every trace event.
static void stamp(void *owner, struct trace_event *event)
{
    struct virt *virt = owner;
    event->instructions = loop_instructions(&virt->loop);
    event->now = virt->loop.current ? vcpu_now(virt->loop.current) : virt->clock.now;
}

static int make_loop(struct virt *virt)
{
    virt->trace.stamp = stamp;
    virt->trace.stamp_owner = virt;
    virt->memory.written = loop_memory_written;
    virt->memory.written_owner = &virt->loop;
    virt->loop.clock = &virt->clock;
    virt->loop.memory = &virt->memory;
    virt->loop.inbox = &virt->inbox;
    virt->loop.trace = &virt->trace;
    virt->loop.shift = virt->config.shift;
    virt->loop.limit = virt->config.limit;
    virt->loop.idle = outside_idle;
    virt->loop.idle_owner = &virt->outside;
    int result = loop_init(&virt->loop, &a64_guest);
    virt->loop_ready = result == 0;
    return result;
}

static int no_memory(struct virt *virt)
{
    return error_set(&virt->error, -ENOMEM, "-smp: the host has no memory left");
}

static int make_cpus(struct virt *virt)
{
    virt->cpus = calloc(virt->config.cpus, sizeof *virt->cpus);
    if (!virt->cpus)
        return no_memory(virt);
    for (uint32_t i = 0; i < virt->config.cpus; i++) {
        if (a64_cpu_create(&virt->cpus[i], &virt->loop, i, virt->affinities[i]) < 0)
            return no_memory(virt);
        virt->cpus[i]->model = virt->model;
        virt->cpus[i]->gic_registers = virt->config.gic_version == 3;
        loop_add(&virt->loop, &virt->cpus[i]->vcpu);
    }
    return 0;
}

static int make_timers(struct virt *virt)
{
    virt->timers = calloc(virt->config.cpus, sizeof *virt->timers);
    if (!virt->timers)
        return no_memory(virt);
    for (uint32_t i = 0; i < virt->config.cpus; i++) {
        virt->timers[i].virt = virt;
        virt->timers[i].cpu = i;
        arm_timer_init(&virt->timers[i].timer, &virt->clock);
    }
    return 0;
}

static void transmit(void *owner, uint8_t byte)
{
    struct virt *virt = owner;
    outside_transmit(&virt->outside, byte);
}

static void drained(void *owner)
{
    struct virt *virt = owner;
    outside_receive(&virt->outside);
}

static bool can_receive(void *port)
{
    return pl011_can_receive(port);
}

static void receive(void *port, uint8_t byte, uint64_t now)
{
    pl011_receive(port, byte, now);
}

static int make_outside(struct virt *virt)
{
    virt->outside.config = &virt->config;
    virt->outside.clock = &virt->clock;
    virt->outside.inbox = &virt->inbox;
    virt->outside.loop = &virt->loop;
    virt->outside.can_receive = can_receive;
    virt->outside.receive = receive;
    virt->outside.port = &virt->uart;
    return outside_init(&virt->outside, &virt->error);
}

static int make_devices(struct virt *virt)
{
    pl011_init(&virt->uart, &virt->clock, transmit, virt);
    virt->uart.drained = drained;
    pl031_init(&virt->rtc, &virt->clock, virt->config.rtc_date);
    return make_timers(virt);
}

// 16 processors to a cluster, as the GIC's list registers can name them.
static void number_cpus(struct virt *virt)
{
    for (uint32_t i = 0; i < VIRT_CPUS_V3; i++)
        virt->affinities[i] = (uint64_t)(i / 16) << 8 | i % 16;
}

int virt_create(struct virt *virt, const struct intact_machine_config *config)
{
    memset(virt, 0, sizeof *virt);
    virt->config = *config;
    clock_init(&virt->clock);
    number_cpus(virt);
    int result = check(virt);
    if (result == 0)
        result = choose_model(virt);
    if (result == 0)
        result = make_outside(virt);
    if (result == 0)
        result = make_devices(virt);
    if (result == 0)
        result = virt_map_memory(virt);
    if (result == 0)
        result = make_loop(virt);
    if (result == 0)
        result = virt_wire_controllers(virt);
    if (result == 0)
        result = make_cpus(virt);
    if (result == 0)
        result = virt_wire_devices(virt);
    if (result == 0)
        result = virt_map_devices(virt);
    if (result == 0) {
        virt_describe(virt);
        result = virt_reset(virt);
    }
    if (result < 0 && virt->error.text[0] == 0)
        error_set(&virt->error, result, "the machine cannot be built: %s", strerror(-result));
    return result;
}

void virt_destroy(struct virt *virt)
{
    for (uint32_t i = 0; virt->cpus && i < virt->config.cpus; i++)
        a64_cpu_destroy(virt->cpus[i]);
    free(virt->cpus);
    if (virt->manager)
        intact_irq_manager_destroy(virt->manager);
    if (virt->chips_ready)
        arm_irq_free(&virt->irq);
    route_free(&virt->route);
    if (virt->loop_ready)
        loop_free(&virt->loop);
    outside_destroy(&virt->outside);
    free(virt->timers);
    host_memory_release(virt->ram, virt->config.memory);
}

// --- Reset ----------------------------------------------------------------------------------------------------------

int virt_reset(struct virt *virt)
{
    uint64_t now = virt->clock.now;
    pl011_reset(&virt->uart, now);
    pl031_reset(&virt->rtc, now);
    for (uint32_t i = 0; i < virt->config.cpus; i++)
        arm_timer_reset(&virt->timers[i].timer, now);
    arm_irq_reset(&virt->irq);
    for (uint32_t i = 0; i < virt->config.cpus; i++)
        a64_reset(virt->cpus[i]);
    return virt_firmware(virt);
}
