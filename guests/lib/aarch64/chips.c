// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The sequences of chips.h, and waiting by the counter.
#include "lib/aarch64/chips.h"

#include "lib/guest.h"

// DDI 0183, 3.3.8: the line control register is written while the UART is off.
void uart_init(void)
{
    write32(UART + UART_CR, 0);
    write32(UART + UART_IMSC, 0);
    write32(UART + UART_ICR, 0x7ff);
    write32(UART + UART_LCR_H, 0x70); // 8N1, FIFOs
    write32(UART + UART_CR, 0x301);
}

// DDI 0183, 2.8.3: the interrupt comes when what was sent passes the FIFO's trigger level; so something must be sent.
void uart_arm(void)
{
    while (!(read32(UART + UART_RIS) & UART_INT_TX))
        relax();
}

void wait_us(uint64_t us)
{
    uint64_t start = timer_now(), ticks = us * read_register(cntfrq_el0) / 1000000 + 1;
    while (timer_now() - start < ticks)
        relax();
}
