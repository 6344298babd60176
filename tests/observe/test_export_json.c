// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A trace as JSON Lines.
#include "observe/traces.h"

#define HEAD(family, cpus) "{\"intact_trace\":1,\"family\":\"" family "\",\"cpus\":" #cpus ",\"title\":\"a test\"}\n"
#define OF_PIT             "\"cause\":12,\"raises\":1,\"source\":\"pit.out0\","

Test(export_json, a_tick_has_fields_with_names)
{
    check_export(&export_json, &pc, pit_tick, 10,
                 HEAD("x86", 3) "{\"event\":\"line\",\"instructions\":15356,\"time\":16356," OF_PIT
                                "\"gsi\":2,\"level\":true}\n"
                                "{\"event\":\"route\",\"instructions\":15356,\"time\":16356," OF_PIT
                                "\"gsi\":2,\"chip\":\"pic\",\"pin\":0}\n"
                                "{\"event\":\"pin\",\"instructions\":15356,\"time\":16356," OF_PIT
                                "\"chip\":\"pic\",\"pin\":0,\"level\":true}\n"
                                "{\"event\":\"route\",\"instructions\":15356,\"time\":16356," OF_PIT
                                "\"gsi\":2,\"chip\":\"ioapic0\",\"pin\":2}\n"
                                "{\"event\":\"pin\",\"instructions\":15356,\"time\":16356," OF_PIT
                                "\"chip\":\"ioapic0\",\"pin\":2,\"level\":true}\n"
                                "{\"event\":\"accept\",\"instructions\":15356,\"time\":16356,\"cpu\":0," OF_PIT
                                "\"vector\":49,\"delivery\":\"fixed\"}\n"
                                "{\"event\":\"pending\",\"instructions\":15356,\"time\":16356,\"cpu\":0," OF_PIT
                                "\"pending\":[\"INTR\"],\"before\":[]}\n"
                                "{\"event\":\"pending\",\"instructions\":15360,\"time\":16360,\"cpu\":0,\"pending\":[],"
                                "\"before\":[\"INTR\"]}\n"
                                "{\"event\":\"take\",\"instructions\":15360,\"time\":16360,\"cpu\":0," OF_PIT
                                "\"vector\":49,\"pc\":\"0x1000e2\"}\n"
                                "{\"event\":\"eoi\",\"instructions\":15396,\"time\":16396,\"cpu\":0," OF_PIT
                                "\"vector\":49,\"chip\":\"lapic0\",\"pin\":0}\n");
}

Test(export_json, a_gic_has_intids)
{
    char *text = exported(&export_json, &virt, spi, LENGTH(spi));
    check_part(text, HEAD("arm", 2));
    check_part(text, "\"intid\":33,\"group\":2}\n");
    check_part(text, "\"exception\":\"IRQ\",\"pc\":\"0x40080180\"}\n");
    check_part(text, "\"event\":\"ack\",\"instructions\":33356,\"time\":34356,\"cpu\":0,\"cause\":1,\"raises\":1,"
                     "\"source\":\"pl011\",\"intid\":33,\"group\":1}\n");
    check_part(text, "\"intid\":33,\"chip\":\"gic0\",\"pin\":0}\n");
    check_part(text, "\"intid\":33,\"chip\":\"gicd\",\"pin\":1}\n");
    free(text);
}

Test(export_json, an_ipi_has_a_mode_and_a_shorthand)
{
    char *text = exported(&export_json, &pc, ipi, 1);
    check_part(
        text,
        "\"cpu\":2,\"cause\":7,\"raises\":1,\"source\":\"cpu2.ipi\",\"destination\":\"0x0\",\"delivery\":\"fixed\","
        "\"shorthand\":\"others\",\"vector\":51}\n");
    free(text);
}

