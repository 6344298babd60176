// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// intact lesson: lists lessons, runs one, shows what its broken guest lacks, and grades a learner's. See lesson.h.
//
// Exit status: 0 passed, 1 not passed, 2 the lesson or the command line is wrong.
#include "cli/lesson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/run.h"
#include "cli/text.h"

enum { PASSED, NOT_PASSED, TROUBLE };

struct wish {
    const char *word[4]; // what is no option
    unsigned count;
    const char *lessons, *compiler, *machine, *keys; // --lessons, --cc, --machine, --keys
    bool broken, repaired, text, json, trace, all, watch, window;
};

static int trouble(const char *why)
{
    cli_fail(why);
    return TROUBLE;
}

// The same of a text that is not in `why` yet.
static int complain(char *why, const char *text)
{
    snprintf(why, INTACT_ERROR_SIZE, "%s", text);
    return trouble(why);
}

static int show_usage(void)
{
    puts("intact lesson                    lists the lessons\n"
         "intact lesson N|NAME             says what the lesson is about, runs its guest, and compares its events with "
         "those "
         "that\n"
         "                                 must occur\n"
         "intact lesson N --text           the lesson's text: what happens, and the task\n"
         "intact lesson N --broken         the same guest with a mistake: what it lacks, and what intact why says\n"
         "intact lesson start N [DIR]      a folder with the broken guest, for you to repair\n"
         "intact lesson check DIR          compiles DIR/guest.c with the host's clang or gcc, runs and grades it\n"
         "intact lesson new DIR NAME       for teachers: a lesson to change, which passes; --machine pc or virt\n"
         "Options:\n"
         "  --watch         shows the machine on the terminal, for you to step through it (intact watch); --keys KEYS "
         "says\n"
         "                  what to do without one\n"
         "  --window        the same in a window\n"
         "  --trace         every event of the run's interrupts, too\n"
         "  --json          the result as one JSON object\n"
         "  --repaired      the lesson's own repair of the broken guest\n"
         "  --all           with check: guest.c must pass, broken.c must lack what the file why says, repaired.c must "
         "pass\n"
         "  --cc PROGRAM    with check: the compiler\n"
         "  --lessons DIR   the folder of the lessons\n"
         "Exit status: 0 passed, 1 not passed, 2 the lesson or the command line is wrong.");
    return 0;
}

// --- The command line --------------------------------------------------------------------------------------------------

struct choice {
    const char *name;
    bool *flag;
    const char **value;
};

static int take_option(const struct choice *choices, int argc, char *const *argv, int at, char *why)
{
    const char *names[16] = { 0 };
    for (unsigned i = 0; choices[i].name; i++) {
        names[i] = choices[i].name;
        if (strcmp(argv[at] + (argv[at][1] == '-' ? 2 : 1), choices[i].name + 2) != 0) // one dash is enough
            continue;
        if (choices[i].flag) {
            *choices[i].flag = true;
            return at + 1;
        }
        if (at + 1 < argc) {
            *choices[i].value = argv[at + 1];
            return at + 2;
        }
        snprintf(why, INTACT_ERROR_SIZE, "lesson: %s: needs a value", choices[i].name);
        return -1;
    }
    const char *nearest = text_nearest(argv[at], names);
    if (nearest)
        snprintf(why, INTACT_ERROR_SIZE, "lesson: unknown option '%.80s'; the nearest is %s", argv[at], nearest);
    else
        snprintf(why, INTACT_ERROR_SIZE, "lesson: unknown option '%.80s'; intact lesson -help lists all", argv[at]);
    return -1;
}

static int parse(struct wish *wish, int argc, char *const *argv, char *why)
{
    const struct choice choices[] = { { "--broken", &wish->broken, NULL },
                                      { "--repaired", &wish->repaired, NULL },
                                      { "--text", &wish->text, NULL },
                                      { "--json", &wish->json, NULL },
                                      { "--trace", &wish->trace, NULL },
                                      { "--all", &wish->all, NULL },
                                      { "--watch", &wish->watch, NULL },
                                      { "--keys", NULL, &wish->keys },
                                      { "--lessons", NULL, &wish->lessons },
                                      { "--cc", NULL, &wish->compiler },
                                      { "--machine", NULL, &wish->machine },
                                      { "--window", &wish->window, NULL },
                                      { NULL, NULL, NULL } };
    *wish = (struct wish){ .count = 0 };
    for (int at = 0; at < argc;) {
        if (argv[at][0] == '-' && argv[at][1]) {
            at = take_option(choices, argc, argv, at, why);
            if (at < 0)
                return -1;
        } else if (wish->count == 4) {
            snprintf(why, INTACT_ERROR_SIZE, "lesson: '%.80s' is too much; intact lesson -help says what there is",
                     argv[at]);
            return -1;
        } else {
            wish->word[wish->count++] = argv[at++];
        }
    }
    wish->watch |= wish->window || wish->keys != NULL;
    return 0;
}

