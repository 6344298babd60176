// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Filters of events.
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "observe/filter.h"

static struct filter filter;

static void parse(const char *text)
{
    struct error error = { 0 };
    filter_init(&filter);
    cr_assert_eq(filter_parse(&filter, text, &error), 0, "%s: %s", text, error.text);
}

static const char *refused(const char *text)
{
    static struct error error;
    error = (struct error){ 0 };
    filter_init(&filter);
    cr_assert_lt(filter_parse(&filter, text, &error), 0, "%s", text);
    return error.text;
}

Test(filter, without_properties_everything_but_accesses_is_wanted)
{
    parse(NULL);
    for (unsigned id = 0; id < INTACT_TRACE_IDS; id++) {
        const struct intact_trace_event event = { .id = id, .cpu = id, .cause = id, .instructions = UINT64_MAX - 1 };
        cr_assert_eq(filter_wants(&filter, &event), id != INTACT_TRACE_ACCESS, "%u", id);
    }
}

Test(filter, events_have_the_names_of_the_trace_and_of_stations)
{
    parse("events=line+access");
    cr_assert_eq(filter.events, INTACT_TRACE_BIT(INTACT_TRACE_LINE) | INTACT_TRACE_BIT(INTACT_TRACE_ACCESS));
    parse("events=all");
    cr_assert_eq(filter.events, INTACT_TRACE_ALL);
    parse("events=deliver+end");
    cr_assert_eq(filter.events, INTACT_TRACE_BIT(INTACT_TRACE_TAKE) | INTACT_TRACE_BIT(INTACT_TRACE_EOI));
    cr_assert(strstr(refused("events=line+bogus"), "no event 'bogus'; there are raise, pend"));
    cr_assert(strstr(refused("events="), "no event ''"));
    cr_assert(strstr(refused("events=line+"), "no event ''"));
}

Test(filter, a_processor_is_chosen_with_the_events_of_none)
{
    parse("cpu=2");
    cr_assert(filter_wants(&filter, &(struct intact_trace_event){ .id = INTACT_TRACE_TAKE, .cpu = 2 }));
    cr_assert(filter_wants(&filter, &(struct intact_trace_event){ .id = INTACT_TRACE_LINE, .cpu = INTACT_NO_CPU }));
    cr_assert_not(filter_wants(&filter, &(struct intact_trace_event){ .id = INTACT_TRACE_TAKE, .cpu = 1 }));
}

Test(filter, a_vector_is_chosen_of_events_that_have_one)
{
    parse("vector=0x31");
    cr_assert(filter_wants(&filter, &(struct intact_trace_event){ .id = INTACT_TRACE_TAKE, .a = 0x31 }));
    cr_assert_not(filter_wants(&filter, &(struct intact_trace_event){ .id = INTACT_TRACE_EOI, .a = 0x32 }));
    cr_assert(filter_wants(&filter, &(struct intact_trace_event){ .id = INTACT_TRACE_PIN, .a = 1, .b = 4 }));
    parse("vector=27");
    cr_assert(filter_wants(&filter, &(struct intact_trace_event){ .id = INTACT_TRACE_TAKE, .a = 0x20, .c = 27 }));
    cr_assert_not(filter_wants(&filter, &(struct intact_trace_event){ .id = INTACT_TRACE_TAKE, .a = 0x20, .c = 30 }));
}

Test(filter, sources_are_chosen_by_a_pattern)
{
    static const struct {
        const char *pattern, *source;
        bool wanted;
    } cases[] = {
        { "source=pit.out0", "pit.out0", true },
        { "source=pit.out0", "pit.out00", false },
        { "source=virtio-*", "virtio-blk0.msix1", true },
        { "source=*.msix?", "virtio-blk0.msix1", true },
        { "source=*.msix?", "virtio-blk0.msix10", false },
        { "source=*", "x", true },
        { "source=*0*0", "virtio-blk0.msix1", false },
        { "source=*0*1", "virtio-blk0.msix1", true },
        { "source=pit*", NULL, false },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        parse(cases[i].pattern);
        const struct intact_trace_event event = { .id = INTACT_TRACE_PIN, .cause = 1, .source = cases[i].source };
        cr_assert_eq(filter_wants(&filter, &event), cases[i].wanted, "%s", cases[i].pattern);
    }
    cr_assert(strstr(refused("source="), "1 to 63 characters"));
}

Test(filter, a_range_of_instructions_has_its_first_and_not_its_last)
{
    parse("from=100,to=200");
    for (uint64_t n = 99; n <= 200; n += n == 99 || n == 199 ? 1 : 99) {
        const struct intact_trace_event event = { .instructions = n };
        cr_assert_eq(filter_wants(&filter, &event), n >= 100 && n < 200, "%lu", (unsigned long)n);
    }
}

Test(filter, what_is_wrong_is_named)
{
    cr_assert(strstr(refused("speed=1"), "no property 'speed'; there are events, cpu"));
    cr_assert(strstr(refused("cpu"), "NAME=VALUE"));
    cr_assert(strstr(refused("cpu=-1"), "'-1' is no number"));
    cr_assert(strstr(refused("from=1x"), "'1x' is no number"));
    cr_assert(strstr(refused("to=99999999999999999999999"), "is no number"));
    cr_assert(strstr(refused("vector=0x1ffffffff"), "is no number from 0 to 4294967295"));
}

Test(filter, patterns_have_stars_and_question_marks)
{
    cr_assert(filter_matches("p*", "pin") && filter_matches("*", "pin") && filter_matches("?in", "pin"));
    cr_assert(filter_matches("*d*g", "pending") && !filter_matches("p?", "pin") && !filter_matches("", "pin"));
}
