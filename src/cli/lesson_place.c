// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where the lessons are: in the folder share/intact of this program. See lesson.h.
#define _XOPEN_SOURCE 700 // realpath
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/lesson.h"
#include "cli/run.h"

static bool is_folder(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 && S_ISDIR(file.st_mode);
}

bool lesson_find_program(const char *name, char *out)
{
    const char *path = getenv("PATH");
    if (strchr(name, '/')) {
        snprintf(out, LESSON_PATH, "%s", name);
        return access(out, X_OK) == 0;
    }
    while (path && *path) {
        size_t length = strcspn(path, ":");
        snprintf(out, LESSON_PATH, "%.*s/%s", (int)length, path, name);
        if (access(out, X_OK) == 0 && !is_folder(out))
            return true;
        path += length + (path[length] == ':');
    }
    return false;
}

static bool program_file(char *out)
{
    char found[LESSON_PATH];
    char *real = lesson_find_program(cli_program, found) ? realpath(found, NULL) : NULL;
    if (real)
        snprintf(out, LESSON_PATH, "%s", real);
    free(real);
    return real;
}

void lesson_program(char *out)
{
    if (!strchr(cli_program, '/') || !program_file(out))
        snprintf(out, LESSON_PATH, "%s", cli_program);
}

bool lesson_share(char *out)
{
    static const char *const beside[] = { "share/intact", INTACT_SHARE_FROM_BIN };
    char program[LESSON_PATH];
    if (program_file(program)) {
        *strrchr(program, '/') = 0;
        for (unsigned i = 0; i < 2; i++) {
            lesson_path(out, program, beside[i]);
            if (is_folder(out))
                return true;
        }
    }
    snprintf(out, LESSON_PATH, "%s", INTACT_SHARE);
    return is_folder(out);
}
