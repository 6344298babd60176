// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IN from a device: the UART's scratch register.
#include "bench/x86_64/event.h"

int guest_main(void)
{
    uint64_t n = argument("n", 1000), sum = 0;
    outb(COM1 + 7, 1);
    for (uint64_t i = 0; i < n; i++)
        sum += inb(COM1 + 7);
    return bench_done("register_read", sum);
}
