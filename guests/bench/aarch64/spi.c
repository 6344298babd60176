// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An SPI by a write to GICD_ISPENDR: an edge without a device.
#include "bench/aarch64/event.h"

enum { LINE = 200 };
EVENT_HANDLERS("");

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    event_init();
    gic_set_edge(LINE, true);
    gic_enable(LINE);
    interrupts_on();
    for (uint64_t i = 0; i < n; i++) {
        gic_write_bit(GICD_ISPENDR, LINE);
        while (event_count == i)
            relax();
    }
    interrupts_off();
    return bench_done("spi", event_count);
}
