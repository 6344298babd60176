// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of the monitor about the run: stop, cont, step, wait, quit; and the machine's buttons: nmi, system_reset,
// system_powerdown; and balloon.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "devices/virtio/virtio_balloon.h"
#include "machine/board/device_drivers.h"
#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"
#include "machine/timeline.h"

struct monitor_result monitor_stop(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)count;
    if (!monitor->running)
        return monitor_refuse(monitor, words[0], "the machine is stopped already");
    snprintf(monitor->stopped, sizeof monitor->stopped, " by stop");
    monitor_tell_place(monitor);
    return (struct monitor_result){ MONITOR_STOPS, 0 };
}

struct monitor_result monitor_cont(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)count;
    if (monitor->running)
        return monitor_refuse(monitor, words[0], "the machine is running already");
    if (machine_is_off(monitor->machine))
        return monitor_refuse(monitor, words[0], MACHINE_OFF_TEXT);
    return (struct monitor_result){ MONITOR_RUNS, 0 };
}

struct monitor_result monitor_step(struct monitor *monitor, unsigned count, char *const *words)
{
    unsigned cpu;
    if (!monitor_cpu(monitor, count, words, 1, &cpu))
        return MONITOR_STAY;
    if (machine_is_off(monitor->machine))
        return monitor_refuse(monitor, words[0], MACHINE_OFF_TEXT);
    return (struct monitor_result){ MONITOR_STEPS, cpu };
}

struct monitor_result monitor_wait(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)count;
    if (!monitor->running)
        return monitor_refuse(monitor, words[0], "the machine is stopped already; cont starts it");
    return (struct monitor_result){ MONITOR_WAITS, 0 };
}

struct monitor_result monitor_quit(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)monitor, (void)count, (void)words;
    return (struct monitor_result){ MONITOR_QUITS, 0 };
}

// --- Buttons ---------------------------------------------------------------------------------------------------------

// A machine with a history is pressed where its run ends.
static void tell_when(struct monitor *monitor, const char *what)
{
    const struct intact_machine *machine = monitor->machine;
    uint64_t here = intact_machine_instructions(machine);
    uint64_t end = machine->timeline ? timeline_end(machine->timeline) : here;
    if (end > here)
        monitor_print(monitor, "%s at instruction %" PRIu64 ", where the history ends\n", what, end);
    else if (!monitor->running)
        monitor_print(monitor, "%s when the machine goes on\n", what);
}

static struct monitor_result pressed(struct monitor *monitor, const char *command, int result, const char *what)
{
    if (result == -EROFS)
        return monitor_refuse(monitor, command, "this is a replay, whose input comes from its journal");
    if (result < 0)
        return monitor_refuse(monitor, command, "%s", strerror(-result));
    tell_when(monitor, what);
    return MONITOR_STAY;
}

struct monitor_result monitor_nmi(struct monitor *monitor, unsigned count, char *const *words)
{
    int result = intact_machine_nmi(monitor->machine);
    (void)count;
    if (result == -ENOTSUP)
        return monitor_refuse(monitor, words[0], "virt has no NMI line: no input of its GIC is non-maskable");
    return pressed(monitor, words[0], result, "the NMI comes");
}

struct monitor_result monitor_system_reset(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)count;
    return pressed(monitor, words[0], intact_machine_reset(monitor->machine), "the machine is reset");
}

struct monitor_result monitor_system_powerdown(struct monitor *monitor, unsigned count, char *const *words)
{
    int result = intact_machine_power_button(monitor->machine);
    (void)count;
    if (result == 0)
        servers_power_button(&monitor->machine->servers);
    return pressed(monitor, words[0], result, "the power button is pressed");
}

// --- A balloon -------------------------------------------------------------------------------------------------------

static const char no_balloon[] = "there is no balloon; -balloon virtio adds one";

struct monitor_result monitor_balloon(struct monitor *monitor, unsigned count, char *const *words)
{
    uint64_t size;
    (void)count;
    if (!monitor_number(words[1], &size) || !size || size > UINT64_MAX >> 20)
        return monitor_refuse(monitor, words[0], "'%.80s' is not a number of MiB", words[1]);
    int result = intact_machine_balloon(monitor->machine, size << 20);
    if (result == -ENOTSUP)
        return monitor_refuse(monitor, words[0], no_balloon);
    return pressed(monitor, words[0], result, "the guest is asked");
}

struct monitor_result monitor_info_balloon(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct virtio_balloon *balloon = device_virtio_balloon(machine_board(monitor->machine));
    uint64_t size;
    (void)count;
    if (intact_machine_balloon_actual(monitor->machine, &size) < 0)
        return monitor_refuse(monitor, words[0], no_balloon);
    monitor_print(monitor, "balloon: actual=%" PRIu64 "\n", size >> 20);
    for (unsigned i = 0; i < VIRTIO_BALLOON_STATS; i++)
        if (balloon->stats[i] != VIRTIO_BALLOON_UNKNOWN)
            monitor_print(monitor, "%s: %" PRIu64 "\n", virtio_balloon_stat(i), balloon->stats[i]);
    return MONITOR_STAY;
}
