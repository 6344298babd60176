// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Each side is a process that replays the journal with a history, so that it can go to any instruction:
//
//     "end"            --> the instructions at the journal's end
//     "digest N"       --> the digest after N instructions
//     "describe N"     --> "path value" of each field then; "." ends them
//     "page N ADDRESS" --> the 4,096 bytes of a page of RAM then, in hexadecimal digits
//
// The first instruction after which the digests differ is found by halves: that states which differ become equal again is
// ruled out by the counts of instructions and time in them only where they depend on it, so it is an assumption.
#include "cli/bisect.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <intact/snapshot.h>

#include "cli/run.h"

enum { LINE = 8300, STATUS_DIFFERENT = INTACT_STATUS_DIVERGED, SHOWN = 40, PAGE = 4096 };

#define HISTORY (UINT64_C(512) << 20)

// --- A side that answers ---------------------------------------------------------------------------------------------

static FILE *answers;

bool bisect_take_output(void)
{
    int copy = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY);
    bool done = copy >= 0 && nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0 && (answers = fdopen(copy, "w"));
    if (nowhere >= 0)
        close(nowhere);
    return done;
}

static void print_field(void *owner, const char *path, const char *value)
{
    (void)owner;
    fprintf(answers, "%s %s\n", path, value);
}

static void print_page(struct intact_machine *machine, uint64_t address)
{
    uint8_t page[PAGE] = { 0 };
    intact_machine_read_memory(machine, address, page, sizeof page);
    for (unsigned i = 0; i < PAGE; i++)
        fprintf(answers, "%02x", page[i]);
    putc('\n', answers);
}

static bool go_to(struct intact_machine *machine, uint64_t instructions)
{
    while (intact_machine_instructions(machine) < instructions) {
        uint64_t before = intact_machine_instructions(machine);
        intact_machine_run_for(machine, instructions - before);
        if (intact_machine_instructions(machine) == before)
            return false;
    }
    return intact_machine_instructions(machine) == instructions ||
           intact_machine_go_to(machine, instructions, NULL) == 0;
}

static void answer(struct intact_machine *machine, const char *question)
{
    uint64_t n = 0, address = 0, digest = 0;
    if (strncmp(question, "end", 3) == 0) {
        fprintf(answers, "%" PRIu64 "\n", intact_machine_run(machine).instructions);
    } else if (sscanf(question, "digest %" SCNu64, &n) == 1) {
        if (go_to(machine, n) && intact_machine_digest(machine, &digest) == 0)
            fprintf(answers, "%016" PRIx64 "\n", digest);
        else
            fputs("-\n", answers); // it does not get there
    } else if (sscanf(question, "describe %" SCNu64, &n) == 1) {
        if (go_to(machine, n))
            intact_machine_describe(machine, print_field, NULL);
        fputs(".\n", answers);
    } else if (sscanf(question, "page %" SCNu64 " %" SCNx64, &n, &address) == 2) {
        go_to(machine, n);
        print_page(machine, address);
    }
    fflush(answers);
}

int bisect_answer(struct intact_machine *machine)
{
    char line[LINE], why[INTACT_ERROR_SIZE];
    if (intact_machine_history(machine, HISTORY, why) < 0)
        return cli_fail(why);
    fputs("ready\n", answers);
    fflush(answers);
    while (fgets(line, sizeof line, stdin))
        answer(machine, line);
    return 0;
}

// --- The sides, from the one that asks ---------------------------------------------------------------------------------

static FILE *report; // where the answer goes

struct side {
    const char *program;
    char *const *options; // behind the recorded ones, ended by NULL; or NULL: none
    pid_t process;
    FILE *ask, *told;
};

// In the child.
static void execute(const struct side *side, const char *file)
{
    enum { OWN = 4 };
    size_t count = 0;
    while (side->options && side->options[count])
        count++;
    const char **words = calloc(OWN + count + 1, sizeof *words);
    if (!words)
        return;
    words[0] = side->program;
    words[1] = "replay";
    words[2] = file;
    words[3] = "--answer";
    for (size_t i = 0; i < count; i++)
        words[OWN + i] = side->options[i];
    execvp(side->program, (char *const *)words);
}

