// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An LPI by the ITS's INT command while others are pending but masked by the priority mask: `pending=` of them with the
// one that comes, 1 to 57344, which is every LPI that 16 bits can name.
#include "bench/aarch64/event.h"
#include "lib/aarch64/its.h"

EVENT_HANDLERS("");

// The event is the first LPI; the others are behind it.
static void fill(unsigned pending)
{
    uint8_t *table = lpi_pending_table(0);
    for (unsigned lpi = LPI_FIRST + 1; lpi < LPI_FIRST + pending; lpi++) {
        table[lpi / 8] |= (uint8_t)(1u << lpi % 8);
        lpi_configure(lpi, 0xc0, true);
    }
    lpi_configure(LPI_FIRST, 0x40, true);
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    event_init();
    lpi_init();
    fill((unsigned)argument("pending", 1));
    gic_set_mask(0x80);
    lpi_cpu_init();
    its_init();
    its_map_device(0, 1, its_new_itt(1));
    its_map(0, 0, LPI_FIRST, 0);
    its_inv(0, 0);
    its_sync(0);
    interrupts_on();
    for (uint64_t i = 0; i < n; i++) {
        its_int(0, 0);
        while (event_count == i)
            relax();
    }
    interrupts_off();
    return bench_done("lpi", event_count);
}
