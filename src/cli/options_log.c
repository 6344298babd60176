// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -d, -D and -dfilter: what is told of a run, and where. All items but `exit` are those of <intact/log.h>.
#include <intact/log.h>
#include <intact/trace.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/options_lists.h"
#include "machine/log_items.h"
#include "observe/filter.h"

#define EXIT_ITEM "exit"

const char *const log_items[] = { EXIT_ITEM, "in_asm",  "op",           "out_asm", "exec",   "cpu", "int",
                                  "jit",     "nochain", "guest_errors", "unimp",   "trace:", NULL };

static int list_items(struct settings *settings)
{
    const char *name, *about;
    list_begin(settings);
    int result =
        list_add(settings, "%-14s %s", EXIT_ITEM, "a last line with the exit status and the number of instructions");
    for (unsigned i = 0; result == 0 && (name = intact_log_item(i, &about)); i++)
        result = list_add(settings, "%-14s %s", name, about);
    return result;
}

static int list_events(struct settings *settings)
{
    const char *name, *about;
    int result = 0;
    list_begin(settings);
    for (unsigned i = 0; result == 0 && i < INTACT_TRACE_IDS; i++)
        result = list_add(settings, "trace:%-12s %s", intact_trace_name(i), intact_trace_about(i));
    for (unsigned i = 0; result == 0 && (name = filter_station(i, &about)); i++)
        result = list_add(settings, "trace:%-12s %s", name, about);
    return result;
}

// Adds `text` to a list of the settings.
static int append(struct settings *settings, const char **list, const char *text)
{
    char joined[2048];
    if (!*list)
        return (*list = settings_copy(settings, text)) ? 0 : -1;
    if ((size_t)snprintf(joined, sizeof joined, "%s,%s", *list, text) >= sizeof joined)
        return refuse(settings, "-d, -dfilter: the lists are too long");
    return (*list = settings_copy(settings, joined)) ? 0 : -1;
}

// The library says what is wrong with a pattern; for a name, what is near is told.
static int take_item(struct settings *settings, const char *item)
{
    struct log_wish wish = { 0 };
    char why[INTACT_ERROR_SIZE];
    if (strcmp(item, EXIT_ITEM) == 0) {
        settings->log_exit = true;
        return 0;
    }
    bool known = strncmp(item, "trace:", 6) == 0;
    for (unsigned i = 0; !known && log_items[i]; i++)
        known = strcmp(item, log_items[i]) == 0;
    if (!known)
        return refuse_unknown(settings, "-d", "item", item, log_items);
    if (log_wish_items(&wish, item, why) < 0)
        return refuse(settings, strncmp(why, item, strlen(item)) == 0 ? "-d %s" : "-d: %s", why);
    return append(settings, &settings->log_items, item);
}

int take_log(struct settings *settings, const char *value)
{
    char item[256];
    if (list_is_asked(value))
        return list_items(settings);
    if (strcmp(value, "trace:help") == 0 || strcmp(value, "trace:?") == 0)
        return list_events(settings);
    do {
        size_t length = strcspn(value, ",");
        snprintf(item, sizeof item, "%.*s", (int)(length < sizeof item ? length : sizeof item - 1), value);
        if (take_item(settings, item) < 0)
            return -1;
        value += length;
    } while (*value++);
    return 0;
}

int take_log_file(struct settings *settings, const char *value)
{
    return (settings->log_path = settings_copy(settings, value)) ? 0 : -1;
}

int take_log_ranges(struct settings *settings, const char *value)
{
    struct log_wish wish = { 0 };
    char why[INTACT_ERROR_SIZE];
    if (append(settings, &settings->log_ranges, value) < 0)
        return -1;
    if (!*value || log_wish_ranges(&wish, settings->log_ranges, why) < 0)
        return refuse(settings, "-dfilter: %s", *value ? why : "no range; 0x1000..0x1fff is one");
    return 0;
}
