// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See lesson.h. A lesson's guest is run as by intact run with the options of its `expect`, but its console is kept, and the number of
// its instructions is limited.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intact/debug.h>

#include "cli/lesson.h"
#include "cli/options.h"
#include "observe/chips.h"
#include "observe/filter.h"

// Of each type of machine: the options without which a guest of ours does not end, and the status of its end.
static const struct machine_kind {
    const char *options[6];
    int passed, failed; // exit status; -1: the last line of the console says it
} kinds[] = {
    [INTACT_PC] = { { "-m", "64M", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", NULL }, 33, 35 },
    [INTACT_VIRT] = { { "-m", "64M", "-no-reboot", NULL }, -1, -1 },
};

static const struct machine_kind *kind_of(const struct lesson *lesson)
{
    return &kinds[lesson->expect.arm ? INTACT_VIRT : INTACT_PC];
}

void lesson_options(const struct lesson *lesson, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "-machine %s", lesson->expect.machine);
    for (const char *const *option = kind_of(lesson)->options; *option && used < size; option++)
        used += (size_t)snprintf(out + used, size - used, " %s", *option);
    for (unsigned i = 0; i < lesson->expect.option_count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, " %s", lesson->expect.option[i]);
}

// --- The machine -----------------------------------------------------------------------------------------------------

struct run {
    const struct lesson *lesson;
    struct lesson_result *result;
    FILE *console;
    bool trace; // every event is printed
};

static void console_write(void *owner, uint8_t byte)
{
    struct run *run = owner;
    if (byte != '\r')
        putc(byte, run->console);
}

int lesson_configure(struct settings *settings, const struct lesson *lesson, const char *kernel)
{
    char limit[24];
    const char *words[EXPECT_WORDS + 24];
    int count = 0;
    snprintf(limit, sizeof limit, "%" PRIu64, lesson->expect.limit);
    const char *own[] = { "-machine", lesson->expect.machine, "-kernel", kernel, "-limit", limit, NULL };
    const char *const *lists[] = { own, kind_of(lesson)->options };
    for (unsigned i = 0; i < 2; i++)
        for (const char *const *word = lists[i]; *word; word++)
            words[count++] = *word;
    for (unsigned i = 0; i < lesson->expect.option_count; i++)
        words[count++] = lesson->expect.option[i];
    if (options_parse(settings, count, (char *const *)(uintptr_t)words) < 0)
        return -1;
    if (settings->action != RUN)
        return refuse(settings, "%s: the options are those of a run", lesson->expect.path);
    return 0;
}

// Of a trace for people: accesses are too many, but for those that the lesson is about, and so may be one of two controllers.
static bool is_shown(const struct expect *expect, const struct intact_trace_event *event, bool noted)
{
    char name[48];
    uint64_t chip = chip_of_event(event);
    if (event->id == INTACT_TRACE_ACCESS)
        return noted;
    if (chip == CHIP_NONE || !expect->hidden)
        return true;
    chip_name(event, chip, name, sizeof name);
    return strcmp(name, expect->hidden) != 0;
}

static void hear(void *owner, const struct intact_trace_event *event)
{
    struct run *run = owner;
    char line[EVENT_LINE_SIZE];
    bool noted = match_event(&run->result->match, event);
    if (!run->trace || !is_shown(&run->lesson->expect, event, noted))
        return;
    event_line(run->lesson->expect.arm, event, line, sizeof line);
    puts(line);
}

static void show_head(void)
{
    char line[EVENT_LINE_SIZE];
    event_line_head(line, sizeof line);
    puts(line);
}

// The guest's own word of how it went.
static bool last_line_is(const struct lesson_result *result, const char *line)
{
    size_t length = strlen(line);
    return result->output_size >= length && strcmp(result->output + result->output_size - length, line) == 0 &&
           (result->output_size == length || result->output[result->output_size - length - 1] == '\n');
}

static enum expect_end end_of(const struct machine_kind *kind, const struct lesson_result *result)
{
    if (result->exit.reason == INTACT_DEADLOCK)
        return END_STUCK;
    if (result->exit.reason == INTACT_LIMIT)
        return END_LIMIT;
    if (kind->passed >= 0 && result->exit.reason == INTACT_DEBUG_EXIT)
        return result->exit.status == kind->passed   ? END_PASSED
               : result->exit.status == kind->failed ? END_FAILED
                                                     : END_OTHER;
    if (kind->passed < 0 && result->exit.reason == INTACT_POWER_OFF)
        return last_line_is(result, "PASS\n") ? END_PASSED : last_line_is(result, "FAIL\n") ? END_FAILED : END_OTHER;
    return END_OTHER;
}

void lesson_finding(const struct intact_why_finding *finding, char *line)
{
    static const char *const names[] = {
        [INTACT_WHY_GATE] = "gate", [INTACT_WHY_PLACE] = "place", [INTACT_WHY_PAST] = "past"
    };
    char text[INTACT_WHY_TEXT];
    const char *section = intact_why_section(finding->reason);
    intact_why_text(finding, text, sizeof text);
    snprintf(line, LESSON_LINE, "%-6s %s%s%s%s", names[intact_why_kind(finding->reason)], text, *section ? " (" : "",
             section, *section ? ")" : "");
}

static void keep_answer(void *owner, const struct intact_why_finding *finding)
{
    struct lesson_result *result = owner;
    if (result->says_count < LESSON_SAYS)
        lesson_finding(finding, result->says[result->says_count++]);
}

static void ignore(void *owner, const struct intact_why_finding *finding)
{
    (void)owner, (void)finding;
}

// What is asked at the end is watched from the beginning.
static int watch(struct settings *settings, const struct lesson *lesson, struct intact_machine *machine)
{
    char why[INTACT_ERROR_SIZE];
    if (!lesson->expect.source)
        return 0;
    if (intact_machine_why(machine, lesson->expect.source, ignore, NULL, why) < 0)
        return refuse(settings, "%.200s/why: %.250s", lesson->folder, why);
    return intact_machine_why_watch(machine) < 0 ? refuse(settings, "lesson: the host has no memory left") : 0;
}

static void judge(struct run *run, struct intact_machine *machine)
{
    struct lesson_result *result = run->result;
    const struct expect *expect = &run->lesson->expect;
    fflush(run->console);
    result->end = end_of(kind_of(run->lesson), result);
    result->passed = result->end == expect->end;
    for (unsigned i = 0; i < expect->count; i++)
        result->passed = result->passed && match_holds(&result->match, i);
    if (!result->passed && expect->source)
        intact_machine_why(machine, expect->source, keep_answer, result, NULL);
}

static int run_machine(struct run *run, struct settings *settings)
{
    struct intact_machine *machine;
    struct intact_trace_observer observer;
    if (intact_machine_create(&settings->config, &machine, settings->why) < 0)
        return -1;
    uint64_t wanted = run->result->match.wanted | (run->trace ? INTACT_TRACE_INTERRUPTS : 0);
    intact_trace_observer_init(&observer, wanted, hear, run);
    if (run->trace)
        show_head();
    int result = watch(settings, run->lesson, machine);
    if (result == 0 && intact_machine_trace(machine, &observer) < 0)
        result = refuse(settings, "lesson: the host has no memory left");
    if (result == 0) {
        run->result->exit = intact_machine_run(machine);
        judge(run, machine);
    }
    intact_trace_observer_remove(&observer); // what lines do when a machine is destroyed is no event of the run
    intact_machine_destroy(machine);
    return result;
}

int lesson_run(const struct lesson *lesson, const char *kernel, bool trace, struct lesson_result *result, char *why)
{
    static struct settings settings; // large
    struct run run = { .lesson = lesson, .result = result, .trace = trace };
    *result = (struct lesson_result){ .passed = false };
    settings_init(&settings);
    run.console = open_memstream(&result->output, &result->output_size);
    int status = run.console && match_begin(&result->match, &lesson->expect) == 0
                     ? lesson_configure(&settings, lesson, kernel)
                     : refuse(&settings, "lesson: the host has no memory left");
    if (status == 0) {
        settings.config.serial = (struct intact_console){ .write = console_write, .owner = &run };
        status = run_machine(&run, &settings);
    }
    if (match_end(&result->match) < 0 && status == 0)
        status = refuse(&settings, "lesson: the host has no memory left");
    if (run.console)
        fclose(run.console);
    if (status < 0)
        snprintf(why, INTACT_ERROR_SIZE, "%s", settings.why);
    settings_free(&settings);
    return status;
}

void lesson_result_free(struct lesson_result *result)
{
    free(result->output);
    result->output = NULL;
}

// --- The broken guest --------------------------------------------------------------------------------------------------

int lesson_check_broken(const struct lesson *lesson, const struct lesson_result *result, char *why)
{
    const struct expect *expect = &lesson->expect;
    if (result->end != expect->broken_end) {
        snprintf(why, INTACT_ERROR_SIZE, "lesson: %.200s: broken.c ends with '%s', and why says '%s'", lesson->folder,
                 expect_end_name(result->end), expect_end_name(expect->broken_end));
        return -1;
    }
    for (unsigned i = 0; i < expect->count; i++) {
        const struct expect_event *event = &expect->event[i];
        if (match_holds(&result->match, i) != event->broken)
            continue;
        snprintf(why, INTACT_ERROR_SIZE, "lesson: %.200s:%u: '%s %.100s' %s with broken.c, and why says otherwise",
                 expect->path, event->line, expect_kind_name(event->kind), event->words,
                 event->broken ? "holds" : "does not hold");
        return -1;
    }
    for (unsigned i = 0; i < expect->says_count; i++) {
        unsigned at = 0;
        while (at < result->says_count && !filter_matches(expect->says[i], result->says[at]))
            at++;
        if (at < result->says_count)
            continue;
        snprintf(why, INTACT_ERROR_SIZE, "lesson: %.100s: of broken.c intact why does not say '%.300s'", lesson->folder,
                 expect->says[i]);
        return -1;
    }
    return 0;
}
