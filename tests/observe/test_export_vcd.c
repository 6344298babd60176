// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A trace as waves.
#include "observe/traces.h"

#include <string.h>

// What a file says of one signal: its changes as "time:value time:value". The first is that of $dumpvars.
struct wave {
    char text[512];
};

static void read_code(const char *file, const char *declared, char code[16])
{
    const char *at = strstr(file, declared);
    cr_assert(at, "no variable '%s' in:\n%s", declared, file);
    while (at > file && at[-1] != '\n')
        at--;
    cr_assert_eq(sscanf(at, "$var %*s %*d %15s", code), 1);
}

// `declared`: the end of its declaration, "irq0 $end".
static struct wave wave_of(const char *file, const char *declared)
{
    struct wave wave = { "" };
    char code[16], line[128], value[64], of[16];
    unsigned long long time = 0;
    size_t used = 0;
    read_code(file, declared, code);
    for (const char *at = strstr(file, "$enddefinitions"); at && *at; at = strchr(at, '\n') + 1) {
        cr_assert_eq(sscanf(at, "%127[^\n]", line), 1);
        if (sscanf(line, "#%llu", &time) == 1)
            continue;
        if (sscanf(line, "b%63s %15s", value, of) != 2 && sscanf(line, "%1[01]%15s", value, of) != 2)
            continue;
        if (strcmp(of, code) == 0)
            used +=
                (size_t)snprintf(wave.text + used, sizeof wave.text - used, "%s%llu:%s", used ? " " : "", time, value);
    }
    return wave;
}

static void check_wave(const char *file, const char *declared, const char *expected)
{
    struct wave wave = wave_of(file, declared);
    cr_assert_str_eq(wave.text, expected, "%s: %s, not %s, in:\n%s", declared, wave.text, expected, file);
}

Test(export_vcd, a_tick_is_a_file_of_waves)
{
    check_export(&export_vcd, &pc, pit_tick, 10,
                 "$version intact trace $end\n"
                 "$timescale 1ns $end\n"
                 "$scope module intact $end\n"
                 "$scope module cpu0 $end\n"
                 "$var wire 1 % INTR $end\n"
                 "$var wire 32 ' handles [31:0] $end\n"
                 "$scope module irr $end\n"
                 "$var wire 1 $ v31h $end\n"
                 "$upscope $end\n"
                 "$scope module isr $end\n"
                 "$var wire 1 & v31h $end\n"
                 "$upscope $end\n"
                 "$upscope $end\n"
                 "$scope module ioapic0 $end\n"
                 "$var wire 1 # pin2 $end\n"
                 "$upscope $end\n"
                 "$scope module pic $end\n"
                 "$var wire 1 \" irq0 $end\n"
                 "$upscope $end\n"
                 "$scope module pit $end\n"
                 "$var wire 1 ! out0 $end\n"
                 "$upscope $end\n"
                 "$upscope $end\n"
                 "$enddefinitions $end\n"
                 "#16355\n$dumpvars\n0!\n0\"\n0#\n0$\n0%\n0&\nbz '\n$end\n"
                 "#16356\n1!\n1\"\n1#\n1$\n1%\n"
                 "#16360\n0%\n0$\n1&\nb110001 '\n"
                 "#16396\n0&\nbz '\n");
}

Test(export_vcd, the_8259a_has_its_own_interrupts_in_service)
{
    char *file = exported(&export_vcd, &pc, pit_tick_8259, LENGTH(pit_tick_8259));
    check_wave(file, "v20h $end", "15422:0 15423:1 15459:0");
    check_part(file, "$scope module pic $end\n$var wire 1 \" irq0 $end\n$scope module isr $end\n");
    cr_assert_null(strstr(file, "irr"));
    free(file);
}

Test(export_vcd, a_level_is_sent_again)
{
    char *file = exported(&export_vcd, &pc, level_again, LENGTH(level_again));
    check_wave(file, "GSI_11 $end", "1099:0 1100:1 1180:0");
    check_wave(file, "handles [31:0] $end", "1099:z 1120:110000 1150:z 1157:110000 1190:z");
    check_part(file, "#1150\n0#\nbz $\n1\"\n"); // in IRR again with the end
    free(file);
}

Test(export_vcd, a_pending_spi_becomes_active_and_ends_at_the_distributor)
{
    char *file = exported(&export_vcd, &virt, spi, LENGTH(spi));
    check_wave(file, "spi1 $end", "34306:0 34307:1 34373:0");
    check_wave(file, "IRQ $end", "34306:0 34307:1 34356:0");
    check_wave(file, "handles [31:0] $end", "34306:z 34356:100001 34381:z");
    check_part(file, "$scope module active $end\n$var wire 1 % intid33 $end\n");
    check_part(file, "$scope module lines $end\n$var wire 1 ! pl011 $end\n");
    free(file);
}

