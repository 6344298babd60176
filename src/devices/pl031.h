// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PrimeCell Real Time Clock (PL031): seconds since 1970 in 32 bits, and one alarm. Arm DDI 0224.
#ifndef DEVICES_PL031_H
#define DEVICES_PL031_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/visit.h"
#include "intact/irq_line.h"

#define PL031_SIZE 0x1000 // bytes of the window; region.widest = 4

enum pl031_register {
    PL031_RTCDR = 0x000,
    PL031_RTCMR = 0x004,
    PL031_RTCLR = 0x008,
    PL031_RTCCR = 0x00c,
    PL031_RTCIMSC = 0x010,
    PL031_RTCRIS = 0x014,
    PL031_RTCMIS = 0x018,
    PL031_RTCICR = 0x01c,
    PL031_ID = 0xfe0, // RTCPeriphID0-3, RTCPCellID0-3
};

struct pl031 {
    uint32_t RTCMR, RTCLR;
    bool RTCIMSC, RTCRIS;
    uint32_t count;             // the counter's value at `since`
    uint64_t since;             // seconds of the clock
    uint32_t mistakes;          // accesses to no register, or not of a word
    struct intact_irq_line irq; // RTCINTR
    struct event alarm;
    struct clock *clock;
};

// `date`: Unix time that the counter shows at time 0. Registers the alarm and resets.
void pl031_init(struct pl031 *rtc, struct clock *clock, int64_t date);
// PRESETn: the counter goes on.
void pl031_reset(struct pl031 *rtc, uint64_t now);

uint64_t pl031_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pl031_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// RTCMR gets `match` now, for observers: a time that has passed, so that the counter reaches it only after it has wrapped?
bool pl031_has_passed(const struct pl031 *rtc, uint32_t match, uint64_t now);

void pl031_visit(struct pl031 *rtc, struct visit *v);

#endif
