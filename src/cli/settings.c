// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Default settings, copies of arguments, and error messages. See settings.h.
#include "cli/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"

void settings_init(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    intact_machine_config_init(&settings->config);
    settings->config.drives = settings->drives;
    settings->rr_digest = 1000000;
}

void settings_free(struct settings *settings)
{
    for (unsigned i = 0; i < settings->copy_count; i++)
        free(settings->copies[i]);
    settings->copy_count = 0;
}

int refuse(struct settings *settings, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(settings->why, sizeof settings->why, format, arguments);
    va_end(arguments);
    for (char *c = settings->why; *c; c++) // an argument may contain any character
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    return -1;
}

int refuse_unknown(struct settings *settings, const char *option, const char *thing, const char *word,
                   const char *const *words)
{
    const char *nearest = text_nearest(word, words);
    char all[256] = "";
    if (!*words)
        return refuse(settings, "%s: no %s '%.80s', nor any other", option, thing, word);
    if (nearest)
        return refuse(settings, "%s: no %s '%.80s'; the nearest is '%s'", option, thing, word, nearest);
    for (size_t length = 0; *words && length < sizeof all; words++)
        length += (size_t)snprintf(all + length, sizeof all - length, "%s%s", length ? ", " : "", *words);
    return refuse(settings, "%s: no %s '%.80s'; there is %s", option, thing, word, all);
}

bool servers_wanted(const struct settings *settings)
{
    return settings->gdb || settings->monitor_count;
}

char *settings_copy(struct settings *settings, const char *text)
{
    unsigned limit = sizeof settings->copies / sizeof settings->copies[0];
    char *copy = settings->copy_count < limit ? strdup(text) : NULL;
    if (!copy) {
        refuse(settings, "too many options, or no memory for them");
        return NULL;
    }
    settings->copies[settings->copy_count++] = copy;
    return copy;
}
