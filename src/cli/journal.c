// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See journal.h; and the verbs record, replay and digest, which are `intact run` with a little more.
#include "cli/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/bisect.h"
#include "cli/options.h"
#include "cli/properties.h"
#include "cli/run.h"
#include "cli/text.h"

// --- The options that a journal keeps --------------------------------------------------------------------------------

static int keep(struct settings *settings, const char *text)
{
    if (settings->recorded_count == RECORDED_LIMIT)
        return refuse(settings, "more than %d options cannot be recorded", RECORDED_LIMIT);
    settings->recorded[settings->recorded_count++] = text;
    return 0;
}

// What the value of -icount says besides the journal; "" for nothing.
static char *other_properties(struct settings *settings, const char *value)
{
    struct properties properties;
    char text[256] = "";
    if (properties_parse(settings, "-icount", value, &properties) < 0)
        return NULL;
    if (properties.first)
        snprintf(text, sizeof text, "%s", properties.first);
    for (unsigned i = 0; i < properties.count; i++) {
        const char *name = properties.name[i];
        size_t used = strlen(text);
        if (strcmp(name, "rr") != 0 && strcmp(name, "rrfile") != 0 && strcmp(name, "digest") != 0)
            snprintf(text + used, sizeof text - used, "%s%s=%s", used ? "," : "", name, properties.value[i]);
    }
    return settings_copy(settings, text);
}

// A debugger is no part of a run: a replay does not wait for one unless it is asked to. Nor is a trace or a log, which a replay
// would write over, or a lint, or a screen; and the keys are in the journal.
static bool is_debugger(const struct option *option)
{
    return option && (option->take == take_trace || option->take == take_snapshots || option->take == take_gdb ||
                      option->take == take_gdb_default || option->take == take_stopped || option->take == take_break ||
                      option->take == take_monitor || option->take == take_qmp || option->take == take_mon ||
                      option->take == take_lint || option->take == take_log_file || option->take == take_log_ranges ||
                      option->take == take_sendkeys || option->take == take_display || option->take == take_daemonize);
}

static int keep_icount(struct settings *settings, const char *word, const char *value)
{
    const char *rest = other_properties(settings, value);
    if (!rest)
        return -1;
    return *rest ? (keep(settings, word) < 0 ? -1 : keep(settings, rest)) : 0;
}

