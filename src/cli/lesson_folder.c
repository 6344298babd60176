// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Folders of learners and teachers: a lesson's broken guest to repair, and a skeleton of a lesson. See lesson.h.
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/lesson.h"

static int refuse(char *why, const char *what, const char *path)
{
    snprintf(why, INTACT_ERROR_SIZE, "lesson: cannot %s '%.300s': %s", what, path, strerror(errno));
    return -1;
}

// A file of a learner is never overwritten.
static int make_folder(const char *folder, char *why)
{
    if (mkdir(folder, 0777) == 0)
        return 0;
    if (errno != EEXIST)
        return refuse(why, "make the folder", folder);
    snprintf(why, INTACT_ERROR_SIZE, "lesson: '%.300s' is there already; name another folder", folder);
    return -1;
}

// Writes a line with each KEY replaced by `value`.
static void put_line(FILE *file, const char *line, const char *key, const char *value)
{
    const char *found;
    while (key && (found = strstr(line, key))) {
        fprintf(file, "%.*s%s", (int)(found - line), line, value);
        line = found + strlen(key);
    }
    fputs(line, file);
}

struct change {
    const char *key, *value; // NULL: none
    const char *only;        // lines that begin so; NULL: all
};

static int copy(const char *from_folder, const char *from, const char *folder, const char *to,
                const struct change *change, char *why)
{
    char path[LESSON_PATH], line[1024];
    lesson_path(path, from_folder, from);
    FILE *in = fopen(path, "r");
    if (!in)
        return refuse(why, "read", path);
    lesson_path(path, folder, to);
    FILE *out = fopen(path, "w");
    while (out && fgets(line, sizeof line, in))
        if (!change->only || strncmp(line, change->only, strlen(change->only)) == 0)
            put_line(out, line, change->key, change->value);
    fclose(in);
    if (!out || fclose(out) != 0)
        return refuse(why, "write", path);
    return 0;
}

static int write_makefile(const char *folder, char *why)
{
    char path[LESSON_PATH], program[LESSON_PATH];
    lesson_path(path, folder, "Makefile");
    lesson_program(program);
    FILE *file = fopen(path, "w");
    if (file)
        fprintf(file,
                "# make        builds guest.c and says whether it passes\n"
                "# make trace  the same, with every event of its interrupts\n"
                "INTACT ?= %s\n\n"
                "check:\n\t$(INTACT) lesson check .\n\n"
                "trace:\n\t$(INTACT) lesson check . --trace\n\n"
                ".PHONY: check trace\n",
                program);
    if (!file || fclose(file) != 0)
        return refuse(why, "write", path);
    return 0;
}

int lesson_start(const struct lesson *lesson, const char *folder, char *why)
{
    static const struct change none = { NULL, NULL, NULL }, question = { NULL, NULL, "source" };
    if (make_folder(folder, why) < 0 || copy(lesson->folder, "broken.c", folder, "guest.c", &none, why) < 0 ||
        copy(lesson->folder, "lesson.md", folder, "lesson.md", &none, why) < 0 ||
        copy(lesson->folder, "expect", folder, "expect", &none, why) < 0 ||
        (lesson->has_why && copy(lesson->folder, "why", folder, "why", &question, why) < 0))
        return -1;
    return write_makefile(folder, why);
}

int lesson_new(const char *folder, const char *name, const char *machine, char *why)
{
    static const char *const files[] = { "lesson.md", "guest.c", "broken.c", "expect", "why", NULL };
    char share[LESSON_PATH], skeleton[LESSON_PATH];
    const struct change title = { "NAME", name, NULL }, where = { "MACHINE", machine, NULL };
    if (!lesson_share(share)) {
        snprintf(why, INTACT_ERROR_SIZE, "lesson: the folder share/intact is not there; install intact with it");
        return -1;
    }
    lesson_path(skeleton, share, "lessons/skeleton");
    if (make_folder(folder, why) < 0)
        return -1;
    for (unsigned i = 0; files[i]; i++)
        if (copy(skeleton, files[i], folder, files[i], i == 0 ? &title : &where, why) < 0)
            return -1;
    return 0;
}
