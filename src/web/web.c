// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See web.h.
#include "web/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/lesson.h"
#include "cli/settings.h"
#include "cli/watch.h"
#include "view/session.h"
#include "view/view_json.h"

#define HISTORY  (UINT64_C(64) << 20) // bytes for the way back: a page has less memory than a terminal
#define ANSWER   65536                // of why, bytes
#define NO_SPACE "the browser has no memory left"

static struct settings settings; // of the open machine
static struct session session;
static struct intact_machine *machine; // NULL: none is open
static char lessons[LESSON_PATH], error[INTACT_ERROR_SIZE];
static char *answer; // the last text that was returned

void web_begin(const char *folder)
{
    snprintf(lessons, sizeof lessons, "%s", folder);
}

const char *web_error(void)
{
    return error;
}

// `text` may be NULL: there was no memory for it.
static const char *give(char *text)
{
    free(answer);
    answer = text;
    if (!text)
        snprintf(error, sizeof error, NO_SPACE);
    return text;
}

// --- Lessons ---------------------------------------------------------------------------------------------------------

// The path of a lesson's guest. -1: the lesson has no such variant.
static int find_guest(const struct lesson *lesson, const char *variant, char *kernel)
{
    bool broken = strcmp(variant, "broken") == 0;
    lesson_path(kernel, lesson->folder, broken ? "broken.elf" : "guest.elf");
    if ((broken || strcmp(variant, "given") == 0) && access(kernel, R_OK) == 0)
        return 0;
    snprintf(error, sizeof error, "lesson %u has no guest '%.40s'; there is given, and in most lessons broken",
             lesson->number, variant);
    return -1;
}

static json_t *describe(const struct lesson *lesson)
{
    char kernel[LESSON_PATH];
    bool has_broken = find_guest(lesson, "broken", kernel) == 0;
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:b}", "number", (int)lesson->number, "name", lesson->name,
                     "title", lesson->title, "gist", lesson->gist, "track", lesson->expect.track, "machine",
                     lesson->expect.arm ? "virt" : "pc", "hasBroken", (int)has_broken);
}

static int add_lesson(json_t *list, const char *name)
{
    static struct lesson lesson; // large
    char path[LESSON_PATH];
    lesson_path(path, lessons, name);
    int status = lesson_read(&lesson, path, error);
    if (status == 0)
        json_array_append_new(list, describe(&lesson));
    lesson_free(&lesson);
    return status;
}

const char *web_lessons(void)
{
    char names[LESSON_LIST][64];
    int count = lesson_names(lessons, names, error);
    json_t *list = json_array();
    bool good = count >= 0;
    for (int i = 0; good && i < count; i++)
        good = add_lesson(list, names[i]) == 0;
    const char *text = good ? give(json_dumps(list, 0)) : NULL;
    json_decref(list);
    return text;
}

static int run_lesson(struct lesson *lesson, const char *which, const char *variant, struct lesson_result *result)
{
    char kernel[LESSON_PATH];
    if (lesson_read_one(lesson, lessons, which, error) < 0 || find_guest(lesson, variant, kernel) < 0)
        return -1;
    return lesson_run(lesson, kernel, false, result, error);
}

const char *web_check(const char *which, const char *variant)
{
    static struct lesson lesson; // large
    static struct lesson_result result;
    const char *text = NULL;
    result.output = NULL;
    if (run_lesson(&lesson, which, variant, &result) == 0)
        text = give(lesson_json(&lesson, variant, &result));
    lesson_result_free(&result);
    lesson_free(&lesson);
    return text;
}

// --- The machine -----------------------------------------------------------------------------------------------------

static void close_machine(void)
{
    if (machine)
        watch_close(machine, &session);
    machine = NULL;
    settings_free(&settings);
}

static int open_machine(const struct lesson *lesson, const char *kernel)
{
    close_machine();
    settings_init(&settings);
    if (lesson_configure(&settings, lesson, kernel) == 0 && watch_check(&settings) == 0) {
        settings.history = HISTORY;
        machine = watch_open(&settings, &session);
    }
    if (!machine)
        snprintf(error, sizeof error, "%s", settings.why);
    return machine ? 0 : -1;
}