// --- What it does ------------------------------------------------------------------------------------------------------

static bool lessons_folder(const struct wish *wish, char *out, char *why)
{
    char share[LESSON_PATH];
    if (wish->lessons) {
        snprintf(out, LESSON_PATH, "%s", wish->lessons);
        return true;
    }
    if (!lesson_share(share)) {
        snprintf(why, INTACT_ERROR_SIZE, "lesson: the lessons are not there; --lessons DIR says where they are");
        return false;
    }
    lesson_path(out, share, "lessons");
    return true;
}

// A line of the list.
struct listed {
    unsigned number;
    char name[64], title[96], track[64];
};

static int read_listed(const char *folder, const char *name, struct listed *listed, char *why)
{
    static struct lesson lesson; // large
    char path[LESSON_PATH];
    lesson_path(path, folder, name);
    int status = lesson_read(&lesson, path, why);
    listed->number = lesson.number;
    snprintf(listed->name, sizeof listed->name, "%s", lesson.name);
    snprintf(listed->title, sizeof listed->title, "%s", lesson.title);
    snprintf(listed->track, sizeof listed->track, "%s", status < 0 ? "" : lesson.expect.track);
    lesson_free(&lesson);
    return status;
}

// By tracks, in the order in which their first lessons are.
static int list(const char *folder, char *why)
{
    static struct listed lines[LESSON_LIST];
    char names[LESSON_LIST][64];
    int count = lesson_names(folder, names, why);
    for (int i = 0; i < count; i++)
        if (read_listed(folder, names[i], &lines[i], why) < 0)
            return trouble(why);
    if (count < 0)
        return trouble(why);
    for (int i = 0; i < count; i++) {
        int first = 0;
        while (strcmp(lines[first].track, lines[i].track) != 0)
            first++;
        if (first < i)
            continue; // it was listed with its track
        printf("%s%s\n", i ? "\n" : "", lines[i].track);
        for (int k = i; k < count; k++)
            if (strcmp(lines[k].track, lines[i].track) == 0)
                printf("  %2u  %-12s %s\n", lines[k].number, lines[k].name, lines[k].title);
    }
    printf("\n%s lesson 1 --text says what the first is about, %s lesson 1 runs it; lesson -help lists the rest.\n",
           cli_program, cli_program);
    return PASSED;
}

static int show_text(const struct lesson *lesson, char *why)
{
    char path[LESSON_PATH], line[1024];
    lesson_path(path, lesson->folder, "lesson.md");
    FILE *file = fopen(path, "r");
    if (!file) {
        snprintf(why, INTACT_ERROR_SIZE, "lesson: cannot read '%.300s'", path);
        return trouble(why);
    }
    while (fgets(line, sizeof line, file)) {
        bool command = strncmp(line, "    intact ", 11) == 0; // as it can be typed here
        printf("%s%s%s", command ? "    " : "", command ? cli_program : "", command ? line + 10 : line);
    }
    fclose(file);
    return PASSED;
}

// One JSON object, and an end of line.
static int tell_json(const struct lesson *lesson, const char *variant, const struct lesson_result *result, char *why)
{
    char *text = lesson_json(lesson, variant, result);
    if (text) {
        puts(text);
        free(text);
        return 0;
    }
    snprintf(why, INTACT_ERROR_SIZE, "lesson: the result cannot be written as JSON");
    return -1;
}

static int tell(const struct lesson *lesson, const struct wish *wish, const char *variant,
                const struct lesson_result *result, char *why)
{
    if (wish->json)
        return tell_json(lesson, variant, result, why);
    lesson_tell(lesson, variant, result);
    return 0;
}

static int run(const struct lesson *lesson, const struct wish *wish, const char *variant, const char *kernel, char *why)
{
    static struct lesson_result result; // large
    if (wish->watch) {
        int watched = lesson_watch(lesson, kernel, wish->keys, wish->window, why);
        return watched < 0 ? trouble(why) : watched ? TROUBLE : PASSED;
    }
    int status = lesson_run(lesson, kernel, wish->trace && !wish->json, &result, why);
    bool passed = result.passed;
    if (status == 0)
        status = tell(lesson, wish, variant, &result, why);
    lesson_result_free(&result);
    return status < 0 ? trouble(why) : passed ? PASSED : NOT_PASSED;
}

