// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See lesson.h. A lesson's folder is called NN-name; its title and its gist are the heading and the first paragraph of lesson.md.
#define _XOPEN_SOURCE 700 // realpath
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/lesson.h"
#include "cli/text.h"

void lesson_path(char *out, const char *folder, const char *name)
{
    if (snprintf(out, LESSON_PATH, "%s/%s", folder, name) >= LESSON_PATH)
        *out = 0; // no such file
}

// --- Their names -----------------------------------------------------------------------------------------------------

// "07-level" is number 7; 0: the name is not of this form.
static unsigned number_of(const char *name)
{
    return isdigit((unsigned char)name[0]) && isdigit((unsigned char)name[1]) && name[2] == '-' && name[3]
               ? (unsigned)(name[0] - '0') * 10 + (unsigned)(name[1] - '0')
               : 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

int lesson_names(const char *folder, char (*names)[64], char *why)
{
    int count = 0;
    DIR *open = opendir(folder);
    if (!open) {
        snprintf(why, INTACT_ERROR_SIZE,
                 "lesson: cannot read the folder '%.300s': %s; --lessons DIR says where they are", folder,
                 strerror(errno));
        return -1;
    }
    for (struct dirent *entry; (entry = readdir(open));)
        if (number_of(entry->d_name) && count < LESSON_LIST && strlen(entry->d_name) < sizeof names[0])
            snprintf(names[count++], sizeof names[0], "%s", entry->d_name);
    closedir(open);
    qsort(names, (size_t)count, sizeof names[0], by_name);
    if (count)
        return count;
    snprintf(why, INTACT_ERROR_SIZE, "lesson: the folder '%.300s' has no lessons, folders such as 01-name", folder);
    return -1;
}

// --- One of them -----------------------------------------------------------------------------------------------------

static void add(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s%s", used ? " " : "", text);
}

static int read_text(struct lesson *lesson, char *why)
{
    char path[LESSON_PATH], line[512];
    lesson_path(path, lesson->folder, "lesson.md");
    FILE *file = fopen(path, "r");
    if (!file) {
        snprintf(why, INTACT_ERROR_SIZE, "lesson: cannot read '%.300s': %s", path, strerror(errno));
        return -1;
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = 0;
        if (!*lesson->title && strncmp(line, "# ", 2) == 0)
            snprintf(lesson->title, sizeof lesson->title, "%.90s", line + 2);
        else if (*lesson->title && *line)
            add(lesson->gist, sizeof lesson->gist, line);
        else if (*lesson->gist)
            break;
    }
    fclose(file);
    if (*lesson->title && *lesson->gist)
        return 0;
    snprintf(why, INTACT_ERROR_SIZE, "lesson: '%.300s' does not begin with a heading, '# Title', and a paragraph",
             path);
    return -1;
}

int lesson_read(struct lesson *lesson, const char *folder, char *why)
{
    char path[LESSON_PATH], real[LESSON_PATH];
    *lesson = (struct lesson){ .number = 0 };
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    snprintf(lesson->folder, sizeof lesson->folder, "%.*s", (int)length, folder);
    char *full = realpath(folder, NULL); // its name, also of "."
    snprintf(real, sizeof real, "%s", full ? full : lesson->folder);
    free(full);
    const char *slash = strrchr(real, '/'), *name = slash ? slash + 1 : real;
    lesson->number = number_of(name);
    snprintf(lesson->name, sizeof lesson->name, "%.60s", lesson->number ? name + 3 : name);
    if (read_text(lesson, why) < 0)
        return -1;
    lesson_path(path, lesson->folder, "expect");
    if (expect_read(&lesson->expect, path, why) < 0)
        return -1;
    lesson_path(path, lesson->folder, "why");
    lesson->has_why = access(path, F_OK) == 0;
    return lesson->has_why ? expect_read_why(&lesson->expect, path, why) : 0;
}

void lesson_free(struct lesson *lesson)
{
    expect_free(&lesson->expect);
}

static bool is_called(const char *folder, const char *which)
{
    uint64_t number;
    if (text_number(which, &number))
        return number == number_of(folder);
    return strcmp(folder, which) == 0 || strcmp(folder + 3, which) == 0;
}

static int refuse_which(const char *which, char (*names)[64], int count, char *why)
{
    const char *words[LESSON_LIST + 1] = { 0 };
    for (int i = 0; i < count; i++)
        words[i] = names[i] + 3;
    const char *nearest = text_nearest(which, words);
    if (nearest)
        snprintf(why, INTACT_ERROR_SIZE, "lesson: no lesson '%.80s'; the nearest is '%s'", which, nearest);
    else
        snprintf(why, INTACT_ERROR_SIZE, "lesson: no lesson '%.80s'; intact lesson lists them", which);
    return -1;
}

int lesson_read_one(struct lesson *lesson, const char *folder, const char *which, char *why)
{
    char names[LESSON_LIST][64], path[LESSON_PATH];
    int count = lesson_names(folder, names, why);
    *lesson = (struct lesson){ .number = 0 };
    for (int i = 0; i < count; i++) {
        if (!is_called(names[i], which))
            continue;
        lesson_path(path, folder, names[i]);
        return lesson_read(lesson, path, why);
    }
    return count < 0 ? -1 : refuse_which(which, names, count, why);
}
