// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The `virt` machine's devices as a guest sees them: just the registers that guests need. The GIC: gic.h and its.h.
#ifndef GUEST_AARCH64_CHIPS_H
#define GUEST_AARCH64_CHIPS_H

#include "lib/aarch64/cpu.h"

// PL011 UART (Arm DDI 0183, chapter 3), the first serial port.
#define UART 0x09000000u
enum {
    UART_DR = 0x00,
    UART_FR = 0x18,
    UART_LCR_H = 0x2c,
    UART_CR = 0x30,
    UART_IMSC = 0x38,
    UART_RIS = 0x3c,
    UART_MIS = 0x40,
    UART_ICR = 0x44,
};
enum { UART_FR_TXFF = 1 << 5, UART_INT_TX = 1 << 5 };
enum { UART_INTID = 33 };

void uart_init(void);
// Has the transmitter's raw interrupt status set: its line then follows the mask.
void uart_arm(void);

INLINE void uart_line(bool level)
{
    write32(UART + UART_IMSC, level ? UART_INT_TX : 0);
}

// PL031 real-time clock (Arm DDI 0224, chapter 3): seconds, and an alarm.
#define RTC 0x09010000u
enum { RTC_DR = 0x00, RTC_MR = 0x04, RTC_IMSC = 0x10, RTC_ICR = 0x1c };
enum { RTC_INTID = 34 };

// The generic timer (DDI 0487, D11): a counter, and two timers with a line each.
enum { TIMER_VIRTUAL = 27, TIMER_PHYSICAL = 30 };
enum { TIMER_ENABLE = 1, TIMER_MASK = 2, TIMER_STATUS = 4 };

INLINE uint64_t timer_now(void)
{
    __asm__ volatile("isb" : : : "memory");
    return read_register(cntvct_el0);
}

#endif
