// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A trace as text.
#include "observe/traces.h"

Test(export_text, a_tick_is_told_station_by_station)
{
    check_export(
        &export_text, &pc, pit_tick, LENGTH(pit_tick),
        "a test\n\n"
        "   instructions            seconds  cause     CPU      what happens\n"
        "         15,356        0.000016356  #12       -        pit.out0 raises GSI 2\n"
        "         15,356        0.000016356  #12       -        GSI 2 leads to IRQ 0 of the 8259A\n"
        "         15,356        0.000016356  #12       -        8259A sees IRQ 0 go high\n"
        "         15,356        0.000016356  #12       -        GSI 2 leads to pin 2 of the IOAPIC\n"
        "         15,356        0.000016356  #12       -        IOAPIC sees pin 2 go high\n"
        "         15,356        0.000016356  #12       CPU 0    local APIC of CPU 0 accepts vector 31h (pit.out0)\n"
        "         15,356        0.000016356  #12       CPU 0    CPU 0 has INTR pending\n"
        "         15,360        0.000016360  -         CPU 0    CPU 0 has nothing pending\n"
        "         15,360        0.000016360  #12       CPU 0    CPU 0 takes vector 31h (pit.out0) at 0x1000e2\n"
        "         15,396        0.000016396  #12       CPU 0    end of vector 31h (pit.out0) at the local APIC of CPU "
        "0\n"
        "         16,279        0.000017279  #12       -        pit.out0 lowers GSI 2\n"
        "         16,279        0.000017279  #12       -        8259A sees IRQ 0 go low\n"
        "         16,279        0.000017279  #12       -        IOAPIC sees pin 2 go low\n");
}

Test(export_text, a_source_without_a_name_is_called_after_the_first_event)
{
    char *text = exported(&export_text, &pc, level_again, LENGTH(level_again));
    check_part(text, "#3        -        a device raises GSI 11\n");
    check_part(text, "#3x2      CPU 0    CPU 0 takes vector 30h (GSI 11) at 0x2000\n");
    check_part(text, "#3x2      -        end of vector 30h (GSI 11) at pin 11 of the IOAPIC\n");
    free(text);
    text = exported(&export_text, &pc, ipi, LENGTH(ipi));
    check_part(text, "CPU 2 sends an IPI to all other CPUs: vector 33h, fixed\n");
    check_part(text, "CPU 1 takes vector 33h (cpu2.ipi) at 0x4000\n");
    free(text);
}

Test(export_text, what_was_raised_before_the_trace_has_no_such_name)
{
    char *text = exported(&export_text, &pc, &ipi[3], 1);
    check_part(text, "CPU 1 takes vector 33h at 0x4000\n");
    free(text);
}

Test(export_text, a_trace_may_be_empty_and_without_a_title)
{
    const struct export_machine machine = { .cpus = 1 };
    check_export(&export_text, &machine, NULL, 0,
                 "   instructions            seconds  cause     CPU      what happens\n");
}
