// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See why.h; and the verb `intact why`, which is `intact run` with an answer at its end.
#include "cli/why.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "cli/journal.h"
#include "cli/options.h"
#include "cli/run.h"
#include "cli/text.h"

static void print(FILE *file, const char *before, const struct intact_why_finding *finding)
{
    char text[INTACT_WHY_TEXT];
    const char *section = intact_why_section(finding->reason);
    intact_why_text(finding, text, sizeof text);
    fprintf(file, "%s%s%s%s%s\n", before, text, *section ? " (" : "", section, *section ? ")" : "");
}

static void tell(void *owner, const struct intact_why_finding *finding)
{
    static const char *const kinds[] = {
        [INTACT_WHY_GATE] = "gate   ", [INTACT_WHY_PLACE] = "place  ", [INTACT_WHY_PAST] = "past   "
    };
    print(owner, kinds[intact_why_kind(finding->reason)], finding);
}

int why_tell(struct intact_machine *machine, const char *source, FILE *file, char *why)
{
    return intact_machine_why(machine, source, tell, file, why) < 0 ? -1 : 0;
}

// --- What waits ------------------------------------------------------------------------------------------------------

struct waiting {
    bool raised; // it is somewhere
    bool held;
    struct intact_why_finding gate;
    char name[96]; // of the gate
};

static void note(void *owner, const struct intact_why_finding *finding)
{
    struct waiting *waiting = owner;
    if (intact_why_kind(finding->reason) == INTACT_WHY_PLACE) {
        waiting->raised = true;
        return;
    }
    if (!waiting->raised || waiting->held || intact_why_kind(finding->reason) != INTACT_WHY_GATE)
        return; // what is before the place holds the next one back
    waiting->held = true;
    waiting->gate = *finding;
    snprintf(waiting->name, sizeof waiting->name, "%s", finding->name ? finding->name : "");
    waiting->gate.name = waiting->name;
}

// The guest masks what it does not use, as a timer's output that is high.
static bool is_masked(const struct intact_why_finding *gate)
{
    switch (gate->reason) {
    case INTACT_WHY_PIC_MASKED:
    case INTACT_WHY_IOAPIC_MASKED:
    case INTACT_WHY_ARM_SPI_DISABLED:
    case INTACT_WHY_ARM_PPI_DISABLED: return true;
    default: return false;
    }
}

static void tell_some(struct intact_machine *machine, bool masked, FILE *file)
{
    char source[96], before[128];
    for (unsigned i = 0; intact_machine_source(machine, i, source, sizeof source); i++) {
        struct waiting waiting = { .raised = false };
        intact_machine_why(machine, source, note, &waiting, NULL);
        if (!waiting.held || is_masked(&waiting.gate) != masked)
            continue;
        snprintf(before, sizeof before, "intact: %s does not arrive: ", source);
        print(file, before, &waiting.gate);
    }
}

void why_tell_waiting(struct intact_machine *machine, FILE *file)
{
    tell_some(machine, false, file);
    tell_some(machine, true, file);
}

// --- The verb --------------------------------------------------------------------------------------------------------

static int show_usage(void)
{
    puts("intact why SOURCE [-at N|EVENT] [--] OPTIONS\n"
         "intact why SOURCE [-at N|EVENT] -replay JOURNAL [[--] OPTIONS]\n"
         "Runs a guest as intact run does, or a recorded run again, and says at its end why the interrupt of SOURCE "
         "does "
         "not\narrive: what holds it back, in the order of its path, and where it is. With -at it says so when all "
         "processors have\nexecuted N instructions, or where something happens for the first time, as of -break: "
         "deliver:0x31, write:0x9000000,\n'says:timed out' (the guest prints that).\n"
         "SOURCE: a device's line or part (pit.out0, virtio-blk0.queue0), gsi:4, lapic0.timer, pin:ioapic0.2, "
         "vector:0x31@0,\n"
         "msi:0xfee00000,0x31, nmi; with -machine virt uart.irq, cpu0.vtimer, intid:27@2, lpi:8192, event:8,0. The "
         "monitor's\n"
         "info sources lists the names.");
    return 0;
}

// A number of instructions, or else an event, which the machine knows.
static int take_place(struct settings *settings, const char *place)
{
    if (text_count(place, NULL, &settings->why_at) && settings->why_at)
        return 0;
    if (!isalpha((unsigned char)*place))
        return refuse(settings, "why: -at needs a number of instructions, or an event as of -break, not '%.80s'",
                      place);
    settings->why_event = place;
    return 0;
}

// The options before those of a run; returns how many words they are, or -1.
static int parse(struct settings *settings, int argc, char *const *argv, const char **journal)
{
    int used = 1;
    while (used < argc && !*journal) {
        bool at = strcmp(argv[used], "-at") == 0, replays = strcmp(argv[used], "-replay") == 0;
        if (!at && !replays)
            break;
        if (used + 1 == argc)
            return refuse(settings, at ? "why: -at needs a number of instructions, or an event as of -break"
                                       : "why: -replay needs the file of a journal");
        if (at && take_place(settings, argv[used + 1]) < 0)
            return -1;
        if (replays)
            *journal = argv[used + 1];
        used += 2;
    }
    return used;
}

int cli_why(int argc, char *const *argv)
{
    static struct settings settings; // large
    const char *journal = NULL;
    if (argc > 0 && cli_asks_help(argv[0]))
        return show_usage();
    if (argc < 1 || argv[0][0] == '-')
        return cli_fail("why: needs the name of a source: intact why SOURCE [-at N|EVENT] [--] OPTIONS");
    settings_init(&settings);
    settings.why_source = argv[0];
    int used = parse(&settings, argc, argv, &journal);
    int status = used < 0  ? cli_fail(settings.why)
                 : journal ? journal_replay(&settings, journal, argc - used, argv + used)
                           : journal_run(&settings, argc - used, argv + used);
    settings_free(&settings);
    return status;
}
