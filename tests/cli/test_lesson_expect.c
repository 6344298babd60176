// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The files `expect` and `why` of lessons: what they say, and what is refused, with the file, the line, and a remedy.
#include "cli/lesson_expect.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64], why[INTACT_ERROR_SIZE];

static const char *file_with(const char *text)
{
    snprintf(path, sizeof path, "/tmp/intact-test-XXXXXX");
    int file = mkstemp(path);
    cr_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    return path;
}

#define HEAD "track 8259\nmachine pc\n"
#define GOOD HEAD "must take vector=0x25\n"

static int read_expect(struct expect *expect, const char *text)
{
    int result = expect_read(expect, file_with(text), why);
    unlink(path);
    return result;
}

// What follows the name of the file in the line of the error.
static const char *refused(const char *text)
{
    struct expect expect;
    cr_assert_eq(read_expect(&expect, text), -1, "%s", text);
    expect_free(&expect);
    cr_assert_eq(strncmp(why, path, strlen(path)), 0, "'%s' names the file", why);
    return why + strlen(path);
}

#define REFUSED(text, line) cr_assert_str_eq(refused(text), line)

Test(lesson_expect, a_file_says_machine_end_and_events)
{
    struct expect expect;
    int result = read_expect(&expect, "# a comment\n"
                                      "track 8259\n"
                                      "machine virt,gic-version=2\n"
                                      "options -device edu -smp 2\n"
                                      "limit 5000\n"
                                      "exit stuck\n"
                                      "hide gic0\n"
                                      "\n"
                                      "must take cpu=1 \"CPU 1 takes it\" # and more\n"
                                      "not  eoi\n"
                                      "some ipi intid=3\n"
                                      "never drop reason=\"no CPU\"\n");
    cr_assert_eq(result, 0, "%s", why);
    cr_assert_str_eq(expect.track, "8259");
    cr_assert_str_eq(expect.machine, "virt,gic-version=2");
    cr_assert(expect.arm);
    cr_assert_eq(expect.option_count, 4);
    cr_assert_str_eq(expect.option[3], "2");
    cr_assert_eq(expect.limit, 5000);
    cr_assert_eq(expect.end, END_STUCK);
    cr_assert_str_eq(expect.hidden, "gic0");
    cr_assert_eq(expect.count, 4);
    cr_assert_eq(expect.event[0].kind, EXPECT_MUST);
    cr_assert_eq(expect.event[0].id, INTACT_TRACE_TAKE);
    cr_assert_eq(expect.event[0].line, 9);
    cr_assert_str_eq(expect.event[0].field[0].name, "cpu");
    cr_assert_str_eq(expect.event[0].field[0].value, "1");
    cr_assert_str_eq(expect.event[0].words, "take cpu=1");
    cr_assert_str_eq(expect.event[0].text, "CPU 1 takes it");
    cr_assert_eq(expect.event[1].kind, EXPECT_NOT);
    cr_assert_eq(expect.event[1].field_count, 0);
    cr_assert_null(expect.event[1].text);
    cr_assert_eq(expect.event[2].kind, EXPECT_SOME);
    cr_assert_eq(expect.event[3].kind, EXPECT_NEVER);
    cr_assert_str_eq(expect.event[3].field[0].value, "no CPU");
    cr_assert_str_eq(expect.event[3].words, "drop reason=\"no CPU\"");
    expect_free(&expect);
}

Test(lesson_expect, what_is_left_out_has_defaults)
{
    struct expect expect;
    cr_assert_eq(read_expect(&expect, GOOD), 0, "%s", why);
    cr_assert_not(expect.arm);
    cr_assert_eq(expect.limit, 20000000);
    cr_assert_eq(expect.end, END_PASSED);
    cr_assert_null(expect.source);
    expect_free(&expect);
}

Test(lesson_expect, a_wrong_word_is_refused_with_the_nearest_or_with_all)
{
    REFUSED(HEAD "must tke vector=0x25\n", ":3: no event 'tke'; the nearest is 'take'");
    REFUSED(HEAD "mst take\n", ":3: no line 'mst'; the nearest is 'must'");
    REFUSED(HEAD "exit passd\n", ":3: no end 'passd'; the nearest is 'passed'");
    REFUSED(HEAD "exit well\n", ":3: no end 'well'; there is passed, failed, stuck, limit, other");
    REFUSED("track x\nmachine q35\n", ":2: no machine 'q35'; there is pc, virt");
}

Test(lesson_expect, a_field_must_be_one_of_the_event_on_this_machine)
{
    REFUSED(HEAD "must take intid=3\n",
            ":3: the event 'take' has no field 'intid' on this machine; docs/tracing.md lists them");
    REFUSED("track x\nmachine virt\nmust eoi vector=3\n",
            ":3: the event 'eoi' has no field 'vector' on this machine; docs/tracing.md lists them");
    struct expect expect;
    cr_assert_eq(read_expect(&expect, HEAD "must ipi shorthand=self delivery=fixed source=cpu0.ipi\n"
                                           "some access write=true port=true size=1\n"
                                           "never drop destination=3\nnever mistake mistake=eoi\n"),
                 0, "%s", why);
    expect_free(&expect);
}