// Of -d the last line.
static int keep_log(struct settings *settings, const char *word, const char *value)
{
    bool exits = false;
    for (const char *at = value; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        exits |= strncmp(at, "exit", 4) == 0 && (at[4] == 0 || at[4] == ',');
    return exits ? (keep(settings, word) < 0 ? -1 : keep(settings, "exit")) : 0;
}

int journal_keep_options(struct settings *settings, enum intact_machine_type type, int argc, char *const *argv)
{
    settings->recorded_count = 0;
    if (type == INTACT_VIRT && (keep(settings, "-machine") < 0 || keep(settings, "virt") < 0))
        return -1;
    for (int i = 0; i < argc; i++) {
        const struct option *option = option_find(argv[i]);
        bool has_value = option && option->argument && i + 1 < argc;
        int result = 0;
        if (option && option->take == take_icount && has_value)
            result = keep_icount(settings, argv[i], argv[i + 1]);
        else if (option && option->take == take_log && has_value)
            result = keep_log(settings, argv[i], argv[i + 1]);
        else if (!is_debugger(option) && (result = keep(settings, argv[i])) == 0 && has_value)
            result = keep(settings, argv[i + 1]);
        if (result < 0)
            return -1;
        i += has_value;
    }
    return 0;
}

// Options that do not change the machine may differ: where its output goes, what is told of it, and how its code is executed.
static bool is_free(const char *word)
{
    const struct option *option = option_find(word);
    return option && (option->group == GROUP_OBSERVE || option->take == take_serial || option->take == take_debugcon ||
                      option->take == take_accel || option->take == take_display || option->take == take_nothing);
}

// The option at *index, or behind those that may differ; NULL after the last.
static const char *next_option(const struct intact_journal *journal, const struct settings *settings, unsigned *index)
{
    for (;;) {
        const char *word = journal                             ? intact_journal_argument(journal, *index)
                           : *index < settings->recorded_count ? settings->recorded[*index]
                                                               : NULL;
        if (!word || !is_free(word))
            return word;
        *index += option_find(word)->argument ? 2 : 1;
    }
}

static int compare_options(struct settings *settings, const struct intact_journal *journal)
{
    for (unsigned here = 0, there = 0;; here++, there++) {
        const char *given = next_option(NULL, settings, &here), *was = next_option(journal, settings, &there);
        if (!given && !was)
            return 0;
        if (!given)
            return refuse(settings, "the recorded run had '%.80s' as well", was);
        if (!was)
            return refuse(settings, "the recorded run was without '%.80s'", given);
        if (strcmp(given, was) != 0)
            return refuse(settings, "'%.80s' was '%.80s' in the recorded run", given, was);
    }
}

// --- Around a run ----------------------------------------------------------------------------------------------------

int journal_prepare(struct settings *settings, struct intact_journal **journal)
{
    *journal = NULL;
    if (settings->rr != RR_REPLAY)
        return 0;
    if (intact_journal_open(settings->rr_file, journal, settings->why) < 0)
        return -1;
    intact_journal_prepare(*journal, &settings->config);
    return settings->recorded_count ? compare_options(settings, *journal) : 0;
}

int journal_start(struct settings *settings, struct intact_journal *journal, struct intact_machine *machine)
{
    struct intact_recording recording;
    if (settings->rr == RR_REPLAY)
        return intact_machine_replay(machine, journal, settings->why);
    if (settings->rr != RR_RECORD)
        return 0;
    intact_recording_init(&recording);
    recording.file = settings->rr_file;
    recording.digest = settings->rr_digest;
    recording.arguments = settings->recorded;
    recording.argument_count = settings->recorded_count;
    return intact_machine_record(machine, &recording, settings->why);
}

static void tell_replay(const struct intact_machine *machine, const struct intact_exit *end, uint64_t digest)
{
    uint64_t compared;
    if (intact_machine_replayed(machine, &compared))
        fprintf(stderr, "intact: the same run: %" PRIu64 " instructions, digest %016" PRIx64 "\n", end->instructions,
                digest);
    else if (compared)
        fprintf(stderr,
                "intact: stopped after %" PRIu64 " instructions, before the end; the same run up to %" PRIu64 "\n",
                end->instructions, compared);
    else
        fprintf(stderr, "intact: stopped after %" PRIu64 " instructions, before the end and the first digest\n",
                end->instructions);
}

int journal_finish(struct settings *settings, struct intact_machine *machine, const struct intact_exit *end)
{
    uint64_t digest = 0;
    settings->diverged = end->reason == INTACT_DIVERGED ? end->instructions : 0;
    if (settings->rr == RR_RECORD && intact_machine_record_end(machine, settings->why) < 0)
        return cli_fail(settings->why);
    if (settings->rr == RR_NONE && !settings->tells_digest)
        return end->status;
    if (intact_machine_digest(machine, &digest) < 0)
        return cli_fail("the host has no memory for a digest");
    if (settings->tells_digest)
        printf("digest %016" PRIx64 " after %" PRIu64 " instructions\n", digest, end->instructions);
    else if (end->reason == INTACT_DIVERGED || end->reason == INTACT_JOURNAL_END)
        fprintf(stderr, "intact: %s\n", intact_machine_error(machine));
    else if (settings->rr == RR_REPLAY)
        tell_replay(machine, end, digest);
    else
        fprintf(stderr, "intact: recorded: %" PRIu64 " instructions, digest %016" PRIx64 "\n", end->instructions,
                digest);
    return end->status;
}

// --- Verbs -----------------------------------------------------------------------------------------------------------

static int show_usage(const char *text)
{
    puts(text);
    return 0;
}

static int skip_dashes(int argc, char *const *argv)
{
    return argc > 0 && strcmp(argv[0], "--") == 0;
}

int journal_run(struct settings *settings, int argc, char *const *argv)
{
    int skip = skip_dashes(argc, argv);
    argc -= skip;
    argv += skip;
    if (options_parse(settings, argc, argv) < 0 || journal_keep_options(settings, INTACT_PC, argc, argv) < 0)
        return cli_fail(settings->why);
    return cli_act(settings);
}

int cli_record(int argc, char *const *argv)
{
    static struct settings settings; // large
    if (argc > 0 && cli_asks_help(argv[0]))
        return show_usage(
            "intact record FILE [-digest N] [--] OPTIONS\n"
            "Runs a guest as intact run does, and writes a journal of the run to FILE, with a digest of the "
            "state\nevery N instructions (1000000 by default, 0: only at the end).");
    if (argc < 1 || argv[0][0] == '-')
        return cli_fail("record: needs the file of the journal: intact record FILE [--] OPTIONS");
    settings_init(&settings);
    settings.rr = RR_RECORD;
    settings.rr_file = argv[0];
    int used = 1, status;
    if (argc > 1 && strcmp(argv[1], "-digest") == 0) {
        if (argc == 2 || !text_count(argv[2], NULL, &settings.rr_digest)) {
            refuse(&settings, "record: -digest needs a number of instructions, not '%.80s'", argc == 2 ? "" : argv[2]);
            return cli_fail(settings.why);
        }
        used = 3;
    }
    status = journal_run(&settings, argc - used, argv + used);
    settings_free(&settings);
    return status;
}

static bool is_serial(const char *word)
{
    const struct option *option = option_find(word);
    return option && option->take == take_serial;
}

// The value of the -serial with that number, from 0 on; NULL: there are not so many.
static char *serial_at(int argc, char *const *argv, unsigned number)
{
    for (int i = 0; i + 1 < argc; i++)
        if (is_serial(argv[i]) && number-- == 0)
            return argv[i + 1];
    return NULL;
}

// The recorded options, then those of the command line. A serial port that is given here takes the place of the recorded one of
// the same number.
static int replay_options(struct settings *settings, const struct intact_journal *journal, int argc, char *const *argv)
{
    static char *words[2 * RECORDED_LIMIT];
    int count = 0, skip = skip_dashes(argc, argv);
    unsigned serials = 0;
    bool is_port = false;
    const char *word;
    for (unsigned i = 0; count < RECORDED_LIMIT && (word = intact_journal_argument(journal, i)); i++) {
        char *instead = is_port ? serial_at(argc - skip, argv + skip, serials++) : NULL;
        is_port = !is_port && is_serial(word);
        words[count++] = instead ? instead : settings_copy(settings, word);
    }
    for (int i = skip; i < argc && count < 2 * RECORDED_LIMIT; i++) {
        if (is_serial(argv[i]) && serials && i + 1 < argc) {
            serials--;
            i++;
        } else {
            words[count++] = argv[i];
        }
    }
    for (int i = 0; i < count; i++)
        if (!words[i])
            return -1;
    return options_parse(settings, count, words);
}

// --bisect FILE [--with PROGRAM]
static int find_difference(int argc, char *const *argv)
{
    bool with = argc == 4 && strcmp(argv[2], "--with") == 0;
    if (argc != 2 && !with)
        return cli_fail("replay: --bisect FILE [--with PROGRAM]: compares two replays of the journal FILE");
    return bisect(cli_program, with ? argv[3] : cli_program, argv[1]);
}

int journal_replay(struct settings *settings, const char *file, int argc, char *const *argv)
{
    struct intact_journal *journal = NULL;
    settings->rr = RR_REPLAY;
    settings->rr_file = file;
    bool good =
        intact_journal_open(file, &journal, settings->why) == 0 && replay_options(settings, journal, argc, argv) == 0;
    int status = good ? cli_act(settings) : cli_fail(settings->why);
    intact_journal_close(journal);
    return status;
}

int cli_replay(int argc, char *const *argv)
{
    static struct settings settings; // large
    if (argc > 0 && strcmp(argv[0], "--bisect") == 0)
        return find_difference(argc, argv);
    if (argc > 0 && cli_asks_help(argv[0]))
        return show_usage(
            "intact replay FILE [[--] OPTIONS]\n"
            "intact replay --bisect FILE [--with PROGRAM]\n"
            "Runs the guest of a journal again, with the recorded options and those given here, and compares its "
            "state\nwith the recorded digests. Exit status 70: it is another run; 72: the journal ends early.\n"
            "Of another run the fields, parts or pages that differ are named, and two more replays say whether this "
            "program\nmakes the same run twice, or after which instruction it does not.\n"
            "With --bisect two processes replay it, of this program and of PROGRAM or of this one again, and the "
            "instruction "
            "is\nfound at which they become different, with what differs.");
    if (argc < 1 || argv[0][0] == '-')
        return cli_fail("replay: needs the file of a journal: intact replay FILE");
    settings_init(&settings);
    settings.answers = argc >= 2 && strcmp(argv[1], "--answer") == 0;
    int used = 1 + settings.answers;
    if (settings.answers && !bisect_take_output())
        return cli_fail("replay: the host has no file left");
    int status = journal_replay(&settings, argv[0], argc - used, argv + used);
    if (settings.diverged && !settings.gdb)
        bisect_again(cli_program, argv[0], argv + 1, settings.diverged);
    settings_free(&settings);
    return status;
}

int cli_digest(int argc, char *const *argv)
{
    static struct settings settings; // large
    if (argc > 0 && cli_asks_help(argv[0]))
        return show_usage(
            "intact digest [--] OPTIONS\n"
            "Runs a guest as intact run does, and prints the digest of its last state as the last line: equal on "
            "all hosts.");
    settings_init(&settings);
    settings.tells_digest = true;
    int status = journal_run(&settings, argc, argv);
    settings_free(&settings);
    return status;
}
