// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of the monitor about a trace at run time: trace on, off, last, write, and info trace. The machine keeps one log
// (<intact/trace_log.h>), which all of its monitors share, beside those of the option -trace.
//
// A machine that goes back runs parts of its run again, which are in the log again.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"
#include "observe/event_text.h"
#include "observe/trace_log.h"

enum { LAST = 20, LAST_MOST = 10000 }; // events that are shown

static void stop_listening(struct intact_machine *machine)
{
    if (machine->log_listens)
        intact_trace_observer_remove(intact_trace_log_observer(machine->log));
    machine->log_listens = false;
}

struct monitor_result monitor_trace_on(struct monitor *monitor, unsigned count, char *const *words)
{
    struct intact_machine *machine = monitor->machine;
    const struct board *board = machine_board(machine);
    struct intact_trace_log_config config;
    struct intact_trace_log *log;
    char why[INTACT_ERROR_SIZE];
    intact_trace_log_config_init(&config);
    config.filter = count > 1 ? words[1] : NULL;
    config.arm = board->config.type == INTACT_VIRT;
    config.cpus = board->config.cpus;
    if (intact_trace_log_create(&config, &log, why) < 0)
        return monitor_refuse(monitor, words[0], "%s", why);
    stop_listening(machine);
    intact_trace_log_destroy(machine->log);
    machine->log = log;
    machine->log_listens = intact_machine_trace(machine, intact_trace_log_observer(log)) == 0;
    if (!machine->log_listens)
        return monitor_refuse(monitor, words[0], "the host has no memory left");
    return MONITOR_STAY;
}

static struct monitor_result refuse_none(struct monitor *monitor, const char *command)
{
    return monitor_refuse(monitor, command, "there is no trace; trace on begins one");
}

struct monitor_result monitor_trace_off(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)count;
    if (!monitor->machine->log_listens)
        return monitor_refuse(monitor, words[0], "no trace is running; trace on begins one");
    stop_listening(monitor->machine);
    return MONITOR_STAY;
}

// --- What it has -----------------------------------------------------------------------------------------------------

struct showing {
    struct monitor *monitor;
    uint64_t events, wanted; // of those so many at the end
    uint64_t at;
    uint64_t first, last; // instructions
};

static void count_event(void *owner, const struct intact_trace_event *event)
{
    struct showing *showing = owner;
    if (!showing->events++)
        showing->first = event->instructions;
    showing->last = event->instructions;
}

static void show_event(void *owner, const struct intact_trace_event *event)
{
    struct showing *showing = owner;
    char text[EVENT_LINE_SIZE];
    if (showing->events - showing->at++ > showing->wanted)
        return;
    event_line(machine_board(showing->monitor->machine)->config.type == INTACT_VIRT, event, text, sizeof text);
    monitor_print(showing->monitor, "%s\n", text);
}

struct monitor_result monitor_trace_last(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct intact_trace_log *log = monitor->machine->log;
    struct showing showing = { .monitor = monitor, .wanted = LAST };
    if (!log)
        return refuse_none(monitor, words[0]);
    if (count > 1 && (!monitor_number(words[1], &showing.wanted) || showing.wanted < 1 || showing.wanted > LAST_MOST))
        return monitor_refuse(monitor, words[0], "'%s' is no number of events; 1 to %d can be shown", words[1],
                              LAST_MOST);
    intact_trace_log_each(log, count_event, &showing);
    if (!showing.events)
        monitor_print(monitor, "nothing has happened\n");
    intact_trace_log_each(log, show_event, &showing);
    return MONITOR_STAY;
}

struct monitor_result monitor_info_trace(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct intact_machine *machine = monitor->machine;
    struct showing showing = { .monitor = monitor };
    (void)count;
    if (!machine->log)
        return refuse_none(monitor, words[0]);
    intact_trace_log_each(machine->log, count_event, &showing);
    monitor_print(monitor, "the trace is %s: %" PRIu64 " events", machine->log_listens ? "running" : "off",
                  showing.events);
    if (showing.events)
        monitor_print(monitor, ", from instruction %" PRIu64 " to %" PRIu64, showing.first, showing.last);
    if (intact_trace_log_lost(machine->log))
        monitor_print(monitor, "; %" PRIu64 " older records were overwritten", intact_trace_log_lost(machine->log));
    monitor_print(monitor, "\n");
    return MONITOR_STAY;
}

struct monitor_result monitor_trace_write(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct intact_trace_log *log = monitor->machine->log;
    char why[INTACT_ERROR_SIZE];
    if (!log)
        return refuse_none(monitor, words[0]);
    int result =
        count > 2 ? intact_trace_log_export(log, words[2], words[1], why) : intact_trace_log_write(log, words[1], why);
    if (result < 0)
        return monitor_refuse(monitor, words[0], "%s", why);
    return MONITOR_STAY;
}

void machine_log_free(struct intact_machine *machine)
{
    stop_listening(machine);
    intact_trace_log_destroy(machine->log);
    machine->log = NULL;
}
