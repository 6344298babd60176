// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Events of a run against what a lesson expects: rows of events, what must not come between them, and values of fields.
#include "cli/lesson_match.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct expect expect;
static struct match match;

static void begin(const char *machine, const char *events)
{
    char path[] = "/tmp/intact-test-XXXXXX", why[INTACT_ERROR_SIZE], text[2048];
    snprintf(text, sizeof text, "track t\nmachine %s\n%s", machine, events);
    int file = mkstemp(path);
    cr_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    cr_assert_eq(expect_read(&expect, path, why), 0, "%s", why);
    unlink(path);
    cr_assert_eq(match_begin(&match, &expect), 0);
}

static void happens(enum intact_trace_id id, uint64_t a, uint64_t b, uint64_t c)
{
    static uint64_t instructions;
    struct intact_trace_event event = { .id = id,
                                        .cpu = 0,
                                        .instructions = ++instructions,
                                        .a = a,
                                        .b = b,
                                        .c = c,
                                        .cause = 1,
                                        .raises = 1,
                                        .source = "pit.out0" };
    match_event(&match, &event);
}

static void take(uint64_t vector)
{
    happens(INTACT_TRACE_TAKE, vector, 0x1000, 0);
}

static void end(uint64_t pin)
{
    happens(INTACT_TRACE_EOI, 0x20 + pin, INTACT_CHIP_PIC, pin);
}

// The expectations that hold, as a text of 1 and 0.
static const char *held(void)
{
    static char text[EXPECT_EVENTS + 1];
    memset(text, 0, sizeof text);
    for (unsigned i = 0; i < expect.count; i++)
        text[i] = match_holds(&match, i) ? '1' : '0';
    return text;
}

static void finish(const char *expected)
{
    cr_assert_eq(match_end(&match), 0);
    cr_assert_str_eq(held(), expected);
    expect_free(&expect);
}

Test(lesson_match, musts_come_in_their_order)
{
    begin("pc", "must take vector=0x25\nmust eoi pin=5\nmust take vector=38\n");
    end(5); // too early: it is not waited for
    take(0x25);
    take(0x26);
    finish("100");
}

Test(lesson_match, one_event_fulfils_one_must)
{
    begin("pc", "must take vector=0x25\nmust take vector=0x25\n");
    take(0x25);
    cr_assert_str_eq(held(), "10");
    take(0x25);
    finish("11");
}

Test(lesson_match, a_not_counts_between_the_musts_around_it)
{
    begin("pc", "must take vector=0x23\nnot take vector=0x26\nmust eoi pin=3\nmust take vector=0x26\n");
    take(0x26); // before the first must
    take(0x23);
    cr_assert_str_eq(held(), "1100");
    end(3);
    take(0x26);
    take(0x26); // behind the second
    finish("1111");
    begin("pc", "must take vector=0x23\nnot take vector=0x26\nmust eoi pin=3\n");
    take(0x23);
    take(0x26);
    end(3);
    cr_assert_eq(match.state[1].instructions, 7);
    cr_assert_not_null(strstr(match.state[1].text, "takes vector 26h"));
    finish("101");
}

Test(lesson_match, the_must_that_ends_a_not_does_not_break_it)
{
    begin("pc", "must eoi\nnot take\nmust take vector=0x25\n");
    end(3);
    take(0x25);
    finish("111");
}

Test(lesson_match, a_not_before_the_first_and_behind_the_last_must)
{
    begin("pc", "not eoi\nmust take\nnot take\n");
    end(1);
    cr_assert_str_eq(held(), "001");
    take(1);
    end(1);
    cr_assert_str_eq(held(), "011");
    take(1);
    finish("010");
}

Test(lesson_match, some_and_never_look_everywhere)
{
    begin("pc", "some eoi pin=5\nmust take\nnever drop\nnever mistake\n");
    take(1);
    happens(INTACT_TRACE_DROP, 1, 2, 3);
    cr_assert_str_eq(held(), "0101");
    end(5);
    finish("1101");
}

Test(lesson_match, values_are_those_of_the_json)
{
    begin(
        "pc",
        "some line gsi=5 level=true\nsome pending pending=INTR+NMI before=none\nsome take pc=4096 vector=037\n"
        "some eoi chip=ioapic1\nsome drop reason=\"no CPU\" destination=0x2\nsome take source=pit.out0 cause=1 cpu=0\n"
        "some route chip=null\nsome access address=0x20 write=false port=true size=1\n");
    happens(INTACT_TRACE_LINE, 5, 0, 0);
    happens(INTACT_TRACE_LINE, 4, 1, 0);
    happens(INTACT_TRACE_PENDING, 1, 0, 0);
    cr_assert_str_eq(held(), "00000000");
    happens(INTACT_TRACE_LINE, 5, 1, 0);
    happens(INTACT_TRACE_PENDING, 3, 0, 0);
    take(37);
    happens(INTACT_TRACE_EOI, 1, INTACT_CHIP_IOAPIC + 1, 0);
    happens(INTACT_TRACE_DROP, 0x100, 2, 0x31);
    happens(INTACT_TRACE_ROUTE, 1, 0xffffffff, 0);
    happens(INTACT_TRACE_ACCESS, 0x20, 0, 1 | 1 << 9);
    finish("11111111");
}

static void reads_port(uint64_t address)
{
    happens(INTACT_TRACE_ACCESS, address, 7, 1 | 1 << 9);
}

Test(lesson_match, accesses_are_compared_at_the_addresses_that_are_named_or_everywhere)
{
    begin("pc", "some access address=0x20\nsome access address=33\nsome access address=0x22 value=8\n");
    reads_port(0x21);
    reads_port(0x22);
    cr_assert_str_eq(held(), "010");
    reads_port(0x20);
    finish("110");
    begin("pc", "some access address=0x20\nsome access value=7\n");
    reads_port(0x80);
    finish("01");
}

Test(lesson_match, an_arm_machine_has_intids)
{
    begin("virt", "must take exception=IRQ\nmust ack intid=33 group=1\nmust eoi intid=33\n");
    happens(INTACT_TRACE_TAKE, 0x20, 0x4000, 0);
    happens(INTACT_TRACE_ACK, 33, 1, 0);
    happens(INTACT_TRACE_EOI, 33, INTACT_CHIP_GIC_CPU, 0);
    finish("111");
}

Test(lesson_match, a_field_that_the_event_does_not_have_matches_nothing)
{
    begin("pc", "some drop vector=0x31\nsome drop gsi=4\n");
    happens(INTACT_TRACE_DROP, 1, 4, 0); // no output: it has a GSI and no vector
    finish("01");
}
