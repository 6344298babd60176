// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Mistakes of the guest at devices and processors: one event for each, whatever counted it.
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <intact/snapshot.h>

#include "guests/embedded.h"
#include "machine/machine.h"
#include "machine/pc/pc.h"
#include "vcpu/x86_64/system/port.h"
#include "vcpu/x86_64/system/sysreg.h"

static struct intact_machine *machine;
static struct intact_trace_observer observer;
static unsigned events;
static struct intact_trace_event last;
static char device[48];

static void hear(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    events++;
    last = *event;
    snprintf(device, sizeof device, "%s", event->device ? event->device : "");
}

static struct pc *make(void)
{
    struct intact_machine_config config;
    char why[INTACT_ERROR_SIZE] = "";
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "demo";
    config.kernel_data = demo_x86_64;
    config.kernel_size = demo_x86_64_size;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    return (struct pc *)(void *)machine_board(machine);
}

static void listen(void)
{
    events = 0;
    intact_trace_observer_init(&observer, INTACT_TRACE_BIT(INTACT_TRACE_MISTAKE), hear, NULL);
    cr_assert_eq(intact_machine_trace(machine, &observer), 0);
}

Test(mistakes, a_device_at_a_port)
{
    struct pc *pc = make();
    x86_port_write(pc->cpus[0], 0x64, 1, 0xb7); // before there was an observer
    listen();
    x86_port_write(pc->cpus[0], 0x64, 1, 0xb7); // no command of the 8042
    cr_assert_eq(events, 1);
    cr_assert_geq(last.a, INTACT_CHIP_DEVICE);
    cr_assert_eq(last.b, I8042_MISTAKE_COMMAND);
    cr_assert_str_eq(device, "keyboard");
    cr_assert_str_eq(last.mistake, "i8042-command");
    x86_port_write(pc->cpus[0], 0x64, 1, 0xaa); // a command
    cr_assert_eq(events, 1);
    intact_trace_observer_remove(&observer);
    x86_port_write(pc->cpus[0], 0x64, 1, 0xb7);
    cr_assert_eq(events, 1);
    listen();
    cr_assert_eq(events, 0, "what nobody heard is not told later");
    intact_machine_destroy(machine);
}

Test(mistakes, a_device_in_memory)
{
    struct pc *pc = make();
    listen();
    x86_port_write(pc->cpus[0], 0x80, 1, 0);           // no mistake
    bus_write(&pc->board.memory, 0xfed00002, 1, 0, 0); // the HPET: a byte; not through a processor
    cr_assert_eq(events, 0);
    x86_port_write(pc->cpus[0], 0x80, 1, 0); // reported at the next access, as of no CPU
    cr_assert_eq(events, 1);
    cr_assert_eq(last.cpu, INTACT_NO_CPU);
    cr_assert_eq(last.b, HPET_MISTAKE_SIZE);
    cr_assert_str_eq(device, "hpet");
    intact_machine_destroy(machine);
}

// The counters are smaller then than those that the last observer knew.
Test(mistakes, of_a_state_that_was_loaded_are_not_new, .timeout = 60)
{
    struct intact_snapshot *snapshot;
    struct pc *pc = make();
    cr_assert_eq(intact_machine_snapshot(machine, &snapshot, NULL), 0);
    listen();
    x86_port_write(pc->cpus[0], 0x64, 1, 0xb7);
    cr_assert_eq(events, 1);
    cr_assert_eq(intact_machine_restore(machine, snapshot, NULL), 0);
    x86_port_write(pc->cpus[0], 0x64, 1, 0xb7);
    cr_assert_eq(events, 2);
    intact_trace_observer_remove(&observer);
    cr_assert_eq(intact_machine_restore(machine, snapshot, NULL), 0);
    x86_port_write(pc->cpus[0], 0x64, 1, 0xaa);
    listen();
    x86_port_write(pc->cpus[0], 0x64, 1, 0xb7);
    cr_assert_eq(events, 1);
    intact_machine_snapshot_free(machine, snapshot);
    intact_machine_destroy(machine);
}

Test(mistakes, a_processor)
{
    struct pc *pc = make();
    uint64_t value;
    listen();
    cr_assert_not(x86_read_msr(pc->cpus[0], 0x12345, &value));
    cr_assert_eq(events, 1);
    cr_assert_eq(last.cpu, 0);
    cr_assert_eq(last.a, INTACT_CHIP_CPU);
    cr_assert_eq(last.b, X86_MISTAKE_MSR_READ);
    cr_assert_eq(last.c, 0x12345);
    cr_assert_str_eq(last.mistake, "msr-read");
    cr_assert_null(last.device);
    intact_machine_destroy(machine);
}

// On both machines, with all sorts of devices.
Test(mistakes, every_counter_of_a_device_has_a_name)
{
    static const struct intact_device_config devices[] = { { .driver = "edu" }, { .driver = "virtio-rng-pci" } };
    for (unsigned type = INTACT_PC; type <= INTACT_VIRT; type++) {
        struct intact_machine_config config;
        char why[INTACT_ERROR_SIZE] = "";
        intact_machine_config_init(&config);
        config.type = type;
        config.memory = UINT64_C(8) << 20;
        config.kernel = "code";
        config.kernel_data = type == INTACT_PC ? demo_x86_64 : demo_aarch64;
        config.kernel_size = type == INTACT_PC ? demo_x86_64_size : demo_aarch64_size;
        config.devices = devices;
        config.device_count = 2;
        cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
        listen();
        const struct mistakes *mistakes = &machine_board(machine)->mistakes;
        cr_assert_gt(mistakes->count, 5u);
        for (unsigned i = 0; i < mistakes->count; i++) {
            const struct mistakes_device *found = &mistakes->devices[i];
            cr_assert(found->mistake, "%s", found->name);
            for (unsigned which = 0; which < found->count; which++)
                cr_assert_gt(strlen(found->mistake(which)), 0u, "%s", found->name);
        }
        intact_machine_destroy(machine);
    }
}