Test(export_json, other_events_have_fields_too)
{
    const struct intact_trace_event events[] = {
        AT(1, DROP, NOBODY, 0x100, 7, 0x31, 0, 0, NULL),
        AT(2, DROP, NOBODY, 0x999, 7, 0x31, 0, 0, NULL),
        { .id = INTACT_TRACE_MISTAKE, .a = INTACT_CHIP_DEVICE, .b = 1, .c = 3, .device = "com1", .mistake = "overrun" },
        AT(3, ACCESS, 1, 0x20, 0x60, 1 | 1 << 8 | 1 << 9, 0, 0, NULL),
        AT(4, LINE, NOBODY, INTACT_NMI_LINE, 1, 0, 1, 1, NULL),
        AT(5, ROUTE, NOBODY, 5, 0xffffffff, 0, 0, 0, NULL),
        AT(6, TIMER, 1, UINT64_MAX, 0, 0, 2, 1, NULL),
        AT(7, MESSAGE, NOBODY, 0xfee00000, 0x31, 8, 3, 1, "edu0.msi"),
        AT(8, TRIGGER, NOBODY, 4, 1, 0, 4, 1, "edu0.msi"),
        AT(9, MASK, NOBODY, INTACT_CHIP_SOURCE, 5, 1, 4, 1, NULL),
        AT(10, RESAMPLE, NOBODY, 4, 0, 0, 0, 0, NULL),
        AT(11, RESAMPLE, NOBODY, UINT32_MAX, 1, 0, 0, 0, NULL),
    };
    check_export(
        &export_json, &pc, events, LENGTH(events),
        HEAD("x86", 3) "{\"event\":\"drop\",\"instructions\":1,\"time\":1001,\"reason\":\"no CPU\","
                       "\"destination\":\"0x7\",\"vector\":\"0x31\"}\n"
                       "{\"event\":\"drop\",\"instructions\":2,\"time\":1002,\"reason\":\"0x999\",\"b\":\"0x7\","
                       "\"c\":\"0x31\"}\n"
                       "{\"event\":\"mistake\",\"instructions\":0,\"time\":0,\"cpu\":0,\"chip\":\"com1\",\"which\":1,"
                       "\"value\":\"0x3\",\"mistake\":\"overrun\"}\n"
                       "{\"event\":\"access\",\"instructions\":3,\"time\":1003,\"cpu\":1,\"address\":\"0x20\","
                       "\"value\":\"0x60\",\"size\":1,\"write\":true,\"port\":true}\n"
                       "{\"event\":\"line\",\"instructions\":4,\"time\":1004,\"cause\":1,\"raises\":1,"
                       "\"source\":\"NMI line\",\"gsi\":null,\"level\":true}\n"
                       "{\"event\":\"route\",\"instructions\":5,\"time\":1005,\"gsi\":5,\"chip\":null,\"pin\":0}\n"
                       "{\"event\":\"timer\",\"instructions\":6,\"time\":1006,\"cpu\":1,\"cause\":2,\"raises\":1,"
                       "\"source\":\"lapic1.timer\",\"deadline\":\"0xffffffffffffffff\"}\n"
                       "{\"event\":\"message\",\"instructions\":7,\"time\":1007,\"cause\":3,\"raises\":1,"
                       "\"source\":\"edu0.msi\",\"address\":\"0xfee00000\",\"data\":\"0x31\",\"device\":8}\n"
                       "{\"event\":\"trigger\",\"instructions\":8,\"time\":1008,\"cause\":4,\"raises\":1,"
                       "\"source\":\"edu0.msi\",\"group\":4,\"index\":1}\n"
                       "{\"event\":\"mask\",\"instructions\":9,\"time\":1009,\"cause\":4,\"raises\":1,"
                       "\"source\":\"edu0.msi\",\"chip\":\"group\",\"pin\":5,\"waits\":true}\n"
                       "{\"event\":\"resample\",\"instructions\":10,\"time\":1010,\"gsi\":4,\"level\":false}\n"
                       "{\"event\":\"resample\",\"instructions\":11,\"time\":1011,\"gsi\":null,\"level\":true}\n");
}

Test(export_json, any_bytes_make_a_valid_string)
{
    const struct intact_trace_event event = AT(
        1, LINE, NOBODY, 2, 1, 0, 1, 1, "a \"name\"\\\n\x01 \303\244 \342\202\254 \360\237\230\200 \xff \300\200 \303");
    char *text = exported(&export_json, &pc, &event, 1);
    check_part(text, "\"source\":\"a \\\"name\\\"\\\\\\u000a\\u0001 \303\244 \342\202\254 \360\237\230\200 \\u00ff "
                     "\\u00c0\\u0080 \\u00c3\",");
    free(text);
}

Test(export_json, a_cause_of_zero_has_no_fields)
{
    const struct intact_trace_event event = AT(1, EOI, 0, 0x31, INTACT_CHIP_LAPIC, 0, 0, 0, NULL);
    check_export(&export_json, &pc, &event, 1,
                 HEAD("x86", 3) "{\"event\":\"eoi\",\"instructions\":1,\"time\":1001,\"cpu\":0,\"vector\":49,"
                                "\"chip\":\"lapic0\",\"pin\":0}\n");
}

Test(export_json, which_fields_an_event_can_have_is_known)
{
    static const struct {
        bool arm;
        enum intact_trace_id id;
        const char *has, *has_not;
    } cases[] = {
        { false, INTACT_TRACE_TAKE, "vector", "intid" },     { true, INTACT_TRACE_TAKE, "intid", "vector" },
        { false, INTACT_TRACE_EOI, "pin", "level" },         { true, INTACT_TRACE_ACK, "group", "chip" },
        { false, INTACT_TRACE_IPI, "shorthand", "intid" },   { true, INTACT_TRACE_IPI, "target", "shorthand" },
        { false, INTACT_TRACE_ACCESS, "port", "shorthand" }, { false, INTACT_TRACE_DROP, "destination", "port" },
        { true, INTACT_TRACE_DROP, "event", "write" },       { false, INTACT_TRACE_MISTAKE, "mistake", "level" },
        { false, INTACT_TRACE_LINE, "source", "mistake" },   { true, INTACT_TRACE_PIN, "cpu", "" },
    };
    for (unsigned i = 0; i < LENGTH(cases); i++) {
        cr_assert(export_json_has(cases[i].arm, cases[i].id, cases[i].has), "%u", i);
        cr_assert_not(export_json_has(cases[i].arm, cases[i].id, cases[i].has_not), "%u", i);
    }
}
