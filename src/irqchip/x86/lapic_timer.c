// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The timer of a local APIC; described in lapic_timer.h.
#include "irqchip/x86/lapic_timer.h"

#include "base/bits.h"
#include "base/clock.h"

#define NS UINT64_C(1000000000)

void lapic_timer_reset(struct lapic_timer *timer, uint64_t hz)
{
    *timer = (struct lapic_timer){ .hz = hz, .expiry = CLOCK_NEVER };
}

// --- Ticks ----------------------------------------------------------------------------------------------------------

// Number of ticks until `now`. The remainder of a second times the limit of hz fits into 64 bits.
static uint64_t tick_at(const struct lapic_timer *timer, uint64_t now)
{
    if (likely(timer->hz == NS))
        return now;
    return now / NS * timer->hz + now % NS * timer->hz / NS;
}

// The first nanosecond at which tick_at gives `tick`; CLOCK_NEVER: later than the largest time.
static uint64_t time_of(const struct lapic_timer *timer, uint64_t tick)
{
    uint64_t seconds = tick / timer->hz;
    if (likely(timer->hz == NS))
        return tick;
    if (seconds >= UINT64_MAX / NS)
        return CLOCK_NEVER;
    return seconds * NS + (tick % timer->hz * NS + timer->hz - 1) / timer->hz;
}

static void end_at(struct lapic_timer *timer, uint64_t tick)
{
    timer->end = tick;
    timer->expiry = time_of(timer, tick);
}

// --- Counting -------------------------------------------------------------------------------------------------------

// Divide configuration register: bits 3, 1 and 0 are one number; 0 divides by 2, ... 6 by 128, and 7 by 1.
static unsigned divide_shift(uint32_t divide)
{
    uint32_t value = (divide >> 1 & 4) | (divide & 3);
    return (value + 1) & 7;
}

uint32_t lapic_timer_divisor(const struct lapic_timer *timer)
{
    return BIT32(divide_shift(timer->divide));
}

static bool counts(uint32_t mode)
{
    return mode == LAPIC_TIMER_ONE_SHOT || mode == LAPIC_TIMER_PERIODIC;
}

bool lapic_timer_expire(struct lapic_timer *timer, uint64_t now)
{
    if (likely(now < timer->expiry) || timer->expiry == CLOCK_NEVER)
        return false;
    uint64_t period = (uint64_t)timer->initial_count << divide_shift(timer->divide);
    if (timer->mode == LAPIC_TIMER_PERIODIC && period) {
        end_at(timer, timer->end + ((tick_at(timer, now) - timer->end) / period + 1) * period);
    } else {
        timer->expiry = CLOCK_NEVER;
        timer->tsc_deadline = 0; // "cleared when the timer generates its interrupt"
    }
    return true;
}

uint32_t lapic_timer_current(const struct lapic_timer *timer, uint64_t now)
{
    if (!counts(timer->mode) || timer->expiry == CLOCK_NEVER)
        return 0;
    uint64_t left = timer->end - tick_at(timer, now);
    unsigned shift = divide_shift(timer->divide);
    return (uint32_t)((left + bits_low(shift)) >> shift);
}

// "A write to the LVT timer register that changes the timer mode disarms the timer" applies to changes into and out of
// TSC-deadline mode. Between one-shot and periodic the count goes on, and the mode at its end decides whether it is
// reloaded; a count that has ended stays at 0.
void lapic_timer_set_mode(struct lapic_timer *timer, uint32_t mode)
{
    if (mode != timer->mode && !(counts(mode) && counts(timer->mode))) {
        timer->expiry = CLOCK_NEVER;
        timer->tsc_deadline = 0;
    }
    timer->mode = mode;
}

// The count stays, and so does the elapsed part of the current tick, as far as it is less than a tick of the new
// divider.
void lapic_timer_set_divide(struct lapic_timer *timer, uint32_t value, uint64_t now)
{
    uint64_t count = lapic_timer_current(timer, now);
    uint64_t tick = tick_at(timer, now);
    uint64_t over = count ? (count << divide_shift(timer->divide)) - (timer->end - tick) : 0;
    timer->divide = value;
    if (count) {
        unsigned shift = divide_shift(value);
        end_at(timer, tick + (count << shift) - (over & bits_low(shift)));
    }
}

void lapic_timer_set_initial(struct lapic_timer *timer, uint32_t count, uint64_t now)
{
    if (timer->mode == LAPIC_TIMER_TSC_DEADLINE)
        return;
    timer->initial_count = count;
    if (count && counts(timer->mode))
        end_at(timer, tick_at(timer, now) + ((uint64_t)count << divide_shift(timer->divide)));
    else
        timer->expiry = CLOCK_NEVER;
}

void lapic_timer_set_tsc(struct lapic_timer *timer, uint64_t deadline)
{
    if (timer->mode != LAPIC_TIMER_TSC_DEADLINE)
        return;
    timer->tsc_deadline = deadline;
    timer->expiry = deadline ? deadline : CLOCK_NEVER;
}

void lapic_timer_visit(struct lapic_timer *timer, struct visit *v)
{
    VISIT(v, timer->expiry);
    VISIT(v, timer->end);
    VISIT(v, timer->tsc_deadline);
    VISIT(v, timer->initial_count);
    VISIT(v, timer->divide);
    VISIT_BELOW(v, timer->mode, LAPIC_TIMER_RESERVED + 1);
}