// EOImode 1: the processor drops the priority long before the interrupt is deactivated.
Test(export_vcd, an_spi_is_active_until_it_is_deactivated)
{
    const struct intact_trace_event events[] = {
        AT(1, ACCEPT, 0, 40, 2, 0, 1, 1, NULL),
        AT(1, ACCEPT, 1, 40, 2, 0, 1, 1, NULL),
        AT(2, ACK, 1, 40, 1, 0, 1, 1, NULL),
        AT(3, EOI, 1, 40, INTACT_CHIP_GIC_CPU, 0, 1, 1, NULL),
        AT(9, EOI, NOBODY, 40, INTACT_CHIP_GICD, 8, 1, 1, NULL),
    };
    char *file = exported(&export_vcd, &virt, events, LENGTH(events));
    check_part(file, "#1001\n1!\n1\"\n#1002\n0!\n0\"\n1#\nb101000 $\n#1003\nbz $\n#1009\n0#\n");
    free(file);
}

Test(export_vcd, each_processor_of_an_ipi_has_its_waves)
{
    char *file = exported(&export_vcd, &pc, ipi, LENGTH(ipi));
    check_part(file, "$scope module cpu2 $end\n$var event 1 ! ipi $end\n");
    check_part(file,
               "#1500\n1!\n1\"\n1#\n#1501\n0#\n1$\nb110011 %\n#1503\n0\"\n1&\nb110011 '\n#1510\n0&\nbz '\n#1540\n0$\n");
    free(file);
}

Test(export_vcd, names_become_paths_without_spaces)
{
    const struct intact_trace_event events[] = {
        AT(1, LINE, NOBODY, 1, 1, 0, 1, 1, "my device.a$line"),
        AT(2, LINE, NOBODY, 2, 1, 0, 2, 1, "."),
        AT(3, LINE, NOBODY, 3, 1, 0, 3, 1, "a..b."),
        AT(4, TRIGGER, NOBODY, 4, 0, 0, 4, 1, "a.b\"c"),
        AT(5, LINE, NOBODY, 5, 1, 0, 5, 1, ""),
    };
    char *file = exported(&export_vcd, &pc, events, LENGTH(events));
    check_part(file, "$scope module my_device $end\n$var wire 1 ! a_line $end\n");
    check_part(file, "$var wire 1 \" _ $end\n");
    check_part(file, "$scope module a $end\n$var wire 1 # _b_ $end\n$var event 1 $ b\"c $end\n");
    check_part(file, "$var wire 1 % lines_ $end\n");
    free(file);
}

// Of a level that falls first it is known that it was high.
Test(export_vcd, the_first_change_says_what_was_before)
{
    const struct intact_trace_event events[] = {
        AT(5, LINE, NOBODY, 4, 0, 0, 0, 0, "com1.irq"), AT(5, PENDING, 0, 2, 3, 0, 0, 0, NULL),
        AT(6, EOI, 0, 0x31, INTACT_CHIP_LAPIC, 0, 0, 0, NULL), // of an interrupt from before the trace
    };
    char *file = exported(&export_vcd, &pc, events, LENGTH(events));
    check_wave(file, "irq $end", "1004:1 1005:0");
    check_wave(file, "INTR $end", "1004:1 1005:0");
    cr_assert_null(strstr(file, "NMI")); // did not change
    cr_assert_null(strstr(file, "isr"));
    free(file);
}

Test(export_vcd, time_does_not_go_back_and_an_empty_trace_is_a_file)
{
    const struct intact_trace_event events[] = {
        AT(9, LINE, NOBODY, 4, 1, 0, 1, 1, "com1.irq"),
        AT(5, LINE, NOBODY, 4, 0, 0, 1, 1, "com1.irq"),
    };
    char *file = exported(&export_vcd, &pc, events, LENGTH(events));
    check_part(file, "#1009\n1!\n0!\n");
    free(file);
    check_export(&export_vcd, &pc, NULL, 0,
                 "$version intact trace $end\n$timescale 1ns $end\n$scope module intact $end\n$upscope $end\n"
                 "$enddefinitions $end\n#0\n$dumpvars\n$end\n");
}

Test(export_vcd, drops_mistakes_and_masks_are_points)
{
    const struct intact_trace_event events[] = {
        AT(1, DROP, NOBODY, 1, 5, 0, 1, 1, NULL),
        AT(2, MISTAKE, 0, INTACT_CHIP_PIC, 0, 0x20, 0, 0, NULL),
        AT(3, MASK, NOBODY, INTACT_CHIP_PIC, 4, 1, 2, 1, NULL),
    };
    char *file = exported(&export_vcd, &pc, events, LENGTH(events));
    check_part(file, "$scope module trace $end\n$var event 1 ! drop $end\n$var event 1 # mask $end\n"
                     "$var event 1 \" mistake $end\n");
    check_part(file, "#1001\n1!\n#1002\n1\"\n#1003\n1#\n");
    free(file);
}

// More signals than one character can name.
Test(export_vcd, codes_of_variables_are_different)
{
    static struct intact_trace_event events[200];
    char declared[32];
    for (unsigned i = 0; i < LENGTH(events); i++)
        events[i] = (struct intact_trace_event)AT(i, PIN, NOBODY, INTACT_CHIP_GICD, i, 1, 0, 0, NULL);
    char *file = exported(&export_vcd, &virt, events, LENGTH(events));
    for (unsigned i = 0; i < LENGTH(events); i++) {
        char expected[64];
        snprintf(declared, sizeof declared, " spi%u $end", i);
        snprintf(expected, sizeof expected, "999:0 %u:1", 1000 + i);
        check_wave(file, declared, expected);
    }
    free(file);
}
