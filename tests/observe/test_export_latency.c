// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A table of latencies.
#include "observe/traces.h"

#define COLUMNS                                                                                                        \
    "source                        count  unit                  minimum           median  99th percentile          "   \
    "maximum\n"

Test(export_latency, a_tick_takes_a_while_to_arrive_and_a_while_to_end)
{
    check_export(&export_latency, &pc, pit_tick, LENGTH(pit_tick),
                 "a test\n\nFrom the raise to the delivery\n" COLUMNS
                 "pit.out0                          1  instructions                4                4                4 "
                 "               4\n"
                 "                                     ns                          4                4                4 "
                 "               4\n"
                 "\nFrom the delivery to the end (EOI)\n" COLUMNS
                 "pit.out0                          1  instructions               36               36               36 "
                 "              36\n"
                 "                                     ns                         36               36               36 "
                 "              36\n");
}

Test(export_latency, an_8259a_ends_its_interrupts_itself)
{
    char *text = exported(&export_latency, &pc, pit_tick_8259, LENGTH(pit_tick_8259));
    check_part(text, "pit.out0                          1  instructions               36 ");
    free(text);
}

Test(export_latency, a_level_that_is_sent_again_counts_from_its_last_end)
{
    char *text = exported(&export_latency, &pc, level_again, LENGTH(level_again));
    check_part(text,
               "GSI 11                            2  instructions                7                7               20 ");
    check_part(text,
               "GSI 11                            2  instructions               30               30               33 ");
    free(text);
}

Test(export_latency, each_processor_of_an_ipi_counts)
{
    char *text = exported(&export_latency, &pc, ipi, LENGTH(ipi));
    check_part(text,
               "cpu2.ipi                          2  instructions                1                1                3 ");
    check_part(text,
               "cpu2.ipi                          2  instructions                7                7               39 ");
    free(text);
}

Test(export_latency, on_arm_it_is_delivered_by_the_exception)
{
    char *text = exported(&export_latency, &virt, spi, LENGTH(spi));
    check_part(text, "pl011                             1  instructions                5 ");
    check_part(text, "pl011                             1  instructions               69 ");
    free(text);
}

Test(export_latency, an_interrupt_that_a_running_handler_acknowledges_is_delivered_then)
{
    const struct intact_trace_event events[] = {
        AT(10, LINE, NOBODY, 1, 1, 0, 1, 1, "first"),
        AT(20, TAKE, 0, 0x20, 0, 0, 1, 1, "first"),
        AT(30, LINE, NOBODY, 2, 1, 0, 2, 1, "second"),
        AT(40, ACK, 0, 34, 1, 0, 2, 1, "second"),
        AT(50, EOI, 0, 34, INTACT_CHIP_GIC_CPU, 0, 2, 1, "second"),
        AT(60, ACK, 0, 33, 1, 0, 1, 1, "first"),
    };
    char *text = exported(&export_latency, &virt, events, LENGTH(events));
    check_part(text, "second                            1  instructions               10               10 ");
    check_part(text, "first                             1  instructions               50 ");
    free(text);
}

Test(export_latency, percentiles_are_values_that_were_measured)
{
    static struct intact_trace_event events[400];
    for (unsigned i = 0; i < 200; i++) {
        events[2 * i] = (struct intact_trace_event)AT(1000 * i, LINE, NOBODY, 4, 1, 0, i + 1, 1, "com1");
        events[2 * i + 1] = (struct intact_trace_event)AT(1000 * i + 200 - i, TAKE, 0, 0x24, 0, 0, i + 1, 1, "com1");
    }
    char *text = exported(&export_latency, &pc, events, LENGTH(events));
    check_part(text, "com1                            200  instructions                1              100              "
                     "198              200\n");
    free(text);
}

Test(export_latency, what_is_not_known_is_not_counted)
{
    const struct intact_trace_event events[] = {
        AT(10, TAKE, 0, 0x30, 0, 0, 1, 1, "before"),                 // raised before the trace
        AT(11, EOI, 0, 0x55, INTACT_CHIP_LAPIC, 0, 2, 1, "no take"), // no delivery
        AT(12, TAKE, 0, 0x40, 0, 0, 0, 0, NULL),                     // no cause
        AT(13, EOI, 0, 0x40, INTACT_CHIP_LAPIC, 0, 0, 0, NULL),      //
        AT(14, LINE, NOBODY, 1, 1, 0, 3, 1, "waits"),                // never delivered
        AT(15, TAKE, 0, 2, 0, 0, 4, 1, "nmi"),                       // no end
    };
    check_export(&export_latency, &pc, events, LENGTH(events), "a test\n\nNo interrupt was delivered.\n");
}
