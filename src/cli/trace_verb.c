// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// intact trace: a trace in a format, of a run, of the replay of a journal, or of a file of -trace.
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/journal.h"
#include "cli/options_trace.h"
#include "cli/run.h"
#include "cli/text.h"
#include "cli/trace.h"
#include "observe/trace_log.h"

static const char own[] = "trace";

static int show_usage(void)
{
    const char *name, *about;
    puts("intact trace [OPTIONS] -o FILE -- RUN OPTIONS       of a guest that runs as with intact run\n"
         "intact trace [OPTIONS] -o FILE -replay JOURNAL [[--] RUN OPTIONS]\n"
         "                                                    of a recorded run, as with intact replay\n"
         "intact trace [OPTIONS] [-o FILE] TRACE              of a file that -trace file=TRACE has written\n"
         "Writes a trace of the interrupts. The exit status is that of the run.\n");
    for (unsigned i = 0; (name = intact_trace_format(i, &about)); i++)
        printf("  -format %-8s %s%s\n", name, about, i ? "" : "; the default");
    puts("  -o FILE          where it goes, - for standard output; without it a TRACE is written there\n"
         "  -events E+E      these events alone, by name or station; intact run -trace help lists them\n"
         "  -cpu N           events of this processor, and those of none\n"
         "  -vector N        of the events that have a vector or INTID, these alone\n"
         "  -source PATTERN  of the events that belong to an interrupt, those of these sources alone: 'pit.*'\n"
         "  -from N, -to N   the first instruction that is wanted, and the first that is not any more\n"
         "  -cause N         the interrupt to draw, for -format svg");
    return 0;
}

// What the words before -- and -replay ask for.
struct task {
    struct trace_wish wish;
    const char *trace, *journal; // what is read
    bool runs;                   // there is a --
    int used;                    // words; the others are options of a run
};

// The name without its dash, or NULL: `word` is none of ours.
static const char *property_of(const char *word)
{
    static const char *const names[] = {
        "o", "format", "events", "cpu", "vector", "source", "from", "to", "cause", NULL
    };
    unsigned i = 0;
    while (names[i] && (word[0] != '-' || strcmp(names[i], word + (word[1] == '-' ? 2 : 1)) != 0))
        i++;
    return names[i];
}

static int refuse_word(struct settings *settings, const char *word)
{
    static const char *const words[] = { "-o",    "-format", "-events", "-cpu",    "-vector", "-source",
                                         "-from", "-to",     "-cause",  "-replay", NULL };
    const char *nearest = text_nearest(word, words);
    if (nearest)
        return refuse(settings, "trace: unknown option '%.80s'; the nearest is '%s'", word, nearest);
    return refuse(settings,
                  "trace: unknown option '%.80s'; intact trace -help lists all, and options of a run come "
                  "behind --",
                  word);
}

static int parse(struct settings *settings, struct task *task, int argc, char *const *argv)
{
    *task = (struct task){ .used = 0 };
    trace_wish_init(&task->wish);
    task->wish.format = &export_text;
    while (task->used < argc && !task->runs && !task->journal) {
        const char *word = argv[task->used++], *name = property_of(word);
        bool replays = strcmp(word, "-replay") == 0 || strcmp(word, "--replay") == 0;
        if (strcmp(word, "--") == 0)
            task->runs = true;
        else if ((replays || name) && task->used == argc)
            return refuse(settings, "trace: %.80s: needs a value", word);
        else if (replays)
            task->journal = argv[task->used++];
        else if (name && trace_wish_set(settings, own, &task->wish, strcmp(name, "o") == 0 ? "file" : name,
                                        argv[task->used++]) < 0)
            return -1;
        else if (!name && word[0] == '-')
            return refuse_word(settings, word);
        else if (!name && task->trace)
            return refuse(settings, "trace: one trace is read, not '%.80s' as well", word);
        else if (!name)
            task->trace = word;
    }
    return trace_wish_check(settings, own, &task->wish);
}

static bool is_same_file(const char *one, const char *other)
{
    struct stat first, second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static int check(struct settings *settings, const struct task *task)
{
    if (task->trace && task->wish.file && is_same_file(task->trace, task->wish.file))
        return refuse(settings, "trace: '%.80s' is what is read; -o needs another file", task->trace);
    if (task->trace && (task->journal || task->runs))
        return refuse(settings, "trace: either of the trace '%.80s' or of a run, not both", task->trace);
    if (!task->trace && !task->journal && !task->runs)
        return refuse(settings, "trace: of what? -- RUN OPTIONS, -replay JOURNAL, or the file of a trace");
    if (!task->trace && !task->wish.file)
        return refuse(settings, "trace: -o FILE says where the trace is written; standard output is the guest's");
    return 0;
}

static int show_trace(struct settings *settings, const struct task *task)
{
    struct intact_trace_log *log;
    struct trace_wish wish = task->wish;
    char why[INTACT_ERROR_SIZE];
    if (!wish.says_events)
        wish.filter.events = INTACT_TRACE_ALL;
    if (intact_trace_log_read(task->trace, &log, why) < 0) {
        refuse(settings, "trace: %s", why);
        return cli_fail(settings->why);
    }
    FILE *file = trace_file_open(settings, wish.file);
    int result = file ? trace_log_export(log, wish.format, &wish.filter, wish.cause, file) : -1;
    if (file)
        result = trace_file_close(settings, file, wish.file, result);
    if (result == 0 && intact_trace_log_lost(log))
        fprintf(stderr, "intact: trace: it begins after %" PRIu64 " records that were not kept; records=N keeps more\n",
                intact_trace_log_lost(log));
    intact_trace_log_destroy(log);
    return result < 0 ? cli_fail(settings->why) : 0;
}

int cli_trace(int argc, char *const *argv)
{
    static struct settings settings; // large
    struct task task;
    if (argc > 0 && cli_asks_help(argv[0]))
        return show_usage();
    settings_init(&settings);
    int status;
    if (parse(&settings, &task, argc, argv) < 0 || check(&settings, &task) < 0) {
        status = cli_fail(settings.why);
    } else if (task.trace) {
        status = show_trace(&settings, &task);
    } else {
        settings.traces[settings.trace_count++] = task.wish;
        status = task.journal ? journal_replay(&settings, task.journal, argc - task.used, argv + task.used)
                              : journal_run(&settings, argc - task.used, argv + task.used);
    }
    settings_free(&settings);
    return status;
}
