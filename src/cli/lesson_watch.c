// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A lesson's machine on the terminal. See lesson.h.
#include <stdio.h>

#include "cli/lesson.h"
#include "cli/watch.h"

int lesson_watch(const struct lesson *lesson, const char *kernel, const char *keys, bool window, char *why)
{
    static struct settings settings; // large
    settings_init(&settings);
    int status = lesson_configure(&settings, lesson, kernel);
    settings.window = window;
    if (status < 0)
        snprintf(why, INTACT_ERROR_SIZE, "%s", settings.why);
    else
        status = watch_machine(&settings, &(struct watch_wish){ .keys = keys });
    settings_free(&settings);
    return status;
}
