// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A load from a device: an IOAPIC entry, through its window.
#include "bench/x86_64/event.h"

int guest_main(void)
{
    uint64_t n = argument("n", 1000), sum = 0;
    write32(IOAPIC, IOAPIC_ENTRY);
    for (uint64_t i = 0; i < n; i++)
        sum += read32(IOAPIC + 0x10) >> 16;
    return bench_done("mmio_read", sum);
}
