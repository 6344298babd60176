// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See why.h; and the verb `intact why`, which is `intact run` with an answer at its end.
#include "cli/why.h"

#include <inttypes.h>
#include <string.h>

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
    puts("intact why SOURCE [-at N] [--] OPTIONS\n"
         "Runs a guest as intact run does, and says at its end, or when all processors have executed N instructions, "
         "why the\n"
         "interrupt of SOURCE does not arrive: what holds it back, in the order of its path, and where it is.\n"
         "SOURCE: a device's line or part (pit.out0, virtio-blk0.queue0), gsi:4, lapic0.timer, pin:ioapic0.2, "
         "vector:0x31@0,\n"
         "msi:0xfee00000,0x31, nmi; with -machine virt uart.irq, cpu0.vtimer, intid:27@2, lpi:8192, event:8,0. The "
         "monitor's\n"
         "info sources lists the names.");
    return 0;
}

int cli_why(int argc, char *const *argv)
{
    static struct settings settings; // large
    if (argc > 0 && cli_asks_help(argv[0]))
        return show_usage();
    if (argc < 1 || argv[0][0] == '-')
        return cli_fail("why: needs the name of a source: intact why SOURCE [-at N] [--] OPTIONS");
    settings_init(&settings);
    settings.why_source = argv[0];
    int used = 1;
    if (argc > 1 && strcmp(argv[1], "-at") == 0) {
        if (argc == 2 || !text_number(argv[2], &settings.why_at) || !settings.why_at) {
            refuse(&settings, "why: -at needs a number of instructions, not '%.80s'", argc == 2 ? "" : argv[2]);
            return cli_fail(settings.why);
        }
        used = 3;
    }
    used += argc > used && strcmp(argv[used], "--") == 0;
    int status = options_parse(&settings, argc - used, argv + used) < 0 ? cli_fail(settings.why) : cli_act(&settings);
    settings_free(&settings);
    return status;
}