// Does the broken guest fail in the way that the file `why` says?
static int run_broken(const struct lesson *lesson, const struct wish *wish, const char *kernel, char *why)
{
    static struct lesson_result result;
    bool differs = false;
    int status = lesson_run(lesson, kernel, false, &result, why);
    if (status == 0) {
        differs = lesson_check_broken(lesson, &result, why) < 0;
        if (differs)
            cli_fail(why);
        if (wish->json)
            status = tell_json(lesson, "broken", &result, why);
        else
            printf("broken.c %s in the way that the file why says\n", differs ? "does not fail" : "fails");
    }
    lesson_result_free(&result);
    return status < 0 ? trouble(why) : differs ? NOT_PASSED : PASSED;
}

// By the name that the command was called by, so that what is printed can be typed.
static void tell_next(const struct lesson *lesson, const struct wish *wish, const char *variant, const char *kernel)
{
    char options[512];
    if (wish->json)
        return;
    lesson_options(lesson, options, sizeof options);
    if (strcmp(variant, "given") == 0)
        printf("\nNext: %s lesson %u --broken, the guest with a mistake\n", cli_program, lesson->number);
    else if (strcmp(variant, "broken") == 0)
        printf("\nNext: %s lesson start %u, which copies it for you to find the mistake\n", cli_program,
               lesson->number);
    printf("The guest alone: %s run %s -kernel %s\n", cli_program, options, kernel);
}

static void tell_head(const struct lesson *lesson)
{
    printf("Lesson %u, %s: %s\n", lesson->number, lesson->expect.track, lesson->title);
    text_print(lesson->gist, 0, 100);
    putchar('\n');
}

static int run_one(const struct lesson *lesson, const struct wish *wish, char *why)
{
    char kernel[LESSON_PATH];
    const char *variant = wish->broken ? "broken" : wish->repaired ? "repaired" : "given";
    lesson_path(kernel, lesson->folder, wish->broken ? "broken.elf" : wish->repaired ? "repaired.elf" : "guest.elf");
    if (wish->repaired && access(kernel, F_OK) < 0) // then the given one is the repair
        lesson_path(kernel, lesson->folder, "guest.elf");
    if (access(kernel, R_OK) < 0) {
        snprintf(why, INTACT_ERROR_SIZE,
                 "lesson: there is no guest '%.300s'; ./dev build makes it, or intact lesson check --all %.100s",
                 kernel, lesson->folder);
        return trouble(why);
    }
    if (!wish->json && !wish->watch)
        tell_head(lesson);
    int status = run(lesson, wish, variant, kernel, why);
    if (status != TROUBLE && !wish->watch)
        tell_next(lesson, wish, variant, kernel);
    return status;
}

static int show(const struct wish *wish, char *why)
{
    static struct lesson lesson; // large
    char folder[LESSON_PATH];
    if (!lessons_folder(wish, folder, why))
        return trouble(why);
    if (wish->count == 0)
        return list(folder, why);
    int status = lesson_read_one(&lesson, folder, wish->word[0], why) < 0 ? trouble(why)
                 : wish->text                                             ? show_text(&lesson, why)
                                                                          : run_one(&lesson, wish, why);
    lesson_free(&lesson);
    return status;
}

static int start(const struct wish *wish, char *why)
{
    static struct lesson lesson; // large
    char folder[LESSON_PATH], own[160];
    if (wish->count < 2 || wish->count > 3)
        return complain(why, "lesson: start needs a lesson: intact lesson start N [DIR]");
    if (!lessons_folder(wish, folder, why))
        return trouble(why);
    int status = lesson_read_one(&lesson, folder, wish->word[1], why);
    if (status == 0) {
        snprintf(own, sizeof own, "lesson-%02u-%s", lesson.number, lesson.name);
        const char *to = wish->count == 3 ? wish->word[2] : own;
        status = lesson_start(&lesson, to, why);
        if (status == 0)
            printf(
                "%s has the broken guest, guest.c, and lesson.md with the task. After a change: %s lesson check %s\n",
                to, cli_program, to);
    }
    lesson_free(&lesson);
    return status < 0 ? trouble(why) : PASSED;
}

