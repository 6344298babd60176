// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A trace as Chrome trace events.
#include "observe/traces.h"

#include <string.h>

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;
    for (text = strstr(text, part); text; text = strstr(text + 1, part))
        count++;
    return count;
}

// The parts come one after the other.
static void check_order(const char *text, const char *const *part)
{
    const char *at = text;
    for (; *part; part++) {
        const char *found = strstr(at, *part);
        cr_assert(found, "no '%s' where it should be in:\n%s", *part, text);
        at = found + 1;
    }
}

Test(export_chrome, a_tick_has_tracks_slices_and_arrows)
{
    static const char *const parts[] = {
        "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"title\":\"a test\"},\"traceEvents\":[",
        "\"name\":\"process_name\",\"args\":{\"name\":\"devices\"}}",
        "\"name\":\"process_name\",\"args\":{\"name\":\"chips\"}}",
        "\"name\":\"process_name\",\"args\":{\"name\":\"CPUs\"}}",
        "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"pit.out0\"}}",
        "{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":16.356,\"dur\":0.001,\"name\":\"pit.out0 raises GSI "
        "2\",\"cat\":\"line\","
        "\"args\":{\"instructions\":15356,\"cause\":12}}",
        "{\"ph\":\"s\",\"pid\":1,\"tid\":1,\"ts\":16.356,\"name\":\"interrupt\",\"cat\":\"interrupt\",\"id\":12}",
        "{\"ph\":\"t\",\"pid\":2,\"tid\":2,\"ts\":16.356,\"name\":\"interrupt\",\"cat\":\"interrupt\",\"id\":12}",
        "\"name\":\"thread_name\",\"args\":{\"name\":\"IOAPIC\"}}",
        "\"name\":\"thread_name\",\"args\":{\"name\":\"local APIC of CPU 0\"}}",
        "\"name\":\"thread_name\",\"args\":{\"name\":\"CPU 0\"}}",
        "{\"ph\":\"i\",\"pid\":3,\"tid\":6,\"ts\":16.360,\"s\":\"t\",\"name\":\"CPU 0 has nothing pending\"",
        "\"name\":\"thread_name\",\"args\":{\"name\":\"CPU 0 handlers\"}}",
        "{\"ph\":\"X\",\"pid\":3,\"tid\":7,\"ts\":16.360,\"dur\":0.036,\"name\":\"vector 31h "
        "(pit.out0)\",\"cat\":\"handler\"",
        "{\"ph\":\"t\",\"pid\":3,\"tid\":7,\"ts\":16.360,",
        "\"name\":\"end of vector 31h (pit.out0) at the local APIC of CPU 0\"",
        "{\"ph\":\"f\",\"pid\":2,\"tid\":5,\"ts\":16.396,\"name\":\"interrupt\",\"cat\":\"interrupt\",\"id\":12,\"bp\":"
        "\"e\"}",
        "\n]}\n",
        NULL,
    };
    char *text = exported(&export_chrome, &pc, pit_tick, LENGTH(pit_tick));
    check_order(text, parts);
    cr_assert_eq(count_of(text, "\"ph\":\"s\""), 1); // what falls later has no arrows
    cr_assert_eq(count_of(text, "\"ph\":\"f\""), 1);
    free(text);
}

Test(export_chrome, arrows_of_a_level_that_is_sent_again_begin_again)
{
    static const char *const parts[] = { "\"ph\":\"s\"", "\"ph\":\"f\"", "\"ph\":\"s\"", "\"ph\":\"f\"", NULL };
    char *text = exported(&export_chrome, &pc, level_again, LENGTH(level_again));
    check_order(text, parts);
    cr_assert_eq(count_of(text, "\"ph\":\"s\""), 2);
    cr_assert_eq(count_of(text, "\"ph\":\"f\""), 2);
    cr_assert_eq(count_of(text, "\"cat\":\"handler\""), 2);
    free(text);
}

Test(export_chrome, handlers_that_do_not_nest_have_tracks_of_their_own)
{
    const struct intact_trace_event events[] = {
        AT(10, ACK, 1, 40, 1, 0, 1, 1, "first"),
        AT(20, ACK, 1, 41, 1, 0, 2, 1, "second"),
        AT(30, EOI, 1, 40, INTACT_CHIP_GIC_CPU, 0, 1, 1, "first"),
        AT(40, ACK, 1, 42, 1, 0, 3, 1, "third"),
        AT(50, EOI, 1, 41, INTACT_CHIP_GIC_CPU, 0, 2, 1, "second"),
    };
    char *text = exported(&export_chrome, &virt, events, LENGTH(events));
    check_part(text, "\"tid\":2,\"ts\":1.010,\"dur\":0.020,\"name\":\"INTID 40 (first)\"");
    check_part(text, "\"args\":{\"name\":\"CPU 1 handlers, nested 1\"}}");
    check_part(text, "\"tid\":4,\"ts\":1.020,\"dur\":0.030,\"name\":\"INTID 41 (second)\"");
    // Not ended when the trace ends; it has the track that became free.
    check_part(text, "\"tid\":2,\"ts\":1.040,\"dur\":0.010,\"name\":\"INTID 42 (not ended)\"");
    free(text);
}

Test(export_chrome, an_end_without_a_delivery_has_no_slice)
{
    const struct intact_trace_event event = AT(1, EOI, 0, 0x31, INTACT_CHIP_LAPIC, 0, 0, 0, NULL);
    char *text = exported(&export_chrome, &pc, &event, 1);
    cr_assert_eq(count_of(text, "\"ph\":\"X\""), 0);
    check_part(
        text,
        "{\"ph\":\"i\",\"pid\":2,\"tid\":1,\"ts\":1.001,\"s\":\"t\",\"name\":\"end of vector 31h at the local APIC "
        "of CPU 0\"");
    free(text);
}

Test(export_chrome, names_are_escaped)
{
    const struct intact_trace_event event = AT(1, LINE, NOBODY, 2, 1, 0, 1, 1, "a \"name\"");
    char *text = exported(&export_chrome, &pc, &event, 1);
    check_part(text, "\"args\":{\"name\":\"a \\\"name\\\"\"}}");
    free(text);
}
