// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Trace events in words.
#include "cli/trace_text.h"

#include <criterion/criterion.h>

static const char *say(enum intact_machine_type type, enum intact_trace_id id, uint64_t a, uint64_t b)
{
    static char text[160];
    const struct intact_trace_event event = { .id = id, .cpu = 1, .a = a, .b = b };
    trace_text(type, &event, text, sizeof text);
    return text;
}

Test(trace_text, an_exception_and_the_read_of_iar_are_two_facts_of_the_arm_machine)
{
    cr_assert_str_eq(say(INTACT_VIRT, INTACT_TRACE_TAKE, 0x20, 0x40080000),
                     "CPU 1 takes the IRQ exception at 0x40080000");
    cr_assert_str_eq(say(INTACT_VIRT, INTACT_TRACE_TAKE, 0x40, 0), "CPU 1 takes the FIQ exception at 0x0");
    cr_assert_str_eq(say(INTACT_VIRT, INTACT_TRACE_ACK, 27, 1), "CPU 1 acknowledges INTID 27");
}

Test(trace_text, the_pc_takes_vectors)
{
    cr_assert_str_eq(say(INTACT_PC, INTACT_TRACE_TAKE, 0x24, 0x7c00), "CPU 1 takes vector 0x24 at 0x7c00");
}

Test(trace_text, a_cause_is_a_number_and_how_many_raises_it_stands_for)
{
    char text[24];
    struct intact_trace_event event = { .cause = 12, .raises = 1 };
    trace_cause_text(&event, text, sizeof text);
    cr_assert_str_eq(text, "#12");
    event.raises = 3;
    trace_cause_text(&event, text, sizeof text);
    cr_assert_str_eq(text, "#12x3");
    event.cause = event.raises = 0;
    trace_cause_text(&event, text, sizeof text);
    cr_assert_str_eq(text, "-");
}
