// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// intact demo: five interrupts of an embedded guest (guests/demo), each described station by station.
//
// The guest prints a line when it has handled an interrupt; the events since the line before are that interrupt's path.
// Stations have the numbers of docs/interrupt-path.md.
#include "cli/demo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/host_terminal.h"
#include "cli/options.h"
#include "cli/run.h"

bool demo_has(const struct demo *demo, enum intact_trace_id id)
{
    for (unsigned i = 0; i < demo->count; i++)
        if (demo->events[i].id == id)
            return true;
    return false;
}

static void tell_story(struct demo *demo, const char *title)
{
    const char *bold = demo->colour ? "\033[1m" : "", *dim = demo->colour ? "\033[36m" : "",
               *plain = demo->colour ? "\033[0m" : "";
    bool begun = false;
    uint64_t start = 0;
    printf("\n%s%s%s\n", bold, title, plain);
    for (unsigned i = demo->family->begins(demo); i < demo->count; i++) {
        const struct intact_trace_event *event = &demo->events[i];
        char text[DEMO_LINE_LIMIT];
        if (!demo->family->belongs(demo, event))
            continue;
        const char *station = demo->family->tell(demo, i, text, sizeof text);
        if (!station)
            continue;
        start = begun ? start : event->instructions;
        printf("%10" PRIu64 " %s+%-4" PRIu64 " %-9s%s  %s\n", event->instructions, dim, event->instructions - start,
               station, plain, text);
        begun = true;
    }
}

// --- The guest's side -----------------------------------------------------------------------------------------------

static void tap(void *owner, const struct intact_trace_event *event)
{
    struct demo *demo = owner;
    if (demo->family->notes && !demo->family->notes(event))
        return;
    if (demo->count < DEMO_EVENT_LIMIT)
        demo->events[demo->count++] = *event;
}

static void guest_line(struct demo *demo)
{
    char *mark = strstr(demo->line, demo->family->mark);
    if (mark) {
        *mark = 0;
        tell_story(demo, demo->line);
    } else if (strstr(demo->line, ": ") && strncmp(demo->line, "demo:", 5) != 0) {
        printf("\n%s\n", demo->line); // the guest says why there are no interrupts
    }
    demo->count = 0;
}

static void guest_writes(void *owner, uint8_t byte)
{
    struct demo *demo = owner;
    if (byte == '\n') {
        demo->line[demo->length] = 0;
        demo->length = 0;
        guest_line(demo);
    } else if (byte != '\r' && demo->length < DEMO_LINE_LIMIT - 1) {
        demo->line[demo->length++] = (char)byte;
    }
}

static int run_demo(struct demo *demo, struct settings *settings)
{
    struct intact_machine_config *config = &settings->config;
    struct intact_machine *machine;
    config->cpus = 2;
    config->memory = UINT64_C(64) << 20;
    config->kernel = "demo";
    config->reboot = false;
    config->serial = (struct intact_console){ .write = guest_writes, .owner = demo };
    demo->family->configure(config);
    if (intact_machine_create(config, &machine, settings->why) < 0)
        return cli_fail(settings->why);
    intact_trace_observer_init(&demo->observer, demo->family->wanted, tap, demo);
    intact_machine_trace(machine, &demo->observer);
    puts(demo->family->introduction);
    struct intact_exit end = intact_machine_run(machine);
    printf("\nThe guest is done after %" PRIu64 " instructions. Run it again: every number will be the same.\n",
           end.instructions);
    intact_machine_destroy(machine);
    return end.status == demo->family->passed ? 0 : end.status ? end.status : STATUS_USAGE;
}

// -machine TYPE[,...] alone.
static int parse(struct settings *settings, int argc, char *const *argv)
{
    for (int i = 0; i < argc; i += 2) {
        if (strcmp(argv[i], "-machine") != 0 && strcmp(argv[i], "--machine") != 0)
            return refuse(settings, "demo: takes -machine and nothing else, not '%.80s'", argv[i]);
        if (i + 1 == argc)
            return refuse(settings, "demo: -machine needs a value: pc or virt");
        if (take_machine(settings, argv[i + 1]) < 0)
            return -1;
    }
    return settings->action == RUN ? 0 : refuse(settings, "demo: -machine is pc or virt here");
}

static int show_usage(void)
{
    puts("intact demo [-machine pc|virt[,gic-version=2|3][,its=on|off]]\n"
         "Runs an embedded guest and tells five interrupts of it, station by station.");
    return 0;
}

int cli_demo(int argc, char *const *argv)
{
    if (argc > 0 && cli_asks_help(argv[0]))
        return show_usage();
    struct demo demo = { .colour = terminal_output(STDOUT_FILENO) };
    static struct settings settings; // large
    settings_init(&settings);
    int status;
    if (parse(&settings, argc, argv) < 0) {
        status = cli_fail(settings.why);
    } else {
        demo.family = settings.config.type == INTACT_VIRT ? &demo_virt : &demo_pc;
        status = run_demo(&demo, &settings);
    }
    settings_free(&settings);
    return status;
}
