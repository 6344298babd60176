// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A picture of the life of one interrupt. Its looks are for eyes: what is checked is which one it is, and what stands where.
#include "observe/traces.h"

#include <string.h>

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;
    for (text = strstr(text, part); text; text = strstr(text + 1, part))
        count++;
    return count;
}

Test(export_svg, a_tick_has_lanes_boxes_arrows_and_counts)
{
    char *text = exported(&export_svg, &pc, pit_tick, LENGTH(pit_tick));
    check_part(text, "<svg xmlns=\"http://www.w3.org/2000/svg\" ");
    check_part(text, ">The life of interrupt #12: pit.out0<");
    check_part(text, "4 instructions from raise to delivery, 36 from delivery to end<");
    check_part(text, "class=\"lane\">pit.out0<");
    check_part(text, "class=\"lane\">routing<");
    check_part(text, "class=\"lane\">8259A<");
    check_part(text, "class=\"lane\">IOAPIC<");
    check_part(text, "class=\"lane\">local APIC of CPU 0<");
    check_part(text, "class=\"lane\">CPU 0<");
    check_part(text, ">pit.out0 raises GSI 2<");
    check_part(text, ">CPU 0 takes vector 31h at<");
    check_part(text, "class=\"middle count\">15,356<");
    check_part(text, ">+36<");
    cr_assert_eq(count_of(text, "class=\"box "), 9); // not what fell after the end
    cr_assert_eq(count_of(text, "marker-end"), 8);
    cr_assert_eq(strcmp(text + strlen(text) - 7, "</svg>\n"), 0);
    free(text);
}

Test(export_svg, the_first_that_is_complete_is_drawn)
{
    struct intact_trace_event events[] = {
        AT(1, LINE, NOBODY, 9, 1, 0, 1, 1, "never.taken"), //
        AT(2, EOI, 0, 0x55, INTACT_CHIP_LAPIC, 0, 2, 1, "raised.before"),
        AT(3, IPI, 0, 1, 0, 0x40, 3, 1, NULL),
        AT(3, IPI, 0, 1, 0, 0x41, 4, 1, NULL),
        AT(4, TAKE, 1, 0x41, 0x1000, 0, 4, 1, NULL),
        AT(5, TAKE, 1, 0x40, 0x2000, 0, 3, 1, NULL),
        AT(6, EOI, 1, 0x40, INTACT_CHIP_LAPIC, 0, 3, 1, NULL),
        AT(7, EOI, 1, 0x41, INTACT_CHIP_LAPIC, 0, 4, 1, NULL),
    };
    char *text = exported(&export_svg, &pc, events, LENGTH(events));
    check_part(text, ">The life of interrupt #3: cpu0.ipi<");
    free(text);
    struct export_machine machine = pc;
    machine.cause = 4;
    text = exported(&export_svg, &machine, events, LENGTH(events));
    check_part(text, ">The life of interrupt #4: cpu0.ipi<");
    free(text);
}

Test(export_svg, a_level_that_is_sent_again_is_drawn_once)
{
    char *text = exported(&export_svg, &pc, level_again, LENGTH(level_again));
    check_part(text, ">The life of interrupt #3x2: GSI 11<");
    cr_assert_eq(count_of(text, "class=\"box "), 6); // the ends of both chips are the last
    free(text);
}

Test(export_svg, an_spi_has_an_acknowledge_and_two_ends)
{
    char *text = exported(&export_svg, &virt, spi, LENGTH(spi));
    check_part(text, ">CPU 0 acknowledges<");
    check_part(text, "class=\"lane\">GIC distributor<");
    check_part(text, "5 instructions from raise to delivery, 69 from delivery to end<");
    cr_assert_eq(count_of(text, "class=\"box "), 11);
    free(text);
}

// Each processor's stations follow from its own.
Test(export_svg, an_ipi_has_a_branch_to_each_processor)
{
    char *text = exported(&export_svg, &pc, ipi, LENGTH(ipi));
    check_part(text, ">The life of interrupt #7: cpu2.ipi<");
    check_part(text, "1 instruction from raise to delivery, 9 from delivery to end<");
    cr_assert_eq(count_of(text, "class=\"box "), 6); // until the first of both ends
    cr_assert_eq(count_of(text, "marker-end"), 5);
    free(text);
}

Test(export_svg, without_a_complete_one_the_picture_says_so)
{
    char *text = exported(&export_svg, &pc, pit_tick, 9);
    check_part(text, "No interrupt is complete");
    free(text);
    struct export_machine machine = pc;
    machine.cause = 99;
    text = exported(&export_svg, &machine, pit_tick, LENGTH(pit_tick));
    check_part(text, "No interrupt is complete");
    free(text);
}

Test(export_svg, names_are_escaped)
{
    const struct intact_trace_event events[] = {
        AT(1, LINE, NOBODY, 2, 1, 0, 1, 1, "<a> & \"b\" \x01\xff"),
        AT(2, TAKE, 0, 0x31, 0, 0, 1, 1, "<a> & \"b\" \x01\xff"),
        AT(3, EOI, 0, 0x31, INTACT_CHIP_LAPIC, 0, 1, 1, "<a> & \"b\" \x01\xff"),
    };
    char *text = exported(&export_svg, &pc, events, LENGTH(events));
    check_part(text, ">The life of interrupt #1: &#60;a&#62; &#38; &#34;b&#34; ?\?<");
    free(text);
}

Test(export_svg, a_very_long_life_is_cut)
{
    static struct intact_trace_event events[200];
    for (unsigned i = 0; i < LENGTH(events); i++)
        events[i] = (struct intact_trace_event)AT(i, LINE, NOBODY, 2, i % 2 == 0, 0, 1, 1, "pit.out0");
    events[100] = (struct intact_trace_event)AT(100, TAKE, 0, 0x31, 0, 0, 1, 1, "pit.out0");
    events[199] = (struct intact_trace_event)AT(199, EOI, 0, 0x31, INTACT_CHIP_LAPIC, 0, 1, 1, "pit.out0");
    char *text = exported(&export_svg, &pc, events, LENGTH(events));
    cr_assert_eq(count_of(text, "class=\"box "), 64);
    free(text);
}
