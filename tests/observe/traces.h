// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Hand-made traces, as machines report them, and what a format makes of them.
#ifndef TESTS_TRACES_H
#define TESTS_TRACES_H

#include "observe/export.h"

#include <stdlib.h>

#include <criterion/criterion.h>

#define NOBODY INTACT_NO_CPU
// Time is the instruction count + 1000.
#define AT(n, name, who, first, second, third, number, count, by)                                                      \
    {                                                                                                                  \
        .id = INTACT_TRACE_##name, .cpu = (who), .time = (n) + 1000, .instructions = (n), .a = (first), .b = (second), \
        .c = (third), .cause = (number), .raises = (count), .source = (by)                                             \
    }
#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

// A PIT tick: GSI 2 leads to IRQ 0 of the 8259A, where it is masked, and to pin 2 of the IOAPIC, which sends vector 31h.
static const struct intact_trace_event pit_tick[] = {
    AT(15356, LINE, NOBODY, 2, 1, 0, 12, 1, "pit.out0"),
    AT(15356, ROUTE, NOBODY, 2, INTACT_CHIP_PIC, 0, 12, 1, "pit.out0"),
    AT(15356, PIN, NOBODY, INTACT_CHIP_PIC, 0, 1, 12, 1, "pit.out0"),
    AT(15356, ROUTE, NOBODY, 2, INTACT_CHIP_IOAPIC, 2, 12, 1, "pit.out0"),
    AT(15356, PIN, NOBODY, INTACT_CHIP_IOAPIC, 2, 1, 12, 1, "pit.out0"),
    AT(15356, ACCEPT, 0, 0x31, 0, 0, 12, 1, "pit.out0"),
    AT(15356, PENDING, 0, 1, 0, 0, 12, 1, "pit.out0"),
    AT(15360, PENDING, 0, 0, 1, 0, 0, 0, NULL),
    AT(15360, TAKE, 0, 0x31, 0x1000e2, 0, 12, 1, "pit.out0"),
    AT(15396, EOI, 0, 0x31, INTACT_CHIP_LAPIC, 0, 12, 1, "pit.out0"),
    AT(16279, LINE, NOBODY, 2, 0, 0, 12, 1, "pit.out0"),
    AT(16279, PIN, NOBODY, INTACT_CHIP_PIC, 0, 0, 12, 1, "pit.out0"),
    AT(16279, PIN, NOBODY, INTACT_CHIP_IOAPIC, 2, 0, 12, 1, "pit.out0"),
};

// The same through the 8259A.
static const struct intact_trace_event pit_tick_8259[] = {
    AT(14423, LINE, NOBODY, 2, 1, 0, 11, 1, "pit.out0"),
    AT(14423, PIN, NOBODY, INTACT_CHIP_PIC, 0, 1, 11, 1, "pit.out0"),
    AT(14423, PENDING, 0, 1, 0, 0, 11, 1, "pit.out0"),
    AT(14423, TAKE, 0, 0x20, 0x100052, 0, 11, 1, "pit.out0"),
    AT(14459, EOI, NOBODY, 0x20, INTACT_CHIP_PIC, 0, 11, 1, "pit.out0"),
};

// A level that is still high at the end: the IOAPIC sends it again. Two raises have become one.
static const struct intact_trace_event level_again[] = {
    AT(100, LINE, NOBODY, 11, 1, 0, 3, 1, NULL),
    AT(100, ACCEPT, 0, 0x30, 0, 0, 3, 1, NULL),
    AT(110, LINE, NOBODY, 11, 1, 0, 3, 2, NULL),
    AT(120, TAKE, 0, 0x30, 0x2000, 0, 3, 2, NULL),
    AT(150, EOI, 0, 0x30, INTACT_CHIP_LAPIC, 0, 3, 2, NULL),
    AT(150, EOI, NOBODY, 0x30, INTACT_CHIP_IOAPIC, 11, 3, 2, NULL),
    AT(150, ACCEPT, 0, 0x30, 0, 0, 3, 2, NULL),
    AT(157, TAKE, 0, 0x30, 0x2000, 0, 3, 2, NULL),
    AT(180, LINE, NOBODY, 11, 0, 0, 3, 2, NULL),
    AT(190, EOI, 0, 0x30, INTACT_CHIP_LAPIC, 0, 3, 2, NULL),
    AT(190, EOI, NOBODY, 0x30, INTACT_CHIP_IOAPIC, 11, 3, 2, NULL),
};

