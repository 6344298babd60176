// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Arm DDI 0224, chapters 2 and 3. The board keeps the clock running: RTCCR reads as started from power-on; once started
// it cannot be stopped (3.3.4).
//
// Not modelled: integration test registers.
//
// Path: base/clock.c / the board's routing of `irq`
#include "devices/pl031.h"

#include <string.h>

#include "devices/ticks.h"

static uint32_t counter(const struct pl031 *rtc, uint64_t now)
{
    return rtc->count + (uint32_t)(now / NS_PER_SECOND - rtc->since);
}

// When the counter reaches RTCMR next; its present value does not count.
static uint64_t deadline(const struct pl031 *rtc, uint64_t now)
{
    uint64_t distance = (uint32_t)(rtc->RTCMR - counter(rtc, now));
    return ticks_time(now / NS_PER_SECOND + (distance ? distance : UINT64_C(1) << 32), 1);
}

static void update(struct pl031 *rtc, uint64_t now)
{
    clock_arm(rtc->clock, &rtc->alarm, deadline(rtc, now));
    intact_irq_line_set(&rtc->irq, rtc->RTCRIS && rtc->RTCIMSC);
}

static void rings(void *owner, uint64_t now)
{
    struct pl031 *rtc = owner;
    rtc->RTCRIS = true;
    update(rtc, now);
}

// 3.3.9 to 3.3.16: part 031, designer 41h, and revision 1, as in other machines.
static uint8_t identity(uint64_t offset)
{
    static const uint8_t bytes[8] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
    return bytes[(offset - PL031_ID) / 4];
}

uint64_t pl031_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct pl031 *rtc = owner;
    (void)size;
    if (offset >= PL031_ID && offset % 4 == 0)
        return identity(offset);
    switch (offset) {
    case PL031_RTCDR: return counter(rtc, now);
    case PL031_RTCMR: return rtc->RTCMR;
    case PL031_RTCLR: return rtc->RTCLR;
    case PL031_RTCCR: return 1;
    case PL031_RTCIMSC: return rtc->RTCIMSC;
    case PL031_RTCRIS: return rtc->RTCRIS;
    case PL031_RTCMIS: return rtc->RTCRIS && rtc->RTCIMSC;
    default: rtc->mistakes++; return 0;
    }
}

void pl031_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pl031 *rtc = owner;
    (void)size;
    switch (offset) {
    case PL031_RTCMR:
        rtc->RTCMR = (uint32_t)value;
        rtc->RTCRIS |= rtc->RTCMR == counter(rtc, now);
        break;
    case PL031_RTCLR:
        rtc->RTCLR = rtc->count = (uint32_t)value;
        rtc->since = now / NS_PER_SECOND;
        rtc->RTCRIS |= rtc->RTCMR == rtc->count;
        break;
    case PL031_RTCCR: break;
    case PL031_RTCIMSC: rtc->RTCIMSC = value & 1; break;
    case PL031_RTCICR: rtc->RTCRIS = rtc->RTCRIS && !(value & 1); break;
    default: rtc->mistakes++; return;
    }
    update(rtc, now);
}

bool pl031_has_passed(const struct pl031 *rtc, uint32_t match, uint64_t now)
{
    return (uint32_t)(match - counter(rtc, now)) > INT32_MAX;
}

void pl031_init(struct pl031 *rtc, struct clock *clock, int64_t date)
{
    memset(rtc, 0, sizeof *rtc);
    rtc->clock = clock;
    rtc->RTCLR = rtc->count = (uint32_t)date;
    clock_register(clock, &rtc->alarm, "pl031 alarm", rings, rtc);
    pl031_reset(rtc, clock->now);
}

void pl031_reset(struct pl031 *rtc, uint64_t now)
{
    rtc->RTCMR = 0;
    rtc->RTCIMSC = rtc->RTCRIS = false;
    update(rtc, now);
}

void pl031_visit(struct pl031 *rtc, struct visit *v)
{
    VISIT(v, rtc->RTCMR);
    VISIT(v, rtc->RTCLR);
    VISIT(v, rtc->RTCIMSC);
    VISIT(v, rtc->RTCRIS);
    VISIT(v, rtc->count);
    VISIT(v, rtc->since);
    VISIT(v, rtc->mistakes);
    VISIT(v, rtc->irq.level);
    visit_enter(v, "alarm");
    event_visit(&rtc->alarm, v);
    visit_leave(v);
}
