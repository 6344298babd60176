// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -trace, and the words of `intact trace` that mean the same.
#include "cli/options_trace.h"

#include <intact/trace_log.h>
#include <string.h>

#include "cli/options.h"
#include "cli/options_lists.h"
#include "cli/properties.h"
#include "cli/text.h"

void trace_wish_init(struct trace_wish *wish)
{
    *wish = (struct trace_wish){ .file = NULL };
    filter_init(&wish->filter);
}

static int set_format(struct settings *settings, const char *option, struct trace_wish *wish, const char *name)
{
    const char *names[16] = { NULL };
    for (unsigned i = 0; i < 15 && (names[i] = intact_trace_format(i, NULL)); i++)
        ;
    wish->format = export_format(name);
    return wish->format ? 0 : refuse_unknown(settings, option, "format", name, names);
}

static int set_filter(struct settings *settings, const char *option, struct trace_wish *wish, const char *name,
                      const char *value)
{
    char why[INTACT_ERROR_SIZE];
    if (strcmp(name, "events") == 0)
        wish->says_events = true;
    return filter_set_why(&wish->filter, name, value, why) < 0 ? refuse(settings, "%s: %s", option, why) : 0;
}

int trace_wish_set(struct settings *settings, const char *option, struct trace_wish *wish, const char *name,
                   const char *value)
{
    bool is_file = strcmp(name, "file") == 0;
    if (is_file && !*value)
        return refuse(settings, "%s: the file has no name", option);
    if (is_file)
        return (wish->file = settings_copy(settings, value)) ? 0 : -1;
    if (strcmp(name, "format") == 0)
        return set_format(settings, option, wish, value);
    if (strcmp(name, "records") == 0 &&
        (!text_number(value, &wish->records) || wish->records < 4 || wish->records > UINT32_MAX))
        return refuse(settings, "%s: records=%.80s is not a number from 4 to %u", option, value, UINT32_MAX);
    if (strcmp(name, "cause") == 0 && (!text_number(value, &wish->cause) || wish->cause == 0))
        return refuse(settings, "%s: cause: '%.80s' is not the number of a raise; the formats text and json have them",
                      option, value);
    if (strcmp(name, "records") == 0 || strcmp(name, "cause") == 0)
        return 0;
    return set_filter(settings, option, wish, name, value);
}

int trace_wish_check(struct settings *settings, const char *option, const struct trace_wish *wish)
{
    if (wish->filter.from >= wish->filter.to)
        return refuse(settings, "%s: there is nothing between from and to; `to` is the larger one", option);
    if (wish->records && wish->format)
        return refuse(settings, "%s: format=%s has every event; records is without a format", option,
                      wish->format->name);
    if (wish->cause && wish->format != &export_svg)
        return refuse(settings, "%s: cause is that of the one interrupt of format=svg", option);
    return 0;
}

static int list_formats(struct settings *settings)
{
    const char *name, *about;
    list_begin(settings);
    int result = list_add(settings, "%s%s", "file=FILE[,format=FORMAT][,records=N]",
                          "[,events=EVENT+EVENT][,cpu=N][,vector=N][,source=PATTERN][,from=N][,to=N][,cause=N]");
    for (unsigned i = 0; result == 0 && (name = intact_trace_format(i, &about)); i++)
        result = list_add(settings, "format=%-8s %s", name, about);
    for (unsigned i = 0; result == 0 && i < INTACT_TRACE_IDS; i++)
        result = list_add(settings, "events=%-8s %s", intact_trace_name(i), intact_trace_about(i));
    for (unsigned i = 0; result == 0 && (name = filter_station(i, &about)); i++)
        result = list_add(settings, "events=%-11s %s", name, about);
    return result;
}

int take_trace(struct settings *settings, const char *value)
{
    static const char *const names[] = { "file",   "format", "records", "events", "cpu", "vector",
                                         "source", "from",   "to",      "cause",  NULL };
    struct properties properties;
    if (list_is_asked(value))
        return list_formats(settings);
    if (properties_parse(settings, "-trace", value, &properties) < 0 ||
        properties_check(settings, "-trace", &properties, names) < 0)
        return -1;
    if (properties.first)
        return refuse(settings, "-trace: file=FILE is expected, not '%.80s'", properties.first);
    if (settings->trace_count == TRACE_LIMIT)
        return refuse(settings, "-trace: no more than %d traces are written of a run", TRACE_LIMIT);
    struct trace_wish *wish = &settings->traces[settings->trace_count];
    trace_wish_init(wish);
    for (unsigned i = 0; i < properties.count; i++)
        if (trace_wish_set(settings, "-trace", wish, properties.name[i], properties.value[i]) < 0)
            return -1;
    if (!wish->file)
        return refuse(settings, "-trace: file=FILE says where the trace is written");
    for (unsigned i = 0; i < settings->trace_count; i++)
        if (strcmp(wish->file, settings->traces[i].file) == 0 && strcmp(wish->file, "/dev/null") != 0)
            return refuse(settings, "-trace: two traces go to '%.80s'; give each a file", wish->file);
    settings->trace_count++;
    return trace_wish_check(settings, "-trace", wish);
}