// An IPI to two processors, which end it in another order.
static const struct intact_trace_event ipi[] = {
    AT(500, IPI, 2, 0, 3 << 8, 0x33, 7, 1, NULL),
    AT(500, ACCEPT, 0, 0x33, 0, 0, 7, 1, NULL),
    AT(500, ACCEPT, 1, 0x33, 0, 0, 7, 1, NULL),
    AT(501, TAKE, 1, 0x33, 0x4000, 0, 7, 1, NULL),
    AT(503, TAKE, 0, 0x33, 0x5000, 0, 7, 1, NULL),
    AT(510, EOI, 0, 0x33, INTACT_CHIP_LAPIC, 0, 7, 1, NULL),
    AT(540, EOI, 1, 0x33, INTACT_CHIP_LAPIC, 0, 7, 1, NULL),
};

// The PL011's SPI.
static const struct intact_trace_event spi[] = {
    AT(33307, LINE, NOBODY, 1, 1, 0, 1, 1, "pl011"),
    AT(33307, ROUTE, NOBODY, 1, INTACT_CHIP_GICD, 1, 1, 1, "pl011"),
    AT(33307, PIN, NOBODY, INTACT_CHIP_GICD, 1, 1, 1, 1, "pl011"),
    AT(33307, ACCEPT, 0, 33, 2, 0, 1, 1, "pl011"),
    AT(33307, PENDING, 0, 0x20, 0, 0, 1, 1, "pl011"),
    AT(33312, TAKE, 0, 0x20, 0x40080180, 0, 1, 1, "pl011"),
    AT(33356, ACK, 0, 33, 1, 0, 1, 1, "pl011"),
    AT(33356, PENDING, 0, 0, 0x20, 0, 0, 0, NULL),
    AT(33373, LINE, NOBODY, 1, 0, 0, 1, 1, "pl011"),
    AT(33373, PIN, NOBODY, INTACT_CHIP_GICD, 1, 0, 1, 1, "pl011"),
    AT(33381, EOI, 0, 33, INTACT_CHIP_GIC_CPU, 0, 1, 1, "pl011"),
    AT(33381, EOI, NOBODY, 33, INTACT_CHIP_GICD, 1, 1, 1, "pl011"),
};

// The file that `format` makes of a trace; the caller frees it.
static inline char *exported(const struct export_format *format, const struct export_machine *machine,
                             const struct intact_trace_event *event, size_t count)
{
    static char *text; // outlives the stream, which writes to it until it is closed
    static size_t size;
    FILE *file = open_memstream(&text, &size);
    struct export *export;
    cr_assert_eq(export_begin(format, file, machine, &export), 0);
    for (size_t i = 0; i < count; i++)
        export_event(export, &event[i]);
    cr_assert_eq(export_end(export), 0);
    fclose(file);
    return text;
}

static const struct export_machine pc = { .cpus = 3, .title = "a test" };
static const struct export_machine virt = { .arm = true, .cpus = 2, .title = "a test" };

static inline void check_export(const struct export_format *format, const struct export_machine *machine,
                                const struct intact_trace_event *event, size_t count, const char *expected)
{
    char *text = exported(format, machine, event, count);
    cr_assert_str_eq(text, expected, "%s", text);
    free(text);
}

// A part of the file is there.
static inline void check_part(const char *text, const char *part)
{
    cr_assert(strstr(text, part), "no '%s' in:\n%s", part, text);
}

#endif
