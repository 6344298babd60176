// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -trace: its properties, and what is refused by name.
#include "cli/options.h"

#include <criterion/criterion.h>
#include <string.h>

#include <intact/trace.h>

static struct settings settings;

static int parse(const char *value)
{
    char word[] = "-trace", copy[256] = "";
    char *argv[] = { word, copy };
    strncat(copy, value, sizeof copy - 1);
    settings_free(&settings);
    settings_init(&settings);
    return options_parse(&settings, 2, argv);
}

static const struct trace_wish *taken(const char *value)
{
    cr_assert_eq(parse(value), 0, "%s", settings.why);
    cr_assert_eq(settings.trace_count, 1u);
    return &settings.traces[0];
}

static const char *refused(const char *value)
{
    cr_assert_lt(parse(value), 0, "%s", value);
    return settings.why;
}

static void finish(void)
{
    settings_free(&settings);
}

TestSuite(options_trace, .fini = finish);

Test(options_trace, a_file_alone_is_a_ring_of_all_but_accesses)
{
    const struct trace_wish *wish = taken("file=a,,b");
    cr_assert_str_eq(wish->file, "a,b");
    cr_assert_eq(wish->format, NULL);
    cr_assert_eq(wish->records, 0u);
    cr_assert_eq(wish->filter.events, INTACT_TRACE_INTERRUPTS);
    cr_assert_eq(wish->filter.to, UINT64_MAX);
    cr_assert_eq(taken("file=a,records=4")->records, 4u);
}

Test(options_trace, every_property_of_a_filter_is_taken)
{
    const struct trace_wish *wish =
        taken("file=f,format=json,events=raise+eoi,cpu=2,vector=0x31,source=pit.*,from=10,to=20");
    cr_assert_eq(wish->format, &export_json);
    cr_assert(wish->filter.events & INTACT_TRACE_BIT(INTACT_TRACE_LINE));
    cr_assert_not(wish->filter.events & INTACT_TRACE_BIT(INTACT_TRACE_TAKE));
    cr_assert_eq(wish->filter.cpu, 2u);
    cr_assert_eq(wish->filter.vector, 0x31u);
    cr_assert_str_eq(wish->filter.source, "pit.*");
    cr_assert_eq(wish->filter.from, 10u);
    cr_assert_eq(wish->filter.to, 20u);
    cr_assert_eq(taken("file=f,format=svg,cause=12")->cause, 12u);
}

Test(options_trace, what_is_wrong_is_named)
{
    static const char *const wrong[][2] = {
        { "f.txt", "-trace: file=FILE is expected, not 'f.txt'" },
        { "format=json", "-trace: file=FILE says where the trace is written" },
        { "file=", "-trace: the file has no name" },
        { "file=f,format=jsn", "-trace: no format 'jsn'; the nearest is 'json'" },
        { "file=f,format=pcap", "-trace: no format 'pcap'; there is text, json, vcd, chrome, svg, latency" },
        { "file=f,event=all", "-trace: no property 'event'; the nearest is 'events'" },
        { "file=f,records=3", "-trace: records=3 is not a number from 4 to 4294967295" },
        { "file=f,records=many", "-trace: records=many is not a number" },
        { "file=f,format=text,records=9", "-trace: format=text has every event; records is without a format" },
        { "file=f,format=text,cause=1", "-trace: cause is that of the one interrupt of format=svg" },
        { "file=f,format=svg,cause=0", "-trace: cause: '0' is not the number of a raise" },
        { "file=f,events=riase", "-trace: events: there is no event 'riase'; there are raise, pend" },
        { "file=f,cpu=x", "-trace: cpu: 'x' is no number" },
        { "file=f,vector=-1", "-trace: vector: '-1' is no number" },
        { "file=f,source=", "-trace: source: a pattern has 1 to 63 characters" },
        { "file=f,from=9,to=9", "-trace: there is nothing between from and to" },
    };
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_assert_eq(strncmp(refused(wrong[i][0]), wrong[i][1], strlen(wrong[i][1])), 0, "%s: %s", wrong[i][0],
                     settings.why);
}

Test(options_trace, help_lists_formats_events_and_stations)
{
    cr_assert_eq(parse("help"), 0);
    cr_assert_eq(settings.action, SHOW_LIST);
    char all[8192] = "";
    for (const char *const *line = settings.list; *line; line++)
        strncat(strncat(all, *line, sizeof all - strlen(all) - 2), "\n", 2);
    cr_assert_not_null(strstr(all, "\nformat=chrome"));
    cr_assert_not_null(strstr(all, "\nevents=take"));
    cr_assert_not_null(strstr(all, "\nevents=raise       line, trigger, ipi, timer and set\n"));
}

Test(options_trace, several_are_written_of_one_run)
{
    char word[] = "-trace", value[TRACE_LIMIT + 1][16];
    char *argv[2 * (TRACE_LIMIT + 1)];
    for (unsigned i = 0; i <= TRACE_LIMIT; i++) {
        snprintf(value[i], sizeof value[i], "file=f%u", i);
        argv[2 * i] = word;
        argv[2 * i + 1] = value[i];
    }
    settings_init(&settings);
    cr_assert_eq(options_parse(&settings, 2 * TRACE_LIMIT, argv), 0);
    cr_assert_eq(settings.trace_count, (unsigned)TRACE_LIMIT);
    settings_free(&settings);
    settings_init(&settings);
    cr_assert_lt(options_parse(&settings, 2 * TRACE_LIMIT + 2, argv), 0);
    cr_assert_str_eq(settings.why, "-trace: no more than 8 traces are written of a run");
    settings_init(&settings);
    snprintf(value[1], sizeof value[1], "%s", value[0]);
    cr_assert_lt(options_parse(&settings, 4, argv), 0);
    cr_assert_str_eq(settings.why, "-trace: two traces go to 'f0'; give each a file");
}