int web_open(const char *which, const char *variant)
{
    static struct lesson lesson; // large; what the settings say of it stays
    char kernel[LESSON_PATH];
    lesson_free(&lesson);
    if (lesson_read_one(&lesson, lessons, which, error) < 0 || find_guest(&lesson, variant, kernel) < 0)
        return -1;
    return open_machine(&lesson, kernel);
}

void web_key(int key)
{
    if (machine)
        session_key(&session, key);
}

int web_run_on(void)
{
    if (machine && session.runs)
        session_run_on(&session);
    return machine && session.runs;
}

void web_go_to(double instructions)
{
    if (machine && instructions >= 0)
        session_go_to(&session, (uint64_t)instructions);
}

static bool is_open(void)
{
    if (!machine)
        snprintf(error, sizeof error, "no lesson is open");
    return machine;
}

const char *web_model(void)
{
    if (!is_open())
        return NULL;
    session_look(&session);
    return give(view_json(&session));
}

const char *web_sources(void)
{
    char name[64];
    if (!is_open())
        return NULL;
    char *text = calloc(1, ANSWER);
    size_t used = 0;
    for (unsigned i = 0; text && intact_machine_source(machine, i, name, sizeof name); i++)
        if (used + strlen(name) + 2 < ANSWER)
            used += (size_t)snprintf(text + used, ANSWER - used, "%s\n", name);
    return give(text);
}

// Gates by which nothing is held: the source, or the chip that it has come to, requests nothing now.
static bool is_idle(enum intact_why_reason reason)
{
    switch (reason) {
    case INTACT_WHY_LINE_LOW:
    case INTACT_WHY_GSI_LOW:
    case INTACT_WHY_SOURCE_IDLE:
    case INTACT_WHY_INTX_LOW:
    case INTACT_WHY_VIRTIO_NO_BUFFERS:
    case INTACT_WHY_VIRTIO_UNUSED:
    case INTACT_WHY_TIMER_RUNS:
    case INTACT_WHY_TIMER_NEVER:
    case INTACT_WHY_PIC_LOW:
    case INTACT_WHY_PIC_SLAVE_LOW:
    case INTACT_WHY_X86_NMI_LOW:
    case INTACT_WHY_IOAPIC_PIN_LOW:
    case INTACT_WHY_LAPIC_NOT_REQUESTED:
    case INTACT_WHY_LAPIC_NOT_LATCHED:
    case INTACT_WHY_LVT_NO_EVENT:
    case INTACT_WHY_LVT_NO_ERROR:
    case INTACT_WHY_LAPIC_TIMER_STOPPED:
    case INTACT_WHY_LAPIC_NO_DEADLINE:
    case INTACT_WHY_LAPIC_TIMER_RUNS:
    case INTACT_WHY_ARM_SPI_LOW:
    case INTACT_WHY_ARM_SPI_NOT_PENDING:
    case INTACT_WHY_ARM_PPI_LOW:
    case INTACT_WHY_ARM_PPI_NOT_PENDING:
    case INTACT_WHY_ARM_SGI_NOT_SENT:
    case INTACT_WHY_ARM_LPI_NOT_PENDING: return true;
    default: return false;
    }
}

static void add_finding(void *owner, const struct intact_why_finding *finding)
{
    char *text = owner, line[LESSON_LINE];
    size_t used = strlen(text);
    lesson_finding(finding, line);
    if (is_idle(finding->reason))
        memcpy(line, "idle", 4); // instead of "gate"
    snprintf(text + used, ANSWER - used, "%s\n", line);
}

const char *web_why(const char *source)
{
    if (!is_open())
        return NULL;
    char *text = calloc(1, ANSWER);
    if (text && intact_machine_why(machine, source, add_finding, text, error) == 0)
        return give(text);
    free(text);
    return NULL;
}
