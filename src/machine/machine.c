// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public face of a machine: <intact/machine.h> on struct pc.
#include <intact/machine.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/host_clock.h"
#include "machine/pc.h"
#include "vcpu/x86_64/model.h"

struct intact_machine {
    struct pc pc;
};

const char *intact_version(void)
{
    return INTACT_VERSION;
}

void intact_machine_config_init(struct intact_machine_config *config)
{
    *config = (struct intact_machine_config){
        .cpus = 1,
        .memory = UINT64_C(128) << 20,
        .rtc_date = RTC_DEFAULT_DATE,
        .hpet = true,
        .acpi = true,
        .com1 = true,
        .reboot = true,
    };
}

const char *intact_machine_cpu(unsigned index, const char **about)
{
    static const char *const vendors[] = { [X86_INTEL] = "Intel", [X86_AMD] = "AMD" };
    if (index >= x86_model_count)
        return NULL;
    if (about)
        *about = vendors[x86_models[index].vendor];
    return x86_models[index].name;
}

int intact_machine_create(const struct intact_machine_config *config, struct intact_machine **machine, char *why)
{
    struct intact_machine *made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, INTACT_ERROR_SIZE, "the host has no memory left");
        return -ENOMEM;
    }
    int result = pc_create(&made->pc, config);
    if (result < 0) {
        snprintf(why, INTACT_ERROR_SIZE, "%s", made->pc.error.text);
        intact_machine_destroy(made);
        return result;
    }
    *machine = made;
    return 0;
}

const char *intact_machine_cpu_feature(unsigned index)
{
    return cpu_model_feature(index);
}

void intact_machine_destroy(struct intact_machine *machine)
{
    if (!machine)
        return;
    pc_destroy(&machine->pc);
    free(machine);
}

// --- Running ---------------------------------------------------------------------------------------------------------

static struct intact_exit describe_end(const struct pc *pc, enum loop_stop stop)
{
    struct intact_exit end = { .reason = INTACT_FAILED, .status = INTACT_STATUS_FAILED };
    switch (stop) {
    case LOOP_POWER_OFF:
        end = (struct intact_exit){ .reason = INTACT_POWER_OFF };
        break;
    case LOOP_RESET:
        end = (struct intact_exit){ .reason = INTACT_RESET };
        break;
    case LOOP_EXIT:
        end = (struct intact_exit){ .reason = INTACT_DEBUG_EXIT, .status = pc->loop.status };
        break;
    case LOOP_DEADLOCK:
        end = (struct intact_exit){ .reason = INTACT_DEADLOCK, .status = INTACT_STATUS_DEADLOCK };
        break;
    case LOOP_QUIT:
        end = (struct intact_exit){ .reason = INTACT_QUIT };
        break;
    case LOOP_LIMIT:
        end = (struct intact_exit){ .reason = INTACT_LIMIT, .status = INTACT_STATUS_LIMIT };
        break;
    case LOOP_RUNNING:
        break;
    }
    end.instructions = pc->loop.instructions;
    end.time = pc->clock.now;
    return end;
}

struct intact_exit intact_machine_run(struct intact_machine *machine)
{
    struct pc *pc = &machine->pc;
    enum loop_stop stop;
    inbox_adopt(&pc->inbox);
    pc->host_start = host_clock_ns();
    pc->paced_from = pc->clock.now;
    do
        stop = vcpu_run(&pc->loop);
    while (stop == LOOP_RESET && pc->config.reboot && pc_reset(pc) == 0);
    pc_flush(pc);
    return describe_end(pc, stop == LOOP_RESET && pc->config.reboot ? LOOP_RUNNING : stop);
}

const char *intact_reason_text(enum intact_reason reason)
{
    switch (reason) {
    case INTACT_POWER_OFF:
        return "power off";
    case INTACT_RESET:
        return "reset";
    case INTACT_DEBUG_EXIT:
        return "isa-debug-exit";
    case INTACT_DEADLOCK:
        return "every processor is halted and nothing can wake one";
    case INTACT_QUIT:
        return "quit";
    case INTACT_LIMIT:
        return "instruction limit";
    case INTACT_FAILED:
        return "the reset failed";
    }
    return "unknown";
}

const char *intact_machine_error(const struct intact_machine *machine)
{
    return machine->pc.error.text;
}

uint64_t intact_machine_instructions(const struct intact_machine *machine)
{
    return loop_instructions(&machine->pc.loop);
}

uint64_t intact_machine_time(const struct intact_machine *machine)
{
    const struct pc *pc = &machine->pc;
    return pc->loop.current ? vcpu_now(pc->loop.current) : pc->clock.now;
}

struct intact_irq_manager *intact_machine_interrupts(struct intact_machine *machine)
{
    return machine->pc.manager;
}

// --- From outside ---------------------------------------------------------------------------------------------------

size_t intact_machine_input(struct intact_machine *machine, const void *data, size_t size)
{
    return atomic_load(&machine->pc.input_open) ? pc_input(&machine->pc, data, size) : 0;
}

void intact_machine_input_end(struct intact_machine *machine)
{
    atomic_store(&machine->pc.input_open, false);
    inbox_wake(&machine->pc.inbox);
}

void intact_machine_quit(struct intact_machine *machine)
{
    pc_quit(&machine->pc);
}

// --- Trace taps -----------------------------------------------------------------------------------------------------

_Static_assert((int)INTACT_TRACE_LINE == (int)TRACE_LINE && (int)INTACT_TRACE_TAKE == (int)TRACE_TAKE &&
                   (int)INTACT_TRACE_DROP == (int)TRACE_DROP && (int)INTACT_TRACE_IDS == (int)TRACE_IDS,
               "the public trace ids are base/trace.h's");
_Static_assert((int)INTACT_CHIP_PIC == (int)X86_IRQ_PIC && (int)INTACT_CHIP_IOAPIC == (int)X86_IRQ_IOAPIC &&
                   (int)INTACT_CHIP_LAPIC == (int)X86_IRQ_LAPIC,
               "the public chip numbers are x86_irq.h's");

static void pass_on(void *owner, const struct trace_event *event)
{
    struct pc *pc = owner;
    const struct intact_trace_event out = {
        .id = (enum intact_trace_id)event->id,
        .cpu = event->vcpu,
        .time = event->now,
        .instructions = event->instructions,
        .a = event->a,
        .b = event->b,
        .c = event->c,
    };
    pc->tap(pc->tap_owner, &out);
}

void intact_machine_trace(struct intact_machine *machine, uint64_t wanted,
                          void (*tap)(void *owner, const struct intact_trace_event *event), void *owner)
{
    struct pc *pc = &machine->pc;
    pc->tap = tap;
    pc->tap_owner = owner;
    pc->trace.tap = tap ? pass_on : NULL;
    pc->trace.owner = pc;
    pc->trace.wanted = tap ? wanted : 0;
}

const char *intact_trace_name(enum intact_trace_id id)
{
    return (unsigned)id < INTACT_TRACE_IDS ? trace_name((enum trace_id)id) : "unknown";
}