static bool start(struct side *side, const char *file)
{
    int asked[2], told[2];
    char line[16];
    if (pipe(asked) < 0 || pipe(told) < 0)
        return false;
    for (unsigned i = 0; i < 2; i++) { // the other side must not keep them open
        fcntl(asked[i], F_SETFD, FD_CLOEXEC);
        fcntl(told[i], F_SETFD, FD_CLOEXEC);
    }
    fflush(stdout);
    side->process = fork();
    if (side->process == 0) {
        dup2(asked[0], STDIN_FILENO);
        dup2(told[1], STDOUT_FILENO);
        execute(side, file);
        _exit(127);
    }
    close(asked[0]);
    close(told[1]);
    side->ask = fdopen(asked[1], "w");
    side->told = fdopen(told[0], "r");
    return side->process > 0 && side->ask && side->told && fgets(line, sizeof line, side->told) &&
           strcmp(line, "ready\n") == 0;
}

static void stop(struct side *side)
{
    if (side->ask)
        fclose(side->ask);
    if (side->told)
        fclose(side->told);
    if (side->process > 0)
        waitpid(side->process, NULL, 0);
}

static bool ask(struct side *side, char *line, const char *question, uint64_t n)
{
    fprintf(side->ask, "%s %" PRIu64 "\n", question, n);
    fflush(side->ask);
    return fgets(line, LINE, side->told) != NULL;
}

// -1: a side has gone.
static int same_at(struct side sides[2], uint64_t n)
{
    char line[2][LINE];
    fprintf(sides[1].ask, "digest %" PRIu64 "\n", n); // both work at a time
    fflush(sides[1].ask);
    if (!ask(&sides[0], line[0], "digest", n) || !fgets(line[1], LINE, sides[1].told))
        return -1;
    return strcmp(line[0], line[1]) == 0;
}

// --- What differs ------------------------------------------------------------------------------------------------------

struct field {
    char *path, *value;
};

struct fields {
    struct field *list;
    size_t count, room;
};

static bool read_fields(struct side *side, uint64_t n, struct fields *fields)
{
    char line[LINE];
    bool more = ask(side, line, "describe", n);
    for (; more && strcmp(line, ".\n") != 0; more = fgets(line, LINE, side->told) != NULL) {
        char *value = strchr(line, ' ');
        if (fields->count == fields->room) {
            fields->room = fields->room ? 2 * fields->room : 1024;
            struct field *grown = realloc(fields->list, fields->room * sizeof *grown);
            if (!grown)
                return false;
            fields->list = grown;
        }
        line[strcspn(line, "\n")] = 0;
        if (!value)
            continue;
        *value++ = 0;
        fields->list[fields->count++] = (struct field){ strdup(line), strdup(value) };
    }
    return more;
}

static const char *value_of(const struct fields *fields, const char *path, size_t near)
{
    for (size_t i = 0; i < fields->count; i++) { // both lists have the same order: it is close
        const struct field *field = &fields->list[(near + i) % fields->count];
        if (strcmp(field->path, path) == 0)
            return field->value;
    }
    return "0";
}

static void show_page(struct side sides[2], uint64_t n, const char *offset)
{
    char line[2][LINE];
    for (unsigned s = 0; s < 2; s++) {
        fprintf(sides[s].ask, "page %" PRIu64 " %s\n", n, offset);
        fflush(sides[s].ask);
        if (!fgets(line[s], LINE, sides[s].told))
            return;
    }
    for (unsigned i = 0; i < PAGE; i++) {
        if (strncmp(line[0] + 2 * i, line[1] + 2 * i, 2) == 0)
            continue;
        fprintf(report, "  RAM at %" PRIx64 ": %.2s and %.2s\n", (uint64_t)strtoull(offset, NULL, 16) + i,
                line[0] + 2 * i, line[1] + 2 * i);
        return; // the first byte
    }
}

static unsigned show_fields(struct side sides[2], uint64_t n, const struct fields *one, const struct fields *other,
                            bool swapped, unsigned shown)
{
    for (size_t i = 0; i < one->count && shown < SHOWN; i++) {
        const struct field *field = &one->list[i];
        const char *value = value_of(other, field->path, i);
        if (strcmp(value, field->value) == 0 || (swapped && strcmp(value, "0") != 0))
            continue; // the second time only what the first list does not have
        shown++;
        if (strncmp(field->path, "ram/", 4) == 0)
            show_page(sides, n, field->path + 4);
        else
            fprintf(report, "  %s: %s and %s\n", field->path, swapped ? value : field->value,
                    swapped ? field->value : value);
    }
    return shown;
}

