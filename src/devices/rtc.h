// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Motorola MC146818 real-time clock with 128 bytes of CMOS RAM, at ports 70h and 71h; the NMI mask bit of port 70h.
//
// The time is virtual: it starts at a date that the board gives and runs with the machine's clock.
#ifndef DEVICES_RTC_H
#define DEVICES_RTC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/visit.h"
#include "intact/irq_line.h"

#define RTC_PORTS        2 // 70h index, 71h data; bytes (region.widest = 1)
#define RTC_BYTES        128
#define RTC_DEFAULT_DATE INT64_C(1767225600) // 2026-01-01 00:00:00 UTC

enum rtc_register {
    RTC_SECONDS = 0,
    RTC_SECONDS_ALARM = 1,
    RTC_MINUTES = 2,
    RTC_MINUTES_ALARM = 3,
    RTC_HOURS = 4,
    RTC_HOURS_ALARM = 5,
    RTC_DAY_OF_WEEK = 6, // 1: Sunday
    RTC_DAY = 7,
    RTC_MONTH = 8,
    RTC_YEAR = 9,
    RTC_A = 10,
    RTC_B = 11,
    RTC_C = 12,
    RTC_D = 13,
    RTC_CENTURY = 0x32, // by the PC's convention (ACPI: FADT.CENTURY)
};

enum { RTC_A_UIP = 0x80, RTC_A_DV = 0x70, RTC_A_RS = 0x0f };
enum {
    RTC_B_SET = 0x80,
    RTC_B_PIE = 0x40,
    RTC_B_AIE = 0x20,
    RTC_B_UIE = 0x10,
    RTC_B_SQWE = 8,
    RTC_B_DM = 4,    // 1: binary
    RTC_B_24_12 = 2, // 1: 24 hours
    RTC_B_DSE = 1,
};
enum { RTC_C_IRQF = 0x80, RTC_C_PF = 0x40, RTC_C_AF = 0x20, RTC_C_UF = 0x10 };
enum { RTC_D_VRT = 0x80 };

struct rtc {
    uint8_t bytes[RTC_BYTES]; // time as of tick `seen`; A without UIP; C without IRQF
    uint8_t index;            // port 70h, bits 6-0
    uint64_t seen;            // tick of the 32.768 kHz oscillator up to which time and flags have been computed
    uint64_t divider;         // tick at which the divider chain was last zero
    uint64_t update;          // tick of an end of update, past or next; all others are whole seconds away
    struct intact_irq_line irq;
    struct intact_irq_line nmi_mask; // port 70h, bit 7
    struct event event;
    struct clock *clock;
};

// `date` in Unix seconds, 0 to 253402300799 (year 9999): the date of the RTC at the clock's present time. BCD, 24
// hours.
void rtc_init(struct rtc *rtc, struct clock *clock, int64_t date);
// Pin RESET: clears the interrupt enables and flags, and masks NMI; the time goes on.
void rtc_reset(struct rtc *rtc, uint64_t now);

uint64_t rtc_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void rtc_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// CMOS bytes 14-127, for the board (memory size, equipment).
void rtc_set_cmos(struct rtc *rtc, unsigned index, uint8_t value);

void rtc_visit(struct rtc *rtc, struct visit *v);

#endif
