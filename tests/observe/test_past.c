// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What became of earlier interrupts.
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "observe/past.h"

static struct past past;
static char text[1024];

static void note(void *owner, const struct intact_why_finding *finding)
{
    char sentence[INTACT_WHY_TEXT];
    size_t used = strlen(text);
    (void)owner;
    cr_assert_eq(intact_why_kind(finding->reason), INTACT_WHY_PAST);
    intact_why_text(finding, sentence, sizeof sentence);
    snprintf(text + used, sizeof text - used, "%s\n", sentence);
}

static const char *ask(const char *source)
{
    struct why why = { .found = note };
    text[0] = 0;
    past_why(&past, source, &why);
    return text;
}

static void event(enum intact_trace_id id, uint64_t instructions, uint64_t cause, uint64_t a, uint64_t b)
{
    const struct intact_trace_event event = { .id = id,
                                              .instructions = instructions,
                                              .cause = cause,
                                              .raises = 1,
                                              .a = a,
                                              .b = b,
                                              .source = "pit.out0",
                                              .cpu = 2 };
    past.observer.event(past.observer.owner, &event);
}

Test(past, a_source_that_was_never_raised_says_since_when)
{
    past_init(&past, false, 1204331);
    cr_assert_str_eq(ask("pit.out0"),
                     "pit.out0 has not been raised since instruction 1,204,331, where watching it began\n");
    event(INTACT_TRACE_LINE, 2000000, 1, 2, 0); // it falls
    cr_assert(strstr(ask("pit.out0"), "has not been raised"));
    past_free(&past);
}

Test(past, raises_are_followed_to_their_end)
{
    past_init(&past, false, 0);
    event(INTACT_TRACE_LINE, 1000, 1, 2, 1);
    event(INTACT_TRACE_PIN, 1000, 1, 1, 2);
    cr_assert_str_eq(ask("pit.out0"), "pit.out0 was raised last at instruction 1,000; raises so far: 1\n"
                                      "no processor has taken it\n");
    event(INTACT_TRACE_TAKE, 1010, 1, 0x31, 0x1000e2);
    cr_assert_str_eq(ask("pit.out0"), "pit.out0 was raised last at instruction 1,000; raises so far: 1\n"
                                      "CPU 2 took it last at instruction 1,010, at 0x1000e2; taken so far: 1\n"
                                      "there was no end of interrupt for it since\n");
    event(INTACT_TRACE_EOI, 1020, 1, 0x31, 0);
    cr_assert(strstr(ask("pit.out0"), "its end came last at instruction 1,020\n"));
    past_free(&past);
}

Test(past, merged_and_dropped_raises_are_counted)
{
    past_init(&past, false, 0);
    event(INTACT_TRACE_MESSAGE, 100, 1, 0xfee00000, 0x31);
    event(INTACT_TRACE_DROP, 100, 1, 0x100, 0);
    event(INTACT_TRACE_MESSAGE, 200, 2, 0xfee00000, 0x31);
    event(INTACT_TRACE_DROP, 200, 2, 0x100, 0);
    const struct intact_trace_event take = {
        .id = INTACT_TRACE_TAKE, .instructions = 300, .cause = 3, .raises = 4, .source = "pit.out0"
    };
    past.observer.event(past.observer.owner, &take);
    cr_assert(strstr(ask("pit.out0"), "pit.out0 was raised last at instruction 200; raises so far: 2\n"), "%s", text);
    cr_assert(strstr(text, "raises that had no receiver: 2, the last at instruction 200\n"), "%s", text);
    cr_assert(strstr(text, "raises that were merged with one that still waited: 3\n"), "%s", text);
    past_free(&past);
}

Test(past, on_arm_the_acknowledge_counts)
{
    past_init(&past, true, 0);
    event(INTACT_TRACE_LINE, 100, 1, 1, 1);
    event(INTACT_TRACE_TAKE, 110, 1, 0x20, 0x40080280);
    cr_assert(strstr(ask("pit.out0"), "no processor has taken it"));
    event(INTACT_TRACE_ACK, 120, 1, 33, 1);
    cr_assert(strstr(ask("pit.out0"), "CPU 2 took it last at instruction 120, at 0x40080280; taken so far: 1\n"), "%s",
              text);
    past_free(&past);
}

Test(past, a_machine_that_went_back_has_no_future)
{
    past_init(&past, false, 0);
    event(INTACT_TRACE_LINE, 1000, 1, 2, 1);
    event(INTACT_TRACE_TAKE, 1000, 1, 0x31, 0x1000e2);
    past_at(&past, 500);
    cr_assert_str_eq(ask("pit.out0"), "pit.out0 has not been raised since instruction 500, where watching it began\n");
    event(INTACT_TRACE_LINE, 1000, 2, 2, 1); // again, with a cause of its own
    cr_assert(strstr(ask("pit.out0"), "raised last at instruction 1,000; raises so far: 1\n"), "%s", text);
    past_free(&past);
}
