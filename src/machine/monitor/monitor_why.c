// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of the monitor about interrupts that do not arrive, and about what the guest does wrong: why, info sources, lint.
#include <inttypes.h>
#include <stdio.h>

#include "machine/lint.h"
#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"
#include "machine/why.h"

static const char *const kinds[] = {
    [INTACT_WHY_GATE] = "gate", [INTACT_WHY_PLACE] = "place", [INTACT_WHY_PAST] = "past"
};

static void print(void *owner, const struct intact_why_finding *finding)
{
    char text[INTACT_WHY_TEXT];
    const char *section = intact_why_section(finding->reason);
    intact_why_text(finding, text, sizeof text);
    monitor_print(owner, "%-5s  %s%s%s%s\n", kinds[intact_why_kind(finding->reason)], text, *section ? " (" : "",
                  section, *section ? ")" : "");
}

struct monitor_result monitor_why(struct monitor *monitor, unsigned count, char *const *words)
{
    struct error error = { 0 };
    (void)count;
    if (machine_why_watch(monitor->machine) < 0)
        return monitor_refuse(monitor, words[0], "the host has no memory left");
    if (machine_why(monitor->machine, words[1], print, monitor, &error) < 0)
        return monitor_refuse(monitor, words[0], "%s; info sources lists names", error.text);
    return MONITOR_STAY;
}

struct monitor_result monitor_info_sources(struct monitor *monitor, unsigned count, char *const *words)
{
    char name[96];
    (void)count, (void)words;
    for (unsigned i = 0; machine_source_at(machine_board(monitor->machine), i, name, sizeof name); i++)
        monitor_print(monitor, "%s\n", name);
    return MONITOR_STAY;
}

static void print_lint(void *owner, const struct intact_lint_finding *finding)
{
    char text[INTACT_LINT_TEXT];
    intact_lint_text(finding, text, sizeof text);
    monitor_print(owner, "%s (%s)\n", text, intact_lint_section(finding->id));
}

struct monitor_result monitor_lint(struct monitor *monitor, unsigned count, char *const *words)
{
    bool begins = !monitor->machine->lint;
    (void)count;
    if (machine_lint(monitor->machine, NULL) < 0)
        return monitor_refuse(monitor, words[0], "the host has no memory left");
    if (!machine_lint_each(monitor->machine, print_lint, monitor))
        monitor_print(monitor, begins ? "it begins here; ask again later\n" : "nothing was found\n");
    return MONITOR_STAY;
}