static void show_differences(struct side sides[2], uint64_t n)
{
    struct fields fields[2] = { { .count = 0 }, { .count = 0 } };
    if (read_fields(&sides[0], n, &fields[0]) && read_fields(&sides[1], n, &fields[1])) {
        unsigned shown = show_fields(sides, n, &fields[0], &fields[1], false, 0);
        shown = show_fields(sides, n, &fields[1], &fields[0], true, shown);
        if (shown == SHOWN)
            fputs("  and more\n", report);
    }
    for (unsigned s = 0; s < 2; s++) {
        for (size_t i = 0; i < fields[s].count; i++) {
            free(fields[s].list[i].path);
            free(fields[s].list[i].value);
        }
        free(fields[s].list);
    }
}

// --- By halves -----------------------------------------------------------------------------------------------------------

// A machine that depends on its host does not always do the same: both go there again until they differ, and stay.
static void go_where_they_differ(struct side sides[2], uint64_t same, uint64_t different)
{
    enum { TRIES = 100 };
    for (unsigned i = 0; i < TRIES && same_at(sides, different) == 1; i++)
        same_at(sides, same);
}

static int side_ended(void)
{
    return cli_fail("replay: a side has ended by itself");
}

// `different`: an instruction after which they are.
static int narrow(struct side sides[2], uint64_t different)
{
    uint64_t same = 0;
    int at_start = same_at(sides, 0);
    if (at_start < 0)
        return side_ended();
    if (!at_start) {
        fputs("the machines differ before the first instruction:\n", report);
        show_differences(sides, 0);
        return STATUS_DIFFERENT;
    }
    while (different - same > 1) {
        uint64_t middle = same + (different - same) / 2;
        int equal = same_at(sides, middle);
        if (equal < 0)
            return side_ended();
        *(equal ? &same : &different) = middle;
    }
    fprintf(report, "the states are the same after %" PRIu64 " instructions, and differ after the next one:\n", same);
    go_where_they_differ(sides, same, different);
    show_differences(sides, different);
    return STATUS_DIFFERENT;
}

static int search(struct side sides[2])
{
    char line[2][LINE];
    if (!ask(&sides[1], line[1], "end", 0) || !ask(&sides[0], line[0], "end", 0))
        return side_ended();
    uint64_t ends[2] = { strtoull(line[0], NULL, 10), strtoull(line[1], NULL, 10) };
    uint64_t end = ends[0] < ends[1] ? ends[0] : ends[1];
    int at_end = same_at(sides, end);
    if (at_end < 0)
        return side_ended();
    if (at_end && ends[0] == ends[1]) {
        fprintf(report, "both replays are the same to their end, after %" PRIu64 " instructions\n", ends[0]);
        return 0;
    }
    if (at_end) {
        fprintf(report, "one replay ends after instruction %" PRIu64 ", the other after %" PRIu64 "\n", ends[0],
                ends[1]);
        return STATUS_DIFFERENT;
    }
    return narrow(sides, end);
}

static bool start_both(struct side sides[2], const char *file)
{
    char why[200];
    for (unsigned s = 0; s < 2; s++) {
        if (start(&sides[s], file))
            continue;
        snprintf(why, sizeof why, "replay: '%.80s' cannot replay '%.80s'", sides[s].program, file);
        cli_fail(why);
        return false;
    }
    return true;
}

static void stop_both(struct side sides[2])
{
    stop(&sides[0]);
    stop(&sides[1]);
}

int bisect(const char *self, const char *other, const char *file)
{
    struct side sides[2] = { { .program = self }, { .program = other } };
    report = stdout;
    int status = start_both(sides, file) ? search(sides) : STATUS_USAGE;
    stop_both(sides);
    return status;
}

// --- After a replay that was another run -------------------------------------------------------------------------------

static void explain(struct side sides[2], const char *file, uint64_t instructions)
{
    bool changed = sides[0].options && sides[0].options[0];
    int same = same_at(sides, instructions);
    if (same < 0)
        side_ended();
    else if (same && changed)
        fprintf(report, "intact: a replay without these options is the same up to there");
    else if (same)
        fprintf(report, "intact: two more replays by this program are the same up to there");
    else if (changed)
        fprintf(report, "intact: the options have made it another run: ");
    else
        fprintf(report, "intact: this program does not make the same run twice, so something of the host is in it: ");
    if (same > 0)
        fprintf(
            report,
            ", so another program or another kind of host made the journal; with that program, 'intact replay --bisect "
            "%s --with PROGRAM' finds the instruction\n",
            file);
    else if (same == 0)
        narrow(sides, instructions);
}

void bisect_again(const char *self, const char *file, char *const *options, uint64_t instructions)
{
    struct side sides[2] = { { .program = self, .options = options }, { .program = self } };
    report = stderr;
    if (start_both(sides, file))
        explain(sides, file, instructions);
    stop_both(sides);
}