Test(lesson_expect, lines_that_say_too_little_or_too_much_are_refused)
{
    REFUSED("machine pc\nmust take\n", ":3: there is no line 'track NAME', which says what the lesson belongs to");
    REFUSED("track x\n", ":2: there is no line 'machine pc' or 'machine virt'");
    REFUSED("track x\nmust take\n",
            ":2: the machine is not known yet; a line 'machine pc' or 'machine virt' comes before events");
    REFUSED(HEAD "never drop\n", ":4: nothing must occur: there is no line 'must EVENT' or 'some EVENT'");
    REFUSED(HEAD "machine pc\n", ":3: 'machine' again: one line is enough");
    REFUSED(HEAD "must\n", ":3: 'must' needs an event: must take vector=0x25");
    REFUSED(HEAD "exit\n", ":3: 'exit' needs one value");
    REFUSED(HEAD "limit many\n", ":3: 'many' is no number of instructions");
    REFUSED(HEAD "limit 0\n", ":3: '0' is no number of instructions");
    REFUSED(HEAD "must take vector\n", ":3: 'vector' is neither FIELD=VALUE nor a sentence in quotes");
    REFUSED(HEAD "must take \"a\" vector=1\n", ":3: the sentence in quotes is the last of a line");
    REFUSED(HEAD "must take \"a\n", ":3: a quote (\") that begins here has no end");
}

Test(lesson_expect, a_file_that_is_not_there_is_named)
{
    struct expect expect;
    cr_assert_eq(expect_read(&expect, "/nowhere/expect", why), -1);
    expect_free(&expect);
    cr_assert_str_eq(why, "cannot read '/nowhere/expect': No such file or directory");
}

Test(lesson_expect, long_lines_and_many_words_are_refused)
{
    char text[1200] = GOOD;
    memset(text + strlen(text), 'a', 600);
    cr_assert_str_eq(refused(text), ":4: a line of more than 510 characters");
    snprintf(text, sizeof text, "%s", GOOD);
    for (unsigned i = 0; i < 30; i++)
        strcat(text, "a ");
    cr_assert_str_eq(refused(text), ":4: more than 24 words");
    snprintf(text, sizeof text, "%smust access", HEAD);
    for (unsigned i = 0; i < 9; i++)
        strcat(text, " size=1");
    cr_assert_str_eq(refused(text), ":3: more than 8 fields");
}

Test(lesson_expect, more_events_than_there_is_room_for_are_refused)
{
    static char text[4096] = HEAD;
    for (unsigned i = 0; i <= EXPECT_EVENTS; i++)
        strcat(text, "must take\n");
    cr_assert_str_eq(refused(text), ":99: more than 96 events");
}

// --- why ---------------------------------------------------------------------------------------------------------------

static int read_why(struct expect *expect, const char *text)
{
    cr_assert_eq(read_expect(expect, HEAD "must take vector=0x25\nmust eoi\nmust take vector=0x25\nnever drop\n"), 0);
    int result = expect_read_why(expect, file_with(text), why);
    unlink(path);
    return result;
}

Test(lesson_expect, why_says_what_the_broken_guest_lacks_and_is_asked)
{
    struct expect expect;
    cr_assert_eq(read_why(&expect, "source pit.out0\nexit failed\nlacks take vector=0x25\nbreaks drop\nsays \"a b\"\n"),
                 0, "%s", why);
    cr_assert_str_eq(expect.source, "pit.out0");
    cr_assert_eq(expect.broken_end, END_FAILED);
    cr_assert_not(expect.event[0].broken, "the later one of two with the same words is meant");
    cr_assert(expect.event[2].broken);
    cr_assert(expect.event[3].broken);
    cr_assert_str_eq(expect.says[0], "a b");
    expect_free(&expect);
}

Test(lesson_expect, why_refuses_what_expect_does_not_have)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        { "exit failed\n", ":2: there is no line 'source NAME', which says what intact why is asked about" },
        { "source a\nlack take\n", ":2: no line 'lack'; the nearest is 'lacks'" },
        { "source a\nsays a b\n", ":2: 'says' needs one value" },
    };
    struct expect expect;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_eq(read_why(&expect, cases[i].text), -1);
        cr_assert_str_eq(why + strlen(path), cases[i].line);
        expect_free(&expect);
    }
    // A never is broken, not lacked; the third of two is not there.
    const char *const wrong[] = { "source a\nlacks drop\n", "source a\nbreaks eoi\n",
                                  "source a\nlacks eoi\nlacks eoi\n" };
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(read_why(&expect, wrong[i]), -1);
        cr_assert_not_null(strstr(why, " has no line '"), "%s", why);
        expect_free(&expect);
    }
}