// Compiles the guest NAME.c of the folder to NAME.elf, whose path is left in `kernel`.
static int build(const struct lesson *lesson, const struct wish *wish, const char *name, char *kernel, char *why)
{
    char source[LESSON_PATH], file[32];
    snprintf(file, sizeof file, "%s.c", name);
    lesson_path(source, lesson->folder, file);
    snprintf(file, sizeof file, "%s.elf", name);
    lesson_path(kernel, lesson->folder, file);
    return lesson_compile(lesson->expect.arm, source, kernel, wish->compiler, why);
}

static int check_guest(const struct lesson *lesson, const struct wish *wish, const char *name, const char *variant,
                       char *why)
{
    char kernel[LESSON_PATH];
    if (build(lesson, wish, name, kernel, why) < 0)
        return trouble(why);
    return run(lesson, wish, variant, kernel, why);
}

static int check_all(const struct lesson *lesson, const struct wish *wish, char *why)
{
    char repaired[LESSON_PATH], kernel[LESSON_PATH];
    if (!lesson->has_why) {
        snprintf(why, INTACT_ERROR_SIZE, "lesson: --all needs the file '%.300s/why', which says what broken.c lacks",
                 lesson->folder);
        return trouble(why);
    }
    int status = check_guest(lesson, wish, "guest", "given", why);
    if (status == PASSED)
        status = build(lesson, wish, "broken", kernel, why) < 0 ? trouble(why) : run_broken(lesson, wish, kernel, why);
    lesson_path(repaired, lesson->folder, "repaired.c");
    if (status == PASSED && access(repaired, F_OK) == 0)
        status = check_guest(lesson, wish, "repaired", "repaired", why);
    return status;
}

static int check_own(const struct lesson *lesson, const struct wish *wish, char *why)
{
    char kernel[LESSON_PATH];
    if (build(lesson, wish, "guest", kernel, why) < 0)
        return trouble(why);
    int status = run(lesson, wish, "yours", kernel, why);
    if (status == NOT_PASSED)
        tell_next(lesson, wish, "yours", kernel);
    return status;
}

static int check(const struct wish *wish, char *why)
{
    static struct lesson lesson; // large
    if (wish->count != 2)
        return complain(why, "lesson: check needs the folder of a lesson: intact lesson check DIR");
    int status = lesson_read(&lesson, wish->word[1], why) < 0 ? trouble(why)
                 : wish->all                                  ? check_all(&lesson, wish, why)
                                                              : check_own(&lesson, wish, why);
    lesson_free(&lesson);
    return status;
}

static int make_new(const struct wish *wish, char *why)
{
    if (wish->count != 3)
        return complain(why, "lesson: new needs a folder and the lesson's name: intact lesson new DIR NAME");
    if (lesson_new(wish->word[1], wish->word[2], wish->machine ? wish->machine : "pc", why) < 0)
        return trouble(why);
    printf("%s is a lesson that passes; lessons/README.md says what its files are. Try it: %s lesson check --all %s\n",
           wish->word[1], cli_program, wish->word[1]);
    return PASSED;
}

static int act(const struct wish *wish, char *why)
{
    static const struct {
        const char *name;
        int (*act)(const struct wish *wish, char *why);
    } verbs[] = { { "start", start }, { "check", check }, { "new", make_new } };
    static const char *const names[] = { "start", "check", "new", NULL };
    for (unsigned i = 0; i < 3; i++)
        if (wish->count && strcmp(wish->word[0], verbs[i].name) == 0)
            return verbs[i].act(wish, why);
    if (wish->count <= 1)
        return show(wish, why);
    const char *nearest = text_nearest(wish->word[0], names);
    if (nearest)
        snprintf(why, INTACT_ERROR_SIZE, "lesson: '%.80s' is no verb; the nearest is '%s'", wish->word[0], nearest);
    else
        snprintf(why, INTACT_ERROR_SIZE,
                 "lesson: one lesson at a time; intact lesson -help says what there is besides: start, check, new");
    return trouble(why);
}

int cli_lesson(int argc, char *const *argv)
{
    struct wish wish;
    char why[INTACT_ERROR_SIZE];
    if (argc > 0 && cli_asks_help(argv[0]))
        return show_usage();
    if (parse(&wish, argc, argv, why) < 0)
        return trouble(why);
    int status = act(&wish, why);
    char *text = status == TROUBLE && wish.json ? lesson_json_error(why) : NULL;
    if (text) // the line is on standard error, too
        puts(text);
    free(text);
    return status;
}
