// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Spec: DDI 0487, "The AArch64 view of the Generic Timer", and the registers CNTFRQ_EL0, CNTP and CNTV.
//
// A timer's output is a level: high while the counter has reached the comparison value. Only a new value, the mask or
// switching the timer off lowers it.
//
// Not modelled: an offset between the two counters (CNTVOFF_EL2 is 0), the event stream, EL2's and EL3's timers.
//
// Path: base/clock.c / the board's wiring to a PPI
#include "devices/arm_timer.h"

#include <string.h>

#include "base/why.h"

static uint64_t counter(uint64_t now)
{
    return now / ARM_TIMER_NS;
}

// "Timers": the condition is met when the counter, as an unsigned number, has reached CVAL.
static bool reached(const struct arm_timer_compare *compare, uint64_t now)
{
    return counter(now) >= compare->CVAL;
}

static bool on(const struct arm_timer_compare *compare)
{
    return (compare->CTL & (ARM_TIMER_CTL_ENABLE | ARM_TIMER_CTL_IMASK)) == ARM_TIMER_CTL_ENABLE;
}

static uint64_t deadline(const struct arm_timer_compare *compare, uint64_t now)
{
    if (!on(compare) || reached(compare, now) || compare->CVAL > CLOCK_NEVER / ARM_TIMER_NS)
        return CLOCK_NEVER;
    return compare->CVAL * ARM_TIMER_NS;
}

// Every function that changes something ends here: the line and the deadline follow from the state.
static void update(struct arm_timer_compare *compare, uint64_t now)
{
    clock_arm(compare->timer->clock, &compare->event, deadline(compare, now));
    intact_irq_line_set(&compare->line, on(compare) && reached(compare, now));
}

static void fired(void *owner, uint64_t now)
{
    update(owner, now);
}

// --- Registers ------------------------------------------------------------------------------------------------------

// "Timers": TVAL is the low half of the distance; what is read while the timer is off is UNKNOWN, and here the same.
static uint64_t read_compare(const struct arm_timer_compare *compare, uint64_t encoding, uint64_t now)
{
    switch (encoding & 7) {
    case 0: return (uint32_t)(compare->CVAL - counter(now));
    case 1:
        return compare->CTL |
               ((compare->CTL & ARM_TIMER_CTL_ENABLE) && reached(compare, now) ? ARM_TIMER_CTL_ISTATUS : 0u);
    default: return compare->CVAL;
    }
}

static void write_compare(struct arm_timer_compare *compare, uint64_t encoding, uint64_t value, uint64_t now)
{
    switch (encoding & 7) {
    case 0: compare->CVAL = counter(now) + (uint64_t)(int64_t)(int32_t)(uint32_t)value; break;
    case 1: compare->CTL = (uint32_t)value & (ARM_TIMER_CTL_ENABLE | ARM_TIMER_CTL_IMASK); break;
    default: compare->CVAL = value;
    }
    update(compare, now);
}

static struct arm_timer_compare *find(struct arm_timer *timer, uint64_t encoding)
{
    if (encoding >= ARM_TIMER_CNTP_TVAL_EL0 && encoding <= ARM_TIMER_CNTP_CVAL_EL0)
        return &timer->compare[ARM_TIMER_PHYSICAL];
    if (encoding >= ARM_TIMER_CNTV_TVAL_EL0 && encoding <= ARM_TIMER_CNTV_CVAL_EL0)
        return &timer->compare[ARM_TIMER_VIRTUAL];
    return NULL;
}

enum port_result arm_timer_read(struct arm_timer *timer, uint64_t encoding, uint64_t *value, uint64_t now)
{
    const struct arm_timer_compare *compare = find(timer, encoding);
    if (compare)
        *value = read_compare(compare, encoding, now);
    else if (encoding == ARM_TIMER_CNTFRQ_EL0)
        *value = ARM_TIMER_HZ;
    else if (encoding == ARM_TIMER_CNTPCT_EL0 || encoding == ARM_TIMER_CNTVCT_EL0)
        *value = counter(now);
    else
        return PORT_NOT_MINE;
    return PORT_DONE;
}

enum port_result arm_timer_write(struct arm_timer *timer, uint64_t encoding, uint64_t value, uint64_t now)
{
    struct arm_timer_compare *compare = find(timer, encoding);
    if (!compare)
        return PORT_NOT_MINE;
    write_compare(compare, encoding, value, now);
    return PORT_DONE;
}

// --- Why it is silent -------------------------------------------------------------------------------------------------

void arm_timer_why(const struct arm_timer *timer, enum arm_timer_kind kind, uint32_t cpu, struct why *why)
{
    const struct arm_timer_compare *compare = &timer->compare[kind];
    if (!(compare->CTL & ARM_TIMER_CTL_ENABLE))
        WHY(why, INTACT_WHY_TIMER_OFF, kind, cpu);
    if (compare->CTL & ARM_TIMER_CTL_IMASK)
        WHY(why, INTACT_WHY_TIMER_MASKED, kind, cpu);
    if (!on(compare))
        return;
    if (reached(compare, timer->clock->now))
        WHY(why, INTACT_WHY_TIMER_EXPIRED, kind, cpu);
    else if (compare->CVAL > CLOCK_NEVER / ARM_TIMER_NS)
        WHY(why, INTACT_WHY_TIMER_NEVER, kind, cpu, compare->CVAL);
    else
        WHY(why, INTACT_WHY_TIMER_RUNS, kind, cpu, compare->CVAL * ARM_TIMER_NS);
}

// --- Life -----------------------------------------------------------------------------------------------------------

void arm_timer_init(struct arm_timer *timer, struct clock *clock)
{
    static const char *const names[ARM_TIMER_KINDS] = { "physical timer", "virtual timer" };
    memset(timer, 0, sizeof *timer);
    timer->clock = clock;
    for (unsigned i = 0; i < ARM_TIMER_KINDS; i++) {
        timer->compare[i].timer = timer;
        clock_register(clock, &timer->compare[i].event, names[i], fired, &timer->compare[i]);
    }
    arm_timer_reset(timer, clock->now);
}

// The counter goes on; CTL.ENABLE resets to 0 and the rest is UNKNOWN (CNTP_CTL_EL0), here 0.
void arm_timer_reset(struct arm_timer *timer, uint64_t now)
{
    for (unsigned i = 0; i < ARM_TIMER_KINDS; i++) {
        timer->compare[i].CTL = 0;
        timer->compare[i].CVAL = 0;
        update(&timer->compare[i], now);
    }
}

static void visit_compare(struct arm_timer_compare *compare, struct visit *v)
{
    VISIT(v, compare->CTL);
    VISIT(v, compare->CVAL);
    VISIT(v, compare->line.level);
    visit_enter(v, "event");
    event_visit(&compare->event, v);
    visit_leave(v);
}

void arm_timer_visit(struct arm_timer *timer, struct visit *v)
{
    visit_enter(v, "physical");
    visit_compare(&timer->compare[ARM_TIMER_PHYSICAL], v);
    visit_leave(v);
    visit_enter(v, "virtual");
    visit_compare(&timer->compare[ARM_TIMER_VIRTUAL], v);
    visit_leave(v);
}
