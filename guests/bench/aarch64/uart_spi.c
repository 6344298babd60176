// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A device's level: the PL011's line rises as soon as its transmit interrupt is unmasked, and falls when the handler
// masks it.
#include "bench/aarch64/event.h"

EVENT_HANDLERS("mov x2, #0x09000000\nstr wzr, [x2, #0x38]\n");

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    print("level\n"); // the transmit interrupt wants something sent
    uart_arm();
    event_init();
    gic_enable(UART_INTID);
    interrupts_on();
    for (uint64_t i = 0; i < n; i++) {
        uart_line(true);
        while (event_count == i)
            relax();
    }
    interrupts_off();
    return bench_done("uart_spi", event_count);
}
